import type { Change, Json, JsonObject, Path } from "../plan";
import { isMarkedWithin, pathText, shown, valueAt } from "../values";
import { type Found, foundIn } from "./found";
import { isMade, isRemoved, type PlanIndex } from "./plan-index";

const section = "cost" as const;

type Direction = "up" | "down" | "either";

/** An attribute that is paid for, and which way. */
interface Price {
  readonly path: Path;
  readonly what: string;
  readonly direction: (before: Json | undefined, after: Json | undefined) => Direction | undefined;
  /** What 0 and nothing mean. @default - what they say */
  readonly unset?: string;
}

/** More is dearer. */
const amount = (path: Path, what: string, unset = 0): Price => ({
  path,
  what,
  direction: (before, after) => {
    const [old, next] = [Number(before ?? unset), Number(after ?? unset)];
    return old === next || Number.isNaN(next - old) ? undefined : next > old ? "up" : "down";
  },
});

/** On is dearer. */
const flag = (path: Path, what: string): Price => ({
  path,
  what,
  direction: (before, after) => (Boolean(before) === Boolean(after) ? undefined : after ? "up" : "down"),
});

/** From the cheapest to the dearest; what is not among them may go either way. */
const ranked = (path: Path, what: string, ranks: readonly string[], unset = ""): Price => ({
  path,
  what,
  direction: (before, after) => {
    const [old, next] = [String(before ?? unset), String(after ?? unset)];
    if (old === next || old === "" || next === "") return undefined;
    const [from, to] = [ranks.indexOf(old), ranks.indexOf(next)];
    return from < 0 || to < 0 ? "either" : to > from ? "up" : "down";
  },
});

const sizes = ["nano", "micro", "small", "medium", "large", "xlarge"];

/** `db.r6g.2xlarge`: sizes compare within one family. */
function sizeOf(type: string): { readonly family: string; readonly size: number } | undefined {
  const parts = type.split(".").filter((part) => part !== "search" && part !== "elasticsearch");
  const [, times, name] = /^(\d*)(nano|micro|small|medium|large|xlarge)$/.exec(parts.at(-1) ?? "") ?? [];
  if (name === undefined) return undefined;
  return { family: parts.slice(0, -1).join("."), size: 2 ** sizes.indexOf(name) * Number(times || 1) };
}

const instance = (path: Path): Price => ({
  path,
  what: "size of the instance",
  direction: (before, after) => {
    if (before === after || typeof before !== "string" || typeof after !== "string") return undefined;
    const [old, next] = [sizeOf(before), sizeOf(after)];
    if (!old || !next || old.family !== next.family || old.size === next.size) return "either";
    return next.size > old.size ? "up" : "down";
  },
});

/** Days, of which 0 and nothing are for ever. */
const keeping = (path: Path): Price => ({
  path,
  what: "retention",
  unset: "for ever",
  direction: (before, after) => {
    const days = (value: Json | undefined) => Number(value || Number.POSITIVE_INFINITY);
    return days(before) === days(after) ? undefined : days(after) > days(before) ? "up" : "down";
  },
});

const capacity = [amount(["read_capacity"], "read capacity"), amount(["write_capacity"], "write capacity")];

