import type { HttpApiProps } from "../../../constructs/apigatewayv2/http-api";
import type { HttpAuthorization } from "../../../constructs/apigatewayv2/http-authorizer";
import {
  HttpLambdaAuthorizer,
  type HttpLambdaAuthorizerProps,
} from "../../../constructs/apigatewayv2/http-lambda-authorizer";
import { JwtAuthorizer, type JwtAuthorizerProps } from "../../../constructs/apigatewayv2/jwt-authorizer";
import { UserPool } from "../../../constructs/cognito/user-pool";
import { UserPoolClient } from "../../../constructs/cognito/user-pool-client";
import { NodeFunction } from "../../../constructs/lambda/function";
import type { Stack } from "../../../constructs/terraform/stack";
import { at, gatewayRole } from "../../support/api";
import { synthesizeHttpApi, toFunction } from "../../support/http-api";
import { policiesOf } from "../../support/policies";
import { type Config, countOf, only } from "../../support/synth";

const page = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `n${index}`);

const jwtProps: JwtAuthorizerProps = {
  authorizerName: "users",
  issuer: "https://issuer.example/pool",
  audiences: ["app"],
};

const withJwt = (changes: Partial<JwtAuthorizerProps> = {}, scopes?: readonly string[]): Config =>
  synthesizeHttpApi((api) => {
    const authorizer = new JwtAuthorizer({ ...jwtProps, ...changes });
    api.addRoute("GET /a", toFunction, { authorization: { authorizer, scopes } });
  });

const handlerOf = (stack: Stack, timeoutSeconds?: number): NodeFunction =>
  new NodeFunction(stack, "Authorize", {
    functionName: "authorize",
    description: "Authorize",
    entry: "handlers/authorize-request.ts",
    roleName: "authorize",
    logRetentionInDays: 1,
    timeoutSeconds,
  });

const withLambda = (
  changes: Partial<HttpLambdaAuthorizerProps> = {},
  { scopes, timeoutSeconds }: { readonly scopes?: readonly string[]; readonly timeoutSeconds?: number } = {},
  api: Partial<HttpApiProps> = {},
): Config =>
  synthesizeHttpApi((one, stack) => {
    const authorizer = new HttpLambdaAuthorizer({
      authorizerName: "tenants",
      handler: handlerOf(stack, timeoutSeconds),
      role: gatewayRole(stack),
      identitySources: ["$request.header.Authorization", "$request.header.X-Tenant"],
      ...changes,
    });
    one.addRoute("GET /a", toFunction, { authorization: { authorizer, scopes } });
  }, api);

describe("who may call", () => {
  const authorizationOf = (authorization?: HttpAuthorization, ofApi?: HttpAuthorization) =>
    at(
      synthesizeHttpApi((api) => api.addRoute("GET /a", toFunction, { authorization }), { authorization: ofApi }),
      "aws_apigatewayv2_route.Api_GET_a",
    ).authorization_type;

  test("is who IAM lets, unless the API or the route says otherwise", () => {
    expect(authorizationOf()).toBe("AWS_IAM");
    expect(authorizationOf(undefined, "NONE")).toBe("NONE");
    expect(authorizationOf("AWS_IAM", "NONE")).toBe("AWS_IAM");
  });
});

