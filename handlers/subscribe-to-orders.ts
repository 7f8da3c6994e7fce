import { Logger } from "@aws-lambda-powertools/logger";
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Context } from "aws-lambda";
import { Connections } from "./live-orders/connections";
import { cursorAt, overlapping, timeOf } from "./live-orders/cursor";
import { endOf, Followers } from "./live-orders/followers";
import { Batch } from "./live-orders/messages";
import { OrderLog } from "./live-orders/order-log";
import { answering, messageOf, Refusal } from "./live-orders/reply";
import { topicOf } from "./live-orders/topics";

const tableName = process.env.CONNECTIONS_TABLE;
/** Hours that the log keeps an order. */
const keptHours = Number(process.env.CATCH_UP_HOURS);
const logger = new Logger({ serviceName: "subscribe-to-orders" });
const database = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const followers = new Followers(database, process.env.FOLLOWERS_TABLE);
const log = new OrderLog(database, process.env.LOG_TABLE);
const connections = new Connections(process.env.CONNECTIONS_URL);

/** Milliseconds of the function's time that are left for the answer. */
const RESERVED = 6_000;

interface Subscription {
  /** @default - all orders */
  readonly orderID?: string;
  /** Cursor of what the client has seen. @default - it wants what comes from now on */
  readonly since?: string;
}

/** @throws Refusal that names the first property that is wrong */
export function readSubscription({ action: _, ...given }: Readonly<Record<string, unknown>>): Subscription {
  const { orderID, since, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Refusal(`subscribe takes orderID and since, got: ${unknown.slice(0, 100)}.`);
  if (orderID !== undefined && (typeof orderID !== "string" || orderID.length < 1 || orderID.length > 255)) {
    throw new Refusal("orderID must be a text of 1–255 characters, or be left out for all orders.");
  }
  if (since !== undefined && timeOf(since) === undefined) {
    throw new Refusal("since must be a cursor that came with a message, or be left out for orders from now on.");
  }
  return { orderID, since: since as string | undefined };
}

/**
 * A connection follows one topic: so no two messages on it, which may well be worked on at once, can undo each other.
 * @throws Refusal
 */
async function requireTopic(connectionId: string, topic: string): Promise<void> {
  try {
    await database.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { connectionId },
        UpdateExpression: "SET topic = :topic",
        ConditionExpression: "attribute_exists(connectionId) AND (attribute_not_exists(topic) OR topic = :topic)",
        ExpressionAttributeValues: { ":topic": topic },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Refusal("This connection follows other orders already; open another connection for these.");
  }
}

/** Sends what the log has behind a cursor. Gives the cursor of the last order that was sent where it did not come to the end. */
async function catchUp(
  connectionId: string,
  topic: string,
  from: string,
  context: Context,
): Promise<string | undefined> {
  const batch = new Batch();
  let last = from;
  const sendBatch = async (): Promise<boolean> => {
    const full = batch.take();
    if (!full) return true;
    if ((await connections.send(connectionId, full.message)) !== "sent") return false;
    last = full.cursor;
    return context.getRemainingTimeInMillis() > RESERVED;
  };
  for await (const { cursor, entry } of log.since(topic, from)) {
    if (!batch.hasRoomFor(entry) && !(await sendBatch())) return last;
    batch.add(cursor, entry);
  }
  return (await sendBatch()) ? undefined : last;
}

/**
 * `{"action":"subscribe","orderID"?,"since"?}`: from here on the connection gets all orders, or the one, and first what it missed behind `since`.
 *
 * The follower is written down before the log is read, and `broadcast-order` writes the log before it reads the followers: an order that comes
 * meanwhile is found by one of the two, or by both. docs/live-orders.md has the whole argument.
 */
export const handler = answering(logger, async (event, context) => {
  const { connectionId, connectedAt, requestId } = event.requestContext;
  const { orderID, since } = readSubscription(messageOf(event));
  const topic = topicOf(orderID);
  const now = Date.now();
  await requireTopic(connectionId, topic);
  await followers.add(topic, connectionId, endOf(connectedAt));
  const seen = timeOf(since);
  const stoppedAt = seen === undefined ? undefined : await catchUp(connectionId, topic, overlapping(seen), context);
  const keptSince = now - keptHours * 3_600_000;
  logger.info("Subscribed", { connectionId, requestId, topic, since, stoppedAt });
  return {
    type: "subscribed",
    orderID,
    cursor: stoppedAt ?? cursorAt(now),
    isCaughtUp: stoppedAt === undefined,
    // What is older than the log is lost to whoever comes back so late.
    ...(seen !== undefined && seen < keptSince && { lostBefore: new Date(keptSince).toISOString() }),
  };
});
