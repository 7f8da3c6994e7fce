import { RequestAuthorizer, type RequestAuthorizerProps } from "../../../../constructs/apigateway/authorizers/request";
import { authorizedApi, authorizerFunction } from "../../../support/authorized-api";
import { policiesOf } from "../../../support/policies";
import { type Attributes, countOf, only } from "../../../support/synth";

const identitySources = ["method.request.header.Authorization", "method.request.header.X-Tenant"];

const configOf = (changes: Partial<RequestAuthorizerProps> = {}) =>
  authorizedApi(
    (stack) => {
      const props = { authorizerName: "requests", identitySources, ...authorizerFunction(stack), ...changes };
      return [{ authorizer: new RequestAuthorizer(props) }];
    },
    { variables: { tenant: "north" } },
  );

const authorizerOf = (changes: Partial<RequestAuthorizerProps> = {}): Attributes =>
  only(configOf(changes), "aws_api_gateway_authorizer");

test("asks the function under the role about requests that have every source, and keeps what it says for five minutes", () => {
  const config = configOf();
  const { "//": _, ...authorizer } = only(config, "aws_api_gateway_authorizer");
  expect(authorizer).toEqual({
    rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
    name: "requests",
    type: "REQUEST",
    authorizer_uri: "${aws_lambda_function.Authorize.invoke_arn}",
    authorizer_credentials: "${aws_iam_role.Invoker.arn}",
    identity_source: "method.request.header.Authorization,method.request.header.X-Tenant",
    authorizer_result_ttl_in_seconds: 300,
    depends_on: ["aws_iam_role_policy.Invoker_InvokeAuthorize"],
  });
  expect(config.resource.aws_api_gateway_method?.Api_a0_GET).toMatchObject({
    authorization: "CUSTOM",
    authorizer_id: "${aws_api_gateway_authorizer.Api_requestsAuthorizer.id}",
  });
});

test("the role may invoke this one function and nothing else, and nobody else is let in", () => {
  const config = configOf();
  expect(policiesOf(config, "Invoker")).toEqual({
    InvokeAuthorize: [
      { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.Authorize.arn}" },
    ],
  });
  expect(countOf(config, "aws_lambda_permission")).toBe(0);
});

test("without sources it names one that every request has, since the provider has no way to say none", () => {
  expect(authorizerOf({ identitySources: [], ttlSeconds: 0 })).toMatchObject({
    identity_source: "context.identity.sourceIp",
    authorizer_result_ttl_in_seconds: 0,
  });
});

test.each<[Partial<RequestAuthorizerProps>, Attributes]>([
  [{ ttlSeconds: 0 }, { authorizer_result_ttl_in_seconds: 0 }],
  [{ ttlSeconds: 3_600 }, { authorizer_result_ttl_in_seconds: 3_600 }],
  [
    { identitySources: ["method.request.querystring.token", "stageVariables.tenant", "context.identity.sourceIp"] },
    { identity_source: "method.request.querystring.token,stageVariables.tenant,context.identity.sourceIp" },
  ],
])("takes %j", (changes, attributes) => {
  expect(authorizerOf(changes)).toMatchObject(attributes);
});

const rule =
  "identitySources must be method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> or context.<name>";

test.each<[Partial<RequestAuthorizerProps>, string]>([
  [
    { identitySources: [] },
    "identitySources must be at least one where decisions are kept, got: []. Set ttlSeconds to 0 where a decision depends on no parameter alone (in test/Authorize)",
  ],
  [{ identitySources: [], ttlSeconds: 1 }, "identitySources must be at least one where decisions are kept"],
  [{ identitySources: ["Authorization"] }, `${rule}, got: "Authorization" (in test/Authorize)`],
  [{ identitySources: [...identitySources, ""] }, `${rule}, got: ""`],
  [{ identitySources: ["method.request.header.A,method.request.header.B"] }, rule],
  [{ identitySources: ["method.request.path.id"] }, rule],
  [{ identitySources: ["$context.identity.sourceIp"] }, rule],
  [{ identitySources: ["stageVariables.a-b"] }, rule],
  [{ authorizerName: "a.b" }, 'authorizerName must be 1–128 letters, digits, -, _ and spaces, got: "a.b"'],
  [{ ttlSeconds: 3_601 }, "ttlSeconds must be an integer from 0 to 3600, got: 3601"],
])("refuses %j", (changes, message) => {
  expect(() => configOf(changes)).toThrow(message);
});
