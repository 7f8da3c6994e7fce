import { AwsError } from "../../../local/aws";
import { changed, gatewayOf, ordersResources, proxyApi, resource, smallApi, sqsAnswer } from "../../support/rest-api";

const orders = ordersResources();
/** A small API whose callers must sign, and that says nothing of its own. */
const signed = changed(smallApi(["POST /orders"]), "method", { authorization: "AWS_IAM" });
const order = '{"orderID":"1"}';
const FORBIDDEN_METHOD = { message: "Missing Authentication Token" };
const MAX_BYTES = 10_485_760;

/** What a queue's form holds. */
const formOf = (body = ""): Record<string, string> => Object.fromEntries(new URLSearchParams(body));
const refuse = (code: string, message: string) => () => {
  throw new AwsError(code, message, 403);
};

describe("the orders pipeline's API", () => {
  test("sends an order to the queue under the integration's role, and answers 202 with the message's id", async () => {
    const { call, sent } = gatewayOf(orders);
    const response = await call("POST /dev/orders", order, { "content-type": "application/json; charset=utf-8" });
    expect(response).toMatchObject({ status: 202, body: '{"messageId":"m-1"}' });
    expect(response.headers).toEqual({
      "content-type": "application/json",
      "x-amzn-RequestId": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-amz-apigw-id": expect.stringMatching(/^[\w+/]{15}=$/),
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      caller: { principalArn: "ApiGatewaySqs-arn" },
      path: "path/123456789012/dev-POC-Queue",
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    });
    expect(formOf(sent[0]?.body)).toEqual({ Action: "SendMessage", MessageBody: order });
  });

  test("asks IAM for the method of the stage", async () => {
    const { call, asked } = gatewayOf(orders);
    await call("POST /dev/orders?a=b", order);
    expect(asked).toEqual([
      expect.objectContaining({
        action: "execute-api:Invoke",
        resource: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/POST/orders",
      }),
    ]);
  });

  test.each([
    [400, "MissingParameter", 413],
    [400, "InvalidMessageContents", 400],
    [400, "AWS.SimpleQueueService.NonExistentQueue", 502],
    [403, "AccessDenied", 502],
    [500, "InternalFailure", 503],
  ])("answers the queue's %i %s with %i", async (status, code, expected) => {
    const answer = async () => ({ status, headers: {}, body: JSON.stringify({ Error: { Code: code } }) });
    const { call } = gatewayOf(orders, { answer });
    const response = await call("POST /dev/orders", order);
    expect(response.status).toBe(expected);
    expect(JSON.parse(response.body)).toEqual({ message: expect.any(String) });
  });

  test.each([
    ["no orderID", "{}", '[object has missing required properties (["orderID"])]'],
    ["an empty orderID", '{"orderID":""}', '[string "" is too short (length: 0, required minimum: 1)]'],
    ["nothing", "", "[the body is missing]"],
  ])("answers %s with 400 and the reason, and sends nothing", async (_, body, reason) => {
    const { call, sent } = gatewayOf(orders);
    const response = await call("POST /dev/orders", body);
    expect(response).toMatchObject({ status: 400, headers: { "x-amzn-ErrorType": "BadRequestException" } });
    expect(JSON.parse(response.body)).toMatchObject({ message: "Invalid request body", reason });
    expect(sent).toEqual([]);
  });

  test.each(["text/plain", "application/xml"])("answers %s with 415: no model, no template", async (contentType) => {
    const { call, sent } = gatewayOf(orders);
    const { status, body } = await call("POST /dev/orders", order, { "content-type": contentType });
    expect({ status, ...JSON.parse(body) }).toMatchObject({ status: 415, message: "Unsupported Media Type" });
    expect(sent).toEqual([]);
  });

  test("lets 100 requests through at once, and 50 more a second later", async () => {
    const { call, clock } = gatewayOf(orders);
    const statuses = async (count: number) => {
      const responses = await Promise.all(Array.from({ length: count }, () => call("POST /dev/orders", order)));
      return responses.map(({ status }) => status);
    };
    expect(await statuses(101)).toEqual([...Array(100).fill(202), 429]);
    clock.advance(1_000);
    expect(await statuses(51)).toEqual([...Array(50).fill(202), 429]);
    const { headers, body } = await call("POST /dev/orders", order);
    expect(JSON.parse(body)).toMatchObject({ message: "Too Many Requests" });
    expect(headers).toMatchObject({ "x-amzn-ErrorType": "TooManyRequestsException" });
  });

  test("tells its stages and routes", () => {
    expect(gatewayOf(orders).gateway.stages).toEqual([
      {
        stageName: "dev",
        routes: [{ httpMethod: "POST", path: "/orders", authorization: "AWS_IAM", exampleBody: order, origin: {} }],
      },
    ]);
  });
});

