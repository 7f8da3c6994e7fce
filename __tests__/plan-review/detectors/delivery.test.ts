import type { JsonObject } from "../../../plan-review/plan";
import { configured, entryOf, type Given } from "../plans";
import { detected, lines, reference } from "./detected";

const stopped = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []) =>
  lines("delivery", detected(changes, resources));
const one = (address: string, given: Given) => stopped([entryOf(address, given)]);
const stays = (address: string, values: JsonObject) =>
  entryOf(address, { before: values, after: values, actions: ["no-op"] });

const M = "aws_lambda_event_source_mapping.m";
const mapping = (more: JsonObject = {}): JsonObject => ({
  enabled: true,
  event_source_arn: "arn:aws:sqs:eu-west-1:1:q",
  function_name: "f",
  ...more,
});
const filter = (...patterns: readonly JsonObject[]): JsonObject => ({
  filter_criteria:
    patterns.length > 0 ? [{ filter: patterns.map((pattern) => ({ pattern: JSON.stringify(pattern) })) }] : [],
});
const failing = (destination_arn: string): JsonObject => ({
  destination_config: [{ on_failure: [{ destination_arn }] }],
});

describe("an event source mapping", () => {
  test.each<[string, JsonObject, JsonObject, string | undefined]>([
    ["is disabled", {}, { enabled: false }, "high mapping-disabled"],
    ["is enabled", { enabled: false }, {}, undefined],
    ["stays disabled", { enabled: false, batch_size: 1 }, { enabled: false, batch_size: 2 }, undefined],
    ["gets a filter", filter(), filter({ a: [1] }), "high filter-narrowed"],
    ["loses its filter", filter({ a: [1] }), filter(), undefined],
    ["loses one pattern", filter({ a: [1] }, { b: [1] }), filter({ a: [1] }), "high filter-narrowed"],
    ["gets one more pattern", filter({ a: [1] }), filter({ a: [1] }, { b: [1] }), undefined],
    ["gets another filter", filter({ a: [1] }), filter({ a: [2] }), "high filter-narrowed"],
    ["has its filter written anew", filter({ a: [1], b: [2] }), filter({ b: [2], a: [1] }), undefined],
    ["drops what fails", failing("arn:dlq"), { destination_config: [] }, "high failure-destination-removed"],
    ["keeps what fails", { destination_config: [] }, failing("arn:dlq"), undefined],
    ["gives up sooner", { maximum_retry_attempts: -1 }, { maximum_retry_attempts: 5 }, "high given-up-sooner"],
    ["gives up later", { maximum_retry_attempts: 5 }, { maximum_retry_attempts: 6 }, undefined],
    [
      "repeats whole batches",
      { function_response_types: ["ReportBatchItemFailures"] },
      { function_response_types: [] },
      "high partial-responses-off",
    ],
    ["goes to another function", {}, { function_name: "g" }, "high mapping-function-changed"],
  ])("%s", (_, before, after, expected) => {
    expect(one(M, { before: mapping(before), after: mapping(after) })).toEqual(expected ? [`${expected} ${M}`] : []);
  });

  test("may be disabled by what is unknown until apply", () => {
    const unknown = { enabled: true };
    expect(one(M, { before: mapping(), after: {}, unknown })).toContain(`high mapping-unknown ${M}`);
  });

  test("is deleted, alone or with all that it joins", () => {
    const arn = "arn:aws:sqs:eu-west-1:1:q";
    const change = entryOf(M, { before: mapping() });
    const [queue, lambda] = [{ arn }, { function_name: "f" }];
    expect(stopped([change])).toEqual([`high mapping-deleted ${M}`]);
    const both = [entryOf("aws_sqs_queue.q", { before: queue }), entryOf("aws_lambda_function.f", { before: lambda })];
    expect(stopped([change, ...both])).toContain(`low mapping-deleted ${M}`);
    const queueAlone = [entryOf("aws_sqs_queue.q", { before: queue }), stays("aws_lambda_function.f", lambda)];
    expect(stopped([change, ...queueAlone])).toEqual([`high mapping-deleted ${M}`]);
  });

  test("is replaced: at LATEST, records are lost between the two", () => {
    const of = (more: JsonObject) =>
      one(M, {
        before: mapping(more),
        after: mapping(more),
        actions: ["delete", "create"],
        change: { replace_paths: [["event_source_arn"]] },
      });
    expect(of({ starting_position: "LATEST" })).toEqual([`high mapping-replaced ${M}`]);
    expect(of({ starting_position: "TRIM_HORIZON" })).toEqual([`medium mapping-replaced ${M}`]);
    expect(of({})).toEqual([`medium mapping-replaced ${M}`]);
  });

  test("needs a queue that hides messages while the function works", () => {
    const arn = "arn:aws:sqs:eu-west-1:1:q";
    const queue = (before: number, after: number) =>
      entryOf("aws_sqs_queue.q", {
        before: { arn, visibility_timeout_seconds: before },
        after: { arn, visibility_timeout_seconds: after },
        actions: [before === after ? "no-op" : "update"],
      });
    const lambda = (before: number, after: number) =>
      entryOf("aws_lambda_function.f", {
        before: { function_name: "f", timeout: before },
        after: { function_name: "f", timeout: after },
        actions: [before === after ? "no-op" : "update"],
      });
    const of = (...changes: readonly JsonObject[]) => stopped([stays(M, mapping()), ...changes]);
    expect(of(queue(60, 9), lambda(10, 10))).toEqual(["high visibility-below-timeout aws_sqs_queue.q"]);
    expect(of(queue(60, 10), lambda(10, 10))).toEqual([]);
    expect(of(queue(60, 60), lambda(10, 61))).toEqual(["high visibility-below-timeout aws_lambda_function.f"]);
    expect(of(queue(5, 6), lambda(10, 10))).toEqual([]);
  });
});

