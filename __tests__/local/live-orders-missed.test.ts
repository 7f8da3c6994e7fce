import * as fs from "node:fs";
import * as vm from "node:vm";
import * as fc from "fast-check";
import { WebSocket } from "ws";
import { Cloud } from "../../local/cloud";
import { signedRequest } from "../../local/walks/signed-request";
import { systemFolder } from "../support/synth";

interface ClientOptions {
  readonly url: string;
  readonly token: string;
  readonly onState: (state: string) => void;
  readonly onOrder: (order: { readonly orderID: string }) => void;
  readonly onLost: (before: string) => void;
  readonly onError: (error: string) => void;
}

/** What tests use of `examples/live-orders/client.js`. */
interface LiveOrdersClient {
  socket?: WebSocket;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Milliseconds of the client's clock, hurried: its pauses by a hundred, its regular questions so that they come every second. */
const hurried = (milliseconds: number): number => {
  if (milliseconds <= 30_000) return milliseconds / 100;
  return milliseconds <= 40_000 ? milliseconds : milliseconds / 200;
};

/** As browsers have it: an error that nobody listens for is none. */
class BrowserWebSocket extends WebSocket {
  constructor(address: string) {
    super(address);
    this.on("error", () => undefined);
  }
}

const context = vm.createContext({
  WebSocket: BrowserWebSocket,
  clearTimeout,
  setTimeout: (run: () => void, milliseconds: number) => setTimeout(run, hurried(milliseconds)),
});
vm.runInContext(fs.readFileSync("examples/live-orders/client.js", "utf8"), context);
const { LiveOrders } = context as { LiveOrders: new (options: ClientOptions) => LiveOrdersClient };

let cloud: Cloud;
let token: string;
let posted = 0;

beforeAll(async () => {
  cloud = await Cloud.start([systemFolder("orders", "dev"), systemFolder("live-orders", "dev")]);
  token = await cloud.cognito.tokenFor({
    userPoolId: output("live-orders-dev", "user_pool_id"),
    clientId: output("live-orders-dev", "user_pool_client_id"),
    username: "ann",
    scopes: ["aws.cognito.signin.user.admin"],
  });
});

afterAll(() => cloud.stop());

const output = (stack: string, name: string): string =>
  String(cloud.stacks.find((one) => one.name === stack)?.outputs[name]?.value);

/** A page that follows all orders, over a connection that tests can harm. */
class Follower {
  readonly seen: string[] = [];
  private isDeaf = false;
  private readonly client = new LiveOrders({
    url: output("live-orders-dev", "live_orders_url"),
    token,
    onState: (state) => this.onState(state),
    onOrder: ({ orderID }) => this.seen.push(orderID),
    onLost: () => undefined,
    onError: () => undefined,
  });
  private onState: (state: string) => void = () => undefined;

  /** Begins to follow, and waits until it does. */
  async start(): Promise<void> {
    const live = new Promise<void>((resolve) => {
      this.onState = (state) => state === "live" && resolve();
    });
    this.client.start();
    await live;
  }

  /** The network between the page and the service breaks, which neither is told of in good order. */
  break(): void {
    this.client.socket?.terminate();
  }

  /** What is sent is taken, and gets lost on the way to the page, until the connection breaks. */
  goDeaf(): void {
    const { socket } = this.client;
    if (!socket || this.isDeaf) return;
    this.isDeaf = true;
    const take = socket.onmessage;
    socket.onmessage = (event) => {
      if (!String(event.data).startsWith('{"type":"new"')) take?.(event);
    };
    setTimeout(() => {
      this.isDeaf = false;
      socket.terminate();
    }, 150);
  }

  stop(): void {
    this.client.stop();
  }
}

/** Ends a connection from the service's side. */
async function cutOff(which: number): Promise<void> {
  const ids = cloud.apisV2.webSocketApi(output("live-orders-dev", "api_id"))?.connectionIds ?? [];
  const id = ids[which % Math.max(1, ids.length)];
  if (id === undefined) return;
  const stage = output("live-orders-dev", "live_orders_url").replace(/^ws/, "http");
  await signedRequest(cloud, { method: "DELETE", url: `${stage}/@connections/${encodeURIComponent(id)}` });
}

async function post(): Promise<string> {
  posted += 1;
  const orderID = `missed-${posted}`;
  const url = output("orders-dev", "orders_url");
  const { status } = await signedRequest(cloud, { method: "POST", url, body: JSON.stringify({ orderID }) });
  expect(status).toBe(202);
  return orderID;
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("post"), which: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("break", "deaf", "cut"), which: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause"), which: fc.nat(300) }) },
);

async function happen(followers: readonly Follower[], { kind, which }: { kind: string; which: number }): Promise<void> {
  const follower = followers[which % followers.length];
  if (kind === "break") follower?.break();
  else if (kind === "deaf") follower?.goDeaf();
  else if (kind === "cut") await cutOff(which);
  else await new Promise((resolve) => setTimeout(resolve, which));
}

test("pages whose connections break in every way see each order once that was posted after they came", async () => {
  const run = fc.asyncProperty(fc.array(happening, { minLength: 40, maxLength: 60 }), async (happenings) => {
    const followers = Array.from({ length: 3 }, () => new Follower());
    const orderIDs: string[] = [];
    try {
      await Promise.all(followers.map((follower) => follower.start()));
      for (const one of happenings) {
        if (one.kind === "post") orderIDs.push(await post());
        else await happen(followers, one);
      }
      const missing = () => followers.map(({ seen }) => orderIDs.filter((orderID) => !seen.includes(orderID)));
      for (let times = 0; times < 1_500 && missing().flat().length > 0; times += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(missing()).toEqual([[], [], []]);
      for (const { seen } of followers) expect(new Set(seen).size).toBe(seen.length);
    } finally {
      for (const follower of followers) follower.stop();
    }
  });
  // What goes wrong goes wrong by chance, and would not again: there is nothing to shrink.
  await fc.assert(run, { numRuns: 3, endOnFailure: true });
});
