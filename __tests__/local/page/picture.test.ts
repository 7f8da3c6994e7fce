import * as path from "node:path";
import { HttpApi } from "../../../constructs/apigatewayv2/http-api";
import { HttpSqsIntegration } from "../../../constructs/apigatewayv2/http-sqs-integration";
import { JwtAuthorizer } from "../../../constructs/apigatewayv2/jwt-authorizer";
import { UserPool } from "../../../constructs/cognito/user-pool";
import { UserPoolClient } from "../../../constructs/cognito/user-pool-client";
import { Queue } from "../../../constructs/sqs/queue";
import { Stack } from "../../../constructs/terraform/stack";
import { Cloud } from "../../../local/cloud";
import { type Picture, picturesOf } from "../../../local/page/picture";
import type { ApiChoices } from "../../../settings/api";
import { gatewayRole } from "../../support/api";
import { environmentOf, synthesizeApp, systemFolder } from "../../support/synth";

const variables = { notification_email: "ops@example.com", alarm_email: "ops@example.com" };
let pictures: readonly Picture[];

beforeAll(async () => {
  const systems = ["orders", "live-orders", "storage", "presigned-url"] as const;
  const cloud = await Cloud.start(
    systems.map((system) => systemFolder(system, "dev")),
    { variables },
  );
  pictures = picturesOf(cloud.stacks);
  await cloud.stop();
});

const pictureOf = (stack: string): Picture => pictures.find((one) => one.stack === stack) as Picture;

const last = (id: string): string => id.split(/[:/]/).at(-1) ?? "";

/** Edges as a person would say them. */
function waysOf({ nodes, edges }: Picture): readonly string[] {
  const names = new Map(nodes.map(({ id, name, kind }) => [id, kind === "clients" ? `clients of ${name}` : name]));
  return edges
    .map(({ from, route, to, label, isForFailures }) => {
      const [start, end] = [names.get(from) ?? last(from), names.get(to) ?? last(to)];
      return `${start}${route ? ` ${route}` : ""} ${isForFailures ? "⇢" : "→"} ${end}${label && `: ${label}`}`;
    })
    .sort();
}

test("draws the orders' way from the API to the outbox, with what fails on the side", () => {
  expect(waysOf(pictureOf("orders-dev"))).toEqual([
    "dev-POC-Queue → dev-write-order: messages",
    "dev-POC-Queue ⇢ dev-POC-Queue-DLQ: after 5 receives",
    "dev-notify-order → dev-order-notifications: Publish",
    "dev-notify-order ⇢ dev-order-notifications-failed: given up",
    "dev-order-notifications → dev-broadcast-order: messages",
    "dev-order-notifications → ops@example.com: e-mail",
    "dev-orders → dev-notify-order: stream",
    "dev-orders-api POST /orders → dev-POC-Queue",
    "dev-write-order → dev-orders: PutItem",
  ]);
});

test("draws a WebSocket API's routes, who is asked first, and the clients that functions send to", () => {
  const ways = waysOf(pictureOf("live-orders-dev"));
  expect(ways).toEqual(
    expect.arrayContaining([
      "dev-live-orders $connect → dev-connect-client",
      "dev-live-orders subscribe → dev-subscribe-to-orders",
      "dev-live-orders → dev-live-orders-authorize-request: asks who calls",
      "dev-live-orders-authorize-request → dev-live-orders-users: tokens of",
      "dev-broadcast-order → clients of dev-live-orders: ManageConnections",
      "dev-broadcast-order ⇢ dev-live-orders-failed: given up",
      "dev-order-notifications → dev-broadcast-order: messages",
    ]),
  );
});

test("draws functions behind a REST API, and a bucket that is used under a role that a function assumes", () => {
  const storage = waysOf(pictureOf("storage-dev"));
  expect(storage.filter((way) => way.startsWith("dev-storage-api"))).toHaveLength(5);
  expect(storage).toContain("dev-write-object → dev-storage-123456789012-eu-west-1: PutObject, GetObject");
  expect(waysOf(pictureOf("presigned-url-dev"))).toContain(
    "dev-GeneratePresignedURLFunction → dev-presigned-url-123456789012-eu-west-1: GetObject, PutObject",
  );
});

/** The ways of what one folder holds. */
async function waysIn(folder: string): Promise<readonly string[]> {
  const cloud = await Cloud.start([folder], { variables });
  const [picture] = picturesOf(cloud.stacks);
  await cloud.stop();
  return waysOf(picture as Picture);
}

