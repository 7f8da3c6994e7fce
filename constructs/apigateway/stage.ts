import { createHash } from "node:crypto";
import { ApiGatewayDeployment } from "@cdktf/provider-aws/lib/api-gateway-deployment";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings";
import { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage";
import { type IResolveContext, Lazy, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { LogGroup, type RetentionDays } from "../cloudwatch/log-group";
import { PropError, requireMatch } from "../terraform/props";

export interface Throttle {
  /** Requests a second, in the long run; above 0. */
  readonly rateLimit: number;
  /** Requests at once; 1 or more. */
  readonly burstLimit: number;
}

export interface StageProps {
  readonly restApiId: string;
  readonly apiName: string;
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
 * A stage and the deployment that it serves.
 *
 * A deployment is a copy of the API: what changes afterwards is not served until the next one is made. So the deployment is replaced
 * whenever anything that it copies changes.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
 */
export class Stage extends Construct {
  readonly invokeUrl: string;
  readonly apiName: string;
  readonly stageName: string;
  readonly accessLogs: LogGroup;
  readonly executionLogs: LogGroup;
  private readonly deployment: ApiGatewayDeployment;
  private readonly resource: ApiGatewayStage;
  private readonly restApiId: string;
  private readonly executionLogLevel: StageProps["executionLogLevel"];

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    const { restApiId, apiName, stageName, logRetentionInDays, executionLogLevel, throttle } = props;
    requireMatch(this, "stageName", stageName, /^[\w-]{1,128}$/, "1–128 letters, digits, - and _");
    requireThrottle(this, throttle);

    this.deployment = new ApiGatewayDeployment(this, "Deployment", {
      restApiId,
      triggers: Lazy.anyValue({ produce: (context) => triggers(scope, context) }) as unknown as Record<string, string>,
      // The stage points at the old one until the new one is there.
      lifecycle: { createBeforeDestroy: true },
    });
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
      deploymentId: this.deployment.id,
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

  /** Makes the deployment wait for parts of the API, so that they are in the copy. */
  deployAfter(parts: readonly TerraformResource[]): void {
    const addresses = parts.map((part) => `${part.terraformResourceType}.${part.friendlyUniqueId}`);
    this.deployment.dependsOn = [...(this.deployment.dependsOn ?? []), ...addresses];
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

/** What a deployment copies. */
const deployed = new Set([
  "aws_api_gateway_rest_api",
  "aws_api_gateway_resource",
  "aws_api_gateway_method",
  "aws_api_gateway_method_response",
  "aws_api_gateway_integration",
  "aws_api_gateway_integration_response",
  "aws_api_gateway_model",
  "aws_api_gateway_request_validator",
  "aws_api_gateway_gateway_response",
  "aws_api_gateway_authorizer",
  "aws_api_gateway_rest_api_policy",
]);

/**
 * What must change for a deployment to be replaced: the hash of the configuration as it is written, and, since that holds references, what
 * Terraform finds behind those that lead out of the API, such as the name of a queue.
 */
function triggers(api: Construct, context: IResolveContext): Record<string, string> {
  // While preparing, cdktf only looks for references between stacks, and there are none in here.
  if (context.preparing) return {};
  const configuration = api.node
    .findAll()
    .filter(TerraformResource.isTerraformResource)
    .filter(({ terraformResourceType }) => deployed.has(terraformResourceType))
    .map((node) => (context.resolve(node.toTerraform()) as { resource: object }).resource);
  // "//" tells where in this project a resource comes from: moving code deploys nothing.
  const text = JSON.stringify(configuration, (key, value: unknown) => (key === "//" ? undefined : value));
  const references = new Set(text.match(/(?<!\$)\$\{(?!aws_api_gateway_)[^}]+\}/g));
  return {
    configuration: createHash("sha256").update(text).digest("hex"),
    references: [...references].sort().join(" "),
  };
}
