import { AwsError, type Caller, type Clock } from "../../../local/aws";
import type { Journals } from "../../../local/journal";
import {
  EventSourceMappings,
  type QueueSource,
  type StreamRecord,
  type StreamSource,
} from "../../../local/lambda/event-source-mappings";
import type { InvocationResult } from "../../../local/lambda/lambda";
import { KeptRuns } from "../../support/kept-runs";

const place = { partition: "aws", region: "eu-west-1", accountId: "123456789012" };
const role: Caller = { principalArn: "arn:aws:iam::123456789012:role/worker", accountId: place.accountId };
const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:worker";
const queueArn = "arn:aws:sqs:eu-west-1:123456789012:inbox";
const streamArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000";
const onFailure = "arn:aws:sqs:eu-west-1:123456789012:undelivered";

/** Time that moves on by itself, from wait to wait, once everything else is done. */
class TestClock implements Clock {
  time = Date.UTC(2026, 0, 1);
  readonly waits: number[] = [];
  private readonly waiting = new Map<() => void, number>();
  now = (): number => this.time;
  after(milliseconds: number, then: () => void): () => void {
    this.waits.push(milliseconds);
    this.waiting.set(then, this.time + milliseconds);
    return () => this.waiting.delete(then);
  }
  /** Lets the next wait be over. */
  next(): void {
    const [first] = [...this.waiting].sort(([, a], [, b]) => a - b);
    if (!first) return;
    this.waiting.delete(first[0]);
    this.time = first[1];
    first[0]();
  }
}

type Input = Readonly<Record<string, unknown>>;
interface Held {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly [more: string]: unknown;
}

/** Queues of which one can be received from: each message once, as if the visibility timeout never ended. */
class FakeQueues implements QueueSource {
  readonly calls: { caller: Caller; operation: string; input: Input }[] = [];
  readonly held: Held[] = [];
  readonly deleted: string[] = [];
  visibilityTimeout = 60;
  refuse?: string;
  private sent = 0;
  private wake: () => void = () => undefined;

  send(...bodies: string[]): void {
    for (const Body of bodies) {
      const id = this.sent++;
      this.held.push({ MessageId: `m${id}`, ReceiptHandle: `r${id}`, Body, MD5OfBody: `md5-${id}` });
    }
    this.wake();
  }

  async call(caller: Caller, operation: string, input: Input): Promise<Record<string, unknown>> {
    this.calls.push({ caller, operation, input });
    if (operation === this.refuse) throw new AwsError("AccessDenied", `${operation} is not allowed`, 403);
    if (operation === "GetQueueAttributes")
      return { Attributes: { VisibilityTimeout: String(this.visibilityTimeout) } };
    if (operation === "DeleteMessageBatch")
      return this.delete(input.Entries as { Id: string; ReceiptHandle: string }[]);
    if (operation !== "ReceiveMessage") return {};
    while (this.held.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return { Messages: this.held.splice(0, Number(input.MaxNumberOfMessages)) };
  }

  private delete(entries: readonly { Id: string; ReceiptHandle: string }[]) {
    this.deleted.push(...entries.map(({ ReceiptHandle }) => ReceiptHandle));
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  }
}

class FakeStream implements StreamSource {
  readonly records: StreamRecord[] = [];
  readonly callers: Caller[] = [];
  readonly listeners = new Set<() => void>();
  /** How far each reader said it is. */
  readonly passed = new Map<string, string | undefined>();
  refuses = false;

  /** Adds a record for each order, with sequence numbers that count from 1. */
  add(now: number, ...orders: string[]): void {
    for (const order of orders) {
      const number = this.records.length + 1;
      this.records.push({
        eventID: `e${number}`,
        eventName: "INSERT",
        dynamodb: {
          Keys: { orderID: { S: order } },
          NewImage: { orderID: { S: order } },
          SequenceNumber: String(number),
          SizeBytes: 10,
          StreamViewType: "NEW_AND_OLD_IMAGES",
          ApproximateCreationDateTime: now / 1_000,
        },
      });
    }
    for (const listener of this.listeners) listener();
  }

  checkpoint(_streamArn: string, reader: string, after: string | undefined): void {
    this.passed.set(reader, after);
  }

  leave(_streamArn: string, reader: string): void {
    this.passed.delete(reader);
  }

