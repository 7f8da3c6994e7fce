import type { Resource } from "../../terraform/config";
import { type Method, readRestApi } from "../api-gateway/rest-api";
import { type HttpRoute, readHttpApi } from "../api-gateway-v2/http-routes";
import { readWebSocketApi, type WebSocketRoute } from "../api-gateway-v2/websocket-routes";
import { isRestPart, isV2Part } from "../api-parts";
import { splitArn } from "../lambda/function-versions";
import type { PictureEdge, PictureNode } from "./picture";

type ApiNode = Omit<PictureNode, "stack">;

interface ApiParts {
  readonly nodes: readonly ApiNode[];
  readonly edges: readonly PictureEdge[];
}

/** A route, with what it leads to and who is asked before. */
interface Route {
  readonly name: string;
  /** An ARN, or `queue:<account>/<name>`; nothing for a route that API Gateway answers itself. */
  readonly to?: string;
  /** A function's ARN, or a user pool's. */
  readonly askedFirst: readonly string[];
}

const functionArnOf = (arn: string): string => splitArn(arn).arn;

/** Whether a resource is a part of an API, or an API. */
export const isApiPart = (resource: Resource): boolean => isRestPart(resource) || isV2Part(resource);

/** The API that a resource belongs to, or is. */
const apiIdOf = ({ attributes }: Resource): string =>
  String(attributes.rest_api_id ?? attributes.api_id ?? attributes.id);

/** The APIs of a stack, each with its routes, and the ways that begin at them. */
export function apiParts(resources: readonly Resource[]): ApiParts {
  const parts = resources.filter(isApiPart);
  const ids = [...new Set(parts.map(apiIdOf))];
  const apis = ids.map((apiId) => {
    const own = parts.filter((part) => apiIdOf(part) === apiId);
    return partsOf(apiId, readApi(own));
  });
  return { nodes: apis.flatMap(({ nodes }) => nodes), edges: apis.flatMap(({ edges }) => edges) };
}

interface Api {
  readonly name: string;
  readonly detail: string;
  readonly routes: readonly Route[];
}

function partsOf(apiId: string, { name, detail, routes }: Api) {
  const id = `api:${apiId}`;
  const asked = [...new Set(routes.flatMap(({ askedFirst }) => askedFirst))];
  const node: ApiNode = { id, kind: "api", name, detail, routes: routes.map((route) => route.name) };
  const isPool = (to: string): boolean => to.includes(":userpool/") || to.startsWith("pool:");
  const edges: PictureEdge[] = [
    ...asked.map((to) => ({
      ...{ from: id, to, label: isPool(to) ? "tokens of" : "asks who calls" },
      ...{ isForFailures: false, meters: isPool(to) ? [] : [`authorizer ${apiId} ${to}`] },
    })),
    ...routes.flatMap(({ name: route, to }) =>
      to ? [{ from: id, route, to, label: "", isForFailures: false, meters: [`route ${apiId} ${route}`] }] : [],
    ),
  ];
  // Functions send to clients through the API: they stand at the end of that way, as mails do.
  const clients: ApiNode = { id: `clients:${apiId}`, kind: "clients", name, detail: "WebSocket clients", routes: [] };
  return { nodes: detail === "WebSocket API" ? [node, clients] : [node], edges };
}

function readApi(own: readonly Resource[]): Api {
  const v2 = own.find(({ type }) => type === "aws_apigatewayv2_api");
  if (!v2) {
    const { name, methods } = readRestApi(own);
    const shown = methods.filter(({ httpMethod }) => httpMethod !== "OPTIONS");
    return { name, detail: "REST API", routes: shown.map(routeOfMethod).sort(byName) };
  }
  if (v2.attributes.protocol_type === "WEBSOCKET") {
    const { name, routes } = readWebSocketApi(own);
    return { name, detail: "WebSocket API", routes: [...routes.values()].map(routeOfSocket).sort(byName) };
  }
  const { name, routes } = readHttpApi(own);
  return { name, detail: "HTTP API", routes: routes.map((route) => routeOfHttp(route, own)).sort(byName) };
}

/** By path, and then by method. */
function byName({ name: one }: Route, { name: other }: Route): number {
  const key = (name: string): string => name.split(" ").reverse().join(" ");
  return key(one) < key(other) ? -1 : 1;
}

const routeOfMethod = ({ httpMethod, resourcePath, integration, authorization }: Method): Route => ({
  name: `${httpMethod} ${resourcePath}`,
  to:
    integration.type === "AWS_PROXY"
      ? functionArnOf(integration.functionArn)
      : integration.type === "AWS"
        ? // path/<account>/<queue>, as the integration's URI ends
          integration.path.replace(/^path\//, "queue:")
        : undefined,
  askedFirst:
    typeof authorization === "string"
      ? []
      : authorization.authorizer.type === "COGNITO_USER_POOLS"
        ? authorization.authorizer.userPoolArns
        : [functionArnOf(authorization.authorizer.functionArn)],
});

const routeOfSocket = ({ routeKey, integration, authorization }: WebSocketRoute): Route => ({
  name: routeKey,
  to: integration?.type === "AWS_PROXY" ? functionArnOf(integration.functionArn) : undefined,
  askedFirst: typeof authorization === "string" ? [] : [functionArnOf(authorization.functionArn)],
});

function routeOfHttp({ routeKey, integration, authorization }: HttpRoute, own: readonly Resource[]): Route {
  return {
    name: routeKey,
    to: integration.type === "AWS_PROXY" ? functionArnOf(integration.functionArn) : queueBehind(routeKey, own),
    askedFirst:
      typeof authorization === "string"
        ? []
        : authorization.type === "JWT"
          ? // Where pools are served here, an issuer ends in the pool's id.
            [`pool:${authorization.issuer.split("/").at(-1)}`]
          : [functionArnOf(authorization.functionArn)],
  };
}

/** The queue that an HTTP API's route sends to, where its URL is a fixed one. */
function queueBehind(routeKey: string, own: readonly Resource[]): string | undefined {
  const route = own.find(({ attributes }) => attributes.route_key === routeKey);
  const integration = own.find(({ attributes }) => route?.attributes.target === `integrations/${attributes.id}`);
  const { QueueUrl: url = "" } = (integration?.attributes.request_parameters ?? {}) as { readonly QueueUrl?: string };
  const path = /\/(\d+\/[\w-]+)$/.exec(url)?.[1];
  return path && `queue:${path}`;
}
