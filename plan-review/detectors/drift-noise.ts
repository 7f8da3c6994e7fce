import { comparePolicies } from "../iam/compare";
import type { Change, Json, Path } from "../plan";
import { isEqual, isObject } from "../values";
import { canonical, canonicalText } from "./canonical";
import type { PlanIndex } from "./plan-index";

/** One value that somebody or something changed outside Terraform. */
export interface Difference {
  readonly path: Path;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Nothing, whatever way a provider writes it. */
function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  if (typeof value !== "object") return false;
  return Object.values(value).every(isEmpty);
}

/** For these, 0 is a value of its own. */
const zeroCounts = new Set(["reserved_concurrent_executions", "desired_count", "max_size", "throttling_rate_limit"]);

/** What AWS keeps on its own, by attribute: it says nothing of what somebody did. */
const bookkeeping =
  /^(last_modified|last_modified_date|last_modified_time|last_updated|last_updated_date|last_updated_time|updated_at|update_date|modified_date|last_status_change|last_processing_result|state_transition_reason|latest_restorable_time|stored_bytes|item_count|size_in_bytes|estimated_number_of_users|attachment_count|number_of_mount_targets|approximate_.*|last_used.*|password_last_used)$/;

const isPolicy = (value: Json | undefined): value is string =>
  typeof value === "string" && value.trimStart().startsWith("{") && value.includes('"Statement"');

const isSamePolicy = (before: string, after: string): boolean =>
  comparePolicies(before, after, /"(Not)?Principal"\s*:/.test(after) ? "resource" : "identity").change === "NONE";

/** Whether two texts are the same policy, or the same JSON, or the same number. */
function isSameText(before: Json | undefined, after: Json | undefined): boolean {
  if (typeof before === "string" && before === after) return true;
  if (isPolicy(before) && isPolicy(after)) {
    return canonicalText(before) === canonicalText(after) || isSamePolicy(before, after);
  }
  if (typeof before === "string" && typeof after === "string") return canonicalText(before) === canonicalText(after);
  const isText = (value: Json | undefined) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isText(before) && isText(after) && String(before) === String(after);
}

/** Lists in which the provider keeps no order. */
function isSameSet(before: readonly Json[], after: readonly Json[], name: string): boolean {
  if (before.length !== after.length || name === "layers") return false;
  return isEqual(before.map(canonical).sort(), after.map(canonical).sort());
}

/** Whether a difference is the provider's, or AWS's own, rather than somebody's. */
function isNoise(before: Json | undefined, after: Json | undefined, name: string): boolean {
  if (isEqual(before ?? null, after ?? null) || bookkeeping.test(name) || isSameText(before, after)) return true;
  if (isEmpty(before) && isEmpty(after)) return !(zeroCounts.has(name) && after === 0);
  return Array.isArray(before) && Array.isArray(after) && isSameSet(before, after, name);
}

function differences(before: Json | undefined, after: Json | undefined, path: Path, found: Difference[]): void {
  if (isNoise(before, after, String(path.findLast((step) => typeof step === "string") ?? ""))) return;
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, inner] of before.entries()) differences(inner, after[index], [...path, index], found);
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      differences(before[key], after[key], [...path, key], found);
    }
  } else found.push({ path, before, after });
}

/** Places where two values differ in what they mean: nothing, however it is written, is nothing. */
export function differencesBetween(
  before: Json | undefined,
  after: Json | undefined,
  path: Path,
): readonly Difference[] {
  const found: Difference[] = [];
  differences(before, after, path, found);
  return found;
}

type Mirror = readonly [type: string, attribute: string];

/** Attributes in which the provider shows what other resources manage; a change there shows at those resources, too. */
const mirrors: Readonly<Record<string, Readonly<Record<string, Mirror>>>> = {
  aws_sqs_queue: {
    redrive_policy: ["aws_sqs_queue_redrive_policy", "queue_url"],
    redrive_allow_policy: ["aws_sqs_queue_redrive_allow_policy", "queue_url"],
  },
  aws_s3_bucket: {
    acl: ["aws_s3_bucket_acl", "bucket"],
    grant: ["aws_s3_bucket_acl", "bucket"],
    cors_rule: ["aws_s3_bucket_cors_configuration", "bucket"],
    lifecycle_rule: ["aws_s3_bucket_lifecycle_configuration", "bucket"],
    logging: ["aws_s3_bucket_logging", "bucket"],
    object_lock_configuration: ["aws_s3_bucket_object_lock_configuration", "bucket"],
    replication_configuration: ["aws_s3_bucket_replication_configuration", "bucket"],
    server_side_encryption_configuration: ["aws_s3_bucket_server_side_encryption_configuration", "bucket"],
    versioning: ["aws_s3_bucket_versioning", "bucket"],
    website: ["aws_s3_bucket_website_configuration", "bucket"],
    website_domain: ["aws_s3_bucket_website_configuration", "bucket"],
    website_endpoint: ["aws_s3_bucket_website_configuration", "bucket"],
    acceleration_status: ["aws_s3_bucket_accelerate_configuration", "bucket"],
    request_payer: ["aws_s3_bucket_request_payment_configuration", "bucket"],
  },
  aws_dynamodb_table: { replica: ["aws_dynamodb_table_replica", "global_table_arn"] },
  aws_route_table: { route: ["aws_route", "route_table_id"] },
  aws_rds_cluster: { cluster_members: ["aws_rds_cluster_instance", "cluster_identifier"] },
  aws_iam_group: { users: ["aws_iam_group_membership", "group"] },
};

