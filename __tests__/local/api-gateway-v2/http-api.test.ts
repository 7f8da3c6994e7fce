import { AwsError } from "../../../local/aws";
import { ExpiredTokenError } from "../../../local/cognito/jwt";
import { sign } from "../../../local/iam/sigv4";
import type { Resource } from "../../../terraform/config";
import { type ApiOptions, apiAround, functionRoute, invokeArn, part, serveApi } from "../../support/apis-v2";
import { until } from "../../support/until";

type Served = Awaited<ReturnType<typeof serveApi>>;
type Attributes = Readonly<Record<string, unknown>>;

const running = new Set<Served>();
afterEach(async () => {
  await Promise.all([...running].map((served) => served.stop()));
  running.clear();
});

const httpApi = (
  routes: readonly Resource[],
  { api, stage }: { readonly api?: Attributes; readonly stage?: Attributes } = {},
): readonly Resource[] =>
  apiAround(routes, {
    api: { name: "shop", protocol_type: "HTTP", ...api },
    stage: { name: "$default", auto_deploy: true, deployment_id: undefined, ...stage },
  });

/** A route to a function, payload format 2.0. */
const route = (routeKey: string, of: Attributes = {}, integration: Attributes = {}): readonly Resource[] =>
  functionRoute(routeKey, { route: of, integration: { payload_format_version: "2.0", ...integration } });

