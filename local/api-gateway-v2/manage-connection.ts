import type { Answer } from "../api-gateway/answer";
import type { HttpRequest } from "../api-gateway/api-gateway";
import { splitOnce } from "../api-gateway/exchange";
import { GatewayError, gatewayResponse } from "../api-gateway/gateway-response";
import { authenticateSigner, requireInvoke } from "../api-gateway/iam-authorization";
import { decoded } from "../api-gateway/route-tree";
import type { Access, Caller } from "../aws";
import type { Connection } from "./connection";
import { isConnectionId, newId } from "./websocket-event";

export interface ManageConnectionOptions {
  readonly access: Access;
  /** Who signed a request. @throws AwsError when nobody did, or wrongly */
  readonly authenticate: (request: HttpRequest) => Caller;
  readonly executionArn: string;
  readonly hasStage: (stageName: string) => boolean;
  /** A client that can still be reached. */
  readonly find: (stageName: string, connectionId: string) => Connection | undefined;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MAX_MESSAGE_BYTES = 131_072;

/** Whether a path, from the stage on, is that of a client. */
export const isConnectionPath = (path: string): boolean => /^\/[^/]+\/(@|%40)connections\//i.test(path);

/**
 * Sends to a client, says who it is, or ends its connection: signed calls of whoever may `execute-api:ManageConnections`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export function manageConnection(request: HttpRequest, options: ManageConnectionOptions): Answer {
  const { access, authenticate, executionArn, hasStage, find } = options;
  const { method } = request;
  const [, stageName = "", , id = ""] =
    /^\/([^/]+)\/(@|%40)connections\/(.*)$/i.exec(splitOnce(request.path, "?")[0]) ?? [];
  const connectionId = decoded(id);
  if (!hasStage(stageName)) return refused(403, "ForbiddenException", { message: "Forbidden" });
  try {
    const caller = authenticateSigner({ request, variables: {} }, authenticate);
    const resource = `${executionArn}/${stageName}/${method}/@connections/${connectionId}`;
    requireInvoke(caller, request, { access, resource, action: "execute-api:ManageConnections" });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const variables = { "error.messageString": JSON.stringify(error.message) };
    return gatewayResponse(error, new Map(), { params: { path: {}, querystring: {}, header: {} }, variables });
  }
  if (!isConnectionId(connectionId)) {
    const message = `Invalid connectionId: ${connectionId}`;
    return refused(400, "BadRequestException", { message, connectionId, requestId: newId() });
  }
  const connection = find(stageName, connectionId);
  if (!connection) return refused(410, "GoneException");
  switch (method) {
    case "POST":
      return post(connection, request.body);
    case "GET":
      return describe(connection);
    case "DELETE":
      connection.disconnect();
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    default:
      return refused(403, "ForbiddenException", { message: "Forbidden" });
  }
}

function post(connection: Connection, body: Buffer): Answer {
  if (body.length > MAX_MESSAGE_BYTES) {
    const message = `The message must have at most ${MAX_MESSAGE_BYTES} bytes, got: ${body.length}`;
    return refused(413, "PayloadTooLargeException", { message });
  }
  if (connection.isFull)
    return refused(429, "LimitExceededException", { message: "The client's buffer is full: it reads too slowly" });
  connection.send(body.toString());
  return { status: 200, headers: {}, body: Buffer.alloc(0) };
}

function describe({ client, lastActiveAt }: Connection): Answer {
  const { userAgent, sourceIp } = client.identity;
  const description = {
    connectedAt: new Date(client.connectedAt).toISOString(),
    identity: { sourceIp, userAgent },
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  };
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(description)),
  };
}

/** A client that is gone has no words, as it was seen: https://github.com/georgeboot/laravel-echo-api-gateway/issues/9 */
const refused = (status: number, errorType: string, body?: object): Answer => ({
  status,
  headers: { "x-amzn-ErrorType": errorType, ...(body && { "content-type": "application/json" }) },
  body: Buffer.from(body ? JSON.stringify(body) : ""),
});
