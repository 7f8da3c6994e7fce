import type { Cors } from "../../../constructs/apigateway/cors";
import type {
  HttpMethod,
  RequestAuthorizerDefinition,
  TokenAuthorizerDefinition,
} from "../../../constructs/apigateway/definition";
import type { ProxyIntegration } from "../../../constructs/apigateway/integration";
import type { RouteOptions } from "../../../constructs/apigateway/route-options";
import { UsagePlan } from "../../../constructs/apigateway/usage-plan";
import { MappingTemplate } from "../../../local/api-gateway/mapping-template";
import { at, synthesizeApi, toQueue } from "../../support/api";
import { type Attributes, type Config, countOf, only } from "../../support/synth";

const integration: ProxyIntegration = { type: "AWS_PROXY", uri: "function", credentialsArn: "role", dependsOn: [] };

const configOf = (
  allowOrigins: readonly string[],
  routes: readonly (readonly [HttpMethod, string])[] = [["GET", "/a"]],
): Config =>
  synthesizeApi(
    (api) => {
      for (const [method, path] of routes) api.addRoute(method, path, integration);
    },
    { cors: { allowOrigins } },
  );

/** What a preflight is answered with. */
const preflightOf = (config: Config): Attributes =>
  config.resource.aws_api_gateway_integration_response?.Api_a_OPTIONS_204Mapping ?? {};

const allowOrigin = "method.response.header.Access-Control-Allow-Origin";

test("a preflight is answered to anyone, without calling anything", () => {
  const config = configOf(["https://a.example"]);
  expect(config.resource.aws_api_gateway_method?.Api_a_OPTIONS).toMatchObject({
    http_method: "OPTIONS",
    authorization: "NONE",
  });
  expect(config.resource.aws_api_gateway_method?.Api_a_GET?.authorization).toBe("AWS_IAM");
  expect(config.resource.aws_api_gateway_integration?.Api_a_OPTIONS_Integration).toMatchObject({
    type: "MOCK",
    request_templates: { "application/json": '{"statusCode":204}' },
    passthrough_behavior: "NEVER",
    content_handling: "CONVERT_TO_TEXT",
  });
  expect(only(config, "aws_api_gateway_deployment").depends_on).toEqual(
    expect.arrayContaining([
      "aws_api_gateway_method.Api_a_OPTIONS",
      "aws_api_gateway_integration.Api_a_OPTIONS_Integration",
      "aws_api_gateway_integration_response.Api_a_OPTIONS_204Mapping",
    ]),
  );
});

test("each path has one preflight, which names the methods of the path", () => {
  const config = configOf(
    ["https://a.example"],
    [
      ["POST", "/a"],
      ["GET", "/a"],
      ["GET", "/b/c"],
    ],
  );
  const responses = config.resource.aws_api_gateway_integration_response ?? {};
  const methods = Object.entries(responses).map(([name, { response_parameters: parameters }]) => [
    name,
    parameters["method.response.header.Access-Control-Allow-Methods"],
  ]);
  expect(methods).toEqual([
    ["Api_a_OPTIONS_204Mapping", "'GET,POST'"],
    ["Api_b_c_OPTIONS_204Mapping", "'GET'"],
  ]);
});

test("one origin stands in every answer, and no template is needed", () => {
  const { response_parameters: parameters, response_templates: templates } = preflightOf(
    configOf(["https://a.example"]),
  );
  expect(parameters).toEqual({
    [allowOrigin]: "'https://a.example'",
    "method.response.header.Access-Control-Allow-Headers":
      "'authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token'",
    "method.response.header.Access-Control-Allow-Methods": "'GET'",
    "method.response.header.Access-Control-Max-Age": "'600'",
  });
  expect(templates).toEqual({ "application/json": "" });
});

