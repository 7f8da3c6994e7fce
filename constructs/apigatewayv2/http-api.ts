import { Apigatewayv2Api } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type VariableUse, variableFindings, variableUses } from "../apigateway/checks";
import { type Cors, corsIfAny, requireCors } from "../apigateway/cors";
import { Quotas, requireApiName } from "../apigateway/limits";
import { requireNewStage } from "../apigateway/stage";
import type { Throttle } from "../apigateway/throttle";
import { PropError } from "../terraform/props";
import { Deployment } from "./deployment";
import type { HttpAuthorization } from "./http-authorizer";
import { HttpAuthorizers } from "./http-authorizers";
import { corsConfiguration, headersIn, preflightFindings, type ReachableRoute } from "./http-cors";
import type { HttpIntegration } from "./http-integration";
import { type HttpApiQuotas, httpApiQuotas, requireWithin } from "./http-limits";
import { HttpRoute, readRouteKey } from "./http-route";
import { DEFAULT_STAGE, HttpStage, type HttpStageSettings } from "./http-stage";

export interface HttpApiProps extends HttpStageSettings {
  /** Name, also of its logs: 1–128 letters, digits and `_-/.#`. */
  readonly apiName: string;
  readonly description: string;
  /**
   * Who may call the routes that do not say it themselves. `NONE` is anyone.
   * @default "AWS_IAM"
   */
  readonly authorization?: HttpAuthorization;
  /**
   * Which pages of other origins may call the API from a browser. API Gateway answers for all routes: what a function says of it is dropped.
   * @default - none
   */
  readonly cors?: Cors;
  /**
   * Whether the URL that API Gateway makes up does not work, so that a domain name is the only way in.
   * @default false
   */
  readonly isExecuteApiEndpointDisabled?: boolean;
  /**
   * What AWS allows this API beyond what it allows everybody. More than that is warned of.
   * @default - nothing
   */
  readonly quotas?: HttpApiQuotas;
}

export interface HttpRouteOptions {
  /**
   * Who may call the route.
   * @default - who may call the API's
   */
  readonly authorization?: HttpAuthorization;
  /**
   * Bound on the requests to this route.
   * @default - that of the stage
   */
  readonly throttle?: Throttle;
}

/**
 * An HTTP API: cheaper and faster than a REST API, with less of it. It has no models, keys, usage plans, caches, resource policies, private
 * endpoints, web ACLs or messages of its own. A request has 10 MB at most, and 10,240 bytes of request line and headers.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
 */
