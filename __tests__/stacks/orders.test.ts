import { documentOnlyGrants } from "../../policy/document-only-grants";
import { policiesOf } from "../support/policies";
import { type Attributes, type Config, countOf, only, ordersConfig } from "../support/synth";

const configs: Record<"dev" | "prod", Config> = { dev: ordersConfig("dev"), prod: ordersConfig("prod") };
const { dev, prod } = configs;

describe("addresses and names", () => {
  test("keeps the addresses of what holds data: a changed one destroys it", () => {
    const addresses = ["aws_dynamodb_table", "aws_sqs_queue", "aws_sns_topic", "aws_kms_key"].flatMap((type) =>
      Object.keys(prod.resource[type] ?? {}).map((name) => `${type}.${name}`),
    );
    expect(addresses).toEqual([
      "aws_dynamodb_table.Orders",
      "aws_sqs_queue.Inbox",
      "aws_sqs_queue.Inbox_DeadLetters",
      "aws_sqs_queue.Undelivered",
      "aws_sns_topic.Alarms",
      "aws_sns_topic.Notifications",
      "aws_kms_key.AlarmsKey",
    ]);
  });

  test.each([
    ["prod", ""],
    ["dev", "dev-"],
  ] as const)('%s carries the documents\' names with the prefix "%s"', (environment, prefix) => {
    const { resource } = configs[environment];
    expect(resource.aws_sqs_queue?.Inbox?.name).toBe(`${prefix}POC-Queue`);
    expect(resource.aws_dynamodb_table?.Orders?.name).toBe(`${prefix}orders`);
    expect(Object.values(resource.aws_iam_role ?? {}).map((role) => role.name)).toEqual([
      `${prefix}APIGateway-SQS`,
      `${prefix}Lambda-DynamoDBStreams-SNS`,
      `${prefix}Lambda-SQS-DynamoDB`,
    ]);
    expect(Object.values(resource.aws_iam_policy ?? {}).map((policy) => policy.name)).toEqual([
      `${prefix}Lambda-DynamoDBStreams-Read`,
      `${prefix}Lambda-Read-SQS`,
      `${prefix}Lambda-SNS-Publish`,
      `${prefix}Lambda-Write-DynamoDB`,
    ]);
  });

  test.each(["dev", "prod"] as const)("has 77 resources in %s", (environment) => {
    const counts = Object.entries(configs[environment].resource).map(([type, byName]) => [
      type,
      Object.keys(byName).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      aws_api_gateway_deployment: 1,
      aws_api_gateway_gateway_response: 8,
      aws_api_gateway_integration: 1,
      aws_api_gateway_integration_response: 4,
      aws_api_gateway_method: 1,
      aws_api_gateway_method_response: 4,
      aws_api_gateway_method_settings: 1,
      aws_api_gateway_model: 1,
      aws_api_gateway_request_validator: 1,
      aws_api_gateway_resource: 1,
      aws_api_gateway_rest_api: 1,
      aws_api_gateway_stage: 1,
      aws_cloudwatch_dashboard: 1,
      aws_cloudwatch_log_group: 4,
      aws_cloudwatch_log_metric_filter: 1,
      aws_cloudwatch_metric_alarm: 11,
      aws_dynamodb_table: 1,
      aws_iam_policy: 4,
      aws_iam_role: 3,
      aws_iam_role_policy: 6,
      aws_iam_role_policy_attachment: 5,
      aws_kms_key: 1,
      aws_lambda_event_source_mapping: 2,
      aws_lambda_function: 2,
      aws_sns_topic: 2,
      aws_sns_topic_subscription: 2,
      aws_sqs_queue: 3,
      aws_sqs_queue_policy: 3,
      aws_sqs_queue_redrive_allow_policy: 1,
    });
  });
});

