import { ApiGatewayClientCertificate } from "@cdktf/provider-aws/lib/api-gateway-client-certificate";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings";
import { ApiGatewayStage, type ApiGatewayStageCanarySettings } from "@cdktf/provider-aws/lib/api-gateway-stage";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { LogGroup, type RetentionDays } from "../cloudwatch/log-group";
import { PropError, requireMatch } from "../terraform/props";
import { accessLogFormat } from "./access-log";
import type { Deployment } from "./deployment";
import { requireVariables } from "./limits";
import { type ObservedStage, requestMetrics, type StageMetrics } from "./observed-stage";
import { type Canary, type Release, requireRelease } from "./release";
import { DEFAULT_THROTTLE, requireThrottle, type Throttle } from "./throttle";

/** A cache of answers. It costs by the hour, used or not. */
export interface Cache {
  /** Size of the cluster in GB. */
  readonly sizeGb: "0.5" | "1.6" | "6.1" | "13.5" | "28.4" | "58.2" | "118" | "237";
}

export interface StageSettings {
  /** Name in the invoke URL: 1–128 letters, digits, `-` and `_`. */
  readonly stageName: string;
  /** Days that access and execution logs are kept. */
  readonly logRetentionInDays: RetentionDays;
  /** What API Gateway writes of the execution of each request. Bodies are never logged. */
  readonly executionLogLevel: "OFF" | "ERROR" | "INFO";
  /**
   * Bound on the requests to each method that has none of its own.
   * @default { rateLimit: 50, burstLimit: 100 }
   */
  readonly throttle?: Throttle;
  /**
   * Variables that integrations and mapping templates can read as `stageVariables.<name>`: names of letters, digits and `_`, values of letters,
   * digits and `-._~:/?#&=,`.
   * @default - none
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Cache of the answers of routes that have a `cacheTtlSeconds`, encrypted.
   * @default - none
   */
  readonly cache?: Cache;
  /**
   * Whether API Gateway shows HTTP backends a certificate, by which they know that a request comes from it. It lasts a year; a new one takes a
   * replacement of the resource.
   * @default false
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
   */
  readonly hasClientCertificate?: boolean;
  /**
   * Which versions of the API the stage serves.
   * @default - the API as it is: every change is deployed when it is applied
   */
  readonly release?: Release;
}

/** How one method differs from the others of a stage. */
export interface MethodSettings {
  readonly httpMethod: string;
  readonly path: string;
  readonly throttle?: Throttle;
  /**
   * Seconds that an answer is kept, 1–3,600.
   * @default - not cached
   */
  readonly cacheTtlSeconds?: number;
}

export interface StageProps extends StageSettings {
  readonly restApiId: string;
  readonly apiName: string;
  readonly deployment: Deployment;
  /** What the canary of the release serves. */
  readonly canaryDeployment?: Deployment;
}

/**
 * A stage: a name that a deployment is served under, with its logs, its metrics and its bounds.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html
 */
export class Stage extends Construct implements ObservedStage {
  readonly restApiId: string;
  readonly stageArn: string;
  readonly invokeUrl: string;
  readonly apiName: string;
  readonly stageName: string;
  /** The name as a reference, for what must not be made before the stage. */
  readonly stageReference: string;
  readonly accessLogs: LogGroup;
  readonly metrics: StageMetrics;
  readonly executionLogs: LogGroup;
  /** For resources that must not start before the stage exists. */
  readonly dependable: ITerraformDependable;
  readonly variables: Readonly<Record<string, string>>;
  /** The variables that requests to the canary have; without a canary, those of the stage. */
  readonly canaryVariables: Readonly<Record<string, string>>;
  private readonly resource: ApiGatewayStage;
  private readonly props: StageProps;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    const {
      restApiId,
      apiName,
      stageName,
      logRetentionInDays,
      throttle = DEFAULT_THROTTLE,
      variables = {},
      cache,
      release,
      canaryDeployment,
    } = props;
    requireMatch(this, "stageName", stageName, /^[\w-]{1,128}$/, "1–128 letters, digits, - and _");
    requireThrottle(this, throttle);
    requireVariables(this, "variables", variables);
    if (release) requireRelease(this, release);

