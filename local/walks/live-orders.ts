import { once } from "node:events";
import { WebSocket } from "ws";
import type { Cloud, RunningStack } from "../cloud";
import { callerFor } from "./caller";
import { expectStatus } from "./signed-request";

interface Message {
  readonly type: string;
  readonly orders?: readonly { readonly orderID: string }[];
}

/** How long the walk waits for what should come within milliseconds. */
const PATIENCE_MS = 4_000;

/** Follows orders as a browser does, posts one, and gives a line for when it was seen. */
export async function walkLiveOrders(cloud: Cloud, { outputs }: RunningStack): Promise<readonly string[] | string> {
  const orders = cloud.stacks.find((stack) => stack.outputs.orders_url);
  if (!orders) return "there are no orders to see, without their stack";
  if (!outputs.user_pool_id) return "its callers have tokens of an issuer that is not here";
  const call = await callerFor(cloud, orders);
  if (typeof call === "string") return `orders cannot be posted: ${call}`;
  const token = await cloud.cognito.tokenFor({
    userPoolId: String(outputs.user_pool_id.value),
    clientId: String(outputs.user_pool_client_id?.value),
    username: "walker",
    scopes: ["aws.cognito.signin.user.admin"],
  });
  const socket = new WebSocket(`${outputs.live_orders_url?.value}?token=${token}`, { handshakeTimeout: PATIENCE_MS });
  try {
    await once(socket, "open");
    const subscribed = messageOf(socket, ({ type }) => type === "subscribed");
    socket.send(JSON.stringify({ action: "subscribe" }));
    await subscribed;
    const order = { orderID: "walk-live", item: "coffee" };
    const seen = messageOf(
      socket,
      (message) => message.orders?.some(({ orderID }) => orderID === order.orderID) ?? false,
    );
    const start = performance.now();
    const url = String(orders.outputs.orders_url?.value);
    expectStatus(await call({ method: "POST", url, body: JSON.stringify(order) }), 202, "POST /orders");
    await seen;
    const after = `${(performance.now() - start).toFixed(0)} ms`;
    return [`  a client that follows all orders saw ${order.orderID} ${after} after it was posted`];
  } finally {
    socket.terminate();
  }
}

/** The next message of a kind. */
async function messageOf(socket: WebSocket, isMeant: (message: Message) => boolean): Promise<Message> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const [data] = await once(socket, "message", { signal });
    const message = JSON.parse(String(data)) as Message;
    if (isMeant(message)) return message;
  }
}
