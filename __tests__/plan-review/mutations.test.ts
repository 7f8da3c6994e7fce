import type { JsonObject } from "../../plan-review/plan";
import { drifted, entriesOf, entryIn, type Mutation, mutated, verdictOf } from "./mutated";
import { configured, documentOf, entryOf, planDocument } from "./plans";

type Row = readonly [title: string, mutations: Readonly<Record<string, Mutation>>, expected: readonly string[]];

const table = "aws_dynamodb_table";
const queue = "aws_sqs_queue.pipeline_queue";
const log = "aws_cloudwatch_log_group.pipeline_writer";
const bucket = "aws_s3_bucket.files";
const versioning = "aws_s3_bucket_versioning";
const block = "aws_s3_bucket_public_access_block";
const mapping = "aws_lambda_event_source_mapping.pipeline_writer";
const writer = "aws_lambda_function.pipeline_writer";
const method = "aws_api_gateway_method.";
const integration = "aws_api_gateway_integration.";
const api = "aws_api_gateway_rest_api";
const redrive = JSON.stringify({
  deadLetterTargetArn: "arn:aws:sqs:eu-west-1:000000000000:orders-dlq",
  maxReceiveCount: 3,
});

const deleted: Mutation = { actions: ["delete"], after: null };
const from = (before: JsonObject, after: JsonObject): Mutation => ({ before, after });

const review = (rows: readonly Row[]) =>
  test.each(rows)("%s", (_, mutations, [verdict = "COMPLETE", ...lines]) => {
    const isVerdict = /COMPLETE$/.test(verdict);
    const expected = isVerdict ? [verdict, ...lines] : ["COMPLETE", verdict, ...lines];
    expect(verdictOf(mutated(mutations))).toEqual(expected);
  });

describe("data that a changed plan loses", () => {
  const lost = ["critical data-loss table-replaced"];
  const weaker = ["critical data-loss protection-weakened"];
  review([
    [
      "a tainted table",
      { [table]: { actions: ["delete", "create"], entry: { action_reason: "replace_because_tainted" } } },
      lost,
    ],
    [
      "a table that -replace names",
      { [table]: { actions: ["create", "delete"], entry: { action_reason: "replace_by_request" } } },
      lost,
    ],
    [
      "a deposed table",
      { [table]: { ...deleted, entry: { deposed: "00000001" } } },
      ["critical data-loss table-deleted"],
    ],
    ["a bucket that is forgotten", { [bucket]: { actions: ["forget"], after: null } }, ["low data-loss kept"]],
    ["a log group that is skipped", { [log]: { ...deleted, before: { skip_destroy: true } } }, ["low data-loss kept"]],
    [
      "deletion protection off",
      { [table]: from({ deletion_protection_enabled: true }, { deletion_protection_enabled: null }) },
      weaker,
    ],
    ["recovery without a block", { [table]: from({}, { point_in_time_recovery: [] }) }, weaker],
    [
      "recovery unknown",
      {
        [table]: {
          after: { point_in_time_recovery: [{}] },
          change: { after_unknown: { point_in_time_recovery: [{ enabled: true }] } },
        },
      },
      ["high data-loss protection-unknown"],
    ],
    [
      "time to live on",
      { [table]: from({ ttl: [{ enabled: false }] }, { ttl: [{ enabled: true, attribute_name: "t" }] }) },
      weaker,
    ],
    [
      "versioning suspended",
      { [versioning]: from({}, { versioning_configuration: [{ status: "Suspended" }] }) },
      weaker,
    ],
    ["versioning no longer managed", { [versioning]: deleted }, ["critical data-loss protection-removed"]],
    ["force_destroy on", { [bucket]: from({ force_destroy: false }, { force_destroy: true }) }, weaker],
    [
      "logs kept for less than ever",
      { [log]: from({ retention_in_days: 0 }, { retention_in_days: 7 }) },
      [...weaker, "medium cost cost-down"],
    ],
    ["logs kept longer", { [log]: from({ retention_in_days: 7 }, { retention_in_days: 0 }) }, ["medium cost cost-up"]],
    ["messages kept for a minute", { [queue]: from({}, { message_retention_seconds: 60 }) }, weaker],
  ]);
});

