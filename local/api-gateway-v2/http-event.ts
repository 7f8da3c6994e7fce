import { mediaTypeOf } from "../api-gateway/exchange";
import { grouped, headerLines, lastValues, orNull, queryPairs } from "../api-gateway/proxy-event";
import { type HttpExchange, joined } from "./http-exchange";

/** What comes to a function as text; anything else is base64. AWS does not say how it tells. */
const isText = (mediaType: string): boolean =>
  /^text\/|[/+](json|xml|javascript|x-www-form-urlencoded|graphql)$/.test(mediaType);

function bodyOf({ request }: HttpExchange): { readonly body?: string; readonly isBase64Encoded: boolean } {
  const { body } = request;
  if (body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = !isText(mediaTypeOf(request));
  return { body: body.toString(isBase64Encoded ? "base64" : "utf8"), isBase64Encoded };
}

/** Header names of a 2.0 event are in lower case, and a header that comes twice is one with commas. The length stays. */
function headersOf(exchange: HttpExchange): Record<string, string> {
  const length = exchange.request.headers["content-length"];
  const lines = headerLines(exchange).filter(([name]) => name.toLowerCase() !== "cookie");
  const headers = joined(lines.map(([name, value]) => [name.toLowerCase(), value]));
  return length === undefined ? headers : { ...headers, "content-length": length };
}

/** What both versions of events of authorizers and of functions hold in common, payload format 2.0. */
export function commonEvent(exchange: HttpExchange) {
  const { request, rawPath, query, params, stage, variables } = exchange;
  const cookies = request.headers.cookie?.split(/;\s*/).filter((cookie) => cookie !== "");
  return {
    routeKey: variables.routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies && { cookies }),
    headers: headersOf(exchange),
    ...present("queryStringParameters", params.querystring),
    requestContext: {
      accountId: variables.accountId,
      apiId: variables.apiId,
      ...(exchange.authorizer && { authorizer: exchange.authorizer }),
      domainName: variables.domainName,
      domainPrefix: variables.domainPrefix,
      http: {
        method: request.method,
        path: rawPath,
        protocol: variables.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: exchange.requestId,
      routeKey: variables.routeKey,
      stage: stage.stageName,
      time: variables.requestTime,
      timeEpoch: exchange.startedAt,
    },
    ...present("pathParameters", params.path),
    ...present("stageVariables", stage.variables),
  };
}

/**
 * The event of a function, payload format 2.0. Captured: https://github.com/hotsock/voker/blob/a1c00bf491e026f81917cc2edfdaca03eabc7518/vokerhttp/testdata/apigwv2-request.json
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const eventV2 = (exchange: HttpExchange) => ({ version: "2.0", ...commonEvent(exchange), ...bodyOf(exchange) });

/** The event of a function, payload format 1.0. */
export function eventV1(exchange: HttpExchange) {
  const { request, rawPath, stage, params, variables } = exchange;
  const headers = grouped(headerLines(exchange));
  const query = grouped(queryPairs(exchange));
  const { body = null, isBase64Encoded } = bodyOf(exchange);
  return {
    version: "1.0",
    resource: resourceOf(exchange),
    path: rawPath,
    httpMethod: request.method,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: orNull(lastValues(query)),
    multiValueQueryStringParameters: orNull(query),
    requestContext: {
      accountId: variables.accountId,
      apiId: variables.apiId,
      ...(exchange.authorizer && { authorizer: authorizerV1(exchange.authorizer) }),
      domainName: variables.domainName,
      domainPrefix: variables.domainPrefix,
      extendedRequestId: exchange.requestId,
      httpMethod: request.method,
      identity: {
        accessKey: variables["identity.accessKey"] ?? null,
        accountId: variables["identity.accountId"] ?? null,
        caller: variables["identity.caller"] ?? null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: variables["identity.user"] ?? null,
        userAgent: request.headers["user-agent"] ?? "",
        userArn: variables["identity.userArn"] ?? null,
      },
      path: rawPath,
      protocol: variables.protocol,
      requestId: exchange.requestId,
      requestTime: variables.requestTime,
      requestTimeEpoch: exchange.startedAt,
      resourceId: variables.routeKey,
      resourcePath: resourceOf(exchange),
      stage: stage.stageName,
    },
    pathParameters: orNull(params.path),
    stageVariables: orNull(stage.variables),
    body,
    isBase64Encoded,
  };
}

/** Path of the route; of `$default` its own name. */
const resourceOf = ({ variables }: HttpExchange): string => (variables.routeKey ?? "").replace(/^[A-Z]+ /, "");

/** Format 1.0 knows no kinds of authorizers: claims and scopes of a token, or what a function gave. */
const authorizerV1 = ({ jwt, lambda, iam }: Readonly<Record<string, unknown>>) => jwt ?? lambda ?? iam;

const present = (name: string, values: Readonly<Record<string, string>>) =>
  Object.keys(values).length > 0 ? { [name]: values } : {};
