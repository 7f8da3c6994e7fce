import * as fs from "node:fs";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { bundle } from "../../constructs/lambda/bundle";
import { authorizationArguments } from "../../local/authorization-headers";
import { Cloud } from "../../local/cloud";
import { eventIn } from "../support/authorizers";
import { SkippingClock } from "../support/local";
import { scratchFolder } from "../support/scratch-folder";

type Block = Readonly<Record<string, unknown>>;

const HANDLER = "handlers/authorize-token.ts";
/** A reference, as Terraform's JSON has it. */
const ref = (text: string): string => `\${${text}}`;
const trust = (Service: string): string =>
  JSON.stringify({ Statement: { Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" } });
const rest_api_id = ref("aws_api_gateway_rest_api.Api.id");

/** What each route asks for. */
const routes: Readonly<Record<string, Block>> = {
  open: { authorization: "NONE" },
  users: { authorization: "COGNITO_USER_POOLS", authorizer_id: ref("aws_api_gateway_authorizer.Users.id") },
  scoped: {
    authorization: "COGNITO_USER_POOLS",
    authorizer_id: ref("aws_api_gateway_authorizer.Users.id"),
    authorization_scopes: ["orders/read"],
  },
  token: { authorization: "CUSTOM", authorizer_id: ref("aws_api_gateway_authorizer.Token.id") },
};

const forEachRoute = (make: (name: string, method: Block) => Block): Block =>
  Object.fromEntries(Object.entries(routes).map(([name, method]) => [name, make(name, method)]));

/** A pool, an API that its users call, by themselves and by a function that verifies their tokens, and a policy on where they call from. */
const resources = (): Readonly<Record<string, Block>> => ({
  aws_cognito_user_pool: { Users: { name: "users" } },
  aws_cognito_resource_server: {
    Orders: {
      user_pool_id: ref("aws_cognito_user_pool.Users.id"),
      ...{ identifier: "orders", name: "Orders", scope: [{ scope_name: "read", scope_description: "Read" }] },
    },
  },
  aws_cognito_user_pool_client: {
    App: {
      ...{ name: "app", user_pool_id: ref("aws_cognito_user_pool.Users.id") },
      allowed_oauth_scopes: ref("aws_cognito_resource_server.Orders.scope_identifiers"),
    },
  },
  aws_iam_role: {
    Function: { name: "Function", assume_role_policy: trust("lambda.amazonaws.com") },
    Invoke: { name: "Invoke", assume_role_policy: trust("apigateway.amazonaws.com") },
  },
  aws_iam_role_policy: {
    Invoke: {
      ...{ name: "Invoke", role: ref("aws_iam_role.Invoke.name") },
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: ref("aws_lambda_function.Echo.arn") },
        ],
      }),
    },
  },
  aws_lambda_function: {
    Echo: {
      ...{ function_name: "echo", filename: "echo.zip", handler: "index.handler", runtime: "nodejs24.x" },
      role: ref("aws_iam_role.Function.arn"),
    },
    Authorizer: {
      ...{ function_name: "authorizer", filename: "authorizer.zip", handler: "index.handler", runtime: "nodejs24.x" },
      role: ref("aws_iam_role.Function.arn"),
      timeout: 10,
      environment: {
        variables: {
          ISSUER: `https://${ref("aws_cognito_user_pool.Users.endpoint")}`,
          AUDIENCE: ref("aws_cognito_user_pool_client.App.id"),
          JWKS_URI: `https://${ref("aws_cognito_user_pool.Users.endpoint")}/.well-known/jwks.json`,
          REQUIRED_SCOPE: "orders/read",
        },
      },
    },
  },
  aws_lambda_permission: {
    Authorizer: {
      statement_id: "api",
      action: "lambda:InvokeFunction",
      function_name: ref("aws_lambda_function.Authorizer.function_name"),
      principal: "apigateway.amazonaws.com",
      source_arn: `${ref("aws_api_gateway_rest_api.Api.execution_arn")}/authorizers/${ref("aws_api_gateway_authorizer.Token.id")}`,
    },
  },
  aws_api_gateway_rest_api: { Api: { name: "api" } },
  aws_api_gateway_rest_api_policy: {
    Policy: {
      rest_api_id,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" },
          {
            ...{ Effect: "Deny", Principal: "*", Action: "execute-api:Invoke" },
            Resource: `${ref("aws_api_gateway_rest_api.Api.execution_arn")}/*`,
            Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
          },
        ],
      }),
    },
  },
  aws_api_gateway_authorizer: {
    Users: {
      ...{ rest_api_id, name: "users", type: "COGNITO_USER_POOLS" },
      provider_arns: [ref("aws_cognito_user_pool.Users.arn")],
    },
    Token: {
      ...{ rest_api_id, name: "token", type: "TOKEN", authorizer_result_ttl_in_seconds: 60 },
      authorizer_uri: ref("aws_lambda_function.Authorizer.invoke_arn"),
    },
  },
  aws_api_gateway_resource: forEachRoute((path_part) => ({
    ...{ rest_api_id, path_part },
    parent_id: ref("aws_api_gateway_rest_api.Api.root_resource_id"),
  })),
  aws_api_gateway_method: forEachRoute((name, method) => ({
    ...{ rest_api_id, resource_id: ref(`aws_api_gateway_resource.${name}.id`), http_method: "GET" },
    ...method,
  })),
  aws_api_gateway_integration: forEachRoute((name) => ({
    ...{ rest_api_id, resource_id: ref(`aws_api_gateway_resource.${name}.id`) },
    ...{ http_method: "GET", type: "AWS_PROXY", integration_http_method: "POST" },
    uri: ref("aws_lambda_function.Echo.invoke_arn"),
    credentials: ref("aws_iam_role.Invoke.arn"),
  })),
  aws_api_gateway_deployment: { D: { rest_api_id } },
  aws_api_gateway_stage: {
    Dev: { rest_api_id, stage_name: "dev", deployment_id: ref("aws_api_gateway_deployment.D.id") },
  },
});

