import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { WebSocket } from "ws";
import { Cloud } from "../../local/cloud";
import { signedRequest } from "../../local/walks/signed-request";
import { testInBrowser } from "../support/browser";
import type { Message } from "../support/live-orders";
import { SkippingClock } from "../support/local";
import { systemFolder } from "../support/synth";
import { until } from "../support/until";

let cloud: Cloud;

beforeAll(async () => {
  cloud = await Cloud.start([systemFolder("orders", "dev"), systemFolder("live-orders", "dev")]);
});

afterAll(() => cloud.stop());

const output = (stack: string, name: string, of: Cloud = cloud): string =>
  String(of.stacks.find((one) => one.name === stack)?.outputs[name]?.value);

const url = (of?: Cloud): string => output("live-orders-dev", "live_orders_url", of);

const tokenOf = (username: string, of: Cloud = cloud): Promise<string> =>
  of.cognito.tokenFor({
    userPoolId: output("live-orders-dev", "user_pool_id", of),
    clientId: output("live-orders-dev", "user_pool_client_id", of),
    username,
    scopes: ["aws.cognito.signin.user.admin"],
  });

const items = (table: string) => cloud.dynamodb.items(output("live-orders-dev", table));

async function order(orderID: string, more: object = {}, of: Cloud = cloud): Promise<void> {
  const body = JSON.stringify({ orderID, ...more });
  const sent = await signedRequest(of, { method: "POST", url: output("orders-dev", "orders_url", of), body });
  expect(sent.status).toBe(202);
}

/** A browser's WebSocket, with what came over it. */
class Client {
  readonly messages: Message[] = [];
  private readonly socket: WebSocket;

  private constructor(address: string) {
    this.socket = new WebSocket(address);
    this.socket.on("message", (data) => this.messages.push(JSON.parse(String(data))));
  }

  static async open(of?: Cloud): Promise<Client> {
    const client = new Client(`${url(of)}?token=${await tokenOf("ann", of)}`);
    await once(client.socket, "open");
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Waits for a message. */
  async until(isMeant: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(isMeant);
      if (found) return found;
      await once(this.socket, "message");
    }
  }

  untilOrder(orderID: string): Promise<Message> {
    return this.until(({ orders = [] }) => orders.some((one) => one.orderID === orderID));
  }

  async follow(more: object = {}): Promise<Message> {
    this.send({ action: "subscribe", ...more });
    return this.until(({ type }) => type === "subscribed");
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }
}

/** How a request to connect ends that is not let in. */
async function refusalOf(address: string): Promise<number> {
  const socket = new WebSocket(address);
  const [, response] = await once(socket, "unexpected-response");
  socket.on("error", () => undefined);
  socket.terminate();
  return response.statusCode;
}

test("an order that is posted comes to who follows all orders, and to who follows it, and to no other", async () => {
  const [all, one, other] = [await Client.open(), await Client.open(), await Client.open()];
  await all.follow();
  await one.follow({ orderID: "e2e-1" });
  await other.follow({ orderID: "e2e-2" });
  await order("e2e-1", { item: "tea" });
  expect((await all.untilOrder("e2e-1")).orders).toEqual([
    { orderID: "e2e-1", order: { orderID: "e2e-1", item: "tea" } },
  ]);
  await one.untilOrder("e2e-1");
  await order("e2e-2");
  await other.untilOrder("e2e-2");
  expect(other.messages.flatMap(({ orders = [] }) => orders)).toHaveLength(1);
  for (const client of [all, one, other]) await client.close();
});

test("who comes back gets what came meanwhile, and what is gone is forgotten", async () => {
  const before = await Client.open();
  const { cursor } = await before.follow();
  await before.close();
  await order("e2e-away");
  const after = await Client.open();
  await after.follow({ since: cursor });
  await after.untilOrder("e2e-away");
  await after.close();
  const isLeft = async () =>
    (await items("connections_table_name")).length + (await items("followers_table_name")).length;
  await until(async () => (await isLeft()) === 0, "the end of what is kept of it");
});

test("pings are answered, and what is no message is told so", async () => {
  const client = await Client.open();
  client.send({ action: "ping" });
  await client.until(({ type }) => type === "pong");
  client.send("hello");
  expect((await client.until(({ type }) => type === "error")).error).toContain('"subscribe" or "ping"');
  await client.close();
});

