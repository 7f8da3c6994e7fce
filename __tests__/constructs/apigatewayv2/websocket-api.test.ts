import { Lazy } from "cdktf";
import type { Construct } from "constructs";
import { LambdaIntegration } from "../../../constructs/apigateway/integrations/lambda";
import type { WebSocketApiProps } from "../../../constructs/apigatewayv2/websocket-api";
import { WebSocketAuthorizer } from "../../../constructs/apigatewayv2/websocket-authorizer";
import { Role } from "../../../constructs/iam/role";
import { Alias } from "../../../constructs/lambda/alias";
import { policiesOf } from "../../support/policies";
import { type Config, countOf, only } from "../../support/synth";
import { type WebSocketParts, webSocketConfig } from "../../support/websocket-api";

const page =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html";

/** A role that API Gateway asks an authorizer under, beside another. */
const asker = ({ node: { scope } }: Role): Role =>
  new Role(scope as Construct, "Asker", {
    roleName: "Asker",
    assumedBy: { Service: "apigateway.amazonaws.com" },
    description: "Asks",
  });

const routes = (config: Config) => config.resource.aws_apigatewayv2_route ?? {};

describe("an API", () => {
  test("finds a message's route in its action, and has a stage that is deployed by itself", () => {
    const config = webSocketConfig();
    expect(only(config, "aws_apigatewayv2_api")).toMatchObject({
      name: "chat",
      protocol_type: "WEBSOCKET",
      route_selection_expression: "$request.body.action",
    });
    expect(only(config, "aws_apigatewayv2_stage")).toMatchObject({
      name: "dev",
      auto_deploy: false,
      deployment_id: "${aws_apigatewayv2_deployment.Api_Deployment.id}",
    });
  });

  test("keeps the addresses of its parts", () => {
    const config = webSocketConfig({}, ({ api, integration }) => {
      for (const key of ["$connect", "$disconnect", "$default", "send.note"]) api.addRoute(key, integration);
    });
    const addresses = Object.entries(config.resource)
      .filter(([type]) => type.startsWith("aws_apigatewayv2_"))
      .flatMap(([type, byName]) =>
        Object.keys(byName).map((name) => `${type.replace("aws_apigatewayv2_", "")}.${name}`),
      );
    expect(addresses).toEqual([
      "api.Api",
      "deployment.Api_Deployment",
      "integration.Api_Connect_Integration",
      "integration.Api_Default_Integration",
      "integration.Api_Disconnect_Integration",
      "integration.Api_Route_send_note_Integration",
      "route.Api_Connect",
      "route.Api_Default",
      "route.Api_Disconnect",
      "route.Api_Route_send_note",
      "stage.Api_Stage",
    ]);
  });

  test("cannot be without $connect, which would let anyone in", () => {
    expect(() => webSocketConfig({}, ({ api, integration }) => api.addRoute("$default", integration))).toThrow(
      "routes must have $connect, since without it anyone may connect, got: $default (in test/Api)",
    );
    expect(() => webSocketConfig({}, () => undefined)).toThrow("got: none (in test/Api)");
  });

  test.each<[Partial<WebSocketApiProps>, string]>([
    [{ apiName: "" }, "apiName must be 1–128 letters, digits and _-/.#, which names of logs may have"],
    [{ apiName: "n".repeat(129) }, "apiName must be 1–128 letters"],
    [{ apiName: "my chat" }, 'got: "my chat" (in test/Api)'],
    [{ quotas: { routesPerApi: 299 } }, "quotas.routesPerApi must be an integer from 300 to 1000000, got: 299"],
    [{ stageName: "$default" }, 'stageName must be 1–128 letters, digits, - and _, got: "$default"'],
    [
      { routeSelectionExpression: "$request.header.action" },
      "routeSelectionExpression must be such as $request.body.action",
    ],
    [
      { throttle: { rateLimit: 0, burstLimit: 1 } },
      "throttle.rateLimit must be above 0, got: 0. 0 refuses every request",
    ],
    [{ throttle: { rateLimit: 1, burstLimit: 0 } }, "throttle.burstLimit must be an integer of 1 or more"],
    [{ variables: { "a-b": "1" } }, "variables must be named with 1–64 letters, digits and _"],
  ])("refuses %j", (props, message) => {
    expect(() => webSocketConfig(props)).toThrow(message);
  });

  test.each([
    [{ apiName: "n".repeat(128) }],
    [{ routeSelectionExpression: "$request.body.meta.kind" }],
    [{ stageName: "a-B_9" }],
  ])("takes %j", (props) => {
    expect(countOf(webSocketConfig(props), "aws_apigatewayv2_api")).toBe(1);
  });
});

