import { EnvironmentPool } from "../../../local/lambda/environment-pool";

/** A process that ends when it is let. */
class FakeEnvironment {
  isAlive = true;
  isStopping = false;
  end: () => void = () => undefined;

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

function poolOf() {
  const unused: string[] = [];
  const pool = new EnvironmentPool<FakeEnvironment>(() => unused.push("unused"));
  const busy = () => {
    const environment = new FakeEnvironment();
    pool.add(environment);
    return environment;
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { pool, unused, busy, settle };
}

test("a process that is given back takes the next event of its version, if it lives", () => {
  const { pool, busy } = poolOf();
  const [one, dead] = [busy(), busy()];
  pool.giveBack("1", one, true);
  pool.giveBack("1", dead, true);
  dead.isAlive = false;
  expect(pool.take("$LATEST")).toBeUndefined();
  expect(pool.take("1")).toBe(one);
  expect(pool.take("1")).toBeUndefined();
});

test("a process that cannot be used again is killed", () => {
  const { pool, busy } = poolOf();
  const one = busy();
  pool.giveBack("1", one, false);
  expect([one.isAlive, pool.take("1")]).toEqual([false, undefined]);
});

test("retired, it ends those that wait, lets those that work finish, and is unused once all have ended", async () => {
  const { pool, unused, busy, settle } = poolOf();
  const [waiting, working] = [busy(), busy()];
  pool.giveBack("1", waiting, true);
  pool.retire();
  expect([waiting.isStopping, working.isStopping]).toEqual([true, false]);
  waiting.end();
  await settle();
  expect(unused).toEqual([]);
  pool.giveBack("1", working, true);
  expect([working.isAlive, working.isStopping, pool.take("1")]).toEqual([true, true, undefined]);
  working.end();
  await settle();
  expect(unused).toEqual(["unused"]);
});

test("retired without a process it is unused at once", () => {
  const { pool, unused } = poolOf();
  pool.retire();
  expect(unused).toEqual(["unused"]);
});
