import type { APIGatewayAuthorizerResult } from "aws-lambda";
import type { LambdaFunction } from "./lambda-function";

/** What an authorizer gives a REST API for a good token of `TokenIssuer`: the whole stage, and what the token says. */
export const letIn = {
  principalId: "user-1",
  policyDocument: {
    Version: "2012-10-17",
    Statement: [
      {
        Action: "execute-api:Invoke",
        Effect: "Allow",
        Resource: "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*",
      },
    ],
  },
  context: { sub: "user-1", scope: "orders/read orders/write", username: "ada" },
};

/** What comes of an invocation of an authorizer: the policy's effect, or the error's text. */
export const effectOf = (authorizer: LambdaFunction, event: object): Promise<string> =>
  authorizer.invoke<APIGatewayAuthorizerResult>(event).then(
    ({ policyDocument }) => policyDocument.Statement[0]?.Effect ?? "",
    (error: Error) => error.message,
  );

export const METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/orders/1";

/** An invocation of a TOKEN authorizer. */
export const tokenEvent = (authorizationToken: unknown, methodArn: unknown = METHOD_ARN): object => ({
  type: "TOKEN",
  authorizationToken,
  methodArn,
});

export interface AuthorizedRequest {
  /** Each with its values, as they were sent. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly sourceIp?: string;
}

const lastOf = (values: AuthorizedRequest["headers"] = {}) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat().at(-1)]));

const allOf = (values: AuthorizedRequest["headers"] = {}) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat()]));

/** An invocation of a REQUEST authorizer. */
export const requestEvent = ({
  headers,
  query,
  stageVariables,
  sourceIp = "192.0.2.1",
}: AuthorizedRequest): object => ({
  type: "REQUEST",
  methodArn: METHOD_ARN,
  resource: "/orders/{id}",
  path: "/orders/1",
  httpMethod: "GET",
  headers: lastOf(headers),
  multiValueHeaders: allOf(headers),
  queryStringParameters: lastOf(query),
  multiValueQueryStringParameters: allOf(query),
  pathParameters: { id: "1" },
  stageVariables: stageVariables ?? {},
  requestContext: { requestId: "c0ffee00-request", stage: "dev", identity: { sourceIp } },
});

/** An invocation of an HTTP API's authorizer, in payload format 2.0: names of headers in lower case, values of one name joined by commas. */
export const httpRequestEvent = ({
  headers = {},
  query = {},
  stageVariables,
  sourceIp = "192.0.2.1",
}: AuthorizedRequest): object => ({
  version: "2.0",
  type: "REQUEST",
  routeArn: "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/orders/1",
  identitySource: [],
  routeKey: "GET /orders/{id}",
  rawPath: "/dev/orders/1",
  rawQueryString: "",
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), joined(value)])),
  queryStringParameters: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, joined(value)])),
  pathParameters: { id: "1" },
  stageVariables: stageVariables ?? {},
  requestContext: {
    requestId: "c0ffee00-request",
    stage: "dev",
    http: { method: "GET", path: "/dev/orders/1", protocol: "HTTP/1.1", sourceIp, userAgent: "test" },
  },
});

const joined = (values: string | readonly string[]): string => [values].flat().join(",");