describe("a route", () => {
  test("invokes its function under the role, which may invoke it by then", () => {
    const config = webSocketConfig();
    expect(only(config, "aws_apigatewayv2_integration")).toMatchObject({
      integration_type: "AWS_PROXY",
      integration_method: "POST",
      integration_uri: "${aws_lambda_function.Handler.invoke_arn}",
      credentials_arn: "${aws_iam_role.Invoker.arn}",
      depends_on: ["aws_iam_role_policy.Invoker_InvokeHandler"],
    });
    expect(only(config, "aws_apigatewayv2_route")).toMatchObject({
      route_key: "$connect",
      target: "integrations/${aws_apigatewayv2_integration.Api_Connect_Integration.id}",
    });
  });

  test("sends the function's answer back only where it is to", () => {
    const config = webSocketConfig({}, ({ api, integration }) => {
      api.addRoute("$connect", integration);
      api.addRoute("$default", integration, { isAnswered: true });
    });
    expect(routes(config).Api_Default?.route_response_selection_expression).toBe("$default");
    expect(routes(config).Api_Connect).not.toHaveProperty("route_response_selection_expression");
    expect(only(config, "aws_apigatewayv2_route_response")).toMatchObject({
      route_id: "${aws_apigatewayv2_route.Api_Default.id}",
      route_response_key: "$default",
    });
  });

  test.each([
    [0.05, 50],
    [29, 29_000],
  ])("waits %d seconds for its function where it is told", (timeoutSeconds, milliseconds) => {
    const config = webSocketConfig({}, ({ api, integration }) =>
      api.addRoute("$connect", { ...integration, type: "AWS_PROXY", timeoutSeconds }),
    );
    expect(only(config, "aws_apigatewayv2_integration").timeout_milliseconds).toBe(milliseconds);
  });

  test.each<[string, (parts: WebSocketParts) => void, string]>([
    [
      "an unknown special key",
      ({ api, integration }) => api.addRoute("$message", integration),
      "routeKey must be $connect, $disconnect, $default, or",
    ],
    ["an empty key", ({ api, integration }) => api.addRoute("", integration), "routeKey must be $connect"],
    [
      "a key of 129 characters",
      ({ api, integration }) => api.addRoute("k".repeat(129), integration),
      "routeKey must be $connect",
    ],
    [
      "a key twice",
      ({ api, integration }) => {
        api.addRoute("send", integration);
        api.addRoute("send", integration);
      },
      'routeKey must be of one route, got: "send" (in test/Api)',
    ],
    [
      "an answer to whoever is gone",
      ({ api, integration }) => api.addRoute("$disconnect", integration, { isAnswered: true }),
      "isAnswered must be left out for $disconnect, whose client is gone",
    ],
    [
      "authorization of anything but $connect",
      ({ api, integration }) => api.addRoute("send", integration, { authorization: "AWS_IAM" }),
      "authorization must be left out for send: it is of $connect alone",
    ],
    [
      "30 seconds",
      ({ api, integration }) => api.addRoute("send", { ...integration, type: "AWS_PROXY", timeoutSeconds: 30 }),
      `timeoutSeconds must be at most 29 seconds that an integration may take, got: 30. It is AWS's limit, ${page}`,
    ],
    [
      "less than 50 milliseconds",
      ({ api, integration }) => api.addRoute("send", { ...integration, type: "AWS_PROXY", timeoutSeconds: 0.04 }),
      "timeoutSeconds must be 0.05 or more, got: 0.04",
    ],
    [
      "a time that Terraform alone knows",
      ({ api, integration, handler }) =>
        api.addRoute("send", {
          ...integration,
          type: "AWS_PROXY",
          timeoutSeconds: Lazy.numberValue({ produce: () => handler.timeoutSeconds }),
        }),
      'timeoutSeconds must be a number that is known when the stack is written, got: "a reference"',
    ],
    [
      "a throttle of 0",
      ({ api, integration }) => api.addRoute("send", integration, { throttle: { rateLimit: 0, burstLimit: 1 } }),
      "throttle.rateLimit of send must be above 0",
    ],
  ])("cannot have %s", (_, build, message) => {
    expect(() => webSocketConfig({}, build)).toThrow(message);
  });
});

