import type { VariableNames } from "../api-gateway/context-template";
import { type AccessLog, accountLimits, readAccessLog, type StageVariables } from "../api-gateway/stage";
import type { ThrottleLimits } from "../api-gateway/throttle";
import type { Part, Parts } from "./api-parts";

/** A stage of an HTTP or WebSocket API. */
export interface Stage extends StageVariables {
  readonly accessLog?: AccessLog;
  readonly throttleOf: (routeKey: string) => ThrottleLimits;
}

/**
 * Reads the stages of an API.
 * @param routeKeys of its routes
 * @param variables that its access logs may name
 * @throws Error for a deployment or a route that is not there, for a stage that would serve nothing, and for a format that is not modelled
 */
export const readStages = (parts: Parts, routeKeys: ReadonlySet<string>, variables: VariableNames): readonly Stage[] =>
  parts.all("aws_apigatewayv2_stage").map((stage) => readStage(parts, stage, routeKeys, variables));

function readStage(
  parts: Parts,
  stage: Part<"aws_apigatewayv2_stage">,
  routeKeys: ReadonlySet<string>,
  variables: VariableNames,
): Stage {
  const { address, access_log_settings: accessLog, default_route_settings: all, route_settings: own } = stage;
  requireDeployment(parts, stage);
  const unknown = own.find(({ route_key: key }) => !routeKeys.has(key));
  if (unknown) throw new Error(`${address}: route_settings: there is no route ${unknown.route_key} in the API`);
  return {
    stageName: stage.name,
    variables: stage.stage_variables ?? {},
    accessLog: accessLog && readAccessLog(address, accessLog, variables),
    throttleOf: (routeKey) => {
      const settings = own.find(({ route_key: key }) => key === routeKey) ?? all;
      if (!settings) return accountLimits;
      return { rateLimit: settings.throttling_rate_limit, burstLimit: settings.throttling_burst_limit };
    },
  };
}

/** A stage serves what was deployed to it, by a deployment of its own or by itself after each change. */
function requireDeployment(parts: Parts, stage: Part<"aws_apigatewayv2_stage">): void {
  const { address, auto_deploy: deploysItself, deployment_id: wanted } = stage;
  if (wanted === undefined && !deploysItself)
    throw new Error(`${address}: deployment_id or auto_deploy must be given: without, the stage serves nothing`);
  if (wanted === undefined || parts.all("aws_apigatewayv2_deployment").some(({ id }) => id === wanted)) return;
  throw new Error(`${address}: there is no deployment ${wanted} in the API`);
}
