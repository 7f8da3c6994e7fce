import type { Construct } from "constructs";
import type * as z from "zod/mini";
import { PropError, requireInteger } from "../terraform/props";
import type { Cors } from "./cors";
import type { Authorization, HttpMethod, RouteDefinition } from "./definition";
import { pathParameters } from "./route-table";
import type { Throttle } from "./throttle";

export interface RouteOptions {
  /**
   * Schema of the JSON body. A body that breaks it is answered with 400 and the reason.
   * @default - any body
   */
  readonly body?: z.ZodMiniType;
  /**
   * Who may call the method.
   * @default - who may call the API's
   */
  readonly authorization?: Authorization;
  /**
   * Which pages of other origins may call the path from a browser, the same for all routes of the path. `NONE` is of none.
   * @default - those that may call the API
   */
  readonly cors?: Cors | "NONE";
  /**
   * Whether a request must carry a key of one of the API's usage plans.
   * @default false
   */
  readonly isApiKeyRequired?: boolean;
  /**
   * Names of query parameters that a request must have; one without is answered with 400.
   * @default - none
   */
  readonly requiredQueryParameters?: readonly string[];
  /**
   * Names of headers that a request must have; one without is answered with 400.
   * @default - none
   */
  readonly requiredHeaders?: readonly string[];
  /**
   * Bound on the requests to this method.
   * @default - that of the stage
   */
  readonly throttle?: Throttle;
  /**
   * Seconds that an answer to a GET is kept in the stage's cache, 0–3,600; 0 keeps none. Answers are told apart by the path's parameters and
   * by `cacheKeyParameters`; not by who asks, so every caller that is let in gets the same.
   * @default 0
   */
  readonly cacheTtlSeconds?: number;
  /**
   * Query parameters and headers that tell cached answers apart, besides the path's parameters: `querystring.page`, `header.Accept`. Where pages
   * of other origins may call, `header.Origin` does so, too: an answer says which of them may read it.
   * @default - the parameters that a request must have
   */
  readonly cacheKeyParameters?: readonly string[];
}

/**
 * What a route wants of a request, and tells cached answers apart by, as mappings name it.
 * @param dependsOnOrigin whether an answer says which origin's pages may read it
 * @throws PropError
 */
export function parametersOf(
  api: Construct,
  httpMethod: HttpMethod,
  path: string,
  options: RouteOptions,
  dependsOnOrigin: boolean,
): Pick<RouteDefinition, "requiredParameters" | "cacheKeyParameters"> {
  const { requiredQueryParameters = [], requiredHeaders = [], cacheKeyParameters, cacheTtlSeconds = 0 } = options;
  requireNames(api, "requiredQueryParameters", requiredQueryParameters);
  requireNames(api, "requiredHeaders", requiredHeaders);
  requireInteger(api, `cacheTtlSeconds of ${httpMethod} ${path}`, cacheTtlSeconds, 0, 3_600);
  const requiredParameters = [
    ...requiredQueryParameters.map((name) => `method.request.querystring.${name}`),
    ...requiredHeaders.map((name) => `method.request.header.${name}`),
  ];
  if (cacheTtlSeconds === 0) return { requiredParameters, cacheKeyParameters: [] };
  if (httpMethod !== "GET") {
    const remedy = "A body is not part of a cache's keys, and an answer out of the cache changes nothing";
    throw new PropError(api, "cacheTtlSeconds", "for a GET", `${httpMethod} ${path}`, remedy);
  }
  const wrong = cacheKeyParameters?.find((name) => !/^(querystring|header)\.[\w.:$-]+$/.test(name));
  if (wrong !== undefined) {
    throw new PropError(api, "cacheKeyParameters", "such as querystring.page or header.Accept", wrong);
  }
  const keys = new Set([
    ...pathParameters(path).map((name) => `method.request.path.${name}`),
    ...(cacheKeyParameters?.map((name) => `method.request.${name}`) ?? requiredParameters),
    ...(dependsOnOrigin ? ["method.request.header.Origin"] : []),
  ]);
  return { requiredParameters, cacheKeyParameters: [...keys] };
}

/** What API Gateway takes as the name of a parameter. */
function requireNames(api: Construct, prop: string, names: readonly string[]): void {
  const wrong = names.find((name) => !/^[\w.:$-]+$/.test(name));
  if (wrong !== undefined) throw new PropError(api, prop, "names of letters, digits and ._:$-", wrong);
}
