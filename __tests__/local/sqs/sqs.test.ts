import { AwsError, type Clock } from "../../../local/aws";
import { Sqs } from "../../../local/sqs/sqs";
import { openAccess, place, someone } from "../../support/local";

/** A clock that stands still until it is told to go on. */
class StandingClock implements Clock {
  private time = 1_800_000_000_000;
  private readonly timers = new Set<{ readonly at: number; readonly then: () => void }>();

  now = (): number => this.time;

  after = (milliseconds: number, then: () => void): (() => void) => {
    const timer = { at: this.time + milliseconds, then };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  get pending(): number {
    return this.timers.size;
  }

  async pass(seconds: number): Promise<void> {
    this.time += seconds * 1_000;
    for (const timer of [...this.timers].filter(({ at }) => at <= this.time)) {
      this.timers.delete(timer);
      timer.then();
    }
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: object;
  readonly MD5OfMessageAttributes?: string;
}

const endpoint = "http://127.0.0.1:4566";

function start(access = openAccess()) {
  const clock = new StandingClock();
  const lines: string[] = [];
  const log = (source: string, message: string): void => void lines.push(`${source} ${message}`);
  const sqs = new Sqs({ place, access, clock, log, endpoint });
  const call = (operation: string, input: object): Promise<Record<string, unknown>> =>
    sqs.call(someone, operation, { ...input });
  const receive = async (QueueUrl: string, input: object = {}): Promise<readonly Received[]> => {
    const { Messages = [] } = await call("ReceiveMessage", { QueueUrl, AttributeNames: ["All"], ...input });
    return Messages as Received[];
  };
  const one = async (QueueUrl: string, input: object = {}): Promise<Received> => {
    const messages = await receive(QueueUrl, input);
    expect(messages).toHaveLength(1);
    return messages[0] as Received;
  };
  const send = async (QueueUrl: string, MessageBody: string, input: object = {}): Promise<string> =>
    String((await call("SendMessage", { QueueUrl, MessageBody, ...input })).MessageId);
  return { sqs, access, clock, lines, call, receive, one, send };
}

/** A queue whose messages move to `failed` after two receives. */
function startWithDeadLetters() {
  const started = start();
  const deadLetters = started.sqs.createQueue({ name: "failed", message_retention_seconds: 1_000 });
  const policy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 2 });
  const queue = started.sqs.createQueue({ name: "orders", redrive_policy: policy });
  return { ...started, queue, deadLetters };
}

const refusal = (code: string, message: string | RegExp, status = 400): object =>
  expect.objectContaining({ code, status, message: expect.stringMatching(message) });