describe("a stage variable", () => {
  const withAlias = (variables: Record<string, string>): Config =>
    webSocketConfig({ variables }, ({ stack, api, handler, role: other }) => {
      const role = asker(other);
      const alias = new Alias(stack, "Stable", { handler, aliasName: "stable", description: "d" });
      api.addRoute(
        "$connect",
        new LambdaIntegration({ handler, role, alias: { variable: "version", aliases: [alias] } }),
      );
    });

  test("chooses the alias of a function", () => {
    expect(only(withAlias({ version: "stable" }), "aws_apigatewayv2_integration").integration_uri).toContain(
      ":$${stageVariables.version}/invocations",
    );
  });

  test("must be set where it is used, to a value that leads somewhere", () => {
    expect(() => withAlias({})).toThrow("variables of the stage dev must set version, which $connect uses, got: none");
    expect(() => withAlias({ version: "next" })).toThrow(
      'variables.version of the stage dev must be stable, which $connect leads to, got: "next"',
    );
  });

  test("must be set where the authorizer wants it", () => {
    const authorized = (variables: Record<string, string>): Config =>
      webSocketConfig({ variables }, ({ api, integration, handler, role }) => {
        const identitySources = ["stageVariables.tenant"];
        const authorization = new WebSocketAuthorizer({
          authorizerName: "tokens",
          handler,
          role: asker(role),
          identitySources,
        });
        api.addRoute("$connect", integration, { authorization });
      });
    expect(countOf(authorized({ tenant: "a" }), "aws_apigatewayv2_authorizer")).toBe(1);
    expect(() => authorized({})).toThrow("variables of the stage dev must set tenant, which $connect uses, got: none");
  });
});

