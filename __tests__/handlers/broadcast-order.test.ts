import type { LambdaFunction } from "../support/lambda-function";
import { LiveOrders, snsEvent, webSocketEvent } from "../support/live-orders";

let system: LiveOrders;
let connect: LambdaFunction;
let subscribe: LambdaFunction;
let broadcast: LambdaFunction;

beforeEach(async () => {
  system = await LiveOrders.start();
  connect = await system.function("connect-client");
  subscribe = await system.function("subscribe-to-orders");
  broadcast = await system.function("broadcast-order");
});

afterEach(() => system.stop());

async function follower(id: string, orderID?: string, connectedAt = Date.now()): Promise<void> {
  await connect.invoke(webSocketEvent(id, "$connect", { connectedAt }));
  const body = { action: "subscribe", orderID };
  await subscribe.invoke(webSocketEvent(id, "subscribe", { body, connectedAt }));
}

const followerIds = async () => (await system.items("followers")).map(({ connectionId }) => connectionId).sort();

test("sends an order to those who follow all and those who follow it, and calls nobody else", async () => {
  await follower("all-1");
  await follower("all-2");
  await follower("one", "7");
  await follower("other", "8");
  await connect.invoke(webSocketEvent("nothing", "$connect"));
  system.database.calls.length = 0;
  await broadcast.invoke(snsEvent({ orderID: "7", item: "tea" }));
  expect(system.connections.calls.sort()).toEqual(["POST all-1", "POST all-2", "POST one"]);
  expect(system.connections.messagesOf("one")).toEqual([
    {
      type: "new",
      orders: [{ orderID: "7", order: { orderID: "7", item: "tea" } }],
    },
  ]);
  // The followers of other orders cost nothing, however many there are.
  expect(system.database.calls.sort()).toEqual(["PutItem", "PutItem", "Query", "Query"]);
});

test("keeps the order in the log of all and in its own, for as long as settings say", async () => {
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  const items = await system.items("log");
  expect(items.map(({ topic }) => topic).sort()).toEqual(["all", "order#7"]);
  for (const { expiresAt, cursor, entry } of items) {
    const day = 86_400;
    expect(Number(expiresAt) - day - Number(String(cursor).slice(0, 15)) / 1_000).toBeLessThanOrEqual(1);
    expect(entry).toBe('{"orderID":"7","order":{"orderID":"7"}}');
  }
});

test("writes the log before it looks for followers, so that whoever subscribes meanwhile finds the order there", async () => {
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(system.database.calls).toEqual(["PutItem", "PutItem", "Query", "Query"]);
});