export class HttpApi extends Construct {
  readonly apiId: string;
  readonly apiName: string;
  /** The stage that the props name; `addStage` adds others. */
  readonly stage: HttpStage;
  private readonly stages: HttpStage[] = [];
  private readonly authorizers: HttpAuthorizers;
  private readonly routes: ReachableRoute[] = [];
  private readonly parts: ITerraformDependable[] = [];
  private readonly throttles: (readonly [routeKey: string, throttle: Throttle])[] = [];
  private readonly variableUses: VariableUse[] = [];
  private readonly quotas: Quotas<keyof HttpApiQuotas>;
  private deployment?: Deployment;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: HttpApiProps,
  ) {
    super(scope, id);
    const { apiName } = props;
    const cors = corsIfAny(props.cors);
    requireApiName(this, apiName);
    if (cors) requireCors(this, "cors", cors);
    this.quotas = new Quotas(this, httpApiQuotas, props.quotas);
    const api = new Apigatewayv2Api(this, "Resource", {
      name: apiName,
      description: props.description,
      protocolType: "HTTP",
      disableExecuteApiEndpoint: props.isExecuteApiEndpointDisabled ?? false,
      corsConfiguration:
        cors &&
        corsConfiguration(
          cors,
          () => this.routes,
          () => this.authorizers.all,
        ),
    });
    this.apiId = api.id;
    this.apiName = apiName;
    this.authorizers = new HttpAuthorizers(this, api.id);
    this.stage = this.addStage("Stage", props);
    this.node.addValidation({ validate: () => [...this.check()] });
  }

  /** Adds a stage. Those that are not auto-deployed serve the same deployment. */
  addStage(id: string, settings: HttpStageSettings): HttpStage {
    const { apiId, apiName } = this;
    requireNewStage(this, this.stages, settings.stageName ?? DEFAULT_STAGE);
    const parts = () => [...this.parts, ...this.authorizers.parts];
    if (!settings.isAutoDeployed) this.deployment ??= new Deployment(this, "Deployment", { apiId, parts });
    const stage = new HttpStage(this, id, {
      ...settings,
      apiId,
      apiName,
      deployment: settings.isAutoDeployed ? undefined : this.deployment,
      parts,
      isExecuteApiEndpointDisabled: this.props.isExecuteApiEndpointDisabled ?? false,
    });
    for (const [routeKey, throttle] of this.throttles) stage.setRoute(routeKey, throttle);
    this.stages.push(stage);
    return stage;
  }

  /**
   * Adds a route.
   * @param routeKey method and path, such as `GET /orders/{id}`, `ANY /{proxy+}`, or `$default` for what no other route takes
   * @throws PropError
   */
  addRoute(routeKey: string, integration: HttpIntegration, { authorization, throttle }: HttpRouteOptions = {}): void {
    const { apiId } = this;
    const { httpMethod, path } = readRouteKey(this, routeKey);
    this.requireNew(routeKey);
    const whose = authorization ?? this.props.authorization ?? "AWS_IAM";
    const routeAuthorization = this.authorizers.routeAuthorization(whose);
    const route = new HttpRoute(this, idOf(routeKey), {
      apiId,
      routeKey,
      integration,
      authorization: routeAuthorization,
    });
    this.parts.push(...route.parts);
    const requestHeaders =
      integration.type === "AWS_PROXY" ? [] : headersIn(Object.values(integration.requestParameters));
    this.routes.push({ routeKey, httpMethod, path, isOpen: whose === "NONE", requestHeaders });
    this.variableUses.push(...usesOf(routeKey, integration, whose));
    if (throttle) {
      this.throttles.push([routeKey, throttle]);
      for (const stage of this.stages) stage.setRoute(routeKey, throttle);
    }
  }

  /** API Gateway does not tell routes apart by the names of their parameters, nor Terraform addresses by more than letters and digits. */
  private requireNew(routeKey: string): void {
    const { routes } = this;
    const shapeOf = (key: string): string => key.replace(/\{[^}]+?(\+?)\}/g, "{$1}");
    const same = routes.find((other) => shapeOf(other.routeKey) === shapeOf(routeKey));
    if (same) {
      const remedy = `The API has ${same.routeKey}`;
      throw new PropError(this, "routeKey", "of one route, whatever its parameters are called", routeKey, remedy);
    }
    const alike = routes.find((other) => idOf(other.routeKey) === idOf(routeKey));
    if (alike) {
      throw new PropError(this, "routeKey", `told from ${alike.routeKey} by letters, digits, - and _`, routeKey);
    }
  }

  /** What can only be seen when the API is whole. */
  private check(): readonly string[] {
    const { routes, stages, authorizers, quotas } = this;
    quotas.warnAbove("authorizersPerApi", authorizers.all.length, "The API", "authorizers");
    quotas.warnAbove("stagesPerApi", stages.length, "The API", "stages");
    requireWithin(this, "routes", routes.length, "routes");
    // A stage of an HTTP API has no canary.
    const variables = stages.map((stage) => ({
      stageName: stage.stageName,
      variables: stage.variables,
      canaryVariables: stage.variables,
    }));
    return [
      ...variableFindings(this.variableUses, variables),
      ...(corsIfAny(this.props.cors) ? preflightFindings(routes) : []),
    ];
  }
}

/** `GET /orders/{id}` → `GET_orders_id_`, as it stands in the addresses of the route and its integration. */
const idOf = (routeKey: string): string => (routeKey === "$default" ? "Default" : routeKey.replace(/[^\w-]+/g, "_"));

/** The stage variables that a route cannot do without. */
function usesOf(
  routeKey: string,
  integration: HttpIntegration,
  authorization: HttpAuthorization,
): readonly VariableUse[] {
  const sources = typeof authorization === "string" ? [] : authorization.authorizer.identitySources;
  const texts = integration.type === "AWS_PROXY" ? [integration.uri] : Object.values(integration.requestParameters);
  const values = integration.type === "AWS_PROXY" ? integration.variableValues : undefined;
  return variableUses(routeKey, [...texts, integration.credentialsArn, ...sources], values);
}