describe("what a changed plan exposes", () => {
  const open: Mutation = from({ authorization: "AWS_IAM" }, { authorization: "NONE" });
  const preflight = { http_method: "OPTIONS", authorization: "NONE" };
  const stale = "high delivery api-not-redeployed";
  const closed = { endpoint_configuration: [{ types: ["PRIVATE"] }] };
  review([
    ["a method without authorization", { [method]: open }, ["critical public-exposure method-public", stale]],
    [
      "a method that only asks for a key",
      { [method]: from({}, { authorization: "NONE", api_key_required: true }) },
      ["critical public-exposure method-public", stale],
    ],
    [
      "a preflight that answers by itself",
      {
        [method]: { actions: ["create"], before: null, after: preflight },
        [integration]: { actions: ["create"], before: null, after: { http_method: "OPTIONS", type: "MOCK" } },
      },
      [stale],
    ],
    [
      "a preflight that reaches something",
      {
        [method]: { actions: ["create"], before: null, after: preflight },
        [integration]: from({}, { http_method: "OPTIONS" }),
      },
      ["critical public-exposure method-public", stale],
    ],
    ["a private API", { [method]: open, [api]: { actions: ["no-op"], before: closed, after: closed } }, [stale]],
    [
      "a private API that becomes regional",
      { [method]: open, [api]: { before: closed } },
      ["critical public-exposure method-public", "critical public-exposure api-public", stale],
    ],
    [
      "authorization unknown",
      { [method]: { after: { authorization: null }, change: { after_unknown: { authorization: true } } } },
      ["high public-exposure authorization-unknown", stale],
    ],
    ["no public access block", { [block]: deleted }, ["critical public-exposure public-access-block-removed"]],
    [
      "a looser public access block",
      { [block]: from({}, { block_public_policy: false }) },
      ["critical public-exposure public-access-block-loosened"],
    ],
    [
      "an unknown public access block",
      { [block]: { change: { after_unknown: { block_public_acls: true } } } },
      ["high public-exposure public-access-block-unknown"],
    ],
  ]);
});

describe("what a changed plan interrupts", () => {
  const filters = (...patterns: readonly string[]) => ({
    filter_criteria: [{ filter: patterns.map((pattern) => ({ pattern })) }],
  });
  const [a, b] = ['{"a":[1]}', '{"b":[1],"c":[2]}'];
  review([
    ["a mapping deleted", { [mapping]: deleted }, ["high delivery mapping-deleted"]],
    ["a filter added", { [mapping]: from({}, filters(a)) }, ["high delivery filter-narrowed"]],
    ["a filter fewer", { [mapping]: from(filters(a, b), filters(a)) }, ["high delivery filter-narrowed"]],
    ["a filter more", { [mapping]: from(filters(a), filters(a, b)) }, []],
    ["filters in another order", { [mapping]: from(filters(a, b), filters('{"c":[2], "b":[1]}', a)) }, []],
    ["the stream off", { [table]: from({}, { stream_enabled: false }) }, ["high delivery stream-off"]],
    [
      "redrive removed",
      { [queue]: from({ redrive_policy: redrive }, { redrive_policy: "" }) },
      ["high delivery redrive-removed"],
    ],
    ["the dead-letter queue deleted", { "aws_sqs_queue.pipeline_dlq": deleted }, ["critical data-loss queue-deleted"]],
    ["the subscription deleted", { aws_sns_topic_subscription: deleted }, ["high delivery subscription-deleted"]],
    [
      "concurrency 0",
      { [writer]: from({}, { reserved_concurrent_executions: 0 }) },
      ["high delivery concurrency-zero"],
    ],
    [
      "a function replaced while its permission stays",
      {
        [writer]: {
          actions: ["delete", "create"],
          change: { replace_paths: [["package_type"]], after_unknown: { arn: true } },
        },
      },
      ["high delivery function-replaced", "high delivery permission-lost"],
    ],
    [
      "a permission deleted",
      { aws_lambda_permission: deleted },
      ["high delivery permission-deleted", "low iam iam-removed"],
    ],
    [
      "a route removed without a deployment",
      { [method]: deleted },
      ["high delivery removed-route-stays-live", "high delivery api-not-redeployed"],
    ],
    [
      "a queue that gives up before its function",
      { [queue]: from({}, { visibility_timeout_seconds: 1 }) },
      ["high delivery visibility-below-timeout"],
    ],
    ["an API's tags", { [api]: from({ tags: {} }, { tags: { a: "b" }, tags_all: { a: "b" } }) }, []],
  ]);
});

