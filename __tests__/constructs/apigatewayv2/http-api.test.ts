import { Lazy } from "cdktf";
import { LambdaIntegration } from "../../../constructs/apigateway/integrations/lambda";
import type { HttpApi, HttpApiProps } from "../../../constructs/apigatewayv2/http-api";
import type { HttpIntegration } from "../../../constructs/apigatewayv2/http-integration";
import { HttpSqsIntegration } from "../../../constructs/apigatewayv2/http-sqs-integration";
import { Alias } from "../../../constructs/lambda/alias";
import { Queue } from "../../../constructs/sqs/queue";
import { at, functionOf, gatewayRole } from "../../support/api";
import { synthesizeHttpApi, toFunction } from "../../support/http-api";
import { policiesOf } from "../../support/policies";
import { type Config, countOf, only } from "../../support/synth";

const withRoutes = (routeKeys: readonly string[], changes: Partial<HttpApiProps> = {}): Config =>
  synthesizeHttpApi((api) => {
    for (const routeKey of routeKeys) api.addRoute(routeKey, toFunction);
  }, changes);

const page = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";

describe("a route", () => {
  test("to a function sends it requests in payload format 2.0, invoked under the role", () => {
    const config = synthesizeHttpApi((api, stack) => {
      const integration = new LambdaIntegration({ handler: functionOf(stack), role: gatewayRole(stack) });
      api.addRoute("GET /orders/{id}", integration);
    });
    expect(at(config, "aws_apigatewayv2_integration.Api_GET_orders_id__Integration")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      integration_type: "AWS_PROXY",
      integration_method: "POST",
      integration_uri: "${aws_lambda_function.Read.invoke_arn}",
      payload_format_version: "2.0",
      credentials_arn: "${aws_iam_role.Gateway.arn}",
      depends_on: ["aws_iam_role_policy.Gateway_InvokeRead"],
    });
    expect(at(config, "aws_apigatewayv2_route.Api_GET_orders_id_")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      route_key: "GET /orders/{id}",
      target: "integrations/${aws_apigatewayv2_integration.Api_GET_orders_id__Integration.id}",
      authorization_type: "AWS_IAM",
    });
    expect(policiesOf(config, "Gateway")).toEqual({
      InvokeRead: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "${aws_lambda_function.Read.arn}" }],
    });
    expect(countOf(config, "aws_lambda_permission")).toBe(0);
  });

  test("to a queue sends the body as it came, under a role that may send to this one queue", () => {
    const config = synthesizeHttpApi((api, stack) => {
      const queue = new Queue(stack, "Inbox", { queueName: "inbox" });
      api.addRoute("POST /orders", new HttpSqsIntegration({ queue, role: gatewayRole(stack) }));
    });
    expect(at(config, "aws_apigatewayv2_integration.Api_POST_orders_Integration")).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      integration_type: "AWS_PROXY",
      integration_subtype: "SQS-SendMessage",
      payload_format_version: "1.0",
      request_parameters: { QueueUrl: "${aws_sqs_queue.Inbox.url}", MessageBody: "$request.body" },
      credentials_arn: "${aws_iam_role.Gateway.arn}",
      depends_on: ["aws_iam_role_policy.Gateway_SendMessage"],
    });
    expect(policiesOf(config, "Gateway")).toEqual({
      SendMessage: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Inbox.arn}" }],
    });
  });

  test.each([
    ["$default", "Api_Default"],
    ["GET /", "Api_GET_"],
    ["ANY /{proxy+}", "Api_ANY_proxy_"],
    ["PATCH /a.b/c-d", "Api_PATCH_a_b_c-d"],
  ])("%s stands at %s", (routeKey, address) => {
    expect(at(withRoutes([routeKey]), `aws_apigatewayv2_route.${address}`).route_key).toBe(routeKey);
  });

  test.each([
    [
      "GET",
      "routeKey must be $default, or one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT with a path behind",
    ],
    ["get /a", 'such as GET /orders, got: "get /a" (in test/Api)'],
    ["TRACE /a", 'got: "TRACE /a"'],
    ["$connect", 'got: "$connect"'],
    ["", 'got: ""'],
    ["GET a", 'path must be / and parts of letters, digits, -_., or one {parameter}, got: "a" (in test/Api)'],
    ["GET /a/", 'got: "/a/"'],
    ["GET  /a", 'got: " /a"'],
    ["GET /{a+}/b", "path must be one that ends with {a+}"],
    ["GET /{a}/{a}", "path must be one that has each parameter once"],
  ])("is refused as %j", (routeKey, message) => {
    expect(() => withRoutes([routeKey])).toThrow(message);
  });

  test.each([
    ["GET /a", "GET /a"],
    ["GET /a/{x}", "GET /a/{y}"],
    ["GET /{a+}", "GET /{b+}"],
    ["$default", "$default"],
  ])("is refused where it is there already: %s, %s", (first, second) => {
    expect(() => withRoutes([first, second])).toThrow(
      `routeKey must be of one route, whatever its parameters are called, got: "${second}". The API has ${first} (in test/Api)`,
    );
  });

  test.each([
    ["GET /a/{x}", "POST /a/{y}"],
    ["GET /a/{x}", "GET /a/{all+}"],
    ["GET /a", "ANY /a"],
    ["GET /a/b", "GET /a/{b}"],
  ])("stands beside one that is another: %s, %s", (first, second) => {
    expect(countOf(withRoutes([first, second]), "aws_apigatewayv2_route")).toBe(2);
  });

  test("is refused where its address would be another's", () => {
    expect(() => withRoutes(["GET /a.b", "GET /a_b"])).toThrow(
      'routeKey must be told from GET /a.b by letters, digits, - and _, got: "GET /a_b" (in test/Api)',
    );
  });
});