describe("a queue", () => {
  test("gets the attributes that Terraform computes", () => {
    expect(start().sqs.createQueue({ name: "orders", tags: null })).toEqual({
      arn: "arn:aws:sqs:eu-west-1:123456789012:orders",
      id: "http://127.0.0.1:4566/123456789012/orders",
      url: "http://127.0.0.1:4566/123456789012/orders",
    });
  });

  test.each<[Record<string, unknown>, string]>([
    [
      { name: "orders.fifo" },
      "aws_sqs_queue of orders.fifo: name must not end with .fifo: the local run has standard queues only",
    ],
    [
      { name: "orders", fifo_queue: true },
      "fifo_queue must be false: the local run has standard queues only, got: true",
    ],
    [{ name: "orders", kms_master_key_id: "k" }, "aws_sqs_queue of orders: kms_master_key_id is not modelled"],
    [{}, "name must be given"],
    [{ name: "a b" }, "name must be 1–80 letters, digits, - and _"],
    [{ name: "orders", delay_seconds: 901 }, "delay_seconds must be an integer from 0 to 900, got: 901"],
    [{ name: "orders", max_message_size: 1_023 }, "max_message_size must be an integer from 1024 to 1048576"],
    [{ name: "orders", redrive_policy: '{"deadLetterTargetArn":"x","maxReceiveCount":1}' }, "does not exist: x"],
  ])("is refused for %j", (arguments_, message) => {
    expect(() => start().sqs.createQueue(arguments_)).toThrow(message);
  });

  test("exists once", () => {
    const { sqs } = start();
    sqs.createQueue({ name: "orders" });
    expect(() => sqs.createQueue({ name: "orders" })).toThrow("a queue of this name exists already");
  });

  test("tells its attributes, those asked for", async () => {
    const { call, queue, sqs } = startWithDeadLetters();
    sqs.setPolicy(queue.url, '{"Statement":[]}');
    const { Attributes } = await call("GetQueueAttributes", { QueueUrl: queue.url, AttributeNames: ["All"] });
    expect(Attributes).toMatchObject({
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: "0",
      MessageRetentionPeriod: "345600",
      VisibilityTimeout: "30",
      Policy: '{"Statement":[]}',
      RedrivePolicy: expect.stringContaining('"maxReceiveCount":2'),
    });
    expect(await call("GetQueueAttributes", { QueueUrl: queue.url, AttributeNames: ["QueueArn"] })).toEqual({
      Attributes: { QueueArn: queue.arn },
    });
    await expect(call("GetQueueAttributes", { QueueUrl: queue.url, AttributeNames: ["Colour"] })).rejects.toEqual(
      refusal("InvalidAttributeName", "Unknown Attribute Colour."),
    );
  });

  test("is found by name, and in the list", async () => {
    const { call, queue, deadLetters } = startWithDeadLetters();
    expect(await call("GetQueueUrl", { QueueName: "orders" })).toEqual({ QueueUrl: queue.url });
    expect(await call("ListQueues", {})).toEqual({ QueueUrls: [deadLetters.url, queue.url] });
    expect(await call("ListQueues", { QueueNamePrefix: "x" })).toEqual({});
    for (const QueueUrl of [`${endpoint}/123456789012/other`, `${endpoint}/999999999999/orders`, "orders"]) {
      await expect(call("PurgeQueue", { QueueUrl })).rejects.toEqual(
        refusal("QueueDoesNotExist", "The specified queue does not exist."),
      );
    }
  });

  test("is emptied, once a minute", async () => {
    const { call, clock, sqs, send, queue } = startWithDeadLetters();
    await send(queue.url, "tea");
    await call("PurgeQueue", { QueueUrl: queue.url });
    expect(sqs.queues()[1]?.messages).toEqual([]);
    await clock.pass(59);
    await expect(call("PurgeQueue", { QueueUrl: queue.url })).rejects.toEqual(
      refusal("PurgeQueueInProgress", "every 60 seconds", 403),
    );
    await clock.pass(1);
    await call("PurgeQueue", { QueueUrl: queue.url });
  });
});

