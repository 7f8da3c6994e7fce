import { type CacheSettings, cacheSettings } from "./cache";
import { type Canary, readCanary } from "./canary";
import { at } from "./content-types";
import { ContextTemplate, type VariableNames } from "./context-template";
import type { Method } from "./rest-api";
import type { Part, Parts } from "./rest-api-parts";
import type { ThrottleLimits } from "./throttle";

/** What a stage of every kind of API has. */
export interface StageVariables {
  readonly stageName: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Lines of access logs that an API keeps: every request writes one. */
export const ACCESS_LOG_LINES_KEPT = 10_000;

/** Where a stage's access log goes, and how its lines are made. */
export interface AccessLog {
  readonly format: ContextTemplate;
  readonly logGroupName: string;
}

/** A name that a deployment is served under. */
export interface Stage extends StageVariables {
  readonly deploymentId: string;
  readonly accessLog?: AccessLog;
  readonly canary?: Canary;
  /** Whether a request is served by the canary; nothing where the stage has none. */
  readonly isCanary?: boolean;
  readonly throttleOf: (method: Method) => ThrottleLimits;
  /** How a method's answers are kept; nothing where they are not. */
  readonly cacheOf: (method: Method) => CacheSettings | undefined;
}

/** What an account may do at most. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const accountLimits: ThrottleLimits = { rateLimit: 10_000, burstLimit: 5_000 };

/** @throws Error for a deployment, a stage or a method that is not there, naming where it is asked for */
export function readStages(parts: Parts, methods: readonly Method[]): readonly Stage[] {
  requireTargets(parts, methods);
  return parts.all("aws_api_gateway_stage").map((stage) => readStage(parts, stage));
}

function readStage(parts: Parts, stage: Part<"aws_api_gateway_stage">): Stage {
  const { address, stage_name: stageName, access_log_settings: accessLog } = stage;
  requireDeployment(parts, stage, stage.deployment_id);
  if (stage.canary_settings) requireDeployment(parts, stage, stage.canary_settings.deployment_id);
  const settings = new Map(
    parts
      .all("aws_api_gateway_method_settings")
      .filter((one) => one.stage_name === stageName)
      .map((one) => [settingsKey(one.method_path), one.settings]),
  );
  return {
    stageName,
    deploymentId: stage.deployment_id,
    variables: stage.variables ?? {},
    accessLog: accessLog && readAccessLog(address, accessLog),
    canary: stage.canary_settings && readCanary(stage.canary_settings),
    throttleOf: (method) => {
      const all = settings.get("*/*");
      const own = settings.get(settingsKeyOf(method));
      return {
        rateLimit: limit(own?.throttling_rate_limit, all?.throttling_rate_limit, accountLimits.rateLimit),
        burstLimit: limit(own?.throttling_burst_limit, all?.throttling_burst_limit, accountLimits.burstLimit),
      };
    },
    cacheOf: (method) =>
      stage.cache_cluster_enabled
        ? cacheSettings(method.httpMethod, settings.get(settingsKeyOf(method)), settings.get("*/*"))
        : undefined,
  };
}

/** @throws Error for a format with a variable that the kind of API does not have */
export const readAccessLog = (
  address: string,
  settings: { readonly destination_arn: string; readonly format: string },
  known?: VariableNames,
): AccessLog => ({
  format: at(address, "access_log_settings.format", () => new ContextTemplate(settings.format, known)),
  logGroupName: settings.destination_arn.replace(/^.*:log-group:/, "").replace(/:\*$/, ""),
});

function requireDeployment(parts: Parts, { address }: Part<"aws_api_gateway_stage">, deploymentId: string): void {
  if (parts.all("aws_api_gateway_deployment").some(({ id }) => id === deploymentId)) return;
  throw new Error(`${address}: there is no deployment ${deploymentId} in the API`);
}

/** Settings of a stage or method that is not there would say nothing. */
function requireTargets(parts: Parts, methods: readonly Method[]): void {
  const stageNames = new Set(parts.all("aws_api_gateway_stage").map((stage) => stage.stage_name));
  const known = new Set(["*/*", ...methods.map(settingsKeyOf)]);
  for (const { address, stage_name: stageName, method_path: methodPath } of parts.all(
    "aws_api_gateway_method_settings",
  )) {
    if (!stageNames.has(stageName)) throw new Error(`${address}: there is no stage ${stageName} in the API`);
    if (!known.has(settingsKey(methodPath)))
      throw new Error(
        `${address}: method_path is no method of the API, got: ${methodPath}; ~1orders/POST is POST of /orders`,
      );
  }
}

/** A method as settings name it, such as `/orders/POST`; a usage plan's throttles name it alike. */
export const settingsKeyOf = ({ resourcePath, httpMethod }: Method): string => `${resourcePath}/${httpMethod}`;

/** The first limit that is set; -1 says that none is. */
const limit = (...candidates: readonly (number | undefined)[]): number =>
  candidates.find((candidate) => candidate !== undefined && candidate >= 0) ?? 0;

/** `~1orders/POST` as `/orders/POST`; a path without its first slash is the same. */
function settingsKey(methodPath: string): string {
  if (methodPath === "*/*") return methodPath;
  const path = methodPath.replaceAll("~1", "/");
  return path.startsWith("/") ? path : `/${path}`;
}
