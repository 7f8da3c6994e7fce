import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Page } from "puppeteer-core";
import { type WebSocket, WebSocketServer } from "ws";
import { cursorAt } from "../../../handlers/live-orders/cursor";
import { testInBrowser } from "../../support/browser";
import { contrastOf } from "../../support/contrast";

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
    const orders = [{ orderID, order: { orderID, item: "tea" } }];
    this.send({ type, ...(type === "missed" && { cursor: cursorAt(at, orderID) }), orders });
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
  page.$$eval("#orders th", (cells) => cells.map(({ firstChild }) => firstChild?.textContent ?? ""));

const untilShown = (page: Page, orderID: string) =>
  page.waitForSelector(`::-p-xpath(//tbody//th[text()="${orderID}"])`);

/** Keeps timers of so many milliseconds and more, for `fire` to end. */
const holdTimers = (page: Page, from = 30_000) =>
  page.evaluateOnNewDocument((from) => {
    const held: { ms: number; run: () => void }[] = [];
    const usual = globalThis.setTimeout;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms: number) => (ms < from ? usual(run, ms) : -held.push({ ms, run })),
      fire: (least: number, most: number) => {
        const at = held.findLastIndex(({ ms }) => ms >= least && ms <= most);
        if (at >= 0) held.splice(at, 1)[0]?.run();
        return at >= 0;
      },
    });
  }, from);

/** Ends the last timer that is set to a time from the one to the other, once there is one. */
const fire = (page: Page, least: number, most: number) => page.waitForFunction(`fire(${least}, ${most})`);

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
  "comes back by itself when the connection ends, and asks for what came since the place up to which it has all",
  async (page) => {
    await connect(page);
    await until(page, "live");
    service.order("1", 2_000);
    await untilShown(page, "1");
    service.answer = (socket) => {
      service.order("1", 2_000, "missed");
      service.order("2", 3_000, "missed");
      service.subscribed(socket, { missed: 2, cursor: cursorAt(9_000) });
    };
    service.cut();
    await untilShown(page, "2");
    await until(page, "live");
    // A new order says nothing of those before it.
    expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(1_000) });
    // The one that it has seen is not shown again.
    expect(await shown(page)).toEqual(["2", "1"]);
    expect(await textOf(page, "#orders tr")).toContain("caught up");
    service.cut();
    await until(page, "waiting");
    await until(page, "live");
    expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(9_000) });
  },
);

testInBrowser("goes on from what it was sent where the connection ends while it catches up", async (page) => {
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
});

testInBrowser(
  "comes back later and later where it is cut off at once, and soon where a connection lasted",
  async (page) => {
    await holdTimers(page, 200);
    await connect(page);
    for (const longest of [500, 1_000, 2_000]) {
      await until(page, "live");
      service.cut();
      await until(page, "waiting");
      await fire(page, longest / 2, longest);
    }
    await until(page, "live");
    await page.evaluate("{ const now = Date.now() + 30_001; Date.now = () => now; }");
    service.cut();
    await until(page, "waiting");
    expect(await page.evaluate("fire(501, 4_000)")).toBe(false);
    await fire(page, 250, 500);
    await until(page, "live");
  },
);

testInBrowser("asks from the same place again where less came than was sent", async (page) => {
  await holdTimers(page);
  await connect(page);
  await until(page, "live");
  service.answer = (socket) => service.subscribed(socket, { missed: 1, cursor: cursorAt(9_000) });
  for (const times of [2, 3]) {
    await fire(page, 180_000, 240_000);
    while (service.received.length < times) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(1_000) });
  }
});

testInBrowser(
  "asks again within four minutes while it is live, and shows what the service had failed to send",
  async (page) => {
    await holdTimers(page);
    await connect(page);
    await until(page, "live");
    service.answer = (socket) => {
      service.order("untold", 500, "missed");
      service.subscribed(socket, { missed: 1, cursor: cursorAt(9_000) });
    };
    await fire(page, 180_000, 240_000);
    await untilShown(page, "untold");
    expect(service.requests).toHaveLength(1);
    expect(await textOf(page, "#state")).toBe("Live: new orders appear as they come.");
  },
);

