import { sarif } from "../../../plan-review/formats/sarif";
import { finding, gateReached, iamBroadened, many, ordinary, passed, review } from "./reviews";

const runOf = (...args: Parameters<typeof sarif>) => JSON.parse(sarif(...args)).runs[0];

it("maps severities to levels, and to GitHub's numbers by the worst finding of a rule", () => {
  const findings = (["critical", "high", "medium", "low"] as const).map((severity) =>
    finding({ severity, rule: `of-${severity}` }),
  );
  const mixed = [finding({ severity: "high", rule: "mixed" }), finding({ severity: "low", rule: "mixed" })];
  const run = runOf(review({ findings: [...findings, ...mixed] }), gateReached);
  expect(run.results.map(({ level }: { level: string }) => level)).toEqual([
    "error",
    "error",
    "warning",
    "note",
    "error",
    "note",
  ]);
  expect(
    run.tool.driver.rules.map((rule: { id: string; properties: Record<string, string> }) => [
      rule.id,
      rule.properties["security-severity"],
    ]),
  ).toEqual([
    ["mixed", "8.0"],
    ["of-critical", "9.5"],
    ["of-high", "8.0"],
    ["of-low", "2.0"],
    ["of-medium", "5.0"],
  ]);
});

it("has what GitHub and the schema ask of each result", () => {
  const run = runOf(many(40), { ...gateReached, source: "plans/orders prod.json" });
  expect(run.artifacts).toEqual([{ location: { uri: "plans/orders%20prod.json" } }]);
  for (const result of run.results) {
    expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result.message.text).not.toBe("");
    expect(result.locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri: "plans/orders%20prod.json", index: 0 }, region: { startLine: 1 } },
        logicalLocations: [
          expect.objectContaining({ kind: "resource", fullyQualifiedName: expect.stringMatching(/^aws_/) }),
        ],
      },
    ]);
  }
  const hashes = run.results.map(
    (result: { partialFingerprints: Record<string, string> }) => result.partialFingerprints.primaryLocationLineHash,
  );
  expect(new Set(hashes).size).toBe(40);
});

it("keeps its paths relative: no machine's folder is in it", () => {
  const uri = (source: string) => runOf(review(), { ...passed, source }).artifacts[0].location.uri;
  expect(["/home/me/p.json", "C:\\work\\p.json", "../../a/p.json", "./p.json", "-"].map(uri)).toEqual([
    "p.json",
    "p.json",
    "a/p.json",
    "p.json",
    "plan.json",
  ]);
});

it("tells who, actions, resources and conditions, with braces doubled as SARIF wants", () => {
  const { message } = runOf(review({ findings: [iamBroadened()] }), passed).results[0];
  expect(message.text).toContain(
    "BROADENED Allow aws_iam_role.Writer_Role_1A to do dynamodb:* on ${{aws_dynamodb_table.Orders.arn}} if",
  );
});

it("suppresses what is accepted", () => {
  const accepted = finding({ accepted: { reason: "copied", expires: "2030-01-31" } });
  expect(runOf(review({ findings: [accepted] }), passed).results[0].suppressions).toEqual([
    { kind: "external", status: "accepted", justification: "copied (until 2030-01-31)" },
  ]);
});

it("shows no clean result for an incomplete review", () => {
  const incomplete = review({ isComplete: false, incompleteReasons: ["the plan errored"] });
  const run = runOf(incomplete, passed);
  expect(run.results.map(({ ruleId, level }: Record<string, string>) => [ruleId, level])).toEqual([
    ["review-incomplete", "error"],
  ]);
  expect(run.invocations[0].toolExecutionNotifications).toEqual([
    { level: "error", message: { text: "the plan errored" } },
  ]);
  const judged = finding({ section: "cannot-be-judged", rule: "plan-errored" });
  expect(runOf({ ...incomplete, findings: [judged] }, passed).results).toHaveLength(1);
});

it("is the same text for the same review", () => {
  const reviewed = ordinary();
  expect(sarif(reviewed, gateReached)).toBe(sarif(structuredClone(reviewed), gateReached));
});
