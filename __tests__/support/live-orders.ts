import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { APIGatewayProxyResult } from "aws-lambda";
import { notification } from "../../handlers/notify-order";
import { DynamoDbServer } from "./aws-servers";
import { LambdaFunction } from "./lambda-function";

export interface Message {
  readonly type: string;
  readonly cursor?: string;
  readonly orderID?: string;
  readonly orders?: readonly { readonly orderID: string; readonly order?: unknown; readonly isTooLarge?: boolean }[];
  readonly missed?: number;
  readonly isCaughtUp?: boolean;
  readonly lostBefore?: string;
  readonly error?: string;
}

/** How a client takes what it is sent. */
type Behaviour = "gone" | "full" | "silent" | "broken" | "forbidden" | "stuck";

/** API Gateway's `@connections`, whose clients are as tests want them. */
export class ConnectionsServer {
  /** Messages that each client got, in order. */
  readonly sent = new Map<string, Message[]>();
  /** Calls, as `POST <id>`. */
  readonly calls: string[] = [];
  /** Clients that do not take messages: 410, 429, no answer, 500, 403; and one that is full and cannot be closed either. */
  readonly behaviours = new Map<string, Behaviour>();
  /** Called with each message that a client gets. */
  onMessage: (connectionId: string, message: Message) => void = () => undefined;
  url = "";
  private readonly server = http.createServer(async (request, response) => {
    const [, connectionId = ""] = /^\/dev\/@connections\/(.+)$/.exec(decodeURIComponent(request.url ?? "")) ?? [];
    this.calls.push(`${request.method} ${connectionId}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const behaviour = this.behaviours.get(connectionId);
    const refuse = (status: number, type: string) => response.writeHead(status, { "x-amzn-errortype": type }).end("{}");
    if (behaviour === "gone") return refuse(410, "GoneException");
    if (behaviour === "forbidden") return refuse(403, "ForbiddenException");
    if (behaviour === "stuck" || (behaviour === "full" && request.method === "POST")) {
      return refuse(429, "LimitExceededException");
    }
    if (behaviour === "broken" && request.method === "POST") return refuse(500, "InternalServerException");
    if (behaviour === "silent" && request.method === "POST") return undefined;
    if (request.method === "POST") this.deliver(connectionId, JSON.parse(Buffer.concat(chunks).toString()));
    return response.writeHead(request.method === "DELETE" ? 204 : 200).end();
  });

  static async start(): Promise<ConnectionsServer> {
    const started = new ConnectionsServer();
    await new Promise<void>((resolve) => started.server.listen(0, "127.0.0.1", resolve));
    started.url = `ws://127.0.0.1:${(started.server.address() as AddressInfo).port}/dev`;
    return started;
  }

  messagesOf(connectionId: string): readonly Message[] {
    return this.sent.get(connectionId) ?? [];
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private deliver(connectionId: string, message: Message): void {
    this.sent.set(connectionId, [...this.messagesOf(connectionId), message]);
    this.onMessage(connectionId, message);
  }
}

const text = (name: string) => ({ name, type: "S" });

/** The tables of live orders, the clients' side of API Gateway, and functions that work on both. */
export class LiveOrders {
  private readonly functions: LambdaFunction[] = [];

  private constructor(
    readonly database: DynamoDbServer,
    readonly connections: ConnectionsServer,
  ) {}

  static async start(): Promise<LiveOrders> {
    const database = await DynamoDbServer.start();
    const create = (name: string, ...keys: string[]) =>
      database.database.createTable({ name, hash_key: keys[0], range_key: keys[1], attribute: keys.map(text) });
    create("connections", "connectionId");
    create("followers", "topic", "connectionId");
    create("log", "topic", "cursor");
    return new LiveOrders(database, await ConnectionsServer.start());
  }

  async function(name: string, environment: Record<string, string> = {}): Promise<LambdaFunction> {
    const started = await LambdaFunction.start(`handlers/${name}.ts`, {
      CONNECTIONS_TABLE: "connections",
      FOLLOWERS_TABLE: "followers",
      LOG_TABLE: "log",
      CONNECTIONS_URL: this.connections.url,
      CATCH_UP_HOURS: "24",
      AWS_ENDPOINT_URL_DYNAMODB: this.database.url,
      ...environment,
    });
    this.functions.push(started);
    return started;
  }

  async items(table: string): Promise<readonly Record<string, unknown>[]> {
    const items = await this.database.database.items(table);
    return items.map((item) => unmarshall(item as Parameters<typeof unmarshall>[0]));
  }

  async put(TableName: string, item: Record<string, unknown>): Promise<void> {
    const headers = { "x-amz-target": "DynamoDB_20120810.PutItem" };
    await fetch(this.database.url, {
      method: "POST",
      headers,
      body: JSON.stringify({ TableName, Item: marshall(item) }),
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.functions.map((one) => one.stop()));
    await this.connections.stop();
    await this.database.stop();
  }
}

/** What API Gateway hands over of one thing that happens on a connection; `connectedAt` is in milliseconds since 1970. */
export const webSocketEvent = (
  connectionId: string,
  routeKey: string,
  {
    body,
    connectedAt = Date.now(),
    ...context
  }: { body?: unknown; connectedAt?: number; [more: string]: unknown } = {},
): object => ({
  requestContext: {
    routeKey,
    connectionId,
    connectedAt,
    requestId: `request-of-${connectionId}`,
    stage: "dev",
    ...context,
  },
  body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
  isBase64Encoded: false,
});

/** The message that a route's function answers with. */
export const messageIn = ({ body }: APIGatewayProxyResult): Message => JSON.parse(body);

/** The notification that `notify-order` makes of an order. */
export const notificationOf = (order: Record<string, unknown>): string => String(notification(marshall(order)).Message);

/** An invocation by the topic, with the notification of an order. */
export const snsEvent = (order: Record<string, unknown>, MessageId = "m-1"): object => ({
  Records: [{ EventSource: "aws:sns", Sns: { MessageId, Message: notificationOf(order) } }],
});
