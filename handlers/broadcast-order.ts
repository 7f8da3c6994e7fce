import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Context, SNSEvent, SNSMessage } from "aws-lambda";
import { Connections, type Outcome } from "./live-orders/connections";
import { cursorAt } from "./live-orders/cursor";
import { Followers } from "./live-orders/followers";
import { entryOf, newOrder } from "./live-orders/messages";
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

/** Milliseconds that a client has to take a message while others wait for theirs. */
const FIRST_PATIENCE = 500;

/** Milliseconds that are left when the last client is turned to: it may take 3 s for the message, and 3 s to be cut off. */
const RESERVED = 7_000;

type Counts = Record<Outcome | "failed", number>;

/** One broadcast: a message to all that follow one of the order's topics. */
class Broadcast {
  readonly counts: Counts = { sent: 0, gone: 0, slow: 0, failed: 0 };

  constructor(
    private readonly message: string,
    private readonly context: Context,
  ) {}

  /** Sends to all that follow a topic: first to whoever takes it at once, then to those who need longer, so that nobody waits for them. */
  async tellAll(topic: string): Promise<void> {
    const late: string[] = [];
    await this.eachOf(followers.of(topic), async (connectionId) => {
      const outcome = await connections.send(connectionId, this.message, FIRST_PATIENCE);
      if (outcome === "slow") late.push(connectionId);
      else await this.count(topic, connectionId, outcome);
    });
    await this.eachOf(late, async (connectionId) =>
      this.count(topic, connectionId, await this.sendOrCutOff(connectionId)),
    );
  }

  /**
   * A client that does not take the message in time is cut off, which makes it come back and catch up: else it would miss the order, and know
   * only when it next asks.
   */
  private async sendOrCutOff(connectionId: string): Promise<Outcome> {
    const outcome = await connections.send(connectionId, this.message);
    if (outcome === "slow" && (await connections.close(connectionId)) === "slow") {
      throw new Error("the client neither takes the message nor can it be cut off");
    }
    return outcome;
  }

  /** A client that is gone, or cut off, is forgotten. */
  private async count(topic: string, connectionId: string, outcome: Outcome): Promise<void> {
    this.counts[outcome] += 1;
    if (outcome !== "sent") await followers.remove(topic, connectionId);
  }

  /** Does the same with each client, with some at once. @throws Error where the function's time does not suffice */
  private async eachOf(
    connectionIds: Iterable<string> | AsyncIterable<string>,
    tell: (connectionId: string) => Promise<void>,
  ): Promise<void> {
    const ids = iterated(connectionIds);
    const work = async (): Promise<void> => {
      for (let next = await ids.next(); !next.done; next = await ids.next()) {
        if (this.context.getRemainingTimeInMillis() < RESERVED) {
          throw new Error("the function's time was over before all clients were told");
        }
        try {
          await tell(next.value);
        } catch (error) {
          this.counts.failed += 1;
          logger.error("Client not told", { connectionId: next.value, error: error as Error });
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
}

async function* iterated(ids: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  yield* ids;
}

async function broadcast({ Message, MessageId }: SNSMessage, context: Context): Promise<void> {
  const { orderID, order } = notifiedOrder(Message);
  const entry = entryOf(orderID, order);
  const now = Date.now();
  const topics = topicsOf(orderID);
  // First the log, then the followers: whoever subscribes in between finds the order there.
  await log.append(topics, { cursor: cursorAt(now, MessageId), entry }, Math.ceil(now / 1_000) + keptHours * 3_600);
  const telling = new Broadcast(newOrder(entry), context);
  const { counts } = telling;
  try {
    await Promise.all(topics.map((topic) => telling.tellAll(topic)));
  } finally {
    logger.info("Order broadcast", { orderID, MessageId, ...counts });
  }
  if (counts.failed > 0) throw new Error(`${counts.failed} clients could not be told of an order`);
}

/**
 * Topic → clients. A failure makes Lambda do it again, for all clients: they know an order by its ID. What still fails then goes to a queue, and
 * clients find the order in the log when they next ask.
 */
export const handler = async ({ Records }: SNSEvent, context: Context): Promise<void> => {
  for (const { Sns } of Records) await broadcast(Sns, context);
};
