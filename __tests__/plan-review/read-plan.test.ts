import type { Json } from "../../plan-review/plan";
import { readPlan } from "../../plan-review/read-plan";
import { changeOf, configured, documentOf, entryOf, planDocument, planOf } from "./plans";

const queue = "aws_sqs_queue.inbox";

describe("actions", () => {
  test.each([
    [["no-op"], ["no-op"]],
    [["create"], ["create"]],
    [["read"], ["read"]],
    [["update"], ["update"]],
    [["delete"], ["delete"]],
    [["delete", "create"], ["replace"]],
    [["create", "delete"], ["replace"]],
    [["forget"], ["forget"]],
    // The old one stays in the account, and another is made.
    [
      ["create", "forget"],
      ["forget", "create"],
    ],
    [["renew"], ["unknown"]],
    [["delete", "update"], ["unknown"]],
    // A key of every object.
    [["constructor"], ["unknown"]],
  ])("%j is %j", (actions, expected) => {
    const plan = planOf({ resource_changes: [entryOf(queue, { actions, before: { a: 1 }, after: { a: 2 } })] });
    expect(plan.changes.map(({ action }) => action)).toEqual(expected);
    expect(plan.oddities).toEqual(
      expected.includes("unknown")
        ? [`${queue} has actions that this review does not know: ${actions.join(", ")}`]
        : [],
    );
  });

  test("of one that is forgotten and made anew, each side has its own values", () => {
    const entry = entryOf(queue, { actions: ["create", "forget"], before: { name: "old" }, after: { name: "new" } });
    expect(planOf({ resource_changes: [entry] }).changes).toMatchObject([
      { action: "forget", before: { name: "old" }, after: null },
      { action: "create", before: null, after: { name: "new" } },
    ]);
  });

  test("tell whether the new one is made first", () => {
    const isFirst = (actions: readonly string[]) =>
      planOf({ resource_changes: [entryOf(queue, { actions })] }).changes[0]?.isCreatedBeforeDestroyed;
    expect([isFirst(["create", "delete"]), isFirst(["delete", "create"])]).toEqual([true, false]);
  });

  test("of outputs are told, unknown ones too", () => {
    const output = { before: null, after: 1, after_unknown: false };
    const plan = planOf({
      output_changes: { a: { ...output, actions: ["create"] }, b: { ...output, actions: ["renew"] } },
    });
    expect(plan.outputs.map(({ name, action }) => `${name} ${action}`)).toEqual(["a create", "b unknown"]);
    expect(plan.oddities).toEqual(["output b has actions that this review does not know: renew"]);
  });
});

test("a change has all that the plan says of it", () => {
  const address = 'module.api["eu"].aws_sqs_queue.inbox[0]';
  const entry = entryOf(address, {
    actions: ["delete", "create"],
    before: { name: "a" },
    after: { name: "b" },
    entry: {
      module_address: 'module.api["eu"]',
      index: 0,
      deposed: "8f3c",
      previous_address: "aws_sqs_queue.old",
      action_reason: "replace_because_tainted",
    },
    change: {
      replace_paths: [["name"], ["tags", 0, "a"]],
      importing: { id: "q" },
      generated_config: "resource {}",
      before_sensitive: { name: true },
    },
  });
  const module = {
    resources: [{ ...configured(queue, { name: { constant_value: "b" } }), depends_on: ["aws_iam_role.r"] }],
  };
  const configuration = { root_module: { module_calls: { api: { module } } } };
  const document = documentOf({ resource_changes: [entry], configuration });
  const plan = readPlan(document, "plan.json", new Map([["module.api.aws_sqs_queue.inbox", "stack/Inbox"]]));
  expect(changeOf(plan, address)).toMatchObject({
    address,
    moduleAddress: 'module.api["eu"]',
    index: 0,
    deposed: "8f3c",
    previousAddress: "aws_sqs_queue.old",
    actionReason: "replace_because_tainted",
    replacePaths: [["name"], ["tags", 0, "a"]],
    importing: { id: "q" },
    hasGeneratedConfig: true,
    beforeSensitive: { name: true },
    constructPath: "stack/Inbox",
    expressions: { name: { constant_value: "b" } },
    dependsOn: ["aws_iam_role.r"],
  });
});

