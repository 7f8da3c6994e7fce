import * as http from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket from "ws";
import type { HttpRequest } from "../../local/api-gateway/api-gateway";
import type { FunctionCall } from "../../local/api-gateway/proxy-integration";
import { ApisV2 } from "../../local/api-gateway-v2/apis";
import type { HttpApiOptions } from "../../local/api-gateway-v2/http-api";
import type { AccessRequest, Caller, WireRequest, WireResponse } from "../../local/aws";
import { receive, requestOf, send } from "../../local/http";
import { verify } from "../../local/iam/sigv4";
import type { Resource } from "../../terraform/config";
import { openAccess, place, someone } from "./local";
import { ManualClock, type Outcome } from "./rest-api";

type Attributes = Readonly<Record<string, unknown>>;

export const part = (type: string, name: string, attributes: Attributes): Resource => ({
  type: `aws_apigatewayv2_${type}`,
  name,
  address: `aws_apigatewayv2_${type}.${name}`,
  attributes: type === "api" ? attributes : { api_id: "api", ...attributes },
});

export const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;

export const invokeArn = (name: string): string =>
  `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`;

/** A route to a function of its own. */
export const functionRoute = (
  routeKey: string,
  { route, integration }: { readonly route?: Attributes; readonly integration?: Attributes } = {},
): readonly Resource[] => [
  part("integration", routeKey, {
    id: `to ${routeKey}`,
    integration_type: "AWS_PROXY",
    integration_method: "POST",
    integration_uri: invokeArn("handler"),
    ...integration,
  }),
  part("route", routeKey, { id: routeKey, route_key: routeKey, target: `integrations/to ${routeKey}`, ...route }),
];

export const routeResponse = (routeKey: string): Resource =>
  part("route_response", routeKey, { route_id: routeKey, route_response_key: "$default" });

/** What stands around the routes: the API, its deployment, its stage. */
export const apiAround = (
  routes: readonly Resource[],
  { api, stage }: { readonly api?: Attributes; readonly stage?: Attributes } = {},
): readonly Resource[] => [
  part("api", "Api", { id: "api", name: "chat", protocol_type: "WEBSOCKET", ...api }),
  ...routes,
  part("deployment", "Deployment", { id: "deployment" }),
  part("stage", "Stage", { name: "dev", deployment_id: "deployment", ...stage }),
];

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };

export interface ApiOptions {
  /** What functions give for an event, by the route's key or the authorizer's event type. @default - 200 */
  readonly result?: (event: Record<string, unknown>, call: FunctionCall) => Promise<Outcome>;
  readonly refuse?: (request: AccessRequest) => void;
  readonly answer?: (request: WireRequest) => Promise<WireResponse>;
  readonly options?: Partial<HttpApiOptions>;
}

/** An API on a port of its own, in front of functions that answer as told. `stop` ends it. */
export async function serveApi(resources: readonly Resource[], given: ApiOptions = {}) {
  const { result = async () => ({ payload: { statusCode: 200 } }), refuse, answer } = given;
  const clock = new ManualClock();
  const access = openAccess(refuse);
  const invoked: FunctionCall[] = [];
  const sent: (WireRequest & { readonly caller: Caller })[] = [];
  const logged: string[] = [];
  const apis = new ApisV2();
  const authenticate = (request: HttpRequest): Caller => {
    const path = `/_aws/execute-api/api${request.path}`;
    const secretOf = (key: string) => (key === credentials.accessKeyId ? credentials : undefined);
    verify({ ...request, path }, { secretOf, now: Date.now(), region: place.region });
    return { ...someone, sessionArn: "arn:aws:sts::123456789012:assumed-role/someone/one", userId: "AROA:one" };
  };
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/_aws/execute-api/api`;
  const create = () =>
    apis.create(url, {
      apiId: "api",
      resources,
      place,
      access,
      clock,
      log: (source, message) => void logged.push(`${source}: ${message}`),
      authenticate,
      assume: (roleArn) => ({ principalArn: roleArn, accountId: place.accountId }),
      invoke: async (call) => {
        invoked.push(call);
        return { requestId: "invocation-1", ...(await result(call.event as Record<string, unknown>, call)) };
      },
      integrations: {
        sqs: async (caller, _path, request) => {
          sent.push({ ...request, caller });
          return (await answer?.(request)) ?? { status: 200, headers: { "content-type": "text/xml" }, body: "<ok/>" };
        },
      },
      userPools: () => [],
      ...given.options,
    });
  const stop = async (): Promise<void> => {
    apis.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const description = await (async () => create())().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const within = (request: HttpRequest): HttpRequest => ({ ...request, path: request.path.slice(21) || "/" });
  server.on("request", async (incoming, outgoing) => {
    send(outgoing, await apis.handle("api", within(await receive(incoming))));
  });
  server.on("upgrade", (incoming, raw, head) => {
    const request = within(requestOf(incoming, Buffer.alloc(0)));
    void apis.upgrade({ incoming, raw, head }, "api", () => request);
  });
  return { apis, url, port, description, clock, asked: access.asked, invoked, sent, logged, credentials, stop };
}

/** What a client sees of its WebSocket. */
export interface ConnectedClient {
  readonly socket: WebSocket;
  /** The next message that was not asked for yet. */
  next(): Promise<string>;
  /** How the connection ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Connects a client; throws with the status where it is refused: `Unexpected server response: 403`. */
export async function connectTo(
  url: string,
  { protocols = [], headers = {} }: { readonly protocols?: string[]; readonly headers?: Record<string, string> } = {},
): Promise<ConnectedClient> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), protocols, { headers });
  const messages: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  socket.on("message", (data) => {
    const take = waiting.shift();
    if (take) take(data.toString());
    else messages.push(data.toString());
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);
  const next = (): Promise<string> => {
    const message = messages.shift();
    return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
  };
  return { socket, next, closed };
}
