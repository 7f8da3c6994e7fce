import type { Resource } from "../../terraform/config";
import type { AnyLambdaAuthorizer } from "../api-gateway/authorizers";
import { type IdentitySource, readIdentitySources } from "../api-gateway/identity-sources";
import type { ProxyIntegration } from "../api-gateway/integration";
import { type Part, Parts } from "./api-parts";
import { webSocketVariables } from "./context-variables";
import { readFunctionArn, readFunctionIntegration, readRoleArn } from "./function-integration";
import { type RouteSelection, readRouteSelection } from "./route-selection";
import { readStages, type Stage } from "./stage";
import { type MockIntegration, readMock } from "./websocket-mock";

/** A function that is asked who may connect. */
export interface ConnectAuthorizer extends AnyLambdaAuthorizer {
  /** What a request to connect must have. */
  readonly identitySources: readonly IdentitySource[];
}

export interface WebSocketRoute {
  readonly routeKey: string;
  /** `$connect` alone may have none: then it only says who may connect. */
  readonly integration?: MockIntegration | ProxyIntegration;
  /** Of `$connect` alone. */
  readonly authorization: "AWS_IAM" | "NONE" | ConnectAuthorizer;
  /** Whether the client gets what the integration answers. */
  readonly responds: boolean;
}

export interface WebSocketConfiguration {
  readonly name: string;
  readonly selectRoute: RouteSelection;
  /** By key. */
  readonly routes: ReadonlyMap<string, WebSocketRoute>;
  readonly stages: readonly Stage[];
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const LONGEST_INTEGRATION_MS = 29_000;

/**
 * Reads a WebSocket API from its evaluated resources.
 * @throws Error for what is not modelled or does not fit together, naming it
 */
export function readWebSocketApi(resources: readonly Resource[]): WebSocketConfiguration {
  const parts = new Parts(resources);
  const { api } = parts;
  if (api.cors_configuration)
    throw new Error(`${api.address}: cors_configuration is of HTTP APIs: browsers ask no leave for a WebSocket`);
  const routes = parts.all("aws_apigatewayv2_route").map((route) => readRoute(parts, route));
  const byKey = new Map(routes.map((route) => [route.routeKey, route]));
  if (byKey.size < routes.length) throw new Error(`${api.address}: each route_key must be of one route`);
  return {
    name: api.name,
    selectRoute: readRouteSelection(api.address, api.route_selection_expression),
    routes: byKey,
    stages: readStages(parts, new Set(byKey.keys()), webSocketVariables),
  };
}

function readRoute(parts: Parts, route: Part<"aws_apigatewayv2_route">): WebSocketRoute {
  const { address, id, route_key: routeKey, route_response_selection_expression: selection } = route;
  const integration = parts.integrationOf(route);
  const responses = parts.all("aws_apigatewayv2_route_response").filter(({ route_id: of }) => of === id);
  if (responses.length > 0 && selection === undefined)
    throw new Error(
      `${address}: route_response_selection_expression must be $default for its route response to be sent`,
    );
  if (!integration && routeKey !== "$connect")
    throw new Error(`${address}: target must be given: a route without an integration does nothing`);
  return {
    routeKey,
    integration: integration && readIntegration(parts, integration),
    authorization: readAuthorization(parts, route),
    responds: selection !== undefined && responses.length > 0,
  };
}

function readIntegration(parts: Parts, integration: Part<"aws_apigatewayv2_integration">) {
  const { address, payload_format_version: version } = integration;
  if (version !== "1.0") throw new Error(`${address}: payload_format_version must be 1.0, got: ${version}`);
  if (integration.integration_subtype)
    throw new Error(`${address}: integration_subtype is of HTTP APIs, got: ${integration.integration_subtype}`);
  return integration.integration_type === "MOCK"
    ? readMock(parts, integration)
    : readFunctionIntegration(integration, LONGEST_INTEGRATION_MS);
}

function readAuthorization(parts: Parts, route: Part<"aws_apigatewayv2_route">): WebSocketRoute["authorization"] {
  const { address, route_key: routeKey, authorization_type: type, authorization_scopes: scopes } = route;
  if (type === "NONE") return type;
  if (routeKey !== "$connect")
    throw new Error(`${address}: authorization_type must be NONE: $connect alone is authorized, got: ${type}`);
  if (type === "JWT" || scopes.length > 0)
    throw new Error(`${address}: authorization_type must be NONE, AWS_IAM or CUSTOM, without scopes, got: ${type}`);
  return type === "AWS_IAM" ? type : readAuthorizer(parts.authorizerOf(route, "REQUEST"));
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html */
function readAuthorizer(part: Part<"aws_apigatewayv2_authorizer">): ConnectAuthorizer {
  const { address, id, name, authorizer_uri: uri = "", authorizer_credentials_arn: credentials } = part;
  const ofHttpApis = [
    ...["authorizer_payload_format_version", "authorizer_result_ttl_in_seconds", "jwt_configuration"],
  ] as const;
  const given = ofHttpApis.find((argument) => part[argument as keyof typeof part] !== undefined);
  if (given || part.enable_simple_responses)
    throw new Error(`${address}: ${given ?? "enable_simple_responses"} is of HTTP APIs alone`);
  return {
    authorizerId: id,
    authorizerName: name,
    functionArn: readFunctionArn(address, "authorizer_uri", uri),
    credentials: readRoleArn(address, "authorizer_credentials_arn", credentials),
    // No answer is kept: a connection is authorized once.
    ttlSeconds: 0,
    identitySources: part.identity_sources.flatMap((source) =>
      readIdentitySources(address, source.replace(/^route\.request\./, "method.request."), webSocketVariables),
    ),
  };
}