  async getRecords(caller: Caller, _arn: string, after: string | undefined, limit: number) {
    this.callers.push(caller);
    if (this.refuses) throw new AwsError("AccessDeniedException", "GetRecords is not allowed", 403);
    const start = Number(after ?? 0);
    return this.records.slice(start, start + limit);
  }

  onRecords(_arn: string, listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

interface Event {
  readonly Records: {
    readonly messageId: string;
    readonly body: string;
    readonly dynamodb: StreamRecord["dynamodb"];
  }[];
}
type Handler = (event: Event) => unknown;

/** Mappings whose function is a handler in this process; a throw is a function error. */
function world(
  handler: Handler = () => null,
  given: { readonly stream?: FakeStream; readonly journals?: Journals } = {},
) {
  const clock = new TestClock();
  const queues = new FakeQueues();
  const { stream = new FakeStream(), journals } = given;
  const said: string[] = [];
  const events: Event[] = [];
  const invoke = async (_arn: string, event: unknown): Promise<InvocationResult> => {
    events.push(event as Event);
    try {
      return { requestId: `request-${events.length}`, payload: (await handler(event as Event)) ?? null };
    } catch (error) {
      if (error instanceof AwsError) throw error;
      const functionError = { errorType: "Error", errorMessage: (error as Error).message };
      return { requestId: `request-${events.length}`, functionError };
    }
  };
  const mappings = new EventSourceMappings({
    place,
    clock,
    log: (source, message) => said.push(`${source}: ${message}`),
    lambda: { invoke, timeoutOf: () => 10, roleOf: () => role },
    queues,
    streams: stream,
    journals,
  });
  open.push(mappings);
  const bodies = () => events.map(({ Records }) => Records.map(({ body }) => body));
  const orders = () => events.map(({ Records }) => Records.map(orderOf));
  const reports = () =>
    queues.calls
      .filter(({ operation }) => operation === "SendMessage")
      .map(({ input }) => JSON.parse(String(input.MessageBody)));
  return { clock, queues, stream, said, events, mappings, bodies, orders, reports };
}

const open: EventSourceMappings[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((mappings) => mappings.stop()));
});

const orderOf = ({ dynamodb }: Event["Records"][number]) => (dynamodb.Keys as { orderID: { S: string } }).orderID.S;

/** Lets everything run that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** Lets time go on, wait by wait. */
async function pass(clock: TestClock, waits: number): Promise<void> {
  await settle();
  for (let at = 0; at < waits; at += 1) {
    clock.next();
    await settle();
  }
}

const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
const reporting = { function_response_types: ["ReportBatchItemFailures"] };

describe("a queue", () => {
  const arguments_ = { event_source_arn: queueArn, function_name: functionArn };

  test("invokes the function under its role and deletes what succeeded", async () => {
    const { queues, mappings, events } = world();
    queues.held.push({
      MessageId: "m",
      ReceiptHandle: "r",
      Body: "{}",
      MD5OfBody: "99914b932bd37a50b983c5e7c90ae93b",
      Attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1767225600000" },
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "order" },
        bytes: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2]) },
      },
    });
    const made = mappings.create(arguments_);
    expect(made.arn).toBe(`arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:${made.uuid}`);
    expect(made.id).toBe(made.uuid);
    await settle();

    expect(events).toEqual([
      {
        Records: [
          {
            messageId: "m",
            receiptHandle: "r",
            body: "{}",
            attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1767225600000" },
            messageAttributes: {
              kind: { dataType: "String", stringValue: "order", stringListValues: [], binaryListValues: [] },
              bytes: { dataType: "Binary", binaryValue: "AQI=", stringListValues: [], binaryListValues: [] },
            },
            md5OfBody: "99914b932bd37a50b983c5e7c90ae93b",
            eventSource: "aws:sqs",
            eventSourceARN: queueArn,
            awsRegion: "eu-west-1",
          },
        ],
      },
    ]);
    expect(queues.deleted).toEqual(["r"]);
    expect(new Set(queues.calls.map(({ caller }) => caller))).toEqual(new Set([role]));
    const receive = queues.calls.find(({ operation }) => operation === "ReceiveMessage");
    expect(receive?.input).toMatchObject({ MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    expect(String(receive?.input.QueueUrl)).toMatch(/\/123456789012\/inbox$/);
  });

  test("keeps the messages of a failed batch, and says why it failed", async () => {
    const { queues, mappings, said } = world(() => {
      throw new Error("no table");
    });
    queues.send("a", "b");
    mappings.create(arguments_);
    await settle();
    expect(queues.deleted).toEqual([]);
    expect(said).toEqual(["inbox: 2 of 2 messages failed in worker: no table"]);
  });

  test("keeps the messages of an event that Lambda refuses", async () => {
    const { queues, mappings, said } = world(() => {
      throw new AwsError("RequestEntityTooLargeException", "too large", 413);
    });
    queues.send("a");
    mappings.create(arguments_);
    await settle();
    expect(queues.deleted).toEqual([]);
    expect(said).toEqual(["inbox: 1 of 1 messages failed in worker: too large"]);
  });

  test.each<[string, unknown, string[]]>([
    ["one that failed", failures("m1"), ["r0", "r2"]],
    ["an empty list", failures(), ["r0", "r1", "r2"]],
    ["a list that is null", { batchItemFailures: null }, ["r0", "r1", "r2"]],
    ["no list", {}, ["r0", "r1", "r2"]],
    ["nothing", null, ["r0", "r1", "r2"]],
    ["an id that is not in the batch", failures("m1", "other"), []],
    ["an empty id", failures(""), []],
    ["an id that is null", failures(null), []],
    ["a wrong key", { batchItemFailures: [{ id: "m1" }] }, []],
    ["a list that is none", { batchItemFailures: "m1" }, []],
    ["a text", "done", []],
  ])("whose function reports %s", async (_what, answer, deleted) => {
    const { queues, mappings } = world(() => answer);
    queues.send("a", "b", "c");
    mappings.create({ ...arguments_, ...reporting });
    await settle();
    expect(queues.deleted).toEqual(deleted);
  });

  test("takes no reports where the mapping does not ask for them", async () => {
    const { queues, mappings } = world(() => failures("m0"));
    queues.send("a");
    mappings.create(arguments_);
    await settle();
    expect(queues.deleted).toEqual(["r0"]);
  });

  test.each<[Input, number]>([
    [{ scaling_config: { maximum_concurrency: 2 } }, 2],
    [{}, 5],
  ])("has no more batches at a time than %j allows", async (more, most) => {
    const release: (() => void)[] = [];
    const { queues, mappings, bodies } = world(() => new Promise<void>((resolve) => release.push(resolve)));
    queues.send("a", "b", "c", "d", "e", "f", "g");
    mappings.create({ ...arguments_, batch_size: 1, ...more });
    await settle();
    expect(bodies()).toHaveLength(most);
    release[0]?.();
    await settle();
    expect(bodies()).toHaveLength(most + 1);
    expect(queues.deleted).toEqual(["r0"]);
  });

  test("begins with five batches at a time, and has one more every 200 ms that all are busy, up to its maximum", async () => {
    const release: (() => void)[] = [];
    const { queues, mappings, bodies, clock } = world(() => new Promise<void>((resolve) => release.push(resolve)));
    queues.send(..."abcdefghi");
    mappings.create({ ...arguments_, batch_size: 1, scaling_config: { maximum_concurrency: 7 } });
    await settle();
    const begin = clock.time;
    expect(bodies()).toHaveLength(5);
    for (const [batches, after] of [
      [6, 200],
      [7, 400],
    ] as const) {
      clock.next();
      await settle();
      expect([bodies().length, clock.time - begin]).toEqual([batches, after]);
    }
    clock.next();
    await settle();
    expect([bodies().length, clock.time - begin]).toEqual([7, 400]);
    release[0]?.();
    await settle();
    expect(bodies()).toHaveLength(8);
  });

  test("gathers within its window, and up to its batch size", async () => {
    const { queues, mappings, bodies, clock } = world();
    mappings.create({ ...arguments_, batch_size: 12, maximum_batching_window_in_seconds: 5 });
    queues.send(..."abc");
    await settle();
    expect(bodies()).toEqual([]);
    queues.send(..."defghijklmn");
    await settle();
    expect(bodies()).toEqual([[..."abcdefghijkl"]]);
    clock.time += 5_000;
    queues.send("o");
    await settle();
    expect(bodies()).toEqual([[..."abcdefghijkl"], [..."mno"]]);
  });

  test("splits what is too large for one event", async () => {
    const { queues, mappings, bodies } = world();
    queues.send(...Array.from({ length: 7 }, () => "x".repeat(1_000_000)));
    mappings.create(arguments_);
    await settle();
    expect(bodies().map((batch) => batch.length)).toEqual([6, 1]);
    expect(queues.deleted).toHaveLength(7);
  });

  test("deletes what its filter does not let through", async () => {
    const { queues, mappings, bodies } = world();
    queues.send('{"kind":"a"}', '{"kind":"b"}', "text");
    mappings.create({ ...arguments_, filter_criteria: [{ filter: [{ pattern: '{"body":{"kind":["a"]}}' }] }] });
    await settle();
    expect(bodies()).toEqual([['{"kind":"a"}']]);
    expect(queues.deleted.sort()).toEqual(["r0", "r1", "r2"]);
  });

  test("lets texts through that its filter lists, and no JSON", async () => {
    const { queues, mappings, bodies } = world();
    queues.send("text", "other", '"text"');
    mappings.create({ ...arguments_, filter_criteria: { filter: { pattern: '{"body":["text"]}' } } });
    await settle();
    expect(bodies()).toEqual([["text"]]);
  });

  test("goes on after a refusal, which it tells once", async () => {
    const { queues, mappings, bodies, clock, said } = world();
    queues.refuse = "ReceiveMessage";
    queues.send("a");
    mappings.create(arguments_);
    await pass(clock, 3);
    expect(bodies()).toEqual([]);
    expect(said).toEqual(["inbox: can not be polled: AwsError: ReceiveMessage is not allowed"]);
    queues.refuse = undefined;
    await pass(clock, 1);
    expect(bodies()).toEqual([["a"]]);
  });

  test("tells what it may not delete", async () => {
    const { queues, mappings, said } = world();
    queues.refuse = "DeleteMessageBatch";
    queues.send("a");
    mappings.create(arguments_);
    await settle();
    expect(said).toEqual(["inbox: 1 messages could not be deleted: AwsError: DeleteMessageBatch is not allowed"]);
  });

  test.each([
    [9, 0],
    [10, 1],
  ])("with a visibility timeout of %i seconds before a function that may take 10", async (seconds, invocations) => {
    const { queues, mappings, bodies, said } = world();
    queues.visibilityTimeout = seconds;
    queues.send("a");
    mappings.create(arguments_);
    await settle();
    expect(bodies()).toHaveLength(invocations);
    const refusal = expect.stringContaining(
      "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds",
    );
    expect(said).toEqual(invocations ? [] : [refusal]);
  });

  test("that is not enabled is not polled", async () => {
    const { queues, mappings } = world();
    mappings.create({ ...arguments_, enabled: false });
    await settle();
    expect(queues.calls).toEqual([]);
  });

  test.each<[Input, string]>([
    [{ batch_size: 11 }, "maximum_batching_window_in_seconds must be at least 1 where batch_size is above 10, got: 0"],
    [{ batch_size: 0 }, "batch_size must be an integer from 1 to 10000, got: 0"],
    [{ batch_size: 10_001 }, "batch_size must be an integer from 1 to 10000, got: 10001"],
    [
      { maximum_batching_window_in_seconds: 301 },
      "maximum_batching_window_in_seconds must be an integer from 0 to 300, got: 301",
    ],
    [
      { scaling_config: { maximum_concurrency: 1 } },
      "scaling_config.maximum_concurrency must be an integer from 2 to 1000, got: 1",
    ],
    [{ provisioned_poller_config: {} }, "provisioned_poller_config is not modelled by the local run"],
    [{ starting_position: "LATEST" }, "starting_position is not modelled by the local run"],
    [{ event_source_arn: `${queueArn}.fifo` }, "FIFO queues are not modelled by the local run"],
    [
      { event_source_arn: "arn:aws:kafka:eu-west-1:1:cluster/c" },
      "event_source_arn must be that of a queue or of a table's stream",
    ],
    [{ filter_criteria: { filter: [{ pattern: '{"messageId":["a"]}' }] } }, "can be filtered by their body only"],
  ])("refuses %j", (more, sentence) => {
    expect(() => world().mappings.create({ ...arguments_, ...more })).toThrow(sentence);
  });

  test("allows both ends of its limits", () => {
    const { mappings } = world();
    for (const more of [
      { batch_size: 10 },
      { batch_size: 10_000, maximum_batching_window_in_seconds: 300 },
      { batch_size: 1, scaling_config: { maximum_concurrency: 1_000 } },
    ]) {
      expect(() => mappings.create({ ...arguments_, ...more })).not.toThrow();
    }
  });
});

