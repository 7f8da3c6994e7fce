import { STATUS_CODES } from "node:http";
import type { Resource } from "../../terraform/config";
import type { Answer } from "../api-gateway/answer";
import type { HttpRequest } from "../api-gateway/api-gateway";
import { splitOnce, withoutAbsent } from "../api-gateway/exchange";
import { executionArnOf } from "../api-gateway/execution-arn";
import { configurationError, GatewayError, statusOf } from "../api-gateway/gateway-response";
import { ACCESS_LOG_LINES_KEPT } from "../api-gateway/stage";
import type { Log } from "../aws";
import type { Tell } from "../traffic";
import { authorizeConnect, type ConnectAuthorizationOptions } from "./connect-authorization";
import { type Client, Connection, type Sockets } from "./connection";
import type { WebSocketVariables } from "./context-variables";
import { manageConnection } from "./manage-connection";
import type { Stage } from "./stage";
import { Throttles } from "./throttles";
import {
  connectEvent,
  disconnectEvent,
  messageEvent,
  type Newcomer,
  newcomerOf,
  newId,
  type Occasion,
  variablesOf,
} from "./websocket-event";
import { askIntegration } from "./websocket-integration";
import { readWebSocketApi, type WebSocketConfiguration, type WebSocketRoute } from "./websocket-routes";

export interface WebSocketApiOptions extends Omit<ConnectAuthorizationOptions, "executionArn"> {
  readonly apiId: string;
  /** The API and all that belongs to it, evaluated: references are the ids of what they refer to. */
  readonly resources: readonly Resource[];
  readonly log: Log;
  readonly tell?: Tell;
}

/** A client that may connect. */
export interface Admission {
  /** What the client's `Sec-WebSocket-Protocol` is answered with. */
  readonly subprotocol?: string;
  readonly begin: (sockets: Sockets) => void;
  /** For a client that has gone in the meantime. */
  readonly abandon: () => void;
}

/** What happens on a connection, with the `$context` of it. */
interface Happening {
  readonly route: WebSocketRoute | undefined;
  readonly stage: Stage;
  readonly occasion: Occasion;
  readonly variables: WebSocketVariables;
}

/** The code of a connection that ended without a word. */
const LOST = 1_006;

/**
 * One WebSocket API: connects clients, hands their messages to what its routes name, and lets functions send to them.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
 */
export class WebSocketApi {
  readonly name: string;
  readonly stageNames: readonly string[];
  private readonly options: WebSocketApiOptions;
  private readonly configuration: WebSocketConfiguration;
  private readonly executionArn: string;
  private readonly throttles: Throttles;
  private readonly connections = new Map<string, Connection>();
  private readonly accessLogLines: string[] = [];
  private isStopped = false;

  /** @throws Error that names the resource type or the argument that is not modelled */
  constructor(options: WebSocketApiOptions) {
    this.options = options;
    this.configuration = readWebSocketApi(options.resources);
    this.name = this.configuration.name;
    this.stageNames = this.configuration.stages.map(({ stageName }) => stageName);
    this.executionArn = executionArnOf(options.place, options.apiId);
    this.throttles = new Throttles(options.clock);
  }

  /** The last 10,000 lines, one for each connect, message and disconnect, as the stage's format makes them. */
  get accessLog(): readonly string[] {
    return this.accessLogLines;
  }

  /** Ids of the clients that are connected, the first first. */
  get connectionIds(): readonly string[] {
    return [...this.connections.keys()];
  }

  /** Whether a client may connect, or why not. */
  async connect(request: HttpRequest): Promise<Admission | Answer> {
    const stage = this.stageOf(request);
    if (!stage) {
      // Without the query, in which a token may stand.
      this.options.log(this.name, `CONNECT ${splitOnce(request.path, "?")[0]} 403: there is no such stage`);
      return refusal(403, { message: "Forbidden" });
    }
    const newcomer = newcomerOf(request, stage, this.options);
    const happening = this.happening("$connect", newcomer, { eventType: "CONNECT" });
    try {
      return await this.admit(request, newcomer, happening);
    } catch (error) {
      const { status, message } = this.refuse(happening, error);
      return refusal(status, frameOf(message, newcomer.connectionId, happening.occasion));
    }
  }