const prices: Readonly<Record<string, readonly Price[]>> = {
  aws_dynamodb_table: [
    ranked(["billing_mode"], "billing mode", [], "PROVISIONED"),
    ...capacity,
    ranked(["table_class"], "table class", [], "STANDARD"),
  ],
  aws_lambda_function: [
    amount(["memory_size"], "memory", 128),
    amount(["ephemeral_storage", 0, "size"], "temporary storage", 512),
    ranked(["architectures", 0], "architecture", ["arm64", "x86_64"], "x86_64"),
    ranked(["snap_start", 0, "apply_on"], "SnapStart", ["None", "PublishedVersions"], "None"),
  ],
  aws_lambda_provisioned_concurrency_config: [amount(["provisioned_concurrent_executions"], "provisioned concurrency")],
  aws_cloudwatch_log_group: [
    keeping(["retention_in_days"]),
    ranked(["log_group_class"], "class of the log group", ["DELIVERY", "INFREQUENT_ACCESS", "STANDARD"], "STANDARD"),
  ],
  aws_api_gateway_stage: [
    flag(["cache_cluster_enabled"], "cache"),
    amount(["cache_cluster_size"], "size of the cache"),
  ],
  aws_api_gateway_method_settings: [
    ranked(["settings", 0, "logging_level"], "execution logs", ["OFF", "ERROR", "INFO"], "OFF"),
    flag(["settings", 0, "data_trace_enabled"], "full request logs"),
    flag(["settings", 0, "metrics_enabled"], "detailed metrics"),
  ],
  aws_apigatewayv2_stage: [flag(["default_route_settings", 0, "detailed_metrics_enabled"], "detailed metrics")],
  aws_kinesis_stream: [
    amount(["shard_count"], "shards"),
    amount(["retention_period"], "retention", 24),
    ranked(["stream_mode_details", 0, "stream_mode"], "mode of the stream", [], "PROVISIONED"),
  ],
  aws_db_instance: [
    instance(["instance_class"]),
    amount(["allocated_storage"], "storage"),
    amount(["iops"], "reserved I/O"),
    amount(["max_allocated_storage"], "largest storage"),
    amount(["backup_retention_period"], "retention of backups"),
    flag(["multi_az"], "second zone"),
    ranked(["storage_type"], "storage type", ["standard", "gp2", "gp3", "io1", "io2"]),
  ],
  aws_rds_cluster: [
    amount(["allocated_storage"], "storage"),
    amount(["backup_retention_period"], "retention of backups", 1),
    amount(["serverlessv2_scaling_configuration", 0, "max_capacity"], "largest capacity"),
    amount(["serverlessv2_scaling_configuration", 0, "min_capacity"], "smallest capacity"),
  ],
  aws_rds_cluster_instance: [instance(["instance_class"])],
  aws_elasticache_cluster: [instance(["node_type"]), amount(["num_cache_nodes"], "nodes")],
  aws_elasticache_replication_group: [
    instance(["node_type"]),
    amount(["num_cache_clusters"], "nodes"),
    amount(["num_node_groups"], "shards"),
    amount(["replicas_per_node_group"], "replicas"),
  ],
  aws_memorydb_cluster: [
    instance(["node_type"]),
    amount(["num_shards"], "shards"),
    amount(["num_replicas_per_shard"], "replicas"),
  ],
  aws_opensearch_domain: [
    instance(["cluster_config", 0, "instance_type"]),
    amount(["cluster_config", 0, "instance_count"], "instances", 1),
    amount(["ebs_options", 0, "volume_size"], "storage"),
  ],
  aws_redshift_cluster: [instance(["node_type"]), amount(["number_of_nodes"], "nodes", 1)],
  aws_instance: [instance(["instance_type"])],
  aws_launch_template: [instance(["instance_type"])],
  aws_autoscaling_group: [
    amount(["desired_capacity"], "instances"),
    amount(["min_size"], "fewest instances"),
    amount(["max_size"], "most instances"),
  ],
  aws_ebs_volume: [
    amount(["size"], "storage"),
    amount(["iops"], "reserved I/O"),
    ranked(["type"], "storage type", ["sc1", "st1", "gp2", "gp3", "io1", "io2"]),
  ],
  aws_ecs_service: [amount(["desired_count"], "tasks")],
  aws_ecs_task_definition: [amount(["cpu"], "CPU"), amount(["memory"], "memory")],
  aws_appautoscaling_target: [
    amount(["min_capacity"], "smallest capacity"),
    amount(["max_capacity"], "largest capacity"),
  ],
  aws_kms_key: [flag(["enable_key_rotation"], "rotation of the key"), flag(["multi_region"], "keys in other regions")],
};

const arrows: Readonly<Record<Direction, string>> = { up: "up", down: "down", either: "up or down" };

/** Capacity counts only where it is reserved: with pay per request it is 0, or what the provider remembers. */
function isUncounted({ type }: Change, path: Path, values: JsonObject | null): boolean {
  const isCapacity = path[0] === "read_capacity" || path[0] === "write_capacity";
  return type === "aws_dynamodb_table" && isCapacity && values?.billing_mode === "PAY_PER_REQUEST";
}

function turned(change: Change): readonly Found[] {
  const { before, after, type, action } = change;
  const known = Object.hasOwn(prices, type) ? prices[type] : undefined;
  if (!known || !before || !after || action === "no-op") return [];
  return known.flatMap(({ path, what, direction, unset }) => {
    if (
      isMarkedWithin(change.afterUnknown, path) ||
      isUncounted(change, path, after) ||
      isUncounted(change, path, before)
    )
      return [];
    const way = direction(valueAt(before, path), valueAt(after, path));
    if (!way) return [];
    const words = (side: "before" | "after") => {
      const text = shown(change, side, path);
      return unset && (text === "0" || text === "none") ? unset : text;
    };
    return [
      foundIn(change, {
        section,
        severity: "medium",
        rule: `cost-${way === "either" ? "changed" : way}`,
        title: `cost ${arrows[way]}: ${what} ${words("before")} → ${words("after")}`,
        identity: pathText(path),
        explains: [String(path[0])],
      }),
    ];
  });
}

