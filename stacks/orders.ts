import type { Construct } from "constructs";
import { SqsIntegration } from "../constructs/apigateway/integrations/sqs";
import { functionMetric, queueMetric } from "../constructs/cloudwatch/alarm";
import { Table } from "../constructs/dynamodb/table";
import { ManagedPolicy } from "../constructs/iam/managed-policy";
import { Role } from "../constructs/iam/role";
import { DynamodbStreamEventSource } from "../constructs/lambda/event-sources/dynamodb-stream";
import { SqsEventSource } from "../constructs/lambda/event-sources/sqs";
import { NodeFunction } from "../constructs/lambda/function";
import { EmailSubscription } from "../constructs/sns/email-subscription";
import { Topic } from "../constructs/sns/topic";
import { Queue } from "../constructs/sqs/queue";
import type { BackendConfig } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import { MAX_ORDER_BYTES, Order } from "../handlers/schemas/order";
import type { Environment } from "../settings/schema";
import { Alarms } from "./alarms";
import { consoleUrl } from "./console-url";
import { SystemApi } from "./system-api";

/** Topic that each new order is published to, as other stacks of the environment find it. */
export const NOTIFICATION_TOPIC = "order-notifications";

export interface OrdersProps {
  readonly environment: Environment;
  readonly backend: BackendConfig;
}