describe("access log", () => {
  const line = async (body: string, headers: Record<string, string> = {}) => {
    const { call, gateway, logged } = gatewayOf(orders);
    await call("POST /dev/orders?a=b", body, headers);
    expect(gateway.accessLog).toHaveLength(1);
    expect(logged).toContain(`Api_Stage_AccessLogs-arn: ${gateway.accessLog[0]}`);
    return JSON.parse(gateway.accessLog[0] ?? "");
  };

  test("one line for an answered request, with - for what does not apply", async () => {
    expect(await line(order, { "user-agent": 'curl "8"' })).toEqual({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      extendedRequestId: expect.any(String),
      requestTime: "09/Aug/2026:12:34:56 +0000",
      httpMethod: "POST",
      path: "/dev/orders",
      resourcePath: "/orders",
      status: "202",
      responseLength: "19",
      responseLatency: "0",
      integrationStatus: "200",
      integrationLatency: "0",
      integrationRequestId: "-",
      integrationError: "-",
      errorType: "-",
      errorMessage: "-",
      validationError: "-",
      authorizeError: "-",
      authorizerError: "-",
      authorizerStatus: "-",
      authorizerLatency: "-",
      principalId: "-",
      wafStatus: "-",
      wafError: "-",
      wafResponse: "-",
      sourceIp: "127.0.0.1",
      caller: "arn:aws:iam::123456789012:role/someone",
      apiKeyId: "-",
      userAgent: 'curl "8"',
      domainName: "api.execute-api.eu-west-1.amazonaws.com",
      stage: "dev",
      isCanary: "-",
      traceId: "-",
      user: "-",
    });
  });

  test("and for a refused one", async () => {
    expect(await line("{}")).toMatchObject({
      status: "400",
      integrationStatus: "-",
      errorType: "BAD_REQUEST_BODY",
      errorMessage: "Invalid request body",
      validationError: '[object has missing required properties (["orderID"])]',
    });
  });

  test("none where the stage has no format, and none for a stage that is not there", async () => {
    const { call, gateway } = gatewayOf(smallApi(["GET /"]));
    await call("GET /dev");
    expect(gateway.accessLog).toEqual([]);
    const other = gatewayOf(orders);
    await other.call("POST /prod/orders", order);
    expect(other.gateway.accessLog).toEqual([]);
  });
});

describe("who may call", () => {
  test.each([
    [
      "nobody signed",
      "MissingAuthenticationToken",
      "MissingAuthenticationTokenException",
      "Missing Authentication Token",
    ],
    ["half a signature", "IncompleteSignature", "IncompleteSignatureException", "why"],
    ["an unknown key", "InvalidClientTokenId", "UnrecognizedClientException", "why"],
    ["a wrong signature", "SignatureDoesNotMatch", "InvalidSignatureException", "why"],
    ["a wrong signature, as JSON services say it", "InvalidSignatureException", "InvalidSignatureException", "why"],
    ["a session that is over", "ExpiredTokenException", "ExpiredTokenException", "why"],
  ])("%s: 403", async (_, code, errorType, message) => {
    const { call, sent, asked } = gatewayOf(signed, { authenticate: refuse(code, "why") });
    const response = await call("POST /dev/orders", order);
    expect(response).toMatchObject({ status: 403, headers: { "x-amzn-ErrorType": errorType } });
    expect(JSON.parse(response.body)).toEqual({ message });
    expect([asked, sent]).toEqual([[], []]);
  });

  test("whom IAM denies gets 403 with IAM's message", async () => {
    const authorize = refuse("AccessDeniedException", "User: x is not authorized");
    const { call, sent } = gatewayOf(signed, { access: { authorize } });
    const response = await call("POST /dev/orders", order);
    expect(response).toMatchObject({ status: 403, headers: { "x-amzn-ErrorType": "AccessDeniedException" } });
    expect(JSON.parse(response.body)).toEqual({ Message: "User: x is not authorized" });
    expect(sent).toEqual([]);
  });

  test("a request that is not let in takes nothing from the throttle", async () => {
    let isLetIn = false;
    const authenticate = () => {
      if (!isLetIn) throw new AwsError("MissingAuthenticationToken", "none", 403);
      return { principalArn: "a", accountId: "1" };
    };
    const resources = [
      ...changed(smallApi(["GET /"]), "method", { authorization: "AWS_IAM" }),
      resource("method_settings", "S", {
        stage_name: "dev",
        method_path: "*/*",
        settings: { throttling_burst_limit: 1 },
      }),
    ];
    const { call } = gatewayOf(resources, { authenticate });
    expect((await call("GET /dev")).status).toBe(403);
    isLetIn = true;
    expect((await call("GET /dev")).status).toBe(200);
    expect((await call("GET /dev")).status).toBe(429);
  });

  test("without authorization nobody is asked", async () => {
    const { call, asked } = gatewayOf(smallApi(["GET /"]), { authenticate: refuse("MissingAuthenticationToken", "") });
    expect((await call("GET /dev")).status).toBe(200);
    expect(asked).toEqual([]);
  });
});