describe("a JWT authorizer", () => {
  test("of a user pool lets in who has a token for one of its apps, with one of the route's scopes", () => {
    const config = synthesizeHttpApi((api, stack) => {
      const userPool = new UserPool(stack, "Users", {
        userPoolName: "users",
        domainPrefix: "shop",
        resourceServer: { identifier: "orders", scopes: { read: "Read", write: "Write" } },
      });
      const client = new UserPoolClient(stack, "App", { userPool, clientName: "app" });
      const authorizer = new JwtAuthorizer({
        authorizerName: "Users of shop",
        issuer: userPool.issuer,
        audiences: [client.clientId],
      });
      api.addRoute("GET /a", toFunction, { authorization: { authorizer, scopes: [userPool.scope("read")] } });
      api.addRoute("GET /b", toFunction, { authorization: { authorizer } });
    });
    expect(only(config, "aws_apigatewayv2_authorizer")).toMatchObject({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      name: "Users of shop",
      authorizer_type: "JWT",
      identity_sources: ["$request.header.Authorization"],
      jwt_configuration: {
        issuer: "https://${aws_cognito_user_pool.Users.endpoint}",
        audience: ["${aws_cognito_user_pool_client.App.id}"],
      },
    });
    expect(at(config, "aws_apigatewayv2_route.Api_GET_a")).toMatchObject({
      authorization_type: "JWT",
      authorizer_id: "${aws_apigatewayv2_authorizer.Api_Authorizer_Usersofshop.id}",
      authorization_scopes: ["${aws_cognito_resource_server.Users_ResourceServer.identifier}/read"],
    });
    expect(at(config, "aws_apigatewayv2_route.Api_GET_b")).not.toHaveProperty("authorization_scopes");
    expect(only(config, "aws_apigatewayv2_deployment").depends_on).toContain(
      "aws_apigatewayv2_authorizer.Api_Authorizer_Usersofshop",
    );
  });

  test("finds the token where it is told to", () => {
    const config = withJwt({ identitySource: "$request.querystring.token" });
    expect(only(config, "aws_apigatewayv2_authorizer").identity_sources).toEqual(["$request.querystring.token"]);
  });

  test.each([["https://issuer.example/"], ["https://issuer.example:8443/a/b"]])("takes the issuer %s", (issuer) => {
    expect(only(withJwt({ issuer }), "aws_apigatewayv2_authorizer").jwt_configuration.issuer).toBe(issuer);
  });

  test("is for 1 to 50 audiences, and a route for 1 to 10 scopes", () => {
    expect(only(withJwt({ audiences: many(50) }), "aws_apigatewayv2_authorizer")).toBeDefined();
    expect(() => withJwt({ audiences: many(51) })).toThrow(
      `audiences must be at most 50 audiences, got: 51. It is AWS's limit, ${page} (in test/Api)`,
    );
    expect(() => withJwt({ audiences: [] })).toThrow(
      "audiences must be one or more, got: []. Name the app that tokens are for (in test/Api)",
    );
    expect(only(withJwt({}, many(10)), "aws_apigatewayv2_route").authorization_scopes).toHaveLength(10);
    expect(() => withJwt({}, many(11))).toThrow(
      `authorization.scopes must be at most 10 scopes, got: 11. It is AWS's limit, ${page} (in test/Api)`,
    );
    expect(() => withJwt({}, [])).toThrow(
      "authorization.scopes must be at least one scope, got: []. Leave it out to take identity tokens (in test/Api)",
    );
    expect(() => withJwt({}, ["a b"])).toThrow("authorization.scopes must be scopes, such as orders/read");
  });

  test.each<[Partial<JwtAuthorizerProps>, string]>([
    [
      { issuer: "http://issuer.example" },
      'issuer must be an https URL without query, exactly as tokens have it, got: "http://issuer.example" (in test/Api)',
    ],
    [{ issuer: "https://issuer.example?a" }, 'got: "https://issuer.example?a"'],
    [{ issuer: "issuer" }, 'got: "issuer"'],
    [{ authorizerName: "" }, 'authorizerName must be 1–128 letters, digits, -, _ and spaces, got: ""'],
    [{ authorizerName: "n".repeat(129) }, "authorizerName must be 1–128 letters"],
    [
      { identitySource: "method.request.header.Authorization" },
      "identitySource must be $request.header.<name> or $request.querystring.<name>",
    ],
  ])("is refused as %j", (changes, message) => {
    expect(() => withJwt(changes)).toThrow(message);
  });
});

