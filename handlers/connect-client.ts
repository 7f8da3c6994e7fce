import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { APIGatewayProxyResult, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { endOf } from "./live-orders/followers";

const tableName = process.env.CONNECTIONS_TABLE;
const logger = new Logger({ serviceName: "connect-client" });
const database = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});

/** What API Gateway says of whoever connects: the authorizer's principal, or the identity that signed. */
interface Caller {
  readonly authorizer?: { readonly principalId?: string };
  readonly identity?: { readonly userArn?: string };
}

/** `$connect`: whoever came so far is let in, and written down. A failure here refuses the connection. */
export const handler = async ({ requestContext }: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyResult> => {
  const { connectionId, connectedAt, requestId } = requestContext;
  const { authorizer, identity } = requestContext as Caller;
  const principal = authorizer?.principalId ?? identity?.userArn;
  const Item = {
    connectionId,
    principal,
    connectedAt: new Date(connectedAt).toISOString(),
    expiresAt: endOf(connectedAt),
  };
  await database.send(new PutCommand({ TableName: tableName, Item }));
  logger.info("Client connected", { connectionId, requestId, principal });
  return { statusCode: 200, body: "" };
};
