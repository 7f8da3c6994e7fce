import { S3Server } from "../../support/s3-server";

const origin = "https://app.example.com";
let server: S3Server;
beforeEach(async () => {
  server = await S3Server.start();
  server.s3.createBucket({ bucket: "shared" });
  server.s3.createBucket({ bucket: "closed" });
  server.s3.setCors({
    bucket: "shared",
    cors_rule: [
      {
        allowed_origins: [origin, "http://*.example.org"],
        allowed_methods: ["PUT", "POST"],
        allowed_headers: ["content-type", "x-amz-meta-*"],
        expose_headers: ["ETag", "x-amz-version-id"],
        max_age_seconds: 300,
      },
      { allowed_origins: ["*"], allowed_methods: ["GET"] },
    ],
  });
});
afterEach(() => server.stop());

const preflight = (headers: Record<string, string>, path = "/shared/key") =>
  server.request(path, { method: "OPTIONS", headers });
const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

describe("a preflight", () => {
  test("is answered by the first rule that fits", async () => {
    const headers = "Content-Type, X-Amz-Meta-A";
    const answer = await preflight({
      origin,
      "access-control-request-method": "PUT",
      "access-control-request-headers": headers,
    });
    expect(answer).toMatchObject({
      status: 200,
      text: "",
      headers: {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "PUT, POST",
        "access-control-allow-headers": "content-type, x-amz-meta-a",
        "access-control-expose-headers": "ETag, x-amz-version-id",
        "access-control-max-age": "300",
        "access-control-allow-credentials": "true",
        vary,
      },
    });
  });

  test("from anywhere gets *, without credentials", async () => {
    const { status, headers } = await preflight({
      origin: "https://b.example",
      "access-control-request-method": "GET",
    });
    expect(status).toBe(200);
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
    expect(headers).not.toHaveProperty("access-control-max-age");
  });

  test.each<[string, Record<string, string>]>([
    ["another origin", { origin: "https://evil.example" }],
    ["another scheme", { origin: "http://app.example.com" }],
    ["the wildcard's fixed part alone", { origin: "http:/.example.org" }],
    ["another method", { "access-control-request-method": "DELETE" }],
    ["another header", { "access-control-request-headers": "content-type,x-other" }],
  ])("is refused for %s", async (_, changes) => {
    const answer = await preflight({ origin, "access-control-request-method": "PUT", ...changes });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(
      "<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.",
    );
    expect(answer.text).toContain("<ResourceType>OBJECT</ResourceType>");
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("matches one wildcard in an origin", async () => {
    const asked = { origin: "http://a.b.example.org", "access-control-request-method": "PUT" };
    expect((await preflight(asked)).headers["access-control-allow-origin"]).toBe("http://a.b.example.org");
  });

  test.each<[string, Record<string, string>, number, string]>([
    ["/closed", { origin, "access-control-request-method": "PUT" }, 403, "CORS is not enabled for this bucket."],
    ["/nowhere", { origin, "access-control-request-method": "PUT" }, 403, "CORSResponse: Bucket not found"],
    ["/shared", { "access-control-request-method": "PUT" }, 400, "Origin request header needed."],
    ["/shared", { origin }, 400, "Invalid Access-Control-Request-Method: null"],
    [
      "/shared",
      { origin, "access-control-request-method": "PATCH" },
      400,
      "Invalid Access-Control-Request-Method: PATCH",
    ],
  ])("of %s with %j is refused", async (path, headers, status, text) => {
    expect(await preflight(headers, path)).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});

describe("an answer", () => {
  test("may be read by a page whose origin a rule allows", async () => {
    const put = await server.request("/shared/key", { method: "PUT", body: "x", headers: { origin } });
    expect(put).toMatchObject({
      status: 200,
      headers: {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "ETag, x-amz-version-id",
        vary,
      },
    });
    const get = await server.request("/shared/key", { headers: { origin } });
    expect(get.headers["access-control-allow-origin"]).toBe("*");
  });

  test("may be read likewise where it is a refusal", async () => {
    const missing = await server.request("/shared/missing", { headers: { origin } });
    expect(missing).toMatchObject({ status: 404, headers: { "access-control-allow-origin": "*" } });
    const form = await server.request("/shared", { method: "POST", headers: { origin, "content-type": "text/plain" } });
    expect(form).toMatchObject({ status: 412, headers: { "access-control-allow-origin": origin } });
  });

  test.each<[string, Record<string, string>]>([
    ["without an origin", {}],
    ["with one that no rule allows", { origin: "https://evil.example" }],
  ])("to a request %s says nothing of origins", async (_, headers) => {
    const { status, headers: answered } = await server.request("/shared/key", { method: "PUT", body: "x", headers });
    expect(status).toBe(200);
    expect(answered).not.toHaveProperty("access-control-allow-origin");
    expect(answered).not.toHaveProperty("vary");
  });
});
