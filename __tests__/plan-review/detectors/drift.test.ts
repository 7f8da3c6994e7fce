import { detect } from "../../../plan-review/detectors";
import type { JsonObject } from "../../../plan-review/plan";
import { allowing, entryOf, type Given, planOf } from "../plans";
import { lines } from "./detected";

const Q = "aws_sqs_queue.q";

/** What is found where a resource was changed outside Terraform, and the plan does what the other changes say. */
function drifted(
  before: JsonObject,
  after: JsonObject | null,
  given: {
    readonly address?: string;
    readonly plan?: Given | null;
    readonly more?: readonly JsonObject[];
    readonly relevant?: JsonObject[];
  } = {},
) {
  const { address = Q, plan, more = [], relevant = [] } = given;
  const found = after ?? before;
  const usual: Given = { before: found, after: found, actions: ["no-op"] };
  const changes = plan === null ? [] : [entryOf(address, plan ?? usual)];
  const { detections, driftNoise } = detect(
    planOf({
      resource_drift: [entryOf(address, { before, after })],
      resource_changes: [...changes, ...more],
      relevant_attributes: relevant,
    }),
  );
  return { lines: lines("drift", detections), detections, driftNoise };
}

describe("the provider's normalisation", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["null → []", { tags: null }, { tags: [] }],
    ["null → {}", { tags: null }, { tags: {} }],
    ['"" → null', { description: "" }, { description: null }],
    ["nothing → false", {}, { force: false }],
    ["an empty block", { ttl: [] }, { ttl: [{ attribute_name: "", enabled: false }] }],
    ["a number as text", { size: "5" }, { size: 5 }],
    ["JSON with other spaces", { redrive_policy: '{"a":1,"b":2}' }, { redrive_policy: '{ "b": 2, "a": 1 }' }],
    [
      "a policy that means the same",
      { policy: allowing("sqs:SendMessage", "*") },
      { policy: allowing("SQS:sendmessage", "*").replace('"*"', '["*"]') },
    ],
    ["a set in another order", { subnet_ids: ["a", "b"] }, { subnet_ids: ["b", "a"] }],
    ["bookkeeping", { last_modified: "2026-01-01" }, { last_modified: "2026-01-02" }],
    ["tags in both places", { tags: {}, tags_all: {} }, { tags: null, tags_all: null }],
  ])("is counted, and not shown: %s", (_, before, after) => {
    const { lines: shown, driftNoise } = drifted(before, after);
    expect([shown, driftNoise]).toEqual([[], 1]);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["null → a value", { tags: null }, { tags: { a: "b" } }],
    ["another number", { size: 5 }, { size: 6 }],
    ["false → true", { enabled: false }, { enabled: true }],
    ["true → null", { enabled: true }, { enabled: null }],
    ["layers in another order", { layers: ["a", "b"] }, { layers: ["b", "a"] }],
    [
      "a policy that allows another thing",
      { policy: allowing("sqs:SendMessage", "*") },
      { policy: allowing("sqs:*", "*") },
    ],
    ["concurrency nothing → 0", { reserved_concurrent_executions: null }, { reserved_concurrent_executions: 0 }],
  ])("is not: %s", (_, before, after) => {
    const { lines: shown, driftNoise } = drifted(before, after);
    expect([shown.length, driftNoise]).toEqual([1, 0]);
  });

  const stays = (address: string, values: JsonObject) =>
    entryOf(address, { before: values, after: values, actions: ["no-op"] });
  const policy = allowing("sqs:SendMessage", "*");
  const queue = (text: string): JsonObject => ({ id: "u", url: "u", policy: text });
  const own = stays("aws_sqs_queue_policy.p", { queue_url: "u", policy });

  test("is a policy that another resource manages, and nobody else's", () => {
    expect(drifted(queue(""), queue(policy), { more: [own] }).driftNoise).toBe(1);
    expect(drifted(queue(""), queue(allowing("sqs:*", "*")), { more: [own] }).lines).toHaveLength(1);
    expect(drifted(queue(""), queue(policy)).lines).toHaveLength(1);
  });

  test("is a role's list of what other resources attach, and nobody else's", () => {
    const address = "aws_iam_role.r";
    const role = (...managed_policy_arns: readonly string[]): JsonObject => ({
      name: "r",
      id: "r",
      managed_policy_arns,
    });
    const more = [stays("aws_iam_role_policy_attachment.a", { role: "r", policy_arn: "arn:a" })];
    expect(drifted(role(), role("arn:a"), { address, more }).driftNoise).toBe(1);
    const admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    const { lines: shown, detections } = drifted(role(), role("arn:a", admin), { address, more });
    expect(shown).toEqual([`high drift-kept ${address}`]);
    expect(JSON.stringify(detections)).toContain("AdministratorAccess");
  });

  test("is a role's inline policy that another resource manages, and nobody else's", () => {
    const address = "aws_iam_role.r";
    const role = (...names: readonly string[]): JsonObject => ({
      name: "r",
      inline_policy: names.map((name) => ({ name, policy })),
    });
    const more = [stays("aws_iam_role_policy.p", { role: "r", name: "p", policy })];
    expect(drifted(role(), role("p"), { address, more }).driftNoise).toBe(1);
    expect(drifted(role(), role("p", "by-hand"), { address, more }).lines).toEqual([`high drift-kept ${address}`]);
  });
});