describe("several origins", () => {
  const config = configOf(["https://a.example", "http://localhost:3000"]);
  const template = new MappingTemplate(preflightOf(config).response_templates["application/json"]);
  const chosen = (header: Record<string, string>): unknown =>
    template.render({ body: "", params: { header, path: {}, querystring: {} } }).headers["Access-Control-Allow-Origin"];

  test.each([
    [{ Origin: "https://a.example" }, "https://a.example"],
    [{ origin: "http://localhost:3000" }, "http://localhost:3000"],
    [{ origin: "https://b.example" }, undefined],
    [{ origin: "https://a.example.evil.example" }, undefined],
    [{ origin: "null" }, undefined],
    [{}, undefined],
  ])("of %j gives %s", (header, expected) => {
    expect(chosen(header)).toBe(expected);
  });

  test("are told apart by caches, and the header that the template sets is declared", () => {
    expect(preflightOf(config).response_parameters["method.response.header.Vary"]).toBe("'Origin'");
    expect(preflightOf(config).response_parameters).not.toHaveProperty([allowOrigin]);
    const declared = config.resource.aws_api_gateway_method_response?.Api_a_OPTIONS_204?.response_parameters;
    expect(declared).toMatchObject({ [allowOrigin]: false, "method.response.header.Vary": false });
  });
});

describe("the answers that API Gateway gives itself", () => {
  const headersOf = (config: Config) =>
    Object.values(config.resource.aws_api_gateway_gateway_response ?? {}).map(
      ({ response_parameters: parameters }) => parameters,
    );
  const header = "gatewayresponse.header.Access-Control-Allow-Origin";

  test("carry the one origin", () => {
    for (const headers of headersOf(configOf(["https://a.example"]))) {
      expect(headers[header]).toBe("'https://a.example'");
      expect(headers).not.toHaveProperty(["gatewayresponse.header.Vary"]);
    }
  });

  test("carry the first of several, never an echo of who asks", () => {
    for (const headers of headersOf(configOf(["https://a.example", "https://b.example"]))) {
      expect(headers[header]).toBe("'https://a.example'");
      expect(headers["gatewayresponse.header.Vary"]).toBe("'Origin'");
    }
  });

  test("carry none where there is none, and nothing answers preflights then", () => {
    const config = configOf([]);
    expect(headersOf(config)).toHaveLength(8);
    for (const headers of headersOf(config)) expect(headers).not.toHaveProperty([header]);
    expect(countOf(config, "aws_api_gateway_method")).toBe(1);
  });
});

describe("an origin", () => {
  test.each([
    "https://a.example",
    "http://localhost",
    "http://localhost:65535",
    "https://xn--bcher-kva.example",
    "http://[::1]:3000",
    "http://127.0.0.1",
  ])("may be %s", (origin) => {
    expect(preflightOf(configOf([origin])).response_parameters[allowOrigin]).toBe(`'${origin}'`);
  });

  test.each([
    "*",
    "null",
    "",
    "https://a.example/",
    "https://a.example/path",
    "https://*.a.example",
    "HTTPS://a.example",
    "a.example",
    "ftp://a.example",
    "https://a.example'",
    "https://a b.example",
    "https://-a.example",
  ])("may not be %j", (origin) => {
    expect(() => configOf(["https://a.example", origin])).toThrow(
      `cors.allowOrigins must be origins as browsers send them, such as https://example.com or http://localhost:3000, got: "${origin}"`,
    );
  });
});

const corsHeader = (name: string): string => `method.response.header.Access-Control-${name}`;
const a = { allowOrigins: ["https://a.example"] };
const ab = { allowOrigins: ["https://a.example", "https://b.example"] };

