import { type ContextVariables, fromAuthorizer, type VariableNames } from "../api-gateway/context-template";

/** Variables of `$context` that both kinds of APIs have, beside those that an authorizer makes. */
const ofBoth = [
  "apiId",
  "domainName",
  "error.message",
  "error.messageString",
  "error.responseType",
  "extendedRequestId",
  "identity.accountId",
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
  "requestId",
  "requestTime",
  "requestTimeEpoch",
  "routeKey",
  "stage",
  "status",
] as const;

const ofHttp = [
  ...ofBoth,
  "accountId",
  "authorizer.error",
  "awsEndpointRequestId",
  "awsEndpointRequestId2",
  "customDomain.basePathMatched",
  "dataProcessed",
  "domainPrefix",
  "httpMethod",
  "identity.clientCert.clientCertPem",
  "identity.clientCert.issuerDN",
  "identity.clientCert.serialNumber",
  "identity.clientCert.subjectDN",
  "identity.clientCert.validity.notAfter",
  "identity.clientCert.validity.notBefore",
  "identity.cognitoAuthenticationProvider",
  "identity.cognitoAuthenticationType",
  "identity.cognitoIdentityId",
  "identity.cognitoIdentityPoolId",
  "identity.principalOrgId",
  "integrationErrorMessage",
  "integrationStatus",
  "path",
  "protocol",
  "responseLatency",
  "responseLength",
] as const;

const ofWebSockets = [
  ...ofBoth,
  "authenticate.error",
  "authenticate.latency",
  "authenticate.status",
  "authorize.error",
  "authorize.latency",
  "authorize.status",
  "connectedAt",
  "connectionId",
  "error.validationErrorString",
  "eventType",
  "identity.apiKey",
  "identity.apiKeyId",
  "messageId",
  "waf.error",
  "waf.latency",
  "waf.status",
] as const;

export type HttpVariables = ContextVariables & Partial<Record<(typeof ofHttp)[number], string>>;

export type WebSocketVariables = ContextVariables & Partial<Record<(typeof ofWebSockets)[number], string>>;

const variableNames = (names: readonly string[]): VariableNames => ({
  names,
  has: (name) => names.includes(name) || fromAuthorizer.test(name),
});

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
export const httpVariables = variableNames(ofHttp);

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html */
export const webSocketVariables = variableNames(ofWebSockets);
