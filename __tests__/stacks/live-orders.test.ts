import type { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { answering } from "../../handlers/live-orders/reply";
import type { Settings } from "../../settings/schema";
import { policiesOf } from "../support/policies";
import { type Config, countOf, environmentOf, only, systemConfig } from "../support/synth";

const configs: Record<"dev" | "prod", Config> = {
  dev: systemConfig("live-orders", "dev"),
  prod: systemConfig("live-orders", "prod"),
};
const { prod } = configs;

const changed = (changes: Partial<Settings["liveOrders"]>): Config =>
  systemConfig("live-orders", "prod", { liveOrders: { ...environmentOf("prod").settings.liveOrders, ...changes } });

const functions = (config: Config) => Object.values(config.resource.aws_lambda_function ?? {});

describe("addresses and names", () => {
  test("keeps the addresses of what holds data: a changed one destroys it", () => {
    const types = ["aws_dynamodb_table", "aws_sqs_queue", "aws_sns_topic", "aws_kms_key", "aws_cognito_user_pool"];
    const addresses = types.flatMap((type) => Object.keys(prod.resource[type] ?? {}).map((name) => `${type}.${name}`));
    expect(addresses).toEqual([
      "aws_dynamodb_table.Connections",
      "aws_dynamodb_table.Followers",
      "aws_dynamodb_table.Log",
      "aws_sqs_queue.Undelivered",
      "aws_sns_topic.Alarms",
      "aws_kms_key.AlarmsKey",
      "aws_cognito_user_pool.Users",
    ]);
  });

  test.each([
    ["prod", ""],
    ["dev", "dev-"],
  ] as const)('%s carries its names with the prefix "%s"', (environment, prefix) => {
    const config = configs[environment];
    const tables = Object.values(config.resource.aws_dynamodb_table ?? {}).map(({ name }) => name);
    expect(tables).toEqual(["connections", "followers", "log"].map((name) => `${prefix}live-order-${name}`));
    expect(functions(config).map((one) => one.function_name)).toEqual([
      `${prefix}answer-message`,
      `${prefix}live-orders-authorize-request`,
      `${prefix}broadcast-order`,
      `${prefix}connect-client`,
      `${prefix}disconnect-client`,
      `${prefix}subscribe-to-orders`,
    ]);
    expect(only(config, "aws_apigatewayv2_stage").name).toBe(environment);
  });
});

test("what is known of connections and orders expires", () => {
  for (const table of Object.values(prod.resource.aws_dynamodb_table ?? {})) {
    expect(table.ttl).toEqual({ attribute_name: "expiresAt", enabled: true });
  }
});

describe("the one input, the orders stack's topic,", () => {
  const ARN =
    "arn:${data.aws_partition.Partition.partition}:sns:eu-west-1:${data.aws_caller_identity.CallerIdentity.account_id}:";

  test.each(["dev", "prod"] as const)("is found by the name that the orders stack gives it in %s", (environment) => {
    const orders = systemConfig("orders", environment);
    const { name } = orders.resource.aws_sns_topic?.Notifications ?? {};
    const subscription = configs[environment].resource.aws_sns_topic_subscription?.NotificationsToBroadcastOrder;
    expect(subscription).toMatchObject({ topic_arn: `${ARN}${name}`, protocol: "lambda" });
    expect(only(configs[environment], "aws_lambda_permission").source_arn).toBe(`${ARN}${name}`);
  });

  test("takes no state of another stack, so that it works wherever states are", () => {
    expect(Object.keys(prod.data ?? {})).toEqual(
      ["aws_caller_identity", "aws_partition", "aws_region"].filter((type) => prod.data?.[type]),
    );
  });
});

describe("permissions", () => {
  const execution = "${aws_apigatewayv2_api.Api.execution_arn}/prod";
  const table = (name: string) => `\${aws_dynamodb_table.${name}.arn}`;
  const allow = (action: string | string[], resource: string | string[]) => ({
    Effect: "Allow",
    Action: action,
    Resource: resource,
  });
  /** The role's own policies, besides those that every function has. */
  const grantsOf = (role: string) => {
    const { WriteLogs: _, WriteTraces: __, ...others } = policiesOf(prod, role);
    return others;
  };

  test.each<[string, Record<string, unknown>]>([
    ["ConnectClient_Role", { WriteConnections: [allow("dynamodb:PutItem", table("Connections"))] }],
    [
      "DisconnectClient_Role",
      { ForgetConnections: [allow("dynamodb:DeleteItem", [table("Connections"), table("Followers")])] },
    ],
    ["AnswerMessage_Role", {}],
    [
      "SubscribeToOrders_Role",
      {
        FollowOrders: [
          allow("dynamodb:UpdateItem", table("Connections")),
          allow("dynamodb:PutItem", table("Followers")),
          allow("dynamodb:Query", table("Log")),
        ],
        SendMissedOrders: [allow("execute-api:ManageConnections", `${execution}/POST/@connections/*`)],
      },
    ],
    [
      "BroadcastOrder_Role",
      {
        LogOrders: [allow("dynamodb:PutItem", table("Log"))],
        ReadFollowers: [allow(["dynamodb:Query", "dynamodb:DeleteItem"], table("Followers"))],
        SendNewOrders: [
          allow("execute-api:ManageConnections", [
            `${execution}/POST/@connections/*`,
            `${execution}/DELETE/@connections/*`,
          ]),
        ],
        NotificationsToBroadcastOrderOnFailure: [allow("sqs:SendMessage", "${aws_sqs_queue.Undelivered.arn}")],
      },
    ],
  ])("%s may do its own work and no other", (role, grants) => {
    expect(grantsOf(role)).toEqual(grants);
  });

  test("API Gateway's roles may invoke the API's functions, and not the one that the topic invokes", () => {
    const invoked = ["ApiGatewayInvokeLambda", "ApiGatewayInvokeAuthorizer"].flatMap((role) =>
      Object.values(policiesOf(prod, role)).map((statements) =>
        statements === "AWS managed" ? "" : statements[0]?.Resource,
      ),
    );
    expect(invoked.sort()).toEqual(
      ["AnswerMessage", "Authorizer", "ConnectClient", "DisconnectClient", "SubscribeToOrders"].map(
        (name) => `\${aws_lambda_function.${name}.arn}`,
      ),
    );
  });
});

describe("the API", () => {
  test("has a route for connecting, disconnecting, subscribing and all else, and answers the last two", () => {
    const routes = Object.values(prod.resource.aws_apigatewayv2_route ?? {});
    expect(
      routes.map((route) => [route.route_key, route.authorization_type, route.route_response_selection_expression]),
    ).toEqual([
      ["$connect", "CUSTOM", undefined],
      ["$default", "NONE", "$default"],
      ["$disconnect", "NONE", undefined],
      ["subscribe", "NONE", "$default"],
    ]);
  });

  test("lets in whoever shows a token of the stack's own pool in the query", () => {
    expect(only(prod, "aws_apigatewayv2_authorizer").identity_sources).toEqual(["route.request.querystring.token"]);
    expect(prod.resource.aws_lambda_function?.Authorizer?.environment.variables).toEqual({
      ISSUER: "https://${aws_cognito_user_pool.Users.endpoint}",
      AUDIENCE: "${aws_cognito_user_pool_client.UsersClient.id}",
      TOKEN_SOURCE: "method.request.querystring.token",
    });
  });

  test("lets in whoever shows a token of another issuer, where settings name one", () => {
    const config = changed({
      authorization: {
        type: "REQUEST",
        issuer: "https://id.example",
        audience: ["a", "b"],
        requiredScope: "orders/read",
      },
    });
    expect(config.resource.aws_lambda_function?.Authorizer?.environment.variables).toMatchObject({
      ISSUER: "https://id.example",
      AUDIENCE: "a b",
      REQUIRED_SCOPE: "orders/read",
    });
    expect(countOf(config, "aws_cognito_user_pool")).toBe(0);
  });

  test("lets in whoever signs, where settings say so, and has no authorizer then", () => {
    const config = changed({ authorization: { type: "AWS_IAM" } });
    expect(config.resource.aws_apigatewayv2_route?.Api_Connect?.authorization_type).toBe("AWS_IAM");
    expect(countOf(config, "aws_apigatewayv2_authorizer") + countOf(config, "aws_cognito_user_pool")).toBe(0);
    expect(functions(config)).toHaveLength(5);
  });
});

describe("a name of one's own", () => {
  const domain = { domainName: "live.example.com", hostedZoneId: "Z0123456789ABC" };

  test("leads to the stage where settings have one", () => {
    const config = changed({ domain: { ...domain, basePath: "v1/orders" } });
    expect(only(config, "aws_apigatewayv2_api_mapping")).toMatchObject({
      domain_name: "${aws_apigatewayv2_domain_name.Domain.domain_name}",
      stage: "${aws_apigatewayv2_stage.Api_Stage.name}",
      api_mapping_key: "v1/orders",
    });
    expect(config.output?.domain_url?.value).toBe("wss://live.example.com/v1/orders");
    expect(config.output?.domain_target?.value).toContain("target_domain_name");
    expect(countOf(prod, "aws_apigatewayv2_domain_name")).toBe(0);
  });

  test("that is none is refused, with the file that has it", () => {
    expect(() => changed({ domain: { ...domain, domainName: "live" } })).toThrow(
      'domainName must be a name such as api.example.com, in lower case, got: "live" (in live-orders-prod/Domain), as liveOrders.domain in settings/prod.json has it',
    );
  });
});

test("functions know their tables, where connections are, and how long orders are kept", () => {
  const followed = {
    FOLLOWERS_TABLE: "${aws_dynamodb_table.Followers.name}",
    LOG_TABLE: "${aws_dynamodb_table.Log.name}",
    CONNECTIONS_URL: "${aws_apigatewayv2_api.Api.api_endpoint}/prod",
    CATCH_UP_HOURS: "48",
  };
  const { aws_lambda_function: made } = changed({ catchUpHours: 48 }).resource;
  expect(made?.BroadcastOrder?.environment.variables).toEqual(followed);
  expect(made?.SubscribeToOrders?.environment.variables).toEqual({
    CONNECTIONS_TABLE: "${aws_dynamodb_table.Connections.name}",
    ...followed,
  });
  expect([made?.BroadcastOrder?.timeout, made?.SubscribeToOrders?.timeout]).toEqual([30, 29]);
});

test("alarms watch every function, the queue of what was given up, and what clients see", () => {
  const names = Object.values(prod.resource.aws_cloudwatch_metric_alarm ?? {}).map((alarm) => alarm.alarm_name);
  expect(names.sort()).toEqual(
    [
      ...["answer-message", "broadcast-order", "connect-client", "disconnect-client", "subscribe-to-orders"].flatMap(
        (name) => [`live-orders-${name}-errors`, `live-orders-${name}-throttles`],
      ),
      ...["authorizer-throttles", "undecided", "undelivered", "unanswered", "late"].map(
        (name) => `live-orders-${name}`,
      ),
      ...["execution-errors", "integration-errors", "latency", "throttled"].map((name) => `live-orders-${name}`),
    ].sort(),
  );
});

describe("an alarm rings", () => {
  const alarm = (name: string) => prod.resource.aws_cloudwatch_metric_alarm?.[name];

  test("when orders wait longer to be broadcast than settings say", () => {
    expect(alarm("LateAlarm")).toMatchObject({
      namespace: "AWS/Lambda",
      metric_name: "AsyncEventAge",
      statistic: "Maximum",
      dimensions: { FunctionName: "${aws_lambda_function.BroadcastOrder.function_name}" },
      threshold: 10_000,
    });
  });

  test("when connecting takes long, whatever catching up takes", () => {
    expect(alarm("ApiAlarms_Latency")).toMatchObject({
      alarm_name: "live-orders-latency",
      metric_name: "Duration",
      extended_statistic: "p99",
      dimensions: { FunctionName: "${aws_lambda_function.ConnectClient.function_name}" },
      threshold: 3_000,
    });
  });

  test("when clients are told that the service failed, as the functions write it down", async () => {
    const errors: string[] = [];
    const logger = { info: () => undefined, error: (message: string) => errors.push(message) } as unknown as Logger;
    const event = { requestContext: {} } as Parameters<ReturnType<typeof answering>>[0];
    await answering(logger, () => Promise.reject(new Error("no table")))(event, {} as Context);
    const filters = Object.entries(prod.resource.aws_cloudwatch_log_metric_filter ?? {}).filter(
      ([, { name }]) => name === "live-orders-unanswered",
    );
    expect(filters.map(([address, { pattern, log_group_name: group }]) => [address, pattern, group])).toEqual(
      ["AnswerMessage", "SubscribeToOrders"].map((name) => [
        `Unanswered_${name}`,
        `{ $.message = "${errors[0]}" }`,
        `\${aws_cloudwatch_log_group.${name}_Logs.name}`,
      ]),
    );
    expect(alarm("UnansweredAlarm")).toMatchObject({
      namespace: "Gatehouse",
      metric_name: "live-orders-unanswered",
      threshold: 0,
    });
  });
});

test("a dashboard shows connections, messages and the functions behind, and has a link", () => {
  const { dashboard_name: name, dashboard_body: body } = only(prod, "aws_cloudwatch_dashboard");
  expect(name).toBe("live-orders-api");
  const graphs = JSON.parse(body).widgets.map(
    ({ properties }: { properties: { title: string; metrics: unknown[] } }) =>
      `${properties.title}: ${properties.metrics.length}`,
  );
  expect(graphs).toEqual(expect.arrayContaining(["Connections or messages: 2", "Functions: errors: 6"]));
  expect(prod.output?.dashboard_console_url?.value).toBe(
    "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/live-orders-api",
  );
});
