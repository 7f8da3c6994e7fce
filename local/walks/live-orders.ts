import { once } from "node:events";
import { WebSocket } from "ws";
import type { Cloud, RunningStack } from "../cloud";
import { type Call, callerFor } from "./caller";
import { liveOrdersAddress } from "./live-orders-page";
import { expectStatus } from "./signed-request";
import { PATIENCE_MS, until } from "./until";

interface Message {
  readonly type: string;
  readonly cursor?: string;
  readonly orders?: readonly { readonly orderID: string }[];
}

/** A browser's side of a connection, with all that came over it. */
class Client {
  readonly messages: Message[] = [];

  private constructor(readonly socket: WebSocket) {
    socket.on("message", (data) => this.messages.push(JSON.parse(String(data))));
  }

  static async connect(address: URL): Promise<Client> {
    const client = new Client(new WebSocket(address, { handshakeTimeout: PATIENCE_MS }));
    await once(client.socket, "open");
    return client;
  }

  /** Follows all orders. @param since cursor from which on it wants them @returns the cursor to come back with */
  async follow(since?: string): Promise<string | undefined> {
    this.socket.send(JSON.stringify({ action: "subscribe", since }));
    return (await until(() => this.messages.find(({ type }) => type === "subscribed"))).cursor;
  }

  /** The message that an order came with. */
  told(orderID: string): Message | undefined {
    return this.messages.find(({ orders = [] }) => orders.some((order) => order.orderID === orderID));
  }
}

/**
 * Follows orders as a browser does, posts one, and gives a line for when it was seen; then goes away, and gives a line for an order of meanwhile,
 * which it gets when it comes back.
 */
export async function walkLiveOrders(cloud: Cloud, stack: RunningStack): Promise<readonly string[] | string> {
  const orders = cloud.stacks.find(({ outputs }) => outputs.orders_url);
  if (!orders) return "there are no orders to see, without their stack";
  const call = await callerFor(cloud, orders);
  if (typeof call === "string") return `orders cannot be posted: ${call}`;
  const address = await liveOrdersAddress(cloud, stack, "walker");
  if (typeof address === "string") return address;
  const post = (orderID: string): Promise<void> => postOrder(call, orders, orderID);

  const client = await Client.connect(address);
  try {
    const cursor = await client.follow();
    const start = performance.now();
    await post("walk-live");
    await until(() => client.told("walk-live"));
    const after = `${(performance.now() - start).toFixed(0)} ms`;
    client.socket.terminate();
    await post("walk-away");
    const log = String(stack.outputs.log_table_name?.value);
    await until(async () => JSON.stringify(await cloud.dynamodb.items(log)).includes("walk-away") || undefined);
    return [
      `  a client that follows all orders saw walk-live ${after} after it was posted`,
      await comeBack(address, cursor, "walk-away"),
    ];
  } finally {
    client.socket.terminate();
  }
}

async function postOrder(call: Call, { outputs }: RunningStack, orderID: string): Promise<void> {
  const request = { method: "POST", url: String(outputs.orders_url?.value) };
  const sent = await call({ ...request, body: JSON.stringify({ orderID, item: "coffee" }) });
  expectStatus(sent, 202, "POST /orders");
}

/** Catches up, and gives a line for an order that was missed. */
async function comeBack(address: URL, since: string | undefined, orderID: string): Promise<string> {
  const client = await Client.connect(address);
  try {
    await client.follow(since);
    const { type } = await until(() => client.told(orderID));
    if (type !== "missed") throw new Error(`${orderID} should come as missed, got: ${type}`);
    return `  it went away, and when it came back got ${orderID}, which it had missed`;
  } finally {
    client.socket.terminate();
  }
}