describe("routes", () => {
  const { call } = gatewayOf(smallApi(["GET /", "POST /orders", "GET /orders/{id}"]));

  test.each(["GET /dev", "GET /dev/", "GET /dev?x=1", "POST /dev/orders", "POST /dev/orders/", "GET /dev/orders/1"])(
    "%s is served",
    async (route) => {
      expect((await call(route)).status).toBe(200);
    },
  );

  test.each(["GET /dev/orders", "HEAD /dev", "OPTIONS /dev/orders", "GET /dev/order", "GET /dev/orders/1/2"])(
    "%s: 403, as if not signed",
    async (route) => {
      const response = await call(route);
      expect(response).toMatchObject({
        status: 403,
        headers: { "x-amzn-ErrorType": "MissingAuthenticationTokenException" },
      });
      expect(JSON.parse(response.body)).toEqual(FORBIDDEN_METHOD);
    },
  );

  test.each(["GET /", "GET /prod", "GET /devs/orders/1"])("%s: 403, there is no such stage", async (route) => {
    expect(await call(route)).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
      headers: { "x-amzn-ErrorType": "ForbiddenException" },
    });
  });

  test("an API without a stage serves nothing", async () => {
    const unstaged = smallApi(["GET /"]).filter(({ type }) => type !== "aws_api_gateway_stage");
    expect((await gatewayOf(unstaged).call("GET /dev")).status).toBe(403);
  });
});

test("takes a body of 10 MB and not a byte more", async () => {
  const { call, sent } = gatewayOf(smallApi(["POST /"]));
  expect((await call("POST /dev", "x".repeat(MAX_BYTES))).status).toBe(200);
  expect(await call("POST /dev", "x".repeat(MAX_BYTES + 1))).toMatchObject({
    status: 413,
    body: "HTTP content length exceeded 10485760 bytes.",
    headers: { "content-type": "text; charset=utf-8" },
  });
  expect(sent).toHaveLength(1);
});

describe("the request to the integration", () => {
  const sentFor = async (changes: Record<string, unknown>, contentType = "application/json") => {
    const resources = smallApi(["POST /{id}"], {
      method: {
        request_parameters: {
          "method.request.header.X-A": false,
          "method.request.path.id": true,
          "method.request.querystring.q": false,
        },
      },
      integration: changes,
    });
    const { call, sent } = gatewayOf(changed(resources, "stage", { variables: { queue: "q" } }));
    const { status } = await call("POST /dev/7?q=1&q=2", "body", { "content-type": contentType, "x-a": "A" });
    return { status, sent: sent[0] };
  };

  test("has headers that are fixed or the client's", async () => {
    const { sent } = await sentFor({
      request_parameters: {
        "integration.request.header.Content-Type": "'text/x'",
        "integration.request.header.a": "method.request.header.X-A",
        "integration.request.header.id": "method.request.path.id",
        "integration.request.header.q": "method.request.querystring.q",
      },
    });
    expect(sent?.headers).toEqual({
      accept: "application/json",
      "content-type": "text/x",
      "user-agent": "AmazonAPIGateway_api",
      a: "A",
      id: "7",
      q: "2",
    });
  });

  test("is mapped by the template of its content type", async () => {
    const request_templates = {
      "application/json": "no",
      "text/plain":
        "$input.body $input.params('id') $context.httpMethod $context.identity.sourceIp $stageVariables.queue",
    };
    const { sent } = await sentFor({ request_templates, passthrough_behavior: "NEVER" }, "Text/Plain; charset=utf-8");
    expect(sent?.body).toBe("body 7 POST 127.0.0.1 q");
  });

  test.each([
    ["NEVER", {}, 415],
    ["NEVER", { "text/x": "x" }, 415],
    ["WHEN_NO_TEMPLATES", {}, 200],
    ["WHEN_NO_TEMPLATES", { "text/x": "x" }, 415],
    ["WHEN_NO_MATCH", { "text/x": "x" }, 200],
    [undefined, { "text/x": "x" }, 200],
  ])("passthrough_behavior %s with templates %j: %i", async (passthrough_behavior, request_templates, expected) => {
    const { status, sent } = await sentFor({ passthrough_behavior, request_templates });
    expect(status).toBe(expected);
    expect(sent?.body).toBe(expected === 200 ? "body" : undefined);
  });

  test("a body that a template reads as JSON and is none: 400", async () => {
    const { call, sent } = gatewayOf(
      smallApi(["POST /"], { integration: { request_templates: { "application/json": "$input.json('$')" } } }),
    );
    const response = await call("POST /dev", "{");
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body).message).toMatch(/^Could not parse request body into json: /);
    expect(sent).toEqual([]);
  });
});

