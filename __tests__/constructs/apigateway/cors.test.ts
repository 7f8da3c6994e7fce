import type { HttpMethod } from "../../../constructs/apigateway/definition";
import type { ProxyIntegration } from "../../../constructs/apigateway/integration";
import { RestApi } from "../../../constructs/apigateway/rest-api";
import { MappingTemplate } from "../../../local/api-gateway/mapping-template";
import { type Attributes, type Config, countOf, only, synthesize } from "../../support/synth";

const integration: ProxyIntegration = { type: "AWS_PROXY", uri: "function", credentialsArn: "role", dependsOn: [] };

const configOf = (
  allowOrigins: readonly string[],
  routes: readonly (readonly [HttpMethod, string])[] = [["GET", "/a"]],
): Config =>
  synthesize((stack) => {
    const api = new RestApi(stack, "Api", {
      apiName: "a",
      description: "a",
      stageName: "dev",
      logRetentionInDays: 30,
      executionLogLevel: "OFF",
      cors: { allowOrigins },
    });
    for (const [method, path] of routes) api.addRoute(method, path, integration);
  });

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
    expect(headersOf(config)).toHaveLength(3);
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
