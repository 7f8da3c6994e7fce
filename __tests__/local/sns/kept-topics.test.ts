import { AwsError, type Clock } from "../../../local/aws";
import { forgetting, type Journals } from "../../../local/journal";
import { type Deliveries, Sns } from "../../../local/sns/sns";
import { KeptRuns } from "../../support/kept-runs";
import { openAccess, place, silent, someone } from "../../support/local";

const clock: Clock = { now: () => 1_800_000_000_000, after: () => () => undefined };
const ARN = "arn:aws:sns:eu-west-1:123456789012:orders";

/** A run with the topic `orders`, whose messages go to one address. */
function run(journals: Journals, deliveries?: Deliveries) {
  const sns = new Sns({ place, access: openAccess(), clock, log: silent, journals, deliveries });
  sns.createTopic({ name: "orders" });
  const subscribe = (endpoint: string, more: object = {}) =>
    sns.subscribe({ topic_arn: ARN, protocol: "email", endpoint, ...more });
  const subscription = subscribe("a@example.com");
  const publish = (Message: string, more: object = {}) =>
    sns.call(someone, "Publish", { TopicArn: ARN, Message, ...more });
  const texts = () => sns.outbox.map(({ to, text }) => `${to} ${text}`);
  return { sns, subscribe, subscription, publish, texts };
}

describe("the outbox", () => {
  test("has the mails of earlier runs, oldest first, and the number of messages of each topic", async () => {
    const runs = new KeptRuns();
    const first = run(runs.next());
    first.subscribe("b@example.com");
    await first.publish("1", { Subject: "New" });
    for (const _run of [1, 2]) expect(run(runs.next()).sns.outbox).toEqual(first.sns.outbox);

    const last = run(runs.next());
    await last.publish("2");
    expect(last.texts()).toEqual(["a@example.com 1", "b@example.com 1", "a@example.com 2"]);
    expect([...last.sns.published]).toEqual([[ARN, 2]]);
  });

  test("keeps the last 10,000 mails, and says how many came before", async () => {
    const runs = new KeptRuns();
    const { sns, publish } = run(runs.next());
    for (let at = 0; at < 10_000; at += 1) await publish(String(at));
    expect([sns.outbox.length, sns.outbox[0]?.text, sns.droppedMails]).toEqual([10_000, "0", 0]);
    await publish("10000");
    expect([sns.outbox.length, sns.outbox[0]?.text, sns.droppedMails]).toEqual([10_000, "1", 1]);
    await publish("10001");
    for (const _run of [1, 2]) {
      const { sns: later } = run(runs.next());
      expect([later.outbox.length, later.outbox[0]?.text, later.droppedMails]).toEqual([10_000, "2", 2]);
      expect([...later.published]).toEqual([[ARN, 10_002]]);
    }
  });

  test("has no mail of a message that could not be written down", async () => {
    const full: Journals = {
      open: () => ({
        append: () => {
          throw new Error("no room");
        },
      }),
    };
    const { sns, publish } = run(full);
    await expect(publish("1")).rejects.toThrow("no room");
    expect(sns.outbox).toEqual([]);
  });
});

test("a publisher is told that its message was taken once what could not be delivered is in the dead-letter queue", async () => {
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:gone";
  const sent: string[] = [];
  const { sns, publish } = run(forgetting, {
    invoke: () => {
      throw new AwsError("ResourceNotFoundException", "gone");
    },
    send: async ({ queueArn }) => {
      await new Promise((resolve) => setImmediate(resolve));
      sent.push(queueArn);
    },
  });
  const deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:failed";
  const redrive_policy = JSON.stringify({ deadLetterTargetArn });
  sns.subscribe({ topic_arn: ARN, protocol: "lambda", endpoint: functionArn, redrive_policy });
  await publish("1");
  expect(sent).toEqual([deadLetterTargetArn]);
});

describe("a topic", () => {
  test("keeps its subscriptions over an update", async () => {
    const { sns, publish, texts } = run(forgetting);
    expect(sns.updateTopic({ name: "orders", display_name: "Orders" })).toEqual({ arn: ARN, id: ARN });
    await publish("1");
    expect(texts()).toEqual(["a@example.com 1"]);
    const attributes = await sns.call(someone, "GetTopicAttributes", { TopicArn: ARN });
    expect(attributes).toMatchObject({ Attributes: { DisplayName: "Orders", SubscriptionsConfirmed: "1" } });
  });

  test.each<[object, string]>([
    [{ name: "other" }, "aws_sns_topic of other: there is no topic of this name to update"],
    [{ name: "orders", fifo_topic: true }, "fifo_topic must be false: the local run has standard topics only"],
  ])("is not updated to %j", (arguments_, message) => {
    expect(() => run(forgetting).sns.updateTopic({ ...arguments_ })).toThrow(message);
  });

  test("is gone once it is deleted, with its subscriptions and its count, and its mails were sent", async () => {
    const runs = new KeptRuns();
    const { sns, publish, texts } = run(runs.next());
    await publish("1");
    sns.deleteTopic(ARN);
    sns.deleteTopic(ARN);
    await expect(publish("2")).rejects.toMatchObject({ code: "NotFound" });
    sns.createTopic({ name: "orders" });
    await publish("3");
    expect(texts()).toEqual(["a@example.com 1"]);
    expect([...run(runs.next()).sns.published]).toEqual([[ARN, 1]]);
  });
});

describe("a subscription", () => {
  test("takes another filter under the same ARN", async () => {
    const { sns, subscription, publish, texts } = run(forgetting);
    const filtered = {
      topic_arn: ARN,
      protocol: "email",
      endpoint: "a@example.com",
      filter_policy: '{"kind":["new"]}',
      filter_policy_scope: "MessageBody",
    };
    expect(sns.updateSubscription(subscription.arn, filtered)).toEqual(subscription);
    await publish('{"kind":"old"}');
    await publish('{"kind":"new"}');
    expect(texts()).toEqual(['a@example.com {"kind":"new"}']);
  });

  test.each<[string, object]>([
    ["endpoint", { endpoint: "b@example.com" }],
    ["protocol", { protocol: "lambda", endpoint: "arn:aws:lambda:eu-west-1:123456789012:function:notify" }],
    ["topic", { topic_arn: `${ARN}-of-others` }],
  ])("does not take another %s", (_what, changes) => {
    const { sns, subscription } = run(forgetting);
    const arguments_ = { topic_arn: ARN, protocol: "email", endpoint: "a@example.com", ...changes };
    expect(() => sns.updateSubscription(subscription.arn, arguments_)).toThrow(
      `${subscription.arn} is no subscription of this topic, protocol and endpoint`,
    );
  });

  test("ends, and can begin again", async () => {
    const { sns, subscribe, subscription, publish, texts } = run(forgetting);
    sns.unsubscribe(subscription.arn);
    sns.unsubscribe(subscription.arn);
    await publish("1");
    subscribe("a@example.com");
    await publish("2");
    expect(texts()).toEqual(["a@example.com 2"]);
  });

  test("that ends before a stack made its topic asks for none", () => {
    const { sns } = run(forgetting);
    const topic_arn = ARN.replace("orders", "later");
    const { arn } = sns.subscribe({ topic_arn, protocol: "email", endpoint: "a@example.com" });
    expect(() => sns.requireTopics()).toThrow("topic_arn names a topic that does not exist");
    sns.unsubscribe(arn);
    sns.requireTopics();
  });
});