describe("what a preflight allows", () => {
  const parametersOf = (cors: Cors) =>
    preflightOf(synthesizeApi((api) => api.addRoute("GET", "/a", integration), { cors })).response_parameters;

  test("is what an API says", () => {
    const parameters = parametersOf({
      ...a,
      allowHeaders: ["X-One", "x_two"],
      exposeHeaders: ["X-Three"],
      maxAgeSeconds: 86_400,
      allowCredentials: true,
    });
    expect(parameters).toEqual({
      [corsHeader("Allow-Origin")]: "'https://a.example'",
      [corsHeader("Allow-Headers")]: "'X-One,x_two'",
      [corsHeader("Allow-Methods")]: "'GET'",
      [corsHeader("Max-Age")]: "'86400'",
      [corsHeader("Allow-Credentials")]: "'true'",
    });
  });

  test("lets credentials come from several origins, each of which is named to itself alone", () => {
    const parameters = parametersOf({ ...ab, allowCredentials: true, maxAgeSeconds: 0 });
    expect(parameters).toMatchObject({
      [corsHeader("Allow-Credentials")]: "'true'",
      [corsHeader("Max-Age")]: "'0'",
      "method.response.header.Vary": "'Origin'",
    });
    expect(parameters).not.toHaveProperty([corsHeader("Allow-Origin")]);
  });

  test("includes the headers that the routes of the path want", () => {
    const authorizer: TokenAuthorizerDefinition = {
      type: "TOKEN",
      authorizerName: "a",
      ttlSeconds: 0,
      uri: "function",
      credentialsArn: "role",
      header: "X-Token",
      dependsOn: [],
    };
    const request: RequestAuthorizerDefinition = {
      ...authorizer,
      type: "REQUEST",
      authorizerName: "b",
      identitySources: ["method.request.header.X-Tenant", "method.request.querystring.q"],
    };
    const config = synthesizeApi(
      (api, stack) => {
        api.addRoute("GET", "/a", integration, { requiredHeaders: ["X-Version"], isApiKeyRequired: true });
        api.addRoute("PUT", "/a", integration, { authorization: { authorizer } });
        api.addRoute("POST", "/a", integration, { authorization: { authorizer: request } });
        api.addRoute("GET", "/b", integration);
        new UsagePlan(stack, "Plan", { api, stage: api.stage, usagePlanName: "p", description: "p" });
      },
      { cors: a },
    );
    expect(preflightOf(config).response_parameters[corsHeader("Allow-Headers")]).toBe(
      "'authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-api-key,x-tenant,x-token,x-version'",
    );
    expect(
      at(config, "aws_api_gateway_integration_response.Api_b_OPTIONS_204Mapping").response_parameters[
        corsHeader("Allow-Headers")
      ],
    ).toBe("'authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token'");
  });

  test.each<[Partial<Cors>, string]>([
    [
      { allowOrigins: ["*"] },
      'cors.allowOrigins must be origins as browsers send them, such as https://example.com or http://localhost:3000, got: "*"',
    ],
    [
      { allowHeaders: ["*"] },
      'cors.allowHeaders must be names of headers: letters, digits, - and _, got: "*". Name each header',
    ],
    [{ allowHeaders: ["x'y"] }, "cors.allowHeaders must be names of headers"],
    [{ exposeHeaders: ["a,b"] }, 'cors.exposeHeaders must be names of headers: letters, digits, - and _, got: "a,b"'],
    [{ exposeHeaders: [""] }, 'cors.exposeHeaders must be names of headers: letters, digits, - and _, got: ""'],
    [{ maxAgeSeconds: -1 }, "cors.maxAgeSeconds must be an integer from 0 to 86400, got: -1"],
    [{ maxAgeSeconds: 86_401 }, "cors.maxAgeSeconds must be an integer from 0 to 86400, got: 86401"],
  ])("may not be %j", (changes, text) => {
    expect(() => parametersOf({ ...a, ...changes })).toThrow(text);
  });
});

describe("the answers of an integration that API Gateway makes", () => {
  const answersOf = (cors: Cors) =>
    synthesizeApi((api) => api.addRoute("POST", "/a", toQueue), { cors }).resource.aws_api_gateway_integration_response;

  test("can be read by the one origin, with the headers that it may read", () => {
    const answers = answersOf({ ...a, exposeHeaders: ["X-One", "X-Two"], allowCredentials: true });
    for (const status of ["202", "502"]) {
      const { response_parameters: parameters, response_templates: templates } =
        answers?.[`Api_a_POST_${status}Mapping`] ?? {};
      expect(parameters).toEqual({
        [corsHeader("Allow-Origin")]: "'https://a.example'",
        [corsHeader("Expose-Headers")]: "'X-One,X-Two'",
        [corsHeader("Allow-Credentials")]: "'true'",
      });
      expect(templates["application/json"]).toBe(status === "202" ? "good" : "bad");
    }
  });

  test("can be read by the one of several that asked, and say the same otherwise", () => {
    const answer = answersOf(ab)?.Api_a_POST_202Mapping;
    expect(answer?.response_parameters).toEqual({ "method.response.header.Vary": "'Origin'" });
    const template = new MappingTemplate(answer?.response_templates["application/json"]);
    const render = (header: Record<string, string>) =>
      template.render({ body: "", params: { header, path: {}, querystring: {} } });
    const allowed = "Access-Control-Allow-Origin";
    expect(render({ origin: "https://b.example" })).toMatchObject({
      text: "good",
      headers: { [allowed]: "https://b.example" },
    });
    expect(render({ origin: "https://c.example" }).headers[allowed]).toBeUndefined();
  });

  test("are the function's own behind a proxy, and nobody's without CORS", () => {
    const proxied = synthesizeApi((api) => api.addRoute("GET", "/a", integration), { cors: a });
    expect(Object.keys(proxied.resource.aws_api_gateway_integration_response ?? {})).toEqual([
      "Api_a_OPTIONS_204Mapping",
    ]);
    const answers = synthesizeApi((api) => api.addRoute("POST", "/a", toQueue)).resource
      .aws_api_gateway_integration_response;
    expect(answers?.Api_a_POST_202Mapping).not.toHaveProperty("response_parameters");
  });
});

