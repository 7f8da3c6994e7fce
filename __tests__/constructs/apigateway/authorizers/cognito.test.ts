import { CognitoAuthorizer, type CognitoAuthorizerProps } from "../../../../constructs/apigateway/authorizers/cognito";
import { UserPool } from "../../../../constructs/cognito/user-pool";
import { authorizedApi } from "../../../support/authorized-api";
import { type Config, countOf, only } from "../../../support/synth";

const existing = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI";

const configOf = (changes: Partial<CognitoAuthorizerProps> = {}, scopes?: readonly string[]): Config =>
  authorizedApi((stack) => {
    const userPools = [new UserPool(stack, "Users", { userPoolName: "users" })] as const;
    return [{ authorizer: new CognitoAuthorizer({ authorizerName: "users", userPools, ...changes }), scopes }];
  });

test("takes identity tokens of the pool's users, and keeps what it found for five minutes", () => {
  const config = configOf();
  const authorizer = only(config, "aws_api_gateway_authorizer");
  expect(authorizer).toMatchObject({
    rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
    name: "users",
    type: "COGNITO_USER_POOLS",
    provider_arns: ["${aws_cognito_user_pool.Users.arn}"],
    identity_source: "method.request.header.Authorization",
    authorizer_result_ttl_in_seconds: 300,
  });
  for (const name of ["authorizer_uri", "authorizer_credentials"]) expect(authorizer).not.toHaveProperty(name);
  const method = only(config, "aws_api_gateway_method");
  expect(method).toMatchObject({
    authorization: "COGNITO_USER_POOLS",
    authorizer_id: "${aws_api_gateway_authorizer.Api_usersAuthorizer.id}",
  });
  expect(method).not.toHaveProperty("authorization_scopes");
  expect(countOf(config, "aws_lambda_permission")).toBe(0);
});

test("takes access tokens where the method names scopes", () => {
  const method = only(configOf({}, ["orders/read", "orders/write"]), "aws_api_gateway_method");
  expect(method.authorization_scopes).toEqual(["orders/read", "orders/write"]);
});

test("takes users of pools that exist, and of several", () => {
  const config = authorizedApi((stack) => {
    const userPools = [
      UserPool.fromArn(stack, "Staff", existing),
      new UserPool(stack, "Users", { userPoolName: "users" }),
    ] as const;
    return [{ authorizer: new CognitoAuthorizer({ authorizerName: "users", userPools, ttlSeconds: 0 }) }];
  });
  expect(only(config, "aws_api_gateway_authorizer")).toMatchObject({
    provider_arns: [existing, "${aws_cognito_user_pool.Users.arn}"],
    authorizer_result_ttl_in_seconds: 0,
  });
  expect(countOf(config, "aws_cognito_user_pool")).toBe(1);
});

test("takes a thousand pools and no more", () => {
  const withPools = (count: number) =>
    authorizedApi((stack) => {
      const pool = UserPool.fromArn(stack, "Staff", existing);
      const userPools = [pool, ...Array.from({ length: count - 1 }, () => pool)] as const;
      return [{ authorizer: new CognitoAuthorizer({ authorizerName: "users", userPools }) }];
    });
  expect(only(withPools(1_000), "aws_api_gateway_authorizer").provider_arns).toHaveLength(1_000);
  expect(() => withPools(1_001)).toThrow("userPools must be at most 1000 pools, got: 1001 (in test/Staff)");
});

test.each<[Partial<CognitoAuthorizerProps>, string]>([
  [{ authorizerName: "" }, 'authorizerName must be 1–128 letters, digits, -, _ and spaces, got: "" (in test/Users)'],
  [{ ttlSeconds: -1 }, "ttlSeconds must be an integer from 0 to 3600, got: -1"],
  [{ ttlSeconds: 3_601 }, "ttlSeconds must be an integer from 0 to 3600, got: 3601"],
])("refuses %j", (changes, message) => {
  expect(() => configOf(changes)).toThrow(message);
});