/** Indexes with reserved capacity of their own. */
function indexCapacity(change: Change): readonly Found[] {
  const { before, after, type, action } = change;
  if (type !== "aws_dynamodb_table" || action !== "update" || !before || !after) return [];
  if (before.billing_mode === "PAY_PER_REQUEST" || after.billing_mode === "PAY_PER_REQUEST") return [];
  if (isMarkedWithin(change.afterUnknown, ["global_secondary_index"])) return [];
  const total = (values: JsonObject) => {
    const indexes = values.global_secondary_index;
    return (Array.isArray(indexes) ? indexes : []).reduce<number>(
      (sum, one) => sum + Number(valueAt(one, ["read_capacity"]) ?? 0) + Number(valueAt(one, ["write_capacity"]) ?? 0),
      0,
    );
  };
  const [old, next] = [total(before), total(after)];
  if (old === next) return [];
  return [
    foundIn(change, {
      section,
      severity: "medium",
      rule: next > old ? "cost-up" : "cost-down",
      title: `cost ${next > old ? "up" : "down"}: capacity of the indexes, in all ${old} → ${next}`,
      identity: "global_secondary_index",
    }),
  ];
}

/** What is paid for by the hour or month while it is there, used or not. */
const standing: Readonly<Record<string, string>> = {
  aws_nat_gateway: "a NAT gateway, by the hour and by traffic",
  aws_eip: "a public address, by the hour",
  aws_lb: "a load balancer, by the hour",
  aws_kms_key: "a KMS key, by the month",
  aws_secretsmanager_secret: "a secret, by the month",
  aws_lambda_provisioned_concurrency_config: "provisioned concurrency, by the hour",
  aws_db_instance: "a database, by the hour",
  aws_rds_cluster_instance: "a database, by the hour",
  aws_elasticache_cluster: "a cache, by the hour",
  aws_elasticache_replication_group: "a cache, by the hour",
  aws_elasticache_serverless_cache: "a cache, by what it holds, with a least charge",
  aws_memorydb_cluster: "an in-memory database, by the hour",
  aws_opensearch_domain: "a search domain, by the hour",
  aws_opensearchserverless_collection: "a search collection, by the hour, with a least charge",
  aws_redshift_cluster: "a data warehouse, by the hour",
  aws_msk_cluster: "a Kafka cluster, by the hour",
  aws_mq_broker: "a broker, by the hour",
  aws_dax_cluster: "a cache, by the hour",
  aws_eks_cluster: "a cluster, by the hour",
  aws_instance: "an instance, by the hour",
  aws_fsx_lustre_file_system: "a file system, by its size",
  aws_wafv2_web_acl: "a web firewall, by the month",
  aws_acmpca_certificate_authority: "a certificate authority, by the month",
  aws_ec2_transit_gateway: "a transit gateway, by the hour",
  aws_vpn_connection: "a VPN connection, by the hour",
  aws_route53_zone: "a DNS zone, by the month",
  aws_kinesis_stream: "a stream, by the hour",
  aws_sagemaker_endpoint: "an endpoint, by the hour",
};

function comesAndGoes(change: Change): readonly Found[] {
  const { type, action, after, before } = change;
  const isInterface = type === "aws_vpc_endpoint" && (after ?? before)?.vpc_endpoint_type === "Interface";
  const isCached = type === "aws_api_gateway_stage" && (after ?? before)?.cache_cluster_enabled === true;
  const what = isInterface
    ? "an interface endpoint, by the hour"
    : isCached
      ? "an API cache, by the hour"
      : Object.hasOwn(standing, type)
        ? standing[type]
        : undefined;
  if (!what || action === "replace" || !(isMade(change) || isRemoved(change))) return [];
  const isNew = action === "create";
  return [
    foundIn(change, {
      section,
      severity: "medium",
      rule: isNew ? "cost-up" : "cost-down",
      title: `cost ${isNew ? "up" : "down"}: ${what}`,
      identity: action,
    }),
  ];
}

/** Section 7: which way the bill goes. */
export const cost = (index: PlanIndex): readonly Found[] =>
  index.changing.flatMap((change) => [...turned(change), ...indexCapacity(change), ...comesAndGoes(change)]);
