import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { SNSEvent, SNSMessage } from "aws-lambda";
import { Connections, type Outcome } from "./live-orders/connections";
import { cursorAt } from "./live-orders/cursor";
import { Followers } from "./live-orders/followers";
import { entryOf, ordersMessage } from "./live-orders/messages";
import { notifiedOrder } from "./live-orders/notified-order";
import { OrderLog } from "./live-orders/order-log";
import { topicsOf } from "./live-orders/topics";

/** Hours that the log keeps an order. */
const keptHours = Number(process.env.CATCH_UP_HOURS);
const logger = new Logger({ serviceName: "broadcast-order" });
const database = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const followers = new Followers(database, process.env.FOLLOWERS_TABLE);
const log = new OrderLog(database, process.env.LOG_TABLE);
const connections = new Connections(process.env.CONNECTIONS_URL);

/** Clients that are sent to at once: as many as the SDK holds connections open. */
const AT_ONCE = 50;

/**
 * Sends to one client. One that is gone is forgotten. One that does not take the message in time is cut off, which makes it come back and catch
 * up: else it would miss the order and not know.
 */
async function tell(topic: string, connectionId: string, message: string): Promise<Outcome> {
  const outcome = await connections.send(connectionId, message);
  if (outcome === "sent") return outcome;
  if (outcome === "slow" && (await connections.close(connectionId)) === "slow") {
    throw new Error("the client neither takes the message nor can it be cut off");
  }
  await followers.remove(topic, connectionId);
  return outcome;
}

type Counts = Record<Outcome | "failed", number>;

/** Sends to all that follow a topic, some at once, so that nobody waits for one who is slow. */
async function tellAll(topic: string, message: string, counts: Counts): Promise<void> {
  const ids = followers.of(topic);
  const work = async (): Promise<void> => {
    for (let next = await ids.next(); !next.done; next = await ids.next()) {
      try {
        counts[await tell(topic, next.value, message)] += 1;
      } catch (error) {
        counts.failed += 1;
        logger.error("Client not told", { connectionId: next.value, error: error as Error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function broadcast({ Message, MessageId }: SNSMessage): Promise<void> {
  const { orderID, order } = notifiedOrder(Message);
  const entry = entryOf(orderID, order);
  const now = Date.now();
  const cursor = cursorAt(now, MessageId);
  const topics = topicsOf(orderID);
  // First the log, then the followers: whoever subscribes in between finds the order there.
  await log.append(topics, { cursor, entry }, Math.ceil(now / 1_000) + keptHours * 3_600);
  const message = ordersMessage("new", cursor, [entry]);
  const counts: Counts = { sent: 0, gone: 0, slow: 0, failed: 0 };
  await Promise.all(topics.map((topic) => tellAll(topic, message, counts)));
  logger.info("Order broadcast", { orderID, MessageId, ...counts });
  if (counts.failed > 0) throw new Error(`${counts.failed} clients could not be told of an order`);
}

/**
 * Topic → clients. A failure makes Lambda do it again, for all clients: they know an order by its ID. What still fails then goes to a queue.
 */
export const handler = async ({ Records }: SNSEvent): Promise<void> => {
  for (const { Sns } of Records) await broadcast(Sns);
};
