import { constructPathsOf, planOfConfigurations } from "../../plan-review/configurations";
import type { Json, JsonObject } from "../../plan-review/plan";
import { policyChanges } from "../../plan-review/policies";
import { sensitiveValues } from "../../plan-review/secrets";
import { allowing, changeOf } from "./plans";

const queue = (more: JsonObject = {}): JsonObject => ({ resource: { aws_sqs_queue: { q: { name: "q", ...more } } } });
const planOf = (before: JsonObject, after: JsonObject) => planOfConfigurations(before, after);
const told = (before: JsonObject, after: JsonObject) =>
  planOf(before, after).changes.map(({ address, action, previousAddress, replacePaths }) =>
    [address, action, previousAddress, ...replacePaths.map((path) => path.join("."))].filter(Boolean).join(" "),
  );

describe("of two configurations, a resource", () => {
  test.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ["stays", queue(), queue(), ["aws_sqs_queue.q no-op"]],
    ["is updated", queue(), queue({ delay_seconds: 5 }), ["aws_sqs_queue.q update"]],
    ["is replaced by what AWS cannot change", queue(), queue({ name: "r" }), ["aws_sqs_queue.q replace name"]],
    ["is created", {}, queue(), ["aws_sqs_queue.q create"]],
    ["is deleted", queue(), {}, ["aws_sqs_queue.q delete"]],
    [
      "stays when only comments change",
      queue({ "//": { a: 1 } }),
      queue({ "//": { a: 2 } }),
      ["aws_sqs_queue.q no-op"],
    ],
    [
      "may stand in lists of blocks",
      { resource: [{ aws_sqs_queue: [{ q: [{ name: "q" }] }] }] },
      { resource: [{ aws_sqs_queue: { q: { name: "r" } } }] },
      ["aws_sqs_queue.q replace name"],
    ],
    [
      "loses what keeps it from being deleted",
      queue({ lifecycle: { prevent_destroy: true } }),
      queue(),
      ["aws_sqs_queue.q update"],
    ],
    ["is kept from being deleted", queue(), queue({ lifecycle: { prevent_destroy: true } }), ["aws_sqs_queue.q no-op"]],
    [
      "may ignore changes",
      queue(),
      queue({ name: "r", lifecycle: { ignore_changes: ["name"] } }),
      ["aws_sqs_queue.q no-op"],
    ],
    [
      "may ignore all changes",
      queue(),
      queue({ name: "r", lifecycle: { ignore_changes: "all" } }),
      ["aws_sqs_queue.q no-op"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });

  test("that moves keeps what it is", () => {
    const after = {
      resource: { aws_sqs_queue: { r: { name: "q" } } },
      moved: [{ from: "aws_sqs_queue.q", to: "aws_sqs_queue.r" }],
    };
    expect(told(queue(), after)).toEqual(["aws_sqs_queue.r no-op aws_sqs_queue.q"]);
    expect(told(queue(), { resource: after.resource })).toEqual(["aws_sqs_queue.r create", "aws_sqs_queue.q delete"]);
  });

  test("that moves twice is found, and a circle of moves ends", () => {
    const moved = [
      { from: "aws_sqs_queue.q", to: "aws_sqs_queue.r" },
      { from: "aws_sqs_queue.r", to: "aws_sqs_queue.s" },
    ];
    const resource = { aws_sqs_queue: { s: { name: "q" } } };
    expect(told(queue(), { resource, moved })).toEqual(["aws_sqs_queue.s no-op aws_sqs_queue.q"]);
    const circle = [...moved, { from: "aws_sqs_queue.s", to: "aws_sqs_queue.q" }];
    expect(told(queue(), { ...queue(), moved: circle })).toEqual(["aws_sqs_queue.q no-op"]);
  });

  test("that is removed without being destroyed is forgotten", () => {
    const removed = (destroy: boolean) => ({ removed: { from: "aws_sqs_queue.q", lifecycle: { destroy } } });
    expect(told(queue(), removed(false))).toEqual(["aws_sqs_queue.q forget"]);
    expect(told(queue(), removed(true))).toEqual(["aws_sqs_queue.q delete"]);
  });

  test("that is imported is there already: all that it says may be a change", () => {
    const after = { ...queue(), import: { to: "aws_sqs_queue.q", id: "https://sqs/q" } };
    expect(changeOf(planOf({}, after), "aws_sqs_queue.q")).toMatchObject({
      action: "update",
      before: null,
      after: { name: "q" },
      importing: { id: "https://sqs/q" },
    });
  });

  test("with count or for_each is as many as they say", () => {
    expect(told(queue({ count: 2 }), queue({ count: 1 }))).toEqual([
      "aws_sqs_queue.q[0] no-op",
      "aws_sqs_queue.q[1] delete",
    ]);
    const each = (...keys: readonly string[]) =>
      queue({ for_each: `\${toset(${JSON.stringify(keys)})}`, name: "q-${each.key}" });
    expect(told(each("a"), each("a", "b"))).toEqual(['aws_sqs_queue.q["a"] no-op', 'aws_sqs_queue.q["b"] create']);
    expect(changeOf(planOf({}, each("a")), 'aws_sqs_queue.q["a"]').after).toEqual({ name: "q-a" });
  });

  test("with a count that is not known is judged as one, and that is said", () => {
    const plan = planOf(queue({ count: "${data.x.y.z}" }), queue({ count: "${data.x.y.z}" }));
    expect(plan.oddities).toEqual([
      "aws_sqs_queue.q has a count that is not known without a plan: it is judged as one resource",
    ]);
  });
});