const output = {
  url: { value: ref("aws_api_gateway_stage.Dev.invoke_url") },
  pool: { value: ref("aws_cognito_user_pool.Users.id") },
  client: { value: ref("aws_cognito_user_pool_client.App.id") },
};
const echo = "exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });";
const running = new Set<Cloud>();
const clock = new SkippingClock();

async function start(resource: Readonly<Record<string, Block>> = resources(), outputs: Block = {}): Promise<Cloud> {
  const folder = path.join(scratchFolder(), "api-dev");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "echo.zip"), zipSync({ "index.js": strToU8(echo) }));
  fs.copyFileSync(bundle([HANDLER]).get(HANDLER)?.zipFile ?? "", path.join(folder, "authorizer.zip"));
  const config = { provider: { aws: [{ region: "eu-west-1" }] }, resource, output: { ...output, ...outputs } };
  fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify(config));
  const cloud = await Cloud.start([folder], { clock });
  running.add(cloud);
  return cloud;
}

let cloud: Cloud;
beforeAll(async () => {
  cloud = await start();
});
afterAll(async () => {
  await Promise.all([...running].map((one) => one.stop()));
});

const outputOf = (name: keyof typeof output, on = cloud): string => String(on.stacks[0]?.outputs[name]?.value);
const tokenFor = (scopes?: readonly string[], on = cloud) =>
  on.cognito.tokenFor({ userPoolId: outputOf("pool", on), clientId: outputOf("client", on), username: "ann", scopes });

async function get(route: string, headers: Record<string, string> = {}, on = cloud) {
  const response = await fetch(`${outputOf("url", on)}/${route}`, { headers });
  return { status: response.status, body: await response.text() };
}

describe("an API's policy", () => {
  test("keeps an address out, whatever else is asked for", async () => {
    expect((await get("open")).status).toBe(200);
    const headers = { authorization: await tokenFor(), "x-local-source-ip": "203.0.113.7" };
    for (const route of ["open", "users", "token"]) {
      const { status, body } = await get(route, headers);
      expect([status, JSON.parse(body).Message]).toEqual([
        403,
        expect.stringMatching(
          /^User: anonymous is not .*:\*{8}9012:\w+\/dev\/GET\/\w+ with an explicit deny in a resource/,
        ),
      ]);
    }
    expect((await get("open", { "x-local-source-ip": "203.0.114.7" })).status).toBe(200);
  });

  test("an address that is none is said to be so", async () => {
    const { status, body } = await get("open", { "x-local-source-ip": "here" });
    expect([status, body]).toEqual([400, expect.stringContaining("x-local-source-ip must be an IPv4 or IPv6 address")]);
  });
});

describe("users of a pool", () => {
  test("call with identity tokens, or with access tokens where scopes are asked for", async () => {
    const [id, access] = [await tokenFor(), await tokenFor(["orders/read"])];
    const statuses = [];
    for (const route of ["users", "scoped"])
      for (const token of [id, access]) statuses.push((await get(route, { authorization: `Bearer ${token}` })).status);
    expect(statuses).toEqual([200, 401, 401, 200]);
    expect((await get("users")).status).toBe(401);
    expect(eventIn(await get("users", { authorization: id })).requestContext.authorizer).toMatchObject({
      claims: { "cognito:username": "ann", token_use: "id" },
    });
  });

  test("get their tokens over HTTP", async () => {
    const issuer = `${cloud.endpoint}/_aws/cognito/${outputOf("pool")}`;
    const token = await (await fetch(`${issuer}/token?client_id=${outputOf("client")}&username=bob`)).text();
    expect((await get("users", { authorization: token })).status).toBe(200);
    const unknown = await fetch(`${issuer}/token?client_id=x`);
    expect([unknown.status, await unknown.text()]).toEqual([
      400,
      expect.stringContaining("clientId must be of a client"),
    ]);
  });
});

