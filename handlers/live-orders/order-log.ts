import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { itemsOf } from "./query";

/** An order in the log: where it stands, and what clients get of it. */
export interface LoggedOrder {
  readonly cursor: string;
  /** JSON of `entryOf`. */
  readonly entry: string;
}

/** The orders of the last hours, under each topic that they are for. */
export class OrderLog {
  constructor(
    private readonly database: DynamoDBDocumentClient,
    private readonly TableName: string | undefined,
  ) {}

  /** Is done when whoever reads the log sees the order. */
  async append(topics: readonly string[], order: LoggedOrder, expiresAt: number): Promise<void> {
    const put = (topic: string) =>
      this.database.send(new PutCommand({ TableName: this.TableName, Item: { topic, ...order, expiresAt } }));
    await Promise.all(topics.map(put));
  }

  /** The orders of a topic behind a cursor, in the log's order. */
  async *since(topic: string, cursor: string): AsyncGenerator<LoggedOrder> {
    const logged = itemsOf(this.database, {
      TableName: this.TableName,
      KeyConditionExpression: "topic = :topic AND #cursor > :cursor",
      ExpressionAttributeNames: { "#cursor": "cursor" },
      ExpressionAttributeValues: { ":topic": topic, ":cursor": cursor },
    });
    for await (const { cursor: place, entry } of logged) yield { cursor: String(place), entry: String(entry) };
  }
}
