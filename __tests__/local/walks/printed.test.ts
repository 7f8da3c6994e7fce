import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { Cloud } from "../../../local/cloud";
import { exampleRequestOf } from "../../../local/walks/example-requests";
import { liveOrdersAddress, liveOrdersPage } from "../../../local/walks/live-orders-page";
import { signedRequest } from "../../../local/walks/signed-request";
import { scratchFolder } from "../../support/scratch-folder";
import { systemFolder } from "../../support/synth";

let cloud: Cloud;

beforeAll(async () => {
  cloud = await Cloud.start(
    (["live-orders", "orders", "presigned-url", "storage"] as const).map((system) => systemFolder(system, "dev")),
  );
});

afterAll(() => cloud.stop());

test("example requests are answered with success, in the order of writing, reading and deleting", async () => {
  const routes = cloud.stacks.flatMap(({ apis }) =>
    apis.flatMap(({ url, stages }) =>
      stages.flatMap(({ stageName, routes }) => routes.map((route) => ({ ...route, stageUrl: `${url}/${stageName}` }))),
    ),
  );
  const order = ["POST", "GET", "DELETE"];
  const statuses: string[] = [];
  for (const route of routes.sort((one, other) => order.indexOf(one.httpMethod) - order.indexOf(other.httpMethod))) {
    const { method, path, body } = exampleRequestOf(route);
    const { status } = await signedRequest(cloud, { method, url: `${route.stageUrl}${path}`, body });
    statuses.push(`${method} ${route.path} ${status}`);
  }
  expect(statuses.sort()).toEqual([
    "DELETE /objects/{key+} 204",
    "GET /buckets 200",
    "GET /objects 200",
    "GET /objects/{key+} 200",
    "GET /presigned-url 200",
    "POST /objects 201",
    "POST /orders 202",
  ]);
});

test("the page of live orders opens by an address with which a client connects", async () => {
  const [sentence, page = "", ...rest] = await liveOrdersPage(cloud);
  expect(sentence).toBe("To see orders as they come, open in a browser, within the hour that its token is good for:");
  expect(rest).toEqual([]);
  const { protocol, pathname, hash } = new URL(page);
  expect([protocol, fileURLToPath(`file://${pathname}`)]).toEqual([
    "file:",
    `${process.cwd()}/examples/live-orders/index.html`,
  ]);
  // What the page takes apart: an address, and a token of these characters.
  expect(hash).toMatch(/^#ws:\/\/127\.0\.0\.1:\d+\/[^?]*\/dev\?token=[\w.-]+$/);
  const socket = new WebSocket(hash.slice(1));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  socket.terminate();
});

test("nothing is said of the page where there is none, or no stack, or no token to be had", async () => {
  const folder = process.cwd();
  try {
    process.chdir(scratchFolder());
    expect(await liveOrdersPage(cloud)).toEqual([]);
  } finally {
    process.chdir(folder);
  }
  const without = Object.create(cloud, {
    stacks: { value: cloud.stacks.filter(({ name }) => name !== "live-orders-dev") },
  });
  expect(await liveOrdersPage(without)).toEqual([]);
  const [stack] = cloud.stacks.filter(({ name }) => name === "live-orders-dev");
  const signed = { ...stack, outputs: { live_orders_url: stack?.outputs.live_orders_url } } as NonNullable<
    typeof stack
  >;
  expect(await liveOrdersAddress(cloud, signed, "ann")).toBe(
    "its callers sign, or have tokens of an issuer that is not here",
  );
});
