import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { itemsOf } from "./query";

/** Seconds that a connection can last, 2 hours, and some more: what is known of it is of no use afterwards. */
const CONNECTION_SECONDS = 2 * 3_600 + 600;

/** The second since 1970 from which on nothing of a connection is needed. */
export const endOf = (connectedAtMilliseconds: number): number =>
  Math.ceil(connectedAtMilliseconds / 1_000) + CONNECTION_SECONDS;

/** Who follows what: a table with an item for each connection and topic. Reading one topic costs what its followers are, and no other's. */
export class Followers {
  constructor(
    private readonly database: DynamoDBDocumentClient,
    private readonly TableName: string | undefined,
  ) {}

  async add(topic: string, connectionId: string, expiresAt: number): Promise<void> {
    await this.database.send(new PutCommand({ TableName: this.TableName, Item: { topic, connectionId, expiresAt } }));
  }

  async remove(topic: string, connectionId: string): Promise<void> {
    await this.database.send(new DeleteCommand({ TableName: this.TableName, Key: { topic, connectionId } }));
  }

  /** Ids of the connections that follow a topic at the time of asking. */
  async *of(topic: string): AsyncGenerator<string> {
    const followers = itemsOf(this.database, {
      TableName: this.TableName,
      KeyConditionExpression: "topic = :topic",
      // DynamoDB deletes what has expired when it gets round to it.
      FilterExpression: "expiresAt > :now",
      ProjectionExpression: "connectionId",
      ExpressionAttributeValues: { ":topic": topic, ":now": Math.floor(Date.now() / 1_000) },
    });
    for await (const { connectionId } of followers) yield connectionId as string;
  }
}
