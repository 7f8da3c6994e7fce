import type { Detection } from "../../plan-review/model";
import type { JsonObject, Plan } from "../../plan-review/plan";
import { reviewOf, scrubberOf } from "../../plan-review/review";
import { entryOf, planOf } from "./plans";

const detection = (more: Partial<Detection> = {}): Detection => ({
  section: "data-loss",
  severity: "critical",
  rule: "table-replaced",
  address: "aws_dynamodb_table.t",
  title: "table is replaced",
  details: [],
  ...more,
});

const reviewed = (plan: Plan, ...detections: readonly Detection[]) =>
  reviewOf(plan, { detections, driftNoise: 2 }, scrubberOf(plan), []);

const none = planOf({});

test("a policy that cannot be told is access that is unknown", () => {
  const resource_changes = [entryOf("aws_iam_policy.p", { after: {}, unknown: { policy: true } })];
  const { findings } = reviewed(planOf({ configuration: null, resource_changes }));
  expect(findings).toMatchObject([{ rule: "policy-unresolved", iam: { change: "UNKNOWN", who: "aws_iam_policy.p" } }]);
});

test("whatever cannot be judged makes a review incomplete", () => {
  const { isComplete, incompleteReasons } = reviewed(
    none,
    detection({ section: "cannot-be-judged", rule: "provisioner-runs", title: "commands run" }),
  );
  expect([isComplete, incompleteReasons]).toEqual([false, ["aws_dynamodb_table.t: commands run"]]);
});

describe("the verdict", () => {
  const reasons = (parts: JsonObject) => {
    const { isComplete, incompleteReasons, findings } = reviewed(planOf(parts));
    expect(isComplete).toBe(incompleteReasons.length === 0);
    expect(findings.every(({ section, severity }) => section === "cannot-be-judged" && severity === "high")).toBe(true);
    return incompleteReasons;
  };

  test.each<[string, JsonObject, readonly string[]]>([
    ["a whole plan", { complete: true }, []],
    ["a plan of an older Terraform", { complete: null, errored: null }, []],
    [
      "complete: false",
      { complete: false },
      ["Terraform says that this plan is not all: complete is false, as with -target"],
    ],
    [
      "errored",
      { errored: true, complete: false },
      ["planning failed half-way: the plan holds only what was planned before the error"],
    ],
    [
      "a deferred change",
      { complete: false, deferred_changes: [{ reason: "deferred_prereq", resource_change: entryOf("a.b") }] },
      ["a.b: put off to a later plan: what will happen to it is not in this one"],
    ],
    [
      "an action that is not known",
      { resource_changes: [entryOf("a.b", { actions: ["renew"] })] },
      ["a.b has actions that this review does not know: renew"],
    ],
    [
      "a policy that cannot be told",
      {
        configuration: null,
        resource_changes: [entryOf("aws_iam_policy.p", { after: {}, unknown: { policy: true } })],
      },
      ["aws_iam_policy.p: policy cannot be judged: it is unknown until apply, and the plan has no configuration"],
    ],
  ])("on %s", (_, parts, expected) => {
    expect(reasons(parts)).toEqual(expected);
  });

  test.each([
    ["pass", []],
    ["fail", ["check.c: a check fails"]],
    ["error", ["check.c: a check could not be evaluated"]],
    ["unknown", ["check.c: a check has no result before apply"]],
    ["renewed", ["check.c: a check has the status renewed"]],
    ["constructor", ["check.c: a check has the status constructor"]],
  ])("on a check whose status is %s", (status, expected) => {
    expect(reasons({ checks: [{ address: { kind: "check", to_display: "check.c" }, status }] })).toEqual(expected);
  });

  test("counts what happens to resources", () => {
    const values = { before: {}, after: {} };
    const plan = planOf({
      resource_changes: [
        entryOf("a.a", { after: {} }),
        entryOf("a.b", values),
        entryOf("a.c", { ...values, actions: ["create", "delete"] }),
        entryOf("a.d", { before: {} }),
        entryOf("a.e", { actions: ["forget"] }),
        entryOf("data.a.f", { actions: ["read"] }),
        entryOf("a.g", { ...values, actions: ["no-op"] }),
        entryOf("a.h", { ...values, actions: ["no-op"], entry: { previous_address: "a.z" } }),
        entryOf("a.i", { ...values, change: { importing: {} } }),
      ],
    });
    const { counts, hidden } = reviewed(plan);
    expect(counts).toEqual({
      create: 1,
      update: 2,
      replace: 1,
      delete: 1,
      forget: 1,
      read: 1,
      noOp: 2,
      import: 1,
      move: 1,
    });
    expect(hidden).toEqual({ driftNoise: 2, unchanged: 1 });
  });
});

