import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { sign } from "../local/iam/sigv4";
import { orderIn, type Pipeline } from "./local-load";

const region = "eu-west-1";
const accountId = "000000000000";
const credentials = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };
const role = `arn:aws:iam::${accountId}:role/bench`;
const PATIENCE_MS = 20_000;

/** Whether the command is there. */
export const hasMiniStack = (command: string): boolean => !spawnSync(command, ["--version"], { timeout: 10_000 }).error;

/**
 * Starts MiniStack and makes an orders pipeline there: the functions, batch sizes and mapping template are those of the stack in a folder. It has
 * no model, no throttle, no access log and no alarms, and MiniStack asks no policy: it has less to do.
 * @see https://github.com/ministackorg/ministack
 */
export async function startMiniStack(command: string, folder: string, scratch: string): Promise<Pipeline> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = startServer(command, port, scratch);
  const outbox = http.createServer();
  outbox.listen(0, "127.0.0.1");
  await once(outbox, "listening");
  const stop = async (): Promise<void> => {
    outbox.close();
    outbox.closeAllConnections();
    await stopServer(server);
  };
  try {
    await untilReady(`${endpoint}/_ministack/health`, server);
    const subscriber = `http://127.0.0.1:${(outbox.address() as net.AddressInfo).port}/`;
    let pipeline: Pipeline | undefined;
    const confirmed = receive(outbox, (orderID) => pipeline?.onMail(orderID));
    const apiId = await createPipeline(endpoint, folder, subscriber);
    await confirmed;
    const url = `${endpoint}/_aws/execute-api/${apiId}/bench/orders`;
    pipeline = { name: "MiniStack", url, region, credentials, onMail: () => undefined, stop };
    return pipeline;
  } catch (error) {
    await stop();
    throw error;
  }
}

function startServer(command: string, port: number, scratch: string): ChildProcess {
  const log = fs.openSync(path.join(scratch, "ministack.log"), "w");
  const home = path.join(scratch, "ministack");
  fs.mkdirSync(home, { recursive: true });
  const server = spawn(command, [], {
    cwd: home,
    // A group of its own, so that the functions' processes end with it.
    detached: true,
    stdio: ["ignore", log, log],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TMPDIR: home,
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: accountId,
      LAMBDA_EXECUTOR: "local",
      // Else it may listen on every address.
      IOT_MTLS_ENABLED: "0",
      LOG_LEVEL: "WARNING",
      S3_DATA_DIR: path.join(home, "s3"),
      STATE_DIR: path.join(home, "state"),
    },
  });
  process.once("exit", () => signalGroup(server, "SIGKILL"));
  return server;
}

/** Signals the server and the functions' processes, if they are there. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return;
  const exited = once(server, "exit");
  signalGroup(server, "SIGTERM");
  const timer = setTimeout(() => signalGroup(server, "SIGKILL"), 3_000);
  await exited;
  clearTimeout(timer);
  signalGroup(server, "SIGKILL");
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end && server.exitCode === null) {
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("MiniStack did not start");
}

/** Confirms the topic's subscription, then hands on the order of each notification. */
function receive(outbox: http.Server, onMail: (orderID: string) => void): Promise<void> {
  return new Promise((resolve) => {
    outbox.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end();
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
      if (message.Type === "Notification") onMail(orderIn(message.Subject ?? ""));
      else void fetch(message.SubscribeURL ?? "").then(() => resolve());
    });
  });
}

interface Config {
  readonly resource: {
    readonly aws_lambda_function: Readonly<
      Record<string, { filename: string; handler: string; memory_size: number; timeout: number }>
    >;
    readonly aws_lambda_event_source_mapping: Readonly<
      Record<
        string,
        {
          batch_size: number;
          function_response_types: readonly string[];
          filter_criteria?: { filter: readonly { pattern: string }[] };
          scaling_config?: { maximum_concurrency: number };
        }
      >
    >;
  };
}

interface Call {
  readonly service: string;
  /** @default "POST" */
  readonly method?: string;
  /** @default "/" */
  readonly path?: string;
  /** `X-Amz-Target`, for services that have one. */
  readonly target?: string;
  /** Sent as JSON, a text as the form that it is. */
  readonly body: object | string;
}

/** Calls a service, signed: by the signature MiniStack tells services apart. @throws Error with what it answered, where that is a failure */
async function call(
  endpoint: string,
  { service, method = "POST", path: at = "/", target, body }: Call,
): Promise<string> {
  const isForm = typeof body === "string";
  const text = isForm ? body : JSON.stringify(body);
  const json = target ? "application/x-amz-json-1.0" : "application/json";
  const type = isForm ? "application/x-www-form-urlencoded" : json;
  const given = { host: new URL(endpoint).host, "content-type": type, ...(target && { "x-amz-target": target }) };
  const request = { method, path: at, headers: given, body: Buffer.from(method === "GET" ? "" : text) };
  const headers = { ...given, ...sign(request, credentials, { region, service, now: Date.now() }) };
  const response = await fetch(`${endpoint}${at}`, { method, headers, ...(method !== "GET" && { body: text }) });
  const answer = await response.text();
  if (response.ok) return answer;
  throw new Error(`MiniStack: ${service} ${method} ${target ?? at} gave ${response.status} ${answer.slice(0, 500)}`);
}

