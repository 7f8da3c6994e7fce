import type { Change, Json } from "../plan";
import { isMarkedWithin } from "../values";
import { turn } from "./causes";
import { type Found, foundIn } from "./found";
import { blockOf, blocksOf, type PlanIndex } from "./plan-index";

const section = "delivery" as const;

/** Limits beyond which calls are refused. Absent, there is none; the provider writes -1 for that. */
function limit(value: Json | undefined): number {
  return typeof value === "number" && value >= 0 ? value : Number.POSITIVE_INFINITY;
}

interface Limits {
  readonly [name: string]: number;
}

function limitsOf({ type }: Change, values: Change["after"]): Limits {
  switch (type) {
    case "aws_api_gateway_method_settings": {
      const settings = blockOf(values, "settings");
      return { rate: limit(settings?.throttling_rate_limit), burst: limit(settings?.throttling_burst_limit) };
    }
    case "aws_apigatewayv2_stage": {
      const settings = blockOf(values, "default_route_settings");
      return { rate: limit(settings?.throttling_rate_limit), burst: limit(settings?.throttling_burst_limit) };
    }
    default: {
      const [throttle, quota] = [blockOf(values, "throttle_settings"), blockOf(values, "quota_settings")];
      return { rate: limit(throttle?.rate_limit), burst: limit(throttle?.burst_limit), quota: limit(quota?.limit) };
    }
  }
}

const limited: Readonly<Record<string, readonly string[]>> = {
  aws_api_gateway_method_settings: ["settings"],
  aws_apigatewayv2_stage: ["default_route_settings"],
  aws_api_gateway_usage_plan: ["throttle_settings", "quota_settings"],
};

const numberText = (value: number | undefined): string =>
  value === Number.POSITIVE_INFINITY ? "none" : String(value ?? 0);

function lowered(change: Change, attributes: readonly string[]): readonly Found[] {
  if (change.action !== "update" || attributes.some((name) => isMarkedWithin(change.afterUnknown, [name]))) return [];
  const [before, after] = [limitsOf(change, change.before), limitsOf(change, change.after)];
  const names = Object.keys(after).filter((name) => (after[name] ?? 0) < (before[name] ?? 0));
  if (names.length === 0) return [];
  const isZero = names.some((name) => after[name] === 0);
  return [
    foundIn(change, {
      section,
      severity: isZero ? "high" : "medium",
      rule: isZero ? "limit-zero" : "limit-lowered",
      title: isZero ? "a limit of 0: every call gets 429" : "fewer calls are let through: beyond, they get 429",
      details: names.map((name) => `${name}: ${numberText(before[name])} → ${numberText(after[name])}`),
      identity: names.join(),
      explains: attributes,
    }),
  ];
}

/** Throttles and quotas that let fewer calls through, and stages whose API keys are no good any more. */
export const limits = (index: PlanIndex): readonly Found[] => [
  ...Object.entries(limited).flatMap(([type, attributes]) =>
    index.ofType(type).flatMap((change) => lowered(change, attributes)),
  ),
  ...planStages(index),
];

/** Stages that leave a usage plan: keys are no good there any more. */
function planStages(index: PlanIndex): readonly Found[] {
  return index.ofType("aws_api_gateway_usage_plan").flatMap((plan) => {
    if (plan.action !== "update" || isMarkedWithin(plan.afterUnknown, ["api_stages"])) return [];
    const of = (values: Change["after"]) =>
      blocksOf(values, "api_stages").map(({ api_id, stage }) => `${String(api_id)}/${String(stage)}`);
    const left = new Set(of(plan.after));
    const gone = of(plan.before).filter((stage) => !left.has(stage));
    if (gone.length === 0) return [];
    return [
      foundIn(plan, {
        section,
        severity: "high",
        rule: "usage-plan-narrowed",
        title: "stages leave the usage plan: its API keys get 403 there",
        details: [turn(plan, ["api_stages"])],
        identity: gone.join(),
        explains: ["api_stages"],
      }),
    ];
  });
}
