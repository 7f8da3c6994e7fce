import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { AwsError } from "../../../local/aws";
import {
  canonicalRequest,
  scopeText,
  sha256,
  signatureOf,
  stringToSign,
  timestampOf,
} from "../../../local/iam/signature";
import { sign } from "../../../local/iam/sigv4";
import type { Resource } from "../../../terraform/config";
import {
  type ApiOptions,
  apiAround,
  connectTo,
  functionRoute,
  invokeArn,
  part,
  routeResponse,
  serveApi,
} from "../../support/apis-v2";
import { until } from "../../support/until";

type Served = Awaited<ReturnType<typeof serveApi>>;

const running = new Set<Served>();
afterEach(async () => {
  await Promise.all([...running].map((served) => served.stop()));
  running.clear();
});

async function serve(resources: readonly Resource[], options: ApiOptions = {}): Promise<Served> {
  const served = await serveApi(resources, options);
  running.add(served);
  return served;
}

const all = apiAround([...functionRoute("$connect"), ...functionRoute("$disconnect"), ...functionRoute("$default")]);

/** Whether a connect is refused, with which status. */
const refusalOf = (connecting: Promise<unknown>): Promise<string> =>
  connecting.then(
    () => "connected",
    (error: Error) => error.message,
  );

interface Event {
  readonly headers?: Record<string, string>;
  readonly requestContext: Record<string, unknown>;
  readonly body?: string;
}

/** Events of a type, in order. */
const eventsOf = ({ invoked }: Served, eventType: string): readonly Event[] =>
  invoked
    .map(({ event }) => event as Event & { readonly type?: string })
    .filter(({ type, requestContext }) => type === undefined && requestContext.eventType === eventType);

const clientOf = ({ url, credentials }: Served): ApiGatewayManagementApiClient =>
  new ApiGatewayManagementApiClient({ endpoint: `${url}/dev`, region: "eu-west-1", credentials, maxAttempts: 1 });

