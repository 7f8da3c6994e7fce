import type { DynamoDBDocumentClient, QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import { QueryCommand } from "@aws-sdk/lib-dynamodb";

/** Items of a query, of which DynamoDB gives a megabyte at a time. What was written before the question is there: the read is consistent. */
export async function* itemsOf(
  database: DynamoDBDocumentClient,
  query: Omit<QueryCommandInput, "ConsistentRead" | "ExclusiveStartKey">,
): AsyncGenerator<Record<string, unknown>> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await database.send(new QueryCommand({ ...query, ConsistentRead: true, ExclusiveStartKey }));
    yield* page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