/** `POST /orders` → queue → `write-order` → table → stream → `notify-order` → topic → e-mail. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, { environment, backend }: OrdersProps) {
    const { settings } = environment;
    super(scope, id, { region: settings.region, accountId: settings.accountId, tags: settings.tags, backend });
    const name = (documentedName: string): string => environment.nameOf(documentedName);
    const { logRetentionInDays } = settings;

    const queue = new Queue(this, "Inbox", {
      queueName: name("POC-Queue"),
      visibilityTimeoutSeconds: 60,
      // Well below the 14 days of the dead-letter queue, where a message keeps its age.
      messageRetentionSeconds: 864_000,
      maxMessageBytes: MAX_ORDER_BYTES,
    });
    const table = new Table(this, "Orders", {
      tableName: name("orders"),
      partitionKey: "orderID",
      stream: "NEW_AND_OLD_IMAGES",
      isDeletionProtected: settings.isDeletionProtected,
    });
    const topic = new Topic(this, "Notifications", { topicName: name(NOTIFICATION_TOPIC) });
    const undelivered = new Queue(this, "Undelivered", {
      queueName: name("order-notifications-failed"),
      messageRetentionSeconds: 1_209_600,
      failedMessages: "keep",
    });

    const writeOrder = new NodeFunction(this, "WriteOrder", {
      functionName: name("write-order"),
      description: "Writes each order of the queue to the table",
      entry: "handlers/write-order.ts",
      roleName: name("Lambda-SQS-DynamoDB"),
      environment: { TABLE_NAME: table.tableName },
      logRetentionInDays,
    });
    const notifyOrder = new NodeFunction(this, "NotifyOrder", {
      functionName: name("notify-order"),
      description: "Notifies of each order that is new in the table",
      entry: "handlers/notify-order.ts",
      roleName: name("Lambda-DynamoDBStreams-SNS"),
      environment: { TOPIC_ARN: topic.topicArn },
      // A batch is published one by one, and one that is cut short is published again.
      timeoutSeconds: 60,
      logRetentionInDays,
    });
    const sender = new Role(this, "ApiGatewaySqs", {
      roleName: name("APIGateway-SQS"),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway send orders to the queue",
    });

    // The document's policies, with its action lists. Those that nothing here uses stand in policy/document-only-grants.ts.
    sender.attach(
      "PushToCloudWatchLogs",
      `arn:${this.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`,
    );
    const readQueue = new ManagedPolicy(this, "LambdaReadSqs", {
      policyName: name("Lambda-Read-SQS"),
      description: "Receive orders from the queue",
      role: writeOrder.role,
      statements: [
        {
          actions: ["sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
          resources: [queue.queueArn],
        },
      ],
    });
    const writeTable = new ManagedPolicy(this, "LambdaWriteDynamodb", {
      policyName: name("Lambda-Write-DynamoDB"),
      description: "Write orders to the table",
      role: writeOrder.role,
      statements: [{ actions: ["dynamodb:PutItem", "dynamodb:DescribeTable"], resources: [table.tableArn] }],
    });
    const readStream = new ManagedPolicy(this, "LambdaDynamodbStreamsRead", {
      policyName: name("Lambda-DynamoDBStreams-Read"),
      description: "Read the table's stream",
      role: notifyOrder.role,
      statements: [
        {
          actions: ["dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:GetRecords"],
          resources: [table.streamArn],
        },
        { actions: ["dynamodb:ListStreams"], resources: ["*"] },
      ],
    });
    const publish = new ManagedPolicy(this, "LambdaSnsPublish", {
      policyName: name("Lambda-SNS-Publish"),
      description: "Publish to the notification topic",
      role: notifyOrder.role,
      statements: [
        { actions: ["sns:Publish", "sns:GetTopicAttributes"], resources: [topic.topicArn] },
        { actions: ["sns:ListTopics"], resources: ["*"] },
      ],
    });

    queue.restrictTo({
      senders: [sender],
      receivers: [writeOrder.role],
      operatorRoleArns: settings.orders.queueOperatorRoleArns,
    });
    new SqsEventSource(this, "InboxToWriteOrder", {
      queue,
      handler: writeOrder,
      maximumConcurrency: settings.orders.writerMaximumConcurrency,
      policies: [readQueue, writeTable],
    });
    new DynamodbStreamEventSource(this, "OrdersToNotifyOrder", {
      table,
      handler: notifyOrder,
      only: "INSERT",
      onFailure: undelivered,
      policies: [readStream, publish],
    });
    new EmailSubscription(this, "NotificationEmail", {
      topic,
      variableName: "notification_email",
      description: "Address that is mailed of each new order; empty for none",
      defaultAddress: settings.orders.notificationEmail,
    });

    const api = new SystemApi(this, {
      system: "orders",
      settingsName: "orders.api",
      environment,
      choices: settings.orders.api,
      apiName: name("orders-api"),
      description: "Takes orders",
    });
    api.addRoute("POST", "/orders", new SqsIntegration({ queue, role: sender }), { body: Order });
    const alarms = this.addAlarms(environment, { queue, undelivered, writeOrder, notifyOrder });
    api.watch(alarms, [writeOrder, notifyOrder]);

    const { region } = settings;
    this.addOutput("orders_url", `${api.stage.invokeUrl}/orders`, "POST an order here, signed with SigV4");
    this.addOutput("queue_url", queue.queueUrl, "Queue that orders wait in");
    this.addOutput(
      "dead_letter_queue_url",
      queue.deadLetterQueue.queueUrl,
      "Queue of the orders that could not be stored",
    );
    this.addOutput(
      "undelivered_queue_url",
      undelivered.queueUrl,
      "Queue of the stream positions whose notification was given up",
    );
    this.addOutput("queue_arn", queue.queueArn, "ARN of the queue");
    this.addOutput("table_arn", table.tableArn, "ARN of the table");
    this.addOutput("table_stream_arn", table.streamArn, "ARN of the table's stream");
    this.addOutput("write_order_function_name", writeOrder.functionName, "Function that writes orders");
    this.addOutput("notify_order_function_name", notifyOrder.functionName, "Function that notifies of orders");
    this.addOutput("table_name", table.tableName, "Table of the orders");
    this.addOutput("topic_arn", topic.topicArn, "Topic that each new order is published to");
    this.addOutput("write_order_log_group", writeOrder.logGroup.logGroupName, "Log of the function that writes orders");
    this.addOutput(
      "notify_order_log_group",
      notifyOrder.logGroup.logGroupName,
      "Log of the function that notifies of orders",
    );
    this.addOutput("queue_console_url", consoleUrl.queue(region, queue.queueUrl), "The queue in the console");
    this.addOutput("table_console_url", consoleUrl.table(region, table.tableName), "The table's items in the console");
    this.addOutput("topic_console_url", consoleUrl.topic(region, topic.topicArn), "The topic in the console");
  }

  private addAlarms(
    environment: Environment,
    parts: {
      readonly queue: Queue;
      readonly undelivered: Queue;
      readonly writeOrder: NodeFunction;
      readonly notifyOrder: NodeFunction;
    },
  ): Alarms {
    const { queue, undelivered, writeOrder, notifyOrder } = parts;
    const { oldestMessageAgeSeconds, iteratorAgeSeconds } = environment.settings.alarms;
    const alarms = new Alarms(this, "orders", environment);
    alarms.add(
      "DeadLettersAlarm",
      "dead-letters",
      queueMetric(queue.deadLetterQueue, "ApproximateNumberOfMessagesVisible"),
      0,
      "Orders could not be stored: docs/dead-letters.md",
    );
    alarms.add(
      "UndeliveredAlarm",
      "undelivered",
      queueMetric(undelivered, "ApproximateNumberOfMessagesVisible"),
      0,
      "Notifications were given up: docs/dead-letters.md",
    );
    alarms.add(
      "OldestMessageAlarm",
      "oldest-message",
      queueMetric(queue, "ApproximateAgeOfOldestMessage"),
      oldestMessageAgeSeconds,
      "Orders wait in the queue: is write-order failing or throttled?",
    );
    alarms.add(
      "IteratorAgeAlarm",
      "iterator-age",
      functionMetric(notifyOrder, "IteratorAge"),
      iteratorAgeSeconds * 1_000,
      "Notifications are late: is notify-order failing or throttled?",
    );
    alarms.addFunction(writeOrder, "write-order");
    alarms.addFunction(notifyOrder, "notify-order");
    return alarms;
  }
}
