import { randomBytes } from "node:crypto";
import type { HttpRequest } from "../api-gateway/api-gateway";
import { commonLogTime, splitOnce } from "../api-gateway/exchange";
import { grouped, headerLines, lastValues, queryPairs } from "../api-gateway/proxy-event";
import type { Clock, Place } from "../aws";
import type { Client } from "./connection";
import type { WebSocketVariables } from "./context-variables";
import type { Stage } from "./stage";

export type EventType = "CONNECT" | "DISCONNECT" | "MESSAGE";

/** One thing that happens on a connection. */
export interface Occasion {
  readonly eventType: EventType;
  readonly routeKey: string;
  readonly requestId: string;
  readonly at: number;
  /** Of a message alone. */
  readonly messageId?: string;
  /** Of an end alone. */
  readonly end?: { readonly code: number; readonly reason: string };
}

/** An id as API Gateway makes them for connections, messages and events: `JC1dgf9yoAMCK-g=`. */
export const newId = (): string => `${randomBytes(11).toString("base64url")}=`;

/** Whether a text has the form of a connection's id. */
export const isConnectionId = (text: string): boolean => /^[\w-]{15}=$/.test(text);

/** `$context` of what happens, beside what holds as long as the connection does. */
export const variablesOf = (occasion: Occasion): WebSocketVariables => ({
  eventType: occasion.eventType,
  routeKey: occasion.routeKey,
  messageId: occasion.messageId,
  requestId: occasion.requestId,
  extendedRequestId: occasion.requestId,
  requestTime: commonLogTime(occasion.at),
  requestTimeEpoch: String(occasion.at),
});

/** What is known of who connects, before anybody was asked. */
export type Newcomer = Pick<Client, "connectionId" | "connectedAt" | "identity" | "variables"> & {
  readonly stage: Stage;
  readonly authorizer?: Client["authorizer"];
};

/** Whoever asks to connect, with an id of its own. */
export function newcomerOf(
  request: HttpRequest,
  stage: Stage,
  { apiId, clock, place }: { readonly apiId: string; readonly clock: Clock; readonly place: Place },
): Newcomer {
  const connectionId = newId();
  const connectedAt = clock.now();
  const userAgent = request.headers["user-agent"];
  return {
    connectionId,
    connectedAt,
    stage,
    identity: { ...(userAgent !== undefined && { userAgent }), sourceIp: request.sourceIp },
    variables: {
      apiId,
      stage: stage.stageName,
      // The name that the API would be called by in AWS; here it is called by an address.
      domainName: `${apiId}.execute-api.${place.region}.amazonaws.com`,
      connectionId,
      connectedAt: String(connectedAt),
      "identity.sourceIp": request.sourceIp,
      "identity.userAgent": userAgent,
    },
  };
}

/**
 * `requestContext`, as captured events have it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export function requestContext(client: Newcomer, occasion: Occasion) {
  const { eventType, routeKey, requestId, at, messageId, end } = occasion;
  const { connectionId, connectedAt, stage, identity, authorizer, variables } = client;
  return {
    routeKey,
    ...(authorizer && { authorizer }),
    ...(messageId !== undefined && { messageId }),
    ...(end && { disconnectStatusCode: end.code, disconnectReason: end.reason }),
    eventType,
    extendedRequestId: requestId,
    requestTime: commonLogTime(at),
    messageDirection: "IN",
    stage: stage.stageName,
    connectedAt,
    requestTimeEpoch: at,
    identity,
    requestId,
    domainName: variables.domainName,
    connectionId,
    apiId: variables.apiId,
  };
}

/** The event of `$connect`, which is the only one that has the request to connect. */
export function connectEvent(request: HttpRequest, client: Newcomer, occasion: Occasion) {
  const headers = grouped(headerLines({ request, startedAt: occasion.at }));
  const [, query = ""] = splitOnce(request.path, "?");
  const parameters = grouped(queryPairs({ query }));
  return {
    headers: lastValues(headers),
    multiValueHeaders: headers,
    ...(Object.keys(parameters).length > 0 && {
      queryStringParameters: lastValues(parameters),
      multiValueQueryStringParameters: parameters,
    }),
    ...withStage(client.stage),
    requestContext: requestContext(client, occasion),
    isBase64Encoded: false,
  };
}

export const messageEvent = (body: string, client: Client, occasion: Occasion) => ({
  ...withStage(client.stage),
  requestContext: requestContext(client, occasion),
  body,
  isBase64Encoded: false,
});

/** The headers are not the client's: AWS makes up these. */
export function disconnectEvent(client: Client, occasion: Occasion) {
  const headers = { ...client.headers, "x-api-key": "", "x-restapi": "" };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ...withStage(client.stage),
    requestContext: requestContext(client, occasion),
    isBase64Encoded: false,
  };
}

const withStage = ({ variables }: Stage) => (Object.keys(variables).length > 0 ? { stageVariables: variables } : {});
