import { readRestApi } from "../../../local/api-gateway/rest-api";
import {
  changed,
  mockApi,
  ordersResources,
  proxyApi,
  proxyIntegration,
  resource,
  smallApi,
} from "../../support/rest-api";

const api = smallApi(["POST /orders"]);
const mock = mockApi(["POST /orders"]);
const proxy = proxyApi(["POST /orders"]);
const settings = (method_path: string, limits: object = { throttling_rate_limit: 1, throttling_burst_limit: 2 }) =>
  resource("method_settings", "Settings", { stage_name: "dev", method_path, settings: limits });
const throttleOf = (resources: ReturnType<typeof smallApi>) => {
  const { stages, methods } = readRestApi(resources);
  return methods.map((method) => stages[0]?.throttleOf(method));
};

test("reads the orders pipeline's API as it is synthesized", () => {
  const { name, methods, stages, gatewayResponses } = readRestApi(ordersResources());
  expect(name).toBe("dev-orders-api");
  expect(methods).toHaveLength(1);
  expect(methods[0]).toMatchObject({
    httpMethod: "POST",
    resourcePath: "/orders",
    authorization: "AWS_IAM",
    integration: {
      service: "sqs",
      path: "path/123456789012/dev-POC-Queue",
      timeoutMilliseconds: 29_000,
      passthroughBehavior: "NEVER",
      headers: [{ name: "content-type", source: { value: "application/x-www-form-urlencoded" } }],
    },
  });
  expect([...(methods[0]?.models.keys() ?? [])]).toEqual(["application/json"]);
  expect(stages.map(({ stageName, accessLog }) => [stageName, accessLog?.logGroupName])).toEqual([
    ["dev", "Api_Stage_AccessLogs-arn"],
  ]);
  expect([...gatewayResponses.keys()]).toContain("BAD_REQUEST_BODY");
});

test("the access log's group is named in its ARN, with or without :*", () => {
  const groupOf = (destination_arn: string) =>
    readRestApi(changed(api, "stage", { access_log_settings: { destination_arn, format: "$context.requestId" } }))
      .stages[0]?.accessLog?.logGroupName;
  expect(groupOf("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/a/dev")).toBe("/aws/a/dev");
  expect(groupOf("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/a/dev:*")).toBe("/aws/a/dev");
});

describe("throttles", () => {
  const two = smallApi(["POST /orders", "GET /orders/{id}"]);

  test("the account's, where the stage sets none", () => {
    expect(throttleOf(two)).toEqual(Array(2).fill({ rateLimit: 10_000, burstLimit: 5_000 }));
    expect(throttleOf([...two, settings("*/*", { metrics_enabled: true, throttling_rate_limit: -1 })])).toEqual(
      Array(2).fill({ rateLimit: 10_000, burstLimit: 5_000 }),
    );
  });

  test("the stage's for every method", () => {
    expect(throttleOf([...two, settings("*/*")])).toEqual(Array(2).fill({ rateLimit: 1, burstLimit: 2 }));
  });

  test.each(["~1orders~1{id}/GET", "orders~1{id}/GET", "orders/{id}/GET"])(
    "a method's own before it: %s",
    (methodPath) => {
      const own = settings(methodPath, { throttling_rate_limit: 0 });
      expect(throttleOf([...two, settings("*/*"), own])).toEqual([
        { rateLimit: 1, burstLimit: 2 },
        { rateLimit: 0, burstLimit: 2 },
      ]);
    },
  );

  test("of the root", () => {
    expect(throttleOf([...smallApi(["GET /"]), settings("~1/GET")])).toEqual([{ rateLimit: 1, burstLimit: 2 }]);
  });
});