describe("connecting", () => {
  test("invokes $connect with the request, and goes on only when it says yes", async () => {
    const served = await serve(all);
    await connectTo(`${served.url}/dev?room=tea&room=cake`, { headers: { "X-Own": "1" } });
    const [call] = served.invoked;
    expect(call?.sourceArn).toBe("arn:aws:execute-api:eu-west-1:123456789012:api/dev/$connect");
    expect(call?.caller.service).toBe("apigateway.amazonaws.com");
    expect(call?.event).toEqual({
      headers: expect.objectContaining({
        Host: `127.0.0.1:${served.port}`,
        "X-Own": "1",
        "X-Forwarded-Proto": "https",
      }),
      multiValueHeaders: expect.objectContaining({ "X-Own": ["1"] }),
      queryStringParameters: { room: "cake" },
      multiValueQueryStringParameters: { room: ["tea", "cake"] },
      requestContext: {
        routeKey: "$connect",
        eventType: "CONNECT",
        extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/),
        requestTime: "09/Aug/2026:12:34:56 +0000",
        messageDirection: "IN",
        stage: "dev",
        connectedAt: served.clock.now(),
        requestTimeEpoch: served.clock.now(),
        identity: { sourceIp: "127.0.0.1" },
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        domainName: "api.execute-api.eu-west-1.amazonaws.com",
        connectionId: served.apis.webSocketApi("api")?.connectionIds[0],
        apiId: "api",
      },
      isBase64Encoded: false,
    });
  });

  test("needs no $connect route", async () => {
    const served = await serve(apiAround(functionRoute("$default")));
    await connectTo(`${served.url}/dev`);
    expect(served.invoked).toEqual([]);
  });

  test.each<
    [
      string,
      string,
      () => Promise<{ payload: unknown } | { functionError: { errorType: string; errorMessage: string } }>,
    ]
  >([
    ["says no", "403", async () => ({ payload: { statusCode: 403 } })],
    ["says so with a status of its own", "418", async () => ({ payload: { statusCode: 418 } })],
    ["fails", "502", async () => ({ functionError: { errorType: "Error", errorMessage: "oh" } })],
    ["answers in another form", "502", async () => ({ payload: "yes" })],
    ["may not be invoked", "500", () => Promise.reject(new AwsError("AccessDeniedException", "no", 403))],
  ])("is refused where the function %s: %s", async (_, status, result) => {
    const served = await serve(all, { result });
    expect(await refusalOf(connectTo(`${served.url}/dev`))).toBe(`Unexpected server response: ${status}`);
    expect(eventsOf(served, "DISCONNECT")).toEqual([]);
  });

  test("is refused for a stage or an API that is not there", async () => {
    const served = await serve(all);
    expect(await refusalOf(connectTo(`${served.url}/prod`))).toBe("Unexpected server response: 403");
    expect(await refusalOf(connectTo(`${served.url}/dev/more`))).toBe("Unexpected server response: 403");
  });

  test("leaves no token in the log, not even one that came to a wrong stage", async () => {
    const served = await serve(all);
    await connectTo(`${served.url}/dev?token=secret`);
    expect(await refusalOf(connectTo(`${served.url}/prod?token=secret`))).toBe("Unexpected server response: 403");
    expect(served.logged.join("\n")).toContain("CONNECT /prod 403: there is no such stage");
    expect(served.logged.join("\n")).not.toContain("secret");
  });

  test("has a subprotocol only where $connect names it", async () => {
    const result = async (event: { headers?: Record<string, string> }) => ({
      payload: {
        statusCode: 200,
        headers: { "Sec-WebSocket-Protocol": event.headers?.["Sec-WebSocket-Protocol"]?.split(",")[0] ?? "" },
      },
    });
    const served = await serve(all, { result: result as ApiOptions["result"] });
    const { socket } = await connectTo(`${served.url}/dev`, { protocols: ["orders", "other"] });
    expect(socket.protocol).toBe("orders");
    const silent = await serve(all);
    expect(await refusalOf(connectTo(`${silent.url}/dev`, { protocols: ["orders"] }))).toBe(
      "Server sent no subprotocol",
    );
  });
});

