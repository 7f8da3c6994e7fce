import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { APIGatewayProxyResult, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { Followers } from "./live-orders/followers";

const tableName = process.env.CONNECTIONS_TABLE;
const logger = new Logger({ serviceName: "disconnect-client" });
const database = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const followers = new Followers(database, process.env.FOLLOWERS_TABLE);

/**
 * `$disconnect`: forgets a client. API Gateway calls it as a rule and promises nothing; what stays behind is found gone by the next broadcast
 * or expires.
 */
export const handler = async ({ requestContext }: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyResult> => {
  const { connectionId, requestId } = requestContext;
  const { Attributes } = await database.send(
    new DeleteCommand({ TableName: tableName, Key: { connectionId }, ReturnValues: "ALL_OLD" }),
  );
  const topic: unknown = Attributes?.topic;
  if (typeof topic === "string") await followers.remove(topic, connectionId);
  logger.info("Client disconnected", { connectionId, requestId, topic });
  return { statusCode: 200, body: "" };
};