describe("what somebody changed outside Terraform, and stays so", () => {
  const high = ["COMPLETE", "high drift drift-kept"];
  const anyone = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Principal: "*", Action: "sqs:*", Resource: "*" },
  });
  test.each<[string, JsonObject, readonly string[]]>([
    ["a method without authorization", drifted(method, {}, { authorization: "NONE" }), high],
    ["a public policy", drifted("aws_sqs_queue_policy", {}, { policy: anyone }), high],
    ["a looser public access block", drifted(block, {}, { block_public_policy: false }), high],
    ["no recovery", drifted(table, {}, { point_in_time_recovery: [{ enabled: false }] }), high],
    [
      "no boundary",
      drifted("aws_iam_role.pipeline_writer", { permissions_boundary: "arn:x" }, { permissions_boundary: "" }),
      high,
    ],
    ["a mapping disabled", drifted(mapping, {}, { enabled: false }), high],
    ["a longer timeout", drifted(writer, { timeout: 10 }, { timeout: 11 }), ["COMPLETE", "low drift drift-kept"]],
    ["an empty list where nothing was", drifted(queue, { tags: null }, { tags: {} }), ["COMPLETE"]],
  ])("%s", (_, document, expected) => {
    const written = planDocument("no-change.json");
    const isWhole = entriesOf(document).length === entriesOf(written).length;
    expect([isWhole, verdictOf(document)]).toEqual([true, expected]);
  });
});

describe("a plan that is not what Terraform writes", () => {
  const role = "aws_iam_role_policy.pipeline_writer";
  const incomplete = ["INCOMPLETE", "high cannot-be-judged not-understood"];
  test.each<[string, JsonObject]>([
    ["has no before of what is updated", mutated({ [table]: { change: { before: null } } })],
    ["has no after of what is updated", mutated({ [table]: { change: { after: "x" } } })],
    ["has an action that nobody knows", mutated({ [table]: { actions: ["obliterate"] } })],
    ["says in words that it errored", { ...planDocument("no-change.json"), errored: "true" }],
    ["says in words that it is not complete", { ...planDocument("no-change.json"), complete: "false" }],
    [
      "has no changes and planned values",
      { ...planDocument("no-change.json"), resource_changes: [], resource_drift: [] },
    ],
  ])("is incomplete where it %s", (_, document) => {
    expect(verdictOf(document)).toEqual(incomplete);
  });

  test("is incomplete where the configuration lacks a policy that is unknown", () => {
    const document = mutated({ [role]: { after: { policy: null }, change: { after_unknown: { policy: true } } } });
    const { configuration } = planDocument("no-change.json");
    const root = (configuration as JsonObject).root_module as JsonObject;
    const resources = (root.resources as readonly JsonObject[]).map((one) =>
      one.address === entryIn(document, role).address ? { ...one, expressions: {} } : one,
    );
    expect(verdictOf({ ...document, configuration: { root_module: { ...root, resources } } })).toEqual([
      "INCOMPLETE",
      "high cannot-be-judged policy-unresolved",
    ]);
  });

  test("is incomplete where something runs that nobody reads", () => {
    const resources = [{ ...configured("null_resource.n", {}), provisioners: [{ type: "local-exec" }] }];
    const document = documentOf({
      resource_changes: [entryOf("null_resource.n", { after: {} })],
      configuration: { root_module: { resources } },
    });
    expect(verdictOf(document)).toEqual(["INCOMPLETE", "high cannot-be-judged provisioner-runs"]);
  });
});

describe("what is unknown until apply and decides", () => {
  const given = (references: string) => ({ references: [references] });
  const call = { action: "lambda:InvokeFunction", function_name: "f", principal: "s3.amazonaws.com" };
  const acl = "aws_s3_bucket_acl.a";
  test.each<[string, string, JsonObject | null, JsonObject, JsonObject, JsonObject, readonly string[]]>([
    [
      "a stream",
      "aws_dynamodb_table.t",
      { stream_enabled: true },
      {},
      { stream_enabled: true },
      {},
      ["high delivery stream-off-unknown"],
    ],
    [
      "an alarm",
      "aws_cloudwatch_metric_alarm.a",
      { actions_enabled: true },
      {},
      { actions_enabled: true },
      {},
      ["high delivery alarm-silenced-unknown"],
    ],
    [
      "an ACL",
      acl,
      { acl: "private" },
      {},
      { acl: true },
      { acl: given("var.a") },
      ["high public-exposure acl-unknown"],
    ],
    ["an ACL that nobody asked for", acl, null, { acl: "private" }, { access_control_policy: true }, {}, []],
    [
      "a source",
      "aws_lambda_permission.p",
      null,
      call,
      { source_arn: true },
      { source_arn: { constant_value: "${aws_s3_bucket.b.arn}" } },
      ["high iam iam-added"],
    ],
    [
      "a source that nobody gives",
      "aws_lambda_permission.p",
      null,
      call,
      { source_account: true },
      { principal: {} },
      ["critical public-exposure permission-unbound", "high iam iam-added"],
    ],
  ])("%s", (_, address, before, after, unknown, expressions, expected) => {
    const resource_changes = [entryOf(address, { before, after, unknown })];
    const configuration = { root_module: { resources: [configured(address, expressions)] } };
    expect(verdictOf(documentOf({ resource_changes, configuration }))).toEqual(["COMPLETE", ...expected]);
  });
});

