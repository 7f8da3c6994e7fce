import { isDeepStrictEqual } from "node:util";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as z from "zod/mini";
import { MAX_ORDER_BYTES, Order } from "./schemas/order";

const tableName = process.env.TABLE_NAME;
const logger = new Logger({ serviceName: "write-order" });
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const processor = new BatchProcessor(EventType.SQS);

/**
 * Objects inside an order as maps: the SDK takes a property named `constructor` for the class of the object that holds it.
 */
function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([name, inner]) => [name, asMaps(inner)]));
}

/**
 * Reads an order out of a queue message.
 *
 * @throws Error naming the first rule that the message breaks; the message then ends in the dead-letter queue.
 */
export function parseOrder(body: string): Order {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_ORDER_BYTES) throw new Error(`order must be at most ${MAX_ORDER_BYTES} bytes of JSON, got: ${bytes}`);
  const json: unknown = JSON.parse(body);
  const result = z.safeParse(Order, json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new Error(`order is not valid: ${issue?.path.join(".") || "body"}: ${issue?.message}`);
  }
  // What was sent, not what the parser rebuilt: other properties are kept as sent.
  return json as Order;
}

async function writeOrder(record: SQSRecord): Promise<void> {
  const order = parseOrder(record.body);
  try {
    await table.send(
      new PutCommand({
        TableName: tableName,
        Item: Object.fromEntries(Object.entries(order).map(([name, value]) => [name, asMaps(value)])),
        ConditionExpression: "attribute_not_exists(orderID)",
        // The stored order comes back with the refusal, so that telling a repeat from a conflict needs no right to read.
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    logger.info("Order stored", { orderID: order.orderID, messageId: record.messageId });
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // JSON has no negative zero once it is stored, so both sides are compared as stored.
    const sent: unknown = JSON.parse(JSON.stringify(order));
    if (!error.Item || !isDeepStrictEqual(unmarshall(error.Item), sent)) {
      throw new Error(`orderID is taken by a different order: ${order.orderID}`);
    }
    logger.info("Order was already stored", { orderID: order.orderID, messageId: record.messageId });
  }
}

async function writeRecord(record: SQSRecord): Promise<void> {
  try {
    await writeOrder(record);
  } catch (error) {
    logger.error("Order not stored", { messageId: record.messageId, error: error as Error });
    throw error;
  }
}

/**
 * Queue → table. Each message succeeds or fails alone; one that keeps failing ends in the dead-letter queue. Where all of a batch fail, so does
 * the invocation: that is what the function's error metric counts, and what makes Lambda poll more slowly.
 */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  processPartialResponse(event, writeRecord, processor, { context });
