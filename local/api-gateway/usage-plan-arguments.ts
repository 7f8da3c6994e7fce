import * as z from "zod/mini";
import type { QuotaSettings } from "./quota";
import type { ThrottleLimits } from "./throttle";

/** A stage that a plan is for. */
export interface PlanStage {
  readonly restApiId: string;
  readonly stageName: string;
  /** Limits of single methods, by their paths: `/orders/POST`. */
  readonly methodThrottles: ReadonlyMap<string, ThrottleLimits>;
}

export interface UsagePlanSettings {
  readonly name: string;
  readonly stages: readonly PlanStage[];
  readonly throttle?: ThrottleLimits;
  readonly quota?: QuotaSettings;
}

const ignored = z.optional(z.unknown());
const list = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z._default(
    z.pipe(
      z.transform((value) => (Array.isArray(value) ? value : [value])),
      z.array(schema),
    ),
    [],
  );
/** A nested block: in Terraform's JSON an object, or a list of one. */
const block = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.optional(
    z.pipe(
      z.transform((value) => (Array.isArray(value) && value.length === 1 ? value[0] : value)),
      schema,
    ),
  );
const atLeast = (least: number) => z.coerce.number().check(z.minimum(least));
/** Both are asked for: what AWS makes of one alone, its documents do not say. */
const throttle = { rate_limit: atLeast(0), burst_limit: atLeast(0).check(z.int()) };

const UsagePlan = z.strictObject({
  name: z.string(),
  description: ignored,
  product_code: ignored,
  tags: ignored,
  tags_all: ignored,
  throttle_settings: block(z.strictObject(throttle)),
  quota_settings: block(
    z.strictObject({
      limit: atLeast(1).check(z.int()),
      offset: z._default(atLeast(0).check(z.int()), 0),
      period: z.enum(["DAY", "WEEK", "MONTH"]),
    }),
  ),
  api_stages: list(
    z.strictObject({
      api_id: z.string(),
      stage: z.string(),
      throttle: list(z.strictObject({ path: z.string(), ...throttle })),
    }),
  ),
});

/** @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_usage_plan */
const largestOffset = { DAY: 0, WEEK: 6, MONTH: 27 } as const;

/**
 * Reads the evaluated arguments of `aws_api_gateway_usage_plan`.
 * @throws Error for an argument that breaks a rule, or that is not modelled
 */
export function readUsagePlan(given: Readonly<Record<string, unknown>>): UsagePlanSettings {
  const { success, data, error } = UsagePlan.safeParse(withoutNulls(given));
  if (!success) throw new Error(`aws_api_gateway_usage_plan "${given.name}": ${faultOf(error, given)}.`);
  const { quota_settings: quota, throttle_settings: all } = data;
  if (quota && quota.offset > largestOffset[quota.period])
    throw new Error(
      `aws_api_gateway_usage_plan "${data.name}": quota_settings.offset must be 0 to ${largestOffset[quota.period]} for a ${quota.period}, got: ${quota.offset}.`,
    );
  return {
    name: data.name,
    quota,
    throttle: all && limitsOf(all),
    stages: data.api_stages.map(({ api_id: restApiId, stage: stageName, throttle: throttles }) => ({
      restApiId,
      stageName,
      methodThrottles: new Map(throttles.map(({ path, ...limits }) => [path, limitsOf(limits)])),
    })),
  };
}

const limitsOf = (limits: { readonly rate_limit: number; readonly burst_limit: number }): ThrottleLimits => ({
  rateLimit: limits.rate_limit,
  burstLimit: limits.burst_limit,
});

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutNulls(inner)]));
}

function faultOf({ issues: [issue] }: z.core.$ZodError, given: unknown): string {
  if (!issue) return "it is not what it must be";
  if (issue.code === "unrecognized_keys")
    return `${[...issue.path, issue.keys[0]].join(".")} is not modelled by the local run`;
  const got = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  return `${issue.path.join(".")} ${ruleOf(issue)}, got: ${JSON.stringify(got) ?? "nothing"}`;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code === "too_small") return `must be at least ${issue.minimum}`;
  return issue.code === "invalid_type" ? `must be of type ${issue.expected}` : issue.message;
}
