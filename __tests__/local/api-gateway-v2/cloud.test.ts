import * as fs from "node:fs";
import * as path from "node:path";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { strToU8, zipSync } from "fflate";
import { Cloud } from "../../../local/cloud";
import { connectTo } from "../../support/apis-v2";
import { scratchFolder } from "../../support/scratch-folder";
import { until } from "../../support/until";

type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** A reference, as Terraform's JSON has it. */
const ref = (text: string): string => `\${${text}}`;
const policy = (...statements: Block[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements.map((one) => ({ Effect: "Allow", ...one })) });
const trust = (service: string): string => policy({ Principal: { Service: service }, Action: "sts:AssumeRole" });

/** Answers what it gets; for a notification, throws where it says so. */
const handler = `exports.handler = async (event) => {
  const [record] = event.Records ?? [];
  if (record) console.log("notified", record.Sns.Message);
  if (record?.Sns.Message === "fail") throw new Error("as asked");
  return { statusCode: 200, body: JSON.stringify(event.requestContext?.routeKey ?? null) };
};`;

const api = (id: string) => ref(`aws_apigatewayv2_api.${id}.id`);
const arnOf = (resource: string) => ref(`${resource}.arn`);

/** A WebSocket API, an HTTP API and a topic in front of one function, and a queue behind each. */
const resources = ({ topicArn = arnOf("aws_sns_topic.Orders") } = {}): Blocks => ({
  aws_iam_role: {
    Handler: { name: "Handler", assume_role_policy: trust("lambda.amazonaws.com") },
    Sender: { name: "Sender", assume_role_policy: trust("apigateway.amazonaws.com") },
  },
  aws_iam_role_policy: {
    Send: {
      name: "Send",
      role: ref("aws_iam_role.Sender.name"),
      policy: policy({ Action: "sqs:SendMessage", Resource: arnOf("aws_sqs_queue.Inbox") }),
    },
  },
  aws_sqs_queue: { Inbox: { name: "inbox" }, Lost: { name: "lost" } },
  aws_sqs_queue_policy: {
    Lost: {
      queue_url: ref("aws_sqs_queue.Lost.url"),
      policy: policy({
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: arnOf("aws_sqs_queue.Lost"),
        Condition: { ArnEquals: { "aws:SourceArn": arnOf("aws_sns_topic.Orders") } },
      }),
    },
  },
  aws_lambda_function: {
    Handler: {
      function_name: "handler",
      filename: "handler.zip",
      handler: "index.handler",
      runtime: "nodejs24.x",
      role: arnOf("aws_iam_role.Handler"),
    },
  },
  aws_lambda_permission: {
    Chat: permission("Chat", "apigateway.amazonaws.com", `${ref("aws_apigatewayv2_api.Chat.execution_arn")}/*/*`),
    Shop: permission(
      "Shop",
      "apigateway.amazonaws.com",
      `${ref("aws_apigatewayv2_api.Shop.execution_arn")}/*/GET/open`,
    ),
    Topic: permission("Topic", "sns.amazonaws.com", topicArn),
  },
  aws_sns_topic: { Orders: { name: "orders" } },
  aws_sns_topic_subscription: {
    ToHandler: {
      topic_arn: arnOf("aws_sns_topic.Orders"),
      protocol: "lambda",
      endpoint: arnOf("aws_lambda_function.Handler"),
      redrive_policy: JSON.stringify({ deadLetterTargetArn: arnOf("aws_sqs_queue.Lost") }),
    },
  },
  aws_apigatewayv2_api: {
    Chat: { name: "chat", protocol_type: "WEBSOCKET", route_selection_expression: "$request.body.action" },
    Shop: { name: "shop", protocol_type: "HTTP" },
  },
  aws_apigatewayv2_integration: {
    Chat: toHandler("Chat", {}),
    Shop: toHandler("Shop", { payload_format_version: "2.0" }),
    Send: {
      api_id: api("Shop"),
      integration_type: "AWS_PROXY",
      integration_subtype: "SQS-SendMessage",
      credentials_arn: arnOf("aws_iam_role.Sender"),
      request_parameters: { QueueUrl: ref("aws_sqs_queue.Inbox.url"), MessageBody: "$request.body" },
    },
  },
  aws_apigatewayv2_route: {
    Default: route("Chat", "$default", { route_response_selection_expression: "$default" }),
    Open: route("Shop", "GET /open"),
    Closed: route("Shop", "GET /closed"),
    Send: {
      api_id: api("Shop"),
      route_key: "POST /orders",
      target: `integrations/${ref("aws_apigatewayv2_integration.Send.id")}`,
    },
  },
  aws_apigatewayv2_route_response: {
    Default: {
      api_id: api("Chat"),
      route_id: ref("aws_apigatewayv2_route.Default.id"),
      route_response_key: "$default",
    },
  },
  aws_apigatewayv2_deployment: { Chat: { api_id: api("Chat") } },
  aws_apigatewayv2_stage: {
    Chat: { api_id: api("Chat"), name: "dev", deployment_id: ref("aws_apigatewayv2_deployment.Chat.id") },
    Shop: { api_id: api("Shop"), name: "$default", auto_deploy: true },
  },
});