describe("fails for what is not modelled, and names it", () => {
  test.each<[string, ReturnType<typeof smallApi>, string]>([
    [
      "a type",
      [...api, resource("usage_plan", "Plan", {})],
      "aws_api_gateway_usage_plan.Plan is of a type that is not modelled",
    ],
    [
      "authorization",
      changed(api, "method", { authorization: "JWT" }),
      'authorization is not modelled by the local run, got: "JWT"',
    ],
    [
      "an HTTP integration",
      changed(api, "integration", { type: "HTTP_PROXY" }),
      'type is not modelled by the local run, got: "HTTP_PROXY"',
    ],
    ["no role", changed(api, "integration", { credentials: undefined }), "credentials must be given"],
    [
      "another method of the integration",
      changed(api, "integration", { integration_http_method: "GET" }),
      "integration_http_method must be POST in the local run, got: GET",
    ],
    [
      "CONVERT_TO_BINARY",
      changed(api, "integration", { content_handling: "CONVERT_TO_BINARY" }),
      'content_handling is not modelled by the local run, got: "CONVERT_TO_BINARY"',
    ],
    [
      "compression from 10,485,761 bytes on",
      changed(api, "rest_api", { minimum_compression_size: "10485761" }),
      'minimum_compression_size is not modelled by the local run, got: "10485761"',
    ],
    [
      "API keys from elsewhere",
      changed(api, "rest_api", { api_key_source: "QUERY" }),
      'api_key_source is not modelled by the local run, got: "QUERY"',
    ],
    ["a MOCK with a URI", changed(mock, "integration", { uri: "x" }), "uri is not modelled for MOCK"],
    [
      "two qualifiers of a function",
      changed(proxy, "integration", { uri: proxyIntegration.uri.replace("reader", "reader:7:live") }),
      "It must be the invoke_arn of a function, of a version or of an alias",
    ],
    [
      "a function's own ARN",
      changed(proxy, "integration", { uri: "arn:aws:lambda:eu-west-1:123456789012:function:reader" }),
      "It must be the invoke_arn of a function, of a version or of an alias",
    ],
    [
      "a cache key that the method does not declare",
      changed(proxy, "integration", { cache_key_parameters: ["method.request.querystring.a"] }),
      "cache_key_parameters: the method does not declare method.request.querystring.a",
    ],
    [
      "a gateway response of no type",
      [...api, resource("gateway_response", "G", { response_type: "TEAPOT" })],
      'response_type is not modelled by the local run, got: "TEAPOT"',
    ],
    [
      "the caller's own credentials",
      changed(proxy, "integration", { credentials: "arn:aws:iam::*:user/*" }),
      "credentials must be a role's ARN in the local run, got: arn:aws:iam::*:user/*",
    ],
    [
      "a template before a function",
      changed(proxy, "integration", { request_templates: { "application/json": "" } }),
      "request_templates is not modelled for AWS_PROXY",
    ],
    [
      "responses of a function",
      [...proxy, ...api.filter(({ type }) => type.endsWith("integration_response"))],
      "an AWS_PROXY integration has no responses: the function answers",
    ],
    [
      "a canary of more than everything",
      changed(api, "stage", { canary_settings: { deployment_id: "deployment", percent_traffic: 100.1 } }),
      "canary_settings.percent_traffic is not modelled",
    ],
    [
      "a canary of a deployment that is not there",
      changed(api, "stage", { canary_settings: { deployment_id: "other" } }),
      "there is no deployment other in the API",
    ],
    [
      "a cache for more than an hour",
      [...api, settings("*/*", { cache_ttl_in_seconds: 3_601 })],
      "settings.cache_ttl_in_seconds is not modelled",
    ],
    [
      "a URI of another form",
      changed(api, "integration", { uri: "arn:aws:apigateway:eu-west-1:sqs:action/SendMessage" }),
      "uri is not modelled",
    ],
    [
      "a timeout of 29,001 ms",
      changed(api, "integration", { timeout_milliseconds: 29_001 }),
      "timeout_milliseconds is not modelled",
    ],
    [
      "a timeout of 49 ms",
      changed(api, "integration", { timeout_milliseconds: 49 }),
      "timeout_milliseconds is not modelled",
    ],
    [
      "a mapped query",
      changed(api, "integration", { request_parameters: { "integration.request.querystring.a": "'b'" } }),
      "integration.request.querystring.a is not modelled",
    ],
    [
      "a mapped value",
      changed(api, "integration", { request_parameters: { "integration.request.header.a": "context.stage" } }),
      "context.stage is not modelled",
    ],
    [
      "response headers",
      changed(api, "integration_response", { response_parameters: { a: "b" } }),
      "response_parameters: a is not modelled, only headers are",
    ],
    [
      "a response's header that the method's response does not declare",
      changed(api, "integration_response", { response_parameters: { "method.response.header.a": "'b'" } }),
      "method.response.header.a must stand in response_parameters of aws_api_gateway_method_response.POST /orders, too",
    ],
    [
      "a response's header from the body",
      changed(
        changed(api, "method_response", { response_parameters: { "method.response.header.a": false } }),
        "integration_response",
        { response_parameters: { "method.response.header.a": "integration.response.body.id" } },
      ),
      "integration.response.body.id is not modelled; a fixed value stands in 'quotes'",
    ],
    [
      "a response in XML",
      changed(api, "integration_response", { response_templates: { "application/xml": "" } }),
      "application/xml is not modelled",
    ],
    [
      "the default template",
      changed(api, "integration", { request_templates: { $default: "" } }),
      "the content type $default is not modelled",
    ],
    [
      "$util.x in a template",
      changed(api, "integration", { request_templates: { "text/plain": "$util.x()" } }),
      "aws_api_gateway_integration.POST /orders: request_templates of text/plain: $util.x does not exist",
    ],
    [
      "a context variable in a gateway response's header",
      [
        ...api,
        resource("gateway_response", "G", {
          response_type: "THROTTLED",
          response_parameters: { "gatewayresponse.header.a": "context.requestId" },
        }),
      ],
      "response_parameters: context.requestId is not modelled; a fixed value stands in 'quotes'",
    ],
    [
      "a gateway response of another content type",
      [
        ...api,
        resource("gateway_response", "G", {
          response_type: "THROTTLED",
          response_templates: { "application/problem+json": "{}" },
        }),
      ],
      "application/problem+json is not modelled, only application/json is. A header Content-Type in response_parameters",
    ],
    [
      "a variable of an access log",
      changed(api, "stage", {
        access_log_settings: { destination_arn: "d", format: "$context.customDomain.basePathMatched" },
      }),
      "access_log_settings.format: $context.customDomain.basePathMatched is not modelled",
    ],
  ])("%s", (_, resources, message) => {
    expect(() => readRestApi(resources)).toThrow(message);
  });
});

