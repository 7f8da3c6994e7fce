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
      ...["authorizer-throttles", "undecided", "undelivered"].map((name) => `live-orders-${name}`),
      ...["execution-errors", "integration-errors", "latency", "throttled"].map((name) => `live-orders-${name}`),
    ].sort(),
  );
});
