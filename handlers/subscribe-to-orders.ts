import { Logger } from "@aws-lambda-powertools/logger";
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Context } from "aws-lambda";
import { Connections } from "./live-orders/connections";
import { earlierOf, settledAt, timeOf } from "./live-orders/cursor";
import { endOf, Followers } from "./live-orders/followers";
import { Batch, missedOrders } from "./live-orders/messages";
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
  /** The last cursor that the client was given. @default - it was given none: it wants what comes from now on, and the last minute */
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
    throw new Refusal(
      "since must be a cursor that came with a message, or be left out by who comes for the first time.",
    );
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
        // It comes back with the refusal, which so needs no right to read.
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Refusal(
      error.Item
        ? "This connection follows other orders already; open another connection for these."
        : "This connection is not known any more; connect again.",
    );
  }
}

interface CaughtUp {
  /** Orders that were sent. */
  readonly missed: number;
  /** Place in the log of the last of them, where more stand behind it. */
  readonly stoppedAt?: string;
}

/** Sends what the log has behind a cursor, as far as the client takes it and time suffices. */
async function catchUp(
  { connectionId, topic }: { readonly connectionId: string; readonly topic: string },
  { from, settled }: { readonly from: string; readonly settled: string },
  context: Context,
): Promise<CaughtUp> {
  const batch = new Batch();
  let stoppedAt = from;
  let missed = 0;
  const sendBatch = async (): Promise<boolean> => {
    const { cursor, entries } = batch.take();
    if (entries.length === 0) return true;
    const message = missedOrders(earlierOf(cursor, settled), entries);
    if ((await connections.send(connectionId, message)) !== "sent") return false;
    stoppedAt = cursor;
    missed += entries.length;
    return true;
  };
  const goesOn = async (): Promise<boolean> => (await sendBatch()) && context.getRemainingTimeInMillis() > RESERVED;
  for await (const { cursor, entry } of log.since(topic, from)) {
    if (!batch.hasRoomFor(entry) && !(await goesOn())) return { missed, stoppedAt };
    batch.add(cursor, entry);
  }
  return (await sendBatch()) ? { missed } : { missed, stoppedAt };
}

/**
 * `{"action":"subscribe","orderID"?,"since"?}`: from here on the connection gets all orders, or the one, and first what it missed behind `since`.
 * It may be asked again and again, on the same connection too.
 *
 * The follower is written down before the log is read, and `broadcast-order` writes the log before it reads the followers: an order that comes
 * meanwhile is found by one of the two, or by both. docs/live-orders.md has the whole argument.
 */
export const handler = answering(logger, async (event, context) => {
  const { connectionId, connectedAt, requestId } = event.requestContext;
  const { orderID, since } = readSubscription(messageOf(event));
  const topic = topicOf(orderID);
  const now = Date.now();
  const settled = settledAt(now);
  await requireTopic(connectionId, topic);
  await followers.add(topic, connectionId, endOf(connectedAt));
  const from = earlierOf(since ?? settled, settled);
  const { missed, stoppedAt } = await catchUp({ connectionId, topic }, { from, settled }, context);
  const keptSince = now - keptHours * 3_600_000;
  const isLost = (timeOf(since) ?? now) < keptSince;
  logger.info("Subscribed", { connectionId, requestId, topic, since, missed, stoppedAt });
  return {
    type: "subscribed",
    orderID,
    cursor: earlierOf(stoppedAt ?? settled, settled),
    missed,
    isCaughtUp: stoppedAt === undefined,
    // What is older than the log is lost to whoever comes back so late.
    ...(isLost && { lostBefore: new Date(keptSince).toISOString() }),
  };
});