describe("the API's own faults are 500 to the client, and named in the log", () => {
  const INTERNAL = {
    status: 500,
    body: '{"message":"Internal server error"}',
    headers: { "x-amzn-ErrorType": "InternalServerErrorException" },
  };

  test("a template that does not run", async () => {
    const { call, logged } = gatewayOf(
      smallApi(["POST /"], { integration: { request_templates: { "application/json": "$input.body.chars()" } } }),
    );
    expect(await call("POST /dev")).toMatchObject(INTERNAL);
    expect(logged.join()).toContain("Unable to transform request: chars() of a text is not modelled");
  });

  test("a response template that does not run", async () => {
    const { call, logged } = gatewayOf(
      smallApi(["POST /"], { response: { response_templates: { "application/json": "$input.path('$..a')" } } }),
    );
    expect(await call("POST /dev")).toMatchObject(INTERNAL);
    expect(logged.join()).toContain("Unable to transform response: the JSONPath $..a is not modelled");
  });

  test("a role that API Gateway may not assume", async () => {
    const { call, sent, logged } = gatewayOf(signed, { assume: refuse("AccessDenied", "no trust") });
    expect(await call("POST /dev/orders", order)).toMatchObject(INTERNAL);
    expect(logged.join()).toContain("does not have permission to assume the provided role: no trust");
    expect(sent).toEqual([]);
  });

  test("an answer that no response is for", async () => {
    const { call, logged } = gatewayOf(smallApi(["POST /"], { response: { selection_pattern: "20" } }));
    expect(await call("POST /dev")).toMatchObject(INTERNAL);
    expect(logged.join()).toContain("no integration response matches status 200");
  });

  test("an integration with a service that is not there fails at once", () => {
    expect(() => gatewayOf(orders, { integrations: {} })).toThrow(
      "POST /orders: integrations with sqs are not modelled",
    );
  });
});

describe("an integration that does not answer", () => {
  test("504 when it takes longer than 29 s, and what comes later is nobody's", async () => {
    let finish: () => void = () => undefined;
    const answer = () =>
      new Promise<ReturnType<typeof sqsAnswer>>((resolve) => {
        finish = () => resolve(sqsAnswer("late"));
      });
    const { call, clock, gateway } = gatewayOf(orders, { answer });
    let status: number | undefined;
    const called = call("POST /dev/orders", order).then((response) => {
      status = response.status;
      return response;
    });
    await new Promise(setImmediate);
    clock.advance(28_999);
    await new Promise(setImmediate);
    expect(status).toBeUndefined();
    clock.advance(1);
    const { headers, body } = await called;
    expect([status, JSON.parse(body).message]).toEqual([504, "Endpoint request timed out"]);
    expect(headers).toMatchObject({ "x-amzn-ErrorType": "InternalServerErrorException" });
    finish();
    expect(JSON.parse(gateway.accessLog[0] ?? "")).toMatchObject({
      integrationLatency: "29000",
      integrationStatus: "-",
      integrationError: "Endpoint request timed out",
    });
  });

  test("its own timeout before that", async () => {
    const { call, clock } = gatewayOf(smallApi(["POST /"], { integration: { timeout_milliseconds: 50 } }), {
      answer: () => new Promise(() => undefined),
    });
    const called = call("POST /dev");
    await new Promise(setImmediate);
    clock.advance(50);
    expect((await called).status).toBe(504);
  });

  test("504 when it cannot be reached, with the reason in the log", async () => {
    const { call, logged } = gatewayOf(signed, { answer: () => Promise.reject(new Error("it is down")) });
    expect(await call("POST /dev/orders", order)).toMatchObject({
      status: 504,
      body: '{"message":"Network error communicating with endpoint"}',
    });
    expect(logged.join()).toContain("POST /orders: it is down");
  });

  test("leaves no timer behind when it does", async () => {
    const { call, clock } = gatewayOf(orders);
    await call("POST /dev/orders", order);
    await new Promise(setImmediate);
    expect(clock.waitingCount).toBe(0);
  });
});

