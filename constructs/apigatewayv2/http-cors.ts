import type { Apigatewayv2ApiCorsConfiguration } from "@cdktf/provider-aws/lib/apigatewayv2-api";
import { Lazy } from "cdktf";
import { allowedHeaders, type Cors } from "../apigateway/cors";
import { httpMethods } from "../apigateway/definition";
import type { HttpAuthorizer } from "./http-authorizer";
import type { RouteKey } from "./http-route";

/** A route, as far as pages of other origins come to it. */
export interface ReachableRoute extends RouteKey {
  readonly routeKey: string;
  readonly isOpen: boolean;
  /** Headers that the integration is made of: `X-Tenant`. */
  readonly requestHeaders: readonly string[];
}

/** The headers that texts are made of, such as `$request.header.X-Tenant`, alone or in a text. */
export const headersIn = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => [...text.matchAll(/\$\{?request\.header\.([\w.-]+)/g)].map(([, name]) => name as string));

/**
 * What API Gateway answers preflights with, and puts into the answers of integrations in place of what they say of it themselves. It names the
 * origin that asked, if it is among those that may.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function corsConfiguration(
  cors: Cors,
  routes: () => readonly ReachableRoute[],
  authorizers: () => readonly HttpAuthorizer[],
): Apigatewayv2ApiCorsConfiguration {
  const methods = (): string[] => {
    const named = routes().flatMap(({ httpMethod }) => (httpMethod === "ANY" ? httpMethods : [httpMethod]));
    return [...new Set(named)].sort();
  };
  const headers = (): string[] => {
    const sources = authorizers().flatMap(({ identitySources }) => identitySources);
    const wanted = [...headersIn(sources), ...routes().flatMap(({ requestHeaders }) => requestHeaders)];
    return allowedHeaders(
      cors,
      wanted.map((name) => name.toLowerCase()),
    ).split(",");
  };
  return {
    allowOrigins: [...cors.allowOrigins],
    allowMethods: Lazy.listValue({ produce: methods }),
    allowHeaders: Lazy.listValue({ produce: headers }),
    exposeHeaders: cors.exposeHeaders && [...cors.exposeHeaders],
    maxAge: cors.maxAgeSeconds ?? 600,
    allowCredentials: cors.allowCredentials ?? false,
  };
}

/**
 * A sentence for each route that takes preflights for itself and refuses them: a browser sends no credentials along.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflightFindings(routes: readonly ReachableRoute[]): readonly string[] {
  const open = new Set(routes.filter(({ isOpen }) => isOpen).map(({ routeKey }) => routeKey));
  return routes
    .filter(({ httpMethod, isOpen }) => httpMethod === "ANY" && !isOpen)
    .map(({ routeKey, path }) => ({ routeKey, needed: `OPTIONS ${path === "$default" ? "/{proxy+}" : path}` }))
    .filter(({ needed }) => !open.has(needed))
    .map(
      ({ routeKey, needed }) =>
        `cors must have a route ${needed} that anyone may call, since ${routeKey} takes preflights, too, and lets none in, got: none. ` +
        'Add it with authorization "NONE", or name the methods of the route',
    );
}