describe("a setting", () => {
  const redrive = (count: number, target = "arn:dlq"): JsonObject => ({
    redrive_policy: JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount: count }),
  });
  test.each<[string, string, JsonObject, JsonObject, string | undefined]>([
    ["stream off", "aws_dynamodb_table", { stream_enabled: true }, { stream_enabled: false }, "high stream-off"],
    ["stream on", "aws_dynamodb_table", { stream_enabled: false }, { stream_enabled: true }, undefined],
    [
      "stream with less in it",
      "aws_dynamodb_table",
      { stream_view_type: "NEW_AND_OLD_IMAGES" },
      { stream_view_type: "KEYS_ONLY" },
      "high stream-view-changed",
    ],
    [
      "index gone",
      "aws_dynamodb_table",
      { global_secondary_index: [{ name: "a" }, { name: "b" }] },
      { global_secondary_index: [{ name: "b" }] },
      "high index-removed",
    ],
    [
      "index new",
      "aws_dynamodb_table",
      { global_secondary_index: [] },
      { global_secondary_index: [{ name: "b" }] },
      undefined,
    ],
    ["redrive gone", "aws_sqs_queue", redrive(5), { redrive_policy: "" }, "high redrive-removed"],
    ["redrive new", "aws_sqs_queue", { redrive_policy: "" }, redrive(5), undefined],
    ["redrive sooner", "aws_sqs_queue", redrive(5), redrive(1), "medium redrive-changed"],
    ["redrive elsewhere", "aws_sqs_queue", redrive(5), redrive(5, "arn:other"), "medium redrive-changed"],
    [
      "redrive written anew",
      "aws_sqs_queue",
      redrive(5),
      { redrive_policy: '{"maxReceiveCount":5, "deadLetterTargetArn":"arn:dlq"}' },
      undefined,
    ],
    [
      "smaller messages",
      "aws_sqs_queue",
      { max_message_size: 262_144 },
      { max_message_size: 1024 },
      "high message-size-lowered",
    ],
    [
      "subscription filter",
      "aws_sns_topic_subscription",
      { filter_policy: "" },
      { filter_policy: '{"a":["b"]}' },
      "high filter-narrowed",
    ],
    [
      "subscription without filter",
      "aws_sns_topic_subscription",
      { filter_policy: '{"a":["b"]}' },
      { filter_policy: "" },
      undefined,
    ],
    [
      "subscription's filter written anew",
      "aws_sns_topic_subscription",
      { filter_policy: '{"a":["b"]}' },
      { filter_policy: '{ "a": ["b"] }' },
      undefined,
    ],
    [
      "concurrency 0",
      "aws_lambda_function",
      { reserved_concurrent_executions: -1 },
      { reserved_concurrent_executions: 0 },
      "high concurrency-zero",
    ],
    [
      "concurrency lower",
      "aws_lambda_function",
      { reserved_concurrent_executions: 10 },
      { reserved_concurrent_executions: 9 },
      "high concurrency-lowered",
    ],
    [
      "concurrency higher",
      "aws_lambda_function",
      { reserved_concurrent_executions: 9 },
      { reserved_concurrent_executions: 10 },
      undefined,
    ],
    [
      "concurrency unreserved",
      "aws_lambda_function",
      { reserved_concurrent_executions: 9 },
      { reserved_concurrent_executions: -1 },
      undefined,
    ],
    [
      "dead-letter target gone",
      "aws_lambda_function",
      { dead_letter_config: [{ target_arn: "a" }] },
      { dead_letter_config: [] },
      "high dead-letter-removed",
    ],
    [
      "destination gone",
      "aws_lambda_function_event_invoke_config",
      failing("a"),
      { destination_config: [] },
      "high failure-destination-removed",
    ],
    ["rule disabled", "aws_cloudwatch_event_rule", { state: "ENABLED" }, { state: "DISABLED" }, "high rule-disabled"],
    [
      "rule disabled, the old way",
      "aws_cloudwatch_event_rule",
      { is_enabled: true },
      { is_enabled: false },
      "high rule-disabled",
    ],
    [
      "rule's pattern",
      "aws_cloudwatch_event_rule",
      { event_pattern: '{"a":["b"]}' },
      { event_pattern: '{"a":["c"]}' },
      "high filter-narrowed",
    ],
    [
      "alarm silenced",
      "aws_cloudwatch_metric_alarm",
      { actions_enabled: true },
      { actions_enabled: false },
      "high alarm-silenced",
    ],
    [
      "alarm without actions",
      "aws_cloudwatch_metric_alarm",
      { alarm_actions: ["a"] },
      { alarm_actions: [] },
      "high alarm-silenced",
    ],
    [
      "alarm at another value",
      "aws_cloudwatch_metric_alarm",
      { threshold: 1 },
      { threshold: 100 },
      "medium alarm-changed",
    ],
    ["key disabled", "aws_kms_key", { is_enabled: true }, { is_enabled: false }, "high key-disabled"],
    [
      "method that answers by itself",
      "aws_api_gateway_integration",
      { type: "AWS" },
      { type: "MOCK" },
      "high integration-mocked",
    ],
    [
      "no calls",
      "aws_api_gateway_method_settings",
      { settings: [{ throttling_rate_limit: -1 }] },
      { settings: [{ throttling_rate_limit: 0 }] },
      "high limit-zero",
    ],
    [
      "fewer calls",
      "aws_api_gateway_usage_plan",
      { throttle_settings: [{ rate_limit: 50 }] },
      { throttle_settings: [{ rate_limit: 49 }] },
      "medium limit-lowered",
    ],
    [
      "more calls",
      "aws_api_gateway_usage_plan",
      { throttle_settings: [{ rate_limit: 49 }] },
      { throttle_settings: [{ rate_limit: 50 }] },
      undefined,
    ],
    [
      "a stage leaves the plan",
      "aws_api_gateway_usage_plan",
      { api_stages: [{ api_id: "a", stage: "prod" }] },
      { api_stages: [] },
      "high usage-plan-narrowed",
    ],
    [
      "notification gone",
      "aws_s3_bucket_notification",
      { queue: [{ queue_arn: "a", events: ["x"] }] },
      { queue: [] },
      "high notification-removed",
    ],
    [
      "notification new",
      "aws_s3_bucket_notification",
      { queue: [] },
      { queue: [{ queue_arn: "a", events: ["x"] }] },
      undefined,
    ],
  ])("%s", (_, type, before, after, expected) => {
    const found = one(`${type}.x`, { before, after }).filter((line) => !line.includes("api-not-redeployed"));
    expect(found).toEqual(expected ? [`${expected} ${type}.x`] : []);
  });
});

