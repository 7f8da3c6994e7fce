/**
 * One line of JSON for each connection, message and disconnection: who, which route, how it ended, how long it took, and where it was refused.
 * The fields have the names that they have in a REST API's log. Query strings, in which browsers send their tokens, are in none of them.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
 */
export const webSocketAccessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  extendedRequestId: "$context.extendedRequestId",
  requestTime: "$context.requestTime",
  eventType: "$context.eventType",
  routeKey: "$context.routeKey",
  connectionId: "$context.connectionId",
  connectedAt: "$context.connectedAt",
  messageId: "$context.messageId",
  status: "$context.status",
  integrationStatus: "$context.integration.status",
  integrationLatency: "$context.integration.latency",
  integrationRequestId: "$context.integration.requestId",
  integrationError: "$context.integration.error",
  errorType: "$context.error.responseType",
  errorMessage: "$context.error.message",
  validationError: "$context.error.validationErrorString",
  authorizeError: "$context.authorize.error",
  authorizerError: "$context.authorizer.error",
  authorizerStatus: "$context.authorizer.status",
  authorizerLatency: "$context.authorizer.latency",
  principalId: "$context.authorizer.principalId",
  sourceIp: "$context.identity.sourceIp",
  caller: "$context.identity.userArn",
  userAgent: "$context.identity.userAgent",
  domainName: "$context.domainName",
  stage: "$context.stage",
});
