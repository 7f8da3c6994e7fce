import * as net from "node:net";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { MAX_ORDER_BYTES } from "../../handlers/schemas/order";
import type { Cloud, CloudOptions } from "../../local/cloud";
import { sign } from "../../local/iam/sigv4";
import { signedRequest } from "../../local/walks/signed-request";
import { documentOnlyGrants } from "../../policy/document-only-grants";
import { SkippingClock } from "../support/local";
import { LocalStack } from "../support/local-stack";
import { systemFolder } from "../support/synth";
import { until } from "../support/until";

const stack = new LocalStack(systemFolder("orders", "dev"));
const { synthesized } = stack;
const start = (config?: string, options: CloudOptions = {}): Promise<Cloud> =>
  stack.start(config, { variables: { notification_email: "ops@example.com" }, ...options });

afterEach(() => stack.stopAll());

const send = (cloud: Cloud, body: string) =>
  signedRequest(cloud, { method: "POST", url: String(cloud.stacks[0]?.outputs.orders_url?.value), body });

const stored = async (cloud: Cloud) =>
  (await cloud.dynamodb.items("dev-orders")).map((item) => unmarshall(item as Parameters<typeof unmarshall>[0]));

const queue = (cloud: Cloud, name: string) => cloud.sqs.queues().find(({ queueName }) => queueName === name);

/** Whether each function has worked and none is at work. */
function isIdle(cloud: Cloud): boolean {
  const lines = (name: string, type: string) => cloud.lambda.logsOf(name).filter((line) => line.includes(type)).length;
  return ["dev-write-order", "dev-notify-order"].every(
    (name) => lines(name, "platform.report") >= 1 && lines(name, "platform.report") === lines(name, "platform.start"),
  );
}

/** Waits until so many mails are out and no function is at work any more. */
async function untilMailed(cloud: Cloud, count: number): Promise<void> {
  await until(() => cloud.sns.outbox.length >= count, `${count} mails`);
  await until(() => isIdle(cloud), "the functions");
}