describe("sending", () => {
  test("gives an id and the body's digest", async () => {
    const { call, queue } = startWithDeadLetters();
    expect(await call("SendMessage", { QueueUrl: queue.url, MessageBody: "hello" })).toEqual({
      MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      MD5OfMessageBody: "5d41402abc4b2a76b9719d911017c592",
    });
  });

  test("counts bytes, attributes included, and takes exactly the queue's size", async () => {
    const { call, send, sqs } = start();
    const { url } = sqs.createQueue({ name: "small", max_message_size: 1_024 });
    await send(url, "é".repeat(512));
    const tooLong = refusal(
      "InvalidParameterValue",
      /^One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.$/,
    );
    await expect(send(url, `${"é".repeat(512)}x`)).rejects.toEqual(tooLong);
    const MessageAttributes = { a: { DataType: "String", StringValue: "b" } };
    await send(url, "x".repeat(1_016), { MessageAttributes });
    await expect(send(url, "x".repeat(1_017), { MessageAttributes })).rejects.toEqual(tooLong);
    expect(sqs.queues()[0]?.visible).toBe(2);
    await expect(
      call("SendMessage", { QueueUrl: url, MessageBody: "x", MessageAttributes: { "a b": {} } }),
    ).rejects.toEqual(refusal("InvalidParameterValue", "'a b' can only include alphanumeric"));
  });

  test.each(["", undefined])("refuses the body %j", async (MessageBody) => {
    const { call, queue } = startWithDeadLetters();
    await expect(call("SendMessage", { QueueUrl: queue.url, MessageBody })).rejects.toEqual(
      refusal("MissingParameter", "The request must contain the parameter MessageBody."),
    );
  });

  test.each([0x0, 0x8, 0xb, 0x1f, 0xd800, 0xdfff, 0xfffe, 0xffff])("refuses the character %d", async (code) => {
    const { send, queue } = startWithDeadLetters();
    await expect(send(queue.url, `a${String.fromCodePoint(code)}b`)).rejects.toEqual(
      refusal("InvalidMessageContents", "Valid unicode characters are #x9"),
    );
  });

  test("takes every character at the edges of SQS's set", async () => {
    const { send, one, queue } = startWithDeadLetters();
    const body = String.fromCodePoint(0x9, 0xa, 0xd, 0x20, 0x7f, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10ffff);
    await send(queue.url, body);
    expect((await one(queue.url)).Body).toBe(body);
  });

  test("delays for up to 15 minutes", async () => {
    const { send, receive, clock, sqs, queue } = startWithDeadLetters();
    await send(queue.url, "tea", { DelaySeconds: 900 });
    await clock.pass(899);
    expect(await receive(queue.url)).toEqual([]);
    expect(sqs.queues()[1]).toMatchObject({ visible: 0, inFlight: 0, messages: [{ body: "tea" }] });
    await clock.pass(1);
    expect(await receive(queue.url)).toHaveLength(1);
    for (const DelaySeconds of [901, -1, 1.5, "x"]) {
      await expect(send(queue.url, "tea", { DelaySeconds })).rejects.toEqual(
        refusal("InvalidParameterValue", "for parameter DelaySeconds is invalid"),
      );
    }
  });

  test("refuses what is not modelled, by name", async () => {
    const { call, send, queue } = startWithDeadLetters();
    await expect(send(queue.url, "tea", { MessageGroupId: "1" })).rejects.toEqual(
      refusal("UnsupportedOperation", "MessageGroupId of SendMessage is not modelled by the local run."),
    );
    await expect(call("TagQueue", { QueueUrl: queue.url })).rejects.toEqual(
      refusal("UnsupportedOperation", "TagQueue is not modelled by the local run. It knows SendMessage,"),
    );
  });

  test("sends a batch, of which some may fail", async () => {
    const { call, sqs, queue } = startWithDeadLetters();
    const Entries = [
      { Id: "a", MessageBody: "tea" },
      { Id: "b", MessageBody: "" },
    ];
    expect(await call("SendMessageBatch", { QueueUrl: queue.url, Entries })).toEqual({
      Successful: [{ Id: "a", MessageId: expect.any(String), MD5OfMessageBody: expect.any(String) }],
      Failed: [{ Id: "b", SenderFault: true, Code: "MissingParameter", Message: expect.any(String) }],
    });
    expect(sqs.queues()[1]?.visible).toBe(1);
  });

  test.each<[string, unknown]>([
    ["EmptyBatchRequest", []],
    ["TooManyEntriesInBatchRequest", Array.from({ length: 11 }, (_, at) => ({ Id: `${at}`, MessageBody: "x" }))],
    ["InvalidBatchEntryId", [{ Id: "a b", MessageBody: "x" }]],
    ["BatchEntryIdsNotDistinct", ["a", "a"].map((Id) => ({ Id, MessageBody: "x" }))],
    ["BatchRequestTooLong", ["a", "b"].map((Id) => ({ Id, MessageBody: "x".repeat(524_289) }))],
  ])("answers %s to a batch that breaks the rule", async (code, Entries) => {
    const { call, queue } = startWithDeadLetters();
    await expect(call("SendMessageBatch", { QueueUrl: queue.url, Entries })).rejects.toMatchObject({ code });
  });
});

