import { Apigatewayv2Api } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type VariableUse, variableFindings, variableUses } from "../apigateway/checks";
import type { ProxyIntegration } from "../apigateway/integration";
import { Quotas, requireApiName } from "../apigateway/limits";
import type { Role } from "../iam/role";
import { PropError, requireMatch } from "../terraform/props";
import { Deployment } from "./deployment";
import { WebSocketAuthorizer } from "./websocket-authorizer";
import { type WebSocketApiQuotas, webSocketApiQuotas } from "./websocket-limits";
import { WebSocketRoute, type WebSocketRouteOptions } from "./websocket-route";
import { WebSocketStage, type WebSocketStageSettings } from "./websocket-stage";

export interface WebSocketApiProps extends WebSocketStageSettings {
  /** Name, also of its logs: 1–128 letters, digits and `_-/.#`. */
  readonly apiName: string;
  readonly description: string;
  /**
   * What of a message names its route. A message that is no JSON, or names none, goes to `$default`.
   * @default "$request.body.action"
   */
  readonly routeSelectionExpression?: string;
  /**
   * What AWS allows this API beyond what it allows everybody. More than that is warned of.
   * @default - nothing
   */
  readonly quotas?: WebSocketApiQuotas;
}

/** What is done with a connection from here: `POST` sends, `GET` looks at it, `DELETE` closes it. */
export type ConnectionVerb = "DELETE" | "GET" | "POST";

/**
 * A WebSocket API with one stage. Connecting wants a request signed by an identity of IAM that may invoke `$connect`, unless the route says
 * otherwise. AWS closes a connection that nothing passes over for 10 minutes, and any after 2 hours; a message has up to 128 KB, in frames of
 * up to 32 KB.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export class WebSocketApi extends Construct {
  readonly apiId: string;
  readonly apiName: string;
  readonly stage: WebSocketStage;
  /**
   * Where connections are managed, with `wss://` in place of `https://`. It can be given to functions behind the API: unlike the stage's own
   * URL it is known before its routes.
   */
  readonly connectionsUrl: string;
  private readonly executionArn: string;
  private readonly routes = new Map<string, WebSocketRoute>();
  private readonly variableUses: VariableUse[] = [];
  private readonly quotas: Quotas<keyof WebSocketApiQuotas>;

  constructor(scope: Construct, id: string, props: WebSocketApiProps) {
    super(scope, id);
    const { apiName, description, routeSelectionExpression = "$request.body.action", quotas, ...settings } = props;
    requireApiName(this, apiName);
    this.quotas = new Quotas(this, webSocketApiQuotas, quotas);
    const selection = /^\$request\.body(\.[\w-]+)+$/;
    requireMatch(this, "routeSelectionExpression", routeSelectionExpression, selection, "such as $request.body.action");
    const api = new Apigatewayv2Api(this, "Resource", {
      name: apiName,
      description,
      protocolType: "WEBSOCKET",
      routeSelectionExpression,
    });
    this.apiId = api.id;
    this.apiName = apiName;
    this.executionArn = api.executionArn;
    this.connectionsUrl = `${api.apiEndpoint}/${settings.stageName}`;
    const deployment = new Deployment(this, "Deployment", {
      apiId: api.id,
      parts: () => [...this.routes.values()].flatMap(({ parts }) => parts),
    });
    this.stage = new WebSocketStage(this, "Stage", { ...settings, apiId: api.id, apiName, deployment });
    this.node.addValidation({ validate: () => [...this.check()] });
  }

  /**
   * Adds a route.
   * @param routeKey `$connect`, `$disconnect`, `$default`, or what the selection expression finds in a message
   * @throws PropError
   */
  addRoute(routeKey: string, integration: ProxyIntegration, options: WebSocketRouteOptions = {}): void {
    if (this.routes.has(routeKey)) throw new PropError(this, "routeKey", "of one route", routeKey);
    const [, special] = /^\$(connect|disconnect|default)$/.exec(routeKey) ?? [];
    const id = special ? `${special.charAt(0).toUpperCase()}${special.slice(1)}` : `Route_${routeKey}`;
    const route = new WebSocketRoute(this, id, { ...options, apiId: this.apiId, routeKey, integration });
    this.routes.set(routeKey, route);
    const { authorization } = options;
    const sources = authorization instanceof WebSocketAuthorizer ? authorization.identitySources : [];
    const texts = [integration.uri, integration.credentialsArn, ...sources];
    this.variableUses.push(...variableUses(routeKey, texts, integration.variableValues));
    if (options.throttle) this.stage.setRoute(routeKey, options.throttle);
  }

  /**
   * Lets a role manage connections of this API's stage: `execute-api:ManageConnections`, with these verbs and no other.
   * @returns what must exist before the role can do it
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
   */
  grantManageConnections(
    role: Role,
    id: string,
    verbs: readonly [ConnectionVerb, ...ConnectionVerb[]],
  ): ITerraformDependable {
    const resources = verbs.map((verb) => `${this.executionArn}/${this.stage.stageName}/${verb}/@connections/*`);
    return role.grant(id, [{ actions: ["execute-api:ManageConnections"], resources }]);
  }

  /** What can only be seen when the API is whole. */
  private check(): readonly string[] {
    const { routes, stage, quotas } = this;
    quotas.warnAbove("routesPerApi", routes.size, "The API", "routes");
    // A stage of a WebSocket API has no canary.
    const { stageName, variables } = stage;
    const findings = variableFindings(this.variableUses, [{ stageName, variables, canaryVariables: variables }]);
    if (routes.has("$connect")) return findings;
    const got = [...routes.keys()].join(", ") || "none";
    return [
      `routes must have $connect, since without it anyone may connect, got: ${got} (in ${this.node.path})`,
      ...findings,
    ];
  }
}
