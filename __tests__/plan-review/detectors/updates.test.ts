import { detect } from "../../../plan-review/detectors";
import type { JsonObject } from "../../../plan-review/plan";
import { configured, entryOf, planOf } from "../plans";
import { constant, detected } from "./detected";

const told = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []) =>
  detected(changes, resources)
    .filter(({ section }) => section === "updates" || section === "housekeeping")
    .map(({ rule, address, title, details }) => [rule, address, title, ...details].filter(Boolean));

const lambda = (name: string, before: JsonObject, after: JsonObject, unknown: JsonObject = {}) =>
  entryOf(`aws_lambda_function.${name}`, {
    before: { memory_size: 128, ...before },
    after: { memory_size: 128, ...after },
    unknown,
  });

describe("other updates", () => {
  test("name each attribute with what it was and will be", () => {
    const change = entryOf("aws_sqs_queue.q", {
      before: { delay_seconds: 0, tags: null, redrive_allow_policy: "" },
      after: { delay_seconds: 5, tags: {}, redrive_allow_policy: null },
    });
    expect(told([change])).toEqual([["updated", "aws_sqs_queue.q", "updated: delay_seconds", "delay_seconds 0 → 5"]]);
  });

  test("name the place within a block or map, and what is sensitive by its place alone", () => {
    const of = (URL: string, TOKEN: string): JsonObject => ({ environment: [{ variables: { URL, TOKEN } }] });
    const marks = { environment: [{ variables: { TOKEN: true } }] };
    const change = entryOf("aws_lambda_function.f", {
      before: of("a", "s1"),
      after: of("b", "s2"),
      change: { before_sensitive: marks, after_sensitive: marks },
    });
    expect(told([change])[0]?.slice(2)).toEqual([
      "updated: environment",
      'environment[0].variables.URL "a" → "b"',
      "environment[0].variables.TOKEN (sensitive) → (sensitive)",
    ]);
  });

  test("of functions' code alone are one line", () => {
    const code = (name: string) =>
      lambda(
        name,
        { source_code_hash: "a", last_modified: "1" },
        { source_code_hash: "b" },
        { last_modified: true, qualified_arn: true },
      );
    const both = lambda("c", { source_code_hash: "a", handler: "a.b" }, { source_code_hash: "b", handler: "a.c" });
    expect(told([code("a"), code("b"), both])).toEqual([
      [
        "code-updated",
        "2 functions get other code, and nothing else",
        "aws_lambda_function.a",
        "aws_lambda_function.b",
      ],
      [
        "updated",
        "aws_lambda_function.c",
        "updated: source_code_hash, handler",
        'source_code_hash "a" → "b"',
        'handler "a.b" → "a.c"',
      ],
    ]);
  });

  test("of code are no news beside what else is told of the function", () => {
    const change = lambda("f", { source_code_hash: "a" }, { source_code_hash: "b", memory_size: 256 });
    expect(detected([change]).map(({ rule }) => rule)).toEqual(["cost-up", "code-updated"]);
  });

  test("of tags alone are one line", () => {
    const tagged = (name: string) =>
      entryOf(`aws_sqs_queue.${name}`, {
        before: { tags: {}, tags_all: {} },
        after: { tags: { a: "b" }, tags_all: { a: "b" } },
      });
    expect(told([tagged("a"), tagged("b")])).toEqual([
      ["tags-updated", "2 resources get other tags, and nothing else", "aws_sqs_queue.a", "aws_sqs_queue.b"],
    ]);
  });

  test("that follow from others are left out, those that the configuration asks for are not", () => {
    const change = entryOf("aws_api_gateway_stage.s", {
      before: { deployment_id: "d1", invoke_url: "u", description: "a" },
      after: { description: "b" },
      unknown: { deployment_id: true, invoke_url: true },
    });
    const config = configured("aws_api_gateway_stage.s", {
      deployment_id: constant("${aws_api_gateway_deployment.d.id}"),
      description: constant("b"),
    });
    expect(told([change], [config])[0]?.slice(2)).toEqual([
      "updated: deployment_id, description",
      'deployment_id "d1" → (known after apply)',
      'description "a" → "b"',
    ]);
  });

  test("that other sections tell of are not told twice", () => {
    const change = entryOf("aws_dynamodb_table.t", {
      before: { stream_enabled: true, read_capacity: 1 },
      after: { stream_enabled: false, read_capacity: 1 },
    });
    expect(told([change])).toEqual([]);
  });

  test("that make or delete something have a line a type", () => {
    const made = ["a", "b", "c", "d"].map((name) => entryOf(`aws_iam_instance_profile.${name}`, { after: { name } }));
    const gone = entryOf("aws_api_gateway_model.m", { before: { name: "m" } });
    expect(told([...made, gone])).toEqual([
      [
        "created",
        "4 resources are created",
        "4 aws_iam_instance_profile: aws_iam_instance_profile.a, aws_iam_instance_profile.b, aws_iam_instance_profile.c, and 1 more",
      ],
      ["deleted", "1 resource is deleted", "1 aws_api_gateway_model: aws_api_gateway_model.m"],
    ]);
  });

  test("that replace something say why", () => {
    const change = entryOf("aws_api_gateway_deployment.d", {
      before: { triggers: { a: "1" } },
      after: { triggers: { a: "2" } },
      actions: ["create", "delete"],
      change: { replace_paths: [["triggers"]] },
    });
    expect(told([change])[0]?.slice(2)).toEqual([
      "aws_api_gateway_deployment is replaced",
      'triggers: {"a":"1"} → {"a":"2"} forces the replacement',
      "the new one is made first",
    ]);
  });
});

