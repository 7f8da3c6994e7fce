import { randomBytes } from "node:crypto";
import type { BinaryMediaTypes } from "./binary-media-types";
import { type Exchange, mediaTypeOf } from "./exchange";
import { isOriginHeader } from "./request-origin";

type MultiValues = Readonly<Record<string, readonly string[]>>;

/**
 * The event of a Lambda proxy integration, payload 1.0.
 *
 * Paths and path parameters stay percent-encoded as they came, `%2F` included; a query's names and values are decoded, `+` to a space. So it was
 * captured in an account: https://github.com/hotsock/voker/blob/a1c00bf491e026f81917cc2edfdaca03eabc7518/vokerhttp/testdata/ingress-paths.json. Of dot
 * segments, empty parts and a slash at the end no capture was found: they stay here, too. Clients remove literal dot segments by themselves.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function proxyEvent(exchange: Exchange, binaryMediaTypes: BinaryMediaTypes) {
  const { request, path, variables, stage, rawPathParameters } = exchange;
  const headers = grouped(headerLines(exchange));
  const query = grouped(queryPairs(exchange));
  const isBinary = request.body.length > 0 && binaryMediaTypes.includes(mediaTypeOf(request));
  return {
    resource: variables.resourcePath,
    path,
    httpMethod: request.method,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: orNull(lastValues(query)),
    multiValueQueryStringParameters: orNull(query),
    pathParameters: orNull(rawPathParameters),
    stageVariables: orNull(stage.variables),
    requestContext: requestContext(exchange),
    body: request.body.length > 0 ? request.body.toString(isBinary ? "base64" : "utf8") : null,
    isBase64Encoded: isBinary,
  };
}

function requestContext({ variables, startedAt, authorizer }: Exchange) {
  const { resourceId, resourcePath, httpMethod, extendedRequestId, requestTime, path, accountId, protocol } = variables;
  const { stage, domainPrefix, requestId, domainName, deploymentId, apiId } = variables;
  return {
    ...{ resourceId, resourcePath, httpMethod, extendedRequestId, requestTime, path, accountId, protocol },
    ...{ stage, domainPrefix, requestId, domainName, deploymentId, apiId },
    requestTimeEpoch: startedAt,
    ...(authorizer && { authorizer }),
    identity: {
      cognitoIdentityPoolId: null,
      accountId: variables["identity.accountId"] ?? null,
      cognitoIdentityId: null,
      // Where the method takes no key, neither is there.
      ...(variables["identity.apiKeyId"] && {
        apiKey: variables["identity.apiKey"],
        apiKeyId: variables["identity.apiKeyId"],
      }),
      caller: variables["identity.caller"] ?? null,
      sourceIp: variables["identity.sourceIp"],
      principalOrgId: null,
      accessKey: variables["identity.accessKey"] ?? null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: variables["identity.userArn"] ?? null,
      userAgent: variables["identity.userAgent"] ?? null,
      user: variables["identity.user"] ?? null,
      ...(variables["identity.vpceId"] !== undefined && {
        vpcId: variables["identity.vpcId"] ?? null,
        vpceId: variables["identity.vpceId"],
      }),
    },
  };
}

/**
 * What does not reach a function. The first line is AWS's table; `content-length` and `transfer-encoding` are not in captured events.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const droppedHeaders = new Set([
  ...[
    "connection",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "upgrade",
  ],
  ...["www-authenticate", "content-length", "transfer-encoding", "keep-alive"],
]);
/** What API Gateway writes itself, in its own spelling. */
const ownHeaders = new Map([
  ["host", "Host"],
  ["user-agent", "User-Agent"],
]);

/** Names keep the client's case. */
export function headerLines({
  request,
  startedAt,
}: Pick<Exchange, "request" | "startedAt">): readonly (readonly [string, string])[] {
  const given =
    request.headerLines ??
    Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const forwardedFor = given.filter(([name]) => name.toLowerCase() === "x-forwarded-for").map(([, value]) => value);
  return [
    ...given
      .filter(([name, value]) => !isDropped(name.toLowerCase(), value))
      .map(([name, value]) => [ownHeaders.get(name.toLowerCase()) ?? name, value] as const),
    ["X-Amzn-Trace-Id", traceId(startedAt)],
    ["X-Forwarded-For", [...forwardedFor, request.sourceIp].join(", ")],
    // The endpoint on 127.0.0.1 stands for AWS's, which is behind TLS.
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  ];
}

const isDropped = (name: string, value: string): boolean =>
  droppedHeaders.has(name) ||
  isOriginHeader(name) ||
  /^x-(forwarded-(for|port|proto)|amzn-trace-id)$/.test(name) ||
  (name === "authorization" && value.startsWith("AWS4-HMAC-SHA256"));

const traceId = (milliseconds: number): string =>
  `Root=1-${Math.floor(milliseconds / 1_000).toString(16)}-${randomBytes(12).toString("hex")}`;

/** A semicolon separates as `&` does: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html */
export const queryPairs = ({ query }: Pick<Exchange, "query">): readonly (readonly [string, string])[] => [
  ...new URLSearchParams(query.replaceAll(";", "&")),
];

export function grouped(pairs: readonly (readonly [string, string])[]): MultiValues {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}

export const lastValues = (values: MultiValues): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? ""]));

export const orNull = <Values extends object>(values: Values): Values | null =>
  Object.keys(values).length > 0 ? values : null;
