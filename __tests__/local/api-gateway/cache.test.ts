import { AwsError } from "../../../local/aws";
import type { Resource } from "../../../terraform/config";
import { openAccess } from "../../support/local";
import { changed, gatewayOf, proxyApi, resource } from "../../support/rest-api";

const settings = (method_path: string, given: object) =>
  resource("method_settings", method_path, { stage_name: "dev", method_path, settings: given });

/** An API on a stage with a cache, whose function numbers its answers. */
function cached(
  resources: readonly Resource[],
  options: Parameters<typeof gatewayOf>[1] & { readonly status?: number; readonly body?: (n: number) => string } = {},
) {
  let answers = 0;
  const { status = 200, body = String, ...given } = options;
  const gateway = gatewayOf(changed(resources, "stage", { cache_cluster_enabled: true }), {
    result: async () => {
      answers += 1;
      return { payload: { statusCode: status, headers: { "X-Number": String(answers) }, body: body(answers) } };
    },
    ...given,
  });
  const bodies = async (...calls: readonly (string | readonly [string, Record<string, string>])[]) => {
    const got: string[] = [];
    for (const one of calls) {
      const [route, headers] = typeof one === "string" ? [one, {}] : one;
      got.push((await gateway.call(route, "", headers)).body);
    }
    return got;
  };
  return { ...gateway, bodies };
}

const files = proxyApi(["GET /files", "POST /files", "GET /files/{id}"]);
const keyedById = changed(
  changed(files, "method", {
    request_parameters: {
      "method.request.path.id": true,
      "method.request.querystring.v": false,
      "method.request.header.X-Tenant": false,
    },
  }),
  "integration",
  {
    cache_key_parameters: ["method.request.path.id", "method.request.querystring.v", "method.request.header.X-Tenant"],
  },
);

describe("answers are kept", () => {
  test("for 300 seconds, with status and headers", async () => {
    const { call, bodies, clock, invoked } = cached(files);
    expect(await bodies("GET /dev/files", "GET /dev/files")).toEqual(["1", "1"]);
    clock.advance(299_999);
    expect(await call("GET /dev/files")).toMatchObject({ status: 200, body: "1", headers: { "X-Number": "1" } });
    clock.advance(1);
    expect(await bodies("GET /dev/files", "GET /dev/files")).toEqual(["2", "2"]);
    expect(invoked).toHaveLength(2);
  });

  test("for as long as all methods' settings say, or the method's own", async () => {
    const { bodies, clock } = cached([
      ...files,
      settings("*/*", { cache_ttl_in_seconds: 10 }),
      settings("files/{id}/GET", { caching_enabled: true, cache_ttl_in_seconds: 20 }),
    ]);
    expect(await bodies("GET /dev/files", "GET /dev/files/a")).toEqual(["1", "2"]);
    clock.advance(10_000);
    expect(await bodies("GET /dev/files", "GET /dev/files/a")).toEqual(["3", "2"]);
    clock.advance(10_000);
    expect(await bodies("GET /dev/files/a")).toEqual(["4"]);
  });

  test("of GET methods alone, but for those whose own settings say so", async () => {
    const post = ["POST /dev/files", "POST /dev/files"] as const;
    expect(await cached(files).bodies(...post)).toEqual(["1", "2"]);
    expect(await cached([...files, settings("*/*", { caching_enabled: true })]).bodies(...post)).toEqual(["1", "2"]);
    expect(await cached([...files, settings("files/POST", { caching_enabled: true })]).bodies(...post)).toEqual([
      "1",
      "1",
    ]);
  });

  test("whatever their status, but no refusal of API Gateway's own", async () => {
    expect(await cached(files, { status: 429 }).bodies("GET /dev/files", "GET /dev/files")).toEqual(["1", "1"]);
    let asked = 0;
    const { call } = cached(files, {
      result: async () => {
        asked += 1;
        return { payload: asked === 1 ? "no answer" : { statusCode: 200 } };
      },
    });
    expect((await call("GET /dev/files")).status).toBe(502);
    expect((await call("GET /dev/files")).status).toBe(200);
  });

  test.each([
    [1_048_576, 1],
    [1_048_577, 2],
  ])("of %i bytes, asking %i times", async (bytes, times) => {
    const { call, invoked } = cached(files, { body: () => "x".repeat(bytes) });
    await call("GET /dev/files");
    await call("GET /dev/files");
    expect(invoked).toHaveLength(times);
  });

  test("for everybody: who calls is no part of the key", async () => {
    const { bodies } = cached(changed(files, "method", { authorization: "AWS_IAM" }));
    expect(
      await bodies(
        ["GET /dev/files", { authorization: "of one" }],
        ["GET /dev/files", { authorization: "of another" }],
      ),
    ).toEqual(["1", "1"]);
  });
});

