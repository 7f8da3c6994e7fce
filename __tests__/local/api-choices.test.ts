import type { Cloud } from "../../local/cloud";
import { type Answer, type ApiRequest, signedRequest } from "../../local/walks/signed-request";
import type { ApiChoices } from "../../settings/api";
import type { Settings } from "../../settings/schema";
import { SkippingClock } from "../support/local";
import { LocalStack } from "../support/local-stack";
import { environmentOf, systemFolder } from "../support/synth";

const { orders, storage, presignedUrl } = environmentOf("dev").settings;

type System = "orders" | "storage" | "presigned-url";

/** Runs a system whose API settings choose as given. */
async function start(system: System, api: ApiChoices, clock = new SkippingClock()): Promise<Running> {
  const changes: Record<System, Partial<Settings>> = {
    orders: { orders: { ...orders, api } },
    storage: { storage: { ...storage, api } },
    "presigned-url": { presignedUrl: { ...presignedUrl, api } },
  };
  const stack = new LocalStack(systemFolder(system, "dev", changes[system]));
  stacks.push(stack);
  const accessLog: string[] = [];
  const log = (source: string, line: string) => {
    if (/^\/aws\/apigateway\/.*\/dev$/.test(source)) accessLog.push(line);
  };
  return { cloud: await stack.start(undefined, { clock, log }), clock, accessLog };
}

interface Running {
  readonly cloud: Cloud;
  readonly clock: SkippingClock;
  readonly accessLog: readonly string[];
}

const stacks: LocalStack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stopAll();
});

const output = ({ cloud }: Running, name: string): string => String(cloud.stacks[0]?.outputs[name]?.value);

const signedOrNot = (
  running: Running,
  headers: Readonly<Record<string, string>> = {},
  isSigned = true,
): Promise<Answer> =>
  send(running, { method: "POST", url: output(running, "orders_url"), body: '{"orderID":"1"}', headers }, isSigned);