    this.props = props;
    this.accessLogs = new LogGroup(this, "AccessLogs", {
      logGroupName: `/aws/apigateway/${apiName}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    // API Gateway would make this one itself, and keep it for ever.
    this.executionLogs = new LogGroup(this, "ExecutionLogs", {
      logGroupName: `API-Gateway-Execution-Logs_${restApiId}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    // Requests to a canary are logged in groups of their own, which are there as long as there may be a canary again: so its logs outlast it.
    const canaryLogs = release ? [this.accessLogs, this.executionLogs].map((group) => this.canaryLogs(group)) : [];
    const stage = new ApiGatewayStage(this, "Resource", {
      restApiId,
      deploymentId: props.deployment.deploymentId,
      stageName,
      variables: Object.keys(variables).length > 0 ? { ...variables } : undefined,
      cacheClusterEnabled: cache ? true : undefined,
      cacheClusterSize: cache?.sizeGb,
      clientCertificateId: props.hasClientCertificate
        ? new ApiGatewayClientCertificate(this, "ClientCertificate", {
            description: `Of the stage ${stageName} of ${apiName}`,
            lifecycle: { createBeforeDestroy: true },
          }).id
        : undefined,
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: this.accessLogs.logGroupArn, format: accessLogFormat("REST") },
      canarySettings: release?.canary && canaryDeployment && canarySettings(release.canary, canaryDeployment),
      dependsOn: [this.executionLogs, ...canaryLogs].map(({ dependable }) => dependable),
    });
    this.resource = stage;
    this.dependable = stage;
    this.variables = variables;
    this.canaryVariables = release?.canary ? { ...variables, ...release.canary.variables } : variables;
    this.restApiId = restApiId;
    this.stageArn = stage.arn;
    this.stageReference = stage.stageName;
    this.apiName = apiName;
    this.invokeUrl = stage.invokeUrl;
    this.stageName = stageName;
    const dimensions = { ApiName: apiName, Stage: stageName };
    this.metrics = requestMetrics({ dimensions, clientErrors: "4XXError", serverErrors: "5XXError" });
    this.addSettings("AllMethods", "*/*", throttle);
  }

  /** Sets how one method differs from the others. */
  setMethod({ httpMethod, path, throttle, cacheTtlSeconds }: MethodSettings): void {
    if (throttle) requireThrottle(this, throttle, ` of ${httpMethod} ${path}`);
    if (cacheTtlSeconds !== undefined && !this.props.cache) {
      throw new PropError(this, "cache", `set where a route is cached, such as ${httpMethod} ${path}`, undefined);
    }
    const id = `${httpMethod}${path}`.replace(/[^\w-]+/g, "_");
    const methodPath = `${path.replaceAll("/", "~1")}/${httpMethod}`;
    this.addSettings(id, methodPath, throttle ?? this.props.throttle ?? DEFAULT_THROTTLE, cacheTtlSeconds);
  }

  private canaryLogs({ node, logGroupName }: LogGroup): LogGroup {
    return new LogGroup(this, `Canary${node.id}`, {
      logGroupName: `${logGroupName}/Canary`,
      retentionInDays: this.props.logRetentionInDays,
    });
  }

  /** A method's own settings stand in place of those for all, so each holds everything. */
  private addSettings(
    id: string,
    methodPath: string,
    { rateLimit, burstLimit }: Throttle,
    cacheTtlSeconds?: number,
  ): void {
    const { restApiId, executionLogLevel, cache } = this.props;
    new ApiGatewayMethodSettings(this, id, {
      restApiId,
      stageName: this.resource.stageName,
      methodPath,
      settings: {
        metricsEnabled: true,
        loggingLevel: executionLogLevel,
        dataTraceEnabled: false,
        throttlingRateLimit: rateLimit,
        throttlingBurstLimit: burstLimit,
        // Once there is a cluster, every GET would be cached.
        ...(cache && { cachingEnabled: cacheTtlSeconds !== undefined }),
        ...(cacheTtlSeconds !== undefined && {
          cacheTtlInSeconds: cacheTtlSeconds,
          cacheDataEncrypted: true,
          // Whoever may not empty the cache gets the cached answer.
          requireAuthorizationForCacheControl: true,
          unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITHOUT_RESPONSE_HEADER",
        }),
      },
    });
  }
}

/**
 * Refuses a stage whose name another of the API has: both would be one for API Gateway, and so would their logs.
 * @throws PropError
 */
export function requireNewStage(
  api: Construct,
  stages: readonly { readonly stageName: string }[],
  stageName: string,
): void {
  if (!stages.some((stage) => stage.stageName === stageName)) return;
  throw new PropError(api, "stageName", "of one stage of the API", stageName);
}

const canarySettings = (
  { percentTraffic, variables, useStageCache = false }: Canary,
  { deploymentId }: Deployment,
): ApiGatewayStageCanarySettings => ({
  deploymentId,
  percentTraffic,
  stageVariableOverrides: variables && { ...variables },
  useStageCache,
});
