import fc from "fast-check";
import { AwsError, type Clock } from "../../../local/aws";
import { forgetting, type Journals } from "../../../local/journal";
import { Sqs } from "../../../local/sqs/sqs";
import { KeptRuns } from "../../support/kept-runs";
import { openAccess, place, silent, someone } from "../../support/local";

/** A time that tests set. */
class SetClock implements Clock {
  time = 1_800_000_000_000;
  now = (): number => this.time;
  after = (): (() => void) => () => undefined;
}

interface Received {
  readonly Body: string;
  readonly ReceiptHandle: string;
}

const URL = "http://127.0.0.1:4566/123456789012/orders";
const DEAD_LETTERS = "http://127.0.0.1:4566/123456789012/failed";
const deadLettersArn = "arn:aws:sqs:eu-west-1:123456789012:failed";
const orders = {
  name: "orders",
  message_retention_seconds: 600,
  redrive_policy: JSON.stringify({ deadLetterTargetArn: deadLettersArn, maxReceiveCount: 2 }),
};

/** A run with the queue `orders`, whose messages move to `failed` after two receives. */
function run(journals: Journals, clock = new SetClock()) {
  const sqs = new Sqs({ place, access: openAccess(), clock, log: silent, endpoint: "http://127.0.0.1:4566", journals });
  sqs.createQueue({ name: "failed" });
  sqs.createQueue(orders);
  const call = (operation: string, input: object) => sqs.call(someone, operation, { QueueUrl: URL, ...input });
  const receive = async (input: object = {}): Promise<readonly Received[]> => {
    const { Messages = [] } = await call("ReceiveMessage", { AttributeNames: ["All"], ...input });
    return Messages as Received[];
  };
  return { sqs, clock, call, receive };
}

type Run = ReturnType<typeof run>;

/** What a client may do; a number says how much, or with which of the messages that it received. */
const steps: Readonly<Record<string, (run: Run, number: number, handles: string[]) => Promise<unknown>>> = {
  send: ({ call }, number) => call("SendMessage", { MessageBody: `${number} €`, DelaySeconds: (number % 3) * 10 }),
  receive: async ({ receive }, number, handles) => {
    const received = await receive({ MaxNumberOfMessages: 1 + (number % 4) });
    handles.push(...received.map(({ ReceiptHandle }) => ReceiptHandle));
  },
  delete: ({ call }, number, handles) => call("DeleteMessage", { ReceiptHandle: one(handles, number) }),
  hide: ({ call }, number, handles) =>
    call("ChangeMessageVisibility", { ReceiptHandle: one(handles, number), VisibilityTimeout: (number % 3) * 40 }),
  pass: async ({ clock }, number) => {
    clock.time += ([1, 31, 400][number % 3] ?? 0) * 1_000;
  },
  purge: ({ call }) => call("PurgeQueue", {}),
  move: ({ call }) => call("StartMessageMoveTask", { QueueUrl: undefined, SourceArn: deadLettersArn }),
};

const one = (handles: readonly string[], number: number): string => handles[number % handles.length] ?? "none";

const step = fc.tuple(
  fc.constantFrom("send", "send", "receive", "receive", "delete", "hide", "pass", "pass", "purge", "move"),
  fc.nat(20),
);

