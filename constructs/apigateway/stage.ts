import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings";
import { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage";
import { Construct } from "constructs";
import { LogGroup, type RetentionDays } from "../cloudwatch/log-group";
import { PropError, requireMatch } from "../terraform/props";
import type { Deployment } from "./deployment";

export interface Throttle {
  /** Requests a second, in the long run; above 0. */
  readonly rateLimit: number;
  /** Requests at once; 1 or more. */
  readonly burstLimit: number;
}

export interface StageProps {
  readonly restApiId: string;
  readonly apiName: string;
  readonly deployment: Deployment;
  /** Name in the invoke URL: 1–128 letters, digits, `-` and `_`. */
  readonly stageName: string;
  /** Days that access and execution logs are kept. */
  readonly logRetentionInDays: RetentionDays;
  /** What API Gateway writes of the execution of each request. Bodies are never logged. */
  readonly executionLogLevel: "OFF" | "ERROR" | "INFO";
  /** Bound on the requests to each method; what is above it gets 429. */
  readonly throttle: Throttle;
}

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
  private readonly restApiId: string;
  private readonly executionLogLevel: StageProps["executionLogLevel"];

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    const { restApiId, apiName, stageName, logRetentionInDays, executionLogLevel, throttle } = props;
    requireMatch(this, "stageName", stageName, /^[\w-]{1,128}$/, "1–128 letters, digits, - and _");
    requireThrottle(this, throttle);

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
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: this.accessLogs.logGroupArn, format: accessLogFormat },
      dependsOn: [this.executionLogs.dependable],
    });
    this.resource = stage;
    this.restApiId = restApiId;
    this.executionLogLevel = executionLogLevel;
    this.apiName = apiName;
    this.invokeUrl = stage.invokeUrl;
    this.stageName = stageName;
    this.addSettings(this, "AllMethods", "*/*", throttle);
  }

  /**
   * Bounds the requests to one method, in place of the bound for all.
   * @param route the construct of the method, where the settings then stand
   */
  throttleMethod(httpMethod: string, path: string, throttle: Throttle, route: Construct): void {
    requireThrottle(route, throttle);
    this.addSettings(route, "Settings", `${path.replaceAll("/", "~1")}/${httpMethod}`, throttle);
  }

  /** A method's own settings stand in place of those for all, so each holds everything. */
  private addSettings(scope: Construct, id: string, methodPath: string, { rateLimit, burstLimit }: Throttle): void {
    new ApiGatewayMethodSettings(scope, id, {
      restApiId: this.restApiId,
      stageName: this.resource.stageName,
      methodPath,
      settings: {
        metricsEnabled: true,
        loggingLevel: this.executionLogLevel,
        dataTraceEnabled: false,
        throttlingRateLimit: rateLimit,
        throttlingBurstLimit: burstLimit,
      },
    });
  }
}

function requireThrottle(construct: Construct, { rateLimit, burstLimit }: Throttle): void {
  if (rateLimit <= 0)
    throw new PropError(construct, "throttle.rateLimit", "above 0", rateLimit, "0 refuses every request");
  if (!Number.isInteger(burstLimit) || burstLimit < 1) {
    throw new PropError(
      construct,
      "throttle.burstLimit",
      "an integer of 1 or more",
      burstLimit,
      "0 refuses every request",
    );
  }
}