test("tells nobody of an order that the log does not have, and fails so that it is tried again", async () => {
  await follower("all");
  system.database.faults.push({ status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError" });
  await expect(broadcast.invoke(snsEvent({ orderID: "7" }))).rejects.toThrow("InternalServerError");
  expect(system.connections.calls).toEqual([]);
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(system.connections.messagesOf("all")).toHaveLength(1);
});

test("forgets clients that are gone, and tells the others", async () => {
  for (const id of ["here", "gone", "there"]) await follower(id);
  system.connections.behaviours.set("gone", "gone");
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(await followerIds()).toEqual(["here", "there"]);
  expect(system.connections.messagesOf("here")).toHaveLength(1);
  expect(system.connections.messagesOf("there")).toHaveLength(1);
});

test("passes over clients whose connection must have ended, before DynamoDB deletes them", async () => {
  await follower("old", undefined, Date.now() - 3 * 3_600_000);
  await follower("young", undefined, Date.now() - 2 * 3_600_000);
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(system.connections.calls).toEqual(["POST young"]);
});

test.each(["full", "silent", "broken"] as const)(
  "cuts off a client that is %s, which makes it come back and catch up; others do not wait",
  async (behaviour) => {
    await follower("slow");
    const others = Array.from({ length: 60 }, (_, at) => `other-${at}`);
    for (const id of others) await follower(id);
    system.connections.behaviours.set("slow", behaviour);
    let beforeTheCut = 0;
    system.connections.onMessage = () => {
      if (!system.connections.calls.includes("DELETE slow")) beforeTheCut += 1;
    };
    await broadcast.invoke(snsEvent({ orderID: "7" }));
    expect(beforeTheCut).toBe(others.length);
    expect(system.connections.calls).toContain("DELETE slow");
    expect(await followerIds()).toEqual(others.sort());
  },
);

test("fails for a client that can neither be told nor cut off, and keeps it, so that it is told when that is tried again", async () => {
  await follower("stuck");
  await follower("here");
  system.connections.behaviours.set("stuck", "stuck");
  await expect(broadcast.invoke(snsEvent({ orderID: "7" }))).rejects.toThrow("1 clients could not be told of an order");
  expect(system.connections.messagesOf("here")).toHaveLength(1);
  system.connections.behaviours.delete("stuck");
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(system.connections.messagesOf("stuck").at(0)?.orders).toEqual([{ orderID: "7", order: { orderID: "7" } }]);
});

test("tells a client that is late once more, when all others were told, before it is cut off", async () => {
  await follower("late");
  for (let at = 0; at < 60; at += 1) await follower(`z-${at}`);
  system.connections.behaviours.set("late", "silent");
  let told = 0;
  system.connections.onMessage = (connectionId) => {
    told += 1;
    if (told === 60) system.connections.behaviours.delete("late");
    if (connectionId === "late") expect(told).toBe(61);
  };
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(told).toBe(61);
  expect(system.connections.calls).not.toContain("DELETE late");
  expect(await followerIds()).toContain("late");
});

test("does not let many clients who are slow hold up the others", async () => {
  // A hundred that take nothing: with 50 at once, two rounds of half a second, and not of six seconds.
  for (let at = 0; at < 100; at += 1) {
    await follower(`a-${at}`);
    system.connections.behaviours.set(`a-${at}`, "silent");
  }
  await follower("z-last");
  let callsBefore: readonly string[] = [];
  system.connections.onMessage = () => {
    callsBefore = [...system.connections.calls];
  };
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(callsBefore.filter((call) => call.startsWith("DELETE"))).toEqual([]);
  expect(callsBefore.filter((call) => call.startsWith("POST"))).toHaveLength(101);
  expect(await followerIds()).toEqual(["z-last"]);
});

test.each([
  ["6999", "the function's time was over before all clients were told"],
  ["7000", undefined],
])("stops, and fails, where the function has only %s ms left, with the order in the log", async (left, error) => {
  await follower("here");
  const short = await system.function("broadcast-order", { REMAINING_MILLISECONDS: left });
  const done = short.invoke(snsEvent({ orderID: "7" }));
  if (error) await expect(done).rejects.toThrow(error);
  else await done;
  expect(system.connections.messagesOf("here")).toHaveLength(error ? 0 : 1);
  expect(await system.items("log")).toHaveLength(2);
});

test("fails where it may not send, which is no client's fault", async () => {
  await follower("here");
  system.connections.behaviours.set("here", "forbidden");
  await expect(broadcast.invoke(snsEvent({ orderID: "7" }))).rejects.toThrow("1 clients could not be told of an order");
  expect(await followerIds()).toEqual(["here"]);
});

test("sends only the ID of an order that no message can carry, or that its notification had to cut", async () => {
  await follower("all");
  await broadcast.invoke(snsEvent({ orderID: "fits", text: "x".repeat(127_000) }, "m-1"));
  await broadcast.invoke(snsEvent({ orderID: "large", text: "x".repeat(128_000) }, "m-2"));
  await broadcast.invoke(snsEvent({ orderID: "cut\n", text: "é".repeat(130_000) }, "m-3"));
  const orders = system.connections.messagesOf("all").flatMap((message) => message.orders ?? []);
  expect(orders.map(({ orderID, isTooLarge }) => [orderID, isTooLarge])).toEqual([
    ["fits", undefined],
    ["large", true],
    ["cut\n", true],
  ]);
});

test("gives a message that the topic delivers twice twice, and has it in the log twice", async () => {
  await follower("all");
  for (let at = 0; at < 2; at += 1) await broadcast.invoke(snsEvent({ orderID: "7" }));
  const messages = system.connections.messagesOf("all");
  expect(messages.map(({ orders }) => orders?.[0]?.orderID)).toEqual(["7", "7"]);
  const cursors = (await system.items("log")).filter(({ topic }) => topic === "all").map(({ cursor }) => cursor);
  expect(new Set(cursors).size).toBe(2);
});

test("finds all followers where they are more than one page of results holds", async () => {
  // DynamoDB's pages end at 1 MB.
  const expiresAt = Math.ceil(Date.now() / 1_000) + 3_600;
  for (let at = 0; at < 12; at += 1) {
    const follower = { topic: "all", connectionId: `c-${at}`, expiresAt };
    await system.put("followers", { ...follower, padding: "x".repeat(200_000) });
  }
  await broadcast.invoke(snsEvent({ orderID: "7" }));
  expect(system.connections.sent.size).toBe(12);
  expect(system.database.calls.filter((call) => call === "Query").length).toBeGreaterThan(2);
});

test("fails for what is no notification of an order", async () => {
  const event = { Records: [{ Sns: { MessageId: "m-1", Message: "hello" } }] };
  await expect(broadcast.invoke(event)).rejects.toThrow(
    "the notification must have the order as JSON behind an empty line",
  );
});