describe("a stream", () => {
  const arguments_ = {
    event_source_arn: streamArn,
    function_name: functionArn,
    starting_position: "TRIM_HORIZON",
    destination_config: [{ on_failure: [{ destination_arn: onFailure }] }],
  };
  const failAt =
    (poison: string): Handler =>
    ({ Records }) => {
      if (Records.some((record) => orderOf(record) === poison)) throw new Error("poison");
    };

  test("invokes the function in order, under its role, with records as AWS shapes them", async () => {
    const { stream, clock, mappings, events, orders } = world();
    stream.add(clock.now(), "a", "b");
    mappings.create(arguments_);
    await settle();
    stream.add(clock.now(), "c");
    await settle();
    expect(orders()).toEqual([["a", "b"], ["c"]]);
    expect(events[0]?.Records[0]).toEqual({
      eventID: "e1",
      eventName: "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "eu-west-1",
      dynamodb: stream.records[0]?.dynamodb,
      eventSourceARN: streamArn,
    });
    expect(new Set(stream.callers)).toEqual(new Set([role]));
  });

  test("that starts at the latest leaves out what was there before", async () => {
    const { stream, clock, mappings, orders } = world();
    stream.add(clock.now(), "a", "b");
    mappings.create({ ...arguments_, starting_position: "LATEST", batch_size: 1 });
    await settle();
    stream.add(clock.now(), "c");
    await settle();
    expect(orders()).toEqual([["c"]]);
  });

  test("skips what its filter does not let through", async () => {
    const { stream, clock, mappings, orders } = world();
    const pattern = JSON.stringify({
      eventName: ["INSERT"],
      dynamodb: { NewImage: { orderID: { S: [{ prefix: "a" }] } } },
    });
    stream.add(clock.now(), "a1", "b1", "a2");
    mappings.create({ ...arguments_, filter_criteria: { filter: [{ pattern }] } });
    await settle();
    expect(orders()).toEqual([["a1", "a2"]]);
  });

  test("gathers within its window, and up to its batch size", async () => {
    const { stream, clock, mappings, orders } = world();
    mappings.create({ ...arguments_, batch_size: 3, maximum_batching_window_in_seconds: 5 });
    stream.add(clock.now(), "a");
    await settle();
    stream.add(clock.now(), "b");
    await settle();
    expect(orders()).toEqual([]);
    stream.add(clock.now(), "c", "d");
    await settle();
    expect(orders()).toEqual([["a", "b", "c"]]);
    await pass(clock, 1);
    expect(orders()).toEqual([["a", "b", "c"], ["d"]]);
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 5_000);
  });

  test("halves a failing batch down to the record at fault, reports that one and goes on", async () => {
    const { stream, clock, mappings, orders, reports, queues, said } = world(failAt("d"));
    stream.add(clock.now(), ..."abcde");
    mappings.create({ ...arguments_, bisect_batch_on_function_error: true, maximum_retry_attempts: 2 });
    await pass(clock, 2);
    stream.add(clock.now(), "f");
    await settle();
    expect(orders()).toEqual([[..."abcde"], [..."abc"], [..."de"], ["d"], ["d"], ["d"], ["e"], ["f"]]);
    expect(reports()).toEqual([
      {
        requestContext: {
          requestId: "request-6",
          functionArn,
          condition: "RetryAttemptsExhausted",
          approximateInvokeCount: 5,
        },
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        version: "1.0",
        timestamp: "2026-01-01T00:00:00.150Z",
        DDBStreamBatchInfo: {
          shardId: expect.stringMatching(/^shardId-/),
          startSequenceNumber: "4",
          endSequenceNumber: "4",
          approximateArrivalOfFirstRecord: "2026-01-01T00:00:00Z",
          approximateArrivalOfLastRecord: "2026-01-01T00:00:00Z",
          batchSize: 1,
          streamArn,
        },
      },
    ]);
    const sent = queues.calls.find(({ operation }) => operation === "SendMessage");
    expect(sent?.caller).toBe(role);
    expect(String(sent?.input.QueueUrl)).toMatch(/\/123456789012\/undelivered$/);
    expect(said.at(-1)).toBe("orders: 1 records given up: RetryAttemptsExhausted");
  });

  test("without halving gives up the whole batch", async () => {
    const { stream, clock, mappings, orders, reports } = world(failAt("b"));
    stream.add(clock.now(), ..."abc");
    mappings.create({ ...arguments_, maximum_retry_attempts: 0 });
    await settle();
    stream.add(clock.now(), "d");
    await settle();
    expect(orders()).toEqual([[..."abc"], ["d"]]);
    expect(reports()).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 3 } }]);
  });

  test("retries from the lowest record that is reported, without losing a try to what succeeded", async () => {
    const { stream, clock, mappings, orders, reports } = world(({ Records }) => {
      const failed = Records.filter((record) => "bc".includes(orderOf(record)));
      return failures(...failed.reverse().map(({ dynamodb }) => dynamodb.SequenceNumber));
    });
    stream.add(clock.now(), ..."abcd");
    mappings.create({ ...arguments_, ...reporting, maximum_retry_attempts: 1 });
    await pass(clock, 1);
    expect(orders()).toEqual([[..."abcd"], [..."bcd"]]);
    expect(reports()).toMatchObject([
      {
        requestContext: { approximateInvokeCount: 2 },
        responseContext: { functionError: null },
        DDBStreamBatchInfo: { startSequenceNumber: "2", endSequenceNumber: "4", batchSize: 3 },
      },
    ]);
  });

  test("with reports and halving splits at the record that is reported, then beside it", async () => {
    const { stream, clock, mappings, orders, reports } = world(({ Records }) => {
      const failed = Records.filter((record) => orderOf(record) === "b");
      return failures(...failed.map(({ dynamodb }) => dynamodb.SequenceNumber));
    });
    stream.add(clock.now(), ..."abcd");
    mappings.create({ ...arguments_, ...reporting, bisect_batch_on_function_error: true, maximum_retry_attempts: 1 });
    await pass(clock, 1);
    expect(orders()).toEqual([[..."abcd"], [..."bcd"], [..."bc"], ["b"], ["b"], ["c"], ["d"]]);
    expect(reports()).toMatchObject([{ DDBStreamBatchInfo: { startSequenceNumber: "2", batchSize: 1 } }]);
  });

  test.each<[string, unknown]>([
    ["an empty id", failures("")],
    ["an id that is not in the batch", failures("99")],
    ["a wrong key", { batchItemFailures: [{ id: "1" }] }],
  ])("takes a report with %s as a failure of the whole batch", async (_what, answer) => {
    const { stream, clock, mappings, reports } = world(() => answer);
    stream.add(clock.now(), "a", "b");
    mappings.create({ ...arguments_, ...reporting, maximum_retry_attempts: 0 });
    await settle();
    expect(reports()).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 2 } }]);
  });

  test("waits longer from retry to retry, a second at most, and blocks what comes after", async () => {
    const { stream, clock, mappings, orders } = world(failAt("a"));
    stream.add(clock.now(), "a");
    mappings.create({ ...arguments_, batch_size: 1 });
    await settle();
    stream.add(clock.now(), "b");
    await pass(clock, 7);
    expect(clock.waits.slice(0, 7)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(orders().flat()).not.toContain("b");
  });

  test.each([
    [60, 0],
    [61, 1],
  ])("%i seconds after a change, with records of 60 seconds at most", async (seconds, given) => {
    const { stream, clock, mappings, orders, reports } = world();
    stream.add(clock.now(), "a");
    clock.time += seconds * 1_000;
    stream.add(clock.now(), "b");
    mappings.create({ ...arguments_, maximum_record_age_in_seconds: 60 });
    await settle();
    expect(orders()).toEqual([given ? ["b"] : ["a", "b"]]);
    expect(reports()).toHaveLength(given);
    if (given) {
      expect(reports()[0]).toMatchObject({
        requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 0 },
        DDBStreamBatchInfo: { startSequenceNumber: "1", endSequenceNumber: "1", batchSize: 1 },
      });
      expect(reports()[0]).not.toHaveProperty("responseContext");
    }
  });

  test("goes on when the report of a failure is refused, and tells it", async () => {
    const { stream, clock, mappings, orders, queues, said } = world(failAt("a"));
    queues.refuse = "SendMessage";
    stream.add(clock.now(), "a", "b");
    mappings.create({ ...arguments_, batch_size: 1, maximum_retry_attempts: 0 });
    await settle();
    expect(orders()).toEqual([["a"], ["b"]]);
    expect(said).toContainEqual(
      "orders: on-failure message could not be sent to undelivered and is lost: AwsError: SendMessage is not allowed",
    );
  });

  test("goes on after a refusal, which it tells once", async () => {
    const { stream, clock, mappings, orders, said } = world();
    stream.refuses = true;
    stream.add(clock.now(), "a");
    mappings.create(arguments_);
    await pass(clock, 2);
    expect(said).toEqual(["orders: stream can not be read: AwsError: GetRecords is not allowed"]);
    stream.refuses = false;
    await pass(clock, 1);
    expect(orders()).toEqual([["a"]]);
  });

  test("that is stopped reads nothing more, even in the middle of a retry", async () => {
    const { stream, clock, mappings, orders } = world(failAt("a"));
    stream.add(clock.now(), "a");
    mappings.create(arguments_);
    await settle();
    await mappings.stop();
    stream.add(clock.now(), "b");
    await pass(clock, 5);
    expect(orders()).toEqual([["a"]]);
    expect(stream.listeners.size).toBe(0);
  });

  test.each<[Input, string]>([
    [{ starting_position: undefined }, "starting_position must be TRIM_HORIZON or LATEST, got: nothing"],
    [{ starting_position: "AT_TIMESTAMP" }, "starting_position must be TRIM_HORIZON or LATEST"],
    [{ parallelization_factor: 2 }, "parallelization_factor must be 1 in the local run, got: 2"],
    [{ tumbling_window_in_seconds: 1 }, "tumbling_window_in_seconds must be 0 in the local run, got: 1"],
    [{ maximum_retry_attempts: -2 }, "maximum_retry_attempts must be an integer from -1 to 10000, got: -2"],
    [{ maximum_retry_attempts: 10_001 }, "maximum_retry_attempts must be an integer from -1 to 10000, got: 10001"],
    [{ maximum_record_age_in_seconds: 59 }, "maximum_record_age_in_seconds must be -1 or at least 60, got: 59"],
    [
      { maximum_record_age_in_seconds: 604_801 },
      "maximum_record_age_in_seconds must be an integer from -1 to 604800, got: 604801",
    ],
    [{ scaling_config: {} }, "scaling_config is not modelled by the local run"],
    [{ destination_config: { on_failure: { destination_arn: "arn:aws:sns:eu-west-1:1:t" } } }, "must name a queue"],
    [{ function_response_types: ["Other"] }, "function_response_types.0 must be ReportBatchItemFailures"],
  ])("refuses %j", (more, sentence) => {
    expect(() => world().mappings.create({ ...arguments_, ...more })).toThrow(sentence);
  });
});