  /** Answers what a function asks of a client: `/<stage>/@connections/<id>`. */
  manage(request: HttpRequest): Answer {
    const { access, authenticate, log } = this.options;
    const answer = manageConnection(request, {
      access,
      authenticate,
      executionArn: this.executionArn,
      hasStage: (name) => this.stageNames.includes(name),
      find: (stageName, id) => {
        const connection = this.connections.get(id);
        return connection?.client.stage.stageName === stageName && connection.isOpen ? connection : undefined;
      },
    });
    log(this.name, `${request.method} ${splitOnce(request.path, "?")[0]} ${answer.status}`);
    return answer;
  }

  /** Ends every connection, without telling anybody. */
  stop(): void {
    this.isStopped = true;
    for (const connection of this.connections.values()) connection.terminate();
  }

  private async admit(request: HttpRequest, newcomer: Newcomer, happening: Happening): Promise<Admission> {
    const { route, occasion, stage, variables } = happening;
    this.throttles.requireTurn(stage, "$connect");
    const [, query = ""] = splitOnce(request.path, "?");
    const params = {
      path: {},
      querystring: Object.fromEntries(new URLSearchParams(query)),
      header: withoutAbsent(request.headers),
    };
    const exchange = { request, stage, params, variables };
    const { isBase64Encoded: _, ...event } = connectEvent(request, newcomer, occasion);
    const authorizer = route && (await authorizeConnect(exchange, route, event, this.connectOptions));
    const signer = withoutAbsent({
      accessKey: variables["identity.accessKey"],
      accountId: variables["identity.accountId"],
      caller: variables["identity.caller"],
      user: variables["identity.user"],
      userArn: variables["identity.userArn"],
    });
    const client: Client = {
      ...newcomer,
      identity: { ...newcomer.identity, ...signer },
      authorizer,
      headers: withoutAbsent({ Host: request.headers.host, "X-Forwarded-For": request.sourceIp }),
    };
    const answer = await this.ask(happening, connectEvent(request, client, occasion), "");
    const status = answer?.status ?? 200;
    this.report(happening, status);
    if (answer && status >= 300) throw new ConnectRefused(status);
    const [, subprotocol] =
      Object.entries(answer?.headers ?? {}).find(([name]) => name.toLowerCase() === "sec-websocket-protocol") ?? [];
    return {
      subprotocol: subprotocol === undefined ? undefined : String(subprotocol),
      begin: (sockets) => this.begin(client, sockets),
      abandon: () => void this.end(client, LOST, ""),
    };
  }

  private begin(client: Client, sockets: Sockets): void {
    const { connectionId } = client;
    const connection = new Connection(client, sockets, this.options.clock, {
      onMessage: (message) => void this.receive(connection, message),
      onEnd: (code, reason) => {
        this.connections.delete(connectionId);
        void this.end(client, code, reason);
      },
    });
    this.connections.set(connectionId, connection);
    if (this.isStopped) connection.terminate();
  }

  /** Hands a message to its route. What goes wrong is told to the client, and the connection stays. */
  private async receive(connection: Connection, message: string): Promise<void> {
    const { client } = connection;
    const { routes, selectRoute } = this.configuration;
    const wanted = selectRoute(message);
    const isOwn = wanted !== undefined && !isReserved(wanted) && routes.has(wanted);
    const routeKey = isOwn ? wanted : "$default";
    const happening = this.happening(routeKey, client, { eventType: "MESSAGE", messageId: newId() });
    try {
      if (!happening.route) throw new GatewayError("ACCESS_DENIED", "Forbidden", { reason: "there is no such route" });
      this.throttles.requireTurn(client.stage, routeKey);
      const answer = await this.ask(happening, messageEvent(message, client, happening.occasion), message);
      this.report(happening, answer?.status ?? 200);
      const text = answer?.body.toString() ?? "";
      if (happening.route.responds && text !== "") connection.send(text);
    } catch (error) {
      const { message: said } = this.refuse(happening, error);
      connection.send(JSON.stringify(frameOf(said, client.connectionId, happening.occasion)));
    }
  }