describe("the time that an integration may take", () => {
  const timeoutOf = (integration: HttpIntegration) =>
    only(
      synthesizeHttpApi((api) => api.addRoute("GET /", integration)),
      "aws_apigatewayv2_integration",
    ).timeout_milliseconds;

  test("is AWS's unless told otherwise, and 0.05 to 30 seconds", () => {
    expect(timeoutOf(toFunction)).toBeUndefined();
    expect([0.05, 30].map((timeoutSeconds) => timeoutOf({ ...toFunction, timeoutSeconds }))).toEqual([50, 30_000]);
    expect(() => timeoutOf({ ...toFunction, timeoutSeconds: 0.04 })).toThrow(
      "timeoutSeconds must be 0.05 or more, got: 0.04 (in test/Api/GET_)",
    );
    expect(() => timeoutOf({ ...toFunction, timeoutSeconds: 30.1 })).toThrow(
      `timeoutSeconds must be at most 30 seconds that an integration may take, got: 30.1. It is AWS's limit, ${page} (in test/Api/GET_)`,
    );
  });
});

describe("a stage", () => {
  const stageOf = (changes: Partial<HttpApiProps> = {}) =>
    at(withRoutes(["GET /a"], changes), "aws_apigatewayv2_stage.Api_Stage");

  test("is $default, bounded, and logs each request as one line of JSON, with no execution log", () => {
    const { access_log_settings: log, ...stage } = stageOf();
    expect(stage).toEqual({
      api_id: "${aws_apigatewayv2_api.Api.id}",
      name: "$default",
      auto_deploy: false,
      deployment_id: "${aws_apigatewayv2_deployment.Api_Deployment.id}",
      default_route_settings: {
        detailed_metrics_enabled: true,
        throttling_rate_limit: 50,
        throttling_burst_limit: 100,
      },
      depends_on: ["aws_apigatewayv2_route.Api_GET_a", "aws_apigatewayv2_integration.Api_GET_a_Integration"],
    });
    expect(log.destination_arn).toBe("${aws_cloudwatch_log_group.Api_Stage_AccessLogs.arn}");
    for (const value of Object.values(JSON.parse(log.format))) expect(value).toMatch(/^\$context\.[\w.]+$/);
    expect(JSON.parse(log.format)).toMatchObject({
      status: "$context.status",
      routeKey: "$context.routeKey",
      integrationError: "$context.integration.error",
      authorizerError: "$context.authorizer.error",
    });
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
    expect(log.format.length).toBeLessThanOrEqual(3 * 1_024);
  });

  test("has its access log in a group of its own, with its retention", () => {
    expect(only(withRoutes(["GET /a"]), "aws_cloudwatch_log_group")).toMatchObject({
      name: "/aws/vendedlogs/apigateway/shop/default",
      retention_in_days: 30,
    });
    expect(only(withRoutes(["GET /a"], { stageName: "dev" }), "aws_cloudwatch_log_group").name).toBe(
      "/aws/vendedlogs/apigateway/shop/dev",
    );
  });

  test("has the bound and the variables that it is given", () => {
    const throttle = { rateLimit: 0.5, burstLimit: 1 };
    expect(stageOf({ stageName: "dev", throttle, variables: { color: "red" } })).toMatchObject({
      name: "dev",
      stage_variables: { color: "red" },
      default_route_settings: { throttling_rate_limit: 0.5, throttling_burst_limit: 1 },
    });
  });

  test("that deploys by itself serves no deployment of Terraform's, and waits for the routes that it has settings of", () => {
    const config = withRoutes(["GET /a"], { isAutoDeployed: true });
    const stage = at(config, "aws_apigatewayv2_stage.Api_Stage");
    expect(stage.auto_deploy).toBe(true);
    expect(stage).not.toHaveProperty("deployment_id");
    expect(stage.depends_on).toContain("aws_apigatewayv2_route.Api_GET_a");
    expect(countOf(config, "aws_apigatewayv2_deployment")).toBe(0);
  });

  test("of another name serves the same deployment", () => {
    const throttle = { rateLimit: 2, burstLimit: 3 };
    const config = synthesizeHttpApi((api) => {
      api.addRoute("GET /a", toFunction, { throttle });
      api.addStage("Live", { stageName: "live", logRetentionInDays: 1 });
      api.addStage("Latest", { stageName: "latest", logRetentionInDays: 1, isAutoDeployed: true });
    });
    const deployment = "${aws_apigatewayv2_deployment.Api_Deployment.id}";
    expect(countOf(config, "aws_apigatewayv2_deployment")).toBe(1);
    expect(at(config, "aws_apigatewayv2_stage.Api_Live").deployment_id).toBe(deployment);
    for (const id of ["Stage", "Live", "Latest"]) {
      expect(at(config, `aws_apigatewayv2_stage.Api_${id}`).route_settings).toMatchObject([{ route_key: "GET /a" }]);
    }
  });

  test.each<[Partial<HttpApiProps>, string]>([
    [
      { throttle: { rateLimit: 0, burstLimit: 1 } },
      "throttle.rateLimit must be above 0, got: 0. 0 refuses every request",
    ],
    [{ throttle: { rateLimit: 1, burstLimit: 0 } }, "throttle.burstLimit must be an integer of 1 or more, got: 0"],
    [
      { stageName: "a b" },
      'stageName must be $default, or 1–128 letters, digits, - and _ other than default, got: "a b" (in test/Api/Stage)',
    ],
    [{ stageName: "" }, 'got: ""'],
    [{ stageName: "default" }, 'got: "default"'],
    [{ stageName: "$other" }, 'got: "$other"'],
    [{ stageName: "s".repeat(129) }, "stageName must be $default, or 1–128 letters"],
    [{ variables: { "a-b": "v" } }, "variables must be named with 1–64 letters, digits and _"],
    [{ apiName: "" }, 'apiName must be 1–128 letters, digits and _-/.#, which names of logs may have, got: ""'],
    [{ apiName: "n".repeat(129) }, "apiName must be 1–128 letters"],
    [{ apiName: "my shop" }, 'got: "my shop"'],
  ])("%j: %s", (changes, message) => {
    expect(() => stageOf(changes)).toThrow(message);
  });

  test("is refused where another has its name", () => {
    const add = (stageName?: string) => (api: HttpApi) =>
      void api.addStage("Other", { stageName, logRetentionInDays: 1 });
    expect(() => synthesizeHttpApi(add())).toThrow(
      'stageName must be of one stage of the API, got: "$default" (in test/Api)',
    );
    expect(() => synthesizeHttpApi(add("dev"), { stageName: "dev" })).toThrow('got: "dev" (in test/Api)');
    expect(countOf(synthesizeHttpApi(add("dev")), "aws_apigatewayv2_stage")).toBe(2);
  });

  test("takes a name of 128 characters, and one that begins as the forbidden one does", () => {
    expect(stageOf({ apiName: "n".repeat(128) }).access_log_settings).toBeDefined();
    expect(stageOf({ stageName: "s".repeat(128) }).name).toHaveLength(128);
    expect(stageOf({ stageName: "default-2" }).name).toBe("default-2");
  });
});

