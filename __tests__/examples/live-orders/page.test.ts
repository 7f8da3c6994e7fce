import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Page } from "puppeteer-core";
import { type WebSocket, WebSocketServer } from "ws";
import { cursorAt } from "../../../handlers/live-orders/cursor";
import { testInBrowser } from "../../support/browser";

/** The other side of the page: takes what it sends, and answers as a test wants. */
class Service {
  /** Paths that were connected to, with what stood in the query. */
  readonly requests: URL[] = [];
  readonly received: Record<string, unknown>[] = [];
  isRefusing = false;
  answer: (socket: WebSocket, message: Record<string, unknown>) => void = (socket) => this.subscribed(socket);
  private readonly server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    verifyClient: ({ req }: { req: { url?: string } }) => {
      this.requests.push(new URL(req.url ?? "", "ws://service"));
      return !this.isRefusing;
    },
  });

  constructor() {
    this.server.on("connection", (socket) =>
      socket.on("message", (data) => {
        const message = JSON.parse(String(data));
        this.received.push(message);
        this.answer(socket, message);
      }),
    );
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/dev`;
  }

  send(message: object): void {
    for (const socket of this.server.clients) socket.send(JSON.stringify(message));
  }

  subscribed(socket: WebSocket, more: object = {}): void {
    socket.send(JSON.stringify({ type: "subscribed", cursor: cursorAt(1_000), isCaughtUp: true, ...more }));
  }

  order(orderID: string, at: number, type: "new" | "missed" = "new"): void {
    this.send({ type, cursor: cursorAt(at, orderID), orders: [{ orderID, order: { orderID, item: "tea" } }] });
  }

  /** Ends every connection, as API Gateway does after two hours. */
  cut(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }
}

let service: Service;

beforeEach(async () => {
  service = new Service();
});

afterEach(() => service.stop());

const file = (hash = ""): string => `file://${path.resolve("examples/live-orders/index.html")}${hash}`;

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, ({ textContent }) => textContent ?? "");

const until = (page: Page, state: string) => page.waitForSelector(`#state[data-state="${state}"]`);

/** orderIDs of the rows, the first row first. */
const shown = (page: Page): Promise<string[]> =>
  page.$$eval("#orders th", (cells) => cells.map(({ textContent }) => textContent ?? ""));

const untilShown = (page: Page, orderID: string) =>
  page.waitForSelector(`::-p-xpath(//tbody//th[text()="${orderID}"])`);

async function connect(
  page: Page,
  { token = "a.b-c.d", orderID }: { token?: string; orderID?: string } = {},
): Promise<void> {
  await page.goto(file(`#${service.url}`));
  if (token) await page.type('[name="token"]', token);
  if (orderID !== undefined) {
    await page.click('[value="one"]');
    await page.type('[name="orderID"]', orderID);
  }
  await page.click("#connect");
}

testInBrowser("shows its state and each new order, the newest on top", async (page) => {
  await connect(page);
  await until(page, "live");
  expect(service.requests.map(({ pathname, search }) => `${pathname}${search}`)).toEqual(["/dev?token=a.b-c.d"]);
  expect(service.received).toEqual([{ action: "subscribe" }]);
  service.order("1", 2_000);
  service.order("2", 3_000);
  await untilShown(page, "2");
  expect(await shown(page)).toEqual(["2", "1"]);
  expect(await textOf(page, "#count")).toBe("2");
  expect(await textOf(page, "#orders tr")).toContain('"item": "tea"');
});

testInBrowser("follows one order where that is chosen", async (page) => {
  await connect(page, { orderID: "7 & 8" });
  await until(page, "live");
  expect(service.received).toEqual([{ action: "subscribe", orderID: "7 & 8" }]);
});

testInBrowser("connects by an address that is signed, and sends no token then", async (page) => {
  await connect(page, { token: "" });
  await until(page, "live");
  expect(service.requests.map(({ search }) => search)).toEqual([""]);
});

