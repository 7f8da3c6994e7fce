import { spawnSync } from "node:child_process";
import path from "node:path";
import fc from "fast-check";
import { comparePolicies } from "../../../plan-review/iam/compare";
import { judge, type Policy, type Statement } from "./oracle";
import { policyPair, universe } from "./policy-pairs";

/** A Python that has policyglass: `python3 -m venv x && x/bin/pip install policyglass 'pydantic<2'`, then `POLICYGLASS_PYTHON=x/bin/python`. */
const python = process.env.POLICYGLASS_PYTHON ?? "python3";
const isInstalled = spawnSync(python, ["-c", "import policyglass"]).status === 0;
const test_ = isInstalled ? test : test.skip;
const seed = Number(process.env.POLICY_SEED ?? 20_260_101);

const listed = (value: string | readonly string[] | undefined): readonly string[] => [value ?? []].flat();

/** What policyglass has, too: allowed actions and resources, by names and stars. */
function plain({ Version, Statement }: Policy): Policy {
  const known = (value: string): boolean => !/[?$]|^\*:|^s\*:/.test(value);
  const statements = Statement.flatMap(({ Effect, Action, Resource }): readonly Statement[] => {
    const [actions, resources] = [listed(Action).filter(known), listed(Resource).filter(known)];
    return Effect === "Allow" && actions.length > 0 && resources.length > 0
      ? [{ Effect, Action: actions, Resource: resources }]
      : [];
  });
  return { Version, Statement: statements };
}

/**
 * Where the two disagree, the reference evaluator is asked. policyglass subtracts one statement at a time and takes what is left for
 * something even where the statements together cover it: of overlapping statements it finds a policy to be more than itself. It never finds
 * nothing where there is something.
 */
test_(
  `policyglass agrees, but for remainders that are none${isInstalled ? "" : `: skipped, as ${python} has no policyglass`}`,
  () => {
    const pairs = fc
      .sample(policyPair, { numRuns: 3_000, seed })
      .map(({ before, after }) => [plain(before), plain(after)] as const)
      .filter(([before, after]) => before.Statement.length > 0 && after.Statement.length > 0);
    const script = path.join(__dirname, "ask-policyglass.py");
    const { stdout, stderr, status } = spawnSync(python, [script], {
      input: pairs.map((pair) => JSON.stringify(pair)).join("\n"),
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const verdicts = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { gains: boolean; losses: boolean });
    expect(verdicts).toHaveLength(pairs.length);
    const disagreeing = pairs.filter(([before, after], index) => {
      const { gains, losses } = comparePolicies({ ...before }, { ...after }, "identity");
      const other = verdicts[index] ?? { gains: false, losses: false };
      if (gains === other.gains && losses === other.losses) return false;
      expect({ before, after, gains, losses }).toEqual({ before, after, ...judge(before, after, universe) });
      expect([gains && !other.gains, losses && !other.losses]).toEqual([false, false]);
      return true;
    });
    expect(disagreeing.length).toBeLessThan(pairs.length / 20);
  },
);
