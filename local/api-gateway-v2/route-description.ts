import type { RouteDescription } from "../api-gateway/api-gateway";
import type { Issuer } from "./http-authorization";
import type { HttpRoute } from "./http-routes";

/**
 * A route of an HTTP API, as whoever calls it needs to know it: in the words of REST APIs, whose Cognito authorizers take the same tokens.
 * @param issuerOf the pool of an issuer
 */
export function describeRoute(
  { httpMethod, path, authorization }: HttpRoute,
  issuerOf: (issuer: string) => Issuer | undefined,
): RouteDescription {
  const route = { httpMethod, path: path === "$default" ? "/" : path, origin: {} };
  if (typeof authorization === "string") return { ...route, authorization };
  if (authorization.type === "REQUEST")
    return { ...route, authorization: "CUSTOM", authorizedBy: { authorizer: authorization, scopes: [] } };
  const { authorizerName, identitySource, issuer, scopes } = authorization;
  const authorizer = {
    type: "COGNITO_USER_POOLS" as const,
    ...{ authorizerId: authorizerName, authorizerName, header: identitySource.name },
    userPoolArns: [issuerOf(issuer)?.arn ?? []].flat(),
  };
  return { ...route, authorization: "COGNITO_USER_POOLS", authorizedBy: { authorizer, scopes } };
}
