import { AwsError } from "../../../local/aws";
import {
  changed,
  gatewayOf,
  type Outcome,
  type ProxyEvent,
  proxyApi,
  proxyIntegration,
  resource,
} from "../../support/rest-api";

/** Passes a request on to a function, and gives the event that the function gets. */
async function eventOf(
  route: string,
  {
    resources = proxyApi(["ANY /", "ANY /files/{key+}", "ANY /orders/{id}"]),
    body = "",
    headers = {},
  }: { resources?: ReturnType<typeof proxyApi>; body?: string; headers?: Record<string, string> } = {},
): Promise<ProxyEvent> {
  const { call, invoked } = gatewayOf(resources);
  expect((await call(route, body, headers)).status).toBe(200);
  expect(invoked).toHaveLength(1);
  return invoked[0]?.event as ProxyEvent;
}

/** What a client gets of a function's answer. */
const answerTo = (payload: unknown, headers: Record<string, string> = {}, binaryMediaTypes?: readonly string[]) =>
  gatewayOf(proxyApi(["GET /"], { binaryMediaTypes }), { result: async () => ({ payload }) }).call(
    "GET /dev",
    "",
    headers,
  );

/** A gateway before a function that ends as told. */
const ending = (result: () => Promise<Outcome>) => gatewayOf(proxyApi(["GET /"]), { result });
const refusing = (status: number, message: string) =>
  gatewayOf(proxyApi(["GET /"]), { invoke: () => Promise.reject(new AwsError("Refused", message, status)) });