test("nobody connects without a good token", async () => {
  expect(await refusalOf(url())).toBe(401);
  expect(await refusalOf(`${url()}?token=a.b.c`)).toBe(401);
});

testInBrowser("the page shows an order that is posted, and catches up after its connection was cut", async (page) => {
  await page.goto(`file://${path.resolve("examples/live-orders/index.html")}#${url()}`);
  await page.type('[name="token"]', await tokenOf("ann"));
  await page.click("#connect");
  await page.waitForSelector('#state[data-state="live"]');
  await order("e2e-page", { item: "<b>tea</b>" });
  await page.waitForSelector('::-p-xpath(//tbody//th[text()="e2e-page"])');
  const [id = ""] = cloud.apisV2.webSocketApi(output("live-orders-dev", "api_id"))?.connectionIds ?? [];
  const connections = `${url().replace(/^ws/, "http")}/@connections/${encodeURIComponent(id)}`;
  expect((await signedRequest(cloud, { method: "DELETE", url: connections })).status).toBe(204);
  await order("e2e-cut");
  await page.waitForSelector('::-p-xpath(//tbody//th[text()="e2e-cut"])');
  // Whoever comes back gets the last minute again, and shows each order once.
  const shown = await page.$$eval("#orders th", (cells) => cells.map(({ firstChild }) => firstChild?.textContent));
  expect(shown.filter((id) => id === "e2e-page" || id === "e2e-cut")).toHaveLength(2);
  expect(new Set(shown).size).toBe(shown.length);
});

test("no grant is there that nothing uses, but that of cutting off clients that take no messages", () => {
  const unused = cloud.iam.grants().filter(({ uses, role }) => uses === 0 && !/SQS|SNS/.test(role));
  // Who forgets a client that is gone, $disconnect or a broadcast, is chance.
  const never = unused.filter(
    ({ role, action }) => !(role.endsWith("broadcast-order") && action === "dynamodb:DeleteItem"),
  );
  expect(never.map(({ role, action, resource }) => [role, action, resource.split("/").slice(1).join("/")])).toEqual([
    ["dev-Lambda-broadcast-order", "execute-api:ManageConnections", "dev/DELETE/@connections/*"],
  ]);
});

test("an order that clients could not be told of ends in the queue for that, after two more attempts, as the event to invoke the function with again", async () => {
  const folder = systemFolder("live-orders", "dev");
  const file = path.join(folder, "cdk.tf.json");
  const withoutGrant = fs.readFileSync(file, "utf8").replaceAll("execute-api:ManageConnections", "execute-api:Invoke");
  fs.writeFileSync(file, withoutGrant);
  const clock = new SkippingClock();
  let failures = 0;
  const log = (_: string, line: string): void => {
    if (line.includes('"Client not told"')) failures += 1;
  };
  const failing = await Cloud.start([systemFolder("orders", "dev"), folder], { clock, log });
  try {
    const client = await Client.open(failing);
    await client.follow();
    await order("e2e-failed", {}, failing);
    const queue = "dev-live-orders-failed";
    const found = () => failing.sqs.queues().find(({ queueName }) => queueName === queue)?.messages ?? [];
    for (const attempt of [1, 2, 3]) {
      await until(() => failures === attempt, `failure ${attempt}`);
      // A little more than the minutes between the attempts; the functions themselves go by the machine's clock.
      // The failure is told of before the retry is set up.
      await new Promise((resolve) => setTimeout(resolve, 100));
      clock.skip(attempt * 60_000 + 1_000);
    }
    await until(() => found().length > 0, "the failed order");
    const [given] = found();
    const { requestPayload, responsePayload } = JSON.parse(String(given?.body));
    expect(responsePayload.errorMessage).toBe("1 clients could not be told of an order");
    // What the docs say to do then, where the grant is there again.
    const another = await Client.open();
    await another.follow({ orderID: "e2e-failed" });
    const result = await cloud.lambda.invoke(
      `arn:aws:lambda:eu-west-1:123456789012:function:${output("live-orders-dev", "broadcast_order_function_name")}`,
      requestPayload,
    );
    expect("payload" in result).toBe(true);
    await another.untilOrder("e2e-failed");
    await another.close();
  } finally {
    await failing.stop();
  }
});