/** Does some steps; what SQS refuses is refused. Gives the handles that it got. */
async function work(run: Run, todo: readonly (readonly [string, number])[]): Promise<readonly string[]> {
  const handles: string[] = [];
  for (const [name, number] of todo) {
    try {
      await steps[name]?.(run, number, handles);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
  }
  return handles;
}

/** All that can be seen of a run, now and from now on. */
async function seen({ sqs, clock, call, receive }: Run, handles: readonly string[]) {
  const { time } = clock;
  // What a queue tells of its messages is read when it is looked at.
  const contents = () => JSON.parse(JSON.stringify(sqs.queues()));
  const now = contents();
  const deletions = [];
  for (const ReceiptHandle of handles.slice(0, 3)) {
    await call("DeleteMessage", { ReceiptHandle });
    deletions.push(contents());
  }
  const later = [];
  for (const seconds of [0, 31, 31, 600]) {
    clock.time += seconds * 1_000;
    for (const QueueUrl of [URL, DEAD_LETTERS]) {
      const received = await receive({ QueueUrl, MaxNumberOfMessages: 10 });
      later.push(received.map(({ ReceiptHandle: _own, ...message }) => message));
    }
  }
  clock.time = time;
  return { now, deletions, later };
}

test("a run that starts where another was killed goes on as that one would have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (todo) => {
      const runs = new KeptRuns();
      const first = run(runs.next());
      const handles = await work(first, todo);
      const copy = runs.copy();
      // Twice: the second reads what the first wrote shorter.
      run(copy.next(), first.clock);
      const second = run(copy.next(), first.clock);
      expect(await seen(second, handles)).toEqual(await seen(first, handles));
    }),
    { numRuns: 100 },
  );
});

test("a message in flight comes back after its timeout, counted on, and can be deleted by the handle of before", async () => {
  const runs = new KeptRuns();
  const first = run(runs.next());
  await first.call("SendMessage", { MessageBody: "1" });
  const [received] = await first.receive({ VisibilityTimeout: 60 });

  const second = run(runs.next(), first.clock);
  expect(await second.receive()).toEqual([]);
  first.clock.time += 60_000;
  const [again] = await second.receive();
  expect(again).toMatchObject({ Body: "1", Attributes: { ApproximateReceiveCount: "2" } });
  await second.call("DeleteMessage", { ReceiptHandle: received?.ReceiptHandle });
  await second.call("DeleteMessage", { ReceiptHandle: again?.ReceiptHandle });
  expect(run(runs.next(), first.clock).sqs.queues()).toMatchObject([{ messages: [] }, { messages: [] }]);
});

test("what cannot be written down is not taken, and does not happen", async () => {
  const full: Journals = {
    open: () => ({
      append: () => {
        throw new Error("no room");
      },
    }),
  };
  const { sqs, call } = run(full);
  await expect(call("SendMessage", { MessageBody: "1" })).rejects.toThrow("no room");
  expect(sqs.queues()).toMatchObject([{ messages: [] }, { messages: [] }]);
});

test("a message is moved to the dead-letter queue in one entry, so that a kill leaves it in one of the two", async () => {
  const entries: unknown[] = [];
  const { clock, call, receive } = run({ open: () => ({ append: (entry) => void entries.push(entry) }) });
  await call("SendMessage", { MessageBody: "1" });
  for (const _receive of [1, 2, 3]) {
    await receive();
    clock.time += 31_000;
  }
  expect(entries).toHaveLength(4);
  expect(entries.at(-1)).toMatchObject([{ queue: "orders", removed: [expect.any(String)] }, { queue: "failed" }]);
});

describe("a queue that no stack makes any more", () => {
  test("keeps its messages, which are told of, until a stack makes it again", async () => {
    const runs = new KeptRuns();
    await run(runs.next()).call("SendMessage", { MessageBody: "1" });
    for (const _run of [1, 2]) {
      const sqs = new Sqs({
        place,
        access: openAccess(),
        clock: new SetClock(),
        log: silent,
        endpoint: "x",
        journals: runs.next(),
      });
      expect(sqs.unclaimed()).toEqual(["queue orders: 1 message"]);
    }
    const { sqs } = run(runs.next());
    expect(sqs.unclaimed()).toEqual([]);
    expect(sqs.queues()[1]).toMatchObject({ queueName: "orders", visible: 1 });
  });

  test("is empty when it comes again, once it was deleted", async () => {
    const runs = new KeptRuns();
    const { sqs, call, clock } = run(runs.next());
    await call("SendMessage", { MessageBody: "1" });
    sqs.deleteQueue(URL);
    await expect(call("SendMessage", { MessageBody: "2" })).rejects.toMatchObject({ code: "QueueDoesNotExist" });
    expect(sqs.queues().map(({ queueName }) => queueName)).toEqual(["failed"]);
    sqs.createQueue(orders);
    expect(sqs.queues()[1]?.messages).toEqual([]);
    expect(run(runs.next(), clock).sqs.queues()).toMatchObject([{ messages: [] }, { messages: [] }]);
  });
});

