import { TokenAuthorizer, type TokenAuthorizerProps } from "../../../../constructs/apigateway/authorizers/token";
import { authorizedApi, authorizerFunction } from "../../../support/authorized-api";
import { policiesOf } from "../../../support/policies";
import { type Attributes, countOf, only } from "../../../support/synth";

const configOf = (changes: Partial<TokenAuthorizerProps> = {}) =>
  authorizedApi((stack) => {
    const authorizer = new TokenAuthorizer({ authorizerName: "tokens", ...authorizerFunction(stack), ...changes });
    return [{ authorizer }, { authorizer }, "AWS_IAM"];
  });

const authorizerOf = (changes: Partial<TokenAuthorizerProps> = {}): Attributes =>
  only(configOf(changes), "aws_api_gateway_authorizer");

test("asks the function under the role about the token in the Authorization header, and keeps what it says for five minutes", () => {
  const { "//": _, ...authorizer } = authorizerOf();
  expect(authorizer).toEqual({
    rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
    name: "tokens",
    type: "TOKEN",
    authorizer_uri: "${aws_lambda_function.Authorize.invoke_arn}",
    authorizer_credentials: "${aws_iam_role.Invoker.arn}",
    identity_source: "method.request.header.Authorization",
    authorizer_result_ttl_in_seconds: 300,
    depends_on: ["aws_iam_role_policy.Invoker_InvokeAuthorize"],
  });
});

test("the role may invoke this one function and nothing else, and nobody else is let in", () => {
  const config = configOf();
  expect(policiesOf(config, "Invoker")).toEqual({
    InvokeAuthorize: [
      { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.Authorize.arn}" },
    ],
  });
  const { assume_role_policy: trust } = config.resource.aws_iam_role?.Invoker ?? {};
  expect(JSON.parse(trust).Statement).toEqual([
    { Effect: "Allow", Principal: { Service: "apigateway.amazonaws.com" }, Action: "sts:AssumeRole" },
  ]);
  expect(countOf(config, "aws_lambda_permission")).toBe(0);
});

test("methods that share it name it, and others do not", () => {
  const config = configOf();
  const { Api_a0_GET: first, Api_a1_GET: second, Api_a2_GET: third } = config.resource.aws_api_gateway_method ?? {};
  for (const method of [first, second]) {
    expect(method).toMatchObject({
      authorization: "CUSTOM",
      authorizer_id: "${aws_api_gateway_authorizer.Api_tokensAuthorizer.id}",
    });
    expect(method).not.toHaveProperty("authorization_scopes");
  }
  expect(third).toMatchObject({ authorization: "AWS_IAM" });
  expect(third).not.toHaveProperty("authorizer_id");
});

test("the deployment waits for it, and is made anew when it changes", () => {
  const deploymentOf = (changes: Partial<TokenAuthorizerProps>) =>
    only(configOf(changes), "aws_api_gateway_deployment");
  expect(deploymentOf({}).depends_on).toContain("aws_api_gateway_authorizer.Api_tokensAuthorizer");
  expect(deploymentOf({}).triggers).not.toEqual(deploymentOf({ ttlSeconds: 301 }).triggers);
});

test.each<[Partial<TokenAuthorizerProps>, Attributes]>([
  [{ ttlSeconds: 0 }, { authorizer_result_ttl_in_seconds: 0 }],
  [{ ttlSeconds: 3_600 }, { authorizer_result_ttl_in_seconds: 3_600 }],
  [{ header: "X-Auth.Token_1" }, { identity_source: "method.request.header.X-Auth.Token_1" }],
  [{ validationExpression: "^Bearer [\\w.-]+$" }, { identity_validation_expression: "^Bearer [\\w.-]+$" }],
  [{ authorizerName: "a" }, { name: "a" }],
  [{ authorizerName: "My tokens-1_".padEnd(128, "x") }, { name: "My tokens-1_".padEnd(128, "x") }],
])("takes %j", (changes, attributes) => {
  expect(authorizerOf(changes)).toMatchObject(attributes);
});

test.each<[Partial<TokenAuthorizerProps>, string]>([
  [
    { authorizerName: "" },
    'authorizerName must be 1–128 letters, digits, -, _ and spaces, got: "" (in test/Authorize)',
  ],
  [{ authorizerName: "x".repeat(129) }, "authorizerName must be 1–128 letters"],
  [{ authorizerName: "a/b" }, "authorizerName must be 1–128 letters"],
  [{ ttlSeconds: -1 }, "ttlSeconds must be an integer from 0 to 3600, got: -1 (in test/Authorize)"],
  [{ ttlSeconds: 3_601 }, "ttlSeconds must be an integer from 0 to 3600, got: 3601"],
  [{ ttlSeconds: 0.5 }, "ttlSeconds must be an integer from 0 to 3600, got: 0.5"],
  [{ header: "" }, 'header must be the name of a header: letters, digits and ._-, got: "" (in test/Authorize)'],
  [{ header: "method.request.header.X Y" }, "header must be the name of a header"],
  [{ validationExpression: "(" }, 'validationExpression must be a regular expression, got: "(" (in test/Authorize)'],
])("refuses %j", (changes, message) => {
  expect(() => configOf(changes)).toThrow(message);
});