describe("what is deleted", () => {
  test.each([
    ["aws_sns_topic_subscription", "high subscription-deleted"],
    ["aws_cloudwatch_event_target", "high rule-s-target-deleted"],
    ["aws_api_gateway_usage_plan_key", "high api-key-s-place-in-a-usage-plan-deleted"],
    ["aws_cloudwatch_metric_alarm", "medium alarm-deleted"],
    ["aws_api_gateway_account", "high api-gateway-s-role-for-logs-deleted"],
    ["aws_lambda_permission", "high permission-deleted"],
  ])("is felt: %s", (type, line) => {
    expect(one(`${type}.x`, { before: { principal: "sns.amazonaws.com" } })).toEqual([`${line} ${type}.x`]);
  });

  test("is not felt where what it serves goes, too", () => {
    const S = "aws_sns_topic_subscription.s";
    const topic = { arn: "arn:t" };
    const before = { topic_arn: "arn:t" };
    expect(stopped([entryOf(S, { before }), stays("aws_sns_topic.t", topic)])).toEqual([
      `high subscription-deleted ${S}`,
    ]);
    expect(stopped([entryOf(S, { before }), entryOf("aws_sns_topic.t", { before: topic })])).toEqual([
      `low subscription-deleted ${S}`,
    ]);
  });

  test("may be a rename", () => {
    const values = { topic_arn: "arn:t", endpoint: "a@example.com" };
    const found = detected([
      entryOf("aws_sns_topic_subscription.old", { before: values }),
      entryOf("aws_sns_topic_subscription.new", { after: values }),
    ]);
    expect(found.find(({ rule }) => rule === "subscription-deleted")?.details[0]).toMatch(
      "aws_sns_topic_subscription.new is created as its equal: was the block renamed?",
    );
  });
});