describe("an update", () => {
  test("keeps the messages, gives what the creation gave, and holds for what comes", async () => {
    const { sqs, clock, call, receive } = run(forgetting);
    await call("SendMessage", { MessageBody: "1" });
    const { arn, id, url } = sqs.updateQueue({ ...orders, visibility_timeout_seconds: 5, delay_seconds: 7 });
    expect([arn, id, url]).toEqual(["arn:aws:sqs:eu-west-1:123456789012:orders", URL, URL]);
    clock.time += 1_000;
    expect(await receive()).toHaveLength(1);
    clock.time += 5_000;
    expect(await receive()).toHaveLength(1);
    await call("SendMessage", { MessageBody: "2" });
    expect(sqs.queues()[1]).toMatchObject({ messages: [{ body: "1" }, { body: "2" }], visible: 0 });
  });

  test("tells when it was", async () => {
    const { sqs, clock, call } = run(forgetting);
    clock.time += 5_000;
    sqs.updateQueue(orders);
    const AttributeNames = ["CreatedTimestamp", "LastModifiedTimestamp"];
    expect(await call("GetQueueAttributes", { AttributeNames })).toEqual({
      Attributes: { CreatedTimestamp: "1800000000", LastModifiedTimestamp: "1800000005" },
    });
  });

  test("of the retention drops what is too old by it", async () => {
    const { sqs, clock, call } = run(forgetting);
    await call("SendMessage", { MessageBody: "1" });
    clock.time += 60_000;
    sqs.updateQueue({ ...orders, message_retention_seconds: 60 });
    expect(sqs.queues()[1]?.messages).toEqual([]);
  });

  test("of the redrive policy takes the dead-letter queue away, and puts it back", async () => {
    const { sqs, clock, call, receive } = run(forgetting);
    await call("SendMessage", { MessageBody: "1" });
    sqs.updateQueue({ name: "orders" });
    for (const _receive of [1, 2, 3]) {
      expect(await receive()).toHaveLength(1);
      clock.time += 31_000;
    }
    sqs.updateQueue(orders);
    expect(await receive()).toEqual([]);
    expect(sqs.queues()[0]).toMatchObject({ queueName: "failed", visible: 1 });
  });

  test.each<[object, string]>([
    [{ name: "other" }, "aws_sqs_queue of other: there is no queue of this name to update."],
    [{ ...orders, delay_seconds: 901 }, "delay_seconds must be an integer from 0 to 900"],
    [
      { name: "orders", redrive_policy: '{"deadLetterTargetArn":"arn:x","maxReceiveCount":1}' },
      "redrive_policy names a queue that does not exist: arn:x",
    ],
  ])("to %j is refused, and changes nothing", async (arguments_, message) => {
    const { sqs, call } = run(forgetting);
    const before = await call("GetQueueAttributes", { AttributeNames: ["All"] });
    expect(() => sqs.updateQueue({ ...arguments_ })).toThrow(message);
    expect(await call("GetQueueAttributes", { AttributeNames: ["All"] })).toEqual(before);
  });
});

test("a message stays where the dead-letter queue was deleted", async () => {
  const { sqs, clock, call, receive } = run(forgetting);
  await call("SendMessage", { MessageBody: "1" });
  sqs.deleteQueue(DEAD_LETTERS);
  for (const _receive of [1, 2, 3]) {
    expect(await receive()).toHaveLength(1);
    clock.time += 31_000;
  }
});

