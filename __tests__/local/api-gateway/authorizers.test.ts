import { readRestApi } from "../../../local/api-gateway/rest-api";
import { authorizedApi, lambdaAuthorizer } from "../../support/authorizers";
import { changed, resource, smallApi } from "../../support/rest-api";

const read = (authorizer: Readonly<Record<string, unknown>>, method = {}) =>
  readRestApi(authorizedApi(["GET /"], authorizer, method)).methods[0]?.authorization;

const pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc";
const users = { type: "COGNITO_USER_POOLS", provider_arns: [pool] };

test("reads authorizers of each type, with Terraform's defaults", () => {
  const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer";
  const { authorizer_credentials: credentials } = lambdaAuthorizer;
  const lambda = { authorizerId: "authorizer-1", authorizerName: "callers", functionArn, credentials, ttlSeconds: 300 };
  expect(read({})).toEqual({ authorizer: { type: "TOKEN", ...lambda, header: "authorization" }, scopes: [] });
  expect(read({ type: "REQUEST" })).toEqual({
    authorizer: { type: "REQUEST", ...lambda, identitySources: [{ location: "header", name: "Authorization" }] },
    scopes: [],
  });
  expect(read(users, { authorization_scopes: ["orders/read"] })).toEqual({
    authorizer: {
      type: "COGNITO_USER_POOLS",
      ...{ authorizerId: "authorizer-1", authorizerName: "users", header: "authorization", userPoolArns: [pool] },
    },
    scopes: ["orders/read"],
  });
});

test.each([0, 300, 3_600])("keeps answers for %i s", (authorizer_result_ttl_in_seconds) => {
  expect(read({ authorizer_result_ttl_in_seconds })).toMatchObject({
    authorizer: { ttlSeconds: authorizer_result_ttl_in_seconds },
  });
});

describe("fails for what API Gateway would refuse, or is not modelled, and names it", () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      "a TTL of 3,601 s",
      { authorizer_result_ttl_in_seconds: 3_601 },
      "authorizer_result_ttl_in_seconds is not modelled",
    ],
    ["a TTL of -1 s", { authorizer_result_ttl_in_seconds: -1 }, "authorizer_result_ttl_in_seconds is not modelled"],
    ["a type of another API", { type: "JWT" }, 'type is not modelled by the local run, got: "JWT"'],
    [
      "another service",
      { authorizer_uri: "arn:aws:apigateway:eu-west-1:sqs:path/1/q" },
      "authorizer_uri must be the invoke_arn of a function, of a version or of an alias, in which stage variables may stand, got: arn:aws:apigateway",
    ],
    ["no function", { authorizer_uri: undefined }, "authorizer_uri must be the invoke_arn of a function"],
    ["the caller's credentials", { authorizer_credentials: "arn:aws:iam::*:user/*" }, "must be a role's ARN"],
    [
      "a token from the query",
      { identity_source: "method.request.querystring.t" },
      "identity_source must be method.request.header.<name>, got: method.request.querystring.t",
    ],
    ["two tokens", { identity_source: "method.request.header.A,method.request.header.B" }, "identity_source must be"],
    ["an expression that is none", { identity_validation_expression: "(" }, "identity_validation_expression: Invalid"],
    [
      "kept answers by nothing",
      { type: "REQUEST", identity_source: "" },
      "identity_source must name what kept answers are found by, or authorizer_result_ttl_in_seconds must be 0, got: 300",
    ],
    [
      "a source in the path",
      { type: "REQUEST", identity_source: "method.request.path.id" },
      "stageVariables.<name> or context.<name>, got: method.request.path.id",
    ],
    ["a source without its place", { type: "REQUEST", identity_source: "header.X" }, "got: header.X"],
    ["a variable that there is not", { type: "REQUEST", identity_source: "context.nothing" }, "got: context.nothing"],
    ["no user pool", { ...users, provider_arns: [] }, "provider_arns must name at least one user pool"],
  ])("%s", (_, authorizer, message) => {
    expect(() => read(authorizer)).toThrow(message);
    expect(() => read(authorizer)).toThrow("aws_api_gateway_authorizer.Authorizer: ");
  });

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>, string]>([
    ["no authorizer", {}, { authorizer_id: null }, "there is no authorizer  in the API"],
    ["another authorizer", {}, { authorizer_id: "x" }, "there is no authorizer x in the API"],
    [
      "a function for users",
      {},
      { authorization: "COGNITO_USER_POOLS" },
      "authorization must be CUSTOM for an authorizer of type TOKEN, got: COGNITO_USER_POOLS",
    ],
    [
      "users for a function",
      users,
      { authorization: "CUSTOM" },
      "authorization must be COGNITO_USER_POOLS for an authorizer of type COGNITO_USER_POOLS, got: CUSTOM",
    ],
    [
      "scopes of a function",
      {},
      { authorization_scopes: ["a"] },
      "authorization_scopes are of COGNITO_USER_POOLS alone, got: CUSTOM",
    ],
  ])("%s", (_, authorizer, method, message) => {
    expect(() => read(authorizer, method)).toThrow(`aws_api_gateway_method.GET /: ${message}`);
  });
});

describe("who can reach an API at all", () => {
  const api = smallApi(["GET /"]);
  const isPrivate = (endpoint_configuration: unknown) =>
    readRestApi(changed(api, "rest_api", { endpoint_configuration, policy: "{}" })).isPrivate;

  test("VPC endpoints alone, where it says so, as an object or a list of one", () => {
    expect(isPrivate({ types: ["PRIVATE"], vpc_endpoint_ids: ["vpce-1"] })).toBe(true);
    expect(isPrivate([{ types: ["PRIVATE"] }])).toBe(true);
    expect([isPrivate({ types: ["REGIONAL"] }), isPrivate({ types: ["EDGE"] }), isPrivate(undefined)]).toEqual([
      ...[false, false, false],
    ]);
  });

  test("its policy stands in it or beside it, and not in both", () => {
    const beside = resource("rest_api_policy", "Policy", { policy: '{"a":1}' });
    expect(readRestApi([...api, beside]).policy).toBe('{"a":1}');
    expect(readRestApi(changed(api, "rest_api", { policy: '{"a":2}' })).policy).toBe('{"a":2}');
    expect(readRestApi(api).policy).toBeUndefined();
    expect(() => readRestApi([...changed(api, "rest_api", { policy: "{}" }), beside])).toThrow(
      "aws_api_gateway_rest_api.Api: one resource policy must be given, got several: aws_api_gateway_rest_api.Api, aws_api_gateway_rest_api_policy.Policy",
    );
  });

  test("a private API must have one", () => {
    const closed = changed(api, "rest_api", { endpoint_configuration: { types: ["PRIVATE"] } });
    expect(() => readRestApi(closed)).toThrow(
      "aws_api_gateway_rest_api.Api: a PRIVATE API cannot be deployed without a resource policy",
    );
  });
});