describe("the throttle of one route", () => {
  test("stands beside that of all, with the other settings written out again", () => {
    const config = synthesizeHttpApi((api) => {
      api.addRoute("GET /a", toFunction, { throttle: { rateLimit: 1.5, burstLimit: 2 } });
      api.addRoute("POST /a", toFunction);
    });
    expect(at(config, "aws_apigatewayv2_stage.Api_Stage").route_settings).toEqual([
      {
        route_key: "GET /a",
        detailed_metrics_enabled: true,
        throttling_rate_limit: 1.5,
        throttling_burst_limit: 2,
      },
    ]);
  });

  test("may be Terraform's to know", () => {
    const limit = (name: string) => Lazy.numberValue({ produce: () => `\${var.${name}}` as unknown as number });
    const throttle = { rateLimit: limit("rate"), burstLimit: limit("burst") };
    const config = synthesizeHttpApi((api) => api.addRoute("GET /a", toFunction, { throttle }));
    expect(at(config, "aws_apigatewayv2_stage.Api_Stage").route_settings).toMatchObject([
      { throttling_rate_limit: "${var.rate}", throttling_burst_limit: "${var.burst}" },
    ]);
  });

  test.each([Number.POSITIVE_INFINITY, Number.NaN])("is refused as %d a second", (rateLimit) => {
    const throttle = { rateLimit, burstLimit: 1 };
    expect(() => synthesizeHttpApi((api) => api.addRoute("GET /a", toFunction, { throttle }))).toThrow(
      `throttle.rateLimit of GET /a must be a finite number, got: ${rateLimit} (in test/Api/Stage)`,
    );
  });

  test("is refused where it would refuse every request", () => {
    const throttle = { rateLimit: 0, burstLimit: 1 };
    expect(() => synthesizeHttpApi((api) => api.addRoute("GET /a", toFunction, { throttle }))).toThrow(
      "throttle.rateLimit of GET /a must be above 0, got: 0. 0 refuses every request (in test/Api/Stage)",
    );
  });
});