testInBrowser("gives a connection up that does not answer within forty seconds", async (page) => {
  await holdTimers(page);
  await connect(page);
  await until(page, "live");
  service.answer = () => undefined;
  await fire(page, 180_000, 240_000);
  while (service.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  service.answer = (socket) => service.subscribed(socket);
  await fire(page, 40_000, 40_000);
  await until(page, "waiting");
  await until(page, "live");
  expect(service.requests).toHaveLength(2);
});

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

testInBrowser("folds what is long", async (page) => {
  await connect(page);
  await until(page, "live");
  const list = (length: number) => Array.from({ length }, (_, at) => at);
  // With its braces, its name and those of the list, 14 lines and one more.
  for (const length of [10, 11])
    service.send({ type: "new", orders: [{ orderID: `list-${length}`, order: { list: list(length) } }] });
  const text = "x".repeat(1_001);
  service.send({ type: "new", orders: [{ orderID: "text", order: { text } }] });
  await untilShown(page, "text");
  const folded = await page.$$eval("#orders tr", (all) => all.map((row) => row.querySelector("details") !== null));
  expect(folded).toEqual([true, true, false]);
  expect(await textOf(page, "#orders details")).toContain(text);
});

testInBrowser("keeps five hundred rows, and counts all", async (page) => {
  await connect(page);
  await until(page, "live");
  for (let at = 1; at <= 501; at += 1) service.order(`o-${at}`, at);
  await untilShown(page, "o-501");
  const ids = await shown(page);
  expect([ids.length, ids.at(-1)]).toEqual([500, "o-2"]);
  expect(await textOf(page, "#count")).toBe("501");
});

testInBrowser("connects at once by an address with a token, which does not stay in the address bar", async (page) => {
  await page.goto(file(`#${service.url}?token=a.b-c.d_e`));
  await until(page, "live");
  expect(service.requests.map(({ search }) => search)).toEqual(["?token=a.b-c.d_e"]);
  expect(page.url()).toBe(new URL(file(`#${service.url}`)).href);
  expect(await textOf(page, "#following")).toBe(`Follows all orders of ${service.url}`);
  expect(await page.evaluate("document.body.innerText")).not.toContain("a.b-c.d_e");
});

testInBrowser("waits to be told to connect by an address without a token, which it takes as it is", async (page) => {
  const signed = `${service.url}?X-Amz-Credential=a%2Fb&X-Amz-Security-Token=c%2Bd`;
  await page.goto(file(`#${signed}`));
  expect(await textOf(page, "#state")).toBe("Not connected.");
  expect(await page.$eval('[name="url"]', (input) => (input as unknown as { value: string }).value)).toBe(signed);
});

testInBrowser("goes on where it stopped, with another token", async (page) => {
  await connect(page);
  await until(page, "live");
  service.order("1", 2_000);
  await untilShown(page, "1");
  await page.click("#disconnect");
  await until(page, "stopped");
  await page.type('[name="token"]', "x");
  await page.click("#connect");
  await until(page, "live");
  expect(service.requests.at(-1)?.search).toBe("?token=a.b-c.dx");
  expect(service.received.at(-1)).toEqual({ action: "subscribe", since: cursorAt(1_000) });
});

testInBrowser("is not live after it was stopped, whatever still comes", async (page) => {
  let answer = (): void => undefined;
  service.answer = (socket) => {
    answer = () => service.subscribed(socket);
  };
  await connect(page);
  await until(page, "catching up");
  while (service.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await page.evaluate('document.getElementById("disconnect").click()');
  answer();
  service.order("late", 1);
  service.answer = (socket) => service.subscribed(socket);
  expect(await textOf(page, "#state")).toBe("Not connected.");
  expect(await shown(page)).toEqual([]);
});

testInBrowser("says that an address is none which the browser cannot open", async (page) => {
  await page.goto(file("#ws://:::"));
  await page.click("#connect");
  await until(page, "stopped");
  expect(await textOf(page, "#notes")).toBe("The address is none that a browser can open a WebSocket to from here.");
  await page.click("#connect");
  expect(await textOf(page, "#state")).toBe("Not connected.");
});

testInBrowser(
  "fits a narrow screen, in either colour scheme, with text that is easy to tell from what is behind it",
  async (page) => {
    await connect(page);
    await until(page, "live");
    service.order("x".repeat(200), 1);
    await untilShown(page, "x".repeat(200));
    await page.setViewport({ width: 320, height: 700 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    for (const value of ["light", "dark"]) {
      // Without the animation of what has just come.
      const features = { "prefers-color-scheme": value, "prefers-reduced-motion": "reduce" };
      await page.emulateMediaFeatures(Object.entries(features).map(([name, value]) => ({ name, value })));
      for (const selector of ["#following", "#disconnect", "#state", "th", "td", ".meta"])
        expect(await contrastOf(page, selector)).toBeGreaterThan(4.5);
    }
  },
);

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