describe("authorization of $connect", () => {
  const withAuthorization = (route: object, authorizer: object = {}) =>
    apiAround([
      part("authorizer", "Auth", {
        id: "auth",
        name: "token",
        authorizer_type: "REQUEST",
        authorizer_uri: invokeArn("authorizer"),
        identity_sources: ["route.request.querystring.token"],
        ...authorizer,
      }),
      ...functionRoute("$connect", { route: { ...route } }),
      ...functionRoute("$default"),
      ...functionRoute("$disconnect"),
    ]);
  const custom = withAuthorization({ authorization_type: "CUSTOM", authorizer_id: "auth" });
  const policy = (Effect: string, Resource = "*") => ({
    principalId: "ann",
    policyDocument: { Version: "2012-10-17", Statement: [{ Effect, Action: "execute-api:Invoke", Resource }] },
    context: { tenant: "t1", level: 3 },
  });
  const answering =
    (answer: unknown): ApiOptions["result"] =>
    async (event) => ({ payload: event.type === "REQUEST" ? answer : { statusCode: 200 } });

  test("asks the function, and gives every event what it said", async () => {
    const served = await serve(custom, { result: answering(policy("Allow")) });
    const { socket, closed } = await connectTo(`${served.url}/dev?token=x`);
    const [asked] = served.invoked;
    expect(asked?.sourceArn).toBe("arn:aws:execute-api:eu-west-1:123456789012:api/authorizers/auth");
    expect(asked?.event).toMatchObject({
      type: "REQUEST",
      methodArn: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/$connect",
      queryStringParameters: { token: "x" },
      requestContext: { routeKey: "$connect", eventType: "CONNECT" },
    });
    socket.send("hello");
    await until(() => eventsOf(served, "MESSAGE").length > 0, "the message");
    socket.close();
    await closed;
    await until(() => eventsOf(served, "DISCONNECT").length > 0, "$disconnect");
    for (const eventType of ["CONNECT", "MESSAGE", "DISCONNECT"]) {
      const authorizer = { principalId: "ann", tenant: "t1", level: "3", integrationLatency: 0 };
      expect(eventsOf(served, eventType)[0]?.requestContext.authorizer).toEqual(authorizer);
    }
  });

  test("is 401 without the identity source, and asks nobody", async () => {
    const served = await serve(custom);
    expect(await refusalOf(connectTo(`${served.url}/dev`))).toBe("Unexpected server response: 401");
    expect(served.invoked).toEqual([]);
  });

  test.each<[string, string, unknown]>([
    ["denies", "403", policy("Deny")],
    ["allows another route", "403", policy("Allow", "arn:aws:execute-api:eu-west-1:123456789012:api/dev/GET/*")],
    ["answers in another form", "500", { isAuthorized: true }],
  ])("is refused where the function %s: %s", async (_, status, answer) => {
    const served = await serve(custom, { result: answering(answer) });
    expect(await refusalOf(connectTo(`${served.url}/dev?token=x`))).toBe(`Unexpected server response: ${status}`);
    expect(eventsOf(served, "CONNECT")).toEqual([]);
  });

  test("is 401 where the function says Unauthorized, 500 where it fails otherwise", async () => {
    for (const [errorMessage, status] of [
      ["Unauthorized", 401],
      ["oh", 500],
    ] as const) {
      const served = await serve(custom, {
        result: async () => ({ functionError: { errorType: "Error", errorMessage } }),
      });
      expect(await refusalOf(connectTo(`${served.url}/dev?token=x`))).toBe(`Unexpected server response: ${status}`);
    }
  });

  test("by IAM wants a signature, and the right to invoke $connect", async () => {
    const resources = withAuthorization({ authorization_type: "AWS_IAM" });
    const served = await serve(resources);
    expect(await refusalOf(connectTo(`${served.url}/dev`))).toBe("Unexpected server response: 403");
    const headers = sign(
      {
        method: "GET",
        path: "/_aws/execute-api/api/dev",
        headers: { host: `127.0.0.1:${served.port}` },
        body: Buffer.alloc(0),
      },
      served.credentials,
      { region: "eu-west-1", service: "execute-api", now: Date.now() },
    );
    const { host: _, ...rest } = headers;
    await connectTo(`${served.url}/dev`, { headers: rest });
    expect(served.asked).toMatchObject([
      { action: "execute-api:Invoke", resource: "arn:aws:execute-api:eu-west-1:123456789012:api/dev/$connect" },
    ]);
    expect(eventsOf(served, "CONNECT")[0]?.requestContext.identity).toEqual({
      sourceIp: "127.0.0.1",
      accessKey: "AKIDEXAMPLE",
      accountId: "123456789012",
      caller: "AROA:one",
      user: "AROA:one",
      userArn: "arn:aws:sts::123456789012:assumed-role/someone/one",
    });
    const refused = await serve(resources, {
      refuse: () => {
        throw new AwsError("AccessDeniedException", "no", 403);
      },
    });
    const signed = sign(
      {
        method: "GET",
        path: "/_aws/execute-api/api/dev",
        headers: { host: `127.0.0.1:${refused.port}` },
        body: Buffer.alloc(0),
      },
      refused.credentials,
      { region: "eu-west-1", service: "execute-api", now: Date.now() },
    );
    expect(await refusalOf(connectTo(`${refused.url}/dev`, { headers: signed }))).toBe(
      "Unexpected server response: 403",
    );
  });
});