function permission(statement_id: string, principal: string, source_arn: string): Block {
  const function_name = ref("aws_lambda_function.Handler.function_name");
  return { statement_id, action: "lambda:InvokeFunction", function_name, principal, source_arn };
}

function toHandler(of: string, more: Block): Block {
  const integration_uri = ref("aws_lambda_function.Handler.invoke_arn");
  return { api_id: api(of), integration_type: "AWS_PROXY", integration_method: "POST", integration_uri, ...more };
}

function route(of: string, route_key: string, more: Block = {}): Block {
  const target = `integrations/${ref(`aws_apigatewayv2_integration.${of}.id`)}`;
  return { api_id: api(of), route_key, target, ...more };
}

const running = new Set<Cloud>();
afterEach(async () => {
  await Promise.all([...running].map((cloud) => cloud.stop()));
  running.clear();
});

async function start(resource: Blocks = resources()): Promise<Cloud> {
  const folder = path.join(scratchFolder(), "shop-dev");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "handler.zip"), zipSync({ "index.js": strToU8(handler) }));
  const output = {
    chat: { value: ref("aws_apigatewayv2_stage.Chat.invoke_url") },
    chat_endpoint: { value: ref("aws_apigatewayv2_api.Chat.api_endpoint") },
    shop: { value: ref("aws_apigatewayv2_stage.Shop.invoke_url") },
  };
  const config = { provider: { aws: [{ region: "eu-west-1" }] }, resource, output };
  fs.writeFileSync(path.join(folder, "cdk.tf.json"), JSON.stringify(config));
  const cloud = await Cloud.start([folder]);
  running.add(cloud);
  return cloud;
}

const output = (cloud: Cloud, name: string): string => String(cloud.stacks[0]?.outputs[name]?.value);

function publish(cloud: Cloud, Message: string) {
  const { endpoint, place, iam } = cloud;
  const sns = new SNSClient({ endpoint, region: place.region, credentials: iam.operator().credentials });
  return sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:eu-west-1:123456789012:orders", Message }));
}

/** But for the function's logs, which nobody grants it. */
const denialsOf = (cloud: Cloud) => cloud.iam.denials().filter(({ action }) => !action.startsWith("logs:"));

test("stages have addresses that work as they are", async () => {
  const cloud = await start();
  expect(output(cloud, "chat")).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/_aws\/execute-api\/\w+\/dev$/);
  expect(output(cloud, "chat")).toBe(`${output(cloud, "chat_endpoint")}/dev`);
  expect(output(cloud, "shop")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/_aws\/execute-api\/\w+\/$/);
  const client = await connectTo(output(cloud, "chat"));
  client.socket.send("hello");
  expect(await client.next()).toBe('"$default"');
});

test("a function's own policy lets in the routes that it names, and no other", async () => {
  const cloud = await start();
  const open = await fetch(`${output(cloud, "shop")}open`);
  expect([open.status, await open.text()]).toEqual([200, '"GET /open"']);
  const closed = await fetch(`${output(cloud, "shop")}closed`);
  expect([closed.status, await closed.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  expect(denialsOf(cloud)).toMatchObject([{ caller: "apigateway.amazonaws.com", action: "lambda:InvokeFunction" }]);
});

test("a route sends to a queue under its role, and answers with what SQS says", async () => {
  const cloud = await start();
  const sent = await fetch(`${output(cloud, "shop")}orders`, { method: "POST", body: '{"orderID":"1"}' });
  expect([sent.status, await sent.text()]).toEqual([200, expect.stringContaining("<MessageId>")]);
  const queue = cloud.sqs.queues().find(({ queueName }) => queueName === "inbox");
  expect(JSON.stringify(queue?.messages)).toContain("orderID");
  const empty = await fetch(`${output(cloud, "shop")}orders`, { method: "POST" });
  expect(empty.status).toBe(400);
});

test("a topic invokes a function that lets it in", async () => {
  const cloud = await start();
  await publish(cloud, "hello");
  await until(() => cloud.lambda.logsOf("handler").some((line) => line.includes("notified")), "the notification");
  expect(denialsOf(cloud)).toEqual([]);
});

test("a message to a function that lets in another topic goes to the subscription's queue", async () => {
  const cloud = await start(resources({ topicArn: "arn:aws:sns:eu-west-1:123456789012:other" }));
  await publish(cloud, "hello");
  const lost = () => cloud.sqs.queues().find(({ queueName }) => queueName === "lost");
  await until(() => lost()?.visible === 1, "the dead letter");
  expect(JSON.stringify(lost()?.messages)).toContain("hello");
  expect(denialsOf(cloud)).toMatchObject([{ caller: "sns.amazonaws.com", action: "lambda:InvokeFunction" }]);
});

test("what is asked of a WebSocket API otherwise, and of none, is refused", async () => {
  const cloud = await start();
  const url = output(cloud, "chat").replace(/^ws/, "http");
  expect((await fetch(url)).status).toBe(403);
  expect((await fetch(url.replace(/\w+\/dev$/, "nothing/dev"))).status).toBe(403);
  const nowhere = url.replace(/\w+\/dev$/, "nothing/dev").replace(/^http/, "ws");
  await expect(connectTo(nowhere)).rejects.toThrow("Unexpected server response: 403");
  await expect(connectTo(`${cloud.endpoint}/`)).rejects.toThrow("Unexpected server response: 403");
});