async function createPipeline(endpoint: string, folder: string, subscriber: string): Promise<string> {
  const { resource } = JSON.parse(fs.readFileSync(path.join(folder, "cdk.tf.json"), "utf8")) as Config;
  const table = await call(endpoint, {
    service: "dynamodb",
    target: "DynamoDB_20120810.CreateTable",
    body: {
      TableName: "orders",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "orderID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "orderID", KeyType: "HASH" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    },
  });
  const { TableDescription } = JSON.parse(table) as { readonly TableDescription: { readonly LatestStreamArn: string } };
  const topicArn = `arn:aws:sns:${region}:${accountId}:order-notifications`;
  const sns = (action: string, parameters: Readonly<Record<string, string>>) =>
    call(endpoint, {
      service: "sns",
      body: String(new URLSearchParams({ Action: action, Version: "2010-03-31", ...parameters })),
    });
  await sns("CreateTopic", { Name: "order-notifications" });
  await sns("Subscribe", { TopicArn: topicArn, Protocol: "http", Endpoint: subscriber });
  const queue = { QueueName: "inbox", Attributes: { VisibilityTimeout: "60" } };
  await call(endpoint, { service: "sqs", target: "AmazonSQS.CreateQueue", body: queue });
  const writer = await createFunction(endpoint, folder, resource, "WriteOrder", { TABLE_NAME: "orders" });
  const notifier = await createFunction(endpoint, folder, resource, "NotifyOrder", { TOPIC_ARN: topicArn });
  const mappings = resource.aws_lambda_event_source_mapping;
  await createMapping(endpoint, writer, `arn:aws:sqs:${region}:${accountId}:inbox`, mappings.InboxToWriteOrder);
  await createMapping(endpoint, notifier, TableDescription.LatestStreamArn, mappings.OrdersToNotifyOrder);
  return createApi(endpoint);
}

async function createFunction(
  endpoint: string,
  folder: string,
  { aws_lambda_function: functions }: Config["resource"],
  name: string,
  Variables: Readonly<Record<string, string>>,
): Promise<string> {
  const settings = functions[name];
  if (!settings) throw new Error(`${folder} must have the function ${name}`);
  const body = {
    FunctionName: name,
    Role: role,
    Runtime: "nodejs22.x",
    Handler: settings.handler,
    MemorySize: settings.memory_size,
    Timeout: settings.timeout,
    Environment: { Variables },
    Code: { ZipFile: fs.readFileSync(path.join(folder, settings.filename)).toString("base64") },
  };
  await call(endpoint, { service: "lambda", path: "/2015-03-31/functions", body });
  return name;
}

async function createMapping(
  endpoint: string,
  FunctionName: string,
  EventSourceArn: string,
  settings: Config["resource"]["aws_lambda_event_source_mapping"][string] | undefined,
): Promise<void> {
  const { batch_size, function_response_types, filter_criteria, scaling_config } = settings ?? {};
  const body = {
    FunctionName,
    EventSourceArn,
    BatchSize: batch_size,
    FunctionResponseTypes: function_response_types,
    ...(EventSourceArn.includes(":dynamodb:") && { StartingPosition: "TRIM_HORIZON" }),
    ...(filter_criteria && {
      FilterCriteria: { Filters: filter_criteria.filter.map(({ pattern }) => ({ Pattern: pattern })) },
    }),
    ...(scaling_config && { ScalingConfig: { MaximumConcurrency: scaling_config.maximum_concurrency } }),
  };
  await call(endpoint, { service: "lambda", path: "/2015-03-31/event-source-mappings", body });
}

async function createApi(endpoint: string): Promise<string> {
  const ask = async (method: string, at: string, body: object = {}) =>
    JSON.parse(await call(endpoint, { service: "apigateway", method, path: `/restapis${at}`, body }));
  const { id: apiId } = (await ask("POST", "", { name: "orders" })) as { readonly id: string };
  const { item } = (await ask("GET", `/${apiId}/resources`)) as { readonly item: readonly { readonly id: string }[] };
  const resource = await ask("POST", `/${apiId}/resources/${item[0]?.id}`, { pathPart: "orders" });
  const { id: resourceId } = resource as { readonly id: string };
  const method = `/${apiId}/resources/${resourceId}/methods/POST`;
  await ask("PUT", method, { authorizationType: "AWS_IAM" });
  await ask("PUT", `${method}/responses/202`);
  await ask("PUT", `${method}/integration`, {
    type: "AWS",
    httpMethod: "POST",
    uri: `arn:aws:apigateway:${region}:sqs:path/${accountId}/inbox`,
    credentials: role,
    passthroughBehavior: "NEVER",
    requestParameters: { "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'" },
    // The stack's own has an #if, which MiniStack does not know.
    requestTemplates: { "application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)" },
  });
  await ask("PUT", `${method}/integration/responses/202`, {
    selectionPattern: "2\\d{2}",
    responseTemplates: { "application/json": "{}" },
  });
  await ask("POST", `/${apiId}/deployments`, { stageName: "bench" });
  return apiId;
}