describe("credentials and exposed headers in the answers that API Gateway gives itself", () => {
  const headersOf = (cors: Cors) =>
    at(
      synthesizeApi((api) => api.addRoute("GET", "/a", integration), { cors }),
      "aws_api_gateway_gateway_response.Api_Default4xx",
    ).response_parameters;

  test("are there for one origin", () => {
    expect(headersOf({ ...a, exposeHeaders: ["X-One"], allowCredentials: true })).toMatchObject({
      "gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'",
      "gatewayresponse.header.Access-Control-Allow-Credentials": "'true'",
      "gatewayresponse.header.Access-Control-Expose-Headers": "'X-One'",
    });
  });

  test("are not there for several with credentials, of which none could be told from the others", () => {
    const names = Object.keys(headersOf({ ...ab, exposeHeaders: ["X-One"], allowCredentials: true }));
    expect(names.filter((name) => /access-control/i.test(name))).toEqual([]);
  });
});

describe("a route", () => {
  const originsOf = (config: Config) =>
    Object.entries(config.resource.aws_api_gateway_integration_response ?? {}).map(
      ([name, { response_parameters: parameters }]) => [name, parameters[allowOrigin]],
    );

  test("may have its own CORS, or none", () => {
    const config = synthesizeApi(
      (api) => {
        api.addRoute("GET", "/a", integration);
        api.addRoute("GET", "/b", integration, { cors: { allowOrigins: ["https://b.example"] } });
        api.addRoute("GET", "/c", integration, { cors: "NONE" });
      },
      { cors: a },
    );
    expect(originsOf(config)).toEqual([
      ["Api_a_OPTIONS_204Mapping", "'https://a.example'"],
      ["Api_b_OPTIONS_204Mapping", "'https://b.example'"],
    ]);
  });

  test("may have CORS where the API has none, whose own answers then cannot be read", () => {
    const config = synthesizeApi((api) => api.addRoute("GET", "/a", integration, { cors: a }));
    expect(originsOf(config)).toEqual([["Api_a_OPTIONS_204Mapping", "'https://a.example'"]]);
    expect(at(config, "aws_api_gateway_gateway_response.Api_Default4xx").response_parameters).not.toHaveProperty([
      "gatewayresponse.header.Access-Control-Allow-Origin",
    ]);
  });

  test("shares CORS with the others of its path", () => {
    const config = synthesizeApi((api) => {
      api.addRoute("GET", "/a", integration, { cors: { ...a } });
      api.addRoute("POST", "/a", integration, { cors: { ...a } });
    });
    expect(preflightOf(config).response_parameters[corsHeader("Allow-Methods")]).toBe("'GET,POST'");
  });

  test.each<[string, RouteOptions, RouteOptions]>([
    ["another", { cors: a }, { cors: ab }],
    ["none", {}, { cors: "NONE" }],
    ["one after none", { cors: "NONE" }, {}],
  ])("may not differ from the others of its path by %s", (_, first, second) => {
    const refused = () =>
      synthesizeApi(
        (api) => {
          api.addRoute("GET", "/a", integration, first);
          api.addRoute("POST", "/a", integration, second);
        },
        { cors: { allowOrigins: ["https://c.example"] } },
      );
    expect(refused).toThrow('cors must be the same for all routes of a path, got: "POST /a" (in test/Api)');
  });

  test("may not be OPTIONS where preflights are answered", () => {
    expect(() => configOf(["https://a.example"], [["OPTIONS", "/a"]])).toThrow(
      'httpMethod must be another than OPTIONS where cors answers preflights, got: "OPTIONS /a" (in test/Api)',
    );
    const config = synthesizeApi((api) => api.addRoute("OPTIONS", "/a", integration, { cors: "NONE" }), { cors: a });
    expect(countOf(config, "aws_api_gateway_method")).toBe(1);
  });
});