test("an argument that is off, and what Terraform computes, changes nothing", () => {
  const off = changed(changed(api, "method", { api_key_required: false, authorizer_id: null }), "stage", {
    invoke_url: "https://x",
    tags_all: {},
  });
  expect(readRestApi(off).methods).toHaveLength(1);
});

describe("fails as a deployment would", () => {
  const without = (type: string) => api.filter((one) => one.type !== `aws_api_gateway_${type}`);

  test.each<[string, ReturnType<typeof smallApi>, string]>([
    ["no integration", without("integration"), "no integration is defined for the method"],
    ["no method response", without("method_response"), "the method has no aws_api_gateway_method_response of 200"],
    ["no deployment", without("deployment"), "there is no deployment deployment in the API"],
    ["no resource", without("resource"), "there is no resource /orders in the API"],
    ["no API", without("rest_api"), "must hold exactly one aws_api_gateway_rest_api"],
    [
      "no validator",
      changed(api, "method", { request_validator_id: "v" }),
      "there is no request validator v in the API",
    ],
    [
      "no model",
      [
        ...changed(api, "method", { request_validator_id: "v", request_models: { "application/json": "M" } }),
        resource("request_validator", "V", { id: "v", validate_request_body: true }),
      ],
      "there is no model M in the API",
    ],
    [
      "settings of no stage",
      changed([...api, settings("*/*")], "method_settings", { stage_name: "prod" }),
      "there is no stage prod in the API",
    ],
    [
      "settings of no method",
      [...api, settings("~1orders/GET")],
      "method_path is no method of the API, got: ~1orders/GET",
    ],
    [
      "a parameter that is not declared",
      changed(api, "integration", {
        request_parameters: { "integration.request.header.a": "method.request.header.b" },
      }),
      "the method does not declare method.request.header.b",
    ],
    ["a pattern that is none", changed(api, "integration_response", { selection_pattern: "(" }), "selection_pattern"],
  ])("%s", (_, resources, message) => {
    expect(() => readRestApi(resources)).toThrow(message);
  });
});