describe("the event", () => {
  test("of a request without anything", async () => {
    expect(await eventOf("GET /dev")).toEqual({
      resource: "/",
      path: "/",
      httpMethod: "GET",
      headers: expect.any(Object),
      multiValueHeaders: expect.any(Object),
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      requestContext: {
        resourceId: "root",
        resourcePath: "/",
        httpMethod: "GET",
        extendedRequestId: expect.any(String),
        requestTime: "09/Aug/2026:12:34:56 +0000",
        requestTimeEpoch: Date.UTC(2026, 7, 9, 12, 34, 56),
        path: "/dev",
        accountId: "123456789012",
        protocol: "HTTP/1.1",
        stage: "dev",
        domainPrefix: "api",
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        domainName: "api.execute-api.eu-west-1.amazonaws.com",
        deploymentId: "deployment",
        apiId: "api",
        identity: {
          cognitoIdentityPoolId: null,
          accountId: null,
          cognitoIdentityId: null,
          caller: null,
          sourceIp: "127.0.0.1",
          principalOrgId: null,
          accessKey: null,
          cognitoAuthenticationType: null,
          cognitoAuthenticationProvider: null,
          userArn: null,
          userAgent: null,
          user: null,
        },
      },
      body: null,
      isBase64Encoded: false,
    });
  });

  test("tells who signed", async () => {
    const resources = proxyApi(["GET /"], { method: { authorization: "AWS_IAM" } });
    const caller = {
      principalArn: "arn:aws:iam::123456789012:role/reader",
      sessionArn: "arn:aws:sts::123456789012:assumed-role/reader/me",
      userId: "AROA1:me",
      accountId: "123456789012",
    };
    const { call, invoked } = gatewayOf(resources, { authenticate: () => caller });
    const authorization =
      "AWS4-HMAC-SHA256 Credential=ASIA1/20260809/eu-west-1/execute-api/aws4_request, SignedHeaders=host";
    await call("GET /dev", "", { authorization, "user-agent": "curl/8" });
    const [{ requestContext, headers }] = invoked.map(({ event }) => event) as [ProxyEvent];
    expect(requestContext.identity).toMatchObject({
      accessKey: "ASIA1",
      accountId: "123456789012",
      caller: "AROA1:me",
      user: "AROA1:me",
      userArn: caller.sessionArn,
      userAgent: "curl/8",
    });
    expect(headers).not.toHaveProperty("authorization");
  });

  // https://github.com/hotsock/voker/blob/a1c00bf491e026f81917cc2edfdaca03eabc7518/vokerhttp/testdata/ingress-paths.json
  test.each([
    "plain",
    "space%20value",
    "question%3Fvalue",
    "percent%25done",
    "hash%23value",
    "slash%2Fvalue",
    "unicode-%CE%BB-%E4%B8%96%E7%95%8C",
    "literal%252Fvalue",
    "a+b",
  ])("has the path and its parameters as they came: %s", async (sent) => {
    const {
      path,
      pathParameters,
      resource: resourcePath,
      requestContext,
    } = await eventOf(`GET /dev/files/a/${sent}?x=1`);
    expect({ path, pathParameters, resourcePath }).toEqual({
      path: `/files/a/${sent}`,
      pathParameters: { key: `a/${sent}` },
      resourcePath: "/files/{key+}",
    });
    expect(requestContext.path).toBe(`/dev/files/a/${sent}`);
    expect((await eventOf(`GET /dev/orders/${sent}`)).pathParameters).toEqual({ id: sent });
  });

  test.each(["a/../b", ".", "a//b", "a/", "%2E%2E/b"])(
    "has dot segments and empty parts as they came: %s",
    async (sent) => {
      expect((await eventOf(`GET /dev/files/${sent}`)).pathParameters).toEqual({ key: sent });
    },
  );

  test("has a query decoded: each value, and the last of each name", async () => {
    const { queryStringParameters, multiValueQueryStringParameters } = await eventOf(
      "GET /dev?empty=&encodedPlus=a%2Bb&literalPlus=a+b&redirect=https%3A%2F%2Fexample.com%2Fa&repeat=one&repeat=two;n=1",
    );
    expect(multiValueQueryStringParameters).toEqual({
      empty: [""],
      encodedPlus: ["a+b"],
      literalPlus: ["a b"],
      redirect: ["https://example.com/a"],
      repeat: ["one", "two"],
      n: ["1"],
    });
    expect(queryStringParameters).toMatchObject({ repeat: "two", literalPlus: "a b", empty: "" });
  });

  test("has headers by the names that the client wrote: each value, and the last of each name", async () => {
    const { gateway, invoked } = gatewayOf(proxyApi(["GET /"]));
    await gateway.handle({
      method: "GET",
      path: "/dev",
      headers: {},
      headerLines: [
        ["host", "h"],
        ["x-A", "1"],
        ["x-A", "2"],
        ["X-a", "3"],
        ["X-Forwarded-For", "10.0.0.1"],
        ["Authorization", "Bearer token"],
        ["Connection", "close"],
        ["Content-Length", "0"],
        ["Expect", "100-continue"],
      ],
      body: Buffer.alloc(0),
      sourceIp: "127.0.0.1",
    });
    const [{ headers, multiValueHeaders }] = invoked.map(({ event }) => event) as [ProxyEvent];
    expect(multiValueHeaders).toEqual({
      Host: ["h"],
      "x-A": ["1", "2"],
      "X-a": ["3"],
      Authorization: ["Bearer token"],
      "X-Forwarded-For": ["10.0.0.1, 127.0.0.1"],
      "X-Forwarded-Port": ["443"],
      "X-Forwarded-Proto": ["https"],
      "X-Amzn-Trace-Id": [expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/)],
    });
    expect(headers["x-A"]).toBe("2");
  });

  test("has the stage's variables", async () => {
    const resources = changed(proxyApi(["GET /"]), "stage", { variables: { a: "b" } });
    expect((await eventOf("GET /dev", { resources })).stageVariables).toEqual({ a: "b" });
  });

  test.each<[string, readonly string[] | undefined, string | undefined, boolean]>([
    ["text where nothing is binary", undefined, "image/png", false],
    ["base64 where everything is", ["*/*"], "text/plain", true],
    ["base64 where everything is, without a content type", ["*/*"], undefined, true],
    ["base64 for a type among them", ["a/b", "image/png"], "Image/PNG; q=1", true],
    ["base64 for one that * covers", ["image/*"], "image/svg+xml", true],
    ["text for one that is not among them", ["image/*", "application/x.y"], "application/xzy", false],
  ])("has the body as %s", async (_, binaryMediaTypes, contentType, isBase64Encoded) => {
    const headers = contentType === undefined ? undefined : { "content-type": contentType };
    const event = await eventOf("POST /dev", {
      resources: proxyApi(["POST /"], { binaryMediaTypes }),
      body: "é",
      headers,
    });
    expect({ body: event.body, isBase64Encoded: event.isBase64Encoded }).toEqual({
      body: isBase64Encoded ? "w6k=" : "é",
      isBase64Encoded,
    });
  });
});