  /** Tells the route of a connection's end; what it answers changes nothing any more. */
  private async end(client: Client, code: number, reason: string): Promise<void> {
    if (this.isStopped) return;
    const happening = this.happening("$disconnect", client, { eventType: "DISCONNECT", end: { code, reason } });
    try {
      const answer = await this.ask(happening, disconnectEvent(client, happening.occasion), "");
      this.report(happening, answer?.status ?? 200);
    } catch (error) {
      this.refuse(happening, error);
    }
  }

  private ask({ route, stage, variables }: Happening, event: unknown, body: string): Promise<Answer | undefined> {
    return askIntegration({ route, stage, variables, event, body }, this.connectOptions);
  }

  private happening(
    routeKey: string,
    client: Newcomer,
    of: Pick<Occasion, "eventType" | "messageId" | "end">,
  ): Happening {
    const occasion = { routeKey, requestId: newId(), at: this.options.clock.now(), ...of };
    const route = this.configuration.routes.get(routeKey);
    // What the client connected as holds for all that follows.
    if (of.eventType !== "CONNECT")
      return { route, occasion, stage: client.stage, variables: { ...client.variables, ...variablesOf(occasion) } };
    Object.assign(client.variables, variablesOf(occasion));
    return { route, occasion, stage: client.stage, variables: client.variables };
  }

  /** What a client is told of what went wrong; the reason is logged. */
  private refuse(happening: Happening, error: unknown): { readonly status: number; readonly message: string } {
    if (error instanceof ConnectRefused) return { status: error.status, message: STATUS_CODES[error.status] ?? "" };
    const refused =
      error instanceof GatewayError
        ? error
        : configurationError(error instanceof Error ? error.message : String(error));
    const status = statusOf(refused);
    // The words in which every fault of what is behind a route comes to a client.
    const message = refused.responseType === "INTEGRATION_FAILURE" ? "Internal server error" : refused.message;
    const { reason } = refused.details;
    Object.assign(happening.variables, {
      "error.message": message,
      "error.messageString": JSON.stringify(message),
      "error.responseType": refused.responseType,
      "integration.error": refused.details.integrationError,
    } satisfies WebSocketVariables);
    if (reason) this.options.log(this.name, `${happening.occasion.routeKey}: ${reason}`);
    this.report(happening, status);
    return { status, message };
  }

  private report({ occasion, stage, variables }: Happening, status: number): void {
    const { apiId, log, tell } = this.options;
    log(this.name, `${occasion.routeKey} ${variables.connectionId} ${status}`);
    tell?.({ kind: "request", apiId, route: occasion.routeKey, status, requestId: occasion.requestId });
    if (!stage.accessLog) return;
    const line = stage.accessLog.format.fill({ ...variables, status: String(status) }, "-");
    this.accessLogLines.push(line);
    if (this.accessLogLines.length > ACCESS_LOG_LINES_KEPT) this.accessLogLines.shift();
    log(stage.accessLog.logGroupName, line);
  }

  private stageOf({ path }: HttpRequest): Stage | undefined {
    const [, stageName, rest = ""] = /^\/([^/]+)\/?(.*)$/.exec(splitOnce(path, "?")[0]) ?? [];
    return rest === "" ? this.configuration.stages.find((stage) => stage.stageName === stageName) : undefined;
  }

  private get connectOptions(): ConnectAuthorizationOptions {
    return { ...this.options, executionArn: this.executionArn };
  }
}

/** The route of `$connect` answers with another status than success. */
class ConnectRefused extends Error {
  constructor(readonly status: number) {
    super();
  }
}

const isReserved = (routeKey: string): boolean => ["$connect", "$disconnect"].includes(routeKey);

const frameOf = (message: string, connectionId: string, { requestId }: Occasion) => ({
  message,
  connectionId,
  requestId,
});

const refusal = (status: number, body: object): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify(body)),
});
