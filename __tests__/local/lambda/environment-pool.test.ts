import { EnvironmentPool } from "../../../local/lambda/environment-pool";
import type { Answer } from "../../../local/lambda/lambda-environment";

jest.mock("node:os", () => ({ ...jest.requireActual("node:os"), availableParallelism: () => 2 }));

/** A process that is ready, and ends, when it is let. */
class FakeEnvironment {
  isAlive = true;
  isStopping = false;
  end: () => void = () => undefined;
  beReady: (answer?: Answer) => void = () => undefined;

  initialize(): Promise<Answer> {
    return new Promise((resolve) => {
      this.beReady = (answer = { kind: "ready" }) => resolve(answer);
    });
  }

  kill(): void {
    this.isAlive = false;
  }

  stop(): Promise<void> {
    this.isStopping = true;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function poolOf() {
  const unused: string[] = [];
  const started: FakeEnvironment[] = [];
  const refusal: { error?: Error } = {};
  const pool = new EnvironmentPool<FakeEnvironment>({ timeoutMs: 1_000, whenUnused: () => unused.push("unused") });
  const start = () => {
    if (refusal.error) throw refusal.error;
    const environment = new FakeEnvironment();
    started.push(environment);
    return environment;
  };
  const take = (version = "1") => pool.take(version, () => start);
  /** A process that was started for an event, which it works on. */
  const busy = async (version = "1") => {
    const taken = take(version);
    started.at(-1)?.beReady();
    return (await taken).environment;
  };
  /** Events that wait, each with the process that it gets. */
  const wait = (count: number) => {
    const taken: FakeEnvironment[] = [];
    for (let event = 0; event < count; event += 1) void take().then((one) => taken.push(one.environment));
    return taken;
  };
  return { pool, unused, started, refusal, take, busy, wait };
}

test("a process that is given back takes the next event of its version, if it lives", async () => {
  const { pool, started, busy, take } = poolOf();
  const [one, dead] = [await busy(), await busy()];
  pool.giveBack("1", one, true);
  pool.giveBack("1", dead, true);
  dead.isAlive = false;
  void take("$LATEST");
  expect(started).toHaveLength(3);
  expect(await take()).toEqual({ environment: one, init: { kind: "ready" } });
  void take();
  expect(started).toHaveLength(4);
});

test("a process that cannot be used again is killed", async () => {
  const { pool, started, busy, take } = poolOf();
  const one = await busy();
  pool.giveBack("1", one, false);
  expect(one.isAlive).toBe(false);
  void take();
  expect(started).toHaveLength(2);
});

test("as many processes start at a time as there are processors, and the first that is ready takes the event that came first", async () => {
  const { pool, started, wait } = poolOf();
  const taken = wait(5);
  expect(started).toHaveLength(2);
  started[1]?.beReady();
  await settle();
  expect([taken, started.length]).toEqual([[started[1]], 3]);
  // One that has done its work is as good as a new one.
  pool.giveBack("1", started[1] as FakeEnvironment, true);
  pool.giveBack("1", started[1] as FakeEnvironment, true);
  await settle();
  expect([taken, started.length]).toEqual([[started[1], started[1], started[1]], 3]);
  for (const environment of started) environment.beReady();
  await settle();
  expect(taken.slice(3)).toEqual([started[0], started[2]]);
});

test("a process that nobody waits for any more when it is ready is idle, or killed where it failed", async () => {
  const { pool, started, busy, wait, take } = poolOf();
  const one = await busy();
  const taken = wait(2);
  pool.giveBack("1", one, true);
  pool.giveBack("1", one, true);
  started[1]?.beReady();
  started[2]?.beReady({ kind: "exit", reason: "broken" });
  await settle();
  expect(taken).toEqual([one, one]);
  expect([started[1]?.isAlive, started[2]?.isAlive]).toEqual([true, false]);
  expect((await take()).environment).toBe(started[1]);
});

test("an initialization that fails is one event's; the others get processes of their own", async () => {
  const { started, take } = poolOf();
  const [first, second, third] = [take(), take(), take()];
  started[0]?.beReady({ kind: "timeout" });
  expect(await first).toEqual({
    environment: started[0],
    init: { kind: "timeout" },
    initDurationMs: expect.any(Number),
  });
  await settle();
  started[1]?.beReady();
  started[2]?.beReady();
  expect([(await second).environment, (await third).environment]).toEqual([started[1], started[2]]);
});

test("where no process can be started, each event that waits hears of it, and later ones are not held up", async () => {
  const { started, refusal, take } = poolOf();
  refusal.error = new Error("the role is gone");
  const refused = await Promise.allSettled([1, 2, 3].map(() => take()));
  expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  refusal.error = undefined;
  const taken = take();
  started[0]?.beReady();
  expect((await taken).environment).toBe(started[0]);
});

test("a start that takes a second keeps no other back any more, as it waits for something else than a processor", async () => {
  jest.useFakeTimers();
  const { started, wait } = poolOf();
  wait(5);
  expect(started).toHaveLength(2);
  jest.advanceTimersByTime(999);
  expect(started).toHaveLength(2);
  jest.advanceTimersByTime(1);
  expect(started).toHaveLength(4);
  // Never more than events that wait.
  jest.advanceTimersByTime(1_000);
  expect(started).toHaveLength(5);
  jest.advanceTimersByTime(10_000);
  expect(started).toHaveLength(5);
  jest.useRealTimers();
});

test("an event that waits gets what its role was when it came", async () => {
  const { pool, started, take } = poolOf();
  for (let event = 0; event < 2; event += 1) void take();
  const refused = pool.take("1", () => {
    throw new Error("no such role");
  });
  await expect(refused).rejects.toThrow("no such role");
  const asItCame = new FakeEnvironment();
  const taken = pool.take("1", () => () => asItCame);
  for (const environment of started) environment.beReady();
  await settle();
  asItCame.beReady();
  expect((await taken).environment).toBe(asItCame);
});

test("an idle process that has died is ended, too", async () => {
  const { pool, take, busy } = poolOf();
  const dead = await busy();
  pool.giveBack("1", dead, true);
  dead.isAlive = false;
  void take();
  expect(dead.isStopping).toBe(true);
});

test("retired, it ends those that are idle, lets those that work finish, and is unused once all have ended", async () => {
  const { pool, unused, busy } = poolOf();
  const [idle, working] = [await busy(), await busy()];
  pool.giveBack("1", idle, true);
  pool.retire();
  expect([idle.isStopping, working.isStopping]).toEqual([true, false]);
  idle.end();
  await settle();
  expect(unused).toEqual([]);
  pool.giveBack("1", working, true);
  expect([working.isAlive, working.isStopping]).toEqual([true, true]);
  working.end();
  await settle();
  expect(unused).toEqual(["unused"]);
});

test("retired while events wait, it is unused once they have been worked on", async () => {
  const { pool, unused, started, wait } = poolOf();
  const taken = wait(3);
  pool.retire();
  started[0]?.beReady();
  await settle();
  pool.giveBack("1", started[0] as FakeEnvironment, true);
  for (const environment of started) environment.beReady();
  await settle();
  expect(taken).toHaveLength(3);
  expect(unused).toEqual([]);
  for (const environment of started) {
    if (!environment.isStopping) pool.giveBack("1", environment, true);
    environment.end();
  }
  await settle();
  expect(unused).toEqual(["unused"]);
});

test("retired without a process it is unused at once", () => {
  const { pool, unused } = poolOf();
  pool.retire();
  expect(unused).toEqual(["unused"]);
});
