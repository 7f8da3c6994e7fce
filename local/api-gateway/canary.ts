import type { Part } from "./rest-api-parts";
import type { Stage } from "./stage";

/** A second deployment of a stage, for a part of the requests. */
export interface Canary {
  readonly deploymentId: string;
  /** 0 to 100. */
  readonly percentTraffic: number;
  /** Variables in place of the stage's, or beside them. */
  readonly stageVariableOverrides: Readonly<Record<string, string>>;
  readonly usesStageCache: boolean;
}

type CanarySettings = NonNullable<Part<"aws_api_gateway_stage">["canary_settings"]>;

export const readCanary = (settings: CanarySettings): Canary => ({
  deploymentId: settings.deployment_id,
  percentTraffic: settings.percent_traffic,
  stageVariableOverrides: settings.stage_variable_overrides ?? {},
  usesStageCache: settings.use_stage_cache === true,
});

/**
 * The stage as one request meets it: by chance its canary. What is here is always deployed, so both serve the same routes and differ by their
 * variables, cache and logs. Clients are not told which it was.
 * @param random gives a number from 0 up to, not including, 1
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
 */
export function servedBy(stage: Stage, random: () => number): Stage {
  const { canary, variables } = stage;
  if (!canary) return stage;
  if (random() * 100 >= canary.percentTraffic) return { ...stage, isCanary: false };
  return {
    ...stage,
    isCanary: true,
    deploymentId: canary.deploymentId,
    variables: { ...variables, ...canary.stageVariableOverrides },
    cacheOf: (method) => (canary.usesStageCache ? stage.cacheOf(method) : undefined),
  };
}