describe("findings", () => {
  test("are sorted by severity, construct path, address and rule, however they came", () => {
    const detections = [
      detection({ severity: "low" }),
      detection({ constructPath: "b" }),
      detection({ constructPath: "a", address: "z.z" }),
      detection({ constructPath: "a", address: "y.y", rule: "b" }),
      detection({ constructPath: "a", address: "y.y", rule: "a" }),
    ];
    const keys = (all: readonly Detection[]) =>
      reviewed(none, ...all).findings.map(({ severity, constructPath, address, rule }) =>
        [severity, constructPath ?? "", address, rule].join(" "),
      );
    expect(keys(detections)).toEqual([
      "critical a y.y a",
      "critical a y.y b",
      "critical a z.z table-replaced",
      "critical b aws_dynamodb_table.t table-replaced",
      "low  aws_dynamodb_table.t table-replaced",
    ]);
    expect(keys([...detections].reverse())).toEqual(keys(detections));
  });

  test("have a fingerprint of what was found, and not of its wording or of what else was", () => {
    const fingerprint = (more: Partial<Detection>, ...others: readonly Detection[]) =>
      reviewed(none, ...others, detection(more)).findings.find(({ rule }) => rule === "table-replaced")?.fingerprint;
    const usual = fingerprint({ identity: "hash_key" });
    expect(usual).toMatch(/^[\da-f]{16}$/);
    expect(fingerprint({ identity: "hash_key", title: "otherwise", details: ["x"], severity: "low" })).toBe(usual);
    expect(fingerprint({ identity: "hash_key" }, detection({ rule: "other" }))).toBe(usual);
    expect(fingerprint({ identity: "range_key" })).not.toBe(usual);
    expect(fingerprint({ identity: "hash_key", address: "aws_dynamodb_table.u" })).not.toBe(usual);
  });

  test("that are alike in all have fingerprints of their own", () => {
    const { findings } = reviewed(none, detection(), detection());
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});

describe("secrets", () => {
  const secret = "hunter2-hunter2";
  const plan = planOf({ configuration: { root_module: { variables: { v: { sensitive: true, default: secret } } } } });

  test("are in no text of a review", () => {
    const statement = {
      change: "ADDED" as const,
      effect: "Allow" as const,
      who: secret,
      actions: [secret],
      resources: [`arn:${secret}`],
      conditions: [secret],
      why: secret,
    };
    const found = detection({
      address: `aws_x.${secret}`,
      constructPath: secret,
      title: secret,
      details: [`a ${secret} b`],
      identity: secret,
      iam: { change: "ADDED", who: secret, statements: [statement] },
    });
    const review = reviewOf(plan, { detections: [found], driftNoise: 0 }, scrubberOf(plan), [secret]);
    expect(JSON.stringify(review)).not.toContain(secret);
    expect(review.findings[0]?.details).toEqual(["a (sensitive) b"]);
  });

  test("do not survive where a long line is cut", () => {
    const [finding] = reviewed(plan, detection({ details: [`${"x".repeat(595)}${secret}`] })).findings;
    expect(finding?.details[0]).not.toContain("hunte");
    expect(finding?.details[0]).toMatch(/^x{595}\(sens…$/);
  });
});