/** The ways that begin at the orders' API, whose settings choose as given. */
async function waysFromApi(api: ApiChoices): Promise<readonly string[]> {
  const { orders } = environmentOf("dev").settings;
  const ways = await waysIn(systemFolder("orders", "dev", { orders: { ...orders, api } }));
  return ways.filter((way) => way.startsWith("dev-orders-api"));
}

test("draws whose tokens an API takes, and a function that is asked who calls", async () => {
  const route = "dev-orders-api POST /orders → dev-POC-Queue";
  expect(await waysFromApi({ authorization: { type: "COGNITO_USER_POOLS" } })).toEqual([
    route,
    expect.stringMatching(/^dev-orders-api → .*: tokens of$/),
  ]);
  expect(await waysFromApi({ authorization: { type: "TOKEN" } })).toEqual([
    route,
    expect.stringMatching(/^dev-orders-api → .*: asks who calls$/),
  ]);
});

test("draws an API that is one OpenAPI document as one that is made of resources", async () => {
  jest.spyOn(console, "error").mockImplementationOnce(() => undefined);
  expect(await waysFromApi({ definition: "openapi" })).toEqual(await waysFromApi({}));
});

test("draws an HTTP API, the queue behind it, and the pool of its JWT authorizer", async () => {
  const outdir = synthesizeApp((app) => {
    const stack = new Stack(app, "shop", { region: "eu-west-1", backend: { type: "local", attributes: {} } });
    const pool = new UserPool(stack, "Users", {
      userPoolName: "users",
      domainPrefix: "shop",
      isDeletionProtected: false,
    });
    const client = new UserPoolClient(stack, "App", { userPool: pool, clientName: "app" });
    const queue = new Queue(stack, "Inbox", { queueName: "inbox" });
    const users = new JwtAuthorizer({ authorizerName: "users", issuer: pool.issuer, audiences: [client.clientId] });
    const api = new HttpApi(stack, "Api", {
      ...{ apiName: "shop", description: "Shop", stageName: "dev", logRetentionInDays: 1 },
    });
    const integration = new HttpSqsIntegration({ queue, role: gatewayRole(stack) });
    api.addRoute("POST /messages", integration, { authorization: { authorizer: users } });
  });
  const ways = await waysIn(path.join(outdir, "stacks", "shop"));
  expect(ways.filter((way) => way.startsWith("shop"))).toEqual([
    "shop POST /messages → inbox",
    "shop → users: tokens of",
  ]);
});

test("shows what another stack has in both pictures, as that stack's", () => {
  const topic = ({ nodes }: Picture) => nodes.find(({ name }) => name === "dev-order-notifications");
  expect(topic(pictureOf("live-orders-dev"))).toMatchObject({ stack: "orders-dev" });
  expect(topic(pictureOf("orders-dev"))).toMatchObject({ stack: "orders-dev" });
  expect(topic(pictureOf("storage-dev"))).toBeUndefined();
});

test("leaves out alarms, logs, keys, policies, and the topic that nothing but alarms would use", () => {
  const kinds = new Set(pictures.flatMap(({ nodes }) => nodes.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual([
    ...["api", "bucket", "clients", "function", "mail", "queue", "table", "topic", "users"],
  ]);
  expect(pictures.flatMap(({ nodes }) => nodes.filter(({ name }) => name.includes("alarm")))).toEqual([]);
});

test("has a function that is connected with nothing, and no other such thing", () => {
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:alone";
  const resource = (type: string, attributes: Record<string, unknown>) => ({
    ...{ type, name: "One", address: `${type}.One`, attributes },
  });
  const resources = [
    resource("aws_lambda_function", { arn, function_name: "alone", role: "arn:aws:iam::1:role/none" }),
    resource("aws_sqs_queue", { arn: "arn:aws:sqs:eu-west-1:123456789012:idle", name: "idle" }),
  ];
  const [picture] = picturesOf([{ name: "one", resources }]);
  expect(picture?.nodes.map(({ name }) => name)).toEqual(["alone"]);
  expect(picturesOf([])).toEqual([]);
});

test("gives every edge that something can be seen on a meter of its own", () => {
  const { edges } = pictureOf("orders-dev");
  const meters = edges.flatMap((edge) => edge.meters);
  expect(edges.every((edge) => edge.meters.length > 0)).toBe(true);
  expect(new Set(meters).size).toBe(meters.length);
});
