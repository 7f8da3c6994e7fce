import { Token } from "cdktf";
import { Role } from "../../../constructs/iam/role";
import { Queue, type QueueProps } from "../../../constructs/sqs/queue";
import { type Attributes, type Config, countOf, synthesize } from "../../support/synth";

const configOf = (props: Partial<QueueProps> = {}): Config =>
  synthesize((stack) => {
    new Queue(stack, "Queue", { queueName: "orders", ...props });
  });

const queueOf = (props: Partial<QueueProps> = {}): Attributes => configOf(props).resource.aws_sqs_queue?.Queue ?? {};

test("is encrypted and hands what fails five times to a queue that only it may use", () => {
  const config = configOf();
  const { Queue: queue, Queue_DeadLetters: deadLetters } = config.resource.aws_sqs_queue ?? {};
  expect(queue).toMatchObject({
    name: "orders",
    sqs_managed_sse_enabled: true,
    visibility_timeout_seconds: 30,
    message_retention_seconds: 345_600,
    max_message_size: 262_144,
  });
  expect(JSON.parse(queue?.redrive_policy)).toEqual({
    deadLetterTargetArn: "${aws_sqs_queue.Queue_DeadLetters.arn}",
    maxReceiveCount: 5,
  });
  expect(deadLetters).toMatchObject({
    name: "orders-DLQ",
    sqs_managed_sse_enabled: true,
    message_retention_seconds: 1_209_600,
  });
  expect(deadLetters).not.toHaveProperty("redrive_policy");
  expect(countOf(config, "aws_sqs_queue_redrive_allow_policy")).toBe(1);
});

test("keeps what fails when asked to", () => {
  const config = configOf({ failedMessages: "keep" });
  expect(countOf(config, "aws_sqs_queue")).toBe(1);
  expect(() =>
    synthesize((stack) => new Queue(stack, "Queue", { queueName: "orders", failedMessages: "keep" }).deadLetterQueue),
  ).toThrow(
    'failedMessages must be "dead-letter-queue" where something works with dead letters, got: "keep" (in test/Queue)',
  );
  expect(countOf(config, "aws_sqs_queue_redrive_allow_policy")).toBe(0);
});

test("refuses plain HTTP, as its dead-letter queue does", () => {
  const policies = Object.values(configOf().resource.aws_sqs_queue_policy ?? {}).map(
    ({ policy }) => JSON.parse(policy).Statement,
  );
  expect(policies).toHaveLength(2);
  for (const [statement] of policies) {
    expect(statement).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  }
});

test("restricts sending and receiving and nothing that Terraform needs", () => {
  const config = synthesize((stack) => {
    const queue = new Queue(stack, "Queue", { queueName: "orders", failedMessages: "keep" });
    const role = new Role(stack, "Role", {
      roleName: "r",
      assumedBy: { Service: "lambda.amazonaws.com" },
      description: "r",
    });
    queue.restrictTo({ senders: [role] });
  });
  const statements: Attributes[] = JSON.parse(config.resource.aws_sqs_queue_policy?.Queue_Policy?.policy).Statement;
  const denied = statements.filter(({ Effect, Sid }) => Effect === "Deny" && Sid !== "DenyUnencryptedTransport");
  expect(denied.map(({ Action, Condition }) => [Action, Condition.ArnNotEquals["aws:PrincipalArn"]])).toEqual([
    ["sqs:SendMessage", ["${aws_iam_role.Role.arn}"]],
  ]);
});

test.each<[Partial<QueueProps>]>([
  [
    {
      queueName: "q",
      visibilityTimeoutSeconds: 0,
      messageRetentionSeconds: 60,
      maxReceiveCount: 1,
      maxMessageBytes: 1_024,
    },
  ],
  [
    {
      queueName: "q".repeat(76),
      visibilityTimeoutSeconds: 43_200,
      messageRetentionSeconds: 1_209_600,
      maxReceiveCount: 1_000,
      maxMessageBytes: 1_048_576,
    },
  ],
  [{ queueName: "q".repeat(80), failedMessages: "keep" }],
])("takes %j", (props) => {
  expect(queueOf(props).name).toBe(props.queueName);
});

