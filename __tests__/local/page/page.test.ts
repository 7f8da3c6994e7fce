import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import type { Page } from "puppeteer-core";
import { Cloud } from "../../../local/cloud";
import { LocalPage } from "../../../local/page/page";
import { signedRequest } from "../../../local/walks/signed-request";
import { testInBrowser } from "../../support/browser";
import { SkippingClock } from "../../support/local";
import { systemFolder } from "../../support/synth";
import { until } from "../../support/until";

const folders = [systemFolder("orders", "dev"), systemFolder("storage", "dev")];
const variables = { notification_email: "ops@example.com" };
let cloud: Cloud;
let local: LocalPage;

beforeEach(async () => {
  cloud = await Cloud.start(folders, { variables });
  local = await LocalPage.start(cloud, 0);
});

afterEach(async () => {
  await local.stop();
  await cloud.stop();
});

const output = (name: string): string =>
  String(cloud.stacks.flatMap(({ outputs }) => (outputs[name] ? [outputs[name].value] : []))[0]);

const order = (body: object) =>
  signedRequest(cloud, { method: "POST", url: output("orders_url"), body: JSON.stringify(body) });

/** Asks as no browser would: with any headers. */
function ask(
  method: string,
  asked: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(asked, local.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0, headers: given } = response;
        resolve({ status: statusCode, headers: given, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on("error", reject).end(body);
  });
}

/** Asks for what is no URL: any program, and some of it any site, can. */
function askLiterally(asked: string): Promise<{ status: number }> {
  const { port } = new URL(local.url);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path: asked }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0 }));
    });
    request.on("error", reject).end();
  });
}

async function open(page: Page, address = ""): Promise<void> {
  await page.goto(`${local.url}${address}`);
  await untilLive(page);
}

const untilLive = (page: Page) => page.waitForSelector('#connection[data-state="live"]');
const untilText = (page: Page, selector: string, text: string) =>
  page.waitForSelector(`${selector} ::-p-text(${text})`);
const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => (element as unknown as { textContent: string }).textContent);
const textsOf = (page: Page, selector: string): Promise<readonly string[]> =>
  page.$$eval(selector, (elements) =>
    elements.map((one) => String((one as unknown as { textContent: string }).textContent)),
  );

