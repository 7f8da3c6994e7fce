import { Apigatewayv2Integration } from "@cdktf/provider-aws/lib/apigatewayv2-integration";
import { Apigatewayv2Route } from "@cdktf/provider-aws/lib/apigatewayv2-route";
import { Apigatewayv2RouteResponse } from "@cdktf/provider-aws/lib/apigatewayv2-route-response";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ProxyIntegration } from "../apigateway/integration";
import { requireTimeout } from "../apigateway/limits";
import type { Throttle } from "../apigateway/throttle";
import { PropError, requireMatch } from "../terraform/props";
import type { WebSocketAuthorizer } from "./websocket-authorizer";
import { LONGEST_INTEGRATION } from "./websocket-limits";

/**
 * Who may connect. `AWS_IAM`: whoever signs the request and may invoke `$connect`; `NONE`: anyone; else whom an authorizer lets in.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html
 */
export type WebSocketAuthorization = "AWS_IAM" | "NONE" | WebSocketAuthorizer;

export interface WebSocketRouteOptions {
  /**
   * Who may connect, for `$connect` alone: what follows on a connection is whoever opened it.
   * @default "AWS_IAM"
   */
  readonly authorization?: WebSocketAuthorization;
  /**
   * Whether the body that the integration returns is sent to the client as a message. Without it, what the function returns is dropped.
   * @default false
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
   */
  readonly isAnswered?: boolean;
  /**
   * Bound on the messages of this route, all connections together.
   * @default - that of the stage
   */
  readonly throttle?: Throttle;
}

export interface WebSocketRouteProps extends WebSocketRouteOptions {
  readonly apiId: string;
  /** `$connect`, `$disconnect`, `$default`, or what the selection expression finds in a message. */
  readonly routeKey: string;
  readonly integration: ProxyIntegration;
}

/**
 * One route of a WebSocket API, and what it leads to.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export class WebSocketRoute extends Construct {
  /** What must exist for the route to work. */
  readonly parts: readonly ITerraformDependable[];

  /** @throws PropError */
  constructor(api: Construct, id: string, props: WebSocketRouteProps) {
    super(api, id);
    const { apiId, routeKey, integration, isAnswered = false } = props;
    const rule = "$connect, $disconnect, $default, or 1–128 letters, digits, spaces and ._:/-";
    requireMatch(this, "routeKey", routeKey, /^(\$(connect|disconnect|default)|[\w .:/-]{1,128})$/, rule);
    const { timeoutSeconds } = integration;
    requireTimeout(this, timeoutSeconds, LONGEST_INTEGRATION);
    if (isAnswered && routeKey === "$disconnect") {
      throw new PropError(this, "isAnswered", "left out for $disconnect, whose client is gone", isAnswered);
    }
    const authorization = this.authorization(props);
    const target = new Apigatewayv2Integration(this, "Integration", {
      apiId,
      integrationType: "AWS_PROXY",
      integrationMethod: "POST",
      integrationUri: integration.uri,
      credentialsArn: integration.credentialsArn,
      timeoutMilliseconds: timeoutSeconds === undefined ? undefined : Math.round(timeoutSeconds * 1_000),
      dependsOn: [...integration.dependsOn],
    });
    const authorizer = typeof authorization === "string" ? undefined : authorization.addTo(this, apiId);
    const route = new Apigatewayv2Route(this, "Resource", {
      apiId,
      routeKey,
      target: `integrations/${target.id}`,
      authorizationType: typeof authorization === "string" ? authorization : "CUSTOM",
      authorizerId: authorizer?.id,
      routeResponseSelectionExpression: isAnswered ? "$default" : undefined,
    });
    const response = isAnswered
      ? [new Apigatewayv2RouteResponse(this, "Response", { apiId, routeId: route.id, routeResponseKey: "$default" })]
      : [];
    this.parts = [route, target, ...(authorizer ? [authorizer] : []), ...response];
  }

  private authorization({ routeKey, authorization }: WebSocketRouteProps): WebSocketAuthorization {
    if (routeKey === "$connect") return authorization ?? "AWS_IAM";
    if (authorization === undefined) return "NONE";
    const remedy = "Nobody is asked for again once connected";
    throw new PropError(this, "authorization", `left out for ${routeKey}: it is of $connect alone`, "set", remedy);
  }
}
