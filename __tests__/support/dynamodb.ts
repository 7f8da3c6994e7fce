import * as http from "node:http";
import type { AddressInfo } from "node:net";
import dynalite from "dynalite";

type Call = (operation: string, input: object) => Promise<{ status: number; body: Record<string, unknown> }>;

async function listen(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const close = (server: http.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/**
 * DynamoDB in this process: dynalite, behind a front that adds what dynalite lacks and the project uses (the stored item beside a failed
 * condition) and that can answer the next calls with a fault.
 */
export class DynamoDb {
  /** Answers for the next calls, in place of DynamoDB's own. */
  readonly faults: { status: number; type: string }[] = [];
  readonly calls: string[] = [];

  private constructor(
    readonly url: string,
    readonly call: Call,
    private readonly servers: readonly http.Server[],
  ) {}

  static async start(): Promise<DynamoDb> {
    const engine = dynalite({ createTableMs: 0 });
    const engineUrl = await listen(engine);
    const call: Call = async (operation, input) => {
      const headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=test",
        "x-amz-date": "20260101T000000Z",
      };
      const response = await fetch(engineUrl, { method: "POST", headers, body: JSON.stringify(input) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const front = http.createServer(async (request, response) => {
      const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
      const input = JSON.parse(await bodyOf(request));
      database.calls.push(operation);
      const fault = database.faults.shift();
      const { status, body } = fault
        ? { status: fault.status, body: { __type: fault.type } }
        : await call(operation, input);
      if (
        input.ReturnValuesOnConditionCheckFailure === "ALL_OLD" &&
        String(body.__type).includes("ConditionalCheckFailed")
      ) {
        const Key = { orderID: input.Item.orderID };
        body.Item = (await call("GetItem", { TableName: input.TableName, Key })).body.Item;
      }
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
    });
    const database = new DynamoDb(await listen(front), call, [front, engine]);
    return database;
  }

  async createTable(TableName: string): Promise<void> {
    await this.call("CreateTable", {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "orderID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "orderID", KeyType: "HASH" }],
    });
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await close(server);
  }
}

/** SNS over HTTP, which keeps what is published and can refuse the next calls. */
export class Sns {
  readonly published: URLSearchParams[] = [];
  /** Whether each of the next calls is refused. */
  readonly refusals: boolean[] = [];

  private constructor(
    readonly url: string,
    private readonly server: http.Server,
  ) {}

  static async start(): Promise<Sns> {
    const server = http.createServer(async (request, response) => {
      const input = new URLSearchParams(await bodyOf(request));
      if (topic.refusals.shift()) {
        response.writeHead(400, { "content-type": "text/xml" });
        response.end(
          "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>",
        );
        return;
      }
      topic.published.push(input);
      response.writeHead(200, { "content-type": "text/xml" });
      response.end("<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>");
    });
    const topic = new Sns(await listen(server), server);
    return topic;
  }

  stop(): Promise<void> {
    return close(this.server);
  }
}