describe("a mapping that is changed while it runs", () => {
  const ofQueue = { event_source_arn: queueArn, function_name: functionArn };
  const ofStream = { event_source_arn: streamArn, function_name: functionArn, starting_position: "TRIM_HORIZON" };
  const unchanged = { isSwitched: false };

  test("takes its next batch of a queue by its new settings", async () => {
    const { queues, mappings, bodies } = world();
    const { uuid } = mappings.create(ofQueue);
    await settle();
    mappings.update({ ...ofQueue, batch_size: 2 }, { uuid, ...unchanged });
    queues.send("a");
    await settle();
    queues.send("b", "c", "d");
    await settle();
    expect(bodies()).toEqual([["a"], ["b", "c"], ["d"]]);
  });

  test("reads on in a stream from where it is, for another function, too", async () => {
    const { stream, clock, mappings, orders } = world();
    stream.add(clock.now(), "a");
    const { uuid } = mappings.create(ofStream);
    await settle();
    mappings.update({ ...ofStream, function_name: `${functionArn}-2` }, { uuid, ...unchanged });
    stream.add(clock.now(), "b");
    await settle();
    expect(orders()).toEqual([["a"], ["b"]]);
    expect([...stream.passed]).toEqual([[`${functionArn}-2`, "2"]]);
  });

  test("is as it was where its new settings break a rule", async () => {
    const { queues, mappings, bodies } = world();
    const { uuid } = mappings.create(ofQueue);
    expect(() => mappings.update({ ...ofQueue, batch_size: 0 }, { uuid, ...unchanged })).toThrow(
      "batch_size must be an integer from 1 to 10000",
    );
    queues.send("a", "b");
    await settle();
    expect(bodies()).toEqual([["a", "b"]]);
  });

  test("stops where it is disabled, and goes on where it is enabled again", async () => {
    const { stream, clock, mappings, orders } = world();
    const { uuid } = mappings.create(ofStream);
    await settle();
    mappings.update({ ...ofStream, enabled: false }, { uuid, isSwitched: true });
    stream.add(clock.now(), "a");
    await settle();
    expect(orders()).toEqual([]);
    mappings.update(ofStream, { uuid, isSwitched: true });
    await settle();
    expect(orders()).toEqual([["a"]]);
  });
});

