import type { JsonObject } from "../../../plan-review/plan";
import { entryOf, type Given } from "../plans";
import { detected, lines } from "./detected";

const bill = (address: string, given: Given) =>
  lines("cost", detected([entryOf(address, given)])).map((line) => line.replace(` ${address}`, ""));

const up = ["medium cost-up"];
const down = ["medium cost-down"];
const either = ["medium cost-changed"];

describe("the bill", () => {
  test.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ["aws_dynamodb_table", { billing_mode: "PROVISIONED" }, { billing_mode: "PAY_PER_REQUEST" }, either],
    [
      "aws_dynamodb_table",
      { billing_mode: "PROVISIONED", read_capacity: 5 },
      { billing_mode: "PROVISIONED", read_capacity: 6 },
      up,
    ],
    [
      "aws_dynamodb_table",
      { billing_mode: "PAY_PER_REQUEST", read_capacity: 5 },
      { billing_mode: "PAY_PER_REQUEST", read_capacity: 0 },
      [],
    ],
    [
      "aws_dynamodb_table",
      { billing_mode: "PROVISIONED", global_secondary_index: [{ name: "a", read_capacity: 5 }] },
      { billing_mode: "PROVISIONED", global_secondary_index: [{ name: "a", read_capacity: 4 }] },
      down,
    ],
    ["aws_lambda_function", { memory_size: 128 }, { memory_size: 129 }, up],
    ["aws_lambda_function", { memory_size: 129 }, { memory_size: 128 }, down],
    ["aws_lambda_function", { memory_size: 128 }, { memory_size: 128, timeout: 9 }, []],
    ["aws_lambda_function", { architectures: ["arm64"] }, { architectures: ["x86_64"] }, up],
    [
      "aws_lambda_provisioned_concurrency_config",
      { provisioned_concurrent_executions: 1 },
      { provisioned_concurrent_executions: 5 },
      up,
    ],
    ["aws_cloudwatch_log_group", { retention_in_days: 30 }, { retention_in_days: 31 }, up],
    ["aws_cloudwatch_log_group", { retention_in_days: 30 }, { retention_in_days: 0 }, up],
    ["aws_cloudwatch_log_group", { retention_in_days: 0 }, { retention_in_days: 30 }, down],
    ["aws_cloudwatch_log_group", { retention_in_days: 0 }, { retention_in_days: null }, []],
    ["aws_api_gateway_stage", { cache_cluster_enabled: false }, { cache_cluster_enabled: true }, up],
    ["aws_api_gateway_stage", { cache_cluster_size: "0.5" }, { cache_cluster_size: "6.1" }, up],
    ["aws_db_instance", { instance_class: "db.r6g.large" }, { instance_class: "db.r6g.2xlarge" }, up],
    ["aws_db_instance", { instance_class: "db.r6g.xlarge" }, { instance_class: "db.r6g.large" }, down],
    ["aws_db_instance", { instance_class: "db.r6g.large" }, { instance_class: "db.m6g.large" }, either],
    ["aws_elasticache_cluster", { num_cache_nodes: 1 }, { num_cache_nodes: 2 }, up],
    ["aws_kinesis_stream", { shard_count: 2 }, { shard_count: 1 }, down],
    ["aws_sqs_queue", { delay_seconds: 1 }, { delay_seconds: 2 }, []],
  ])("of a %s goes its way: %j → %j", (type, before, after, expected) => {
    expect(bill(`${type}.x`, { before, after })).toEqual(expected);
  });

  test.each<[string, JsonObject]>([
    ["aws_nat_gateway", {}],
    ["aws_kms_key", {}],
    ["aws_vpc_endpoint", { vpc_endpoint_type: "Interface" }],
    ["aws_api_gateway_stage", { cache_cluster_enabled: true }],
  ])("grows with a %s, and shrinks without it", (type, values) => {
    expect(bill(`${type}.x`, { after: values })).toEqual(up);
    expect(bill(`${type}.x`, { before: values })).toEqual(down);
    expect(bill(`${type}.x`, { before: values, after: values, actions: ["delete", "create"] })).toEqual([]);
  });

  test("does not grow with what is paid for by use", () => {
    expect(bill("aws_vpc_endpoint.x", { after: { vpc_endpoint_type: "Gateway" } })).toEqual([]);
    expect(bill("aws_lambda_function.x", { after: { memory_size: 1024 } })).toEqual([]);
  });

  test("cannot be told where it is unknown until apply", () => {
    expect(
      bill("aws_lambda_function.x", { before: { memory_size: 1 }, after: {}, unknown: { memory_size: true } }),
    ).toEqual([]);
  });
});