describe("a Lambda authorizer", () => {
  test("is asked in payload format 2.0, gives a simple response, and is invoked under the role", () => {
    const config = withLambda();
    expect(at(config, "aws_apigatewayv2_authorizer.Api_Authorizer_tenants")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      name: "tenants",
      authorizer_type: "REQUEST",
      authorizer_uri: "${aws_lambda_function.Authorize.invoke_arn}",
      authorizer_credentials_arn: "${aws_iam_role.Gateway.arn}",
      authorizer_payload_format_version: "2.0",
      enable_simple_responses: true,
      authorizer_result_ttl_in_seconds: 300,
      identity_sources: ["$request.header.Authorization", "$request.header.X-Tenant"],
      depends_on: ["aws_iam_role_policy.Gateway_InvokeAuthorize"],
    });
    expect(at(config, "aws_apigatewayv2_route.Api_GET_a")).toMatchObject({
      authorization_type: "CUSTOM",
      authorizer_id: "${aws_apigatewayv2_authorizer.Api_Authorizer_tenants.id}",
    });
    expect(policiesOf(config, "Gateway")).toEqual({
      InvokeAuthorize: [
        { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.Authorize.arn}" },
      ],
    });
  });

  test("keeps decisions for as long as it is told, and none without anything to find them by", () => {
    const ttlOf = (changes: Partial<HttpLambdaAuthorizerProps>) =>
      only(withLambda(changes), "aws_apigatewayv2_authorizer").authorizer_result_ttl_in_seconds;
    expect([0, 3_600].map((ttlSeconds) => ttlOf({ ttlSeconds }))).toEqual([0, 3_600]);
    expect(() => ttlOf({ ttlSeconds: 3_601 })).toThrow("ttlSeconds must be an integer from 0 to 3600, got: 3601");
    expect(() => ttlOf({ identitySources: [] })).toThrow(
      "identitySources must be at least one where decisions are kept, got: []. Set ttlSeconds to 0 where a decision depends on no parameter alone (in test/Authorize)",
    );
    const free = only(withLambda({ identitySources: [], ttlSeconds: 0 }), "aws_apigatewayv2_authorizer");
    expect(free.authorizer_result_ttl_in_seconds).toBe(0);
    expect(free).not.toHaveProperty("identity_sources");
  });

  test("must answer within 10 seconds, as API Gateway waits no longer", () => {
    expect(countOf(withLambda({}, { timeoutSeconds: 10 }), "aws_apigatewayv2_authorizer")).toBe(1);
    expect(() => withLambda({}, { timeoutSeconds: 11 })).toThrow(
      `timeoutSeconds must be at most 10 seconds that a function may take to authorize, got: 11. It is AWS's limit, ${page} (in test/Authorize)`,
    );
  });

  test("lets pages of other origins send the headers that it decides by", () => {
    const config = withLambda({}, {}, { cors: { allowOrigins: ["https://a.example"] } });
    expect(only(config, "aws_apigatewayv2_api").cors_configuration.allow_headers).toContain("x-tenant");
  });

  test("needs the stage variables that it decides by", () => {
    expect(() => withLambda({ identitySources: ["$stageVariables.tenant"] })).toThrow(
      "variables of the stage $default must set tenant, which GET /a uses, got: none",
    );
  });

  test.each(["$request.header.X", "$request.querystring.token", "$context.identity.sourceIp", "$context.routeKey"])(
    "decides by %s",
    (source) => {
      const config = withLambda({ identitySources: [source] });
      expect(only(config, "aws_apigatewayv2_authorizer").identity_sources).toEqual([source]);
    },
  );

  test.each(["method.request.header.X", "$request.body.x", "Authorization", ""])("is refused by %j", (source) => {
    expect(() => withLambda({ identitySources: [source] })).toThrow(
      `identitySources must be $request.header.<name>, $request.querystring.<name>, $stageVariables.<name> or $context.<name>, got: "${source}"`,
    );
  });

  test("takes no scopes, which nobody would look at", () => {
    expect(() => withLambda({}, { scopes: ["orders/read"] })).toThrow(
      'authorization.scopes must be left out with a Lambda authorizer, whose function decides by itself, got: ["orders/read"]. Set REQUIRED_SCOPE of the function (in test/Api)',
    );
  });
});

test("two authorizers of one name are refused, and one is made once", () => {
  const twice = (authorizers: readonly JwtAuthorizer[]) =>
    synthesizeHttpApi((api) => {
      for (const [index, authorizer] of authorizers.entries()) {
        api.addRoute(`GET /a${index}`, toFunction, { authorization: { authorizer } });
      }
    });
  const shared = new JwtAuthorizer(jwtProps);
  expect(countOf(twice([shared, shared]), "aws_apigatewayv2_authorizer")).toBe(1);
  const apart = new JwtAuthorizer({ ...jwtProps, authorizerName: "admins" });
  expect(countOf(twice([shared, apart]), "aws_apigatewayv2_authorizer")).toBe(2);
  const spaced = new JwtAuthorizer({ ...jwtProps, authorizerName: "u sers" });
  expect(() => twice([shared, spaced])).toThrow(
    'authorizerName must be unique in the API, got: "u sers". Share one authorizer between methods, or name them apart by more than spaces (in test/Api)',
  );
});

describe("authorizers above AWS's quota", () => {
  let stderr: jest.SpyInstance;
  beforeEach(() => {
    stderr = jest.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => stderr.mockRestore());

  const authorizers = (count: number, changes: Partial<HttpApiProps> = {}): readonly string[] => {
    synthesizeHttpApi((api) => {
      for (const authorizerName of many(count)) {
        const authorizer = new JwtAuthorizer({ ...jwtProps, authorizerName });
        api.addRoute(`GET /${authorizerName}`, toFunction, { authorization: { authorizer } });
      }
    }, changes);
    return stderr.mock.calls.map(([text]) => text);
  };

  test("are warned of, unless it was raised", () => {
    expect(authorizers(10)).toEqual([]);
    expect(authorizers(11, { quotas: { authorizersPerApi: 11 } })).toEqual([]);
    expect(authorizers(11)).toEqual([
      "Warning: The API has 11 authorizers, and AWS allows 10 unless asked for more. " +
        `Where it granted more, say so in quotas.authorizersPerApi: ${page} (in test/Api)`,
    ]);
  });
});