describe("a new deployment", () => {
  const triggerOf = (config: Config): string => JSON.stringify(only(config, "aws_apigatewayv2_deployment").triggers);
  const trigger = (changes: Partial<typeof toFunction>, routeKey = "GET /a") =>
    triggerOf(synthesizeHttpApi((api) => api.addRoute(routeKey, { ...toFunction, ...changes })));
  const before = trigger({});

  test("is not made when nothing changes", () => {
    expect(trigger({})).toBe(before);
    expect(JSON.parse(before)).toEqual({ configuration: expect.stringMatching(/^[0-9a-f]{64}$/), references: "" });
  });

  test("is not made for what a stage sets by itself", () => {
    const changes = { stageName: "test", throttle: { rateLimit: 1, burstLimit: 1 }, logRetentionInDays: 1 } as const;
    expect(triggerOf(withRoutes(["GET /a"], changes))).toBe(before);
  });

  test.each<[string, () => string]>([
    ["a route", () => trigger({}, "GET /b")],
    ["a target", () => trigger({ uri: "other" })],
    ["a role", () => trigger({ credentialsArn: "other" })],
    ["a timeout", () => trigger({ timeoutSeconds: 1 })],
    ["who may call", () => triggerOf(withRoutes(["GET /a"], { authorization: "NONE" }))],
    [
      "which pages may call",
      () => triggerOf(withRoutes(["GET /a"], { cors: { allowOrigins: ["https://a.example"] } })),
    ],
    ["the API itself", () => triggerOf(withRoutes(["GET /a"], { description: "other" }))],
  ])("is made when %s changes", (_, after) => {
    expect(after()).not.toBe(before);
  });

  test("is made when what a reference leads to changes: Terraform compares the values", () => {
    const references = "${aws_sqs_queue.Queue.url} ${aws_apigatewayv2_api.own.id} $${stageVariables.no}";
    const config = synthesizeHttpApi((api) => api.addRoute("GET /a", { ...toFunction, uri: references }), {
      variables: { no: "v" },
    });
    expect(JSON.parse(triggerOf(config)).references).toBe("${aws_sqs_queue.Queue.url}");
  });

  test("waits for all that it copies, and the old one stays until then", () => {
    const config = withRoutes(["GET /a", "$default"]);
    const deployment = only(config, "aws_apigatewayv2_deployment");
    expect(deployment.lifecycle).toEqual({ create_before_destroy: true });
    expect(deployment.depends_on).toEqual([
      "aws_apigatewayv2_route.Api_GET_a",
      "aws_apigatewayv2_integration.Api_GET_a_Integration",
      "aws_apigatewayv2_route.Api_Default",
      "aws_apigatewayv2_integration.Api_Default_Integration",
    ]);
  });
});

