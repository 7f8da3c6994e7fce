import * as z from "zod/mini";
import type { AwsIntegration } from "../../../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../../../constructs/apigateway/rest-api";
import { type Config, countOf, only, synthesize } from "../../support/synth";

const props: RestApiProps = {
  apiName: "shop",
  description: "Shop",
  stageName: "dev",
  logRetentionInDays: 30,
  executionLogLevel: "INFO",
};

const integration: AwsIntegration = {
  type: "AWS",
  uri: "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/q",
  credentialsArn: "arn:aws:iam::123456789012:role/r",
  requestParameters: {},
  requestTemplate: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
  responses: [{ statusCode: "502", template: "{}" }],
  dependsOn: [],
};

const synthesizeApi = (build: (api: RestApi) => void, changes: Partial<RestApiProps> = {}): Config =>
  synthesize((stack) => build(new RestApi(stack, "Api", { ...props, ...changes })));

const gatewayResponseOf = (config: Config, type: string) =>
  Object.values(config.resource.aws_api_gateway_gateway_response ?? {}).find((one) => one.response_type === type);

const triggerOf = (config: Config): string => JSON.stringify(only(config, "aws_api_gateway_deployment").triggers);

test("is regional, traced, and logs each request as one line of JSON", () => {
  const config = synthesizeApi((api) => api.addRoute("GET", "/", integration));
  expect(only(config, "aws_api_gateway_rest_api").endpoint_configuration).toEqual({ types: ["REGIONAL"] });
  const stage = only(config, "aws_api_gateway_stage");
  expect(stage).toMatchObject({ stage_name: "dev", xray_tracing_enabled: true });
  expect(JSON.parse(stage.access_log_settings.format)).toMatchObject({
    requestId: "$context.requestId",
    status: "$context.status",
    validationError: "$context.error.validationErrorString",
  });
});

test("bounds the stage's requests and never logs bodies", () => {
  const settingsOf = (changes: Partial<RestApiProps>) =>
    only(
      synthesizeApi((api) => api.addRoute("GET", "/", integration), changes),
      "aws_api_gateway_method_settings",
    ).settings;
  expect(settingsOf({})).toEqual({
    metrics_enabled: true,
    logging_level: "INFO",
    data_trace_enabled: false,
    throttling_rate_limit: 50,
    throttling_burst_limit: 100,
  });
  const throttle = { rateLimit: 0.5, burstLimit: 1 };
  expect(settingsOf({ throttle, executionLogLevel: "OFF" })).toMatchObject({
    logging_level: "OFF",
    throttling_rate_limit: 0.5,
    throttling_burst_limit: 1,
  });
});

test("makes the log group that API Gateway would keep for ever, before the stage", () => {
  const config = synthesizeApi((api) => api.addRoute("GET", "/", integration));
  expect(config.resource.aws_cloudwatch_log_group?.Api_Stage_ExecutionLogs).toMatchObject({
    name: "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.Api.id}/dev",
    retention_in_days: 30,
  });
  expect(only(config, "aws_api_gateway_stage").depends_on).toEqual([
    "aws_cloudwatch_log_group.Api_Stage_ExecutionLogs",
  ]);
});

test("makes each part of a path once", () => {
  const config = synthesizeApi((api) => {
    api.addRoute("GET", "/orders", integration);
    api.addRoute("POST", "/orders", integration);
    api.addRoute("GET", "/orders/{orderID}", integration);
    api.addRoute("GET", "/files/{key+}", integration);
  });
  const parts = Object.values(config.resource.aws_api_gateway_resource ?? {}).map(({ path_part, parent_id }) => [
    path_part,
    parent_id,
  ]);
  const root = "${aws_api_gateway_rest_api.Api.root_resource_id}";
  expect(parts).toEqual([
    ["files", root],
    ["{key+}", "${aws_api_gateway_resource.Api_files.id}"],
    ["orders", root],
    ["{orderID}", "${aws_api_gateway_resource.Api_orders.id}"],
  ]);
  expect(countOf(config, "aws_api_gateway_method")).toBe(4);
});

test.each(["orders", "/orders/", "//", "/a b", "/a{id}", "/{a}{b}", ""])("refuses the path %j", (path) => {
  expect(() => synthesizeApi((api) => api.addRoute("GET", path, integration))).toThrow(
    `path must be / and parts of letters, digits, -_., or one {parameter}, got: "${path}" (in test/Api)`,
  );
});

