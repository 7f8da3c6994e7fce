import type { RouteDescription } from "../api-gateway/api-gateway";

/** A request that a person, or the page, may send to a route. */
export interface ExampleRequest {
  /** `GET` where a route takes any. */
  readonly method: string;
  /** From the stage on, with the query; a parameter has its name for a value. */
  readonly path: string;
  /** JSON; none for methods that take no body. */
  readonly body?: string;
}

const withBody = new Set(["POST", "PUT", "PATCH"]);

/**
 * What a route's configuration does not tell. The key is the one that `/objects/{key+}` gets: what the first request writes, the others read and
 * delete.
 */
const known: Readonly<Record<string, { readonly query?: string; readonly body?: string }>> = {
  "POST /objects": { body: '{"key":"key","content":"Hello"}' },
  // By name: curl signs a query as it stands.
  "GET /presigned-url": { query: "fileKey=key&operation=upload" },
};

/** A request for a route; one that is answered with success, if the route is of this project's systems or its model says all. */
export function exampleRequestOf({
  httpMethod,
  path,
  exampleBody = "{}",
}: Pick<RouteDescription, "httpMethod" | "path" | "exampleBody">): ExampleRequest {
  const { query, body = exampleBody } = known[`${httpMethod} ${path}`] ?? {};
  const method = httpMethod === "ANY" ? "GET" : httpMethod;
  return {
    method,
    path: `${path.replace(/\{(.+?)\+?\}/g, "$1")}${query === undefined ? "" : `?${query}`}`,
    ...(withBody.has(method) && { body }),
  };
}
