import * as z from "zod/mini";
import { accepting, argumentError, block, integer, list, number, readArguments } from "../resource-arguments";
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

const TYPE = "aws_api_gateway_usage_plan";
/** The largest integer that Terraform takes here. */
const MOST = 2 ** 31 - 1;

/** Both are asked for: what AWS makes of one alone, its documents do not say. */
const throttle = { rate_limit: number.check(z.minimum(0)), burst_limit: integer(0, MOST) };

const UsagePlan = z.strictObject({
  name: z.string(),
  throttle_settings: block(z.strictObject(throttle)),
  quota_settings: block(
    z.strictObject({
      limit: integer(1, MOST),
      offset: z._default(integer(0, MOST), 0),
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
  ...accepting("description", "product_code", "tags", "tags_all"),
});

/** @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_usage_plan */
const largestOffset = { DAY: 0, WEEK: 6, MONTH: 27 } as const;

/**
 * Reads the evaluated arguments of `aws_api_gateway_usage_plan`.
 * @throws Error for an argument that breaks a rule, or that is not modelled
 */
export function readUsagePlan(given: Readonly<Record<string, unknown>>): UsagePlanSettings {
  const plan = readArguments(TYPE, UsagePlan, given);
  const { quota_settings: quota, throttle_settings: all } = plan;
  if (quota && quota.offset > largestOffset[quota.period]) {
    const range = `0 to ${largestOffset[quota.period]} for a ${quota.period}`;
    throw argumentError(TYPE, given, `quota_settings.offset must be ${range}, got: ${quota.offset}`);
  }
  return {
    name: plan.name,
    quota,
    throttle: all && limitsOf(all),
    stages: plan.api_stages.map(({ api_id: restApiId, stage: stageName, throttle: throttles }) => ({
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
