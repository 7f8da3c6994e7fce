import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings";
import { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage";
import { Construct } from "constructs";
import { LogGroup, type RetentionDays } from "../cloudwatch/log-group";
import { PropError, requireInteger, requireMatch } from "../terraform/props";
import type { Deployment } from "./deployment";
import { requireThrottle, type Throttle } from "./throttle";

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
}

/** How one method differs from the others of a stage. */
export interface MethodSettings {
  readonly httpMethod: string;
  readonly path: string;
  readonly throttle?: Throttle;
  readonly cacheTtlSeconds?: number;
}

export interface StageProps extends StageSettings {
  readonly restApiId: string;
  readonly apiName: string;
  readonly deployment: Deployment;
}

const DEFAULT_THROTTLE: Throttle = { rateLimit: 50, burstLimit: 100 };

/**
 * One line of JSON a request.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
const accessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  extendedRequestId: "$context.extendedRequestId",
  requestTime: "$context.requestTime",
  httpMethod: "$context.httpMethod",
  path: "$context.path",
  resourcePath: "$context.resourcePath",
  status: "$context.status",
  responseLength: "$context.responseLength",
  responseLatency: "$context.responseLatency",
  integrationStatus: "$context.integration.status",
  integrationLatency: "$context.integration.latency",
  integrationError: "$context.integration.error",
  errorType: "$context.error.responseType",
  errorMessage: "$context.error.message",
  validationError: "$context.error.validationErrorString",
  sourceIp: "$context.identity.sourceIp",
  caller: "$context.identity.userArn",
  userAgent: "$context.identity.userAgent",
  traceId: "$context.xrayTraceId",
});

/**
 * A stage: a name that a deployment is served under, with its logs, its metrics and its bounds.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html
 */
export class Stage extends Construct {
  readonly invokeUrl: string;
  readonly apiName: string;
  readonly stageName: string;
  readonly accessLogs: LogGroup;
  readonly executionLogs: LogGroup;
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
    } = props;
    requireMatch(this, "stageName", stageName, /^[\w-]{1,128}$/, "1–128 letters, digits, - and _");
    requireThrottle(this, throttle);
    this.requireVariables(variables);

    this.accessLogs = new LogGroup(this, "AccessLogs", {
      logGroupName: `/aws/apigateway/${apiName}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    // API Gateway would make this one itself, and keep it for ever.
    this.executionLogs = new LogGroup(this, "ExecutionLogs", {
      logGroupName: `API-Gateway-Execution-Logs_${restApiId}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    const stage = new ApiGatewayStage(this, "Resource", {
      restApiId,
      deploymentId: props.deployment.deploymentId,
      stageName,
      variables: Object.keys(variables).length > 0 ? { ...variables } : undefined,
      cacheClusterEnabled: cache ? true : undefined,
      cacheClusterSize: cache?.sizeGb,
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: this.accessLogs.logGroupArn, format: accessLogFormat },
      dependsOn: [this.executionLogs.dependable],
    });
    this.resource = stage;
    this.props = props;
    this.apiName = apiName;
    this.invokeUrl = stage.invokeUrl;
    this.stageName = stageName;
    this.addSettings("AllMethods", "*/*", throttle);
  }

  /** Sets how one method differs from the others. */
  setMethod({ httpMethod, path, throttle, cacheTtlSeconds }: MethodSettings): void {
    if (throttle) requireThrottle(this, throttle, ` of ${httpMethod} ${path}`);
    if (cacheTtlSeconds !== undefined) {
      requireInteger(this, `cacheTtlSeconds of ${httpMethod} ${path}`, cacheTtlSeconds, 1, 3_600);
      if (!this.props.cache) {
        throw new PropError(this, "cache", `set where a route is cached, such as ${httpMethod} ${path}`, undefined);
      }
    }
    const id = `${httpMethod}${path}`.replace(/[^\w-]+/g, "_");
    const methodPath = `${path.replaceAll("/", "~1")}/${httpMethod}`;
    this.addSettings(id, methodPath, throttle ?? this.props.throttle ?? DEFAULT_THROTTLE, cacheTtlSeconds);
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

  private requireVariables(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) {
      requireMatch(this, "variables", name, /^\w{1,64}$/, "named with 1–64 letters, digits and _");
      requireMatch(
        this,
        `variables.${name}`,
        value,
        /^[\w.~:/?#&=,-]{1,512}$/,
        "1–512 letters, digits and -._~:/?#&=,",
      );
    }
  }
}