describe("permissions", () => {
  const logs = (name: string): Attributes => ({
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: `\${aws_cloudwatch_log_group.${name}_Logs.arn}:*`,
  });
  const traces = { Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" };

  test("Lambda-SQS-DynamoDB receives from the one queue and writes the one table", () => {
    expect(policiesOf(prod, "WriteOrder_Role")).toEqual({
      WriteLogs: [logs("WriteOrder")],
      WriteTraces: [traces],
      "Lambda-Read-SQS": [
        {
          Effect: "Allow",
          Action: ["sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
          Resource: "${aws_sqs_queue.Inbox.arn}",
        },
      ],
      "Lambda-Write-DynamoDB": [
        {
          Effect: "Allow",
          Action: ["dynamodb:PutItem", "dynamodb:DescribeTable"],
          Resource: "${aws_dynamodb_table.Orders.arn}",
        },
      ],
    });
  });

  test("Lambda-DynamoDBStreams-SNS reads the one stream, publishes to the one topic and reports to the one queue", () => {
    expect(policiesOf(prod, "NotifyOrder_Role")).toEqual({
      WriteLogs: [logs("NotifyOrder")],
      WriteTraces: [traces],
      OrdersToNotifyOrderOnFailure: [
        { Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Undelivered.arn}" },
      ],
      "Lambda-DynamoDBStreams-Read": [
        {
          Effect: "Allow",
          Action: ["dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:GetRecords"],
          Resource: "${aws_dynamodb_table.Orders.stream_arn}",
        },
        { Effect: "Allow", Action: "dynamodb:ListStreams", Resource: "*" },
      ],
      "Lambda-SNS-Publish": [
        {
          Effect: "Allow",
          Action: ["sns:Publish", "sns:GetTopicAttributes"],
          Resource: "${aws_sns_topic.Notifications.arn}",
        },
        { Effect: "Allow", Action: "sns:ListTopics", Resource: "*" },
      ],
    });
  });

  test("APIGateway-SQS sends to the one queue and carries the documented log policy", () => {
    expect(policiesOf(prod, "ApiGatewaySqs")).toEqual({
      SendMessage: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "${aws_sqs_queue.Inbox.arn}" }],
      AmazonAPIGatewayPushToCloudWatchLogs: "AWS managed",
    });
  });

  test("lets each role be assumed by its one service", () => {
    const trust = Object.fromEntries(
      Object.entries(prod.resource.aws_iam_role ?? {}).map(([name, role]) => [
        name,
        JSON.parse(role.assume_role_policy).Statement,
      ]),
    );
    const by = (Service: string) => [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }];
    expect(trust).toEqual({
      ApiGatewaySqs: by("apigateway.amazonaws.com"),
      NotifyOrder_Role: by("lambda.amazonaws.com"),
      WriteOrder_Role: by("lambda.amazonaws.com"),
    });
  });

  test("lists as unused only grants that a documented policy holds", () => {
    const granted = ["WriteOrder_Role", "NotifyOrder_Role", "ApiGatewaySqs"].map((role) => policiesOf(prod, role));
    for (const { policy, actions } of documentOnlyGrants) {
      const statements = granted.map((policies) => policies[policy]).find((found) => found !== undefined);
      expect(statements).toBeDefined();
      const held = statements === "AWS managed" ? [] : statements?.flatMap(({ Action }) => Action);
      expect(held).toEqual(expect.arrayContaining([...actions]));
    }
  });

  test("closes the queue to all roles but one sender and one receiver", () => {
    const { policy } = prod.resource.aws_sqs_queue_policy?.Inbox_Policy ?? {};
    const Resource = "${aws_sqs_queue.Inbox.arn}";
    const only = (verb: string, Action: string, role: string) => [
      { Sid: `Allow${verb}`, Effect: "Allow", Principal: { AWS: [role] }, Action, Resource },
      {
        Sid: `DenyOthers${verb}`,
        Effect: "Deny",
        Principal: "*",
        Action,
        Resource,
        Condition: { ArnNotEquals: { "aws:PrincipalArn": [role] } },
      },
    ];
    expect(JSON.parse(policy).Statement).toEqual([
      {
        Sid: "DenyUnencryptedTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "sqs:*",
        Resource,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      ...only("Send", "sqs:SendMessage", "${aws_iam_role.ApiGatewaySqs.arn}"),
      ...only("Receive", "sqs:ReceiveMessage", "${aws_iam_role.WriteOrder_Role.arn}"),
    ]);
  });

  test("lets operators past the Deny, so that they can move messages back from the dead-letter queue", () => {
    const operator = "arn:aws:iam::123456789012:role/Operator";
    const orders = { api: {}, writerMaximumConcurrency: 10, queueOperatorRoleArns: [operator] };
    const { policy } = ordersConfig("prod", { orders }).resource.aws_sqs_queue_policy?.Inbox_Policy ?? {};
    const denied = JSON.parse(policy).Statement.filter(({ Sid }: Attributes) => Sid.startsWith("DenyOthers"));
    expect(denied.map(({ Condition }: Attributes) => Condition.ArnNotEquals["aws:PrincipalArn"])).toEqual([
      ["${aws_iam_role.ApiGatewaySqs.arn}", operator],
      ["${aws_iam_role.WriteOrder_Role.arn}"],
    ]);
  });

  test("lets CloudWatch publish to the encrypted alarm topic", () => {
    expect(prod.resource.aws_sns_topic?.Alarms?.kms_master_key_id).toBe("${aws_kms_key.AlarmsKey.arn}");
    const services = JSON.parse(only(prod, "aws_kms_key").policy).Statement[1];
    expect(services.Principal).toEqual({ Service: ["cloudwatch.amazonaws.com"] });
    expect(services.Action).toEqual(["kms:Decrypt", "kms:GenerateDataKey*"]);
  });
});

