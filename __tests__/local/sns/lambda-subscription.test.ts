import { AwsError } from "../../../local/aws";
import { type Deliveries, Sns } from "../../../local/sns/sns";
import { openAccess, place, someone } from "../../support/local";
import { ManualClock } from "../../support/rest-api";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:broadcast";
const queueArn = "arn:aws:sqs:eu-west-1:123456789012:lost";

interface Event {
  readonly Records: readonly { readonly Sns: Readonly<Record<string, unknown>> }[];
}

function start(invoke: Deliveries["invoke"] = () => undefined) {
  const lines: string[] = [];
  const invoked: Parameters<Deliveries["invoke"]>[0][] = [];
  const sent: Parameters<Deliveries["send"]>[0][] = [];
  const clock = new ManualClock();
  const sns = new Sns({
    ...{ place, clock, access: openAccess() },
    log: (source, message) => void lines.push(`${source} ${message}`),
    deliveries: {
      invoke: (call) => {
        invoke(call);
        invoked.push(call);
      },
      send: async (call) => void sent.push(call),
    },
  });
  const topic = sns.createTopic({ name: "orders" });
  const subscribe = (more: object = {}) =>
    sns.subscribe({ topic_arn: topic.arn, protocol: "lambda", endpoint: functionArn, ...more });
  const publish = (input: object = {}) =>
    sns.call(someone, "Publish", { TopicArn: topic.arn, Message: "tea", ...input });
  return { sns, clock, lines, invoked, sent, topic, subscribe, publish };
}

test("a function gets each message as an event of one record", async () => {
  const { subscribe, publish, invoked, topic, clock } = start();
  const { arn } = subscribe();
  const MessageAttributes = { kind: { DataType: "String", StringValue: "new" } };
  const { MessageId } = await publish({ Subject: "New order", MessageAttributes });
  expect(invoked).toEqual([
    {
      topicArn: topic.arn,
      functionArn,
      event: {
        Records: [
          {
            EventSource: "aws:sns",
            EventVersion: "1.0",
            EventSubscriptionArn: arn,
            Sns: {
              Type: "Notification",
              MessageId,
              TopicArn: topic.arn,
              Subject: "New order",
              Message: "tea",
              Timestamp: new Date(clock.now()).toISOString(),
              SignatureVersion: "1",
              Signature: "EXAMPLE",
              SigningCertUrl: expect.stringMatching(/^https:\/\/sns\.eu-west-1\.amazonaws\.com\/.+\.pem$/),
              UnsubscribeUrl: `https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn}`,
              MessageAttributes: { kind: { Type: "String", Value: "new" } },
            },
          },
        ],
      },
    },
  ]);
});

test("a message without a subject has null, and with the structure json the text for lambda", async () => {
  const { subscribe, publish, invoked } = start();
  subscribe();
  await publish({ MessageStructure: "json", Message: JSON.stringify({ default: "all", lambda: "for functions" }) });
  await publish({ MessageStructure: "json", Message: JSON.stringify({ default: "all", email: "for people" }) });
  const records = invoked.flatMap(({ event }) => (event as Event).Records);
  expect(records.map(({ Sns: { Subject, Message } }) => [Subject, Message])).toEqual([
    [null, "for functions"],
    [null, "all"],
  ]);
});

test("a filter policy decides what a function gets", async () => {
  const { subscribe, publish, invoked } = start();
  subscribe({ filter_policy: '{"kind":["new"]}' });
  await publish();
  await publish({ MessageAttributes: { kind: { DataType: "String", StringValue: "new" } } });
  expect(invoked).toHaveLength(1);
});

test("mails and functions both get a message", async () => {
  const { sns, subscribe, publish, invoked, topic } = start();
  subscribe();
  sns.subscribe({ topic_arn: topic.arn, protocol: "email", endpoint: "a@example.com" });
  await publish();
  expect([invoked.length, sns.outbox.map(({ text }) => text)]).toEqual([1, ["tea"]]);
});

describe("a message that Lambda refuses", () => {
  const refuse = (): never => {
    throw new AwsError("AccessDeniedException", "no permission", 403);
  };

  test("goes to the subscription's dead-letter queue, and the publisher is not told", async () => {
    const { subscribe, publish, sent, topic, lines } = start(refuse);
    subscribe({ redrive_policy: JSON.stringify({ deadLetterTargetArn: queueArn }) });
    const { MessageId } = await publish({ Subject: "New order" });
    expect(sent).toMatchObject([{ topicArn: topic.arn, queueArn }]);
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({
      Type: "Notification",
      MessageId,
      TopicArn: topic.arn,
      Subject: "New order",
      Message: "tea",
    });
    expect(lines).toContain(`orders a message could not be given to ${functionArn}: no permission`);
  });

  test("is lost without one", async () => {
    const { subscribe, publish, sent } = start(refuse);
    subscribe();
    await publish();
    expect(sent).toEqual([]);
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ endpoint: "broadcast" }, "endpoint must be a function's ARN"],
  [{ raw_message_delivery: true }, "raw_message_delivery must be false: it is for queues and URLs"],
  [{ redrive_policy: "{}" }, "redrive_policy.deadLetterTargetArn must be given"],
  [
    { redrive_policy: '{"deadLetterTargetArn":"x"}' },
    'redrive_policy.deadLetterTargetArn must be a queue\'s ARN, got: "x"',
  ],
  [{ redrive_policy: "{" }, 'redrive_policy must be of type object, got: "{"'],
])("a subscription with %j is refused", (changes, message) => {
  expect(() => start().subscribe(changes)).toThrow(message);
});

describe("a topic of a stack that is still to come", () => {
  const later = "arn:aws:sns:eu-west-1:123456789012:later";

  test("has the subscriptions from before", async () => {
    const { sns, subscribe, invoked } = start();
    subscribe({ topic_arn: later });
    sns.createTopic({ name: "later" });
    sns.requireTopics();
    await sns.call(someone, "Publish", { TopicArn: later, Message: "tea" });
    expect(invoked).toMatchObject([{ topicArn: later }]);
  });

  test("must come", () => {
    const { sns, subscribe } = start();
    subscribe({ topic_arn: later });
    expect(() => sns.requireTopics()).toThrow(
      `aws_sns_topic_subscription of ${functionArn}: topic_arn names a topic that does not exist: ${later}. Run the stack that makes it, too`,
    );
  });

  test("cannot be one of another account", () => {
    const elsewhere = "arn:aws:sns:eu-west-1:999999999999:later";
    expect(() => start().subscribe({ topic_arn: elsewhere })).toThrow(
      `topic_arn names a topic that does not exist: ${elsewhere}`,
    );
  });
});
