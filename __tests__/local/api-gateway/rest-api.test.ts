import { readRestApi } from "../../../local/api-gateway/rest-api";
import { changed, ordersResources, resource, smallApi } from "../../support/rest-api";

const api = smallApi(["POST /orders"]);
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
  expect([...gatewayResponses.keys()]).toEqual(["BAD_REQUEST_BODY"]);
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
    ["an authorizer", [...api, resource("authorizer", "A", {})], "aws_api_gateway_authorizer.A is of a type"],
    [
      "authorization",
      changed(api, "method", { authorization: "CUSTOM" }),
      'authorization is not modelled by the local run, got: "CUSTOM"',
    ],
    [
      "API keys",
      changed(api, "method", { api_key_required: true }),
      "api_key_required is not modelled by the local run, got: true",
    ],
    ["MOCK", changed(api, "integration", { type: "MOCK" }), 'type is not modelled by the local run, got: "MOCK"'],
    [
      "AWS_PROXY",
      changed(api, "integration", { type: "AWS_PROXY" }),
      'type is not modelled by the local run, got: "AWS_PROXY"',
    ],
    [
      "no role",
      changed(api, "integration", { credentials: undefined }),
      "credentials is not modelled by the local run, got: undefined",
    ],
    ["binary types", changed(api, "rest_api", { binary_media_types: ["*/*"] }), "binary_media_types is not modelled"],
    ["a resource policy", changed(api, "rest_api", { policy: "{}" }), "policy is not modelled"],
    ["a canary", changed(api, "stage", { canary_settings: {} }), "canary_settings is not modelled"],
    ["a cache", [...api, settings("*/*", { caching_enabled: true })], "settings.caching_enabled is not modelled"],
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
      "response_parameters is not modelled",
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
      "a header mapping in a gateway response",
      [
        ...api,
        resource("gateway_response", "G", {
          response_type: "THROTTLED",
          response_parameters: { "gatewayresponse.header.a": "method.request.header.b" },
        }),
      ],
      "gatewayresponse.header.a = method.request.header.b is not modelled",
    ],
    [
      "a variable of an access log",
      changed(api, "stage", { access_log_settings: { destination_arn: "d", format: "$context.wafResponseCode" } }),
      "access_log_settings.format: $context.wafResponseCode is not modelled",
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