describe("what differs between environments", () => {
  test.each([
    ["dev", false, 30, "INFO"],
    ["prod", true, 365, "ERROR"],
  ] as const)("%s: deletion protection %s, logs for %i days, execution log %s", (name, isProtected, days, level) => {
    const config = configs[name];
    expect(only(config, "aws_dynamodb_table").deletion_protection_enabled).toBe(isProtected);
    const groups = Object.values(config.resource.aws_cloudwatch_log_group ?? {});
    expect(groups.map((group) => group.retention_in_days)).toEqual([days, days, days, days]);
    expect(only(config, "aws_api_gateway_method_settings").settings.logging_level).toBe(level);
    expect(only(config, "aws_api_gateway_stage").stage_name).toBe(name);
  });

  test("guards the account that settings name", () => {
    expect(ordersConfig("prod", { accountId: "123456789012" }).provider.aws[0]?.allowed_account_ids).toEqual([
      "123456789012",
    ]);
    expect(prod.provider.aws[0]).not.toHaveProperty("allowed_account_ids");
  });

  test("names console pages of the partition that the Region is in", () => {
    const consoleOf = (region: string) => ordersConfig("dev", { region }).output?.topic_console_url?.value;
    expect(consoleOf("eu-west-1")).toContain("https://eu-west-1.console.aws.amazon.com/");
    expect(consoleOf("cn-north-1")).toContain("https://cn-north-1.console.amazonaws.cn/");
    expect(consoleOf("us-gov-west-1")).toContain("https://us-gov-west-1.console.amazonaws-us-gov.com/");
  });
});

describe("the pipeline", () => {
  test("asks for signed requests on its one method", () => {
    expect(only(dev, "aws_api_gateway_method")).toMatchObject({ http_method: "POST", authorization: "AWS_IAM" });
    expect(only(dev, "aws_api_gateway_resource").path_part).toBe("orders");
  });

  test("wakes the second function on inserts alone", () => {
    const mapping = dev.resource.aws_lambda_event_source_mapping?.OrdersToNotifyOrder;
    expect(mapping?.filter_criteria.filter).toEqual([{ pattern: '{"eventName":["INSERT"]}' }]);
    expect(mapping?.event_source_arn).toBe("${aws_dynamodb_table.Orders.stream_arn}");
  });

  test("mails to the address in a Terraform variable, whose default settings may hold", () => {
    expect(dev.variable?.notification_email?.default).toBe("");
    const orders = {
      api: {},
      writerMaximumConcurrency: 10,
      queueOperatorRoleArns: [],
      notificationEmail: "ops@example.com",
    };
    expect(ordersConfig("dev", { orders }).variable?.notification_email?.default).toBe("ops@example.com");
  });

  test("alarms on dead letters, waiting messages, late notifications, errors and throttles, all to one topic", () => {
    const alarms = Object.values(prod.resource.aws_cloudwatch_metric_alarm ?? {});
    const shown = alarms.map(({ alarm_name, metric_name, dimensions, threshold }) => [
      alarm_name,
      metric_name,
      Object.values(dimensions ?? {})[0],
      threshold,
    ]);
    expect(shown.sort()).toEqual([
      ["orders-dead-letters", "ApproximateNumberOfMessagesVisible", "${aws_sqs_queue.Inbox_DeadLetters.name}", 0],
      ["orders-iterator-age", "IteratorAge", "${aws_lambda_function.NotifyOrder.function_name}", 300_000],
      ["orders-latency", "Latency", "orders-api", 3_000],
      ["orders-notify-order-errors", "Errors", "${aws_lambda_function.NotifyOrder.function_name}", 0],
      ["orders-notify-order-throttles", "Throttles", "${aws_lambda_function.NotifyOrder.function_name}", 0],
      ["orders-oldest-message", "ApproximateAgeOfOldestMessage", "${aws_sqs_queue.Inbox.name}", 300],
      ["orders-server-errors", "5XXError", "orders-api", 0],
      ["orders-throttled", "orders-throttled", undefined, 20],
      ["orders-undelivered", "ApproximateNumberOfMessagesVisible", "${aws_sqs_queue.Undelivered.name}", 0],
      ["orders-write-order-errors", "Errors", "${aws_lambda_function.WriteOrder.function_name}", 0],
      ["orders-write-order-throttles", "Throttles", "${aws_lambda_function.WriteOrder.function_name}", 0],
    ]);
    for (const alarm of alarms) expect(alarm.alarm_actions).toEqual(["${aws_sns_topic.Alarms.arn}"]);
  });

  test("prints what console, CLI and SDK each need", () => {
    expect(Object.keys(dev.output ?? {})).toEqual([
      "access_log_group",
      "api_console_url",
      "api_id",
      "dashboard_console_url",
      "dead_letter_queue_url",
      "execution_log_group",
      "notify_order_function_name",
      "notify_order_log_group",
      "orders_url",
      "queue_arn",
      "queue_console_url",
      "queue_url",
      "table_arn",
      "table_console_url",
      "table_name",
      "table_stream_arn",
      "topic_arn",
      "topic_console_url",
      "undelivered_queue_url",
      "write_order_function_name",
      "write_order_log_group",
    ]);
    expect(dev.output?.orders_url?.value).toBe("${aws_api_gateway_stage.Api_Stage.invoke_url}/orders");
  });

  test("makes the DLQ usable by its own queue alone", () => {
    expect(countOf(dev, "aws_sqs_queue_redrive_allow_policy")).toBe(1);
    expect(JSON.parse(only(dev, "aws_sqs_queue_redrive_allow_policy").redrive_allow_policy)).toEqual({
      redrivePermission: "byQueue",
      sourceQueueArns: ["${aws_sqs_queue.Inbox.arn}"],
    });
  });
});