describe("the call", () => {
  test("is the role's, to the function of the URI, from the method of the resource", async () => {
    const { call, invoked } = gatewayOf(proxyApi(["GET /files/{key+}"]));
    await call("GET /dev/files/a/b");
    expect(invoked[0]).toMatchObject({
      caller: { principalArn: proxyIntegration.credentials },
      functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:reader",
      sourceArn: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/files/{key+}",
    });
  });

  test("is API Gateway's own without a role", async () => {
    const { call, invoked } = gatewayOf(proxyApi(["GET /"], { integration: { credentials: undefined } }));
    await call("GET /dev");
    expect(invoked[0]).toMatchObject({
      caller: { service: "apigateway.amazonaws.com", accountId: "123456789012" },
      sourceArn: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/",
    });
  });

  test.each([
    [403, 500, "Internal server error", "Invalid permissions on Lambda function: why"],
    [404, 500, "Internal server error", "Invalid permissions on Lambda function: why"],
    [429, 500, "Internal server error", "Lambda refused the invocation: why"],
    [413, 413, "Request Too Long", "why"],
  ])("that Lambda refuses with %i is %i to the client", async (refused, status, message, reason) => {
    const { call, logged } = refusing(refused, "why");
    const answer = await call("GET /dev");
    expect({ status: answer.status, ...JSON.parse(answer.body) }).toEqual({ status, message });
    expect(logged.join()).toContain(reason);
  });

  test("with a role that API Gateway may not assume is 500", async () => {
    const assume = () => {
      throw new AwsError("AccessDenied", "no trust", 403);
    };
    const { call, invoked, logged } = gatewayOf(proxyApi(["GET /"]), { assume });
    expect((await call("GET /dev")).status).toBe(500);
    expect(invoked).toEqual([]);
    expect(logged.join()).toContain("API Gateway does not have permission to assume the provided role: no trust");
  });

  test("that takes longer than 29 s is 504", async () => {
    const { call, clock } = ending(() => new Promise(() => undefined));
    let status: number | undefined;
    const called = call("GET /dev").then((answer) => {
      status = answer.status;
      return answer;
    });
    await new Promise(setImmediate);
    clock.advance(28_999);
    await new Promise(setImmediate);
    expect(status).toBeUndefined();
    clock.advance(1);
    expect(await called).toMatchObject({ status: 504, body: '{"message":"Endpoint request timed out"}' });
  });

  test("that cannot be made is 504", async () => {
    const { call } = gatewayOf(proxyApi(["GET /"]), { invoke: () => Promise.reject(new Error("it has stopped")) });
    expect(await call("GET /dev")).toMatchObject({
      status: 504,
      body: '{"message":"Network error communicating with endpoint"}',
    });
  });
});

