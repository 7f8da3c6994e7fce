import type { Journals } from "../../../local/journal";
import { AsyncInvocations } from "../../../local/lambda/async-invocations";
import type { InvocationResult } from "../../../local/lambda/lambda";
import { KeptRuns } from "../../support/kept-runs";
import { place, someone } from "../../support/local";
import { ManualClock } from "../../support/rest-api";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:broadcast";
const queueArn = "arn:aws:sqs:eu-west-1:123456789012:failed";
const failure = { requestId: "r", functionError: { errorType: "Error", errorMessage: "oh" } };

const running = new Set<AsyncInvocations>();
afterEach(async () => {
  await Promise.all([...running].map((invocations) => invocations.stop()));
  running.clear();
});

function start(
  results: readonly (InvocationResult | "ok")[] = [],
  given: {
    readonly journals?: Journals;
    readonly clock?: ManualClock;
    readonly hasFunction?: () => boolean;
    /** What every invocation waits for. */
    readonly answering?: Promise<void>;
  } = {},
) {
  const { clock = new ManualClock(), journals, hasFunction = () => true, answering } = given;
  const invokedAt: number[] = [];
  const sent: Record<string, unknown>[] = [];
  const began = clock.now();
  const left = [...results];
  const invocations = new AsyncInvocations({
    clock,
    log: () => undefined,
    lambda: {
      arnOf: (name) => `arn:aws:lambda:${place.region}:${place.accountId}:function:${name}`,
      has: hasFunction,
      roleOf: () => someone,
      invoke: async () => {
        invokedAt.push((clock.now() - began) / 1_000);
        await answering;
        const result = left.shift() ?? failure;
        return result === "ok" ? { requestId: "r", payload: null } : result;
      },
    },
    queues: {
      call: async (caller, operation, input) => {
        sent.push({ caller, operation, ...input });
        return {};
      },
    },
    journals,
  });
  running.add(invocations);
  /** Lets what is under way come to where it waits. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const advance = async (seconds: number): Promise<void> => {
    clock.advance(seconds * 1_000);
    await settle();
  };
  return { invocations, clock, invokedAt, sent, settle, advance };
}

test("an event that succeeds is over", async () => {
  const { invocations, invokedAt, settle, advance } = start(["ok"]);
  invocations.enqueue(functionArn, { a: 1 });
  await settle();
  await advance(600);
  expect(invokedAt).toEqual([0]);
});

test("an event that fails is tried again after a minute and after two more, and then told of", async () => {
  const { invocations, invokedAt, sent, settle, advance, clock } = start();
  const config = { function_name: "broadcast", destination_config: { on_failure: { destination: queueArn } } };
  expect(invocations.configure(config)).toEqual({ id: "broadcast", onFailure: queueArn });
  invocations.enqueue(functionArn, { a: 1 });
  await settle();
  await advance(59.999);
  await advance(0.001);
  await advance(119.999);
  expect(invokedAt).toEqual([0, 60]);
  await advance(0.001);
  expect(invokedAt).toEqual([0, 60, 180]);
  expect(sent).toMatchObject([
    { caller: someone, operation: "SendMessage", QueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/failed" },
  ]);
  expect(JSON.parse(String(sent[0]?.MessageBody))).toEqual({
    version: "1.0",
    timestamp: new Date(clock.now()).toISOString(),
    requestContext: {
      requestId: "r",
      functionArn: `${functionArn}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: 3,
    },
    requestPayload: { a: 1 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: "Error", errorMessage: "oh" },
  });
});

test("retries can be none, and an event can be too old for one", async () => {
  const { invocations, invokedAt, sent, settle, advance } = start();
  const destination_config = { on_failure: { destination: queueArn } };
  invocations.configure({ function_name: "broadcast", maximum_retry_attempts: 0, destination_config });
  invocations.configure({ function_name: "other", maximum_event_age_in_seconds: 60, destination_config });
  invocations.enqueue(functionArn, {});
  await settle();
  await advance(600);
  expect(invokedAt).toEqual([0]);
  invocations.enqueue(functionArn.replace("broadcast", "other"), {});
  await settle();
  await advance(60);
  await advance(120);
  const conditions = sent.map(({ MessageBody }) => JSON.parse(String(MessageBody)).requestContext.condition);
  expect(conditions).toEqual(["RetriesExhausted", "EventAgeExceeded"]);
});

test("of a function ten events are worked on at a time; the others wait, and grow no older by that", async () => {
  let answer = (): void => undefined;
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { invocations, invokedAt, sent, settle, advance } = start(Array(12).fill("ok"), { answering });
  const destination_config = { on_failure: { destination: queueArn } };
  invocations.configure({ function_name: "broadcast", maximum_event_age_in_seconds: 60, destination_config });
  for (let count = 0; count < 11; count += 1) invocations.enqueue(functionArn, { count });
  await advance(61);
  expect(invokedAt).toHaveLength(10);
  invocations.enqueue(functionArn.replace("broadcast", "other"), {});
  await settle();
  expect(invokedAt).toHaveLength(11);
  answer();
  await settle();
  expect(invokedAt).toHaveLength(12);
  expect(sent).toEqual([]);
});

test("a stop calls off what waits for its turn", async () => {
  const { invocations, invokedAt, settle } = start([], { answering: new Promise(() => undefined) });
  for (let count = 0; count < 11; count += 1) invocations.enqueue(functionArn, {});
  await settle();
  await invocations.stop();
  expect(invokedAt).toHaveLength(10);
});

test("a stop calls off the retries", async () => {
  const { invocations, settle, clock } = start();
  invocations.enqueue(functionArn, {});
  await settle();
  await invocations.stop();
  expect(clock.waitingCount).toBe(0);
});

test.each<[Record<string, unknown>, string]>([
  [{ maximum_retry_attempts: 3 }, "maximum_retry_attempts must be an integer from 0 to 2, got: 3"],
  [{ maximum_event_age_in_seconds: 59 }, "maximum_event_age_in_seconds must be an integer from 60 to 21600, got: 59"],
  [{ destination_config: { on_success: { destination: queueArn } } }, "destination_config.on_success is not modelled"],
  [
    { destination_config: { on_failure: { destination: "arn:aws:sns:eu-west-1:123456789012:failed" } } },
    "on_failure must be a queue's ARN in the local run",
  ],
])("a configuration with %j is refused", (changes, message) => {
  expect(() => start().invocations.configure({ function_name: "broadcast", ...changes })).toThrow(message);
});

test("a function has one configuration", () => {
  const { invocations } = start();
  invocations.configure({ function_name: "broadcast" });
  expect(() => invocations.configure({ function_name: "broadcast" })).toThrow(
    `${functionArn} has an aws_lambda_function_event_invoke_config already`,
  );
});

test("a configuration is changed for events that are under way, too, and taken away", async () => {
  const { invocations, invokedAt, settle, advance } = start();
  invocations.configure({ function_name: "broadcast" });
  invocations.enqueue(functionArn, {});
  await settle();
  invocations.reconfigure({ function_name: "broadcast", maximum_retry_attempts: 1 });
  await advance(60);
  await advance(600);
  expect(invokedAt).toEqual([0, 60]);
  invocations.forget("broadcast");
  expect(invocations.configure({ function_name: "broadcast" })).toEqual({ id: "broadcast" });
});

describe("in a later run", () => {
  test("an event that was taken and not done with is tried on, when its turn comes, as often as it may be", async () => {
    const runs = new KeptRuns();
    const first = start([failure, "ok"], { journals: runs.next() });
    first.invocations.enqueue(functionArn, { a: 1 });
    await first.settle();
    first.invocations.enqueue(functionArn, { b: 2 });
    await first.settle();
    await first.invocations.stop();

    const second = start([], { journals: runs.next(), clock: first.clock });
    second.invocations.resume();
    second.invocations.resume();
    await second.settle();
    expect(second.invokedAt).toEqual([]);
    for (const seconds of [60, 120, 600]) await second.advance(seconds);
    // The first run's attempt counts; the event that succeeded in it is over.
    expect(second.invokedAt).toEqual([60, 180]);
    expect(second.invocations.unclaimed()).toEqual([]);
    await second.invocations.stop();
    const third = start([], { journals: runs.next(), clock: first.clock });
    third.invocations.resume();
    await third.advance(600);
    expect(third.invokedAt).toEqual([]);
  });

  test("one that became too old while no run was up is given up, with what its last invocation gave", async () => {
    const runs = new KeptRuns();
    const first = start([], { journals: runs.next() });
    first.invocations.enqueue(functionArn, "tried");
    await first.settle();
    await first.invocations.stop();
    // Taken by a run that was killed before it came to it.
    const killed = start([], { journals: runs.next(), clock: first.clock, answering: new Promise(() => undefined) });
    killed.invocations.enqueue(functionArn, "untried");
    await killed.settle();
    await killed.invocations.stop();

    const later = start([], { journals: runs.next(), clock: first.clock });
    const destination_config = { on_failure: { destination: queueArn } };
    later.invocations.configure({ function_name: "broadcast", maximum_event_age_in_seconds: 60, destination_config });
    await later.advance(60.001);
    later.invocations.resume();
    await later.settle();
    expect(later.invokedAt).toEqual([]);
    const told = later.sent.map(({ MessageBody }) => JSON.parse(String(MessageBody)));
    const common = { version: "1.0", timestamp: expect.any(String) };
    const context = { functionArn: `${functionArn}:$LATEST`, condition: "EventAgeExceeded" };
    expect(told).toEqual([
      {
        ...common,
        requestContext: { ...context, requestId: "r", approximateInvokeCount: 1 },
        requestPayload: "tried",
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: failure.functionError,
      },
      {
        ...common,
        requestContext: { ...context, requestId: expect.stringMatching(/^[\da-f-]{36}$/), approximateInvokeCount: 0 },
        requestPayload: "untried",
      },
    ]);
  });

  test("one of a function that is not there waits for it, and is told of", async () => {
    const runs = new KeptRuns();
    const first = start([], { journals: runs.next() });
    first.invocations.enqueue(functionArn, {});
    await first.invocations.stop();
    let isThere = false;
    const second = start(["ok"], { journals: runs.next(), clock: first.clock, hasFunction: () => isThere });
    second.invocations.resume();
    await second.advance(600);
    expect(second.invokedAt).toEqual([]);
    expect(second.invocations.unclaimed()).toEqual(["function broadcast: 1 events"]);
    isThere = true;
    second.invocations.resume();
    await second.settle();
    expect(second.invokedAt).toHaveLength(1);
    expect(second.invocations.unclaimed()).toEqual([]);
  });
});