test("validates a body by its model and says why it is refused", () => {
  const body = z.object({ id: z.string() });
  const config = synthesizeApi((api) => {
    api.addRoute("POST", "/orders", integration, { body });
    api.addRoute("PUT", "/orders", integration, { body });
    api.addRoute("GET", "/orders", integration);
  });
  expect(countOf(config, "aws_api_gateway_request_validator")).toBe(1);
  expect(only(config, "aws_api_gateway_request_validator")).toMatchObject({ validate_request_body: true });
  expect(config.resource.aws_api_gateway_method?.Api_orders_POST?.request_models).toEqual({
    "application/json": "${aws_api_gateway_model.Api_orders_POSTBody.name}",
  });
  expect(config.resource.aws_api_gateway_method?.Api_orders_GET).not.toHaveProperty("request_models");
  expect(Object.values(config.resource.aws_api_gateway_model ?? {}).map(({ name }) => name)).toEqual([
    "POSTOrders",
    "PUTOrders",
  ]);
  expect(gatewayResponseOf(config, "BAD_REQUEST_BODY")).toMatchObject({
    status_code: "400",
    response_templates: {
      "application/json":
        '{"title":$context.error.messageString,"reason":"$context.error.validationErrorString","message":$context.error.messageString,"requestId":"$context.requestId"}',
    },
  });
});

describe("what API Gateway says itself", () => {
  test("is a problem with the id that the logs have it under, whatever is refused", () => {
    const config = synthesizeApi((api) => api.addRoute("GET", "/", integration));
    for (const type of ["DEFAULT_4XX", "DEFAULT_5XX"]) {
      const { "//": _, ...response } = gatewayResponseOf(config, type) ?? {};
      expect(response).toEqual({
        rest_api_id: "${aws_api_gateway_rest_api.Api.id}",
        response_type: type,
        response_parameters: { "gatewayresponse.header.Content-Type": "'application/problem+json'" },
        response_templates: {
          "application/json":
            '{"title":$context.error.messageString,"message":$context.error.messageString,"requestId":"$context.requestId"}',
        },
      });
    }
  });
});

describe("authorization", () => {
  test("is by IAM unless the API names another", () => {
    const authorizationOf = (changes: Partial<RestApiProps>) =>
      only(
        synthesizeApi((api) => api.addRoute("GET", "/", integration), changes),
        "aws_api_gateway_method",
      ).authorization;
    expect(authorizationOf({})).toBe("AWS_IAM");
    expect(authorizationOf({ authorization: "NONE" })).toBe("NONE");
  });
});

test("refuses a stage whose name another has", () => {
  const settings = { stageName: "dev", logRetentionInDays: 1, executionLogLevel: "OFF" } as const;
  expect(() => synthesizeApi((api) => void api.addStage("Other", settings))).toThrow(
    'stageName must be of one stage of the API, got: "dev" (in test/Api)',
  );
});

describe("the throttle of one method", () => {
  const throttle = { rateLimit: 1.5, burstLimit: 2 };

  test("stands beside that of all, with the other settings written out again", () => {
    const config = synthesizeApi((api) => {
      api.addRoute("GET", "/objects/{key+}", integration, { throttle });
      api.addRoute("POST", "/objects", integration);
    });
    const settings = config.resource.aws_api_gateway_method_settings ?? {};
    const others = { metrics_enabled: true, logging_level: "INFO", data_trace_enabled: false };
    expect(Object.values(settings).map(({ method_path: path, settings: values }) => [path, values])).toEqual([
      ["*/*", { ...others, throttling_rate_limit: 50, throttling_burst_limit: 100 }],
      ["~1objects~1{key+}/GET", { ...others, throttling_rate_limit: 1.5, throttling_burst_limit: 2 }],
    ]);
  });

  test.each([
    [
      { rateLimit: 0, burstLimit: 1 },
      "throttle.rateLimit of GET /a must be above 0, got: 0. 0 refuses every request (in test/Api/Stage)",
    ],
    [{ rateLimit: 1, burstLimit: 0 }, "throttle.burstLimit of GET /a must be an integer of 1 or more, got: 0"],
  ])("is refused where it is %j", (wrong, text) => {
    expect(() => synthesizeApi((api) => api.addRoute("GET", "/a", integration, { throttle: wrong }))).toThrow(text);
  });

  test("that names no route of the API is refused, with the routes that there are", () => {
    const refused = () =>
      synthesizeApi((api) => {
        api.addRoute("GET", "/a", integration);
        api.addRoute("POST", "/a", integration);
        api.requireRoutes("storage.methodThrottles", ["GET /a", "GET /b"]);
      });
    expect(refused).toThrow(
      'storage.methodThrottles must be for routes of the API: GET /a, POST /a, got: "GET /b" (in test/Api)',
    );
  });
});

test("refuses two paths whose models would have one name", () => {
  const body = z.object({});
  expect(() =>
    synthesizeApi((api) => {
      api.addRoute("POST", "/orders/{id}", integration, { body });
      api.addRoute("POST", "/orders/id", integration, { body });
    }),
  ).toThrow(
    'path must be told from /orders/{id} by letters and digits, where both have a body, got: "/orders/id" (in test/Api)',
  );
});

test("keeps Terraform from reading a mapping template", () => {
  const config = synthesizeApi((api) => {
    api.addRoute("GET", "/", { ...integration, requestTemplate: "${input.body} %{if} $${x}" });
  });
  expect(only(config, "aws_api_gateway_integration").request_templates["application/json"]).toBe(
    "$${input.body} %%{if} $$${x}",
  );
});