describe("what changed outside Terraform", () => {
  const [was, is] = [
    { delay_seconds: 0, visibility_timeout_seconds: 60 },
    { delay_seconds: 0, visibility_timeout_seconds: 5 },
  ];

  test("is changed back", () => {
    const { lines: shown, detections } = drifted(was, is, { plan: { before: is, after: was } });
    expect(shown).toEqual([`medium drift-reverted ${Q}`]);
    expect(detections[0]?.details).toEqual(["visibility_timeout_seconds: 60 → 5; the plan: 60"]);
    expect(detections.map(({ section }) => section)).toEqual(["drift"]);
  });

  test("stays: relevant attributes come first", () => {
    expect(drifted(was, is).lines).toEqual([`low drift-kept ${Q}`]);
    const relevant = (attribute: string) => [{ resource: Q, attribute: [attribute] }];
    expect(drifted(was, is, { relevant: relevant("visibility_timeout_seconds") }).lines).toEqual([
      `medium drift-kept ${Q}`,
    ]);
    expect(drifted(was, is, { relevant: relevant("arn") }).lines).toEqual([`low drift-kept ${Q}`]);
  });

  test("stays, less protected, or with more access", () => {
    const address = "aws_dynamodb_table.t";
    const table = (deletion_protection_enabled: boolean): JsonObject => ({ deletion_protection_enabled });
    expect(drifted(table(true), table(false), { address }).lines).toEqual([`high drift-kept ${address}`]);
    expect(drifted(table(false), table(true), { address }).lines).toEqual([`low drift-kept ${address}`]);
    const role = "aws_iam_policy.p";
    const [narrow, wide] = [{ policy: allowing("s3:GetObject", "*") }, { policy: allowing("s3:*", "*") }];
    expect(drifted(narrow, wide, { address: role }).lines).toEqual([`high drift-kept ${role}`]);
    expect(drifted(wide, narrow, { address: role }).lines).toEqual([`low drift-kept ${role}`]);
  });

  test("partly stays and partly is changed back", () => {
    const now = { delay_seconds: 9, visibility_timeout_seconds: 5 };
    const plan = { before: now, after: { ...now, visibility_timeout_seconds: 60 } };
    expect(drifted(was, now, { plan }).lines).toEqual([`low drift-kept ${Q}`, `medium drift-reverted ${Q}`]);
  });

  test("was deleted: what held data by itself, the rest together", () => {
    const anew = { plan: { after: was } };
    expect(drifted(was, null, anew).lines).toEqual([`medium deleted-outside ${Q}`]);
    expect(drifted(was, null, anew).detections[0]?.title).toBe(
      "queue was deleted outside Terraform; the plan creates it anew, empty",
    );
    expect(drifted(was, null, { plan: null }).detections[0]?.title).toBe(
      "queue was deleted outside Terraform; the plan does not create it again",
    );
    expect(drifted({}, null, { address: "aws_iam_role.r", plan: { after: {} } }).lines).toEqual([
      "medium deleted-outside",
    ]);
  });

  test("is sensitive", () => {
    const entry = entryOf(Q, {
      before: { a: "s3cr3t" },
      after: { a: "0th3r" },
      change: { before_sensitive: { a: true } },
    });
    const { detections } = detect(planOf({ resource_drift: [entry] }));
    expect(JSON.stringify(detections)).not.toMatch(/s3cr3t|0th3r/);
  });
});