test("a browser connects by a presigned URL, and not by one that was changed", async () => {
  const served = await serve(apiAround(functionRoute("$connect", { route: { authorization_type: "AWS_IAM" } })));
  const { accessKeyId, secretAccessKey, sessionToken } = served.credentials;
  const timestamp = timestampOf(Date.now());
  const scope = { date: timestamp.slice(0, 8), region: "eu-west-1", service: "execute-api" };
  const query = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${accessKeyId}/${scopeText(scope)}`,
    "X-Amz-Date": timestamp,
    "X-Amz-Security-Token": sessionToken,
    "X-Amz-SignedHeaders": "host",
  });
  const path = `/_aws/execute-api/api/dev?${query}`;
  const request = { method: "GET", path, headers: { host: `127.0.0.1:${served.port}` }, body: Buffer.alloc(0) };
  const coverage = { service: "execute-api", signedHeaders: ["host"], payloadHash: sha256(""), isPresigned: true };
  const text = stringToSign(timestamp, scope, canonicalRequest(request, coverage));
  query.set("X-Amz-Signature", signatureOf(secretAccessKey, scope, text));
  await connectTo(`${served.url}/dev?${query}`);
  expect(served.asked).toMatchObject([{ action: "execute-api:Invoke" }]);
  query.set("X-Amz-Date", timestampOf(Date.now() - 60_000));
  expect(await refusalOf(connectTo(`${served.url}/dev?${query}`))).toBe("Unexpected server response: 403");
});

describe("messages", () => {
  const routes = apiAround([
    ...functionRoute("$default"),
    ...functionRoute("subscribe", { route: { route_response_selection_expression: "$default" } }),
    routeResponse("subscribe"),
  ]);

  test("go to the route that they name, and all others to $default", async () => {
    const served = await serve(routes);
    const { socket } = await connectTo(`${served.url}/dev`);
    for (const text of [
      '{"action":"subscribe"}',
      '{"action":"other"}',
      "no json",
      '{"action":"$connect"}',
      '{"action":{}}',
    ])
      socket.send(text);
    await until(() => eventsOf(served, "MESSAGE").length === 5, "five messages");
    const keys = eventsOf(served, "MESSAGE").map(({ requestContext }) => requestContext.routeKey);
    expect(keys).toEqual(["subscribe", "$default", "$default", "$default", "$default"]);
    const [first] = served.invoked;
    expect(first?.sourceArn).toBe("arn:aws:execute-api:eu-west-1:123456789012:api/dev/subscribe");
    expect(first?.event).toEqual({
      requestContext: expect.objectContaining({
        messageId: expect.stringMatching(/^[\w-]{15}=$/),
        eventType: "MESSAGE",
        messageDirection: "IN",
      }),
      body: '{"action":"subscribe"}',
      isBase64Encoded: false,
    });
  });

  test("are answered where the route has a response", async () => {
    const served = await serve(routes, { result: async () => ({ payload: { statusCode: 200, body: "welcome" } }) });
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send("{}");
    socket.send('{"action":"subscribe"}');
    expect(await next()).toBe("welcome");
  });

  test("that no route takes are forbidden, and the connection stays", async () => {
    const served = await serve(apiAround(functionRoute("subscribe")));
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send('{"action":"other"}');
    expect(JSON.parse(await next())).toEqual({
      message: "Forbidden",
      connectionId: served.apis.webSocketApi("api")?.connectionIds[0],
      requestId: expect.stringMatching(/^[\w-]{15}=$/),
    });
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test.each<[string, ApiOptions["result"]]>([
    ["fails", async () => ({ functionError: { errorType: "Error", errorMessage: "secret" } })],
    ["answers nothing", async () => ({ payload: null })],
    ["may not be invoked", () => Promise.reject(new AwsError("AccessDeniedException", "no", 403))],
  ])("whose function %s are an internal server error", async (_, result) => {
    const served = await serve(routes, { result });
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send("{}");
    expect(JSON.parse(await next())).toMatchObject({ message: "Internal server error" });
  });

  test("whose function takes too long time out", async () => {
    const served = await serve(routes, { result: () => new Promise(() => undefined) });
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send("{}");
    await until(() => served.invoked.length > 0, "an invocation");
    served.clock.advance(28_999);
    served.clock.advance(1);
    expect(JSON.parse(await next())).toMatchObject({ message: "Endpoint request timed out" });
  });

  test("come from a MOCK without anybody being called", async () => {
    const served = await serve(
      apiAround([
        part("integration", "Ping", {
          id: "ping",
          integration_type: "MOCK",
          request_templates: { "200": '{"statusCode":200}' },
          template_selection_expression: "200",
        }),
        part("integration_response", "Pong", {
          integration_id: "ping",
          integration_response_key: "/200/",
          response_templates: { $default: '{"pong":"$context.connectionId"}' },
        }),
        part("route", "Ping", {
          id: "ping",
          route_key: "ping",
          target: "integrations/ping",
          route_response_selection_expression: "$default",
        }),
        routeResponse("ping"),
      ]),
    );
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send('{"action":"ping"}');
    expect(JSON.parse(await next())).toEqual({ pong: served.apis.webSocketApi("api")?.connectionIds[0] });
    expect(served.invoked).toEqual([]);
  });
});

describe("limits", () => {
  const chat = apiAround([...functionRoute("$disconnect"), ...functionRoute("$default")]);

  test("a frame may have 32 KB, and one byte more ends the connection with 1009", async () => {
    const served = await serve(chat);
    const { socket, closed } = await connectTo(`${served.url}/dev`);
    socket.send("a".repeat(32_768));
    await until(() => eventsOf(served, "MESSAGE").length === 1, "the message");
    socket.send("a".repeat(32_769));
    expect((await closed).code).toBe(1_009);
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
    expect(eventsOf(served, "MESSAGE")).toHaveLength(1);
    expect(eventsOf(served, "DISCONNECT")[0]?.requestContext).toMatchObject({ disconnectStatusCode: 1_009 });
  });

  test("a message may have 128 KB in several frames, and one byte more ends the connection with 1009", async () => {
    const served = await serve(chat);
    const { socket, closed } = await connectTo(`${served.url}/dev`);
    const sendInFrames = (bytes: number): void => {
      for (let sent = 0; sent < bytes; sent += 32_768) {
        const size = Math.min(32_768, bytes - sent);
        socket.send("a".repeat(size), { fin: sent + size === bytes });
      }
    };
    sendInFrames(131_072);
    await until(() => eventsOf(served, "MESSAGE").length === 1, "the message");
    expect(eventsOf(served, "MESSAGE")[0]?.body).toHaveLength(131_072);
    sendInFrames(131_073);
    expect((await closed).code).toBe(1_009);
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
  });

  test("a binary frame ends the connection with 1003", async () => {
    const served = await serve(chat);
    const { socket, closed } = await connectTo(`${served.url}/dev`);
    socket.send(Buffer.from([1]));
    expect((await closed).code).toBe(1_003);
  });

  test("ten minutes without a message end a connection", async () => {
    const served = await serve(chat);
    const { socket, closed } = await connectTo(`${served.url}/dev`);
    await until(() => served.apis.webSocketApi("api")?.connectionIds.length === 1, "the connection");
    served.clock.advance(599_999);
    socket.send("still here");
    await until(() => eventsOf(served, "MESSAGE").length === 1, "the message");
    served.clock.advance(599_999);
    expect(socket.readyState).toBe(socket.OPEN);
    served.clock.advance(1);
    expect(await closed).toEqual({ code: 1_001, reason: "Going away" });
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
    expect(eventsOf(served, "DISCONNECT")[0]?.requestContext).toMatchObject({
      disconnectStatusCode: 1_001,
      disconnectReason: "Going away",
    });
  });

  test("two hours end a connection, whatever was said", async () => {
    const served = await serve(chat);
    const { socket, closed } = await connectTo(`${served.url}/dev`);
    await until(() => served.apis.webSocketApi("api")?.connectionIds.length === 1, "the connection");
    for (let minutes = 0; minutes < 120; minutes += 8) {
      const before = eventsOf(served, "MESSAGE").length;
      socket.send("still here");
      await until(() => eventsOf(served, "MESSAGE").length > before, "another message");
      served.clock.advance(8 * 60_000);
    }
    expect((await closed).code).toBe(1_001);
  });

  test("throttles bound connects and messages, each route by itself", async () => {
    const served = await serve(
      apiAround([...functionRoute("$connect"), ...functionRoute("$default")], {
        stage: {
          default_route_settings: { throttling_rate_limit: 1, throttling_burst_limit: 2 },
          route_settings: [{ route_key: "$default", throttling_rate_limit: 1, throttling_burst_limit: 1 }],
        },
      }),
    );
    const { socket, next } = await connectTo(`${served.url}/dev`);
    await connectTo(`${served.url}/dev`);
    expect(await refusalOf(connectTo(`${served.url}/dev`))).toBe("Unexpected server response: 429");
    socket.send("one");
    socket.send("two");
    expect(JSON.parse(await next())).toMatchObject({ message: "Too Many Requests" });
    expect(eventsOf(served, "MESSAGE")).toHaveLength(1);
  });

  test("throttles that are not written are 0", async () => {
    const served = await serve(
      apiAround(functionRoute("$default"), { stage: { default_route_settings: { detailed_metrics_enabled: true } } }),
    );
    expect(await refusalOf(connectTo(`${served.url}/dev`))).toBe("Unexpected server response: 429");
  });
});

describe("disconnecting", () => {
  test.each<[number | undefined, number, string]>([
    [undefined, 1_005, "Client-side close frame status not set"],
    [1_000, 1_000, "bye"],
    [4_001, 4_001, "bye"],
  ])("with %s tells $disconnect %i", async (code, disconnectStatusCode, disconnectReason) => {
    const served = await serve(all);
    const { socket } = await connectTo(`${served.url}/dev`);
    if (code) socket.close(code, "bye");
    else socket.close();
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
    expect(eventsOf(served, "DISCONNECT")[0]).toMatchObject({
      headers: { Host: `127.0.0.1:${served.port}`, "X-Forwarded-For": "127.0.0.1", "x-api-key": "", "x-restapi": "" },
      requestContext: { routeKey: "$disconnect", disconnectStatusCode, disconnectReason },
    });
    expect(served.apis.webSocketApi("api")?.connectionIds).toEqual([]);
  });

  test("of a client that hangs up is seen", async () => {
    const served = await serve(all);
    const { socket } = await connectTo(`${served.url}/dev`);
    socket.terminate();
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
    expect(eventsOf(served, "DISCONNECT")[0]?.requestContext.disconnectStatusCode).toBe(1_006);
  });

  test("of everybody at the stop tells nobody", async () => {
    const served = await serve(all);
    const { closed } = await connectTo(`${served.url}/dev`);
    await served.stop();
    running.delete(served);
    expect((await closed).code).toBe(1_006);
    expect(eventsOf(served, "DISCONNECT")).toEqual([]);
    expect(served.clock.waitingCount).toBe(0);
  });
});

describe("@connections", () => {
  const connected = async (options: ApiOptions = {}) => {
    const served = await serve(all, options);
    const client = await connectTo(`${served.url}/dev`);
    await until(() => served.apis.webSocketApi("api")?.connectionIds.length === 1, "the connection");
    const [ConnectionId = ""] = served.apis.webSocketApi("api")?.connectionIds ?? [];
    return { served, client, ConnectionId, management: clientOf(served) };
  };

  test("sends, by the SDK", async () => {
    const { served, client, ConnectionId, management } = await connected();
    await management.send(new PostToConnectionCommand({ ConnectionId, Data: "hello ✓" }));
    expect(await client.next()).toBe("hello ✓");
    expect(served.asked.at(-1)).toMatchObject({
      action: "execute-api:ManageConnections",
      resource: `arn:aws:execute-api:eu-west-1:123456789012:api/dev/POST/@connections/${ConnectionId}`,
    });
  });

  test("says who the client is", async () => {
    const { served, ConnectionId, management } = await connected();
    served.clock.advance(1_000);
    await management.send(new PostToConnectionCommand({ ConnectionId, Data: "x" }));
    const now = served.clock.now();
    expect(await management.send(new GetConnectionCommand({ ConnectionId }))).toMatchObject({
      ConnectedAt: new Date(now - 1_000),
      LastActiveAt: new Date(now),
      Identity: { SourceIp: "127.0.0.1" },
    });
  });

  test("ends a connection, of which $disconnect is told", async () => {
    const { served, client, ConnectionId, management } = await connected();
    await management.send(new DeleteConnectionCommand({ ConnectionId }));
    expect((await client.closed).code).toBe(1_000);
    await until(() => eventsOf(served, "DISCONNECT").length === 1, "$disconnect");
    await expect(management.send(new PostToConnectionCommand({ ConnectionId, Data: "x" }))).rejects.toMatchObject({
      name: "GoneException",
      $metadata: { httpStatusCode: 410 },
    });
  });

  test("knows no client before $connect has said yes", async () => {
    let seen = "";
    const served: Served = await serve(all, {
      result: async (event) => {
        const { connectionId, eventType } = (event as unknown as Event).requestContext;
        if (eventType === "CONNECT") {
          const command = new PostToConnectionCommand({ ConnectionId: String(connectionId), Data: "x" });
          seen = await clientOf(served)
            .send(command)
            .then(
              () => "sent",
              (error: Error) => error.name,
            );
        }
        return { payload: { statusCode: 200 } };
      },
    });
    await connectTo(`${served.url}/dev`);
    expect(seen).toBe("GoneException");
  });

  test("refuses an id that is none, an unknown stage and a message that is too large", async () => {
    const { served, ConnectionId, management } = await connected();
    const post = (id: string, Data: string, client = management) =>
      client.send(new PostToConnectionCommand({ ConnectionId: id, Data })).then(
        () => "sent",
        ({ name, $metadata }) => `${name} ${$metadata.httpStatusCode}`,
      );
    expect(await post("nobody", "x")).toBe("BadRequestException 400");
    expect(await post("AAAAAAAAAAAAAAA=", "x")).toBe("GoneException 410");
    expect(await post(ConnectionId, "a".repeat(131_072))).toBe("sent");
    expect(await post(ConnectionId, "a".repeat(131_073))).toBe("PayloadTooLargeException 413");
    const elsewhere = new ApiGatewayManagementApiClient({
      endpoint: `${served.url}/prod`,
      region: "eu-west-1",
      credentials: served.credentials,
      maxAttempts: 1,
    });
    expect(await post(ConnectionId, "x", elsewhere)).toBe("ForbiddenException 403");
  });

  test("refuses whoever does not sign, or may not", async () => {
    const { served, ConnectionId, management } = await connected({
      refuse: ({ action }) => {
        if (action === "execute-api:ManageConnections")
          throw new AwsError("AccessDeniedException", "User: x is not authorized", 403);
      },
    });
    const unsigned = await fetch(`${served.url}/dev/@connections/${encodeURIComponent(ConnectionId)}`, {
      method: "POST",
    });
    expect([unsigned.status, await unsigned.json()]).toEqual([403, { message: "Missing Authentication Token" }]);
    await expect(management.send(new PostToConnectionCommand({ ConnectionId, Data: "x" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: "User: x is not authorized",
    });
  });

  test("takes nothing more for a client that does not read", async () => {
    const { client, ConnectionId, management } = await connected();
    client.socket.pause();
    let name = "";
    for (let count = 0; count < 400 && name === ""; count += 1) {
      const command = new PostToConnectionCommand({ ConnectionId, Data: "a".repeat(131_072) });
      name = await management.send(command).then(
        () => "",
        (error: Error) => error.name,
      );
    }
    expect(name).toBe("LimitExceededException");
  });
});

describe("the access log", () => {
  test("has a line for each event", async () => {
    const format = JSON.stringify({
      event: "$context.eventType",
      route: "$context.routeKey",
      status: "$context.status",
      error: "$context.error.message",
    });
    const served = await serve(
      apiAround([...functionRoute("$connect"), ...functionRoute("subscribe")], {
        stage: {
          access_log_settings: { destination_arn: "arn:aws:logs:eu-west-1:123456789012:log-group:group", format },
        },
      }),
    );
    const { socket, next } = await connectTo(`${served.url}/dev`);
    socket.send("other");
    await next();
    expect(served.apis.webSocketApi("api")?.accessLog.map((line) => JSON.parse(line))).toEqual([
      { event: "CONNECT", route: "$connect", status: "200", error: "-" },
      { event: "MESSAGE", route: "$default", status: "403", error: "Forbidden" },
    ]);
  });
});

describe("a configuration", () => {
  const refused = (resources: readonly Resource[]) => serve(resources);

  test.each<[string, readonly Resource[], string]>([
    [
      "cors",
      apiAround(functionRoute("$default"), { api: { cors_configuration: {} } }),
      "cors_configuration is of HTTP APIs",
    ],
    [
      "a selection of something else",
      apiAround(functionRoute("$default"), { api: { route_selection_expression: "$request.method" } }),
      "route_selection_expression must be such as $request.body.action",
    ],
    [
      "an authorizer beside $connect",
      apiAround(functionRoute("$default", { route: { authorization_type: "AWS_IAM" } })),
      "authorization_type must be NONE: $connect alone is authorized, got: AWS_IAM",
    ],
    [
      "payload 2.0",
      apiAround(functionRoute("$default", { integration: { payload_format_version: "2.0" } })),
      "payload_format_version must be 1.0, got: 2.0",
    ],
    [
      "an integration by HTTP",
      apiAround(functionRoute("$default", { integration: { integration_type: "HTTP_PROXY" } })),
      'aws_apigatewayv2_integration.$default: integration_type is not modelled by the local run, got: "HTTP_PROXY"',
    ],
    [
      "models",
      apiAround(functionRoute("$default", { route: { model_selection_expression: "x" } })),
      "model_selection_expression is not modelled by the local run",
    ],
    [
      "longer than 29 seconds",
      apiAround(functionRoute("$default", { integration: { timeout_milliseconds: 29_001 } })),
      "timeout_milliseconds must be at most 29000, got: 29001",
    ],
    [
      "a stage that serves nothing",
      apiAround(functionRoute("$default"), { stage: { deployment_id: undefined } }),
      "deployment_id or auto_deploy must be given",
    ],
    [
      "settings of a route that is not there",
      apiAround(functionRoute("$default"), { stage: { route_settings: [{ route_key: "other" }] } }),
      "route_settings: there is no route other in the API",
    ],
    [
      "an access log with a variable of REST APIs",
      apiAround(functionRoute("$default"), {
        stage: { access_log_settings: { destination_arn: "x", format: "$context.httpMethod" } },
      }),
      "$context.httpMethod is not modelled by the local run",
    ],
    [
      "a route response without its selection",
      apiAround([...functionRoute("$default"), routeResponse("$default")]),
      "route_response_selection_expression must be $default for its route response to be sent",
    ],
    [
      "a target that is none",
      apiAround(functionRoute("$default", { route: { target: "integrations/other" } })),
      "target must be integrations/<id> of an integration of the API, got: integrations/other",
    ],
  ])("with %s is refused", async (_, resources, message) => {
    await expect(refused(resources)).rejects.toThrow(message);
  });
});