test("the policy of a private API that lets in anybody's endpoint is told of, below what is public", () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "*" };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: statement });
  const values = { endpoint_configuration: [{ types: ["PRIVATE"] }], policy };
  const document = documentOf({ resource_changes: [entryOf("aws_api_gateway_rest_api.a", { after: values })] });
  expect(verdictOf(document)).toEqual(["COMPLETE", "high public-exposure policy-public", "low iam iam-added"]);
});

describe("other providers' grants and openings", () => {
  const [member, policy] = ["google_project_iam_member.m", "google_storage_bucket_iam_policy.p"];
  const bindings = (...members: readonly string[]) => ({
    policy_data: JSON.stringify({ bindings: [{ role: "roles/viewer", members }] }),
  });
  const everybody = "critical public-exposure made-public";
  test.each<[string, string, JsonObject | null, JsonObject | null, readonly string[]]>([
    ["an owner", member, null, { role: "roles/owner", member: "user:a@example.com" }, ["critical iam role-added"]],
    ["a viewer", member, null, { role: "roles/viewer", member: "user:a@example.com" }, ["high iam role-added"]],
    [
      "a viewer who goes",
      member,
      { role: "roles/viewer", member: "user:a@example.com" },
      null,
      ["low iam role-removed"],
    ],
    [
      "everybody, in a policy",
      policy,
      bindings("user:a"),
      bindings("user:a", "allUsers"),
      [everybody, "high iam role-broadened"],
    ],
    ["one fewer, in a policy", policy, bindings("user:a", "user:b"), bindings("user:a"), ["low iam role-narrowed"]],
    [
      "an owner of a scope",
      "azurerm_role_assignment.r",
      null,
      { role_definition_name: "Owner", principal_id: "p" },
      ["critical iam role-added"],
    ],
    [
      "an administrator of a cluster",
      "kubernetes_cluster_role_binding_v1.b",
      null,
      { role_ref: [{ name: "cluster-admin" }], subject: [{ kind: "Group", name: "developers" }] },
      ["critical iam role-added"],
    ],
    [
      "a port",
      "azurerm_network_security_rule.r",
      null,
      { direction: "Inbound", access: "Allow", source_address_prefix: "*", destination_port_range: "22" },
      [everybody],
    ],
    [
      "a firewall",
      "google_compute_firewall.f",
      null,
      { source_ranges: ["0.0.0.0/0"], allow: [{ protocol: "tcp", ports: ["22"] }] },
      [everybody],
    ],
    [
      "a firewall of ours",
      "google_compute_firewall.f",
      null,
      { source_ranges: ["10.0.0.0/8"], allow: [{ protocol: "tcp" }] },
      [],
    ],
    [
      "a container",
      "azurerm_storage_container.c",
      { container_access_type: "private" },
      { container_access_type: "blob" },
      [everybody],
    ],
    [
      "a bucket",
      "google_storage_bucket.b",
      { public_access_prevention: "enforced" },
      { public_access_prevention: "inherited" },
      [everybody],
    ],
    ["a new bucket", "google_storage_bucket.b", null, { public_access_prevention: "inherited" }, []],
    [
      "a GraphQL API by key",
      "aws_appsync_graphql_api.g",
      { authentication_type: "AWS_IAM" },
      { authentication_type: "API_KEY" },
      ["high public-exposure authorization-changed"],
    ],
    [
      "a policy deep in a type",
      "awscc_iam_role.r",
      { policies: [] },
      {
        policies: [
          {
            policy_document: JSON.stringify({
              Version: "2012-10-17",
              Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
            }),
          },
        ],
      },
      ["critical iam iam-added"],
    ],
  ])("%s", (_, address, before, after, expected) => {
    const document = documentOf({ resource_changes: [entryOf(address, { before, after })] });
    expect(verdictOf(document)).toEqual(["COMPLETE", ...expected]);
  });
});