/** Likewise, where the other resource's policy must be the same: it is one value, of which Terraform knows the text. */
const policyMirrors: Readonly<Record<string, Mirror>> = {
  aws_sqs_queue: ["aws_sqs_queue_policy", "queue_url"],
  aws_sns_topic: ["aws_sns_topic_policy", "arn"],
  aws_s3_bucket: ["aws_s3_bucket_policy", "bucket"],
  aws_kms_key: ["aws_kms_key_policy", "key_id"],
  aws_secretsmanager_secret: ["aws_secretsmanager_secret_policy", "secret_arn"],
  aws_api_gateway_rest_api: ["aws_api_gateway_rest_api_policy", "rest_api_id"],
};

function isMirrored(index: PlanIndex, resource: Change, { path, after }: Difference): boolean {
  const [name] = path;
  if (name === "policy") {
    const mirror = policyMirrors[resource.type];
    const children = mirror ? index.childrenOf(resource, ...mirror) : [];
    return children.some((child) => isSameText((child.before ?? child.after)?.policy, after ?? ""));
  }
  const mirror = mirrors[resource.type]?.[String(name)];
  return mirror !== undefined && index.childrenOf(resource, ...mirror).length > 0;
}

/** Entries of a list in which the provider shows what other resources manage, each by itself: others' entries stay. */
function withoutManaged(
  index: PlanIndex,
  resource: Change,
  entries: Json | undefined,
  [type, attribute, isOf]: readonly [...Mirror, (child: Change, entry: Json) => boolean],
): readonly Json[] {
  if (!Array.isArray(entries)) return [];
  const children = index.childrenOf(resource, type, attribute);
  return entries.filter((entry: Json) => !children.some((child) => isOf(child, entry)));
}

const valuesOf = (child: Change) => [child.before, child.after].filter((values) => values !== null);

const lists: Readonly<
  Record<string, Readonly<Record<string, readonly [...Mirror, (child: Change, entry: Json) => boolean]>>>
> = {
  aws_iam_role: {
    inline_policy: [
      "aws_iam_role_policy",
      "role",
      // Its text was changed outside Terraform? Then the policy's own entry says so.
      (child, entry) => isObject(entry) && valuesOf(child).some(({ name }) => name === entry.name),
    ],
    managed_policy_arns: [
      "aws_iam_role_policy_attachment",
      "role",
      (child, entry) => valuesOf(child).some(({ policy_arn }) => policy_arn === entry),
    ],
  },
  aws_security_group: {
    ingress: ["aws_vpc_security_group_ingress_rule", "security_group_id", () => true],
    egress: ["aws_vpc_security_group_egress_rule", "security_group_id", () => true],
  },
};

/** What changed outside Terraform, without the provider's own normalisation. */
export function driftOf(index: PlanIndex, drifted: Change): readonly Difference[] {
  const { before, after, type } = drifted;
  if (!before || !after) return [];
  const resource = index.at(drifted.address) ?? drifted;
  const found: Difference[] = [];
  const compare = (name: string): void => {
    // Most attributes of what drifted did not.
    if (isEqual(before[name] ?? null, after[name] ?? null)) return;
    // Tags that the provider adds are in tags_all alone; others are in both.
    if (name === "tags_all" && !isEqual(before.tags ?? null, after.tags ?? null) && !isEmpty(after.tags)) return;
    const managed = lists[type]?.[name];
    const [old, next] = managed
      ? [withoutManaged(index, resource, before[name], managed), withoutManaged(index, resource, after[name], managed)]
      : [before[name], after[name]];
    differences(old, next, [name], found);
  };
  for (const name in before) compare(name);
  for (const name in after) if (!Object.hasOwn(before, name)) compare(name);
  return found.filter((difference) => !isMirrored(index, resource, difference));
}
