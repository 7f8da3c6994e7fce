import { type ContextVariables, fromAuthorizer, type VariableNames } from "../api-gateway/context-template";

/** Variables of `$context` that WebSocket APIs have, beside those that an authorizer makes. */
const names = [
  "apiId",
  "authenticate.error",
  "authenticate.latency",
  "authenticate.status",
  "authorize.error",
  "authorize.latency",
  "authorize.status",
  "connectedAt",
  "connectionId",
  "domainName",
  "error.message",
  "error.messageString",
  "error.responseType",
  "error.validationErrorString",
  "eventType",
  "extendedRequestId",
  "identity.accountId",
  "identity.apiKey",
  "identity.apiKeyId",
  "identity.caller",
  "identity.sourceIp",
  "identity.user",
  "identity.userAgent",
  "identity.userArn",
  "integration.error",
  "integration.integrationStatus",
  "integration.latency",
  "integration.requestId",
  "integration.status",
  "integrationLatency",
  "messageId",
  "requestId",
  "requestTime",
  "requestTimeEpoch",
  "routeKey",
  "stage",
  "status",
  "waf.error",
  "waf.latency",
  "waf.status",
] as const;

export type WebSocketVariables = ContextVariables & Partial<Record<(typeof names)[number], string>>;

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html */
export const webSocketVariables: VariableNames = {
  names,
  has: (name) => (names as readonly string[]).includes(name) || fromAuthorizer.test(name),
};
