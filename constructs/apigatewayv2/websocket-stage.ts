import { Apigatewayv2Stage, type Apigatewayv2StageRouteSettings } from "@cdktf/provider-aws/lib/apigatewayv2-stage";
import { Construct } from "constructs";
import { accessLogFormat } from "../apigateway/access-log";
import { requireVariables } from "../apigateway/limits";
import type { ObservedStage, StageMetrics } from "../apigateway/observed-stage";
import type { StageSettings } from "../apigateway/stage";
import { DEFAULT_THROTTLE, requireThrottle, type Throttle } from "../apigateway/throttle";
import { LogGroup } from "../cloudwatch/log-group";
import { requireMatch } from "../terraform/props";
import type { Deployment } from "./deployment";

/** As of a REST API's stage; the throttle is on connections and messages, those of all clients together. */
export type WebSocketStageSettings = Pick<
  StageSettings,
  "stageName" | "logRetentionInDays" | "executionLogLevel" | "throttle" | "variables"
>;

export interface WebSocketStageProps extends WebSocketStageSettings {
  readonly apiId: string;
  readonly apiName: string;
  readonly deployment: Deployment;
}

/**
 * The stage of a WebSocket API: the name that a deployment is served under, with its logs, its metrics and its bounds. A Region where API
 * Gateway has no role for logs refuses it: docs/deploying.md.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-publish.html
 */
export class WebSocketStage extends Construct implements ObservedStage {
  readonly apiId: string;
  readonly stageName: string;
  /** The name as a reference, for what must not be made before the stage. */
  readonly stageReference: string;
  /** What clients connect to: `wss://…`. */
  readonly invokeUrl: string;
  readonly accessLogs: LogGroup;
  readonly executionLogs: LogGroup;
  readonly metrics: StageMetrics;
  readonly variables: Readonly<Record<string, string>>;
  private readonly routeSettings: Apigatewayv2StageRouteSettings[] = [];
  private readonly resource: Apigatewayv2Stage;
  private readonly props: WebSocketStageProps;

  constructor(scope: Construct, id: string, props: WebSocketStageProps) {
    super(scope, id);
    const { apiId, apiName, stageName, throttle = DEFAULT_THROTTLE, variables = {}, logRetentionInDays } = props;
    requireMatch(this, "stageName", stageName, /^[\w-]{1,128}$/, "1–128 letters, digits, - and _");
    requireThrottle(this, throttle);
    requireVariables(this, "variables", variables);
    this.props = props;
    this.apiId = apiId;
    this.stageName = stageName;
    this.accessLogs = new LogGroup(this, "AccessLogs", {
      logGroupName: `/aws/apigateway/${apiName}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    // API Gateway would make this one itself, and keep it for ever.
    this.executionLogs = new LogGroup(this, "ExecutionLogs", {
      logGroupName: `/aws/apigateway/${apiId}/${stageName}`,
      retentionInDays: logRetentionInDays,
    });
    const stage = new Apigatewayv2Stage(this, "Resource", {
      apiId,
      name: stageName,
      deploymentId: props.deployment.deploymentId,
      autoDeploy: false,
      stageVariables: Object.keys(variables).length > 0 ? { ...variables } : undefined,
      accessLogSettings: { destinationArn: this.accessLogs.logGroupArn, format: accessLogFormat("WEBSOCKET") },
      // Without numbers they would be 0, and every connection refused with 429.
      defaultRouteSettings: this.settings(throttle),
      dependsOn: [this.executionLogs.dependable],
    });
    this.resource = stage;
    this.stageReference = stage.name;
    this.invokeUrl = stage.invokeUrl;
    this.variables = variables;
    this.metrics = metrics({ ApiId: apiId, Stage: stageName });
  }

  /** Sets the bound of one route. */
  setRoute(routeKey: string, throttle: Throttle): void {
    requireThrottle(this, throttle, ` of ${routeKey}`);
    this.routeSettings.push({ routeKey, ...this.settings(throttle) });
    this.resource.putRouteSettings(this.routeSettings);
  }

  /** A route's own settings stand in place of those for all, so each holds everything. */
  private settings({ rateLimit, burstLimit }: Throttle) {
    return {
      loggingLevel: this.props.executionLogLevel,
      dataTraceEnabled: false,
      detailedMetricsEnabled: true,
      throttlingRateLimit: rateLimit,
      throttlingBurstLimit: burstLimit,
    };
  }
}

/**
 * The metrics of connections and messages together: AWS's page has named what tells routes apart by two different names, and an alarm on the wrong
 * one never rings.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
 */
const metrics = (dimensions: StageMetrics["dimensions"]): StageMetrics => ({
  dimensions,
  what: { one: "connection or message", many: "Connections or messages" },
  counts: [
    { metricName: "ConnectCount", label: "connections" },
    { metricName: "MessageCount", label: "messages, either way" },
  ],
  clientErrors: { metricName: "ClientError", label: "refused" },
  failures: [
    {
      id: "ExecutionErrors",
      alarmName: "execution-errors",
      metricName: "ExecutionError",
      label: "not called",
      description: "API Gateway cannot call what is behind it: see the execution log",
    },
    {
      id: "IntegrationErrors",
      alarmName: "integration-errors",
      metricName: "IntegrationError",
      label: "failed",
      description: "Functions behind the API fail: see the access log, then the function's",
    },
  ],
  latencies: [{ metricName: "IntegrationLatency", label: "Latency behind the API" }],
});
