/**
 * One line of JSON a request: who, which route, how it ended, how long it took, and where it was refused. The fields have the names that they
 * have in a REST API's log, and a field that a request has no value for is `-`. `sub` is of the token that a JWT authorizer took, `authorizerSub`
 * what a function gave as `context.sub`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const httpAccessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  requestTime: "$context.requestTime",
  httpMethod: "$context.httpMethod",
  path: "$context.path",
  routeKey: "$context.routeKey",
  status: "$context.status",
  responseLength: "$context.responseLength",
  responseLatency: "$context.responseLatency",
  integrationStatus: "$context.integration.status",
  integrationLatency: "$context.integration.latency",
  integrationRequestId: "$context.integration.requestId",
  integrationError: "$context.integration.error",
  errorType: "$context.error.responseType",
  errorMessage: "$context.error.message",
  authorizerError: "$context.authorizer.error",
  sub: "$context.authorizer.claims.sub",
  authorizerSub: "$context.authorizer.sub",
  caller: "$context.identity.userArn",
  clientCertificate: "$context.identity.clientCert.subjectDN",
  sourceIp: "$context.identity.sourceIp",
  userAgent: "$context.identity.userAgent",
  protocol: "$context.protocol",
  domainName: "$context.domainName",
  basePath: "$context.customDomain.basePathMatched",
  stage: "$context.stage",
});