async function serve(resources: readonly Resource[], options: ApiOptions = {}): Promise<Served> {
  const served = await serveApi(resources, options);
  running.add(served);
  return served;
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function call({ url }: Served, wanted: string, init: RequestInit = {}): Promise<Got> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await fetch(url + path, { method, ...init });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const eventOf = ({ invoked }: Served, at = -1) => invoked.at(at)?.event as Record<string, unknown>;

describe("a route", () => {
  test("gives its function an event of payload format 2.0", async () => {
    const served = await serve(httpApi(route("POST /orders/{id}"), { stage: { stage_variables: { a: "b" } } }));
    const { headers } = await call(served, "POST /orders/a%20b?x=1&x=2&q=a+b", {
      body: '{"a":1}',
      headers: { "X-Own": "1", cookie: "s=1; t=2", "content-type": "application/json" },
    });
    expect(headers.get("apigw-requestid")).toMatch(/^[\w-]{15}=$/);
    expect(served.invoked[0]?.sourceArn).toBe(
      "arn:aws:execute-api:eu-west-1:123456789012:api/$default/POST/orders/{id}",
    );
    expect(eventOf(served)).toEqual({
      version: "2.0",
      routeKey: "POST /orders/{id}",
      rawPath: "/orders/a b",
      rawQueryString: "x=1&x=2&q=a+b",
      cookies: ["s=1", "t=2"],
      headers: expect.objectContaining({ "x-own": "1", "content-length": "7", "x-forwarded-proto": "https" }),
      queryStringParameters: { x: "1,2", q: "a b" },
      requestContext: {
        accountId: "123456789012",
        apiId: "api",
        domainName: "api.execute-api.eu-west-1.amazonaws.com",
        domainPrefix: "api",
        http: {
          method: "POST",
          path: "/orders/a b",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: expect.any(String),
        },
        requestId: headers.get("apigw-requestid"),
        routeKey: "POST /orders/{id}",
        stage: "$default",
        time: "09/Aug/2026:12:34:56 +0000",
        timeEpoch: served.clock.now(),
      },
      pathParameters: { id: "a b" },
      stageVariables: { a: "b" },
      body: '{"a":1}',
      isBase64Encoded: false,
    });
    expect((eventOf(served).headers as Attributes).cookie).toBeUndefined();
  });

  test("gives its function an event of payload format 1.0 where it says so", async () => {
    const served = await serve(httpApi(route("GET /orders", {}, { payload_format_version: "1.0" })));
    await call(served, "GET /orders?x=1&x=2");
    expect(eventOf(served)).toMatchObject({
      version: "1.0",
      resource: "/orders",
      path: "/orders",
      httpMethod: "GET",
      queryStringParameters: { x: "2" },
      multiValueQueryStringParameters: { x: ["1", "2"] },
      pathParameters: null,
      stageVariables: null,
      body: null,
      requestContext: { resourcePath: "/orders", stage: "$default", identity: { sourceIp: "127.0.0.1" } },
    });
  });

  test("gets bytes as base64", async () => {
    const served = await serve(httpApi(route("POST /files")));
    await call(served, "POST /files", { body: Buffer.from([0, 255]), headers: { "content-type": "image/png" } });
    expect(eventOf(served)).toMatchObject({ body: "AP8=", isBase64Encoded: true });
  });

  test.each([
    ["GET /pets/dog/1", "GET /pets/dog/1"],
    ["GET /pets/dog/2", "GET /pets/dog/{id}"],
    ["GET /pets/cat/1", "GET /pets/{proxy+}"],
    ["POST /pets/dog/1", "ANY /{proxy+}"],
    ["POST /test/5", "ANY /{proxy+}"],
    ["GET /", "$default"],
  ])("%s is taken by %s", async (wanted, key) => {
    const keys = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"];
    const served = await serve(httpApi(keys.flatMap((one) => route(one))));
    await call(served, wanted);
    expect(eventOf(served).routeKey).toBe(key);
  });

  test("that is not there is 404, as is a method that the path does not have", async () => {
    const served = await serve(httpApi(route("GET /orders")));
    for (const wanted of ["GET /other", "POST /orders"]) {
      const { status, body } = await call(served, wanted);
      expect([status, body]).toEqual([404, '{"message":"Not Found"}']);
    }
  });

  test.each([
    ["/space%20value", "/space value"],
    ["/question%3Fvalue", "/question"],
    ["/slash%2Fvalue", "/slash/value"],
    ["/literal%252Fvalue", "/literal/value"],
  ])("gets the path %s as %s", async (sent, rawPath) => {
    const served = await serve(httpApi(route("$default")));
    await call(served, `GET ${sent}`);
    expect(eventOf(served).rawPath).toBe(rawPath);
  });

  test.each(["__proto__", "constructor", "toString"])("takes %s for a name like any other", async (name) => {
    const served = await serve(
      httpApi([...route("GET /v2"), ...route("GET /v1", {}, { payload_format_version: "1.0" })]),
    );
    for (const path of ["/v2", "/v1"]) {
      const { status } = await call(served, `GET ${path}?${name}=1&${name}=2`, { headers: { constructor: "x" } });
      expect(status).toBe(200);
      const { queryStringParameters, headers } = JSON.parse(JSON.stringify(eventOf(served)));
      expect(Object.entries(queryStringParameters)).toEqual([[name, path === "/v2" ? "1,2" : "2"]]);
      expect(headers).toMatchObject({ constructor: "x" });
    }
  });

  test("refuses a path that cannot be decoded twice", async () => {
    const served = await serve(httpApi(route("$default")));
    expect((await call(served, "GET /percent%25done")).status).toBe(400);
  });
});

describe("a function's answer", () => {
  const answered = async (payload: unknown, version = "2.0") => {
    const served = await serve(httpApi(route("GET /a", {}, { payload_format_version: version })), {
      result: async () => ({ payload }),
    });
    const { status, headers, body } = await call(served, "GET /a");
    return { status, type: headers.get("content-type"), cookies: headers.getSetCookie(), body };
  };

  test.each<[unknown, object]>([
    [{ hello: 1 }, { status: 200, type: "application/json", body: '{"hello":1}' }],
    ["hello", { status: 200, type: "application/json", body: "hello" }],
    [null, { status: 200, type: "application/json", body: "null" }],
    [
      { statusCode: 201, body: "made", headers: { "content-type": "text/plain" } },
      { status: 201, type: "text/plain", body: "made" },
    ],
    [
      { statusCode: 200, cookies: ["a=1", "b=2"] },
      { status: 200, cookies: ["a=1", "b=2"] },
    ],
    [{ statusCode: 200, body: "aGk=", isBase64Encoded: true }, { body: "hi" }],
    [{ statusCode: 42 }, { status: 500, body: '{"message":"Internal Server Error"}' }],
  ])("in format 2.0, %j, becomes %j", async (payload, expected) => {
    expect(await answered(payload)).toMatchObject(expected);
  });

  test("in format 1.0 needs a status", async () => {
    expect(await answered({ statusCode: 204 }, "1.0")).toMatchObject({ status: 204 });
    expect(await answered({ hello: 1 }, "1.0")).toMatchObject({ status: 500 });
  });

  test.each<[string, number, string, ApiOptions["result"]]>([
    ["fails", 500, "Internal Server Error", async () => ({ functionError: { errorType: "E", errorMessage: "oh" } })],
    ["may not be invoked", 500, "Internal Server Error", () => Promise.reject(new AwsError("AccessDenied", "no", 403))],
  ])("that %s is %i", async (_, status, message, result) => {
    const served = await serve(httpApi(route("GET /a")), { result });
    const got = await call(served, "GET /a");
    expect([got.status, JSON.parse(got.body)]).toEqual([status, { message }]);
  });

  test("that takes longer than 30 seconds is 503", async () => {
    const served = await serve(httpApi(route("GET /a")), { result: () => new Promise(() => undefined) });
    const calling = call(served, "GET /a");
    await until(() => served.invoked.length > 0, "the invocation");
    served.clock.advance(30_000);
    const { status, body } = await calling;
    expect([status, body]).toEqual([503, '{"message":"Service Unavailable"}']);
  });
});

describe("stages", () => {
  test("of a name stand first in the path, which functions see", async () => {
    const served = await serve(httpApi(route("GET /orders"), { stage: { name: "dev" } }));
    expect((await call(served, "GET /dev/orders")).status).toBe(200);
    expect(eventOf(served)).toMatchObject({ rawPath: "/dev/orders", requestContext: { stage: "dev" } });
    expect((await call(served, "GET /orders?token=secret")).status).toBe(404);
    // Without the query, in which a token may stand.
    expect(served.logged).toContain("shop: GET /orders 404: there is no such stage");
    expect(served.description.stages).toMatchObject([{ stageName: "dev", url: `${served.url}/dev` }]);
  });

  test("bound requests, each route by itself", async () => {
    const served = await serve(
      httpApi([...route("GET /a"), ...route("GET /b")], {
        stage: {
          default_route_settings: { throttling_rate_limit: 1, throttling_burst_limit: 2 },
          route_settings: { route_key: "GET /b", throttling_rate_limit: 1, throttling_burst_limit: 1 },
        },
      }),
    );
    const statuses: number[] = [];
    for (const path of ["a", "a", "a", "b", "b"]) statuses.push((await call(served, `GET /${path}`)).status);
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
    served.clock.advance(1_000);
    expect((await call(served, "GET /a")).status).toBe(200);
    expect((await call(served, "GET /a")).body).toBe('{"message":"Too Many Requests"}');
  });

  test("whose bounds are not written refuse everything", async () => {
    const served = await serve(httpApi(route("GET /a"), { stage: { default_route_settings: {} } }));
    expect((await call(served, "GET /a")).status).toBe(429);
  });

  test("put their variables into the function's ARN", async () => {
    const uri = invokeArn("reader").replace("function:reader", `function:reader:\${stageVariables.alias}`);
    const served = await serve(
      httpApi(route("GET /a", {}, { integration_uri: uri }), { stage: { stage_variables: { alias: "blue" } } }),
    );
    await call(served, "GET /a");
    expect(served.invoked[0]?.functionArn).toBe("arn:aws:lambda:eu-west-1:123456789012:function:reader:blue");
  });

  test("log each request in their format", async () => {
    const format = JSON.stringify({
      route: "$context.routeKey",
      status: "$context.status",
      error: "$context.error.message",
      sub: "$context.authorizer.claims.sub",
    });
    const group = "arn:aws:logs:eu-west-1:123456789012:log-group:group";
    const served = await serve(
      httpApi(route("GET /a"), { stage: { access_log_settings: { destination_arn: group, format } } }),
    );
    await call(served, "GET /a");
    await call(served, "GET /b");
    const lines = served.logged.filter((line) => line.startsWith("group: ")).map((line) => JSON.parse(line.slice(7)));
    expect(lines).toEqual([
      { route: "GET /a", status: "200", error: "-", sub: "-" },
      { route: "-", status: "404", error: "Not Found", sub: "-" },
    ]);
  });
});

describe("CORS", () => {
  const cors = {
    allow_origins: ["https://shop.example", "https://other.example"],
    allow_methods: ["GET", "POST"],
    allow_headers: ["content-type"],
    expose_headers: ["x-total"],
    max_age: 600,
    allow_credentials: true,
  };
  const preflight = { origin: "https://shop.example", "access-control-request-method": "GET" };
  const corsOf = ({ headers }: Got) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

  test("preflights are answered without a route", async () => {
    const served = await serve(httpApi(route("GET /a"), { api: { cors_configuration: cors } }));
    const headers = { ...preflight, "access-control-request-headers": "Content-Type" };
    const got = await call(served, "OPTIONS /a", { headers });
    expect([got.status, corsOf(got)]).toEqual([
      204,
      {
        "access-control-allow-origin": "https://shop.example",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
        "access-control-allow-credentials": "true",
      },
    ]);
    expect(served.invoked).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ["another origin", { ...preflight, origin: "https://bad.example" }],
    ["another method", { ...preflight, "access-control-request-method": "DELETE" }],
    ["another header", { ...preflight, "access-control-request-headers": "x-own" }],
  ])("a preflight of %s gets nothing", async (_, headers) => {
    const served = await serve(httpApi(route("GET /a"), { api: { cors_configuration: cors } }));
    const got = await call(served, "OPTIONS /a", { headers });
    expect([got.status, corsOf(got)]).toEqual([204, {}]);
  });

  test("a route that takes preflights gets them, authorization included", async () => {
    const served = await serve(
      httpApi(route("$default", { authorization_type: "AWS_IAM" }), { api: { cors_configuration: cors } }),
    );
    expect((await call(served, "OPTIONS /a", { headers: preflight })).status).toBe(403);
  });

  test("answers have the API's headers in place of the function's", async () => {
    const result = async () => ({
      payload: { statusCode: 200, headers: { "Access-Control-Allow-Origin": "*", "x-total": "1" } },
    });
    const served = await serve(httpApi(route("GET /a"), { api: { cors_configuration: cors } }), { result });
    const got = await call(served, "GET /a", { headers: { origin: "https://other.example" } });
    expect(corsOf(got)).toEqual({
      "access-control-allow-origin": "https://other.example",
      "access-control-expose-headers": "x-total",
      "access-control-allow-credentials": "true",
    });
    expect(corsOf(await call(served, "GET /a", { headers: { origin: "https://bad.example" } }))).toEqual({});
  });

  test("without it nothing is added, and preflights are requests", async () => {
    const served = await serve(httpApi(route("GET /a")));
    expect((await call(served, "OPTIONS /a", { headers: preflight })).status).toBe(404);
  });
});

describe("authorization by IAM", () => {
  const resources = httpApi(route("GET /orders/{id}", { authorization_type: "AWS_IAM" }), { stage: { name: "dev" } });
  const path = "/_aws/execute-api/api/dev/orders/1";
  const signed = ({ port, credentials }: Served) => {
    const request = { method: "GET", path, headers: { host: `127.0.0.1:${port}` }, body: Buffer.alloc(0) };
    const { host: _, ...headers } = sign(request, credentials, {
      region: "eu-west-1",
      service: "execute-api",
      now: Date.now(),
    });
    return headers;
  };

  test("wants a signature and the right to invoke the route", async () => {
    const served = await serve(resources);
    expect((await call(served, "GET /dev/orders/1")).body).toBe('{"message":"Forbidden"}');
    expect((await call(served, "GET /dev/orders/1", { headers: signed(served) })).status).toBe(200);
    expect(served.asked).toMatchObject([
      { action: "execute-api:Invoke", resource: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/orders/1" },
    ]);
    expect(eventOf(served).requestContext).toMatchObject({
      authorizer: {
        iam: { accessKey: "AKIDEXAMPLE", userArn: "arn:aws:sts::123456789012:assumed-role/someone/one" },
      },
    });
  });

  test("refuses who may not", async () => {
    const served = await serve(resources, {
      refuse: () => {
        throw new AwsError("AccessDeniedException", "no", 403);
      },
    });
    expect((await call(served, "GET /dev/orders/1", { headers: signed(served) })).status).toBe(403);
  });
});

describe("authorization by JWT", () => {
  const issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool";
  const withJwt = (authorizer: Attributes = {}, of: Attributes = {}) =>
    httpApi([
      part("authorizer", "Jwt", {
        id: "jwt",
        name: "users",
        authorizer_type: "JWT",
        identity_sources: ["$request.header.Authorization"],
        jwt_configuration: { issuer, audience: ["app"] },
        ...authorizer,
      }),
      ...route("GET /a", { authorization_type: "JWT", authorizer_id: "jwt", ...of }),
    ]);
  const tokens: Readonly<Record<string, Record<string, unknown>>> = {
    id: { aud: "app", sub: "ann", exp: 1_800_000_000, "cognito:groups": ["a", "b"], email_verified: true },
    access: { client_id: "app", sub: "ann", scope: "orders/read orders/write" },
    other: { aud: "other" },
  };
  const options: ApiOptions = {
    options: {
      userPools: () => [
        {
          userPoolId: "eu-west-1_pool",
          arn: "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_pool",
          issuer: "http://127.0.0.1:1/_aws/cognito/eu-west-1_pool",
          claimsOf: async (token) => {
            if (token === "old") throw new ExpiredTokenError("it is over");
            const claims = tokens[token];
            if (!claims) throw new Error("it is no JSON Web Token");
            return claims;
          },
        },
      ],
    },
  };
  const get = (served: Served, authorization?: string) =>
    call(served, "GET /a", { headers: authorization === undefined ? {} : { authorization } });

  test("gives the function the claims as text", async () => {
    const served = await serve(withJwt(), options);
    expect((await get(served, "Bearer id")).status).toBe(200);
    expect((await get(served, "id")).status).toBe(200);
    expect(eventOf(served).requestContext).toMatchObject({
      authorizer: {
        jwt: {
          claims: { aud: "app", sub: "ann", exp: "1800000000", "cognito:groups": "[a b]", email_verified: "true" },
          scopes: null,
        },
      },
    });
  });

  test.each<[string | undefined, string]>([
    [undefined, "Bearer"],
    ["Bearer old", 'Bearer error="invalid_token", error_description="the token has expired"'],
    ["Bearer nonsense", 'Bearer error="invalid_token"'],
    ["Bearer other", 'Bearer error="invalid_token", error_description="the token does not have a valid audience"'],
  ])("refuses %s with 401", async (authorization, challenge) => {
    const served = await serve(withJwt(), options);
    const { status, body, headers } = await get(served, authorization);
    expect([status, body, headers.get("www-authenticate")]).toEqual([401, '{"message":"Unauthorized"}', challenge]);
  });

  test("wants one of the route's scopes", async () => {
    const served = await serve(withJwt({}, { authorization_scopes: ["orders/read", "admin"] }), options);
    expect((await get(served, "access")).status).toBe(200);
    expect(eventOf(served).requestContext).toMatchObject({ authorizer: { jwt: { scopes: ["orders/read"] } } });
    expect((await get(served, "id")).status).toBe(403);
  });

  test("takes the address of a pool here for its issuer", async () => {
    const here = { issuer: "https://127.0.0.1:1/_aws/cognito/eu-west-1_pool", audience: ["app"] };
    const served = await serve(withJwt({ jwt_configuration: here }), options);
    expect((await get(served, "id")).status).toBe(200);
  });

  test("has no issuers but the pools that run here", async () => {
    const elsewhere = { issuer: "https://issuer.example/", audience: ["app"] };
    await expect(serve(withJwt({ jwt_configuration: elsewhere }), options)).rejects.toThrow(
      "the authorizer users takes tokens of https://issuer.example/, which is no user pool in the stacks that run here",
    );
  });
});

describe("authorization by a function", () => {
  const withFunction = (authorizer: Attributes = {}) =>
    httpApi([
      part("authorizer", "Auth", {
        id: "auth",
        name: "token",
        authorizer_type: "REQUEST",
        authorizer_uri: invokeArn("authorizer"),
        authorizer_payload_format_version: "2.0",
        enable_simple_responses: true,
        identity_sources: ["$request.header.Authorization"],
        ...authorizer,
      }),
      ...route("GET /a", { authorization_type: "CUSTOM", authorizer_id: "auth" }),
      ...route("GET /b", { authorization_type: "CUSTOM", authorizer_id: "auth" }),
    ]);
  const answering =
    (answer: unknown): ApiOptions["result"] =>
    async (event) => ({ payload: event.type === "REQUEST" ? answer : { statusCode: 200 } });
  const policy = (Effect: string, Resource: string) => ({
    principalId: "ann",
    policyDocument: { Version: "2012-10-17", Statement: [{ Effect, Action: "execute-api:Invoke", Resource }] },
    context: { tenant: "t1" },
  });
  const get = (served: Served, path = "/a", authorization = "x") =>
    call(served, `GET ${path}`, { headers: authorization ? { authorization } : {} });
  const asked = ({ invoked }: Served) => invoked.filter(({ event }) => (event as Attributes).type === "REQUEST");

  test("that says yes gives its context to the route's function", async () => {
    const context = { tenant: "t1", level: 3, list: ["a"], map: { b: 1 } };
    const served = await serve(withFunction(), { result: answering({ isAuthorized: true, context }) });
    expect((await get(served)).status).toBe(200);
    expect(asked(served)[0]?.event).toMatchObject({
      version: "2.0",
      type: "REQUEST",
      routeArn: "arn:aws:execute-api:eu-west-1:123456789012:api/$default/GET/a",
      identitySource: ["x"],
      routeKey: "GET /a",
    });
    expect(eventOf(served).requestContext).toMatchObject({ authorizer: { lambda: context } });
  });

  test.each<[string, number, unknown]>([
    ["says no", 403, { isAuthorized: false }],
    ["answers in another form", 500, { allowed: true }],
    ["answers no object", 500, "yes"],
  ])("that %s is %i", async (_, status, answer) => {
    const served = await serve(withFunction(), { result: answering(answer) });
    expect((await get(served)).status).toBe(status);
  });

  test("is not asked without the identity source", async () => {
    const served = await serve(withFunction());
    expect((await get(served, "/a", "")).status).toBe(401);
    expect(served.invoked).toEqual([]);
  });

  test("is asked again for another identity, and when its answer is over", async () => {
    const served = await serve(withFunction({ authorizer_result_ttl_in_seconds: 10 }), {
      result: answering({ isAuthorized: true }),
    });
    await get(served);
    await get(served, "/b");
    expect(asked(served)).toHaveLength(1);
    await get(served, "/a", "y");
    expect(asked(served)).toHaveLength(2);
    served.clock.advance(10_000);
    await get(served);
    expect(asked(served)).toHaveLength(3);
  });

  test("is asked for each route where the route's key is an identity source", async () => {
    const identity_sources = ["$request.header.Authorization", "$context.routeKey"];
    const served = await serve(withFunction({ identity_sources }), { result: answering({ isAuthorized: true }) });
    await get(served);
    await get(served, "/b");
    expect(asked(served)).toHaveLength(2);
  });

  test.each(["1.0", "2.0"])("with a policy, format %s, decides about each route", async (version) => {
    const served = await serve(
      withFunction({ authorizer_payload_format_version: version, enable_simple_responses: false }),
      { result: answering(policy("Allow", "arn:aws:execute-api:eu-west-1:123456789012:api/$default/GET/a")) },
    );
    expect((await get(served)).status).toBe(200);
    expect(eventOf(served).requestContext).toMatchObject({ authorizer: { lambda: { tenant: "t1" } } });
    expect((await get(served, "/b")).status).toBe(403);
    expect(asked(served)).toHaveLength(1);
  });

  test.each<[Attributes, string]>([
    [
      { authorizer_payload_format_version: undefined },
      "authorizer_payload_format_version must be given for a function",
    ],
    [
      { authorizer_payload_format_version: "1.0" },
      "enable_simple_responses is of authorizer_payload_format_version 2.0",
    ],
    [
      { identity_sources: [], authorizer_result_ttl_in_seconds: 1 },
      "identity_sources must name what kept answers are found by",
    ],
    [{ identity_sources: ["$request.body.x"] }, "identity_source must be method.request.header.<name>"],
  ])("with %j is refused", async (changes, message) => {
    await expect(serve(withFunction(changes))).rejects.toThrow(message);
  });
});

test("says of its routes what a caller needs to know", async () => {
  const served = await serve(
    httpApi([...route("GET /orders/{id}", { authorization_type: "AWS_IAM" }), ...route("$default")]),
  );
  expect(served.description.stages[0]?.routes).toEqual([
    { httpMethod: "GET", path: "/orders/{id}", origin: {}, authorization: "AWS_IAM" },
    { httpMethod: "ANY", path: "/", origin: {}, authorization: "NONE" },
  ]);
});

describe("a message to a queue", () => {
  const queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/inbox";
  const toQueue = (parameters: Attributes = {}, more: Attributes = {}) =>
    httpApi([
      part("integration", "Send", {
        id: "send",
        integration_type: "AWS_PROXY",
        integration_subtype: "SQS-SendMessage",
        credentials_arn: "arn:aws:iam::123456789012:role/sender",
        request_parameters: { QueueUrl: queue, MessageBody: "$request.body", ...parameters },
        ...more,
      }),
      part("route", "Send", { id: "post", route_key: "POST /orders/{id}", target: "integrations/send" }),
    ]);
  const form = ({ sent }: Served) => Object.fromEntries(new URLSearchParams(sent[0]?.body));

  test("is sent under the role, and SQS's answer is the client's", async () => {
    const served = await serve(toQueue());
    const body = '{"a":"&Action=x"}';
    const got = await call(served, "POST /orders/1", { body });
    expect([got.status, got.body, got.headers.get("content-type")]).toEqual([200, "<ok/>", "text/xml"]);
    expect(form(served)).toEqual({ Action: "SendMessage", Version: "2012-11-05", QueueUrl: queue, MessageBody: body });
    expect(served.sent[0]?.caller.principalArn).toBe("arn:aws:iam::123456789012:role/sender");
  });

  test("is made of what the request has", async () => {
    const served = await serve(
      toQueue({
        MessageBody: "$request.body.order",
        MessageGroupId: "$request.path.id",
        MessageAttributes: `{"from":{"DataType":"String","StringValue":"\${request.header.X-From}"}}`,
      }),
    );
    await call(served, "POST /orders/7", { body: '{"order":{"a":1}}', headers: { "x-from": "me" } });
    expect(form(served)).toEqual({
      Action: "SendMessage",
      Version: "2012-11-05",
      QueueUrl: queue,
      MessageBody: '{"a":1}',
      MessageGroupId: "7",
      "MessageAttribute.1.Name": "from",
      "MessageAttribute.1.Value.DataType": "String",
      "MessageAttribute.1.Value.StringValue": "me",
    });
  });

  test("is 400 where the request lacks what it is made of, and nothing is sent", async () => {
    const served = await serve(toQueue({ MessageBody: "$request.body.order" }));
    expect((await call(served, "POST /orders/1", { body: "{}" })).status).toBe(400);
    expect(served.sent).toEqual([]);
  });

  test("that SQS refuses is its error", async () => {
    const served = await serve(toQueue(), {
      answer: async () => ({ status: 403, headers: { "content-type": "text/xml" }, body: "<no/>" }),
    });
    const got = await call(served, "POST /orders/1", { body: "x" });
    expect([got.status, got.body]).toEqual([403, "<no/>"]);
  });

  test.each<[Attributes, Attributes, string]>([
    [{ QueueUrl: "$context.nothing" }, {}, "QueueUrl: $context.nothing is not modelled by the local run"],
    [{ Region: "eu-west-1" }, {}, "request_parameters: Region is not modelled by the local run"],
    [{}, { credentials_arn: undefined }, "credentials_arn must be given: AWS services are called under a role"],
    [{}, { request_parameters: { QueueUrl: queue } }, "request_parameters must have MessageBody"],
    [{}, { response_parameters: [{}] }, "response_parameters is not modelled by the local run"],
  ])("with %j and %j is refused", async (parameters, more, message) => {
    await expect(serve(toQueue(parameters, more))).rejects.toThrow(message);
  });
});

describe("a configuration", () => {
  test.each<[string, readonly Resource[], string]>([
    [
      "a route key without a method",
      httpApi(route("/orders")),
      "route_key must be $default or such as GET /orders/{id}, got: /orders",
    ],
    [
      "a MOCK",
      httpApi(route("GET /a", {}, { integration_type: "MOCK" })),
      "integration_type must be AWS_PROXY for an HTTP API, got: MOCK",
    ],
    [
      "longer than 30 seconds",
      httpApi(route("GET /a", {}, { timeout_milliseconds: 30_001 })),
      "timeout_milliseconds is not modelled",
    ],
    [
      "scopes without tokens",
      httpApi(route("GET /a", { authorization_scopes: ["a"] })),
      "authorization_scopes are of JWT alone, got: NONE",
    ],
    [
      "an access log with a variable of WebSocket APIs",
      httpApi(route("GET /a"), {
        stage: { access_log_settings: { destination_arn: "x", format: "$context.connectionId" } },
      }),
      "$context.connectionId is not modelled by the local run",
    ],
    [
      "an imported document",
      httpApi(route("GET /a"), { api: { body: "{}" } }),
      "aws_apigatewayv2_api.Api: body is not modelled by the local run",
    ],
  ])("with %s is refused", async (_, resources, message) => {
    await expect(serve(resources)).rejects.toThrow(message);
  });
});
