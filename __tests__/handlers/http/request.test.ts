import * as fc from "fast-check";
import { readRequest } from "../../../handlers/http/request";
import { keyOf } from "../../../handlers/storage/object-key";
import { apiAround, functionRoute, serveApi } from "../../support/apis-v2";
import { proxyEvent } from "../../support/proxy-event";

type Served = Awaited<ReturnType<typeof serveApi>>;

const running = new Set<Served>();
afterEach(async () => {
  await Promise.all([...running].map((served) => served.stop()));
  running.clear();
});

/** The event that an HTTP API hands over of a request. */
async function httpEvent(
  { stageName, version }: { readonly stageName: string; readonly version: string },
  { path, ...init }: RequestInit & { readonly path: string },
): Promise<unknown> {
  const integration = { payload_format_version: version };
  const served = await serveApi(
    apiAround(
      [...functionRoute("ANY /objects/{key+}", { integration }), ...functionRoute("$default", { integration })],
      {
        api: { name: "storage", protocol_type: "HTTP" },
        stage: { name: stageName, auto_deploy: true, deployment_id: undefined },
      },
    ),
  );
  running.add(served);
  const prefix = stageName === "$default" ? "" : `/${stageName}`;
  expect((await fetch(`${served.url}${prefix}${path}`, init)).status).toBe(200);
  return served.invoked.at(-1)?.event;
}

const kinds = ["1.0", "2.0"].flatMap((version) => ["$default", "dev"].map((stageName) => ({ version, stageName })));

describe.each(kinds)("an event of an HTTP API, %j,", (kind) => {
  const prefix = kind.stageName === "$default" ? "" : `/${kind.stageName}`;

  test("says the same as a REST API's", async () => {
    const headers = { "content-type": "application/json", "If-Match": '"a", "b"' };
    const event = await httpEvent(kind, {
      path: "/objects?x=1&x=a,b&y=%20+",
      method: "POST",
      headers,
      body: '{"a":"é"}',
    });
    const { query, path, pathFromHost, headers: got, id, text } = readRequest(event, {});
    expect([...query]).toEqual([
      ["x", ["1", "a,b"]],
      ["y", ["  "]],
    ]);
    expect([path, pathFromHost]).toEqual(["/objects", `${prefix}/objects`]);
    expect(got.get("if-match")).toBe('"a", "b"');
    expect(text()).toBe('{"a":"é"}');
    expect(id).toMatch(/^[\w-]{10,}=?$/);
  });

  test.each([
    ["plain", "/objects/a.txt", "a.txt"],
    ["of folders", "/objects/a/b%20c", "a/b c"],
    ["that is encoded as a whole", "/objects/a%2Fb", "a/b"],
    ["in other letters", "/objects/%E6%95%B0", "数"],
    ["with a plus", "/objects/a+b", "a+b"],
    ["with a percent sign, which is decoded twice", "/objects/100%2525", "100%"],
  ])("names a key %s", async (_, path, key) => {
    expect(keyOf(readRequest(await httpEvent(kind, { path }), {}))).toBe(key);
  });

  test("holds a body that is no text", async () => {
    const body = new Uint8Array([0x68, 0xc3, 0xa9]);
    const headers = { "content-type": "application/octet-stream" };
    expect(readRequest(await httpEvent(kind, { path: "/objects", method: "POST", headers, body }), {}).text()).toBe(
      "hé",
    );
  });
});

test("the event of a REST API is read as it is", () => {
  const event = proxyEvent({ target: "/objects/a%2Fb?x=1&x=2", headers: { "If-Match": "e" } });
  const { path, pathFromHost, query, headers } = readRequest(event, {});
  expect([path, pathFromHost]).toEqual(["/objects/a%2Fb", "/dev/objects/a%2Fb"]);
  expect([query.get("x"), headers.get("if-match")]).toEqual([["1", "2"], "e"]);
});

test("no event makes the reading fail", () => {
  const odd = fc.record(
    {
      version: fc.constantFrom("1.0", "2.0", "3.0", 1, null),
      rawPath: fc.oneof(fc.string({ unit: "binary" }), fc.anything()),
      path: fc.anything(),
      rawQueryString: fc.oneof(fc.string({ unit: "binary" }), fc.anything()),
      headers: fc.anything(),
      pathParameters: fc.anything(),
      requestContext: fc.anything(),
      body: fc.anything(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(odd, (event) => {
      expect(typeof readRequest(event, {}).path).toBe("string");
    }),
  );
});
