import fc from "fast-check";
import { comparePolicies } from "../../../plan-review/iam/compare";
import { judge } from "./oracle";
import { policyPair, universe } from "./policy-pairs";

/** Other pairs: `POLICY_PAIRS=100000 POLICY_SEED=7 npm test -- compare-oracle`. */
const numRuns = Number(process.env.POLICY_PAIRS ?? 10_000);
const seed = Number(process.env.POLICY_SEED ?? 20_260_101);

test("says of every generated pair of policies what asking both about every request says", () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(policyPair, ({ use, before, after }) => {
      const { gains, losses } = judge(before, after, universe);
      const found = comparePolicies(before as never, after as never, use);
      const isUnknown = found.gains === "unknown" || found.losses === "unknown";
      // Where a variable's value decides, such as a user called as a path is, it may stay open.
      if (isUnknown) expect(JSON.stringify([before, after])).toContain("${aws:username}");
      else expect({ gains: found.gains, losses: found.losses }).toEqual({ gains, losses });
      const kind = isUnknown ? "UNKNOWN" : `${found.change}${gains && losses ? ", with losses" : ""}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }),
    { numRuns, seed },
  );
  expect(counts.get("UNKNOWN") ?? 0).toBeLessThan(numRuns / 50);
  for (const kind of ["NONE", "BROADENED", "NARROWED", "BROADENED, with losses"]) {
    expect(counts.get(kind) ?? 0).toBeGreaterThan(numRuns / 20);
  }
});