describe("answers are not kept", () => {
  test("without a cache", async () => {
    const { call, invoked } = gatewayOf([...files, settings("*/*", { caching_enabled: true })]);
    await call("GET /dev/files");
    await call("GET /dev/files");
    expect(invoked).toHaveLength(2);
  });

  test.each<[string, readonly Resource[]]>([
    ["for no second", [settings("*/*", { caching_enabled: true, cache_ttl_in_seconds: 0 })]],
    ["where no method's are", [settings("*/*", { caching_enabled: false })]],
    [
      "where this method's are not",
      [settings("*/*", { caching_enabled: true }), settings("files/GET", { caching_enabled: false })],
    ],
  ])("%s", async (_, given) => {
    expect(await cached([...files, ...given]).bodies("GET /dev/files", "GET /dev/files")).toEqual(["1", "2"]);
  });

  test("of another stage", async () => {
    const { bodies } = cached([
      ...files,
      resource("stage", "Prod", { stage_name: "prod", deployment_id: "deployment" }),
    ]);
    expect(await bodies("GET /dev/files", "GET /prod/files", "GET /dev/files")).toEqual(["1", "2", "1"]);
  });
});

describe("a key", () => {
  test("without parameters tells nothing apart but methods and paths of resources", async () => {
    const { bodies } = cached(files);
    expect(await bodies("GET /dev/files/a", "GET /dev/files/b?v=2", "GET /dev/files")).toEqual(["1", "1", "2"]);
  });

  test("tells apart what its parameters say, and no more", async () => {
    const { bodies } = cached(keyedById);
    const tenant = (name: string) => ["GET /dev/files/a", { "x-tenant": name }] as const;
    expect(
      await bodies(
        ...["GET /dev/files/a", "GET /dev/files/b", "GET /dev/files/a?v=1", "GET /dev/files/a?v=1&v=2"],
        ...[tenant("x"), tenant("y"), tenant("x"), "GET /dev/files/a?other=1", "GET /dev/files/b"],
      ),
    ).toEqual(["1", "2", "3", "4", "5", "6", "5", "1", "2"]);
  });

  test("has a namespace that methods may share", async () => {
    const { bodies } = cached(changed(files, "integration", { cache_namespace: "shared" }));
    expect(await bodies("GET /dev/files", "GET /dev/files/a")).toEqual(["1", "1"]);
  });
});

describe("Cache-Control: max-age=0", () => {
  const fresh = { "cache-control": "no-transform, max-age=0" };
  const WARNING = "199 Cache-control headers were ignored because the caller was unauthorized.";
  const signed = changed(files, "method", { authorization: "AWS_IAM" });

  test("of who may have answers replaced gets a new one, which is kept", async () => {
    const { bodies, asked } = cached(signed);
    expect(await bodies("GET /dev/files", ["GET /dev/files", fresh], "GET /dev/files")).toEqual(["1", "2", "2"]);
    expect(asked.map(({ action }) => action)).toEqual([
      ...["execute-api:Invoke", "execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:Invoke"],
    ]);
    expect(asked[2]?.resource).toBe("arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/files");
  });

  test("of anybody, where no authorization is asked for", async () => {
    const { bodies, asked } = cached([...files, settings("*/*", { require_authorization_for_cache_control: false })]);
    expect(await bodies("GET /dev/files", ["GET /dev/files", fresh])).toEqual(["1", "2"]);
    expect(asked).toEqual([]);
  });

  test.each(["no-cache", "max-age=00", "max-age=1", "s-max-age=0"])("is not %s", async (value) => {
    const { bodies } = cached(signed);
    expect(await bodies("GET /dev/files", ["GET /dev/files", { "cache-control": value }])).toEqual(["1", "1"]);
  });

  const access = openAccess(({ action }) => {
    if (action === "execute-api:InvalidateCache") throw new AwsError("AccessDeniedException", "may not", 403);
  });
  describe.each<[string, readonly Resource[], object]>([
    ["of a caller who may not", signed, { access }],
    ["of a caller who did not sign", files, {}],
  ])("%s", (_, resources, options) => {
    test.each([
      ["nothing", {}, { status: 200, body: "1", warning: WARNING }],
      [
        "SUCCEED_WITH_RESPONSE_HEADER",
        { unauthorized_cache_control_header_strategy: "SUCCEED_WITH_RESPONSE_HEADER" },
        { status: 200, body: "1", warning: WARNING },
      ],
      [
        "SUCCEED_WITHOUT_RESPONSE_HEADER",
        { unauthorized_cache_control_header_strategy: "SUCCEED_WITHOUT_RESPONSE_HEADER" },
        { status: 200, body: "1", warning: undefined },
      ],
      [
        "FAIL_WITH_403",
        { unauthorized_cache_control_header_strategy: "FAIL_WITH_403" },
        { status: 403, body: '{"Message":"Forbidden"}', warning: undefined },
      ],
    ])("with the strategy %s", async (_strategy, given, expected) => {
      const { call } = cached([...resources, settings("*/*", { caching_enabled: true, ...given })], options);
      await call("GET /dev/files");
      const { status, body, headers } = await call("GET /dev/files", "", fresh);
      expect({ status, body, warning: headers.Warning }).toEqual(expected);
      expect((await call("GET /dev/files")).headers.Warning).toBeUndefined();
    });
  });
});

test("a throttle counts what comes from the cache", async () => {
  const { call } = cached([...files, settings("*/*", { throttling_rate_limit: 1, throttling_burst_limit: 2 })]);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await call("GET /dev/files")).status);
  expect(statuses).toEqual([200, 200, 429]);
});