describe("an order", () => {
  test("goes from a signed request to the table and the outbox, and nothing is denied on the way", async () => {
    const cloud = await start();
    const answer = await send(cloud, '{"orderID":"1","item":"tea"}');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([202, { messageId: expect.any(String) }]);
    await untilMailed(cloud, 1);
    expect(await stored(cloud)).toEqual([{ orderID: "1", item: "tea" }]);
    expect(cloud.sns.outbox[0]).toMatchObject({ to: "ops@example.com", subject: "New order 1" });
    expect(cloud.iam.denials()).toEqual([]);
    expect(queue(cloud, "dev-POC-Queue")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  test("sent again is neither stored nor notified of again", async () => {
    const cloud = await start();
    for (const orderID of ["1", "1", "2"]) expect((await send(cloud, JSON.stringify({ orderID }))).status).toBe(202);
    await untilMailed(cloud, 2);
    await until(() => queue(cloud, "dev-POC-Queue")?.inFlight === 0, "an empty queue");
    expect(cloud.sns.outbox.map(({ subject }) => subject).sort()).toEqual(["New order 1", "New order 2"]);
    expect(await stored(cloud)).toHaveLength(2);
  });

  test.each([
    ["without orderID", '{"item":"tea"}', 400],
    ["that is no JSON", "tea", 400],
    ["with more levels than the table holds", `{"orderID":"1","l":${"[".repeat(32)}${"]".repeat(32)}}`, 400],
    ["that is too large", JSON.stringify({ orderID: "1", text: "x".repeat(MAX_ORDER_BYTES) }), 413],
  ])("%s is refused before the queue, and told why", async (_, body, status) => {
    const cloud = await start();
    const answer = await send(cloud, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual(
      status === 400
        ? expect.objectContaining({ message: "Invalid request body", reason: expect.any(String) })
        : { message: `The body must be at most ${MAX_ORDER_BYTES} bytes.` },
    );
    expect(queue(cloud, "dev-POC-Queue")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  test("of the largest size is stored", async () => {
    const cloud = await start();
    const frame = JSON.stringify({ orderID: "1", text: "" }).length;
    const body = JSON.stringify({ orderID: "1", text: "x".repeat(MAX_ORDER_BYTES - frame) });
    expect((await send(cloud, body)).status).toBe(202);
    await untilMailed(cloud, 1);
    expect(JSON.stringify((await stored(cloud))[0])).toHaveLength(MAX_ORDER_BYTES);
  });

  test("that conflicts ends in the dead-letter queue after five attempts; the first stays, and others pass", async () => {
    const clock = new SkippingClock();
    const cloud = await start(synthesized, { clock });
    await send(cloud, '{"orderID":"1","n":1}');
    await untilMailed(cloud, 1);
    await send(cloud, '{"orderID":"1","n":2}');
    await send(cloud, '{"orderID":"2"}');
    await untilMailed(cloud, 2);
    const attempts = () => queue(cloud, "dev-POC-Queue")?.messages[0]?.receiveCount ?? 0;
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await until(() => attempts() >= attempt, `attempt ${attempt}`);
      await until(
        () => cloud.lambda.logsOf("dev-write-order").join("").split("orderID is taken").length > attempt,
        "a line in the log",
      );
      clock.skip(61_000);
    }
    await until(() => queue(cloud, "dev-POC-Queue-DLQ")?.visible === 1, "the dead letter");
    expect(queue(cloud, "dev-POC-Queue-DLQ")?.messages[0]?.body).toBe('{"orderID":"1","n":2}');
    expect(await stored(cloud)).toEqual(expect.arrayContaining([{ orderID: "1", n: 1 }, { orderID: "2" }]));
    expect(cloud.sns.outbox).toHaveLength(2);
  });

  test("that no retry can help, put into the queue past the API, ends in the dead-letter queue and holds up nobody", async () => {
    const clock = new SkippingClock();
    const cloud = await start(synthesized, { clock });
    const url = String(cloud.stacks[0]?.outputs.queue_url?.value);
    const { caller } = cloud.iam.assume(
      "arn:aws:iam::123456789012:role/dev-APIGateway-SQS",
      "apigateway.amazonaws.com",
    );
    await cloud.sqs.call(caller, "SendMessage", { QueueUrl: url, MessageBody: "poison" });
    await send(cloud, '{"orderID":"1"}');
    await untilMailed(cloud, 1);
    await until(() => {
      const isAtRest = queue(cloud, "dev-POC-Queue")?.visible === 0 && isIdle(cloud);
      if (isAtRest) clock.skip(61_000);
      return queue(cloud, "dev-POC-Queue-DLQ")?.visible === 1;
    }, "the dead letter");
    expect(queue(cloud, "dev-POC-Queue-DLQ")?.messages[0]?.body).toBe("poison");
    expect(await stored(cloud)).toEqual([{ orderID: "1" }]);
  });

  test.each([
    ["unsigned", {}, "Missing Authentication Token"],
    [
      "signed long ago",
      {
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/execute-api/aws4_request, SignedHeaders=host, Signature=00",
        "x-amz-date": "20260101T000000Z",
      },
      "Signature expired: 20260101T000000Z is now earlier than",
    ],
  ])("%s is refused", async (_, headers: Record<string, string>, message) => {
    const cloud = await start();
    const url = String(cloud.stacks[0]?.outputs.orders_url?.value);
    const response = await fetch(url, { method: "POST", body: '{"orderID":"1"}', headers });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain(message);
  });
});

describe("each grant", () => {
  const documented = new Set(documentOnlyGrants.flatMap(({ actions }) => actions));

  test("is used by an order on its way, or stands in the list of those that only the documents ask for", async () => {
    const cloud = await start();
    await send(cloud, '{"orderID":"1"}');
    await untilMailed(cloud, 1);
    const unused = cloud.iam.grants().filter(({ uses }) => uses === 0);
    const isDocumented = ({ policy, action }: { policy: string; action: string }): boolean =>
      documentOnlyGrants.some((grant) =>
        policy === `dev-${grant.policy}`
          ? grant.actions.includes(action)
          : policy === grant.policy && grant.actions.length === 0,
      );
    // What Lambda sends to the on-failure queue, it sends only when notifications fail: see below.
    expect(unused.filter((grant) => !isDocumented(grant)).map(({ policy, action }) => [policy, action])).toEqual([
      ["OrdersToNotifyOrderOnFailure", "sqs:SendMessage"],
    ]);
  });

  const used = stack.grantedActions.filter((action) => !documented.has(action));

  test("of those used is missed when it is taken away: there are as many as the document and Lambda ask for", () => {
    expect(used).toEqual([
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      "dynamodb:PutItem",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sns:Publish",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
  });

  test.each(used)("%s, taken away, is named where it is missed", async (action) => {
    const refusal = `is not authorized to perform: ${action} on resource: `;
    // Lambda asks for what a mapping and tracing take when they are made, and API Gateway, the function and the log when they work.
    const cloud = await start(stack.without(action)).catch((error: Error) => error);
    if (cloud instanceof Error) {
      expect(cloud.message).toContain(refusal);
      return;
    }
    const { status } = await send(cloud, '{"orderID":"1"}');
    await until(() => cloud.iam.denials().some((denial) => denial.action === action), `a denial of ${action}`);
    expect(cloud.iam.denials()[0]?.remedy).toContain(action);
    expect(status).toBe(action === "sqs:SendMessage" ? 502 : 202);
  });
});

test("a notification that cannot be sent ends, told apart from the others, in its queue", async () => {
  const clock = new SkippingClock();
  const cloud = await start(stack.without("sns:Publish"), { clock });
  await send(cloud, '{"orderID":"1"}');
  const failed = () => queue(cloud, "dev-order-notifications-failed");
  await until(() => {
    // Twenty times as fast as the machine: the functions' own time must not be over before they have begun.
    clock.skip(100);
    return failed()?.visible === 1;
  }, "the failed notification");
  expect(JSON.parse(failed()?.messages[0]?.body ?? "").DDBStreamBatchInfo).toMatchObject({ batchSize: 1 });
  expect(cloud.iam.grants().find(({ policy }) => policy === "OrdersToNotifyOrderOnFailure")?.uses).toBe(1);
});

/** What was synthesized, with one argument of one resource changed. */
function changed(type: string, name: string, argument: string, value: unknown): string {
  const config = JSON.parse(synthesized);
  config.resource[type] ??= {};
  config.resource[type][name] ??= {};
  config.resource[type][name][argument] = value;
  return JSON.stringify(config);
}

describe("says at start what it cannot do or AWS would refuse, by the resource's address", () => {
  test.each<[string, string, string, unknown, string]>([
    [
      "aws_cloudfront_distribution",
      "Front",
      "enabled",
      true,
      "aws_cloudfront_distribution.Front is of a type that the local run does not know",
    ],
    [
      "aws_iam_role",
      "ApiGatewaySqs",
      "permissions_boundary",
      "arn",
      "permissions_boundary is not modelled by the local run",
    ],
    [
      "aws_dynamodb_table",
      "Orders",
      "replica",
      [{ region_name: "eu-central-1" }],
      "aws_dynamodb_table.Orders: aws_dynamodb_table of dev-orders: replica is not modelled",
    ],
    [
      "aws_dynamodb_table",
      "Orders",
      "hash_key",
      "other",
      "aws_dynamodb_table.Orders: One or more parameter values were invalid",
    ],
    [
      "aws_dynamodb_table",
      "Orders",
      "stream_enabled",
      false,
      "event_source_arn must be that of a queue or of a table's stream in the local run, got: ",
    ],
    [
      "aws_sqs_queue",
      "Inbox",
      "visibility_timeout_seconds",
      9,
      "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds",
    ],
    ["aws_sqs_queue_policy", "Inbox_Policy", "policy", "{", "aws_sqs_queue_policy.Inbox_Policy: "],
    ["aws_lambda_function", "WriteOrder", "filename", "none.zip", "a file, got: none.zip. Synthesize again"],
    [
      "aws_lambda_function",
      "WriteOrder",
      "source_code_hash",
      "other",
      "source_code_hash must be that of assets/write-order.zip",
    ],
  ])("%s.%s %s", async (type, name, argument, value, message) => {
    await expect(start(changed(type, name, argument, value))).rejects.toThrow(message);
  });

  test.each(["{", "[]", "null"])("a configuration that is none: %s", async (config) => {
    await expect(start(config)).rejects.toThrow(
      /orders-dev\/cdk\.tf\.json must hold Terraform's JSON configuration, got: /,
    );
  });

  test("a port that is taken", async () => {
    const { endpoint } = await start();
    await expect(start(synthesized, { port: Number(new URL(endpoint).port) })).rejects.toThrow(
      /^port \d+ is taken: choose another with --port, or 0 for any that is free$/,
    );
  });
});

describe("goes on, whatever it is sent", () => {
  test.each<[string, string, RequestInit, number]>([
    ["an API that is not there", "/_aws/execute-api/none/dev/orders", { method: "POST", body: "{}" }, 403],
    [
      "an unsigned call",
      "/",
      { method: "POST", body: "{}", headers: { "x-amz-target": "DynamoDB_20120810.Scan" } },
      403,
    ],
    ["nothing that is known", "/%00/../*?x", { method: "DELETE" }, 501],
  ])("%s", async (_, url, request, status) => {
    const cloud = await start();
    expect((await fetch(`${cloud.endpoint}${url}`, request)).status).toBe(status);
    expect((await send(cloud, '{"orderID":"1"}')).status).toBe(202);
  });

  test("a client that hangs up in the middle of its body", async () => {
    const cloud = await start();
    const { port } = new URL(cloud.endpoint);
    const client = net.connect(Number(port), "127.0.0.1");
    client.write("POST /_aws/execute-api/x/dev HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await send(cloud, '{"orderID":"1"}')).status).toBe(202);
  });

  test("a signature for another service", async () => {
    const cloud = await start();
    const url = new URL(String(cloud.stacks[0]?.outputs.orders_url?.value));
    const given = { host: url.host, "content-type": "application/json" };
    const request = { method: "POST", path: url.pathname, headers: given, body: Buffer.from('{"orderID":"1"}') };
    const scope = { region: "eu-west-1", service: "sqs", now: Date.now() };
    const headers = { ...given, ...sign(request, cloud.iam.operator().credentials, scope) };
    const response = await fetch(url, { method: "POST", headers, body: request.body });
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining("correct service: 'execute-api'"),
    ]);
  });
});

describe("the alarm topic's key", () => {
  const alarm = (cloud: Cloud) => {
    const { caller } = cloud.iam.operator();
    const TopicArn = "arn:aws:sns:eu-west-1:123456789012:dev-orders-alarms";
    return cloud.sns.call(caller, "Publish", { TopicArn, Message: "x" });
  };

  test("lets the account's own identities publish, whom their policies let", async () => {
    await expect(alarm(await start())).resolves.toMatchObject({ MessageId: expect.any(String) });
  });

  test("stops whom its policy denies", async () => {
    const deny = { Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" };
    const key = JSON.parse(synthesized).resource.aws_kms_key.AlarmsKey;
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [...JSON.parse(key.policy).Statement, deny] });
    await expect(alarm(await start(changed("aws_kms_key", "AlarmsKey", "policy", policy)))).rejects.toThrow(
      "is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/",
    );
  });
});

test("shows what functions write, with the reason why an order is not stored", async () => {
  const said: string[] = [];
  const cloud = await start(synthesized, { log: (source, message) => said.push(`${source}: ${message}`) });
  await send(cloud, '{"orderID":"1"}');
  await untilMailed(cloud, 1);
  await send(cloud, '{"orderID":"1","n":2}');
  await until(
    () => said.some((line) => line.startsWith("dev-write-order: ") && line.includes("orderID is taken")),
    "the reason",
  );
});

test("tells what it accepts and does not enforce", async () => {
  const cloud = await start();
  expect(cloud.stacks[0]?.unenforced).toEqual([
    "aws_api_gateway_deployment: triggers: what is here is always deployed",
    "aws_api_gateway_method_settings: metrics, log levels and the encryption of caches",
    "aws_api_gateway_rest_api: endpoint type, but for PRIVATE",
    "aws_api_gateway_stage: tracing",
    "aws_cloudwatch_dashboard: the dashboard: no metric is made",
    "aws_cloudwatch_log_group: retention: logs are kept while the run lasts",
    "aws_cloudwatch_log_metric_filter: patterns: no metric is made",
    "aws_cloudwatch_metric_alarm: metrics: no alarm rings",
    "aws_dynamodb_table: encryption and point-in-time recovery",
    "aws_kms_key: encryption and rotation; the key's policy is",
    "aws_lambda_function: memory size, architecture, runtime version and tracing",
    "aws_sns_topic: encryption",
    "aws_sqs_queue: encryption",
  ]);
});
