import * as path from "node:path";
import { LambdaIntegration } from "../../constructs/apigateway/integrations/lambda";
import { HttpApi } from "../../constructs/apigatewayv2/http-api";
import { HttpLambdaAuthorizer } from "../../constructs/apigatewayv2/http-lambda-authorizer";
import { HttpSqsIntegration } from "../../constructs/apigatewayv2/http-sqs-integration";
import { JwtAuthorizer } from "../../constructs/apigatewayv2/jwt-authorizer";
import { UserPool } from "../../constructs/cognito/user-pool";
import { UserPoolClient } from "../../constructs/cognito/user-pool-client";
import { NodeFunction } from "../../constructs/lambda/function";
import { Bucket } from "../../constructs/s3/bucket";
import { Queue } from "../../constructs/sqs/queue";
import { Stack } from "../../constructs/terraform/stack";
import type { Cloud } from "../../local/cloud";
import { signedRequest } from "../../local/walks/signed-request";
import { gatewayRole } from "../support/api";
import { LocalStack } from "../support/local-stack";
import { synthesizeApp } from "../support/synth";

const ORIGIN = "https://shop.example";

/** An HTTP API with a function behind each kind of authorization, and a queue. */
function shop(stack: Stack): void {
  const pool = new UserPool(stack, "Users", {
    userPoolName: "users",
    domainPrefix: "shop",
    resourceServer: { identifier: "shop", scopes: { read: "Read" } },
    isDeletionProtected: false,
  });
  const app = new UserPoolClient(stack, "App", {
    userPool: pool,
    clientName: "app",
    signInPages: { callbackUrls: [ORIGIN], scopes: [pool.scope("read")] },
  });
  const bucket = new Bucket(stack, "Objects", {
    bucketNamePrefix: "shop",
    noncurrentVersionDays: 1,
    isDeletionProtected: false,
  });
  const functionOf = (id: string, entry: string, environment: Readonly<Record<string, string>>) =>
    new NodeFunction(stack, id, {
      functionName: id,
      description: id,
      entry,
      roleName: id,
      logRetentionInDays: 1,
      environment,
    });
  const list = functionOf("List", "handlers/list-objects.ts", { BUCKET_NAME: bucket.bucketName });
  list.role.grant("List", [{ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] }]);
  const authorize = functionOf("Authorize", "handlers/authorize-request.ts", {
    ISSUER: pool.issuer,
    AUDIENCE: app.clientId,
    JWKS_URI: `${pool.issuer}/.well-known/jwks.json`,
    CLAIM_SOURCES: "client_id=method.request.header.X-Client",
  });

  const role = gatewayRole(stack);
  const api = new HttpApi(stack, "Api", {
    apiName: "shop",
    description: "Shop",
    stageName: "dev",
    logRetentionInDays: 1,
    cors: { allowOrigins: [ORIGIN, "https://other.example"] },
  });
  const toList = new LambdaIntegration({ handler: list, role });
  const users = new JwtAuthorizer({ authorizerName: "users", issuer: pool.issuer, audiences: [app.clientId] });
  const clients = new HttpLambdaAuthorizer({
    authorizerName: "clients",
    handler: authorize,
    role,
    identitySources: ["$request.header.Authorization", "$request.header.X-Client"],
  });
  api.addRoute("GET /signed", toList);
  api.addRoute("GET /users", toList, { authorization: { authorizer: users, scopes: [pool.scope("read")] } });
  api.addRoute("GET /clients", toList, { authorization: { authorizer: clients } });
  const queue = new Queue(stack, "Inbox", { queueName: "inbox", maxMessageBytes: 1_024 });
  api.addRoute("POST /messages", new HttpSqsIntegration({ queue, role }), { authorization: "NONE" });
  const messageAttributes = { tenant: "$request.header.X-Tenant", id: "$request.path.id", source: "web" };
  api.addRoute("POST /rooms/{id}", new HttpSqsIntegration({ queue, role, messageAttributes }), {
    authorization: "NONE",
  });
  api.addRoute("GET /rare", toList, { authorization: "NONE", throttle: { rateLimit: 0.001, burstLimit: 1 } });
  stack.addOutput("url", api.stage.invokeUrl, "URL");
  stack.addOutput("pool", pool.userPoolId, "Pool");
  stack.addOutput("client", app.clientId, "Client");
  stack.addOutput("queue", queue.queueUrl, "Queue");
}

let stack: LocalStack;
let cloud: Cloud;
const accessLog: string[] = [];

