// COPIES=200 node bundling/run.js benchmarks/pipelines.ts: that many orders pipelines in one stack.
//
// With DISTINCT=1 each has handlers of its own, handlers/write-order-<i>.ts and notify-order-<i>.ts, which the benchmark generates.
import { Construct } from "constructs";
import { SqsIntegration } from "../constructs/apigateway/integrations/sqs";
import { RestApi } from "../constructs/apigateway/rest-api";
import { Table } from "../constructs/dynamodb/table";
import { Role } from "../constructs/iam/role";
import { DynamodbStreamEventSource } from "../constructs/lambda/event-sources/dynamodb-stream";
import { SqsEventSource } from "../constructs/lambda/event-sources/sqs";
import { NodeFunction } from "../constructs/lambda/function";
import { EmailSubscription } from "../constructs/sns/email-subscription";
import { Topic } from "../constructs/sns/topic";
import { Queue } from "../constructs/sqs/queue";
import { App } from "../constructs/terraform/app";
import { readBackend } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import { withoutTokenTraces } from "../constructs/terraform/without-token-traces";
import { Order } from "../handlers/schemas/order";
import { rules } from "../rules";

const copies = Number(process.env.COPIES ?? 1);
const logRetentionInDays = 30;

class Pipeline extends Construct {
  constructor(scope: Construct, copy: number) {
    super(scope, `Pipeline${copy}`);
    const suffix = process.env.DISTINCT === "1" ? `-${copy}` : "";
    const name = (part: string): string => `bench-${copy}-${part}`;

    const queue = new Queue(this, "Inbox", { queueName: name("inbox"), visibilityTimeoutSeconds: 60 });
    const undelivered = new Queue(this, "Undelivered", { queueName: name("undelivered"), failedMessages: "keep" });
    const table = new Table(this, "Orders", {
      tableName: name("orders"),
      partitionKey: "orderID",
      stream: "NEW_AND_OLD_IMAGES",
    });
    const topic = new Topic(this, "Notifications", { topicName: name("notifications") });
    const writeOrder = new NodeFunction(this, "WriteOrder", {
      functionName: name("write-order"),
      description: "Writes each order of the queue to the table",
      entry: `handlers/write-order${suffix}.ts`,
      roleName: name("write-order"),
      environment: { TABLE_NAME: table.tableName },
      logRetentionInDays,
    });
    const notifyOrder = new NodeFunction(this, "NotifyOrder", {
      functionName: name("notify-order"),
      description: "Notifies of each order that is new in the table",
      entry: `handlers/notify-order${suffix}.ts`,
      roleName: name("notify-order"),
      environment: { TOPIC_ARN: topic.topicArn },
      logRetentionInDays,
    });
    const sender = new Role(this, "Sender", {
      roleName: name("sender"),
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway send orders to the queue",
    });

    writeOrder.role.grant("WriteOrders", [{ actions: ["dynamodb:PutItem"], resources: [table.tableArn] }]);
    notifyOrder.role.grant("Publish", [{ actions: ["sns:Publish"], resources: [topic.topicArn] }]);
    queue.restrictTo({ senders: [sender], receivers: [writeOrder.role] });
    new SqsEventSource(this, "InboxToWriteOrder", { queue, handler: writeOrder, maximumConcurrency: 10 });
    new DynamodbStreamEventSource(this, "OrdersToNotifyOrder", {
      table,
      handler: notifyOrder,
      only: "INSERT",
      onFailure: undelivered,
    });
    new EmailSubscription(this, "Email", { topic, variableName: `email_${copy}`, description: "Who is mailed" });
    const api = new RestApi(this, "Api", {
      apiName: name("api"),
      description: "Takes orders",
      stageName: "bench",
      executionLogLevel: "INFO",
      logRetentionInDays,
    });
    api.addRoute("POST", "/orders", new SqsIntegration({ queue, role: sender }), { body: Order });
  }
}

withoutTokenTraces(() => {
  const app = new App({ rules });
  const stack = new Stack(app, "pipelines", { region: "eu-west-1", backend: readBackend("backend.tf.json") });
  for (let copy = 0; copy < copies; copy += 1) new Pipeline(stack, copy);
  app.synth();
});