describe("a new deployment", () => {
  const trigger = (changed: Partial<AwsIntegration>, route: "/a" | "/b" = "/a") =>
    triggerOf(synthesizeApi((api) => api.addRoute("GET", route, { ...integration, ...changed })));
  const before = trigger({});

  test("is not made when nothing changes", () => {
    expect(trigger({})).toBe(before);
    expect(JSON.parse(before)).toEqual({ configuration: expect.stringMatching(/^[0-9a-f]{64}$/), references: "" });
  });

  test("is not made for what a stage sets by itself", () => {
    const other = synthesizeApi((api) => api.addRoute("GET", "/a", integration), {
      stageName: "test",
      throttle: { rateLimit: 1, burstLimit: 1 },
      logRetentionInDays: 1,
    });
    expect(triggerOf(other)).toBe(before);
  });

  test.each<[string, () => string]>([
    ["a path", () => trigger({}, "/b")],
    ["a request template", () => trigger({ requestTemplate: "x" })],
    ["a target", () => trigger({ uri: "x" })],
    ["a role", () => trigger({ credentialsArn: "x" })],
    ["an answer", () => trigger({ responses: [{ statusCode: "502", template: "x" }] })],
    [
      "a selection pattern",
      () => trigger({ responses: [{ statusCode: "502", selectionPattern: "5.*", template: "{}" }] }),
    ],
    [
      "a model",
      () => triggerOf(synthesizeApi((api) => api.addRoute("GET", "/a", integration, { body: z.object({}) }))),
    ],
    [
      "the API itself",
      () => triggerOf(synthesizeApi((api) => api.addRoute("GET", "/a", integration), { description: "x" })),
    ],
  ])("is made when %s changes", (_, after) => {
    expect(after()).not.toBe(before);
  });

  test("is made when what a reference leads to changes: Terraform compares the values", () => {
    const references =
      "${aws_sqs_queue.Queue.name} ${aws_iam_role.Role.arn} $${not.a.reference} ${aws_api_gateway_model.own.name}";
    expect(JSON.parse(trigger({ uri: references })).references).toBe(
      "${aws_iam_role.Role.arn} ${aws_sqs_queue.Queue.name}",
    );
  });

  test("waits for all that it copies, and the old one stays until then", () => {
    const config = synthesizeApi((api) => api.addRoute("POST", "/a", integration, { body: z.object({}) }));
    const deployment = only(config, "aws_api_gateway_deployment");
    expect(deployment.lifecycle).toEqual({ create_before_destroy: true });
    expect(deployment.depends_on).toEqual([
      "aws_api_gateway_gateway_response.Api_Default4xx",
      "aws_api_gateway_gateway_response.Api_Default5xx",
      "aws_api_gateway_gateway_response.Api_BadRequestBody",
      "aws_api_gateway_gateway_response.Api_MissingAuthenticationToken",
      "aws_api_gateway_gateway_response.Api_Unauthorized",
      "aws_api_gateway_gateway_response.Api_Throttled",
      "aws_api_gateway_gateway_response.Api_QuotaExceeded",
      "aws_api_gateway_gateway_response.Api_WafFiltered",
      "aws_api_gateway_method.Api_a_POST",
      "aws_api_gateway_integration.Api_a_POST_Integration",
      "aws_api_gateway_integration_response.Api_a_POST_502Mapping",
    ]);
    expect(only(config, "aws_api_gateway_integration_response").depends_on).toEqual([
      "aws_api_gateway_integration.Api_a_POST_Integration",
    ]);
  });
});

describe("limits", () => {
  test.each<[Partial<RestApiProps>, string]>([
    [
      { throttle: { rateLimit: 0, burstLimit: 1 } },
      "throttle.rateLimit must be above 0, got: 0. 0 refuses every request (in test/Api/Stage)",
    ],
    [{ throttle: { rateLimit: 1, burstLimit: 0 } }, "throttle.burstLimit must be an integer of 1 or more, got: 0"],
    [{ throttle: { rateLimit: 1, burstLimit: 1.5 } }, "throttle.burstLimit must be an integer of 1 or more, got: 1.5"],
    [{ stageName: "a b" }, 'stageName must be 1–128 letters, digits, - and _, got: "a b"'],
    [{ stageName: "" }, "stageName must be 1–128 letters"],
    [{ stageName: "s".repeat(129) }, "stageName must be 1–128 letters"],
  ])("%j: %s", (changes, message) => {
    expect(() => synthesizeApi(() => undefined, changes)).toThrow(message);
  });

  test("takes a stage name of 128 characters", () => {
    const config = synthesizeApi((api) => api.addRoute("GET", "/", integration), { stageName: "s".repeat(128) });
    expect(only(config, "aws_api_gateway_stage").stage_name).toHaveLength(128);
  });
});
