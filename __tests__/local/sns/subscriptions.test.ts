import { AwsError } from "../../../local/aws";
import { Sns } from "../../../local/sns/sns";
import { clock, openAccess, place, silent, someone } from "../../support/local";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:hear";
const queueArn = "arn:aws:sqs:eu-west-1:123456789012:unheard";

function start(access = openAccess()) {
  const sns = new Sns({ place, access, clock, log: silent });
  const [orders, alarms] = ["orders", "alarms"].map((name) => sns.createTopic({ name }).arn) as [string, string];
  const mail = sns.subscribe({ topic_arn: orders, protocol: "email", endpoint: "ann@example.com" }).arn;
  const filter_policy = JSON.stringify({ kind: ["tea"] });
  const redrive_policy = JSON.stringify({ deadLetterTargetArn: queueArn });
  const hearing = sns.subscribe({
    ...{ topic_arn: alarms, protocol: "lambda", endpoint: functionArn, filter_policy, redrive_policy },
  }).arn;
  const call = (operation: string, input: object = {}) => sns.call(someone, operation, { ...input });
  return { call, access, orders, alarms, mail, hearing };
}

test("subscriptions of all topics are listed", async () => {
  const { call, access, orders, alarms, mail, hearing } = start();
  const Owner = "123456789012";
  expect(await call("ListSubscriptions")).toEqual({
    Subscriptions: [
      { SubscriptionArn: mail, Owner, Protocol: "email", Endpoint: "ann@example.com", TopicArn: orders },
      { SubscriptionArn: hearing, Owner, Protocol: "lambda", Endpoint: functionArn, TopicArn: alarms },
    ],
  });
  expect(access.asked.at(-1)).toEqual({ caller: someone, action: "sns:ListSubscriptions", resource: "*" });
});

test("a subscription tells its attributes", async () => {
  const { call, access, alarms, mail, hearing } = start();
  const { Attributes } = await call("GetSubscriptionAttributes", { SubscriptionArn: hearing });
  expect(Attributes).toMatchObject({
    ...{ SubscriptionArn: hearing, TopicArn: alarms, PendingConfirmation: "false", RawMessageDelivery: "false" },
    ...{ FilterPolicy: '{"kind":["tea"]}', FilterPolicyScope: "MessageAttributes" },
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn }),
  });
  const plain = await call("GetSubscriptionAttributes", { SubscriptionArn: mail });
  expect(plain.Attributes).not.toHaveProperty("FilterPolicy");
  expect(plain.Attributes).not.toHaveProperty("RedrivePolicy");
  expect(access.asked.at(-1)).toMatchObject({ action: "sns:GetSubscriptionAttributes", resource: "*" });
  await expect(call("GetSubscriptionAttributes", { SubscriptionArn: "x" })).rejects.toMatchObject({ code: "NotFound" });
});

test.each(["ListSubscriptions", "GetSubscriptionAttributes"])("%s takes a grant", async (operation) => {
  const access = openAccess(() => {
    throw new AwsError("AccessDeniedException", "no", 403);
  });
  await expect(start(access).call(operation)).rejects.toThrow("no");
});
