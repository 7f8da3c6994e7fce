import type { Resource } from "../../terraform/config";
import type { ProxyIntegration } from "../api-gateway/integration";
import { RouteTree } from "../api-gateway/route-tree";
import { type Part, Parts } from "./api-parts";
import { httpVariables } from "./context-variables";
import { readFunctionIntegration } from "./function-integration";
import { type HttpAuthorization, readHttpAuthorization } from "./http-authorizers";
import type { Cors } from "./http-cors";
import { readSqsIntegration, type SqsIntegration } from "./sqs-integration";
import { readStages, type Stage } from "./stage";

export interface HttpRoute {
  readonly routeKey: string;
  /** `ANY` for all that have no route of their own. */
  readonly httpMethod: string;
  /** `$default` for the route of that key. */
  readonly path: string;
  readonly authorization: HttpAuthorization;
  readonly integration: SqsIntegration | (ProxyIntegration & { readonly version: "1.0" | "2.0" });
}

export interface HttpConfiguration {
  readonly name: string;
  readonly cors?: Cors;
  readonly routes: readonly HttpRoute[];
  readonly stages: readonly Stage[];
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const LONGEST_INTEGRATION_MS = 30_000;

/**
 * Reads an HTTP API from its evaluated resources.
 * @throws Error for what is not modelled or does not fit together, naming it
 */
export function readHttpApi(resources: readonly Resource[]): HttpConfiguration {
  const parts = new Parts(resources);
  const { address, name, cors_configuration: cors, route_selection_expression: selection } = parts.api;
  const usual = /^\$\{?request\.method\}? \$\{?request\.path\}?$/;
  if (selection !== undefined && !usual.test(selection))
    throw new Error(`${address}: route_selection_expression of an HTTP API is fixed, got: ${selection}`);
  const ofWebSockets = ["aws_apigatewayv2_integration_response", "aws_apigatewayv2_route_response"] as const;
  const response = ofWebSockets.flatMap((type) => [...parts.all(type)] as readonly { address: string }[])[0];
  if (response) throw new Error(`${response.address} is of WebSocket APIs alone`);
  const routes = parts.all("aws_apigatewayv2_route").map((route) => readRoute(parts, route));
  const keys = new Set(routes.map(({ routeKey }) => routeKey));
  if (keys.size < routes.length) throw new Error(`${address}: each route_key must be of one route`);
  return { name, cors, routes, stages: readStages(parts, keys, httpVariables) };
}

function readRoute(parts: Parts, route: Part<"aws_apigatewayv2_route">): HttpRoute {
  const { address, route_key: routeKey, route_response_selection_expression: selection } = route;
  if (selection) throw new Error(`${address}: route_response_selection_expression is of WebSocket APIs alone`);
  const [, httpMethod = "", path = ""] =
    /^([A-Z]+) (\/.*)$/.exec(routeKey === "$default" ? "ANY /$default" : routeKey) ?? [];
  if (!httpMethod)
    throw new Error(`${address}: route_key must be $default or such as GET /orders/{id}, got: ${routeKey}`);
  const integration = parts.integrationOf(route);
  if (!integration) throw new Error(`${address}: target must be given: a route without an integration answers nothing`);
  return {
    routeKey,
    httpMethod,
    path: routeKey === "$default" ? routeKey : path,
    authorization: readHttpAuthorization(parts, route),
    integration: readIntegration(integration),
  };
}

function readIntegration(part: Part<"aws_apigatewayv2_integration">): HttpRoute["integration"] {
  const { address, integration_type: type, integration_subtype: subtype, payload_format_version: version } = part;
  if (type !== "AWS_PROXY")
    throw new Error(`${address}: integration_type must be AWS_PROXY for an HTTP API, got: ${type}`);
  return subtype
    ? readSqsIntegration(part, LONGEST_INTEGRATION_MS)
    : { ...readFunctionIntegration(part, LONGEST_INTEGRATION_MS), version };
}

/**
 * Finds the route of a request: the most specific path that has the method or `ANY`, else `$default`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class HttpRoutes {
  private readonly trees = new Map<string, RouteTree<HttpRoute>>();
  private readonly fallback?: HttpRoute;

  constructor(private readonly routes: readonly HttpRoute[]) {
    this.fallback = routes.find(({ routeKey }) => routeKey === "$default");
  }

  find(
    httpMethod: string,
    path: string,
  ): { readonly target: HttpRoute; readonly parameters: Readonly<Record<string, string>> } | undefined {
    const found = this.treeOf(httpMethod).find(path, httpMethod);
    return found ?? (this.fallback && { target: this.fallback, parameters: {} });
  }

  /** A path that is there for other methods alone is not there. */
  private treeOf(httpMethod: string): RouteTree<HttpRoute> {
    const tree = this.trees.get(httpMethod) ?? new RouteTree<HttpRoute>();
    if (!this.trees.has(httpMethod)) {
      this.trees.set(httpMethod, tree);
      for (const route of this.routes)
        if (route.path !== "$default" && [httpMethod, "ANY"].includes(route.httpMethod))
          tree.add(route.path, route.httpMethod, route);
    }
    return tree;
  }
}
