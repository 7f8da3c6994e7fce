import type { APIGatewayProxyEvent } from "aws-lambda";

export interface ProxyRequest {
  /** With the query, as it goes over the wire: `/objects/a%2Fb?x=1`. */
  readonly target: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Base path of a custom domain. */
  readonly basePath?: string;
}

/** Names with the last of their values, or with all. */
function collected(entries: readonly (readonly [string, string])[]) {
  const all: Record<string, string[]> = {};
  for (const [name, value] of entries) all[name] = [...(all[name] ?? []), value];
  const last = Object.entries(all).map(([name, values]) => [name, values.at(-1) ?? ""] as const);
  return entries.length > 0 ? { all, last: Object.fromEntries(last) } : { all: null, last: null };
}

/**
 * The event that a REST API with binary media types hands to a function, for `/objects/{key+}` and any other path: the path as it was sent,
 * the query decoded, the body in base64.
 */
export function proxyEvent(request: ProxyRequest): APIGatewayProxyEvent {
  const { target, method = "GET", headers = {}, body, basePath = "" } = request;
  const [path = "", search = ""] = target.split(/\?(.*)/s);
  const query = collected([...new URLSearchParams(search)]);
  const head = collected(Object.entries(headers));
  const [, key] = /^\/objects\/+(.*?)\/*$/s.exec(path) ?? [];
  return {
    resource: key ? "/objects/{key+}" : path,
    path: basePath + path,
    httpMethod: method,
    headers: head.last,
    multiValueHeaders: head.all,
    queryStringParameters: query.last,
    multiValueQueryStringParameters: query.all,
    pathParameters: key ? { key } : null,
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      httpMethod: method,
      path: (basePath || "/dev") + path,
      stage: "dev",
      requestId: "c0ffee00-request",
    },
    body: body === undefined ? null : Buffer.from(body).toString("base64"),
    isBase64Encoded: body !== undefined,
  } as unknown as APIGatewayProxyEvent;
}
