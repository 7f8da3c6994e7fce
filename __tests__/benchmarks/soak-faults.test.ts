import { Faults, seededRandom } from "../../benchmarks/soak-faults";
import type { Cloud } from "../../local/cloud";

const take = (count: number, next: () => number): readonly number[] => Array.from({ length: count }, next);

/** A cloud that only invokes: every function answers at once. */
function invoking() {
  const events: unknown[] = [];
  const lambda = {
    invoke: async (functionArn: string, event: unknown) => {
      events.push([functionArn.split(":").at(-1), event]);
      return { requestId: "r", payload: null };
    },
  };
  return { cloud: { lambda } as unknown as Cloud, events };
}

const names = { writer: "write", notifier: "notify" };
const event = { Records: [{}, {}] };

describe("what goes wrong", () => {
  test("is chosen by the seed", () => {
    expect(take(5, seededRandom(7))).toEqual(take(5, seededRandom(7)));
    expect(take(5, seededRandom(7))).not.toEqual(take(5, seededRandom(8)));
  });

  test("is a fifth of the writer's invocations, a quarter of which did their work, and some events come twice", async () => {
    const { cloud, events } = invoking();
    const faults = new Faults(cloud, { random: seededRandom(1), ...names });
    let failed = 0;
    for (let at = 0; at < 4_000; at += 1) {
      if ("functionError" in (await cloud.lambda.invoke("arn:write", event))) failed += 1;
    }
    faults.stop();
    expect(faults).toMatchObject({ writerInvocations: 4_000, writerFailures: failed, underWay: 0 });
    expect(failed / 4_000).toBeCloseTo(0.2, 1);
    expect(faults.repeatedMessages / 2 / 4_000).toBeCloseTo(0.05, 1);
    // Those that fail before the function starts are 15 of a hundred; those that come twice are 5.
    expect(events.length / 4_000).toBeCloseTo(0.9, 1);
  });

  test("is never the notifier's failure, though its records come twice now and then", async () => {
    const { cloud, events } = invoking();
    const faults = new Faults(cloud, { random: seededRandom(1), ...names });
    for (let at = 0; at < 1_000; at += 1) {
      expect(await cloud.lambda.invoke("arn:notify", event)).toEqual({ requestId: "r", payload: null });
    }
    faults.stop();
    expect(faults.repeatedRecords).toBe((events.length - 1_000) * 2);
    expect(faults.repeatedRecords).toBeGreaterThan(0);
  });

  test("is nothing once it is over", async () => {
    const { cloud, events } = invoking();
    new Faults(cloud, { random: () => 0, ...names }).stop();
    expect(await cloud.lambda.invoke("arn:write", event)).toEqual({ requestId: "r", payload: null });
    expect(events).toHaveLength(1);
  });
});