describe("values", () => {
  test("of locals and variables are put in: what changes there changes the resource", () => {
    const config = (value: Json) => ({ ...queue({ delay_seconds: "${local.delay}" }), locals: { delay: value } });
    expect(told(config(1), config(2))).toEqual(["aws_sqs_queue.q update"]);
    const variable = (value: Json) => ({
      ...queue({ delay_seconds: "${var.delay}" }),
      variable: { delay: { default: value } },
    });
    expect(changeOf(planOf(variable(1), variable(2)), "aws_sqs_queue.q")).toMatchObject({
      before: { delay_seconds: 1 },
      after: { delay_seconds: 2 },
    });
  });

  test("that only a plan knows are unknown, unless they were the same before", () => {
    const [before, after] = [queue({ delay_seconds: 1 }), queue({ delay_seconds: "${var.delay}" })];
    expect(changeOf(planOf(before, after), "aws_sqs_queue.q").afterUnknown).toEqual({
      name: false,
      delay_seconds: true,
    });
    expect(changeOf(planOf(after, after), "aws_sqs_queue.q")).toMatchObject({
      action: "no-op",
      afterUnknown: { delay_seconds: false },
    });
  });

  test("of outputs are compared", () => {
    const output = (value: string, more: JsonObject = {}) => ({ output: { o: { value, ...more } } });
    const actions = (before: JsonObject, after: JsonObject) =>
      planOf(before, after).outputs.map(({ action, isSensitive }) => [action, isSensitive]);
    expect(actions(output("a"), output("b", { sensitive: true }))).toEqual([["update", true]]);
    expect(actions(output("a"), output("a"))).toEqual([["no-op", false]]);
    expect(actions({}, output("a"))).toEqual([["create", false]]);
    expect(actions(output("a"), {})).toEqual([["delete", false]]);
  });
});

describe("policies", () => {
  const config = (policy: string, more: JsonObject = {}) => ({
    resource: { aws_iam_role_policy: { p: { policy, role: "r" } } },
    ...more,
  });
  const policiesOf = (before: JsonObject, after: JsonObject) => {
    const plan = planOf(before, after);
    return policyChanges(plan, changeOf(plan, "aws_iam_role_policy.p"));
  };

  test("are compared with their references as they are", () => {
    const [before, after] = ["a:b", "a:*"].map((action) => allowing(action, "${aws_sqs_queue.q.arn}"));
    expect(policiesOf(config(before ?? ""), config(after ?? ""))).toMatchObject([{ before, after }]);
  });

  test("of a data source are what it says", () => {
    const data = (action: string) => ({
      data: { aws_iam_policy_document: { d: { statement: [{ actions: [action], resources: ["*"] }] } } },
    });
    const template = "${data.aws_iam_policy_document.d.json}";
    const [policy] = policiesOf(config(template, data("a:b")), config(template, data("a:*")));
    expect(JSON.parse(String(policy?.after))).toMatchObject({ Statement: [{ Action: ["a:*"], Resource: ["*"] }] });
  });

  test("that only a plan knows are unresolved", () => {
    expect(policiesOf(config(allowing("a:b", "*")), config("${data.http.x.body}"))).toMatchObject([
      { after: null, unresolved: "it is unknown until apply, and refers to data.http.x.body" },
    ]);
  });
});

test("what is not in resources is said to change where only a plan tells its effect", () => {
  const provider = (region: string) => ({ provider: { aws: [{ region }] }, module: { m: { source: region } } });
  expect(planOf(provider("eu-west-1"), provider("eu-north-1")).oddities).toEqual([
    "provider aws changes: what follows from it only a plan tells",
    "module m changes: what follows from it only a plan tells",
  ]);
  const stored = (key: string) => ({ terraform: { backend: { s3: { key } }, required_version: key } });
  expect(planOf(stored("a"), stored("b")).oddities).toEqual([
    "terraform backend changes: what follows from it only a plan tells",
  ]);
  expect(planOf(provider("eu-west-1"), provider("eu-west-1")).oddities).toEqual([]);
});

test("secrets of both are known: sensitive variables, and arguments that hold secrets by their name", () => {
  const config = (value: string) => ({
    variable: { token: { sensitive: true, default: `${value}-token` } },
    resource: { aws_db_instance: { d: { password: `${value}-password`, username: "admin-name" } } },
  });
  const values = [...sensitiveValues(planOf(config("old"), config("new")))];
  expect(values.sort()).toEqual(["new-password", "new-token", "old-password", "old-token"]);
});

test("the paths of constructs are cdktf's", () => {
  const block = { "//": { metadata: { path: "stack/Inbox/Queue" } } };
  const config = { resource: { aws_sqs_queue: { q: block, other: {} } }, data: { aws_region: { r: block } } };
  expect([...constructPathsOf(config)]).toEqual([
    ["aws_sqs_queue.q", "stack/Inbox/Queue"],
    ["data.aws_region.r", "stack/Inbox/Queue"],
  ]);
});

test("an argument that is made of a sensitive variable is marked, as a plan marks it", () => {
  const config = (name: string) => ({ ...queue({ name }), variable: { v: { default: "abc", sensitive: true } } });
  const plan = planOf(config("x"), config("${var.v}"));
  expect(changeOf(plan, "aws_sqs_queue.q").afterSensitive).toMatchObject({ name: true });
});