describe("the answer", () => {
  test("is the function's", async () => {
    const { status, headers, body } = await answerTo({ statusCode: 201, headers: { Location: "/1" }, body: "é" });
    expect({ status, body }).toEqual({ status: 201, body: "é" });
    expect(headers).toEqual({
      "content-type": "application/json",
      Location: "/1",
      "x-amzn-RequestId": expect.any(String),
      "x-amz-apigw-id": expect.any(String),
    });
  });

  test.each([200, 599, "204"])("has the status %p", async (statusCode) => {
    expect(await answerTo({ statusCode })).toMatchObject({ status: Number(statusCode), body: "" });
  });

  test("has each value of a header, and a pair of name and value that stands in both lists once", async () => {
    const { headers } = await answerTo({
      statusCode: 200,
      headers: { "Content-Type": "text/plain", "x-a": "1", "X-B": 2, "X-C": true },
      multiValueHeaders: { "X-A": ["1", "0"], "Set-Cookie": ["a=1", "b=2"] },
    });
    expect(headers).toMatchObject({
      "Content-Type": "text/plain",
      "X-A": ["1", "0"],
      "X-B": "2",
      "X-C": "true",
      "Set-Cookie": ["a=1", "b=2"],
    });
    expect(headers).not.toHaveProperty("content-type");
  });

  test("has no header of the connection's, and those of API Gateway's own under another name", async () => {
    const given = ["Date", "Server", "WWW-Authenticate", "Content-Length", "Authorization", "x-amzn-RequestId"];
    const dropped = ["Host", "Transfer-Encoding", "Via", "Expect"];
    const headers = Object.fromEntries([...given, ...dropped].map((name) => [name, "1"]));
    const answer = await answerTo({ statusCode: 200, headers });
    expect(answer.headers).toEqual({
      "content-type": "application/json",
      ...Object.fromEntries(given.map((name) => [`x-amzn-Remapped-${name}`, "1"])),
      "x-amzn-RequestId": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-amz-apigw-id": expect.any(String),
    });
  });

  const bytes = { statusCode: 200, isBase64Encoded: true, body: "AP+A" };
  test.each<[string, readonly string[] | undefined, string | undefined, boolean]>([
    ["text where nothing is binary", undefined, "*/*", false],
    ["bytes where everything is", ["*/*"], "text/html", true],
    ["bytes where everything is, without Accept", ["*/*"], undefined, true],
    ["bytes for what the client accepts first", ["image/png"], "image/png;q=0.8, text/html", true],
    ["text for what the client accepts second", ["image/png"], "text/html, image/png", false],
    ["text for a client that accepts anything", ["image/png"], "*/*", false],
  ])("in base64 is %s", async (_, binaryMediaTypes, accept, isBytes) => {
    const answer = await answerTo(bytes, accept === undefined ? {} : { accept }, binaryMediaTypes);
    expect(answer.bytes).toEqual(isBytes ? Buffer.from([0, 255, 128]) : Buffer.from("AP+A"));
  });

  test("that says not to be in base64 is text, whatever is binary", async () => {
    expect(await answerTo({ statusCode: 200, body: "AP+A" }, {}, ["*/*"])).toMatchObject({ body: "AP+A" });
  });

  test("in base64 that is none is 500", async () => {
    expect(await answerTo({ ...bytes, body: "{}" }, {}, ["*/*"])).toMatchObject({
      status: 500,
      body: '{"message":"Internal server error"}',
    });
  });

  test.each<[string, unknown, string]>([
    ["nothing", null, "the answer must be an object with a statusCode, got: null"],
    ["a text", "ok", 'the answer must be an object with a statusCode, got: "ok"'],
    [
      "without a status",
      { body: "" },
      "statusCode must be a status from 200 to 599, as a number or as text, got: nothing",
    ],
    ["a status that is no number", { statusCode: "ok" }, "statusCode must be a status from 200 to 599"],
    ["a status that is no integer", { statusCode: 200.5 }, "statusCode must be a status from 200 to 599"],
    ["a status below 200", { statusCode: 199 }, "statusCode must be a status from 200 to 599"],
    ["a status above 599", { statusCode: 600 }, "statusCode must be a status from 200 to 599"],
    [
      "a body that is no text",
      { statusCode: 200, body: { a: 1 } },
      'body must be text: JSON.stringify what is none, got: {"a":1}',
    ],
    [
      "a header that is a list",
      { statusCode: 200, headers: { a: ["1"] } },
      'headers must be an object whose values are texts, numbers or booleans, got: {"a":["1"]}',
    ],
    [
      "a multi-value header that is a text",
      { statusCode: 200, multiValueHeaders: { a: "1" } },
      "multiValueHeaders must be an object whose values are lists",
    ],
  ])("that is %s is 502, with the reason in the log", async (_, payload, reason) => {
    const { call, logged } = ending(async () => ({ payload }));
    expect(await call("GET /dev")).toMatchObject({
      status: 502,
      body: '{"message":"Internal server error"}',
      headers: { "x-amzn-ErrorType": "InternalServerErrorException" },
    });
    expect(logged.join()).toContain(`Malformed Lambda proxy response: ${reason}`);
  });

  test("of a function that fails is 502, with the reason in the log", async () => {
    const { call, logged } = ending(async () => ({ functionError: { errorType: "Error", errorMessage: "oh" } }));
    expect(await call("GET /dev")).toMatchObject({ status: 502, body: '{"message":"Internal server error"}' });
    expect(logged.join()).toContain(
      "Lambda execution failed with status 200 due to customer function error: oh. Lambda request id: invocation-1",
    );
  });
});

describe("the access log", () => {
  const format =
    "$context.status $context.integration.status $context.integration.integrationStatus $context.integrationStatus $context.integration.requestId $context.awsEndpointRequestId $context.integration.latency $context.integrationLatency $context.error.responseType $context.integration.error";
  const lineFor = async (result: () => Promise<Outcome>) => {
    const access_log_settings = { destination_arn: "arn:aws:logs:eu-west-1:1:log-group:g", format };
    const { call, gateway } = gatewayOf(changed(proxyApi(["GET /"]), "stage", { access_log_settings }), { result });
    await call("GET /dev");
    return gateway.accessLog[0];
  };

  test("has the function's status, and Lambda's", async () => {
    expect(await lineFor(async () => ({ payload: { statusCode: 404 } }))).toBe(
      "404 404 200 200 invocation-1 invocation-1 0 0 - -",
    );
  });

  test("has a function's error", async () => {
    expect(await lineFor(async () => ({ functionError: { errorType: "E", errorMessage: "oh" } }))).toBe(
      "502 - 200 200 invocation-1 invocation-1 0 0 INTEGRATION_FAILURE Lambda execution failed with status 200 due to customer function error: oh. Lambda request id: invocation-1",
    );
  });
});

test("a gateway response for 5XX is that of a 502, too", async () => {
  const own = resource("gateway_response", "Own", {
    response_type: "DEFAULT_5XX",
    response_templates: { "application/json": "$context.error.message!" },
  });
  const { call } = gatewayOf([...proxyApi(["GET /"]), own], { result: async () => ({ payload: null }) });
  expect(await call("GET /dev")).toMatchObject({ status: 502, body: "Internal server error!" });
});
