import { cursorAt, SETTLING_MILLISECONDS, timeOf } from "../../handlers/live-orders/cursor";
import type { LambdaFunction } from "../support/lambda-function";
import { LiveOrders, type Message, messageIn, snsEvent, webSocketEvent } from "../support/live-orders";

let system: LiveOrders;
let connect: LambdaFunction;
let subscribe: LambdaFunction;
let broadcast: LambdaFunction;
let connected = 0;

beforeAll(async () => {
  system = await LiveOrders.start();
  connect = await system.function("connect-client");
  subscribe = await system.function("subscribe-to-orders");
  broadcast = await system.function("broadcast-order");
});

afterAll(() => system.stop());

async function client(): Promise<string> {
  connected += 1;
  const id = `c-${connected}`;
  await connect.invoke(webSocketEvent(id, "$connect"));
  return id;
}

const follow = async (id: string, more: object = {}): Promise<Message> =>
  messageIn(await subscribe.invoke(webSocketEvent(id, "subscribe", { body: { action: "subscribe", ...more } })));

const missedBy = (id: string) =>
  system.connections
    .messagesOf(id)
    .flatMap(({ orders }) => orders ?? [])
    .map(({ orderID }) => orderID);

const followersOf = async (topic: string) =>
  (await system.items("followers")).filter((item) => item.topic === topic).map(({ connectionId }) => connectionId);

/** Puts an order into the log under a time, as a broadcast at that time did. */
async function logged(orderID: string, at: number): Promise<void> {
  for (const topic of ["all", `order#${orderID}`]) {
    await system.put("log", { topic, cursor: cursorAt(at, `m-${orderID}`), entry: JSON.stringify({ orderID }) });
  }
}

describe("from now on", () => {
  test("a client follows all orders, for as long as its connection can last", async () => {
    const before = Date.now();
    const id = await client();
    const connectedAt = Date.UTC(2026, 7, 9, 12);
    const event = webSocketEvent(id, "subscribe", { body: { action: "subscribe" }, connectedAt });
    const answer = messageIn(await subscribe.invoke(event));
    expect(answer).toEqual({
      type: "subscribed",
      cursor: expect.stringMatching(/^\d{15}$/),
      missed: 0,
      isCaughtUp: true,
    });
    expect(Number(answer.cursor)).toBeGreaterThanOrEqual(before - SETTLING_MILLISECONDS);
    expect(Number(answer.cursor)).toBeLessThanOrEqual(Date.now() - SETTLING_MILLISECONDS);
    expect((await system.items("followers")).find(({ connectionId }) => connectionId === id)).toEqual({
      topic: "all",
      connectionId: id,
      expiresAt: Date.UTC(2026, 7, 9, 14, 10) / 1_000,
    });
    expect(system.connections.messagesOf(id)).toEqual([]);
  });

  test.each([["1"], ["x".repeat(255)], ["数 #/\u0000"]])("a client follows one order: %j", async (orderID) => {
    const id = await client();
    expect(await follow(id, { orderID })).toMatchObject({ type: "subscribed", orderID });
    expect(await followersOf(`order#${orderID}`)).toEqual([id]);
    expect(await followersOf("all")).not.toContain(id);
  });

  test("asking for the same again changes nothing", async () => {
    const id = await client();
    await follow(id, { orderID: "again" });
    expect(await follow(id, { orderID: "again" })).toMatchObject({ type: "subscribed" });
    expect(await followersOf("order#again")).toEqual([id]);
  });
});

