import fc from "fast-check";
import { comparePolicies } from "../../../plan-review/iam/compare";
import { judge, type Policy, type Universe } from "./oracle";
import { type PolicyPair, policyPair, universe } from "./policy-pairs";

const numRuns = Number(process.env.POLICY_PAIRS ?? 10_000) / 20;
const seed = Number(process.env.POLICY_SEED ?? 20_260_101);

const placeholders = ["${aws_sqs_queue.orders.arn}", "${var.prefix}"] as const;

/** What a placeholder may turn out to be. */
const values = ["arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:s3:::b", "arn:aws:s3:::b/a"];

/** With what begins with each value. */
const wider: Universe = {
  ...universe,
  resources: [
    ...universe.resources,
    ...values,
    ...values.flatMap((value) => ["zz", "a", "azz"].map((end) => value + end)),
  ],
};

/** Puts placeholders in place of some of the values that they may have, and of some resources of a kind of their own. */
function veiled({ before, after, use }: PolicyPair, which: readonly boolean[]): PolicyPair {
  let turn = 0;
  const veil = (policy: Policy): Policy =>
    JSON.parse(
      JSON.stringify(policy).replace(
        /"(arn:aws:sqs:eu-west-1:111122223333:q|arn:aws:s3:::b|arn:aws:s3:::b\/a\*|arn:aws:s\*)"/g,
        (text) => {
          turn += 1;
          if (!which[turn % which.length]) return text;
          const placeholder = placeholders[turn % 3 === 0 ? 1 : 0];
          return text.includes("b/a") ? `"${placeholder}*"` : `"${placeholder}"`;
        },
      ),
    );
  return { use, before: veil(before), after: veil(after) };
}

const unveiled = (policy: Policy, [queue = "", prefix = ""]: readonly string[]): Policy =>
  JSON.parse(JSON.stringify(policy).replaceAll(placeholders[0], queue).replaceAll(placeholders[1], prefix));

test("says nothing of unknown values that is not so for every value they may have", () => {
  const counts = { decided: 0, open: 0, needlesslyOpen: 0 };
  fc.assert(
    fc.property(policyPair, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (pair, which) => {
      const { use, before, after } = veiled(pair, which);
      const found = comparePolicies(before as never, after as never, use);
      const verdicts = values.flatMap((queue) =>
        values.map((prefix) => judge(unveiled(before, [queue, prefix]), unveiled(after, [queue, prefix]), wider)),
      );
      for (const direction of ["gains", "losses"] as const) {
        const seen = new Set(verdicts.map((verdict) => verdict[direction]));
        if (found[direction] === "unknown") {
          counts.open += 1;
          if (seen.size === 1) counts.needlesslyOpen += 1;
          continue;
        }
        counts.decided += 1;
        expect({ direction, seen: [...seen] }).toEqual({ direction, seen: [found[direction]] });
      }
    }),
    { numRuns, seed },
  );
  expect(counts.decided).toBeGreaterThan(numRuns);
  expect(counts.open).toBeGreaterThan(numRuns / 50);
});
