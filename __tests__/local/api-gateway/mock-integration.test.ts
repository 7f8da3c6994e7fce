import { changed, gatewayOf, mockApi, resource, smallApi } from "../../support/rest-api";

const INTERNAL = { status: 500, body: '{"message":"Internal server error"}' };
const everything = (resources: ReturnType<typeof mockApi>) =>
  changed(resources, "rest_api", { binary_media_types: ["*/*"] });
/** Parameters of a response, declared by the method. */
const headers = (parameters: Readonly<Record<string, string>>, response: Readonly<Record<string, unknown>> = {}) => ({
  response: { response_parameters: parameters, ...response },
  methodResponse: {
    response_parameters: Object.fromEntries(Object.keys(parameters).map((parameter) => [parameter, false])),
  },
});

describe("a MOCK", () => {
  test("answers by itself, nothing where its response has no template", async () => {
    const { call, sent } = gatewayOf(mockApi(["GET /"]));
    expect(await call("GET /dev")).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-type": "application/json" },
    });
    expect(sent).toEqual([]);
  });

  test("answers with the response that the status of its request fits", async () => {
    const api = mockApi(["GET /{status}"], {
      integration: { request_templates: { "application/json": '{"statusCode": $input.params("status")}' } },
      response: { response_templates: { "application/json": "default" } },
    });
    const target = { http_method: "GET", resource_id: "/{status}" };
    const { call } = gatewayOf([
      ...api,
      resource("method_response", "Missing", { ...target, status_code: "404" }),
      resource("integration_response", "Missing", {
        ...target,
        status_code: "404",
        selection_pattern: "4\\d{2}",
        response_templates: { "application/json": "missing" },
      }),
    ]);
    expect(await call("GET /dev/204")).toMatchObject({ status: 200, body: "default" });
    expect(await call("GET /dev/499")).toMatchObject({ status: 404, body: "missing" });
  });

  test.each(["", "ok", "{}", "null", '{"statusCode": "x"}'])("whose request becomes %p is 500", async (text) => {
    const { call, logged } = gatewayOf(
      mockApi(["GET /"], { integration: { request_templates: { "application/json": text } } }),
    );
    expect(await call("GET /dev")).toMatchObject(INTERNAL);
    expect(logged.join()).toContain('A MOCK\'s request must become JSON such as {"statusCode": 200}');
  });

  test("that takes only what it has a template for refuses other content types", async () => {
    const { call } = gatewayOf(mockApi(["POST /"], { integration: { passthrough_behavior: "NEVER" } }));
    expect((await call("POST /dev", "", { "content-type": "text/plain" })).status).toBe(415);
    expect((await call("POST /dev")).status).toBe(200);
  });
});

describe("headers of a response", () => {
  test("are fixed, the request's or the stage's", async () => {
    const api = mockApi(["GET /"], {
      ...headers({
        "method.response.header.Access-Control-Allow-Origin": "'https://a.example'",
        "method.response.header.Content-Type": "'text/plain'",
        "method.response.header.Empty": "''",
        "method.response.header.Id": "context.requestId",
        "method.response.header.Queue": "stageVariables.queue",
        "method.response.header.None": "context.identity.userArn",
      }),
    });
    const answer = await gatewayOf(changed(api, "stage", { variables: { queue: "q" } })).call("GET /dev");
    expect(answer.headers).toEqual({
      "Access-Control-Allow-Origin": "https://a.example",
      "Content-Type": "text/plain",
      Empty: "",
      Id: answer.headers["x-amzn-RequestId"],
      Queue: "q",
      "x-amzn-RequestId": expect.any(String),
      "x-amz-apigw-id": expect.any(String),
    });
  });

  test("are the integration's", async () => {
    const api = smallApi(["GET /"], headers({ "method.response.header.A": "integration.response.header.x-b" }));
    const answer = async () => ({ status: 200, headers: { "X-B": "b" }, body: "" });
    expect((await gatewayOf(api, { answer }).call("GET /dev")).headers.A).toBe("b");
  });

  test("give way to the template's", async () => {
    const api = mockApi(
      ["OPTIONS /"],
      headers(
        { "method.response.header.Access-Control-Allow-Origin": "'https://a.example'" },
        {
          response_templates: {
            "application/json":
              '#set($origin = $input.params("origin"))#if($origin == "https://b.example")#set($context.responseOverride.header.access-control-allow-origin = $origin)#end',
          },
        },
      ),
    );
    const { call } = gatewayOf(api);
    const originOf = async (origin: string) => {
      const answer = await call("OPTIONS /dev", "", { origin });
      return Object.entries(answer.headers).filter(([name]) => name.toLowerCase() === "access-control-allow-origin");
    };
    expect(await originOf("https://b.example")).toEqual([["access-control-allow-origin", "https://b.example"]]);
    expect(await originOf("https://c.example")).toEqual([["Access-Control-Allow-Origin", "https://a.example"]]);
  });
});

describe("where every media type is binary", () => {
  test.each([
    ["is 500 without CONVERT_TO_TEXT, even without a body", undefined, "", 500],
    ["answers with it", "CONVERT_TO_TEXT", "", 200],
    ["answers with it to any bytes", "CONVERT_TO_TEXT", "\0", 200],
  ])("a template %s", async (_, content_handling, body, status) => {
    const { call, logged } = gatewayOf(everything(mockApi(["POST /"], { integration: { content_handling } })));
    expect((await call("POST /dev", body)).status).toBe(status);
    if (status === 500) expect(logged.join()).toContain("the integration does not CONVERT_TO_TEXT");
  });

  test("a service's template reads base64", async () => {
    const integration = {
      request_templates: { "application/json": "$input.body" },
      content_handling: "CONVERT_TO_TEXT",
    };
    const { call, sent } = gatewayOf(
      everything(smallApi(["POST /"], { integration, response: { content_handling: "CONVERT_TO_TEXT" } })),
    );
    expect((await call("POST /dev", "é")).status).toBe(200);
    expect(sent[0]?.body).toBe("w6k=");
  });

  test.each([
    ["counts as base64", undefined, "w6k=", { status: 200, body: "é" }],
    ["is 500 where it is none", undefined, "{}", INTERNAL],
    ["is text with CONVERT_TO_TEXT", "CONVERT_TO_TEXT", "{}", { status: 200, body: "{}" }],
  ])("the text of an answer %s", async (_, content_handling, text, expected) => {
    const api = mockApi(["GET /"], {
      integration: { content_handling: "CONVERT_TO_TEXT" },
      response: { response_templates: { "application/json": text }, content_handling },
    });
    expect(await gatewayOf(everything(api)).call("GET /dev")).toMatchObject(expected);
  });
});
