import type { JsonObject } from "../../../plan-review/plan";
import { configured, entryOf, type Given } from "../plans";
import { constant, detected, lines, reference } from "./detected";

const loss = (address: string, given: Given) => lines("data-loss", detected([entryOf(address, given)]));
const replaced = (...path: readonly string[]): Partial<Given> => ({
  actions: ["delete", "create"],
  change: { replace_paths: [[...path]] },
});

describe("what is deleted or replaced", () => {
  test.each([
    ["aws_dynamodb_table", "table"],
    ["aws_s3_bucket", "bucket"],
    ["aws_sqs_queue", "queue"],
    ["aws_sns_topic", "topic"],
    ["aws_cloudwatch_log_group", "log-group"],
    ["aws_cognito_user_pool", "user-pool"],
    ["aws_kms_key", "kms-key"],
    ["aws_secretsmanager_secret", "secret"],
    ["aws_db_instance", "database"],
    ["aws_rds_cluster", "database-cluster"],
    ["aws_elasticache_replication_group", "cache"],
    ["aws_opensearch_domain", "search-domain"],
    ["aws_kinesis_stream", "stream"],
    ["aws_efs_file_system", "file-system"],
    ["aws_ebs_volume", "volume"],
    ["aws_ecr_repository", "repository"],
    ["aws_backup_vault", "backup-vault"],
    ["aws_dynamodb_table_item", "table-item"],
    ["aws_s3_object", "object"],
  ])("is data loss where it is a %s", (type, slug) => {
    const values = { name: "n" };
    expect(loss(`${type}.x`, { before: values })).toEqual([`critical ${slug}-deleted ${type}.x`]);
    expect(loss(`${type}.x`, { before: values, after: values, ...replaced("name") })).toEqual([
      `critical ${slug}-replaced ${type}.x`,
    ]);
    expect(loss(`${type}.x`, { after: values })).toEqual([]);
    expect(loss(`${type}.x`, { before: values, after: values, actions: ["no-op"] })).toEqual([]);
  });

  test.each([
    ["google_sql_database", "critical unknown-store-deleted"],
    ["google_sql_database_instance", "critical unknown-store-deleted"],
    ["azurerm_storage_account", "critical unknown-store-deleted"],
    ["azurerm_postgresql_flexible_server", "critical unknown-store-deleted"],
    ["azurerm_resource_group", "critical unknown-store-deleted"],
    ["kubernetes_persistent_volume_claim_v1", "critical unknown-store-deleted"],
    ["aws_new_thing_table", "critical unknown-store-deleted"],
    ["kubernetes_namespace_v1", "high unknown-store-deleted"],
    ["google_compute_instance", "high unknown-store-deleted"],
    ["aws_cloudformation_stack", "critical stack-deleted"],
    ["azurerm_route_table", undefined],
    ["google_compute_firewall", undefined],
    ["aws_route_table", undefined],
    ["aws_lambda_function", undefined],
  ])("of type %s, unknown to this review, is judged by its name", (type, line) => {
    expect(loss(`${type}.x`, { before: { name: "n" } })).toEqual(line ? [`${line} ${type}.x`] : []);
  });

  test("is in a module or has a key", () => {
    const address = 'module.a["b"].aws_sqs_queue.q[0]';
    const entry = { type: "aws_sqs_queue", name: "q", module_address: 'module.a["b"]', index: 0 };
    expect(loss(address, { before: {}, entry })).toEqual([`critical queue-deleted ${address}`]);
  });

  const details = (address: string, given: Given, others: readonly JsonObject[] = []) =>
    detected([entryOf(address, given), ...others]).find(({ section }) => section === "data-loss")?.details;

  test.each<[string, string, Given, readonly string[]]>([
    [
      "the path that forces it, with values",
      "aws_dynamodb_table.t",
      { before: { hash_key: "a" }, after: { hash_key: "b" }, ...replaced("hash_key") },
      ['hash_key: "a" → "b" forces the replacement'],
    ],
    [
      "a value that is known after apply",
      "aws_kinesis_stream.s",
      { before: { name: "a" }, after: {}, unknown: { name: true }, ...replaced("name") },
      ['name: "a" → (known after apply) forces the replacement'],
    ],
    [
      "a sensitive one by its place alone",
      "aws_sqs_queue.q",
      {
        before: { name: "a" },
        after: { name: "b" },
        actions: ["delete", "create"],
        change: { replace_paths: [["name"]], before_sensitive: { name: true } },
      },
      ["name: (sensitive) → (sensitive) forces the replacement"],
    ],
    [
      "a taint",
      "aws_sqs_queue.q",
      { before: {}, after: {}, actions: ["delete", "create"], entry: { action_reason: "replace_because_tainted" } },
      ["cause: it is tainted: its last apply failed half-way, or somebody ran terraform taint"],
    ],
    [
      "-replace",
      "aws_sqs_queue.q",
      { before: {}, after: {}, actions: ["create", "delete"], entry: { action_reason: "replace_by_request" } },
      ["cause: -replace asks for it", "the new one is made first, empty: nothing is copied"],
    ],
    [
      "a block that is gone",
      "aws_sqs_queue.q",
      { before: {}, entry: { action_reason: "delete_because_no_resource_config" } },
      ["cause: its block is no longer in the configuration"],
    ],
    [
      "a deposed object",
      "aws_sqs_queue.q",
      { before: {}, entry: { deposed: "a1b2c3d4" } },
      ["deposed object a1b2c3d4: an earlier run replaced it and could not delete it"],
    ],
    [
      "deletion protection",
      "aws_dynamodb_table.t",
      { before: { deletion_protection_enabled: true } },
      ["deletion protection is on: AWS refuses the delete, and the apply stops half-way"],
    ],
    [
      "the days in which a key can be saved",
      "aws_kms_key.k",
      { before: { deletion_window_in_days: 7 } },
      ["AWS deletes it after 7 days, in which the delete can be cancelled"],
    ],
    [
      "a bucket that will be emptied",
      "aws_s3_bucket.b",
      { before: { force_destroy: true } },
      ["force_destroy is on: all that it holds is deleted with it"],
    ],
    [
      "a bucket that must be empty",
      "aws_s3_bucket.b",
      { before: { force_destroy: false } },
      ["force_destroy is off: the delete fails while the bucket holds an object"],
    ],
  ])("comes with %s", (_, address, given, expected) => {
    expect(details(address, given)).toEqual(expected);
  });

  test("may be a rename, where another of the same name is created", () => {
    const other = (name: string) => entryOf("aws_dynamodb_table.new", { after: { name } });
    expect(details("aws_dynamodb_table.old", { before: { name: "orders" } }, [other("orders")])).toEqual([
      "aws_dynamodb_table.new is created under the same name: was the block renamed? A moved block from aws_dynamodb_table.old to aws_dynamodb_table.new keeps what is there",
    ]);
    expect(details("aws_dynamodb_table.old", { before: { name: "orders" } }, [other("others")])).toEqual([]);
  });

  test("is kept, no longer managed, where it is forgotten or skip_destroy is on", () => {
    expect(loss("aws_dynamodb_table.t", { before: { name: "t" }, actions: ["forget"] })).toEqual([
      "low kept aws_dynamodb_table.t",
    ]);
    expect(loss("aws_cloudwatch_log_group.l", { before: { skip_destroy: true } })).toEqual([
      "low kept aws_cloudwatch_log_group.l",
    ]);
    expect(loss("aws_cloudwatch_log_group.l", { before: { skip_destroy: false } })).toEqual([
      "critical log-group-deleted aws_cloudwatch_log_group.l",
    ]);
    expect(detected([entryOf("aws_dynamodb_table.t", { before: {}, actions: ["forget"] })])[0]?.title).toBe(
      "table is kept, no longer managed",
    );
  });
});