describe("what belongs to something that is replaced", () => {
  const F = "aws_lambda_function.f";
  const P = "aws_lambda_permission.p";
  const permission = { function_name: "f", principal: "sns.amazonaws.com", action: "lambda:InvokeFunction" };
  const lambda = (after: JsonObject, unknown: JsonObject = {}) =>
    entryOf(F, {
      before: { function_name: "f" },
      after,
      unknown,
      actions: ["delete", "create"],
      change: { replace_paths: [["package_type"]] },
    });

  test("goes with it where the name stays, and Terraform does not know", () => {
    const found = stopped([lambda({ function_name: "f" }), stays(P, permission)]);
    expect(found).toEqual([`high function-replaced ${F}`, `high permission-lost ${P}`]);
  });

  test("is made anew where the name changes", () => {
    const changed = entryOf(P, {
      before: permission,
      after: { ...permission, function_name: "g" },
      actions: ["delete", "create"],
      change: { replace_paths: [["function_name"]] },
    });
    expect(stopped([lambda({ function_name: "g" }), changed])).toEqual([`high function-replaced ${F}`]);
  });

  test("stays where nothing is replaced", () => {
    expect(stopped([stays(F, { function_name: "f" }), stays(P, permission)])).toEqual([]);
  });

  test("goes, too, where the block of the other was renamed", () => {
    const renamed = [
      entryOf("aws_lambda_function.old", { before: { function_name: "f" } }),
      entryOf("aws_lambda_function.new", { after: { function_name: "f" } }),
      stays(P, permission),
    ];
    const config = [configured(P, { function_name: reference("aws_lambda_function.new.function_name") })];
    expect(stopped(renamed, config)).toContain(`high permission-lost ${P}`);
  });

  test("is a bucket's policy or block as well", () => {
    const B = "aws_s3_bucket_public_access_block.b";
    const changes = [
      entryOf("aws_s3_bucket.x", { before: { bucket: "x" }, after: { bucket: "x" }, actions: ["delete", "create"] }),
      stays(B, { bucket: "x" }),
    ];
    expect(stopped(changes)).toEqual([`high lost-with-replaced ${B}`]);
  });
});