describe("housekeeping", () => {
  const values = { before: { name: "q" }, after: { name: "q" }, actions: ["no-op"] };

  test("lists moves and imports", () => {
    const moved = entryOf("aws_sqs_queue.b", { ...values, entry: { previous_address: "aws_sqs_queue.a" } });
    const imported = entryOf("aws_sqs_queue.c", {
      ...values,
      actions: ["update"],
      change: { importing: { id: "https://q" } },
    });
    expect(told([moved, imported])).toEqual([
      ["moved", "1 resource moves to another address", "aws_sqs_queue.a → aws_sqs_queue.b"],
      ["imported", "1 resource is imported", "aws_sqs_queue.c: https://q, and update"],
    ]);
  });

  test("lists outputs, without what is sensitive", () => {
    const output = (
      actions: string[],
      before: string | null,
      after: string | null,
      more: JsonObject = {},
    ): JsonObject => ({
      actions,
      before,
      after,
      after_unknown: false,
      ...more,
    });
    const { detections } = detect(
      planOf({
        output_changes: {
          url: output(["update"], "a", "b"),
          arn: output(["create"], null, null, { after_unknown: true }),
          gone: output(["delete"], "a", null),
          same: output(["no-op"], "a", "a"),
          token: output(["update"], "s1", "s2", { before_sensitive: true, after_sensitive: true }),
        },
      }),
    );
    expect(detections.map(({ title, details }) => [title, ...details])).toEqual([
      [
        "4 outputs change",
        'url: "a" → "b"',
        "arn: none → (known after apply)",
        'gone: "a" → removed',
        "token: (sensitive), update",
      ],
    ]);
  });

  test("counts what is read while applying", () => {
    expect(told([entryOf("data.aws_region.r", { after: {}, actions: ["read"] })])).toEqual([
      ["data-read", "1 data source is read while applying", "data.aws_region.r"],
    ]);
  });
});

describe("what cannot be judged", () => {
  const rules = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []) =>
    detected(changes, resources).map(({ section, severity, rule }) => `${section} ${severity} ${rule}`);
  const told = "cannot-be-judged high";

  test("are commands that run while applying", () => {
    const config = { ...configured("null_resource.n", {}), provisioners: [{ type: "local-exec" }] };
    const of = (actions: readonly string[]) =>
      rules([entryOf("null_resource.n", { before: {}, after: {}, actions })], [config]);
    expect(of(["delete", "create"])).toContain(`${told} provisioner-runs`);
    expect(of(["no-op"])).toEqual([]);
  });

  test("are stacks that other tools make", () => {
    const of = (before: JsonObject | null, after: JsonObject) =>
      rules([entryOf("aws_cloudformation_stack.s", { before, after })]);
    expect(of(null, { template_body: "{}" })).toContain(`${told} made-out-of-sight`);
    expect(of({ template_body: "{}", tags: {} }, { template_body: "{}", tags: { a: "b" } })).not.toContain(
      `${told} made-out-of-sight`,
    );
  });

  test("are actions", () => {
    const { detections } = detect(
      planOf({ action_invocations: [{ address: "action.aws_lambda_invoke.a", type: "aws_lambda_invoke" }] }),
    );
    expect(detections.map(({ rule }) => rule)).toEqual(["action-runs"]);
  });
});