const askUrl = (running: Running, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send(
    running,
    { method: "GET", url: `${output(running, "presigned_url_url")}?operation=upload&fileKey=k`, headers },
    false,
  );

async function send({ cloud }: Running, request: ApiRequest, isSigned = true): Promise<Answer> {
  if (isSigned) return signedRequest(cloud, request);
  const { method, url, body, headers } = request;
  const response = await fetch(url, { method, body, headers: { "content-type": "application/json", ...headers } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, body: bytes.toString() };
}

const order = signedOrNot;

/** A token for a user of the stack's own pool: an access token, where scopes are asked for. */
const token = (running: Running, isAccess: boolean): Promise<string> =>
  running.cloud.cognito.tokenFor({
    userPoolId: output(running, "user_pool_id"),
    clientId: output(running, "user_pool_client_id"),
    username: "ann",
    scopes: isAccess ? ["aws.cognito.signin.user.admin"] : undefined,
  });

describe("orders with usage plans", () => {
  const plans: ApiChoices = {
    usagePlans: {
      small: { throttle: { rateLimit: 1, burstLimit: 2 }, quota: { limit: 3, period: "DAY" }, keys: ["acme"] },
      large: { keys: ["globex"] },
    },
  };

  test("take a request with a key, signed, and none without", async () => {
    const running = await start("orders", plans);
    const key = { "x-api-key": output(running, "api_key_small_acme") };
    expect((await order(running, key)).status).toBe(202);
    expect((await order(running)).status).toBe(403);
    expect((await order(running, { "x-api-key": "nobody's-key-of-twenty" })).status).toBe(403);
    expect((await order(running, key, false)).status).toBe(403);
  });

  // Unsigned, since a signature of now is none for a clock that has leapt.
  test("bound each key by its plan: bursts, and the quota of the day", async () => {
    const running = await start("orders", { ...plans, authorization: { type: "NONE" } });
    const order = (of: Running, headers: Record<string, string>) => signedOrNot(of, headers, false);
    const small = { "x-api-key": output(running, "api_key_small_acme") };
    const large = { "x-api-key": output(running, "api_key_large_globex") };
    expect([(await order(running, small)).status, (await order(running, small)).status]).toEqual([202, 202]);
    const throttled = await order(running, small);
    expect([throttled.status, throttled.headers.get("retry-after"), JSON.parse(throttled.body).detail]).toEqual([
      429,
      "1",
      "Too many requests at once. Slow down, and try again in a second.",
    ]);
    expect((await order(running, large)).status).toBe(202);
    running.clock.skip(2_000);
    expect((await order(running, small)).status).toBe(202);
    running.clock.skip(2_000);
    const spent = await order(running, small);
    expect([spent.status, JSON.parse(spent.body).message]).toEqual([429, "Limit Exceeded"]);
    running.clock.skip(24 * 3_600_000);
    expect((await order(running, small)).status).toBe(202);
  });
});

describe("storage with a resource policy", () => {
  const from = (sourceIp: string) => ({ "x-local-source-ip": sourceIp });
  const list = (running: Running, headers: Readonly<Record<string, string>>, isSigned = true) =>
    send(running, { method: "GET", url: `${output(running, "storage_url")}/objects`, headers }, isSigned);

  test("lets in who comes from its addresses and may invoke the API, and nobody else", async () => {
    const running = await start("storage", { policy: { allow: [{ sourceIps: ["203.0.113.0/24"] }] } });
    expect((await list(running, from("203.0.113.9"))).status).toBe(200);
    const refused = await list(running, from("192.0.2.1"));
    expect([refused.status, JSON.parse(refused.body).message]).toEqual([403, expect.stringContaining("explicit deny")]);
    expect((await list(running, from("203.0.113.9"), false)).status).toBe(403);
  });

  test("through a VPC endpoint alone", async () => {
    const running = await start("storage", { privateEndpoint: { vpcEndpointIds: ["vpce-0123456789abcdef0"] } });
    expect((await list(running, { "x-local-vpc-endpoint": "vpce-0123456789abcdef0" })).status).toBe(200);
    expect((await list(running, { "x-local-vpc-endpoint": "vpce-0fedcba9876543210" })).status).toBe(403);
    expect((await list(running, {})).status).toBe(403);
  });

  test("and answers that are kept for a while, for each key its own", async () => {
    const running = await start("storage", { cache: { sizeGb: "0.5", ttlSeconds: { "GET /objects/{key+}": 60 } } });
    const url = (path: string) => `${output(running, "storage_url")}${path}`;
    const write = (key: string, content: string) =>
      send(running, { method: "POST", url: url("/objects"), body: JSON.stringify({ key, content }) });
    const read = async (key: string) => (await send(running, { method: "GET", url: url(`/objects/${key}`) })).body;
    await write("a", "1");
    await write("b", "2");
    expect([await read("a"), await read("b")]).toEqual(["1", "2"]);
    await write("a", "3");
    expect(await read("a")).toBe("1");
    running.clock.skip(61_000);
    expect(await read("a")).toBe("3");
  });
});

describe("presigned URLs for users of the stack's own pool", () => {
  test("by their identity token, verified by API Gateway", async () => {
    const running = await start("presigned-url", { authorization: { type: "COGNITO_USER_POOLS" } });
    expect((await askUrl(running, { authorization: await token(running, false) })).status).toBe(200);
    const refused = await askUrl(running, { authorization: "nonsense" });
    expect([refused.status, JSON.parse(refused.body).detail]).toEqual([
      401,
      "The token is missing, has expired or is not one of this API's.",
    ]);
    expect((await askUrl(running)).status).toBe(401);
  });

  test("by their access token, verified by a function, whose decision is kept", async () => {
    const running = await start("presigned-url", { authorization: { type: "TOKEN", ttlSeconds: 60 } });
    const headers = { authorization: `Bearer ${await token(running, true)}` };
    expect((await askUrl(running, headers)).status).toBe(200);
    expect((await askUrl(running, headers)).status).toBe(200);
    const invocations = () =>
      running.cloud.lambda.logsOf("dev-presigned-url-authorize-token").filter((line) => line.includes("platform.start"))
        .length;
    expect(invocations()).toBe(1);
    running.clock.skip(61_000);
    expect((await askUrl(running, headers)).status).toBe(200);
    expect(invocations()).toBe(2);
    expect((await askUrl(running, { authorization: `Bearer ${await token(running, false)}` })).status).toBe(401);
    expect((await askUrl(running)).status).toBe(401);
    expect(running.cloud.iam.denials()).toEqual([]);
  });

  test("by a function that looks at the request, too: the tenant must be the token's", async () => {
    const running = await start("presigned-url", {
      authorization: {
        type: "REQUEST",
        tokenSource: "method.request.header.X-Token",
        claimSources: { username: "method.request.header.X-User" },
      },
    });
    const shown = { "x-token": `Bearer ${await token(running, true)}` };
    expect((await askUrl(running, { ...shown, "x-user": "ann" })).status).toBe(200);
    expect((await askUrl(running, { ...shown, "x-user": "bob" })).status).toBe(403);
    expect((await askUrl(running, shown)).status).toBe(401);
  });
});

describe.each<ApiChoices["definition"]>(["resources", "openapi"])("written down as %s", (definition) => {
  test("orders are taken and refused alike", async () => {
    const running = await start("orders", { definition, usagePlans: { plan: { keys: ["acme"] } } });
    const key = { "x-api-key": output(running, "api_key_plan_acme") };
    expect((await order(running, key)).status).toBe(202);
    expect((await order(running)).status).toBe(403);
    const url = output(running, "orders_url");
    const wrong = await signedRequest(running.cloud, { method: "POST", url, body: "{}", headers: key });
    expect([wrong.status, JSON.parse(wrong.body)]).toMatchObject([
      400,
      { title: "Invalid request body", reason: expect.stringContaining("orderID") },
    ]);
  });

  test("objects and URLs are read and written alike", async () => {
    const running = await start("storage", { definition });
    const url = `${output(running, "storage_url")}/objects`;
    const body = JSON.stringify({
      key: "a/b",
      content: Buffer.from([0, 255, 128]).toString("base64"),
      encoding: "base64",
    });
    expect((await signedRequest(running.cloud, { method: "POST", url, body })).status).toBe(201);
    const read = await signedRequest(running.cloud, { method: "GET", url: `${url}/a%2Fb` });
    expect([...read.bytes]).toEqual([0, 255, 128]);
    const urls = await start("presigned-url", { definition, allowOrigins: ["https://a.example", "https://b.example"] });
    const preflight = await fetch(output(urls, "presigned_url_url"), {
      method: "OPTIONS",
      headers: { origin: "https://b.example", "access-control-request-method": "GET" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://b.example",
    ]);
  });
});

test("a canary gets its share of requests, with its variables", async () => {
  const running = await start("orders", {
    variables: { color: "blue" },
    release: { stable: "v1", canary: { version: "v2", percentTraffic: 50, variables: { color: "green" } } },
  });
  for (let at = 0; at < 40; at += 1) await order(running);
  expect(running.accessLog.length).toBe(40);
  const canary = running.accessLog.filter((line) => JSON.parse(line).isCanary === "true").length;
  expect(canary).toBeGreaterThan(5);
  expect(canary).toBeLessThan(35);
});