describe("authorize-token", () => {
  test("verifies tokens by the keys of the pool, whose address in the function is one that it can reach", async () => {
    const access = await tokenFor(["orders/read"]);
    const answer = await get("token", { authorization: `Bearer ${access}` });
    expect(answer.status).toBe(200);
    expect(eventIn(answer).requestContext.authorizer).toMatchObject({
      ...{ principalId: expect.stringMatching(/^[0-9a-f-]{36}$/), scope: "orders/read", username: "ann" },
    });
  });

  test("refuses identity tokens with 401, and access tokens without the scope with 403", async () => {
    expect((await get("token", { authorization: `Bearer ${await tokenFor()}` })).status).toBe(401);
    expect((await get("token", { authorization: "Bearer x" })).status).toBe(401);
    expect((await get("token")).status).toBe(401);
    const access = await tokenFor(["aws.cognito.signin.user.admin"]);
    expect((await get("token", { authorization: `Bearer ${access}` })).status).toBe(403);
  });

  test("is asked once a minute for the same token", async () => {
    const headers = { authorization: `Bearer ${await tokenFor(["orders/read"])}` };
    const asked = () => cloud.lambda.logsOf("authorizer").filter((line) => line.startsWith("START")).length;
    const before = asked();
    for (const _ of [1, 2, 3]) expect((await get("token", headers)).status).toBe(200);
    expect(asked()).toBe(before + 1);
    clock.skip(60_000);
    expect((await get("token", headers)).status).toBe(200);
    expect(asked()).toBe(before + 2);
  });

  test("cannot be asked where its own policy does not let this authorizer", async () => {
    const { aws_lambda_permission: _, ...without } = resources();
    const other = await start(without);
    const { status, body } = await get("token", { authorization: "Bearer a.b.c" }, other);
    expect([status, body]).toEqual([500, '{"message":"Internal server error"}']);
    expect(other.iam.denials()).toContainEqual(
      expect.objectContaining({
        ...{ caller: "apigateway.amazonaws.com", action: "lambda:InvokeFunction" },
        resource: "arn:aws:lambda:eu-west-1:123456789012:function:authorizer",
      }),
    );
  });
});

describe("a private API", () => {
  test("is reached through the stack's VPC endpoint, by its id", async () => {
    const { aws_api_gateway_rest_api_policy: _, ...open } = resources();
    const allow = { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" };
    const Condition = { StringNotEquals: { "aws:SourceVpc": "vpc-1" } };
    const inVpc = { Version: "2012-10-17", Statement: [allow, { ...allow, Effect: "Deny", Condition }] };
    const endpointOf = { endpoint: { value: ref("aws_vpc_endpoint.Execute.id") } };
    const other = await start(
      {
        ...open,
        aws_vpc_endpoint: { Execute: { vpc_id: "vpc-1", service_name: "com.amazonaws.eu-west-1.execute-api" } },
        aws_api_gateway_rest_api: {
          Api: {
            name: "api",
            endpoint_configuration: { types: ["PRIVATE"], vpc_endpoint_ids: [ref("aws_vpc_endpoint.Execute.id")] },
            policy: JSON.stringify(inVpc),
          },
        },
      },
      endpointOf,
    );
    const through = (endpoint: string) => get("open", { "x-local-vpc-endpoint": endpoint }, other);
    expect(await get("open", {}, other)).toEqual({ status: 403, body: '{"message":"Forbidden"}' });
    expect((await through(String(other.stacks[0]?.outputs.endpoint?.value))).status).toBe(200);
    expect((await through("vpce-2")).status).toBe(403);
    expect(other.stacks[0]?.unenforced).toContainEqual(expect.stringMatching(/^aws_vpc_endpoint: networks/));
  });
});

test("the command that is printed for a route fetches the token that the route takes", async () => {
  const argumentsOf = (route: string): string => {
    const described = cloud.stacks[0]?.apis[0]?.stages[0]?.routes.find(({ path: at }) => at === `/${route}`);
    return described ? authorizationArguments(cloud.cognito.userPools, described).join(" ") : "";
  };
  expect(argumentsOf("open")).toBe("");
  for (const route of ["users", "scoped", "token"]) {
    const [, before = "", url = ""] = /^-H "authorization: (.*)\$\(curl -s '(.*)'\)"$/.exec(argumentsOf(route)) ?? [];
    const token = await (await fetch(url)).text();
    expect((await get(route, { authorization: `${before}${token}` })).status).toBe(200);
  }
});