describe("a mapping that is deleted", () => {
  test("brings a batch of a queue to its end, and puts back what comes too late", async () => {
    let end: (value: unknown) => void = () => undefined;
    const { queues, mappings } = world(() => new Promise((resolve) => (end = resolve)));
    const { uuid } = mappings.create({ event_source_arn: queueArn, function_name: functionArn });
    queues.send("a");
    await settle();
    mappings.delete(uuid);
    mappings.delete(uuid);
    queues.send("b");
    end(null);
    await settle();
    expect(queues.deleted).toEqual(["r0"]);
    const puts = queues.calls.filter(({ operation }) => operation === "ChangeMessageVisibility");
    expect(puts.map(({ input }) => [input.ReceiptHandle, input.VisibilityTimeout])).toEqual([["r1", 0]]);
  });

  test("leaves a stream where it is: made again, it begins behind the records that are done with, be they under way as it was deleted", async () => {
    const ends: ((value: unknown) => void)[] = [];
    const { stream, clock, mappings, orders } = world(() => new Promise((resolve) => ends.push(resolve)));
    const arguments_ = { event_source_arn: streamArn, function_name: functionArn, starting_position: "TRIM_HORIZON" };
    stream.add(clock.now(), "a");
    const { uuid } = mappings.create(arguments_);
    await settle();
    mappings.delete(uuid);
    mappings.create(arguments_);
    stream.add(clock.now(), "b");
    await settle();
    expect(orders()).toEqual([["a"]]);
    ends[0]?.(null);
    await settle();
    expect(orders()).toEqual([["a"], ["b"]]);
  });
});

