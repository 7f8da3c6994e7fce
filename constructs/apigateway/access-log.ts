/** Kinds of APIs, whose logs know different things. */
export type ApiKind = "REST" | "HTTP" | "WEBSOCKET";

const everywhere = ["REST", "HTTP", "WEBSOCKET"] as const;
const rest = ["REST"] as const;
const http = ["HTTP"] as const;
const webSocket = ["WEBSOCKET"] as const;

/**
 * What access logs say: the name of a field, the variable that it has, and the kinds of APIs that know it. Query strings, in which browsers send
 * tokens, are in none.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
 */
const fields: readonly (readonly [name: string, variable: string, kinds: readonly ApiKind[]])[] = [
  ["requestId", "requestId", everywhere],
  ["extendedRequestId", "extendedRequestId", ["REST", "WEBSOCKET"]],
  ["requestTime", "requestTime", everywhere],
  ["httpMethod", "httpMethod", ["REST", "HTTP"]],
  ["path", "path", ["REST", "HTTP"]],
  ["resourcePath", "resourcePath", rest],
  ["eventType", "eventType", webSocket],
  ["routeKey", "routeKey", ["HTTP", "WEBSOCKET"]],
  ["connectionId", "connectionId", webSocket],
  ["connectedAt", "connectedAt", webSocket],
  ["messageId", "messageId", webSocket],
  ["status", "status", everywhere],
  ["responseLength", "responseLength", ["REST", "HTTP"]],
  ["responseLatency", "responseLatency", ["REST", "HTTP"]],
  ["integrationStatus", "integration.status", everywhere],
  ["integrationLatency", "integration.latency", everywhere],
  ["integrationRequestId", "integration.requestId", everywhere],
  ["integrationError", "integration.error", everywhere],
  ["errorType", "error.responseType", everywhere],
  ["errorMessage", "error.message", everywhere],
  ["validationError", "error.validationErrorString", ["REST", "WEBSOCKET"]],
  ["authorizeError", "authorize.error", ["REST", "WEBSOCKET"]],
  ["authorizerError", "authorizer.error", everywhere],
  ["authorizerStatus", "authorizer.status", ["REST", "WEBSOCKET"]],
  ["authorizerLatency", "authorizer.latency", ["REST", "WEBSOCKET"]],
  ["principalId", "authorizer.principalId", ["REST", "WEBSOCKET"]],
  // Whom a Cognito authorizer let in, which sets no principalId.
  ["user", "authorizer.claims.sub", rest],
  // Of the token that a JWT authorizer took, and what a function gave as `context.sub`.
  ["sub", "authorizer.claims.sub", http],
  ["authorizerSub", "authorizer.sub", http],
  ["wafStatus", "waf.status", rest],
  ["wafError", "waf.error", rest],
  ["wafResponse", "wafResponseCode", rest],
  ["sourceIp", "identity.sourceIp", everywhere],
  ["caller", "identity.userArn", everywhere],
  ["clientCertificate", "identity.clientCert.subjectDN", http],
  ["apiKeyId", "identity.apiKeyId", rest],
  ["userAgent", "identity.userAgent", everywhere],
  ["protocol", "protocol", http],
  ["domainName", "domainName", everywhere],
  ["basePath", "customDomain.basePathMatched", http],
  ["stage", "stage", everywhere],
  ["isCanary", "isCanaryRequest", rest],
  ["traceId", "xrayTraceId", rest],
];

/**
 * One line of JSON a request, connection or message: who, what, how it ended, how long it took, and where it was refused. A field that there is
 * no value for is `-`.
 */
export const accessLogFormat = (kind: ApiKind): string =>
  JSON.stringify(
    Object.fromEntries(
      fields.filter(([, , kinds]) => kinds.includes(kind)).map(([name, variable]) => [name, `$context.${variable}`]),
    ),
  );
