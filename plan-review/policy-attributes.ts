import type { Change, Json, Path } from "./plan";
import { attributesOf, isMarkedWithin, isObject, valueAt } from "./values";

/** What a policy is to IAM: `identity` is attached to a principal, `resource` to what is accessed, `trust` says who may assume a role. */
export type PolicyUse = "identity" | "resource" | "trust" | "boundary";

/**
 * Attributes that hold a policy, where their name or their use cannot be told from the policy itself. A service control policy, an
 * endpoint's policy and a session's bound what others grant.
 */
const attributes: Readonly<Record<string, Readonly<Record<string, PolicyUse>>>> = {
  aws_iam_role: { assume_role_policy: "trust" },
  aws_iam_policy: { policy: "identity" },
  aws_iam_role_policy: { policy: "identity" },
  aws_iam_user_policy: { policy: "identity" },
  aws_iam_group_policy: { policy: "identity" },
  aws_iot_policy: { policy: "identity" },
  aws_ssoadmin_permission_set_inline_policy: { inline_policy: "identity" },
  aws_organizations_policy: { content: "boundary" },
  aws_vpc_endpoint: { policy: "boundary" },
  aws_vpc_endpoint_policy: { policy: "boundary" },
  aws_rolesanywhere_profile: { session_policy: "boundary" },
  aws_transfer_user: { policy: "boundary" },
  aws_transfer_access: { policy: "boundary" },
  aws_cloudwatch_log_resource_policy: { policy_document: "resource" },
  aws_cloudwatch_log_destination_policy: { access_policy: "resource" },
  aws_codeartifact_domain_permissions_policy: { policy_document: "resource" },
  aws_codeartifact_repository_permissions_policy: { policy_document: "resource" },
  aws_elasticsearch_domain: { access_policies: "resource" },
  aws_elasticsearch_domain_policy: { access_policies: "resource" },
  aws_opensearch_domain: { access_policies: "resource" },
  aws_opensearch_domain_policy: { access_policies: "resource" },
  aws_glacier_vault: { access_policy: "resource" },
  aws_xray_resource_policy: { policy_document: "resource" },
  aws_s3tables_table_bucket_policy: { resource_policy: "resource" },
  aws_s3tables_table_policy: { resource_policy: "resource" },
};

/** Their `policy` is no IAM policy. */
const otherPolicies = new Set([
  "aws_ecr_lifecycle_policy",
  "aws_dlm_lifecycle_policy",
  "aws_s3control_bucket_lifecycle_configuration",
  "aws_appautoscaling_policy",
  "aws_autoscaling_policy",
  "aws_cloudwatch_log_account_policy",
  "aws_cloudwatch_log_data_protection_policy",
  "aws_sns_topic_data_protection_policy",
  "aws_lb_ssl_negotiation_policy",
  "aws_load_balancer_policy",
  "aws_opensearchserverless_access_policy",
  "aws_opensearchserverless_security_policy",
  "aws_opensearchserverless_lifecycle_policy",
  "aws_fms_policy",
  "aws_backup_plan",
  "aws_verifiedpermissions_policy",
]);

/** Types of an organization's policies that bound access; the others are about tags, backups and the like. */
const organizationPolicies = new Set<unknown>(["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", null, undefined]);

/** Whether what a resource calls its policy is none of IAM's. */
export const isNoIamPolicy = ({ type, before, after }: Change): boolean =>
  otherPolicies.has(type) ||
  (type === "aws_organizations_policy" && !organizationPolicies.has((after ?? before)?.type));

const none: ReadonlyMap<string, PolicyUse> = new Map();
const byType = new Map(
  Object.entries(attributes).map(([type, uses]) => [type, new Map(Object.entries(uses))] as const),
);

/** The attributes of a type that are listed as policies. */
export const usesOf = (type: string): ReadonlyMap<string, PolicyUse> => byType.get(type) ?? none;

const usualNames = new Set(["policy", "resource_policy", "access_policy", "access_policies", "policy_document"]);

const looksLikePolicy = (value: Json | undefined): boolean =>
  typeof value === "string" && /^\s*\{/.test(value) && /"Statement"\s*:/.test(value) && /"Effect"\s*:/.test(value);

function useOf(text: string): PolicyUse {
  if (/"sts:AssumeRole/i.test(text) && !/"Resource"\s*:/.test(text)) return "trust";
  return /"(Not)?Principal"\s*:/.test(text) ? "resource" : "identity";
}

/** The use of an attribute that is not listed; undefined for one that is no policy. */
function useByContent(change: Change, name: string): PolicyUse | undefined {
  const [before, after] = [change.before?.[name], change.after?.[name]];
  if (!isMarkedWithin(change.afterUnknown, [name])) {
    const text = before === after ? undefined : [after, before].find(looksLikePolicy);
    return typeof text === "string" ? useOf(text) : undefined;
  }
  const expression = change.expressions?.[name];
  // Without any configuration it is not known whether somebody asked for a policy.
  if (change.expressions && !isObject(expression)) return undefined;
  const text = [valueAt(expression, ["constant_value"]), before].find(looksLikePolicy);
  if (typeof text === "string") return useOf(text);
  return usualNames.has(name) ? "resource" : undefined;
}

/** Attributes that are not listed and hold a policy by what stands in them, or, where that is unknown, by their usual name. */
export function findPolicies(
  change: Change,
  listed: ReadonlyMap<string, PolicyUse>,
): readonly (readonly [string, PolicyUse])[] {
  const found: (readonly [string, PolicyUse])[] = [];
  for (const name of attributesOf(change)) {
    const use = listed.has(name) ? undefined : useByContent(change, name);
    if (use) found.push([name, use]);
  }
  return found;
}

/**
 * Policies that stand deeper in the attributes of a type, as `policies[0].policy_document` of `awscc_iam_role`. The resources of
 * `aws` have theirs as attributes of their own.
 */
export function findNestedPolicies({ type, before, after }: Change): readonly (readonly [Path, PolicyUse])[] {
  if (type.startsWith("aws_")) return [];
  const found = new Map<string, readonly [Path, PolicyUse]>();
  const visit = (value: Json | undefined, path: Path): void => {
    if (path.length > 1 && typeof value === "string" && looksLikePolicy(value)) {
      found.set(JSON.stringify(path), [path, useOf(value)]);
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  visit(before, []);
  visit(after, []);
  return [...found.values()];
}