type Side = readonly [before: JsonObject, after: JsonObject];

describe("protection", () => {
  const pitr = (enabled: boolean, days = 35): JsonObject => ({
    point_in_time_recovery: [{ enabled, recovery_period_in_days: days }],
  });
  const versioning = (status: string): JsonObject => ({ versioning_configuration: [{ status }] });
  test.each<[string, Side, Side]>([
    [
      "aws_dynamodb_table",
      [{ deletion_protection_enabled: true }, { deletion_protection_enabled: false }],
      [{ deletion_protection_enabled: false }, { deletion_protection_enabled: true }],
    ],
    ["aws_dynamodb_table", [pitr(true), pitr(false)], [pitr(false), pitr(true)]],
    ["aws_dynamodb_table", [pitr(true), { point_in_time_recovery: [] }], [pitr(false), { point_in_time_recovery: [] }]],
    ["aws_dynamodb_table", [pitr(true), {}], [{}, pitr(true)]],
    ["aws_dynamodb_table", [pitr(true, 35), pitr(true, 7)], [pitr(true, 7), pitr(true, 35)]],
    [
      "aws_dynamodb_table",
      [{ ttl: [{ enabled: false }] }, { ttl: [{ enabled: true }] }],
      [{ ttl: [{ enabled: true }] }, { ttl: [{ enabled: false }] }],
    ],
    [
      "aws_db_instance",
      [{ deletion_protection: true }, { deletion_protection: null }],
      [{}, { deletion_protection: false }],
    ],
    [
      "aws_cognito_user_pool",
      [{ deletion_protection: "ACTIVE" }, { deletion_protection: "INACTIVE" }],
      [{ deletion_protection: "INACTIVE" }, { deletion_protection: "ACTIVE" }],
    ],
    [
      "aws_s3_bucket",
      [{ force_destroy: false }, { force_destroy: true }],
      [{ force_destroy: true }, { force_destroy: false }],
    ],
    [
      "aws_s3_bucket",
      [{ force_destroy: null }, { force_destroy: true }],
      [{ force_destroy: null }, { force_destroy: false }],
    ],
    [
      "aws_s3_bucket",
      [{ versioning: [{ enabled: true }] }, { versioning: [{ enabled: false }] }],
      [{ versioning: [{ enabled: false }] }, { versioning: [] }],
    ],
    [
      "aws_s3_bucket_versioning",
      [versioning("Enabled"), versioning("Suspended")],
      [versioning("Suspended"), versioning("Enabled")],
    ],
    [
      "aws_s3_bucket_versioning",
      [versioning("Enabled"), versioning("Disabled")],
      [versioning("Disabled"), versioning("Suspended")],
    ],
    [
      "aws_cloudwatch_log_group",
      [{ retention_in_days: 30 }, { retention_in_days: 29 }],
      [{ retention_in_days: 30 }, { retention_in_days: 31 }],
    ],
    [
      "aws_cloudwatch_log_group",
      [{ retention_in_days: 0 }, { retention_in_days: 3653 }],
      [{ retention_in_days: 3653 }, { retention_in_days: 0 }],
    ],
    [
      "aws_cloudwatch_log_group",
      [{ retention_in_days: null }, { retention_in_days: 30 }],
      [{ retention_in_days: 30 }, { retention_in_days: null }],
    ],
    [
      "aws_sqs_queue",
      [{ message_retention_seconds: 345_600 }, { message_retention_seconds: 345_599 }],
      [{ message_retention_seconds: null }, { message_retention_seconds: 345_600 }],
    ],
    [
      "aws_kinesis_stream",
      [{ retention_period: 48 }, { retention_period: 24 }],
      [{ retention_period: 24 }, { retention_period: 48 }],
    ],
    [
      "aws_rds_cluster",
      [{ backup_retention_period: 7 }, { backup_retention_period: 0 }],
      [{ backup_retention_period: 1 }, { backup_retention_period: 7 }],
    ],
    [
      "aws_kms_key",
      [{ deletion_window_in_days: 30 }, { deletion_window_in_days: 7 }],
      [{ deletion_window_in_days: 7 }, { deletion_window_in_days: 30 }],
    ],
    [
      "aws_secretsmanager_secret",
      [{ recovery_window_in_days: null }, { recovery_window_in_days: 0 }],
      [{ recovery_window_in_days: 0 }, { recovery_window_in_days: 7 }],
    ],
    [
      "aws_db_instance",
      [{ skip_final_snapshot: false }, { skip_final_snapshot: true }],
      [{ skip_final_snapshot: true }, { skip_final_snapshot: false }],
    ],
    [
      "google_sql_database_instance",
      [{ deletion_protection: true }, { deletion_protection: false }],
      [{ deletion_protection: false }, { deletion_protection: true }],
    ],
  ])("of a %s is told where it weakens: %j, and not where it does not: %j", (type, weaker, other) => {
    const of = ([before, after]: Side) => loss(`${type}.x`, { before, after });
    expect(of(weaker)).toEqual([`critical protection-weakened ${type}.x`]);
    expect(of(other)).toEqual([]);
  });

  test("that is unknown until apply is not taken for the same", () => {
    const given = (value: boolean): Given => ({
      before: { deletion_protection: value },
      after: {},
      unknown: { deletion_protection: true },
    });
    expect(loss("aws_db_instance.d", given(true))).toEqual(["high protection-unknown aws_db_instance.d"]);
    expect(loss("aws_db_instance.d", given(false))).toEqual([]);
  });

  test("weakens also where the resource is replaced", () => {
    const [before, after] = [pitr(true), pitr(false)];
    expect(loss("aws_dynamodb_table.t", { before, after, ...replaced("hash_key") })).toEqual([
      "critical protection-weakened aws_dynamodb_table.t",
      "critical table-replaced aws_dynamodb_table.t",
    ]);
  });

  const bucket = (given: Given) => entryOf("aws_s3_bucket.b", given);
  const ofBucket = (type: string, given: Given) =>
    [entryOf(`${type}.x`, given), configured(`${type}.x`, { bucket: reference("aws_s3_bucket.b.id") })] as const;
  const stays = bucket({ before: { id: "b" }, after: { id: "b" }, actions: ["no-op"] });

  test("goes with the resource that is it, unless what it protects goes, too", () => {
    const [entry, config] = ofBucket("aws_s3_bucket_versioning", { before: { bucket: "b", ...versioning("Enabled") } });
    const weakened = ["critical protection-removed aws_s3_bucket_versioning.x"];
    expect(lines("data-loss", detected([entry, stays], [config]))).toEqual(weakened);
    expect(lines("data-loss", detected([entry]))).toEqual(weakened);
    expect(lines("data-loss", detected([entry, bucket({ before: { id: "b" } })], [config]))).toEqual([
      "critical bucket-deleted aws_s3_bucket.b",
    ]);
    const [suspended] = ofBucket("aws_s3_bucket_versioning", { before: { bucket: "b", ...versioning("Suspended") } });
    expect(lines("data-loss", detected([suspended, stays], [config]))).toEqual([]);
  });

  const rule = (days: number, more: JsonObject = {}): JsonObject => ({
    id: "r",
    status: "Enabled",
    expiration: [{ days }],
    ...more,
  });

  test.each<[string, readonly JsonObject[] | null, readonly JsonObject[], number]>([
    ["begins", null, [rule(30)], 1],
    ["comes sooner", [rule(31)], [rule(30)], 1],
    ["comes later", [rule(30)], [rule(31)], 0],
    ["is enabled", [rule(30, { status: "Disabled" })], [rule(30)], 1],
    ["is disabled", [rule(30)], [rule(30, { status: "Disabled" })], 0],
    ["takes earlier versions", [], [{ status: "Enabled", noncurrent_version_expiration: [{ noncurrent_days: 1 }] }], 1],
    [
      "is of unfinished uploads",
      [],
      [{ status: "Enabled", abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] }],
      0,
    ],
    ["takes another prefix", [rule(30, { filter: [{ prefix: "a" }] })], [rule(30, { filter: [{ prefix: "" }] })], 1],
  ])("from expiry is lost where it %s", (_, before, after, count) => {
    const given = { before: before && { bucket: "b", rule: before }, after: { bucket: "b", rule: after } };
    const [entry, config] = ofBucket("aws_s3_bucket_lifecycle_configuration", given);
    const told = Array<string>(count).fill("critical expiry-added aws_s3_bucket_lifecycle_configuration.x");
    expect(lines("data-loss", detected([entry, stays], [config]))).toEqual(told);
    expect(lines("data-loss", detected([entry, bucket({ after: {} })], [config]))).toEqual([]);
  });

  test("of a global table weakens with each replica that goes", () => {
    const regions = (...names: readonly string[]) => ({ replica: names.map((region_name) => ({ region_name })) });
    const of = (before: JsonObject, after: JsonObject) => loss("aws_dynamodb_table.t", { before, after });
    expect(of(regions("eu-west-1", "us-east-1"), regions("us-east-1"))).toEqual([
      "critical table-replica-removed aws_dynamodb_table.t",
    ]);
    expect(of(regions("us-east-1"), regions("us-east-1", "eu-west-1"))).toEqual([]);
  });

  test("that a constant repeats is the same", () => {
    const entry = entryOf("aws_sqs_queue.q", {
      before: { message_retention_seconds: 60 },
      after: { message_retention_seconds: 60 },
    });
    const config = configured("aws_sqs_queue.q", { message_retention_seconds: constant(60) });
    expect(lines("data-loss", detected([entry], [config]))).toEqual([]);
  });
});