describe("the page's server", () => {
  test("says nothing to other names, other sites and other kinds of requests", async () => {
    const origin = new URL(local.url).origin;
    const json = { origin, "content-type": "application/json" };
    expect((await ask("GET", "/")).status).toBe(200);
    expect((await ask("GET", "/data/queues", { host: "evil.example" })).status).toBe(421);
    expect((await ask("GET", "/data/queues", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await ask("POST", "/send", { ...json, origin: cloud.endpoint }, "{}")).status).toBe(403);
    expect((await ask("POST", "/send", { ...json, "content-type": "text/plain" }, "{}")).status).toBe(415);
    expect((await ask("POST", "/send", json, "{")).status).toBe(400);
    expect((await ask("GET", "/nowhere")).status).toBe(404);
    expect((await ask("GET", "/../page.ts")).status).toBe(404);
    expect((await askLiterally("//[")).status).toBe(404);
    expect((await askLiterally("http://evil.example:x/")).status).toBe(400);
    expect(await ask("OPTIONS", "/send", json)).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect(await ask("GET", "/send")).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect(await ask("POST", "/", json, "{}")).toMatchObject({ status: 405, headers: { allow: "GET" } });
    expect(cloud.sns.outbox).toEqual([]);
  });

  test("answers so that nothing of elsewhere runs, frames or reads it", async () => {
    for (const asked of ["/", "/page.mjs", "/data/queues", "/nowhere"]) {
      const { headers } = await ask("GET", asked);
      expect(headers["content-security-policy"]).toMatch(
        /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
      );
      expect(headers).toMatchObject({
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  test("shows no credentials", async () => {
    const { secretAccessKey, sessionToken } = cloud.iam.operator().credentials;
    for (const panel of ["picture", "routes", "queues", "tables", "buckets", "outbox", "logs", "denials"]) {
      const { status, body } = await ask("GET", `/data/${panel}`);
      expect(status).toBe(200);
      expect(body).not.toContain(secretAccessKey);
      expect(body).not.toContain(sessionToken);
    }
  });

  test("sends to no path outside of a route's stage, and to no route that is not there", async () => {
    const send = (body: object) =>
      ask(
        "POST",
        "/send",
        { origin: new URL(local.url).origin, "content-type": "application/json" },
        JSON.stringify(body),
      );
    for (const asked of ["orders", "/../../other/orders", "//evil.example/", "@evil.example/"]) {
      const { status, body } = await send({ id: 0, path: asked, body: "{}" });
      expect([asked, status === 400 || JSON.parse(body).status === 403]).toEqual([asked, true]);
    }
    expect(await send({ id: 99, path: "/orders" })).toMatchObject({
      status: 400,
      body: expect.stringContaining("no longer"),
    });
  });

  test("gives objects to be saved, whatever they are, and never to be shown", async () => {
    const object = { key: 'a/"evil" ☕.html', content: "<script>alert(1)</script>", contentType: "text/html" };
    const url = `${output("storage_url")}/objects`;
    expect((await signedRequest(cloud, { method: "POST", url, body: JSON.stringify(object) })).status).toBe(201);
    const bucket = cloud.stacks.flatMap(({ resources }) => resources).find(({ type }) => type === "aws_s3_bucket");
    const query = new URLSearchParams({ bucket: String(bucket?.attributes.bucket), key: object.key });
    const { status, headers, body } = await ask("GET", `/object?${query}`);
    expect([status, body]).toEqual([200, object.content]);
    expect(headers["content-type"]).toBe("application/octet-stream");
    expect(headers["content-disposition"]).toBe("attachment; filename*=UTF-8''%22evil%22%20%E2%98%95.html");
    expect((await ask("GET", `/object?${new URLSearchParams({ bucket: "none", key: "a" })}`)).status).toBe(404);
  });

  test("takes another port where its own is taken", async () => {
    const other = await LocalPage.start(cloud, Number(new URL(local.url).port));
    expect(other.url).not.toBe(local.url);
    await other.stop();
  });

  test("turns away more pages than it tells of news, and has room again when one goes", async () => {
    const clients = Array.from({ length: 12 }, () => http.get(new URL("/events", local.url)));
    await Promise.all(clients.map((client) => new Promise((resolve) => client.once("response", resolve))));
    expect((await ask("GET", "/events")).status).toBe(503);
    for (const client of clients) client.on("error", () => undefined).destroy();
  });
});

test("the page's files are at most 100 kB together, and name no other address", () => {
  const folder = "local/page/client";
  const files = fs.readdirSync(folder).map((file) => fs.readFileSync(path.join(folder, file), "utf8"));
  expect(files.reduce((sum, file) => sum + Buffer.byteLength(file), 0)).toBeLessThan(100_000);
  const addresses = files.flatMap((file) => file.match(/https?:\/\/[^\s"']+/g) ?? []);
  expect(new Set(addresses)).toEqual(new Set(["http://www.w3.org/2000/svg"]));
});

testInBrowser("draws every node and edge of each stack, and loads nothing from elsewhere", async (page) => {
  const hosts = new Set<string>();
  const problems: string[] = [];
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await open(page);
  const drawn: Record<string, readonly number[]> = {};
  for (const { name } of cloud.stacks) {
    await page.click(`[data-stack="${name}"]`);
    drawn[name] = [(await page.$$("#picture .node")).length, (await page.$$("#picture .edge")).length];
  }
  expect(drawn).toEqual({ "orders-dev": [9, 8], "storage-dev": [7, 9] });
  expect([...hosts]).toEqual([new URL(local.url).host]);
  expect(problems).toEqual([]);
});

testInBrowser("sends an order, follows it to the mail, and counts it on every edge of its way", async (page) => {
  await open(page);
  await page.click("#send button");
  await untilText(page, "#steps", "mail to ops@example.com");
  expect(await textOf(page, "#answer")).toBe("POST /orders gave 202");
  const steps = await textsOf(page, "#steps strong");
  expect(steps).toEqual(
    expect.arrayContaining(["in dev-POC-Queue", "dev-write-order", "INSERT in dev-orders", "dev-notify-order"]),
  );
  await page.waitForFunction("document.querySelectorAll('#picture .edge.used').length === 6");
  const counted = await textsOf(page, "#edges tbody tr td:nth-child(4)");
  expect([...counted].sort()).toEqual(["0", "0", "1", "1", "1", "1", "1", "1"]);
  await page.waitForSelector(".node.mail .badge ::-p-text(1 mail)");
});

testInBrowser("follows an order that keeps failing into the dead-letter queue, and says there why", async (page) => {
  await local.stop();
  await cloud.stop();
  const clock = new SkippingClock();
  cloud = await Cloud.start(folders, { variables, clock });
  local = await LocalPage.start(cloud, 0);
  await order({ orderID: "taken", n: 1 });
  await until(() => cloud.sns.outbox.length === 1, "the mail");
  await open(page);
  await page.click('[name="fresh"]');
  await page.$eval('[name="body"]', (field) => {
    (field as unknown as { value: string }).value = '{"orderID":"taken","n":2}';
  });
  await page.click("#send button");
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await page.waitForFunction(`document.querySelectorAll("#steps .failed").length === ${attempt}`);
    clock.skip(61_000);
  }
  await untilText(page, "#steps .failed", "dev-POC-Queue → dev-POC-Queue-DLQ");
  expect(await textsOf(page, "#steps .failed strong")).toEqual([
    ...Array<string>(5).fill("dev-write-order"),
    "dev-POC-Queue → dev-POC-Queue-DLQ",
  ]);
  await page.$eval(".node.queue[href$=DLQ]", (node) => (node as unknown as { focus(): void }).focus());
  await page.keyboard.press("Enter");
  await untilText(page, "#rows", "given up by dev-POC-Queue");
  expect(await textOf(page, "#rows .bad")).toMatch(/^dev-write-order: .+ \(request [\w-]+\) Its log$/);
  await page.waitForSelector(".edge.failures.used .count ::-p-text(1)");
  // The function reports a whole batch; its log has the reason, by the message's id.
  await page.click("#rows .bad a");
  await untilText(page, "#rows", "Order not stored: orderID is taken by a different order: taken");
  expect(await page.$$("#rows tbody tr")).toHaveLength(5);
});

testInBrowser("counts what comes from elsewhere, while it comes", async (page) => {
  await open(page);
  for (const orderID of ["1", "2", "3"]) expect((await order({ orderID })).status).toBe(202);
  expect((await order({})).status).toBe(400);
  await page.waitForSelector(".node.api .badge ::-p-text(3 requests)");
  await page.waitForSelector(".node.api .badge .bad ::-p-text(1 refused)");
  await page.waitForSelector(".node.mail .badge ::-p-text(3 mails)");
  await page.waitForSelector(".edge.refusing .refused ::-p-text(1)");
});

testInBrowser(
  "shows what stands in messages, items, mails, logs and keys as text, and runs nothing of it",
  async (page) => {
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await order({ orderID: evil, note: evil });
    await until(() => cloud.sns.outbox.length > 0, "the mail");
    const object = { key: evil, content: evil, contentType: evil.replaceAll(/[^\w/]/g, "") };
    await signedRequest(cloud, {
      method: "POST",
      url: `${output("storage_url")}/objects`,
      body: JSON.stringify(object),
    });
    await open(page);
    for (const [panel, text] of [
      ["tables", evil],
      ["outbox", "New order <img"],
      ["logs", "onerror"],
    ] as const) {
      await page.click(`#tab-${panel}`);
      await page.waitForFunction(
        `document.querySelector("#rows").textContent.includes(${JSON.stringify(text.replaceAll('"', '\\"').slice(0, 10))})`,
      );
      await page.evaluate(`for (const one of document.querySelectorAll("#rows details")) one.open = true`);
    }
    await page.click('[data-stack="storage-dev"]');
    await page.click("#tab-buckets");
    await page.waitForFunction(`document.querySelector("#rows").textContent.includes("<img")`);
    expect(await page.$$("#rows img, #rows script, #steps img")).toEqual([]);
    expect(await page.title()).toBe("Local run");
  },
);

testInBrowser("lists what was denied with what would allow it, and says where there is nothing", async (page) => {
  await open(page);
  await page.click("#tab-denials");
  await untilText(page, "#empty", "Nothing was denied.");
  await cloud.sqs
    .call(cloud.iam.operator().caller, "SendMessage", { QueueUrl: output("queue_url"), MessageBody: "{}" })
    .catch(() => undefined);
  await untilText(page, "#rows", "sqs:SendMessage");
  expect(await textOf(page, "#rows tbody")).toContain("local-operator");
});

testInBrowser("shows pages of a hundred, and what contains a text", async (page) => {
  const sender = cloud.stacks.flatMap(({ resources }) => resources).find(({ name }) => name === "NotifyOrder_Role");
  const { caller } = cloud.iam.assume(String(sender?.attributes.arn), "lambda.amazonaws.com");
  const failed = `https://sqs.eu-west-1.amazonaws.com/123456789012/dev-order-notifications-failed`;
  for (let at = 0; at < 120; at += 1)
    await cloud.sqs.call(caller, "SendMessage", { QueueUrl: failed, MessageBody: `failure ${at}` });
  await open(page, "#queues/dev-order-notifications-failed");
  await untilText(page, "#shown", "100 of 120");
  expect(await page.$$("#rows tbody tr")).toHaveLength(100);
  await page.click("#more");
  await page.waitForFunction("document.querySelectorAll('#rows tbody tr').length === 120");
  await page.type('[name="filter"]', "FAILURE 11");
  await page.waitForFunction("document.querySelectorAll('#rows tbody tr').length === 11");
  expect(await page.$eval("#more", (more) => (more as unknown as { hidden: boolean }).hidden)).toBe(true);
});

testInBrowser("comes back by itself when the run starts again, and shows what that has", async (page) => {
  await open(page);
  await order({ orderID: "1" });
  await page.waitForSelector(".node.mail .badge ::-p-text(1 mail)");
  const port = Number(new URL(local.url).port);
  await local.stop();
  await page.waitForSelector('#connection[data-state="lost"]');
  await page.click("#send button");
  await untilText(page, "#answer", "the run cannot be reached");
  local = await LocalPage.start(cloud, port);
  await untilLive(page);
  await page.waitForFunction("document.querySelectorAll('#picture .edge.used').length === 0");
  await order({ orderID: "2" });
  await page.waitForSelector(".node.mail .badge ::-p-text(1 mail)");
});

testInBrowser("draws anew what has changed", async (page) => {
  await open(page);
  await order({ orderID: "1" });
  await page.waitForSelector(".node.mail .badge ::-p-text(1 mail)");
  cloud.reload(folders.slice(0, 1), variables);
  local.changed();
  await page.waitForFunction("document.querySelectorAll('#stacks button').length === 1");
  // What was counted stays counted.
  await page.waitForSelector(".node.mail .badge ::-p-text(1 mail)");
});

testInBrowser("can be used by keyboard, and tells assistive technology what there is", async (page) => {
  await open(page);
  await page.focus('[name="body"]');
  await page.keyboard.down("Control");
  await page.keyboard.press("Enter");
  await page.keyboard.up("Control");
  await untilText(page, "#steps", "mail to");
  await page.focus("#tab-queues");
  await page.keyboard.press("ArrowRight");
  await untilText(page, "#rows", "order-");
  expect(await page.$eval(":focus", ({ id }) => id)).toBe("tab-tables");
  await page.$eval("a.node.queue", (node) => (node as unknown as { focus(): void }).focus());
  await page.keyboard.press("Enter");
  await page.waitForSelector('#tab-queues[aria-selected="true"]');
  const tree = JSON.stringify(await page.accessibility.snapshot());
  for (const name of ["Live", "Send and follow", "Route", "Body", "SQS queue dev-POC-Queue", "Denials", "Containing"])
    expect(tree).toContain(name);
});