test("a long poll of a queue that is deleted ends empty", async () => {
  const { sqs, receive } = run(forgetting);
  const polled = receive({ WaitTimeSeconds: 20 });
  sqs.deleteQueue(URL);
  expect(await polled).toEqual([]);
});

test("policies are replaced and taken away, also of a queue that is gone", async () => {
  const { sqs, call } = run(forgetting);
  const policies = async () => {
    const { Attributes } = await call("GetQueueAttributes", { AttributeNames: ["Policy", "RedriveAllowPolicy"] });
    return Attributes;
  };
  for (const Policy of ["{}", '{"Statement":[]}']) {
    sqs.setPolicy(URL, Policy);
    sqs.setRedriveAllowPolicy(URL, Policy);
    expect(await policies()).toEqual({ Policy, RedriveAllowPolicy: Policy });
  }
  sqs.removePolicy(URL);
  sqs.removeRedriveAllowPolicy(URL);
  expect(await policies()).toEqual({});
  sqs.deleteQueue(URL);
  sqs.removePolicy(URL);
  sqs.removeRedriveAllowPolicy(URL);
  expect(() => sqs.setPolicy(URL, "{}")).toThrow("The specified queue does not exist.");
});

test("whoever watches is told of what comes, goes out, is given up and is deleted", async () => {
  const told: string[] = [];
  const clock = new SetClock();
  const sqs = new Sqs({
    place,
    access: openAccess(),
    clock,
    log: silent,
    endpoint: "http://127.0.0.1:4566",
    tell: (happening) => {
      if ("messageId" in happening) told.push(`${happening.kind} ${happening.receiveCount}`);
    },
  });
  sqs.createQueue({ name: "failed" });
  sqs.createQueue(orders);
  await sqs.call(someone, "SendMessage", { QueueUrl: URL, MessageBody: "1" });
  for (const _receive of [1, 2, 3]) {
    await sqs.call(someone, "ReceiveMessage", { QueueUrl: URL });
    clock.time += 31_000;
  }
  const { Messages } = await sqs.call(someone, "ReceiveMessage", { QueueUrl: DEAD_LETTERS });
  const [received] = Messages as readonly Received[];
  await sqs.call(someone, "DeleteMessage", { QueueUrl: DEAD_LETTERS, ReceiptHandle: received?.ReceiptHandle });
  expect(told).toEqual([
    "message sent 0",
    "message received 1",
    "message received 2",
    "message given up 2",
    "message received 3",
    "message deleted 3",
  ]);
});

test.each([
  [599, ["hidden", "old", "young"]],
  [600, ["young"]],
])("of what was sent before a run was killed, %d seconds later the next one has %j", async (seconds, bodies) => {
  const runs = new KeptRuns();
  const killed = run(runs.next());
  for (const MessageBody of ["hidden", "old"]) await killed.call("SendMessage", { MessageBody });
  await killed.receive({ MaxNumberOfMessages: 1, VisibilityTimeout: 10_000 });
  killed.clock.time += 1_000;
  await killed.call("SendMessage", { MessageBody: "young" });

  const clock = new SetClock();
  clock.time += seconds * 1_000;
  const next = run(runs.next(), clock);
  const held = () => next.sqs.queues().flatMap(({ messages }) => messages.map(({ body }) => body));
  expect(held().sort()).toEqual(bodies);
  const received = (await next.receive({ MaxNumberOfMessages: 10 })).map(({ Body }) => Body);
  expect(received.sort()).toEqual(bodies.filter((body) => body !== "hidden"));
  // What is gone is so for good, were the clock set back.
  expect(
    run(runs.next())
      .sqs.queues()
      .flatMap(({ messages }) => messages.map(({ body }) => body))
      .sort(),
  ).toEqual(bodies);
});