describe("in a later run", () => {
  const arguments_ = { event_source_arn: streamArn, function_name: functionArn, starting_position: "TRIM_HORIZON" };

  test("a function reads on where it was, and again what it had not come to the end of", async () => {
    const runs = new KeptRuns();
    const stream = new FakeStream();
    const first = world(
      ({ Records }) => (Records.some((record) => orderOf(record) === "b") ? new Promise(() => undefined) : null),
      {
        stream,
        journals: runs.next(),
      },
    );
    first.mappings.create(arguments_);
    stream.add(first.clock.now(), "a");
    await settle();
    stream.add(first.clock.now(), "b");
    await settle();
    expect(first.orders()).toEqual([["a"], ["b"]]);
    await first.mappings.stop();

    const second = world(undefined, { stream, journals: runs.next() });
    second.mappings.create(arguments_);
    await settle();
    expect(second.orders()).toEqual([["b"]]);
  });

  test("one that started at the latest reads what came since", async () => {
    const runs = new KeptRuns();
    const stream = new FakeStream();
    const latest = { ...arguments_, starting_position: "LATEST" };
    const first = world(undefined, { stream, journals: runs.next() });
    first.mappings.create(latest);
    await settle();
    await first.mappings.stop();
    stream.add(first.clock.now(), "a");
    const second = world(undefined, { stream, journals: runs.next() });
    second.mappings.create(latest);
    await settle();
    expect(second.orders()).toEqual([["a"]]);
  });
});