beforeAll(async () => {
  const outdir = synthesizeApp((app) =>
    shop(new Stack(app, "shop-dev", { region: "eu-west-1", backend: { type: "local", attributes: {} } })),
  );
  stack = new LocalStack(path.join(outdir, "stacks", "shop-dev"));
  const log = (source: string, line: string): void => {
    if (source === "/aws/vendedlogs/apigateway/shop/dev") accessLog.push(line);
  };
  cloud = await stack.start(undefined, { log });
});

afterAll(() => stack.stopAll());

const output = (name: string): string => String(cloud.stacks[0]?.outputs[name]?.value);

const call = async (route: string, headers: Readonly<Record<string, string>> = {}, body?: string) => {
  const [method = "", route_ = ""] = route.split(" ");
  const response = await fetch(`${output("url")}${route_}`, { method, headers, body });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

const tokenOf = (scopes?: readonly string[]): Promise<string> =>
  cloud.cognito.tokenFor({ userPoolId: output("pool"), clientId: output("client"), username: "ann", scopes });

test("a function behind a route reads payload format 2.0, and whoever signs may call it", async () => {
  expect((await call("GET /signed")).status).toBe(403);
  const answer = await signedRequest(cloud, { method: "GET", url: `${output("url")}/signed?limit=2&prefix=a` });
  expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { objects: [] }]);
});

test("users come with a token that has the route's scope", async () => {
  const bearing = async (scopes?: readonly string[]) =>
    (await call("GET /users", { authorization: `Bearer ${await tokenOf(scopes)}` })).status;
  expect(await bearing(["shop/read"])).toBe(200);
  expect(await bearing(["aws.cognito.signin.user.admin"])).toBe(403);
  expect(await bearing()).toBe(403);
  expect((await call("GET /users")).status).toBe(401);
  expect((await call("GET /users", { authorization: "Bearer a.b.c" })).status).toBe(401);
});

test("authorize-request lets in who says what the token says, by a simple response", async () => {
  const authorization = `Bearer ${await tokenOf(["shop/read"])}`;
  const as = async (client: string, token = authorization) =>
    (await call("GET /clients", { authorization: token, "x-client": client })).status;
  expect(await as(output("client"))).toBe(200);
  expect(await as("another")).toBe(403);
  expect(await as(output("client"), "Bearer a.b.c")).toBe(403);
  expect((await call("GET /clients", { authorization })).status).toBe(401);
});

test("a body goes to the queue as it came, whatever it looks like", async () => {
  const body = "a=1&DelaySeconds=900&MessageBody=other";
  const sent = await call("POST /messages", { "content-type": "text/plain" }, body);
  expect([sent.status, sent.body]).toEqual([200, expect.stringMatching(/<MessageId>[0-9a-f-]{36}<\/MessageId>/)]);
  const inbox = cloud.sqs.queues().find(({ queueName }) => queueName === "inbox");
  expect(inbox?.messages).toEqual([expect.objectContaining({ body })]);
  const tooLong = await call("POST /messages", { "content-type": "text/plain" }, "x".repeat(1_025));
  expect(tooLong.status).toBe(400);
});

test("what a request says besides its body goes to the queue as attributes, and a request that does not say it is refused", async () => {
  const headers = { "content-type": "text/plain", "x-tenant": "north" };
  expect((await call("POST /rooms/7", headers, "hello")).status).toBe(200);
  const inbox = cloud.sqs.queues().find(({ queueName }) => queueName === "inbox");
  const attributes = inbox?.messages.find(({ body }) => body === "hello")?.attributes;
  expect(JSON.stringify(attributes)).toMatch(/"north".*"7".*"web"/);
  expect((await call("POST /rooms/7", { "content-type": "text/plain" }, "hello")).status).toBe(400);
});

test("pages of each origin that may get their preflights answered, and no other's do", async () => {
  const preflight = (origin: string) =>
    call("OPTIONS /users", { origin, "access-control-request-method": "GET" }).then(({ status, headers }) => [
      status,
      headers.get("access-control-allow-origin"),
    ]);
  expect(await preflight(ORIGIN)).toEqual([204, ORIGIN]);
  expect(await preflight("https://other.example")).toEqual([204, "https://other.example"]);
  expect((await preflight("https://third.example"))[1]).toBeNull();
});

test("a route's own bound refuses with 429, and the access log says so", async () => {
  expect((await call("GET /rare")).status).toBe(200);
  expect((await call("GET /rare")).status).toBe(429);
  expect((await call("GET /users")).status).toBe(401);
  const lines = accessLog.map((line) => JSON.parse(line));
  expect(lines).toContainEqual(expect.objectContaining({ status: "429", routeKey: "GET /rare", httpMethod: "GET" }));
});