test.each<[Partial<QueueProps>, string]>([
  [{ queueName: "" }, 'queueName must be 1–76 letters, digits, - and _, got: "" (in test/Queue)'],
  [{ queueName: "q".repeat(81), failedMessages: "keep" }, "queueName must be 1–80 letters, digits, - and _"],
  [{ queueName: "q".repeat(77) }, "queueName must be 1–76 letters, digits, - and _"],
  [{ queueName: "q.fifo" }, "queueName must be 1–76 letters"],
  [{ visibilityTimeoutSeconds: -1 }, "visibilityTimeoutSeconds must be an integer from 0 to 43200, got: -1"],
  [{ visibilityTimeoutSeconds: 43_201 }, "visibilityTimeoutSeconds must be an integer from 0 to 43200, got: 43201"],
  [{ messageRetentionSeconds: 59 }, "messageRetentionSeconds must be an integer from 60 to 1209600, got: 59"],
  [{ messageRetentionSeconds: 1_209_601 }, "messageRetentionSeconds must be an integer from 60 to 1209600"],
  [{ maxReceiveCount: 0 }, "maxReceiveCount must be an integer from 1 to 1000, got: 0"],
  [{ maxReceiveCount: 1_001 }, "maxReceiveCount must be an integer from 1 to 1000, got: 1001"],
  [{ maxReceiveCount: 1.5 }, "maxReceiveCount must be an integer from 1 to 1000, got: 1.5"],
  [{ maxMessageBytes: 1_023 }, "maxMessageBytes must be an integer from 1024 to 1048576, got: 1023"],
  [{ maxMessageBytes: 1_048_577 }, "maxMessageBytes must be an integer from 1024 to 1048576, got: 1048577"],
])("refuses %j", (props, message) => {
  expect(() => configOf(props)).toThrow(message);
});

describe("a FIFO queue", () => {
  const fifo = { deduplicateBy: "MessageDeduplicationId" } as const;

  test("says so, as its dead-letter queue does, whose name ends as its own", () => {
    const { Queue: queue, Queue_DeadLetters: deadLetters } =
      configOf({ queueName: "orders.fifo", fifo }).resource.aws_sqs_queue ?? {};
    const settings = { fifo_queue: true, content_based_deduplication: false };
    expect(queue).toMatchObject({ name: "orders.fifo", ...settings });
    expect(deadLetters).toMatchObject({ name: "orders-DLQ.fifo", ...settings });
  });

  test("may know messages by their content; a standard queue says nothing of it", () => {
    const queue = queueOf({ queueName: "orders.fifo", fifo: { deduplicateBy: "content" } });
    expect(queue.content_based_deduplication).toBe(true);
    expect(queueOf()).not.toHaveProperty("fifo_queue");
    expect(queueOf()).not.toHaveProperty("content_based_deduplication");
  });

  test.each<[Partial<QueueProps>, string]>([
    [{ queueName: "orders", fifo }, 'queueName must be 1–71 letters, digits, - and _, then .fifo, got: "orders"'],
    [{ queueName: ".fifo", fifo }, 'got: ".fifo"'],
    [{ queueName: `${"q".repeat(72)}.fifo`, fifo }, "queueName must be 1–71 letters"],
    [{ queueName: `${"q".repeat(76)}.fifo`, fifo, failedMessages: "keep" }, "queueName must be 1–75 letters"],
    [{ queueName: "orders.fifo" }, "queueName must be 1–76 letters, digits, - and _, got:"],
    [
      { queueName: Token.asString({ Ref: "x" }), fifo },
      'queueName must be known when the stack is written, for a FIFO queue, got: "a reference" (in test/Queue)',
    ],
  ])("is refused as %j", (props, message) => {
    expect(() => configOf(props)).toThrow(message);
  });

  test.each<[Partial<QueueProps>]>([
    [{ queueName: `${"q".repeat(71)}.fifo`, fifo }],
    [{ queueName: `${"q".repeat(75)}.fifo`, fifo, failedMessages: "keep" }],
  ])("may be %j", (props) => {
    expect(queueOf(props).name).toBe(props.queueName);
  });
});