describe("a REST API", () => {
  const A = "aws_api_gateway_rest_api.a";
  const METHOD = "aws_api_gateway_method.m";
  const D = "aws_api_gateway_deployment.d";
  const api = stays(A, { id: "a1" });
  const values = { rest_api_id: "a1", resource_id: "r", http_method: "POST", authorization: "AWS_IAM" };
  const stage = (before: string, after: string | null) =>
    entryOf("aws_api_gateway_stage.s", {
      before: { rest_api_id: "a1", deployment_id: before },
      after: { rest_api_id: "a1", deployment_id: after },
      actions: [before === after ? "no-op" : "update"],
      unknown: after === null ? { deployment_id: true } : {},
    });
  const deployment = (actions: readonly string[]) =>
    entryOf(D, { before: { rest_api_id: "a1" }, after: { rest_api_id: "a1" }, actions });
  const redeployed = [deployment(["create", "delete"]), stage("d1", null)];
  const notRedeployed = [deployment(["no-op"]), stage("d1", "d1")];
  const update = entryOf(METHOD, { before: values, after: { ...values, request_validator_id: "v" } });

  test("that changes needs a new deployment", () => {
    expect(stopped([api, update, ...redeployed])).toEqual([]);
    expect(stopped([api, update, ...notRedeployed])).toEqual([`high api-not-redeployed ${A}`]);
    expect(stopped([api, update])).toEqual([`high api-not-redeployed ${A}`]);
  });

  test("whose description alone changes needs none", () => {
    const described = entryOf(METHOD, { before: values, after: { ...values, operation_name: "n" } });
    expect(stopped([api, described, ...notRedeployed])).toEqual([]);
    const tagged = entryOf(A, { before: { id: "a1" }, after: { id: "a1", tags: { a: "b" } } });
    expect(stopped([tagged, ...notRedeployed])).toEqual([]);
    const binary = entryOf(A, { before: { id: "a1" }, after: { id: "a1", binary_media_types: ["image/png"] } });
    expect(stopped([binary, ...notRedeployed])).toEqual([`high api-not-redeployed ${A}`]);
  });

  test("that is new, or goes, interrupts nothing by that", () => {
    expect(stopped([entryOf(A, { after: { id: "a1" } }), entryOf(METHOD, { after: values })])).toEqual([]);
    expect(stopped([entryOf(A, { before: { id: "a1" } }), entryOf(METHOD, { before: values })])).toEqual([
      `high api-deleted ${A}`,
    ]);
  });

  test("gets no deployment from another API", () => {
    const other = entryOf(D, { after: { rest_api_id: "other" } });
    expect(stopped([api, update, other, stage("d1", "d1")])).toEqual([`high api-not-redeployed ${A}`]);
  });

  test("goes on serving a route that is removed while it is deployed", () => {
    const removed = entryOf(METHOD, { before: values });
    expect(stopped([api, removed, ...redeployed])).toEqual([`high removed-route-stays-live ${METHOD}`]);
    const [found] = detected([api, removed, ...redeployed]);
    expect(found?.title).toBe("the removed route stays live: the new deployment is made before it is deleted");
  });

  test("needs a stage that changes to its new deployment", () => {
    expect(stopped([api, update, deployment(["create", "delete"]), stage("d1", "d1")])).toEqual([
      `high deployment-unused ${D}`,
    ]);
  });
});

describe("an HTTP API", () => {
  const route = entryOf("aws_apigatewayv2_route.r", {
    before: { api_id: "a1", route_key: "GET /a", authorization_type: "JWT", target: "x" },
    after: { api_id: "a1", route_key: "GET /a", authorization_type: "JWT", target: "y" },
  });
  const api = stays("aws_apigatewayv2_api.a", { id: "a1" });
  const stage = (auto_deploy: boolean) => stays("aws_apigatewayv2_stage.s", { api_id: "a1", auto_deploy });

  test("that changes needs a stage that deploys by itself, or a deployment", () => {
    expect(stopped([api, route, stage(true)])).toEqual([]);
    expect(stopped([api, route, stage(false)])).toEqual(["high api-not-redeployed aws_apigatewayv2_api.a"]);
    const deployed = entryOf("aws_apigatewayv2_deployment.d", { after: { api_id: "a1" } });
    expect(stopped([api, route, stage(false), deployed])).toEqual([]);
  });
});