describe("receiving", () => {
  test("hides a message for the queue's visibility timeout, then gives it again", async () => {
    const { sqs, send, one, receive, clock } = start();
    const { url } = sqs.createQueue({ name: "orders", visibility_timeout_seconds: 60 });
    const id = await send(url, "tea");
    const sentAt = clock.now();
    await clock.pass(1);
    expect(await one(url)).toMatchObject({
      MessageId: id,
      Body: "tea",
      Attributes: {
        SenderId: someone.principalArn,
        SentTimestamp: String(sentAt),
        ApproximateFirstReceiveTimestamp: String(sentAt + 1_000),
        ApproximateReceiveCount: "1",
      },
    });
    expect(sqs.queues()).toMatchObject([
      { queueName: "orders", visible: 0, inFlight: 1, messages: [{ messageId: id, body: "tea", receiveCount: 1 }] },
    ]);
    await clock.pass(59);
    expect(await receive(url)).toEqual([]);
    await clock.pass(1);
    expect((await one(url)).Attributes?.ApproximateReceiveCount).toBe("2");
  });

  test("gives up to ten, oldest first, one unless told", async () => {
    const { send, receive, queue } = startWithDeadLetters();
    for (let at = 0; at < 12; at += 1) await send(queue.url, String(at));
    expect((await receive(queue.url)).map(({ Body }) => Body)).toEqual(["0"]);
    expect((await receive(queue.url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(
      Array.from({ length: 10 }, (_, at) => String(at + 1)),
    );
  });

  test.each([
    { MaxNumberOfMessages: 0 },
    { MaxNumberOfMessages: 11 },
    { WaitTimeSeconds: -1 },
    { WaitTimeSeconds: 21 },
    { VisibilityTimeout: -1 },
    { VisibilityTimeout: 43_201 },
  ])("refuses %j", async (input) => {
    const { receive, queue } = startWithDeadLetters();
    const [name] = Object.keys(input);
    await expect(receive(queue.url, input)).rejects.toEqual(
      refusal("InvalidParameterValue", `for parameter ${name} is invalid. Reason: Must be between`),
    );
  });

  test("gives only the attributes that are asked for", async () => {
    const { send, one, receive, queue } = startWithDeadLetters();
    const MessageAttributes = {
      MyAttribute: { DataType: "String", StringValue: "foobar" },
      "x.size": { DataType: "Number.int", StringValue: "5" },
      "x.bytes": { DataType: "Binary", BinaryValue: Buffer.from("hi") },
    };
    await send(queue.url, "tea", { MessageAttributes });
    const ask = { AttributeNames: [], VisibilityTimeout: 0 };
    const bare = await one(queue.url, ask);
    expect(Object.keys(bare)).toEqual(["MessageId", "ReceiptHandle", "MD5OfBody", "Body"]);
    // The digest is one that AWS gave for this attribute.
    expect(await one(queue.url, { ...ask, MessageAttributeNames: ["MyAttribute"] })).toMatchObject({
      MessageAttributes: { MyAttribute: MessageAttributes.MyAttribute },
      MD5OfMessageAttributes: "adb59cd4678ea5a855436b949cd07ab6",
    });
    await expect(receive(queue.url, { AttributeNames: ["Colour"] })).rejects.toMatchObject({
      code: "InvalidAttributeName",
    });
  });

  test("knows attributes by prefix and in binary", async () => {
    const { send, one, queue } = startWithDeadLetters();
    const size = { DataType: "Number", StringValue: "5" };
    const MessageAttributes = {
      "x.size": size,
      "x.bytes": { DataType: "Binary", BinaryValue: Buffer.from("hi") },
      y: size,
    };
    await send(queue.url, "tea", { MessageAttributes });
    expect((await one(queue.url, { MessageAttributeNames: ["x.*"] })).MessageAttributes).toEqual({
      "x.size": size,
      "x.bytes": { DataType: "Binary", BinaryValue: "aGk=" },
    });
  });

  test("forgets what is older than the queue's retention", async () => {
    const { sqs, send, receive, clock, lines } = start();
    const { url } = sqs.createQueue({ name: "orders", message_retention_seconds: 60 });
    const id = await send(url, "tea");
    await clock.pass(59.999);
    expect(await receive(url, { VisibilityTimeout: 0 })).toHaveLength(1);
    await clock.pass(0.001);
    expect(await receive(url)).toEqual([]);
    expect(lines.at(-1)).toBe(`orders ✗ ${id} was kept for its 60 s and is gone`);
  });
});

describe("a long poll", () => {
  test("ends at once when a message comes, and only for one of those who wait", async () => {
    const { send, receive, queue, clock } = startWithDeadLetters();
    const polls = [receive(queue.url, { WaitTimeSeconds: 20 }), receive(queue.url, { WaitTimeSeconds: 20 })];
    await settled();
    await send(queue.url, "tea");
    expect((await polls[0])?.map(({ Body }) => Body)).toEqual(["tea"]);
    await clock.pass(20);
    expect(await polls[1]).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("ends when a message becomes visible: after its delay, its timeout or its release", async () => {
    const { sqs, call, send, one, clock } = start();
    const { url } = sqs.createQueue({ name: "orders", visibility_timeout_seconds: 10 });
    await send(url, "tea", { DelaySeconds: 5 });
    const delayed = one(url, { WaitTimeSeconds: 20 });
    await clock.pass(5);
    await delayed;

    const timedOut = one(url, { WaitTimeSeconds: 20 });
    await clock.pass(10);
    const { ReceiptHandle } = await timedOut;

    const released = one(url, { WaitTimeSeconds: 20 });
    await settled();
    await call("ChangeMessageVisibility", { QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 });
    expect((await released).Attributes?.ApproximateReceiveCount).toBe("3");
  });

  test("of the dead-letter queue ends when a message is given up", async () => {
    const { send, receive, queue, deadLetters } = startWithDeadLetters();
    await send(queue.url, "tea");
    const poll = receive(deadLetters.url, { WaitTimeSeconds: 20 });
    for (let receives = 1; receives <= 3; receives += 1) await receive(queue.url, { VisibilityTimeout: 0 });
    expect(await poll).toHaveLength(1);
  });

  test("ends empty when the run stops, and leaves no timer", async () => {
    const { sqs, receive, clock, queue } = startWithDeadLetters();
    const poll = receive(queue.url, { WaitTimeSeconds: 20 });
    await settled();
    sqs.stop();
    expect(await poll).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(await receive(queue.url, { WaitTimeSeconds: 20 })).toEqual([]);
  });

  test("is the queue's own where the receiver says nothing", async () => {
    const { sqs, send, receive } = start();
    const { url } = sqs.createQueue({ name: "orders", receive_wait_time_seconds: 20 });
    const poll = receive(url);
    await settled();
    await send(url, "tea");
    expect(await poll).toHaveLength(1);
  });
});

describe("a receipt handle", () => {
  test("deletes its message, also after the timeout and more than once", async () => {
    const { call, send, one, clock, sqs, queue } = startWithDeadLetters();
    await send(queue.url, "tea");
    const { ReceiptHandle } = await one(queue.url);
    await clock.pass(31);
    await call("DeleteMessage", { QueueUrl: queue.url, ReceiptHandle });
    expect(sqs.queues()[1]?.messages).toEqual([]);
    await call("DeleteMessage", { QueueUrl: queue.url, ReceiptHandle });
  });

  test("is worth nothing after a later receive", async () => {
    const { call, send, one, clock, sqs, queue } = startWithDeadLetters();
    await send(queue.url, "tea");
    const first = await one(queue.url);
    await clock.pass(30);
    const second = await one(queue.url);
    await call("DeleteMessage", { QueueUrl: queue.url, ReceiptHandle: first.ReceiptHandle });
    expect(sqs.queues()[1]?.inFlight).toBe(1);
    await expect(
      call("ChangeMessageVisibility", {
        QueueUrl: queue.url,
        ReceiptHandle: first.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    ).rejects.toMatchObject({ code: "MessageNotInflight" });
    await call("DeleteMessage", { QueueUrl: queue.url, ReceiptHandle: second.ReceiptHandle });
    expect(sqs.queues()[1]?.messages).toEqual([]);
  });

  test("is refused where no queue, or another one, gave it", async () => {
    const { call, send, one, queue, deadLetters } = startWithDeadLetters();
    await send(deadLetters.url, "tea");
    const { ReceiptHandle: other } = await one(deadLetters.url);
    for (const ReceiptHandle of ["x", other]) {
      await expect(call("DeleteMessage", { QueueUrl: queue.url, ReceiptHandle })).rejects.toEqual(
        refusal("ReceiptHandleIsInvalid", "is not a valid receipt handle."),
      );
    }
  });

  test("changes how long its message stays hidden, for 12 hours from the receive at most", async () => {
    const { call, send, one, receive, clock, queue } = startWithDeadLetters();
    await send(queue.url, "tea");
    const { ReceiptHandle } = await one(queue.url);
    const hide = (VisibilityTimeout: number) =>
      call("ChangeMessageVisibility", { QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout });
    await clock.pass(10);
    await expect(hide(43_191)).rejects.toEqual(refusal("InvalidParameterValue", "beyond the limit .43200 seconds."));
    await expect(hide(43_201)).rejects.toEqual(refusal("InvalidParameterValue", "Must be between 0 and 43200"));
    await hide(43_190);
    await clock.pass(43_189);
    expect(await receive(queue.url)).toEqual([]);
    await hide(0);
    await expect(hide(5)).rejects.toEqual(refusal("MessageNotInflight", "The specified message isn't in flight."));
    expect(await receive(queue.url)).toHaveLength(1);
  });

  test("works in batches, of which some may fail", async () => {
    const { call, send, receive, sqs, queue } = startWithDeadLetters();
    await send(queue.url, "1");
    await send(queue.url, "2");
    const [first, second] = await receive(queue.url, { MaxNumberOfMessages: 2 });
    const released = await call("ChangeMessageVisibilityBatch", {
      QueueUrl: queue.url,
      Entries: [{ Id: "a", ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 }],
    });
    expect(released).toEqual({ Successful: [{ Id: "a" }] });
    const Entries = [
      { Id: "a", ReceiptHandle: second?.ReceiptHandle },
      { Id: "b", ReceiptHandle: "x" },
    ];
    expect(await call("DeleteMessageBatch", { QueueUrl: queue.url, Entries })).toMatchObject({
      Successful: [{ Id: "a" }],
      Failed: [{ Id: "b", Code: "ReceiptHandleIsInvalid" }],
    });
    expect(sqs.queues()[1]?.messages).toEqual([expect.objectContaining({ body: "1" })]);
  });
});

describe("the dead-letter queue", () => {
  test("gets a message at the receive after maxReceiveCount, with its id, its age and where it failed", async () => {
    const { send, receive, one, clock, lines, queue, deadLetters } = startWithDeadLetters();
    const id = await send(queue.url, "tea");
    const sentAt = String(clock.now());
    for (let receives = 1; receives <= 2; receives += 1) {
      await one(queue.url);
      await clock.pass(30);
    }
    expect(await receive(deadLetters.url)).toEqual([]);
    expect(await receive(queue.url)).toEqual([]);
    expect(lines.at(-1)).toBe(`orders → failed: ${id} after 2 receives`);
    expect(await one(deadLetters.url, { VisibilityTimeout: 0 })).toMatchObject({
      MessageId: id,
      Attributes: { SentTimestamp: sentAt, ApproximateReceiveCount: "3", DeadLetterQueueSourceArn: queue.arn },
    });
    // Kept for 1,000 s from its first send, not from its move.
    await clock.pass(939);
    expect(await receive(deadLetters.url, { VisibilityTimeout: 0 })).toHaveLength(1);
    await clock.pass(1);
    expect(await receive(deadLetters.url)).toEqual([]);
  });

  test.each<[string, object, boolean]>([
    ["allowAll", {}, true],
    ["byQueue", { sourceQueueArns: ["arn:aws:sqs:eu-west-1:123456789012:orders"] }, true],
    ["byQueue", { sourceQueueArns: ["arn:aws:sqs:eu-west-1:123456789012:other"] }, false],
    ["denyAll", {}, false],
  ])("with %s and %j: is %j for this source", async (redrivePermission, sources, isAllowed) => {
    const { sqs, send, receive, queue, deadLetters } = startWithDeadLetters();
    sqs.setRedriveAllowPolicy(deadLetters.url, JSON.stringify({ redrivePermission, ...sources }));
    await send(queue.url, "tea");
    for (let receives = 1; receives <= 3; receives += 1) await receive(queue.url, { VisibilityTimeout: 0 });
    expect(sqs.queues().map(({ messages }) => messages.length)).toEqual(isAllowed ? [1, 0] : [0, 1]);
  });

  test("gives its messages back as new ones", async () => {
    const { call, access, send, receive, one, sqs, queue, deadLetters } = startWithDeadLetters();
    const id = await send(queue.url, "tea");
    for (let receives = 1; receives <= 3; receives += 1) await receive(queue.url, { VisibilityTimeout: 0 });
    await send(deadLetters.url, "sent here directly");
    access.asked.length = 0;
    expect(await call("StartMessageMoveTask", { SourceArn: deadLetters.arn })).toEqual({
      TaskHandle: expect.any(String),
    });
    expect(access.asked.map(({ action, resource }) => `${action} ${resource.split(":").at(-1)}`)).toEqual([
      "sqs:StartMessageMoveTask failed",
      "sqs:ReceiveMessage failed",
      "sqs:DeleteMessage failed",
      "sqs:GetQueueAttributes failed",
      "sqs:SendMessage orders",
    ]);
    const back = await one(queue.url);
    expect(back).toMatchObject({ Body: "tea", Attributes: { ApproximateReceiveCount: "1" } });
    expect(back.MessageId).not.toBe(id);
    expect(sqs.queues()[0]?.messages).toEqual([expect.objectContaining({ body: "sent here directly" })]);

    await call("StartMessageMoveTask", { SourceArn: deadLetters.arn, DestinationArn: queue.arn });
    expect((await one(queue.url)).Body).toBe("sent here directly");
  });

  test("is what a move starts from", async () => {
    const { call, queue, deadLetters } = startWithDeadLetters();
    await expect(call("StartMessageMoveTask", { SourceArn: queue.arn })).rejects.toEqual(
      refusal("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."),
    );
    await expect(call("StartMessageMoveTask", { SourceArn: deadLetters.arn, DestinationArn: "x" })).rejects.toEqual(
      refusal("ResourceNotFoundException", "DestinationArn parameter doesn't exist", 404),
    );
  });
});

describe("authorization", () => {
  test("asks for the operation on the queue, with the queue's policy, and for a batch as for one", async () => {
    const { call, access, sqs, queue } = startWithDeadLetters();
    await call("ReceiveMessage", { QueueUrl: queue.url });
    sqs.setPolicy(queue.url, "{}");
    await call("SendMessageBatch", { QueueUrl: queue.url, Entries: [{ Id: "a", MessageBody: "tea" }] });
    await call("ListQueues", {});
    expect(access.asked).toEqual([
      { caller: someone, action: "sqs:ReceiveMessage", resource: queue.arn, resourcePolicy: undefined },
      { caller: someone, action: "sqs:SendMessage", resource: queue.arn, resourcePolicy: "{}" },
      { caller: someone, action: "sqs:ListQueues", resource: "*" },
    ]);
  });

  test("lets nothing happen that is refused", async () => {
    const denied = new AwsError("AccessDeniedException", "no", 403);
    const { sqs, send } = start(
      openAccess(() => {
        throw denied;
      }),
    );
    const { url } = sqs.createQueue({ name: "orders" });
    await expect(send(url, "tea")).rejects.toBe(denied);
    expect(sqs.queues()[0]?.messages).toEqual([]);
  });
});

describe("over HTTP", () => {
  const form = { "content-type": "application/x-www-form-urlencoded", "x-local-path": "/123456789012/orders" };
  const fromGateway = { ...form, accept: "application/json" };

  function http(access = openAccess()) {
    const { sqs, clock } = start(access);
    const { url } = sqs.createQueue({ name: "orders", max_message_size: 1_024 });
    const handle = (headers: Record<string, string>, body: string) => sqs.handle(someone, { headers, body });
    const json = async (operation: string, input: object) => {
      const headers = { "x-amz-target": `AmazonSQS.${operation}`, "content-type": "application/x-amz-json-1.0" };
      const response = await handle(headers, JSON.stringify(input));
      return { ...response, body: JSON.parse(response.body) };
    };
    return { sqs, clock, url, handle, json };
  }

  test("speaks the JSON protocol", async () => {
    const { url, json } = http();
    expect(await json("SendMessage", { QueueUrl: url, MessageBody: "tea" })).toMatchObject({
      status: 200,
      headers: { "content-type": "application/x-amz-json-1.0" },
      body: { MessageId: expect.any(String) },
    });
    expect((await json("ReceiveMessage", { QueueUrl: url })).body).toMatchObject({ Messages: [{ Body: "tea" }] });
    expect(await json("SendMessage", { QueueUrl: `${url}x`, MessageBody: "tea" })).toMatchObject({
      status: 400,
      headers: { "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender" },
      body: { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "The specified queue does not exist." },
    });
  });

  test("answers API Gateway in JSON", async () => {
    const { sqs, handle } = http();
    const sent = await handle(
      fromGateway,
      `Action=SendMessage&MessageBody=${encodeURIComponent('{"a":"1+1 & é=ok"}')}`,
    );
    expect(sent).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
    expect(JSON.parse(sent.body)).toMatchObject({
      SendMessageResponse: {
        ResponseMetadata: { RequestId: expect.any(String) },
        SendMessageResult: { MessageId: sqs.queues()[0]?.messages[0]?.messageId, MD5OfMessageBody: expect.any(String) },
      },
    });
    expect(sqs.queues()[0]?.messages[0]?.body).toBe('{"a":"1+1 & é=ok"}');
  });

  test.each<[string, number, string]>([
    ["Action=SendMessage", 400, "MissingParameter"],
    ["Action=SendMessage&MessageBody=", 400, "MissingParameter"],
    [`Action=SendMessage&MessageBody=${"1025_bytes".repeat(103).slice(0, 1_025)}`, 400, "InvalidParameterValue"],
    ["Action=SendMessage&MessageBody=%EF%BF%BE", 400, "InvalidMessageContents"],
    ["Action=ReceiveMessage", 400, "AWS.SimpleQueueService.UnsupportedOperation"],
    ["MessageBody=x", 400, "MissingAction"],
  ])("tells API Gateway what is wrong with %s", async (body, status, Code) => {
    const response = await http().handle(fromGateway, body);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toEqual({
      Error: { Code, Message: expect.any(String), Type: "Sender" },
      RequestId: expect.any(String),
    });
  });

  test("answers 403 AccessDenied to who may not, and 400 where there is no such queue", async () => {
    const { handle } = http(
      openAccess(() => {
        throw new AwsError("AccessDeniedException", "no <grant>", 403);
      }),
    );
    const denied = await handle(fromGateway, "Action=SendMessage&MessageBody=x");
    expect(denied.status).toBe(403);
    expect(JSON.parse(denied.body).Error).toMatchObject({ Code: "AccessDenied", Message: "no <grant>" });
    const inXml = await handle(form, "Action=SendMessage&MessageBody=x");
    expect(inXml).toMatchObject({ status: 403, headers: { "content-type": "text/xml" } });
    expect(inXml.body).toContain("<Code>AccessDenied</Code><Message>no &lt;grant&gt;</Message>");
    const unknown = await handle({ ...form, "x-local-path": "/123456789012/x" }, "Action=SendMessage&MessageBody=x");
    expect(unknown.status).toBe(400);
    expect(unknown.body).toContain("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>");
  });

  test("answers the query protocol in XML", async () => {
    const { handle, url } = http();
    const attribute =
      "MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=t";
    const sent = await handle(
      {},
      `Action=SendMessage&QueueUrl=${encodeURIComponent(url)}&MessageBody=a%3Cb%0D&${attribute}`,
    );
    expect(sent.body).toMatch(
      /^<\?xml version="1.0"\?><SendMessageResponse xmlns="[^"]+"><SendMessageResult><MessageId>/,
    );
    const received = await handle(
      form,
      "Action=ReceiveMessage&Version=2012-11-05&AttributeName.1=All&MessageAttributeName.1=All",
    );
    expect(received.body).toContain("<Body>a&lt;b&#13;</Body>");
    expect(received.body).toContain("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>");
    expect(received.body).toContain("<MessageAttribute><Name>kind</Name><Value><DataType>String</DataType>");
    const entry = (at: number, body: string) =>
      `SendMessageBatchRequestEntry.${at}.Id=e${at}&SendMessageBatchRequestEntry.${at}.MessageBody=${body}`;
    const batch = await handle(form, `Action=SendMessageBatch&${entry(1, "x")}&${entry(2, "")}`);
    expect(batch.body).toContain("<SendMessageBatchResultEntry><Id>e1</Id><MessageId>");
    expect(batch.body).toContain("<BatchResultErrorEntry><Id>e2</Id><SenderFault>true</SenderFault>");
    const purged = await handle(form, "Action=PurgeQueue");
    expect(purged.body).toMatch(/<PurgeQueueResponse xmlns="[^"]+"><ResponseMetadata>/);
  });
});