describe("the answer to the client", () => {
  test("is the integration's where there is no template", async () => {
    const { call } = gatewayOf(smallApi(["POST /"]), {
      answer: async () => ({ status: 404, headers: { a: "b" }, body: "é" }),
    });
    const { status, body, headers } = await call("POST /dev");
    expect({ status, body, a: headers.a }).toEqual({ status: 200, body: "é", a: undefined });
  });

  test("has the status and headers that its template sets", async () => {
    const template =
      '#set($context.responseOverride.status = 201)#set($context.responseOverride.header.Location = "/1")$input.path("$.id")';
    const resources = smallApi(["POST /"], { response: { response_templates: { "application/json": template } } });
    const { call } = gatewayOf(resources, { answer: async () => ({ status: 200, headers: {}, body: '{"id":1}' }) });
    expect(await call("POST /dev")).toMatchObject({ status: 201, body: "1", headers: { Location: "/1" } });
  });
});

describe("gateway responses", () => {
  const own = (response_type: string, attributes: Record<string, unknown>) =>
    resource("gateway_response", response_type, { response_type, ...attributes });
  const refusedBy = async (...responses: ReturnType<typeof own>[]) =>
    gatewayOf([...smallApi(["POST /"]), ...responses]).call("GET /dev/%22x");

  test("the type's own: status, headers and template", async () => {
    const response = await refusedBy(
      own("DEFAULT_4XX", { status_code: "400" }),
      own("MISSING_AUTHENTICATION_TOKEN", {
        status_code: "404",
        response_parameters: { "gatewayresponse.header.X-A": "'a, b'" },
        response_templates: {
          "application/json":
            '{"m":$context.error.messageString,"t":"$context.error.responseType","v":"$context.error.validationErrorString","id":"$context.requestId"}',
        },
      }),
    );
    expect(response).toMatchObject({ status: 404, headers: { "X-A": "a, b" } });
    expect(JSON.parse(response.body)).toEqual({
      m: "Missing Authentication Token",
      t: "MISSING_AUTHENTICATION_TOKEN",
      v: "",
      id: response.headers["x-amzn-RequestId"],
    });
  });

  test("else that for all of 4XX", async () => {
    const response = await refusedBy(
      own("DEFAULT_4XX", { response_templates: { "application/json": "$context.error.message" } }),
    );
    expect(response).toMatchObject({ status: 403, body: "Missing Authentication Token" });
  });

  test("not that for 5XX", async () => {
    expect(await refusedBy(own("DEFAULT_5XX", { status_code: "503" }))).toMatchObject({
      status: 403,
      body: JSON.stringify(FORBIDDEN_METHOD),
    });
  });

  test("a header is fixed or the request's, and is left out where the request has none", async () => {
    const response = own("DEFAULT_4XX", {
      response_parameters: {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.Access-Control-Allow-Origin": "method.request.header.Origin",
        "gatewayresponse.header.X-Q": "method.request.querystring.q",
        "gatewayresponse.header.X-None": "method.request.header.None",
      },
    });
    const { call } = gatewayOf([...smallApi(["POST /"]), response]);
    const { headers } = await call("GET /dev/x?q=a%20b", "", { origin: "https://a.example" });
    expect(headers).toEqual({
      "x-amzn-ErrorType": "MissingAuthenticationTokenException",
      "Content-Type": "application/problem+json",
      "Access-Control-Allow-Origin": "https://a.example",
      "X-Q": "a b",
      "x-amzn-RequestId": expect.any(String),
      "x-amz-apigw-id": expect.any(String),
    });
  });

  test("none changes what a request that is too large is told", async () => {
    const responses = ["DEFAULT_4XX", "REQUEST_TOO_LARGE"].map((type) => own(type, { status_code: "400" }));
    const invoke = () => Promise.reject(new AwsError("RequestEntityTooLargeException", "why", 413));
    const { call } = gatewayOf([...proxyApi(["POST /"]), ...responses], { invoke });
    expect(await call("POST /dev", "x".repeat(MAX_BYTES))).toMatchObject({
      status: 413,
      body: '{"message":"Request Too Long"}',
      headers: { "content-type": "application/json", "x-amzn-ErrorType": "BadRequestException" },
    });
    expect((await call("POST /dev", "x".repeat(MAX_BYTES + 1))).status).toBe(413);
  });
});
