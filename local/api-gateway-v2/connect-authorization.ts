import { type AuthorizationOptions, requireAllow } from "../api-gateway/authorization";
import { readAuthorizerAnswer } from "../api-gateway/authorizer-answer";
import type { Exchange } from "../api-gateway/exchange";
import { unauthorized } from "../api-gateway/gateway-response";
import { authenticateSigner, requireInvoke } from "../api-gateway/iam-authorization";
import { identityValueOf } from "../api-gateway/identity-sources";
import { invokeAuthorizer, setVariables } from "../api-gateway/lambda-authorizer";
import { decideUnsigned } from "../api-gateway/resource-policy";
import type { Stage } from "./stage";
import type { ConnectAuthorizer, WebSocketRoute } from "./websocket-routes";

export interface ConnectAuthorizationOptions
  extends Pick<AuthorizationOptions, "access" | "assume" | "authenticate" | "clock" | "invoke" | "place"> {
  /** What stands before the stage in the API's ARNs. */
  readonly executionArn: string;
}

/** A request to connect, while it is looked at. */
export type ConnectExchange = Pick<Exchange, "request" | "params" | "variables" | "caller"> & {
  readonly stage: Stage;
};

/**
 * Lets a client connect.
 *
 * @param event what an authorizer's function is told, without what it is told of itself
 * @returns what the authorizer said of the client, which every event of the connection has
 * @throws GatewayError for who may not
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
 */
export async function authorizeConnect(
  exchange: ConnectExchange,
  { authorization }: Pick<WebSocketRoute, "authorization">,
  event: object,
  options: ConnectAuthorizationOptions,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { access, authenticate, executionArn } = options;
  const resource = `${executionArn}/${exchange.stage.stageName}/$connect`;
  if (authorization === "NONE") return undefined;
  if (authorization === "AWS_IAM") {
    requireInvoke(authenticateSigner(exchange, authenticate), exchange.request, { access, resource });
    return undefined;
  }
  return askFunction(exchange, authorization, { resource, event }, options);
}

async function askFunction(
  exchange: ConnectExchange,
  authorizer: ConnectAuthorizer,
  { resource, event }: { readonly resource: string; readonly event: object },
  options: ConnectAuthorizationOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { clock, place } = options;
  const missing = authorizer.identitySources.find((source) => identityValueOf(exchange, source) === undefined);
  if (missing) throw unauthorized(`the request has no ${missing.location} ${missing.name}`);
  const startedAt = clock.now();
  const { principalId, context, policy } = await invokeAuthorizer(
    exchange,
    authorizer,
    { ...options, accountId: place.accountId },
    {
      event: { type: "REQUEST", methodArn: resource, ...event },
      read: (payload) => readAuthorizerAnswer(authorizer.authorizerName, payload),
    },
  );
  const integrationLatency = clock.now() - startedAt;
  setVariables(exchange, { ...context, principalId, integrationLatency: String(integrationLatency), status: "200" });
  const call = { resource, request: exchange.request };
  requireAllow(decideUnsigned(call, { clock, region: place.region }, { authorizer: policy }));
  return { ...context, principalId, integrationLatency };
}
