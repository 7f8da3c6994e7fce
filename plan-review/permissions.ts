import type { Change, Json, JsonObject } from "./plan";
import { isMarkedWithin, valueAt } from "./values";

type Read = (name: string) => string | undefined;

/** The principal of a permission, as a policy writes it. */
function principalOf(principal: string): Json {
  if (principal === "*") return "*";
  return /\.amazonaws\.com(\.cn)?$/.test(principal) ? { Service: principal } : { AWS: principal };
}

function lambdaPermission(read: Read): JsonObject {
  const conditions = [
    ["ArnLike", "aws:SourceArn", read("source_arn")],
    ["StringEquals", "aws:SourceAccount", read("source_account")],
    ["StringEquals", "aws:PrincipalOrgID", read("principal_org_id")],
    ["StringEquals", "lambda:EventSourceToken", read("event_source_token")],
    ["StringEquals", "lambda:FunctionUrlAuthType", read("function_url_auth_type")],
  ] as const;
  const condition: Record<string, Record<string, string>> = {};
  for (const [operator, key, value] of conditions) {
    if (value) condition[operator] = { ...condition[operator], [key]: value };
  }
  const qualifier = read("qualifier");
  return {
    Effect: "Allow",
    Principal: principalOf(read("principal") ?? ""),
    Action: read("action") ?? "",
    Resource: `${read("function_name") ?? ""}${qualifier ? `:${qualifier}` : ""}`,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}

function layerPermission(read: Read): JsonObject {
  const organization = read("organization_id");
  return {
    Effect: "Allow",
    Principal: principalOf(read("principal") ?? ""),
    Action: read("action") ?? "",
    Resource: `${read("layer_name") ?? ""}:${read("version_number") ?? ""}`,
    ...(organization ? { Condition: { StringEquals: { "aws:PrincipalOrgID": organization } } } : {}),
  };
}

const eventPermission = (read: Read): JsonObject => ({
  Effect: "Allow",
  Principal: principalOf(read("principal") ?? ""),
  Action: read("action") ?? "events:PutEvents",
  Resource: read("event_bus_name") ?? "default",
});

/** Resources that are one statement of another resource's policy, and the arguments that say it. */
const permissions: Readonly<Record<string, (read: Read) => JsonObject>> = {
  aws_lambda_permission: lambdaPermission,
  aws_lambda_layer_version_permission: layerPermission,
  aws_cloudwatch_event_permission: eventPermission,
};

const argumentText = (value: unknown): string | undefined =>
  value === null || value === undefined || value === "" ? undefined : String(value);

export const isPermission = (type: string): boolean => Object.hasOwn(permissions, type);

/** A permission before and after, as the policy of one statement that AWS makes of it. */
interface PermissionPolicies {
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** Which arguments of `after` cannot be told: a sentence. */
  readonly unresolved?: string;
}

/**
 * The policies that a permission's change stands for.
 *
 * @param resolve gives an argument that is unknown until apply
 * @see https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function permissionPolicies(change: Change, resolve: (name: string) => unknown): PermissionPolicies {
  const unresolved: string[] = [];
  const before: Read = (name) => argumentText(valueAt(change.before ?? undefined, [name]));
  const after: Read = (name) => {
    if (!isMarkedWithin(change.afterUnknown, [name])) return argumentText(valueAt(change.after ?? undefined, [name]));
    // What the provider alone decides is no argument of the permission.
    if (change.expressions && change.expressions[name] === undefined && name !== "principal") return undefined;
    const value = argumentText(resolve(name));
    if (value === undefined) unresolved.push(name);
    return value;
  };
  const policyOf = (side: JsonObject | null, read: Read): JsonObject | null => {
    const statement = permissions[change.type]?.(read);
    return side && statement ? { Version: "2012-10-17", Statement: [statement] } : null;
  };
  const policies = { before: policyOf(change.before, before), after: policyOf(change.after, after) };
  if (unresolved.length === 0) return policies;
  return { ...policies, unresolved: `${unresolved.join(", ")} is unknown until apply` };
}