describe("a stage variable", () => {
  const withAlias = (variables: Record<string, string>): Config =>
    synthesizeHttpApi(
      (api, stack) => {
        const handler = functionOf(stack);
        const alias = new Alias(stack, "Stable", { handler, aliasName: "stable", description: "d" });
        const integration = new LambdaIntegration({
          handler,
          role: gatewayRole(stack),
          alias: { variable: "version", aliases: [alias] },
        });
        api.addRoute("GET /a", integration);
      },
      { variables },
    );

  test("chooses the alias of a function", () => {
    expect(only(withAlias({ version: "stable" }), "aws_apigatewayv2_integration").integration_uri).toBe(
      "arn:${data.aws_partition.Partition.partition}:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${aws_lambda_function.Read.arn}:$${stageVariables.version}/invocations",
    );
  });

  test("must be set where it is used, to a value that leads somewhere", () => {
    expect(() => withAlias({ color: "red" })).toThrow(
      "variables of the stage $default must set version, which GET /a uses, got: color",
    );
    expect(() => withAlias({ version: "next" })).toThrow(
      'variables.version of the stage $default must be stable, which GET /a leads to, got: "next"',
    );
  });
});

describe("pages of other origins", () => {
  const cors = { allowOrigins: ["https://a.example", "http://localhost:3000"] };
  const corsOf = (config: Config) => only(config, "aws_apigatewayv2_api").cors_configuration;

  test("may not call unless told otherwise", () => {
    expect(corsOf(withRoutes(["GET /a"]))).toBeUndefined();
    expect(corsOf(withRoutes(["$default"], { cors: { allowOrigins: [] } }))).toBeUndefined();
  });

  test("of several origins may call every method that a route has, without credentials", () => {
    expect(corsOf(withRoutes(["POST /a", "GET /a", "GET /b"], { cors }))).toEqual({
      allow_origins: ["https://a.example", "http://localhost:3000"],
      allow_methods: ["GET", "POST"],
      allow_headers: ["authorization", "content-type", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"],
      max_age: 600,
      allow_credentials: false,
    });
  });

  test("have what else they are given", () => {
    const all = {
      ...cors,
      allowHeaders: ["x-tenant"],
      exposeHeaders: ["etag"],
      maxAgeSeconds: 0,
      allowCredentials: true,
    };
    expect(corsOf(withRoutes(["GET /a"], { cors: all }))).toMatchObject({
      allow_headers: ["x-tenant"],
      expose_headers: ["etag"],
      max_age: 0,
      allow_credentials: true,
    });
  });

  test("may call every method where a route takes any", () => {
    const config = withRoutes(["ANY /a"], { cors, authorization: "NONE" });
    expect(corsOf(config).allow_methods).toEqual(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
  });

  test("need a route for preflights where one that lets not everybody in would take them", () => {
    const build = (routeKey: string, open: string) => (api: HttpApi) => {
      api.addRoute(routeKey, toFunction);
      api.addRoute(open, toFunction, { authorization: "NONE" });
    };
    const refusal = (needed: string, taking: string) =>
      `cors must have a route ${needed} that anyone may call, since ${taking} takes preflights, too, and lets none in, got: none. ` +
      'Add it with authorization "NONE", or name the methods of the route';
    expect(() => withRoutes(["$default"], { cors })).toThrow(refusal("OPTIONS /{proxy+}", "$default"));
    expect(() => withRoutes(["ANY /a/{id}"], { cors })).toThrow(refusal("OPTIONS /a/{id}", "ANY /a/{id}"));
    expect(() => withRoutes(["ANY /a", "OPTIONS /a"], { cors })).toThrow(refusal("OPTIONS /a", "ANY /a"));
    expect(countOf(synthesizeHttpApi(build("$default", "OPTIONS /{proxy+}"), { cors }), "aws_apigatewayv2_route")).toBe(
      2,
    );
    expect(countOf(synthesizeHttpApi(build("ANY /a", "OPTIONS /a"), { cors }), "aws_apigatewayv2_route")).toBe(2);
    expect(countOf(withRoutes(["$default", "ANY /a"]), "aws_apigatewayv2_route")).toBe(2);
  });

  test.each([
    [
      { allowOrigins: ["*"] },
      'got: "*". No path, no / at the end, lower case, and no *: name each origin (in test/Api)',
    ],
    [{ ...cors, allowHeaders: ["*"] }, "cors.allowHeaders must be names of headers"],
    [{ ...cors, maxAgeSeconds: 86_401 }, "cors.maxAgeSeconds must be an integer from 0 to 86400, got: 86401"],
  ])("are refused as %j", (wrong, message) => {
    expect(() => withRoutes(["GET /a"], { cors: wrong })).toThrow(message);
  });
});

test("an API speaks HTTP, and its own URL works until a domain name is the only way in", () => {
  const apiOf = (changes: Partial<HttpApiProps> = {}) => at(withRoutes([], changes), "aws_apigatewayv2_api.Api");
  expect(apiOf()).toEqual({
    name: "shop",
    description: "Shop",
    protocol_type: "HTTP",
    disable_execute_api_endpoint: false,
  });
  expect(apiOf({ isExecuteApiEndpointDisabled: true }).disable_execute_api_endpoint).toBe(true);
});

describe("quotas", () => {
  let stderr: jest.SpyInstance;
  beforeEach(() => {
    stderr = jest.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => stderr.mockRestore());

  const stages = (count: number, changes: Partial<HttpApiProps> = {}): readonly string[] => {
    synthesizeHttpApi((api) => {
      for (let index = 1; index < count; index += 1) {
        api.addStage(`Stage${index}`, { stageName: `s${index}`, logRetentionInDays: 1 });
      }
    }, changes);
    return stderr.mock.calls.map(([text]) => text);
  };

  test("that AWS raises are warned of above, unless they were", () => {
    expect(stages(10)).toEqual([]);
    expect(stages(11, { quotas: { stagesPerApi: 11 } })).toEqual([]);
    expect(stages(11)).toEqual([
      "Warning: The API has 11 stages, and AWS allows 10 unless asked for more. " +
        `Where it granted more, say so in quotas.stagesPerApi: ${page} (in test/Api)`,
    ]);
    expect(() => stages(1, { quotas: { stagesPerApi: 9 } })).toThrow(
      "quotas.stagesPerApi must be an integer from 10 to 1000000, got: 9 (in test/Api)",
    );
  });

  test("of 300 routes hold, as each has an integration", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `GET /part${index}`);
    expect(countOf(withRoutes(many(300)), "aws_apigatewayv2_integration")).toBe(300);
    expect(() => withRoutes(many(301))).toThrow(
      `routes must be at most 300 routes, got: 301. It is AWS's limit, ${page} (in test/Api)`,
    );
  });
});
