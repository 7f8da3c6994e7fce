import { cursorAt } from "../../../handlers/live-orders/cursor";
import { CallOrder } from "../../support/call-order";
import type { LambdaFunction } from "../../support/lambda-function";
import { LiveOrders, messageIn, snsEvent, webSocketEvent } from "../../support/live-orders";

let system: LiveOrders;
let order: CallOrder;
let connect: LambdaFunction;
let subscribe: LambdaFunction;
let broadcast: LambdaFunction;

beforeAll(async () => {
  system = await LiveOrders.start();
  order = new CallOrder(system.database.url);
  const isOfAll = (body: string): boolean => body.includes('{"S":"all"}');
  const named = (names: Readonly<Record<string, string>>) =>
    order.for((operation, { TableName }, body) => (isOfAll(body) ? names[`${operation} ${TableName}`] : undefined));
  connect = await system.function("connect-client");
  subscribe = await system.function("subscribe-to-orders", {
    AWS_ENDPOINT_URL_DYNAMODB: await named({ "PutItem followers": "client follows", "Query log": "client reads log" }),
  });
  broadcast = await system.function("broadcast-order", {
    AWS_ENDPOINT_URL_DYNAMODB: await named({
      "PutItem log": "order is logged",
      "Query followers": "followers are read",
    }),
  });
});

afterAll(async () => {
  order.stop();
  await system.stop();
});

const follows = "client follows";
const reads = "client reads log";
const logged = "order is logged";
const told = "followers are read";

// Each side's two steps keep their order; these are all the ways in which they can fall between each other.
test.each([
  [follows, reads, logged, told],
  [follows, logged, reads, told],
  [follows, logged, told, reads],
  [logged, follows, reads, told],
  [logged, follows, told, reads],
  [logged, told, follows, reads],
])("an order that comes while a client comes back reaches it: %s, %s, %s, %s", async (...steps) => {
  const id = steps.map((step) => step.charAt(0)).join("-") + steps.indexOf(told);
  await connect.invoke(webSocketEvent(id, "$connect"));
  order.begin(steps);
  const body = { action: "subscribe", since: cursorAt(Date.now()) };
  await Promise.all([
    subscribe.invoke(webSocketEvent(id, "subscribe", { body })),
    broadcast.invoke(snsEvent({ orderID: id }, id)),
  ]);
  const seen = system.connections.messagesOf(id).flatMap(({ orders }) => orders ?? []);
  expect(seen.map(({ orderID }) => orderID)).toContain(id);
});

// Whoever is new is given the last minute, so that the same holds for it.
test.each([
  [follows, reads, logged, told],
  [logged, told, follows, reads],
])("an order that comes while a new client subscribes reaches it: %s, %s, %s, %s", async (...steps) => {
  const id = `new-${steps[0] === follows ? "first" : "second"}`;
  await connect.invoke(webSocketEvent(id, "$connect"));
  order.begin(steps);
  await Promise.all([
    subscribe.invoke(webSocketEvent(id, "subscribe", { body: { action: "subscribe" } })),
    broadcast.invoke(snsEvent({ orderID: id }, id)),
  ]);
  const seen = system.connections.messagesOf(id).flatMap(({ orders }) => orders ?? []);
  expect(seen.map(({ orderID }) => orderID)).toContain(id);
});

test("an order that was logged, and whose broadcast then failed, reaches a client that is connected when it next asks", async () => {
  const body = { action: "subscribe", orderID: "untold" };
  await connect.invoke(webSocketEvent("waits", "$connect"));
  const { cursor } = messageIn(await subscribe.invoke(webSocketEvent("waits", "subscribe", { body })));
  const short = await system.function("broadcast-order", { REMAINING_MILLISECONDS: "1000" });
  await expect(short.invoke(snsEvent({ orderID: "untold" }))).rejects.toThrow("time was over");
  expect(system.connections.messagesOf("waits")).toEqual([]);
  await subscribe.invoke(webSocketEvent("waits", "subscribe", { body: { ...body, since: cursor } }));
  expect(system.connections.messagesOf("waits").flatMap(({ orders }) => orders)).toEqual([
    { orderID: "untold", order: { orderID: "untold" } },
  ]);
});