describe("whether the plan is whole", () => {
  test.each([
    [{ complete: true }, { isComplete: true }],
    [{ complete: false }, { isComplete: false }],
    [{ complete: null }, { isComplete: undefined }],
    [{ errored: true }, { isErrored: true }],
    [{ applyable: false }, { isApplicable: false }],
  ])("%j", (parts, expected) => {
    expect(planOf(parts)).toMatchObject(expected);
  });

  test("a plan whose changes were cut out is told by its planned values", () => {
    const planned = (mode: string) => ({ root_module: { child_modules: [{ resources: [{ mode }] }] } });
    const missing = "resource_changes is empty, and planned_values has resources: a part of the plan is missing";
    expect(planOf({ planned_values: planned("managed") }).oddities).toEqual([missing]);
    expect(planOf({ planned_values: planned("data") }).oddities).toEqual([]);
    expect(
      planOf({ planned_values: planned("managed"), resource_changes: [entryOf(queue, { after: {} })] }).oddities,
    ).toEqual([]);
  });

  test.each([
    [["create"], null, {}, []],
    [["create"], null, null, ["after"]],
    [["update"], {}, null, ["after"]],
    [["delete", "create"], null, null, ["before", "after"]],
    [["delete"], null, null, ["before"]],
    [["delete"], {}, null, []],
    [["create", "forget"], {}, null, ["after"]],
    [["no-op"], null, null, []],
    [["forget"], null, null, []],
    [["read"], null, null, []],
  ])("%j from %j to %j lacks the values of %j", (actions, before, after, sides) => {
    const { oddities } = planOf({ resource_changes: [entryOf(queue, { actions, before, after })] });
    expect(oddities).toEqual(sides.map((side) => `${queue} has no values of ${side}, and its actions say that it has`));
    const data = entryOf("data.aws_sqs_queue.inbox", { actions, before, after });
    expect(planOf({ resource_changes: [data] }).oddities).toEqual([]);
    expect(planOf({ resource_drift: [entryOf(queue, { actions, before, after })] }).oddities).toEqual([]);
  });

  test("deferred changes are told apart from those that are planned", () => {
    const plan = planOf({
      deferred_changes: [{ reason: "instance_count_unknown", resource_change: entryOf(queue) }],
      deferred_action_invocations: [{}],
    });
    expect(plan.changes).toEqual([]);
    expect(plan.deferred).toMatchObject([{ reason: "instance_count_unknown", change: { address: queue } }]);
    expect(plan.oddities).toEqual(["Terraform put off 1 action invocations to a later plan"]);
  });

  test("checks are told by instance, and by themselves where they have none", () => {
    const checks: readonly Json[] = [
      {
        address: { kind: "resource", to_display: "aws_x.a" },
        status: "fail",
        instances: [
          { address: { to_display: "aws_x.a[0]" }, status: "pass" },
          { address: { to_display: "aws_x.a[1]" }, status: "fail", problems: [{ message: "too small" }] },
        ],
      },
      { address: { kind: "check", to_display: "check.c" }, status: "unknown" },
    ];
    expect(planOf({ checks }).checks).toEqual([
      { address: "aws_x.a[0]", kind: "resource", status: "pass", problems: [] },
      { address: "aws_x.a[1]", kind: "resource", status: "fail", problems: ["too small"] },
      { address: "check.c", kind: "check", status: "unknown", problems: [] },
    ]);
  });
});

test("a real plan with moved, import and removed blocks, -replace and a tainted resource is read", () => {
  const plan = readPlan(planDocument("moved-imported-removed.json"), "plan.json", new Map());
  expect(plan.oddities).toEqual([]);
  const told = plan.changes.map(({ name, action, previousAddress, importing, actionReason }) =>
    [name, action, previousAddress, importing?.id, actionReason].filter(Boolean).join(" "),
  );
  expect(told.sort()).toEqual([
    "dropped forget delete_because_no_resource_config",
    "fresh create",
    "imported no-op some-id",
    "kept no-op",
    "new no-op terraform_data.old",
    "removed delete delete_because_no_resource_config",
    "requested replace replace_by_request",
    "secret update",
    "tainted replace replace_because_tainted",
  ]);
});

describe("a plan that is damaged is refused, and the place named", () => {
  test.each([
    [{ resource_changes: {} }, /plan\.json: resource_changes must be a list, got: object; is the file a whole plan\?/],
    [{ resource_changes: [1] }, /resource_changes\[0\] must be an object, got: number/],
    [{ resource_changes: [{ address: "a.b" }] }, /resource_changes\[0\]\.change must be an object, got: nothing/],
    [{ resource_changes: [{ change: { actions: ["create"] } }] }, /resource_changes\[0\]\.address must be a string/],
    [{ resource_changes: [entryOf(queue, { actions: [] })] }, /change\.actions must be a list of names, got: a list/],
    [{ deferred_changes: [{ reason: "x" }] }, /deferred_changes\[0\]\.resource_change must be an object/],
    [{ output_changes: { o: 1 } }, /output_changes\.o must be an object, got: number/],
  ])("%j", (parts, message) => {
    expect(() => planOf(parts)).toThrow(message);
  });
});
