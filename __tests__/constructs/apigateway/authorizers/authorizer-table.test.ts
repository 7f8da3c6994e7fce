import { CognitoAuthorizer } from "../../../../constructs/apigateway/authorizers/cognito";
import { TokenAuthorizer } from "../../../../constructs/apigateway/authorizers/token";
import type { Authorization } from "../../../../constructs/apigateway/definition";
import { UserPool } from "../../../../constructs/cognito/user-pool";
import type { Stack } from "../../../../constructs/terraform/stack";
import { authorizedApi, authorizerFunction } from "../../../support/authorized-api";
import { only } from "../../../support/synth";

const ofPool = (stack: Stack, authorizerName = "users"): CognitoAuthorizer => {
  const userPools = [new UserPool(stack, authorizerName, { userPoolName: "users" })] as const;
  return new CognitoAuthorizer({ authorizerName, userPools });
};

const scoped = (scopes: readonly string[]) => authorizedApi((stack) => [{ authorizer: ofPool(stack), scopes }]);

test.each([["x"], ["x".repeat(256)], ["https://api.example/read"]])("a scope may be %s", (scope) => {
  expect(only(scoped([scope]), "aws_api_gateway_method").authorization_scopes).toEqual([scope]);
});

const rule = "authorization.scopes must be scopes, such as orders/read: 1–256 characters without spaces";

test.each([
  [[""], `${rule}, got: "" (in test/Api)`],
  [["x".repeat(257)], rule],
  [["orders/read orders/write"], rule],
  [['a"b'], rule],
  [[], "authorization.scopes must be at least one scope, got: []. Leave it out to take identity tokens (in test/Api)"],
])("scopes may not be %j", (scopes, message) => {
  expect(() => scoped(scopes)).toThrow(message);
});

test("a scope on a method whose function decides is refused: nobody would look at it", () => {
  const refused =
    "authorization.scopes must be left out with a TOKEN authorizer, whose function decides by itself, " +
    'got: ["orders/read"]. Set REQUIRED_SCOPE of the function (in test/Api)';
  const authorization = (stack: Stack): Authorization => ({
    authorizer: new TokenAuthorizer({ authorizerName: "tokens", ...authorizerFunction(stack) }),
    scopes: ["orders/read"],
  });
  expect(() => authorizedApi((stack) => [authorization(stack)])).toThrow(refused);
});

test.each(["resources", "openapi"] as const)("authorizers have names of their own, in %s", (definition) => {
  const two = (name: string, other: string) =>
    authorizedApi(
      (stack) => {
        const [one, another] = [ofPool(stack, name), ofPool(stack, other)];
        return [{ authorizer: one }, { authorizer: another }, { authorizer: one }, "AWS_IAM"];
      },
      { definition },
    );
  expect(() => two("users", "Users")).not.toThrow();
  expect(() => two("the users", "theusers")).toThrow(
    'authorizerName must be unique in the API, got: "theusers". Share one authorizer between methods, or name them apart by more than spaces (in test/Api)',
  );
});