describe("catching up", () => {
  beforeAll(async () => {
    for (const orderID of ["a", "b", "c"]) await broadcast.invoke(snsEvent({ orderID, item: "tea" }, `m-${orderID}`));
  });

  test("sends all that came since, in order, before it says so", async () => {
    const id = await client();
    const answer = await follow(id, { since: cursorAt(Date.now() - 60_000) });
    expect(missedBy(id)).toEqual(["a", "b", "c"]);
    expect(system.connections.messagesOf(id)).toEqual([
      {
        type: "missed",
        cursor: answer.cursor,
        orders: ["a", "b", "c"].map((orderID) => ({ orderID, order: { orderID, item: "tea" } })),
      },
    ]);
    expect(answer).toMatchObject({ isCaughtUp: true });
  });

  test("sends whoever comes for the first time what came in the last minute", async () => {
    const id = await client();
    expect(await follow(id)).toMatchObject({ missed: 3, isCaughtUp: true });
    expect(missedBy(id)).toEqual(["a", "b", "c"]);
  });

  test("gives a cursor from before the last minute, in which an order may still come into the log before another", async () => {
    const id = await client();
    const { cursor } = await follow(id, { since: cursorAt(Date.now() + 3_600_000) });
    expect(timeOf(cursor)).toBeLessThanOrEqual(Date.now() - SETTLING_MILLISECONDS);
    expect(missedBy(id)).toEqual(["a", "b", "c"]);
    // Logged late, under the time at which its broadcast began.
    await logged("late", Date.now() - SETTLING_MILLISECONDS / 2);
    await follow(id, { since: cursor });
    expect(missedBy(id).slice(3)).toEqual(["late", "a", "b", "c"]);
  });

  test("sends again what is in the last minute, and nothing that is older than the cursor", async () => {
    const id = await client();
    const now = Date.now();
    for (const seconds of [3_600, 3_000]) await logged(`old-${seconds}`, now - seconds * 1_000);
    const { cursor } = await follow(id, { orderID: "old-3000", since: cursorAt(now - 4_000_000) });
    expect(missedBy(id)).toEqual(["old-3000"]);
    expect(await follow(id, { orderID: "old-3000", since: cursor })).toMatchObject({ missed: 0, isCaughtUp: true });
    const all = await client();
    await follow(all, { since: cursorAt(now - 3_600_000, "m-old-3600") });
    expect(missedBy(all)).toEqual(["old-3000", "late", "a", "b", "c"]);
  });

  test("reads the one order's log for whoever follows one", async () => {
    const id = await client();
    await follow(id, { orderID: "b", since: cursorAt(Date.now() - 1_000) });
    expect(missedBy(id)).toEqual(["b"]);
  });

  test("says from when on orders are there, to whoever comes back too late", async () => {
    const hour = 3_600_000;
    const late = await follow(await client(), { since: cursorAt(Date.now() - 24 * hour - 1_000) });
    const lostBefore = Date.parse(String(late.lostBefore));
    expect(Math.abs(Date.now() - 24 * hour - lostBefore)).toBeLessThan(60_000);
    const inTime = await follow(await client(), { since: cursorAt(Date.now() - 24 * hour + 60_000) });
    expect(inTime).not.toHaveProperty("lostBefore");
  });
});

