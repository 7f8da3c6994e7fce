import type { LambdaFunction } from "../support/lambda-function";
import { LiveOrders, webSocketEvent } from "../support/live-orders";

let system: LiveOrders;
let connect: LambdaFunction;
let subscribe: LambdaFunction;
let disconnect: LambdaFunction;

beforeAll(async () => {
  system = await LiveOrders.start();
  connect = await system.function("connect-client");
  subscribe = await system.function("subscribe-to-orders");
  disconnect = await system.function("disconnect-client");
});

afterAll(() => system.stop());

test("forgets a client and what it follows, and no other", async () => {
  for (const id of ["c-1", "c-2"]) {
    await connect.invoke(webSocketEvent(id, "$connect"));
    await subscribe.invoke(webSocketEvent(id, "subscribe", { body: { action: "subscribe" } }));
  }
  system.database.calls.length = 0;
  expect(await disconnect.invoke(webSocketEvent("c-1", "$disconnect"))).toEqual({ statusCode: 200, body: "" });
  expect((await system.items("connections")).map(({ connectionId }) => connectionId)).toEqual(["c-2"]);
  expect((await system.items("followers")).map(({ connectionId }) => connectionId)).toEqual(["c-2"]);
  expect(system.database.calls).toEqual(["DeleteItem", "DeleteItem"]);
});

test("takes a client that follows nothing, or is forgotten already", async () => {
  await connect.invoke(webSocketEvent("c-3", "$connect"));
  for (const id of ["c-3", "c-3", "never"]) {
    expect(await disconnect.invoke(webSocketEvent(id, "$disconnect"))).toEqual({ statusCode: 200, body: "" });
  }
});