testInBrowser(
  "comes back by itself when the connection ends, and asks for what came since the last order it has seen",
  async (page) => {
    await connect(page);
    await until(page, "live");
    service.order("1", 2_000);
    await untilShown(page, "1");
    service.answer = (socket) => {
      service.order("1", 2_000, "missed");
      service.order("2", 3_000, "missed");
      service.subscribed(socket);
    };
    service.cut();
    await untilShown(page, "2");
    await until(page, "live");
    expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(2_000, "1") });
    // The one that it has seen is not shown again.
    expect(await shown(page)).toEqual(["2", "1"]);
    expect(await textOf(page, "#orders tr")).toContain("caught up");
  },
);

testInBrowser(
  "takes a new order for no sign of having seen those before it, as long as it catches up",
  async (page) => {
    await connect(page);
    await until(page, "live");
    service.answer = () => {
      service.order("2", 2_000, "missed");
      service.order("9", 9_000);
      service.cut();
      service.answer = (socket) => service.subscribed(socket);
    };
    service.cut();
    await untilShown(page, "9");
    await until(page, "live");
    expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(2_000, "2") });
  },
);

testInBrowser("goes on catching up where the service stopped", async (page) => {
  let times = 0;
  service.answer = (socket) => {
    times += 1;
    service.subscribed(socket, { cursor: cursorAt(times), isCaughtUp: times === 3 });
  };
  await connect(page);
  await until(page, "live");
  expect(service.received.map(({ since }) => since)).toEqual([undefined, cursorAt(1), cursorAt(2)]);
});

testInBrowser("keeps trying where it is not let in, and says what may be wrong", async (page) => {
  service.isRefusing = true;
  await connect(page);
  await until(page, "waiting");
  expect(await textOf(page, "#state")).toMatch(
    /^Not let in, or nobody there: is the token still good\? Trying again in \d+ s…$/,
  );
  service.isRefusing = false;
  await until(page, "live");
});

testInBrowser("says what the service says is wrong, and when orders are lost", async (page) => {
  service.answer = (socket) => {
    socket.send(JSON.stringify({ type: "error", error: "subscribe takes orderID and since." }));
    service.answer = (next) => service.subscribed(next, { lostBefore: "2026-08-09T12:00:00.000Z" });
  };
  await connect(page);
  await page.waitForSelector("::-p-text(subscribe takes orderID and since.)");
  await page.waitForSelector("::-p-text(are no longer kept)");
});

testInBrowser("shows what stands in an order as text, and runs nothing of it", async (page) => {
  await connect(page);
  await until(page, "live");
  const orderID = '<img src=x onerror="document.title=1">';
  service.send({
    type: "new",
    cursor: cursorAt(2),
    orders: [{ orderID, order: { orderID, html: "<script>1</script>" } }],
  });
  service.send({ type: "new", cursor: cursorAt(3), orders: [{ orderID: "large", isTooLarge: true }] });
  await untilShown(page, "large");
  expect(await shown(page)).toEqual(["large", orderID]);
  expect(await page.$$("tbody img, tbody script")).toEqual([]);
  expect(await textOf(page, "#orders tr")).toContain("Too large to be shown here");
  expect(await page.title()).toBe("Live orders");
});

testInBrowser("disconnects when asked to, and stays away", async (page) => {
  await connect(page);
  await until(page, "live");
  await page.click("#disconnect");
  await until(page, "stopped");
  expect(await page.$eval(":focus", ({ id }) => id)).toBe("connect");
  await page.click("#connect");
  await until(page, "live");
  expect(service.requests).toHaveLength(2);
});

testInBrowser("can be used by keyboard, and tells assistive technology its state and names", async (page) => {
  await page.goto(file(`#${service.url}`));
  await page.focus('[name="token"]');
  await page.keyboard.type("a.b.c");
  await page.keyboard.press("Enter");
  await until(page, "live");
  const names = JSON.stringify(await page.accessibility.snapshot());
  for (const name of ["Live: new orders appear as they come.", "Disconnect", "all orders", "Orders seen"]) {
    expect(names).toContain(name);
  }
  expect(await page.$eval("#state", (element) => element.getAttribute("role"))).toBe("status");
  expect(await page.$eval("#notes", (element) => element.getAttribute("role"))).toBe("alert");
});

testInBrowser("refuses an address that is none of a WebSocket", async (page) => {
  await page.goto(file("#https://example.com"));
  await page.click("#connect");
  expect(await textOf(page, "#state")).toBe("Not connected.");
  expect(await page.$(":invalid[name=url]")).not.toBeNull();
});