describe("a lot to catch up with", () => {
  const size = 60_000;

  beforeAll(async () => {
    for (let at = 0; at < 5; at += 1) {
      await broadcast.invoke(snsEvent({ orderID: `big-${at}`, text: "x".repeat(size) }, `big-${at}`));
    }
  });

  test("comes in messages that a connection can carry", async () => {
    const id = await client();
    expect(await follow(id, { since: cursorAt(Date.now()) })).toMatchObject({ isCaughtUp: true });
    expect(missedBy(id).slice(-5)).toEqual(["big-0", "big-1", "big-2", "big-3", "big-4"]);
    for (const message of system.connections.messagesOf(id)) {
      expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(128_000);
    }
    expect(system.connections.messagesOf(id).length).toBeGreaterThan(2);
  });

  /** Follows, with a client that takes so many messages and no more. */
  async function followTaking(messages: number, since: string): Promise<{ answer: Message; id: string }> {
    const id = await client();
    system.connections.onMessage = (connectionId) => {
      if (connectionId === id && system.connections.messagesOf(id).length === messages) {
        system.connections.behaviours.set(id, "full");
      }
    };
    if (messages === 0) system.connections.behaviours.set(id, "full");
    const answer = await follow(id, { since });
    system.connections.onMessage = () => undefined;
    system.connections.behaviours.delete(id);
    return { answer, id };
  }

  test("stops where the client takes no more, and goes on from there when asked", async () => {
    const since = cursorAt(Date.now() - 20_000);
    const { answer, id } = await followTaking(1, since);
    expect(answer).toMatchObject({ type: "subscribed", isCaughtUp: false });
    expect(await follow(id, { since: answer.cursor })).toMatchObject({ isCaughtUp: true });
    expect(missedBy(id)).toEqual(expect.arrayContaining(["big-0", "big-1", "big-2", "big-3", "big-4"]));
  });

  test("gets further with every answer, by what was sent, where that is older than a minute", async () => {
    const hourAgo = Date.now() - 3_600_000;
    for (let at = 0; at < 5; at += 1) {
      const entry = JSON.stringify({ orderID: `long-${at}`, order: { text: "x".repeat(60_000) } });
      await system.put("log", { topic: "order#long", cursor: cursorAt(hourAgo + at, `m-${at}`), entry });
    }
    let since = cursorAt(hourAgo - 1);
    const seen: string[] = [];
    for (let rounds = 0; rounds < 2; rounds += 1) {
      const id = await client();
      system.connections.onMessage = () => system.connections.behaviours.set(id, "full");
      const answer = await follow(id, { orderID: "long", since });
      expect(answer).toMatchObject({ isCaughtUp: false, missed: 2 });
      since = answer.cursor ?? "";
      seen.push(...missedBy(id));
    }
    system.connections.onMessage = () => undefined;
    expect(seen).toEqual(["long-0", "long-1", "long-2", "long-3"]);
    expect(since).toBe(cursorAt(hourAgo + 3, "m-3"));
  });

  test("gives back the cursor that it came with where the client takes nothing at all", async () => {
    const since = cursorAt(Date.now() - 3_600_000, "m-1");
    const { answer } = await followTaking(0, since);
    expect(answer).toMatchObject({ isCaughtUp: false, missed: 0, cursor: since });
  });
});

describe("refuses, with a message that says why,", () => {
  test.each<[string, object, string]>([
    ["a misspelt property", { orderId: "1" }, "subscribe takes orderID and since, got: orderId."],
    ["an orderID that is no text", { orderID: 1 }, "orderID must be a text of 1–255 characters"],
    ["an empty orderID", { orderID: "" }, "orderID must be a text of 1–255 characters"],
    ["an orderID of 256 characters", { orderID: "x".repeat(256) }, "orderID must be a text of 1–255 characters"],
    ["what is no cursor", { since: "yesterday" }, "since must be a cursor that came with a message"],
    ["a number for a cursor", { since: 1 }, "since must be a cursor that came with a message"],
  ])("%s", async (_, more, error) => {
    const id = await client();
    const answer = await follow(id, more);
    expect(answer).toMatchObject({ type: "error", requestId: `request-of-${id}` });
    expect(answer.error).toContain(error);
    expect(await followersOf("all")).not.toContain(id);
  });

  test("other orders on the same connection", async () => {
    const id = await client();
    await follow(id, { orderID: "1" });
    expect(await follow(id)).toMatchObject({
      error: "This connection follows other orders already; open another connection for these.",
    });
    expect(await followersOf("all")).not.toContain(id);
  });

  test("a connection that is gone already", async () => {
    expect(await follow("never")).toMatchObject({ error: "This connection is not known any more; connect again." });
    expect(await followersOf("all")).not.toContain("never");
  });

  test("and says nothing of what is this service's fault, which the log has", async () => {
    const id = await client();
    system.database.faults.push({ status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError" });
    expect(await follow(id)).toMatchObject({
      error: "The service failed to answer; connect again, and go on from there.",
    });
    expect(subscribe.log.join("")).toContain("InternalServerError");
  });
});
