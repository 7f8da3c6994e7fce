import { Apigatewayv2Stage, type Apigatewayv2StageRouteSettings } from "@cdktf/provider-aws/lib/apigatewayv2-stage";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { accessLogFormat } from "../apigateway/access-log";
import { addressesOf } from "../apigateway/deployment";
import { requireVariables } from "../apigateway/limits";
import { type ObservedStage, requestMetrics, type StageMetrics } from "../apigateway/observed-stage";
import type { StageSettings } from "../apigateway/stage";
import { DEFAULT_THROTTLE, requireThrottle, type Throttle } from "../apigateway/throttle";
import { LogGroup } from "../cloudwatch/log-group";
import { requireMatch } from "../terraform/props";
import type { Deployment } from "./deployment";

/** The stage that is served without a name in the URL. */
export const DEFAULT_STAGE = "$default";

/** As of a REST API's stage. The throttle is on the requests to each route that has none of its own. */
export interface HttpStageSettings extends Pick<StageSettings, "logRetentionInDays" | "throttle" | "variables"> {
  /**
   * Name in the invoke URL: 1–128 letters, digits, `-` and `_`, but not `default`; `$default` is served without a name.
   * @default "$default"
   */
  readonly stageName?: string;
  /**
   * Whether API Gateway deploys each change by itself, as it is made. Then a route that is removed is gone at once, but while an apply is under
   * way the stage serves what is there so far. Without it, the stage moves from one whole copy of the API to the next, and a removed route is
   * served until the next change.
   * @default false
   */
  readonly isAutoDeployed?: boolean;
}

export interface HttpStageProps extends HttpStageSettings {
  readonly apiId: string;
  readonly apiName: string;
  /** What the stage serves; left out where it deploys by itself. */
  readonly deployment?: Deployment;
  /** What must exist before the stage: it has settings of routes. Is asked for when the stack is written. */
  readonly parts: () => readonly ITerraformDependable[];
  readonly isExecuteApiEndpointDisabled: boolean;
}

/**
 * The stage of an HTTP API: the name that it is served under, with its access log, its metrics and its bounds. HTTP APIs have no execution log,
 * no cache, no canary and no tracing.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
 */
export class HttpStage extends Construct implements ObservedStage {
  readonly apiId: string;
  readonly stageName: string;
  /** The name as a reference, for what must not be made before the stage. */
  readonly stageReference: string;
  readonly invokeUrl: string;
  readonly accessLogs: LogGroup;
  readonly metrics: StageMetrics;
  readonly variables: Readonly<Record<string, string>>;
  /** Whether a domain name is the only way in. */
  readonly isExecuteApiEndpointDisabled: boolean;
  private readonly routeSettings: Apigatewayv2StageRouteSettings[] = [];
  private readonly resource: Apigatewayv2Stage;

  constructor(scope: Construct, id: string, props: HttpStageProps) {
    super(scope, id);
    const {
      apiId,
      apiName,
      deployment,
      stageName = DEFAULT_STAGE,
      throttle = DEFAULT_THROTTLE,
      variables = {},
    } = props;
    const rule = "$default, or 1–128 letters, digits, - and _ other than default";
    requireMatch(this, "stageName", stageName, /^(\$default|(?!default$)[\w-]{1,128})$/, rule);
    requireThrottle(this, throttle);
    requireVariables(this, "variables", variables);

    // Groups under this name take no place in the policy that lets AWS write logs, which has room for few:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
    this.accessLogs = new LogGroup(this, "AccessLogs", {
      logGroupName: `/aws/vendedlogs/apigateway/${apiName}/${stageName.replace("$", "")}`,
      retentionInDays: props.logRetentionInDays,
    });
    const stage = new Apigatewayv2Stage(this, "Resource", {
      apiId,
      name: stageName,
      autoDeploy: deployment === undefined,
      deploymentId: deployment?.deploymentId,
      stageVariables: Object.keys(variables).length > 0 ? { ...variables } : undefined,
      accessLogSettings: { destinationArn: this.accessLogs.logGroupArn, format: accessLogFormat("HTTP") },
      // Without numbers they would be 0, and every request refused with 429.
      defaultRouteSettings: settings(throttle),
    });
    stage.dependsOn = addressesOf(props.parts);
    this.resource = stage;
    this.apiId = apiId;
    this.stageName = stageName;
    this.stageReference = stage.name;
    this.invokeUrl = stage.invokeUrl;
    this.variables = variables;
    this.isExecuteApiEndpointDisabled = props.isExecuteApiEndpointDisabled;
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    const dimensions = { ApiId: apiId, Stage: stageName };
    this.metrics = requestMetrics({ dimensions, clientErrors: "4xx", serverErrors: "5xx" });
  }

  /** Sets the bound of one route. */
  setRoute(routeKey: string, throttle: Throttle): void {
    requireThrottle(this, throttle, ` of ${routeKey}`);
    this.routeSettings.push({ routeKey, ...settings(throttle) });
    this.resource.putRouteSettings(this.routeSettings);
  }
}

/** A route's own settings stand in place of those for all, so each holds everything. */
const settings = ({ rateLimit, burstLimit }: Throttle) => ({
  detailedMetricsEnabled: true,
  throttlingRateLimit: rateLimit,
  throttlingBurstLimit: burstLimit,
});