describe("the quota of 300 routes", () => {
  let stderr: jest.SpyInstance;
  beforeEach(() => {
    stderr = jest.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => stderr.mockRestore());

  const warnings = (routes: number, props: Partial<WebSocketApiProps> = {}): readonly string[] => {
    webSocketConfig(props, ({ api, integration }) => {
      api.addRoute("$connect", integration);
      for (let index = 1; index < routes; index += 1) api.addRoute(`route${index}`, integration);
    });
    return stderr.mock.calls.map(([text]) => text);
  };

  test("is warned of above, unless AWS raised it", () => {
    expect(warnings(300)).toEqual([]);
    expect(warnings(301, { quotas: { routesPerApi: 301 } })).toEqual([]);
    expect(warnings(301)).toEqual([
      "Warning: The API has 301 routes, and AWS allows 300 unless asked for more. " +
        `Where it granted more, say so in quotas.routesPerApi: ${page} (in test/Api)`,
    ]);
  });
});

describe("whoever connects", () => {
  const authorizedBy = (authorization?: "AWS_IAM" | "NONE") =>
    only(
      webSocketConfig({}, ({ api, integration }) => api.addRoute("$connect", integration, { authorization })),
      "aws_apigatewayv2_route",
    ).authorization_type;

  test("signs the request, unless the route says otherwise", () => {
    expect(authorizedBy()).toBe("AWS_IAM");
    expect(authorizedBy("NONE")).toBe("NONE");
  });

  test("is asked for once: the other routes let whoever is connected", () => {
    const config = webSocketConfig({}, ({ api, integration }) => {
      api.addRoute("$connect", integration);
      api.addRoute("send", integration);
    });
    expect(routes(config).Api_Route_send?.authorization_type).toBe("NONE");
  });

  const authorizer = (
    { handler, role }: WebSocketParts,
    identitySources: readonly string[],
    authorizerName = "tokens",
  ) => new WebSocketAuthorizer({ authorizerName, handler, role: asker(role), identitySources });

  test("is let in by a function where there is an authorizer, which is asked each time", () => {
    const config = webSocketConfig({}, (parts) => {
      const authorization = authorizer(parts, ["route.request.querystring.token", "context.identity.sourceIp"]);
      parts.api.addRoute("$connect", parts.integration, { authorization });
    });
    expect(only(config, "aws_apigatewayv2_authorizer")).toEqual({
      "//": expect.anything(),
      api_id: "${aws_apigatewayv2_api.Api.id}",
      name: "tokens",
      authorizer_type: "REQUEST",
      authorizer_uri: "${aws_lambda_function.Handler.invoke_arn}",
      authorizer_credentials_arn: "${aws_iam_role.Asker.arn}",
      identity_sources: ["route.request.querystring.token", "context.identity.sourceIp"],
      depends_on: ["aws_iam_role_policy.Asker_InvokeHandler"],
    });
    expect(only(config, "aws_apigatewayv2_route")).toMatchObject({
      authorization_type: "CUSTOM",
      authorizer_id: "${aws_apigatewayv2_authorizer.Api_Connect_Authorizer.id}",
    });
  });

  test.each<[readonly string[], string, string]>([
    [[], "tokens", "identitySources must be at least one, got: []"],
    [["method.request.querystring.token"], "tokens", "identitySources must be route.request.header.<name>"],
    [["route.request.header.Authorization"], "", "authorizerName must be 1–128 letters"],
    [["route.request.header.Authorization"], "n".repeat(129), "authorizerName must be 1–128 letters"],
  ])("cannot be asked by %j of an authorizer named %j", (identitySources, name, message) => {
    expect(() => webSocketConfig({}, (parts) => authorizer(parts, identitySources, name) && undefined)).toThrow(
      message,
    );
  });
});

describe("the stage", () => {
  test("bounds connections and messages, always with numbers: without, every one would be refused", () => {
    const settings = { logging_level: "INFO", data_trace_enabled: false, detailed_metrics_enabled: true };
    expect(only(webSocketConfig(), "aws_apigatewayv2_stage").default_route_settings).toEqual({
      ...settings,
      throttling_rate_limit: 50,
      throttling_burst_limit: 100,
    });
    const config = webSocketConfig({ throttle: { rateLimit: 5, burstLimit: 6 } }, ({ api, integration }) => {
      api.addRoute("$connect", integration);
      api.addRoute("send", integration, { throttle: { rateLimit: 1, burstLimit: 2 } });
    });
    expect(only(config, "aws_apigatewayv2_stage")).toMatchObject({
      default_route_settings: { throttling_rate_limit: 5, throttling_burst_limit: 6 },
      route_settings: [{ ...settings, route_key: "send", throttling_rate_limit: 1, throttling_burst_limit: 2 }],
    });
  });

  test("has no settings of routes where none differs, and no variables where there are none", () => {
    const stage = only(webSocketConfig(), "aws_apigatewayv2_stage");
    expect(stage).not.toHaveProperty("route_settings");
    expect(stage).not.toHaveProperty("stage_variables");
    expect(only(webSocketConfig({ variables: { tenant: "a" } }), "aws_apigatewayv2_stage").stage_variables).toEqual({
      tenant: "a",
    });
  });

  test("writes a line of JSON for each event, without the query that may hold a token, into logs that were there before it", () => {
    const config = webSocketConfig({ logRetentionInDays: 7 });
    const { access_log_settings: settings, depends_on: dependsOn } = only(config, "aws_apigatewayv2_stage");
    expect(settings.destination_arn).toBe("${aws_cloudwatch_log_group.Api_Stage_AccessLogs.arn}");
    const format = JSON.parse(settings.format);
    expect(format).toMatchObject({
      connectionId: "$context.connectionId",
      routeKey: "$context.routeKey",
      status: "$context.status",
    });
    expect(Object.values(format).every((value) => /^\$context\.[\w.]+$/.test(String(value)))).toBe(true);
    expect(dependsOn).toEqual(["aws_cloudwatch_log_group.Api_Stage_ExecutionLogs"]);
    expect(config.resource.aws_cloudwatch_log_group?.Api_Stage_ExecutionLogs).toMatchObject({
      name: "/aws/apigateway/${aws_apigatewayv2_api.Api.id}/dev",
      retention_in_days: 7,
    });
    expect(config.resource.aws_cloudwatch_log_group?.Api_Stage_AccessLogs?.name).toBe("/aws/apigateway/chat/dev");
  });
});

describe("the deployment", () => {
  const deploymentOf = (build?: (parts: WebSocketParts) => void, props?: Partial<WebSocketApiProps>) =>
    only(webSocketConfig(props, build), "aws_apigatewayv2_deployment");

  test("comes after all that it copies", () => {
    const { depends_on: dependsOn, lifecycle } = deploymentOf((parts) => {
      const authorization = new WebSocketAuthorizer({
        authorizerName: "tokens",
        handler: parts.handler,
        role: asker(parts.role),
        identitySources: ["route.request.querystring.token"],
      });
      parts.api.addRoute("$connect", parts.integration, { authorization });
      parts.api.addRoute("$default", parts.integration, { isAnswered: true });
    });
    expect(dependsOn).toEqual([
      "aws_apigatewayv2_route.Api_Connect",
      "aws_apigatewayv2_integration.Api_Connect_Integration",
      "aws_apigatewayv2_authorizer.Api_Connect_Authorizer",
      "aws_apigatewayv2_route.Api_Default",
      "aws_apigatewayv2_integration.Api_Default_Integration",
      "aws_apigatewayv2_route_response.Api_Default_Response",
    ]);
    expect(lifecycle).toEqual({ create_before_destroy: true });
  });

  test("is replaced by a change of what it copies, and by none of the stage", () => {
    const connect = ({ api, integration }: WebSocketParts) => api.addRoute("$connect", integration);
    const base = deploymentOf(connect).triggers;
    expect(base.references).toBe("${aws_iam_role.Invoker.arn} ${aws_lambda_function.Handler.invoke_arn}");
    const changes: [(parts: WebSocketParts) => void, Partial<WebSocketApiProps>?][] = [
      [({ api, integration }) => api.addRoute("$connect", integration, { authorization: "NONE" })],
      [({ api, integration }) => api.addRoute("$connect", integration, { isAnswered: true })],
      [
        (parts) => {
          connect(parts);
          parts.api.addRoute("send", parts.integration);
        },
      ],
      [connect, { routeSelectionExpression: "$request.body.kind" }],
    ];
    const hashes = changes.map(([build, props]) => deploymentOf(build, props).triggers.configuration);
    expect(new Set([base.configuration, ...hashes]).size).toBe(changes.length + 1);
    expect(deploymentOf(connect, { throttle: { rateLimit: 1, burstLimit: 1 } }).triggers).toEqual(base);
  });
});

test("a role may manage connections of this API's stage alone, with the verbs that it is given", () => {
  const config = webSocketConfig({}, ({ api, integration, handler }) => {
    api.addRoute("$connect", integration);
    api.grantManageConnections(handler.role, "Send", ["POST", "DELETE"]);
  });
  const stage = "${aws_apigatewayv2_api.Api.execution_arn}/dev";
  expect(policiesOf(config, "Handler_Role").Send).toEqual([
    {
      Effect: "Allow",
      Action: "execute-api:ManageConnections",
      Resource: [`${stage}/POST/@connections/*`, `${stage}/DELETE/@connections/*`],
    },
  ]);
});

test("functions behind the API can be told where its connections are, before its routes are there", () => {
  const config = webSocketConfig({}, ({ stack, api, integration }) => {
    stack.addOutput("url", api.connectionsUrl, "Where connections are");
    api.addRoute("$connect", integration);
  });
  expect(config.output?.url?.value).toBe("${aws_apigatewayv2_api.Api.api_endpoint}/dev");
});
