import type { LambdaFunction } from "../support/lambda-function";
import { LiveOrders, webSocketEvent } from "../support/live-orders";

let system: LiveOrders;
let connect: LambdaFunction;

beforeAll(async () => {
  system = await LiveOrders.start();
  connect = await system.function("connect-client");
});

afterAll(() => system.stop());

test("writes down who connects and until when that matters: 10 minutes beyond the 2 hours that a connection lasts", async () => {
  const connectedAt = Date.UTC(2026, 7, 9, 12, 0, 0, 1);
  const authorizer = { principalId: "user-1", sub: "user-1" };
  const result = await connect.invoke(webSocketEvent("c-1", "$connect", { connectedAt, authorizer }));
  expect(result).toEqual({ statusCode: 200, body: "" });
  expect(await system.items("connections")).toEqual([
    {
      connectionId: "c-1",
      principal: "user-1",
      connectedAt: "2026-08-09T12:00:00.001Z",
      expiresAt: Date.UTC(2026, 7, 9, 14, 10, 1) / 1_000,
    },
  ]);
});

test("knows whoever signed the request by the identity", async () => {
  const userArn = "arn:aws:iam::123456789012:user/ada";
  await connect.invoke(webSocketEvent("c-2", "$connect", { identity: { userArn } }));
  expect((await system.items("connections")).find(({ connectionId }) => connectionId === "c-2")).toMatchObject({
    principal: userArn,
  });
});

test("refuses the connection when it cannot be written down", async () => {
  system.database.faults.push({ status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError" });
  await expect(connect.invoke(webSocketEvent("c-3", "$connect"))).rejects.toThrow("InternalServerError");
});

test("asks DynamoDB for nothing but PutItem", () => {
  expect(new Set(system.database.calls)).toEqual(new Set(["PutItem"]));
});
