import { Readable } from "node:stream";
import dynalite from "dynalite";
import { AwsError } from "../aws";
import type { Item, KeyElement } from "./table-contents";

type Json = Record<string, unknown>;

/** What dynalite wants to see of a request, and does not check: who calls was asked before. */
const headers = {
  "content-type": "application/x-amz-json-1.0",
  authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/a/dynamodb/aws4_request, SignedHeaders=host, Signature=a",
  "x-amz-date": "20260101T000000Z",
};

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const MAX_BATCH = 25;
/** Half of what dynalite reads. */
const MAX_BATCH_LENGTH = 8 * 1_048_576;

/**
 * dynalite, which knows DynamoDB's expressions, conditions and words. It has its items in memory, and is asked in this process, without a port
 * that others could call.
 */
export class Engine {
  private readonly server = dynalite({ createTableMs: 0, deleteTableMs: 0 });

  /** @throws AwsError as DynamoDB words it */
  ask(operation: string, input: Json): Promise<Json> {
    return new Promise((resolve, reject) => {
      const request = Object.assign(Readable.from([Buffer.from(JSON.stringify(input))], { objectMode: false }), {
        method: "POST",
        url: "/",
        headers: { ...headers, "x-amz-target": `DynamoDB_20120810.${operation}` },
      });
      const response = {
        statusCode: 200,
        setHeader: () => undefined,
        end: (body = "{}") => {
          const result = JSON.parse(body) as Json;
          if (response.statusCode === 200) resolve(result);
          else reject(errorOf(response.statusCode, result));
        },
      };
      this.server.emit("request", request, response);
    });
  }

  /** Makes a table, waits until it can be used, and puts the items into it. */
  async makeTable(tableName: string, keySchema: readonly KeyElement[], items: readonly Item[]): Promise<void> {
    await this.ask("CreateTable", {
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: keySchema.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
      KeySchema: keySchema.map(({ name }, at) => ({ AttributeName: name, KeyType: at === 0 ? "HASH" : "RANGE" })),
    });
    for (let status = ""; status !== "ACTIVE"; ) {
      const { Table: table } = await this.ask("DescribeTable", { TableName: tableName });
      status = (table as { TableStatus: string }).TableStatus;
    }
    for (const batch of batchesOf(items)) {
      const requests = batch.map((Item) => ({ PutRequest: { Item } }));
      await this.ask("BatchWriteItem", { RequestItems: { [tableName]: requests } });
    }
  }

  /** Deletes a table, and waits until another of its name can be made. */
  async deleteTable(tableName: string): Promise<void> {
    await this.ask("DeleteTable", { TableName: tableName });
    const isThere = (): Promise<boolean> =>
      this.ask("DescribeTable", { TableName: tableName }).then(
        () => true,
        () => false,
      );
    while (await isThere());
  }
}

function* batchesOf(items: readonly Item[]): Generator<readonly Item[]> {
  let batch: Item[] = [];
  let length = 0;
  for (const item of items) {
    const more = JSON.stringify(item).length;
    if (batch.length === MAX_BATCH || (batch.length > 0 && length + more > MAX_BATCH_LENGTH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(item);
    length += more;
  }
  if (batch.length > 0) yield batch;
}

const errorOf = (status: number, { __type: type, message, Message }: Json): AwsError =>
  new AwsError(String(type).split("#").at(-1) ?? "", String(message ?? Message), status);
