import type { Answer } from "../api-gateway/answer";
import type { HttpRequest, RouteDescription } from "../api-gateway/api-gateway";
import type { IntegrationService } from "../api-gateway/aws-integration";
import { splitOnce } from "../api-gateway/exchange";
import { executionArnOf } from "../api-gateway/execution-arn";
import { configurationError, GatewayError, statusOf } from "../api-gateway/gateway-response";
import { invokeIntegration } from "../api-gateway/proxy-integration";
import { decoded } from "../api-gateway/route-tree";
import { ACCESS_LOG_LINES_KEPT } from "../api-gateway/stage";
import type { HttpVariables } from "./context-variables";
import { httpAnswer } from "./http-answer";
import { HttpAuthorizations, type Issuer, TokenRefused } from "./http-authorization";
import { isPreflight, preflightAnswer, withCors } from "./http-cors";
import { eventV1, eventV2 } from "./http-event";
import { BadPathError, type HttpExchange, httpExchange, stageOf } from "./http-exchange";
import { type HttpConfiguration, type HttpRoute, HttpRoutes, readHttpApi } from "./http-routes";
import { describeRoute } from "./route-description";
import { sendMessage } from "./sqs-integration";
import { Throttles } from "./throttles";
import type { WebSocketApiOptions } from "./websocket-api";

export interface HttpApiOptions extends WebSocketApiOptions {
  /** Services by their names; each gets the role's session, a path, and the request. */
  readonly integrations: Readonly<Record<"sqs", IntegrationService>>;
  /** The pools of all stacks, whose tokens authorizers may ask for. */
  readonly userPools: () => readonly Issuer[];
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10_485_760;

/** What clients are told; why stands in the log. */
const messages: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  413: "Request Entity Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/**
 * One HTTP API: serves its routes under its stages, and refuses as API Gateway does.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
 */
export class HttpApi {
  readonly name: string;
  readonly stageNames: readonly string[];
  /** The routes, as whoever calls them needs to know them. */
  readonly routes: readonly RouteDescription[];
  private readonly options: HttpApiOptions;
  private readonly configuration: HttpConfiguration;
  private readonly table: HttpRoutes;
  private readonly authorizations: HttpAuthorizations;
  private readonly executionArn: string;
  private readonly throttles: Throttles;
  private readonly accessLogLines: string[] = [];

  /** @throws Error that names the resource type or the argument that is not modelled */
  constructor(options: HttpApiOptions) {
    this.options = options;
    this.configuration = readHttpApi(options.resources);
    const { name, routes, stages } = this.configuration;
    this.name = name;
    this.stageNames = stages.map(({ stageName }) => stageName);
    this.table = new HttpRoutes(routes);
    this.executionArn = executionArnOf(options.place, options.apiId);
    this.throttles = new Throttles(options.clock);
    this.authorizations = new HttpAuthorizations({ ...options, executionArn: this.executionArn });
    for (const { authorization } of routes)
      if (typeof authorization === "object" && authorization.type === "JWT")
        this.authorizations.requireIssuer(authorization);
    this.routes = routes.map((route) => describeRoute(route, (issuer) => this.authorizations.issuerOf(issuer)));
  }

  /** The last 10,000 lines, one a request, as the stage's format makes them. */
  get accessLog(): readonly string[] {
    return this.accessLogLines;
  }

  /** Answers a request. What goes wrong becomes an answer. */
  async handle(request: HttpRequest): Promise<Answer> {
    const { stage, path } = stageOf(request, this.configuration.stages);
    if (!stage) return this.unserved(request, 404, "there is no such stage");
    let exchange: HttpExchange;
    try {
      exchange = httpExchange(request, { stage, path }, this.options);
    } catch (error) {
      if (error instanceof BadPathError) return this.unserved(request, 400, error.message);
      throw error;
    }
    const { cors } = this.configuration;
    const given = await this.answer(exchange).catch((error: unknown) => this.refusal(exchange, error));
    const answer = cors ? withCors(given, cors, request) : given;
    this.logAccess(exchange, answer);
    return { ...answer, headers: { ...answer.headers, "apigw-requestid": exchange.requestId } };
  }

  private async answer(exchange: HttpExchange): Promise<Answer> {
    const { request, path, stage, variables } = exchange;
    if (request.body.length > MAX_BODY_BYTES) throw new GatewayError("REQUEST_TOO_LARGE", "Request Entity Too Large");
    const found = this.table.find(request.method, path);
    if (!found) return this.withoutRoute(exchange);
    const { target: route, parameters } = found;
    variables.routeKey = route.routeKey;
    for (const [name, value] of Object.entries(parameters))
      exchange.params.path[name] = value.split("/").map(decoded).join("/");
    await this.authorizations.authorize(exchange, route.authorization);
    this.throttles.requireTurn(stage, route.routeKey);
    return this.integrate(exchange, route);
  }

  /** A preflight needs no route; anything else does. */
  private withoutRoute({ request, variables }: HttpExchange): Answer {
    const { cors } = this.configuration;
    if (cors && isPreflight(request)) return preflightAnswer(cors, request);
    Object.assign(variables, { "error.message": "Not Found", "error.messageString": '"Not Found"' });
    return json(404, {});
  }

  private async integrate(exchange: HttpExchange, { integration, routeKey, path }: HttpRoute): Promise<Answer> {
    const { clock, assume, invoke, place, integrations } = this.options;
    if (integration.type === "SQS-SendMessage")
      return sendMessage(exchange, integration, { sqs: integrations.sqs, assume, clock });
    const { stage, request, variables } = exchange;
    const called = routeKey === "$default" ? routeKey : `${request.method}${path}`;
    const sourceArn = `${this.executionArn}/${stage.stageName}/${called}`;
    const event = integration.version === "2.0" ? eventV2(exchange) : eventV1(exchange);
    const options = { clock, assume, invoke, accountId: place.accountId, sourceArn };
    const answer = httpAnswer(await invokeIntegration(exchange, integration, options, event), integration.version);
    variables["integration.status"] = String(answer.status);
    return answer;
  }

  private refusal(exchange: HttpExchange, error: unknown): Answer {
    const refused =
      error instanceof GatewayError
        ? error
        : configurationError(error instanceof Error ? error.message : String(error));
    const { responseType, details } = refused;
    const status = statusHere(refused);
    const message = messages[status] ?? refused.message;
    const integrationError =
      details.integrationError ?? (responseType.startsWith("INTEGRATION_") ? refused.message : undefined);
    const why = details.reason ?? refused.message;
    Object.assign(exchange.variables, {
      "error.message": message,
      "error.messageString": JSON.stringify(message),
      "error.responseType": responseType,
      "authorizer.error": /^(ACCESS_DENIED|AUTHORIZER_|UNAUTHORIZED)/.test(responseType) ? why : undefined,
      "integration.error": integrationError,
      integrationErrorMessage: integrationError,
    } satisfies HttpVariables);
    this.options.log(this.name, `${exchange.request.method} ${exchange.path}: ${why}`);
    return json(status, error instanceof TokenRefused ? { "www-authenticate": error.challenge } : {});
  }

  /** What comes to no stage is in no stage's log. */
  private unserved({ method, path }: HttpRequest, status: number, reason: string): Answer {
    this.options.log(this.name, `${method} ${splitOnce(path, "?")[0]} ${status}: ${reason}`);
    return json(status, {});
  }

  private logAccess(exchange: HttpExchange, { status, body }: Answer): void {
    const { request, path, stage, startedAt, variables, requestId } = exchange;
    const { apiId, clock, log, tell } = this.options;
    const responseLatency = clock.now() - startedAt;
    log(this.name, `${request.method} ${path} ${status}, ${responseLatency} ms`);
    tell?.({ kind: "request", apiId, route: variables.routeKey, status, requestId });
    if (!stage.accessLog) return;
    const line = stage.accessLog.format.fill(
      {
        ...variables,
        status: String(status),
        responseLength: String(body.length),
        responseLatency: String(responseLatency),
        dataProcessed: String(request.body.length + body.length),
      } satisfies HttpVariables,
      "-",
    );
    this.accessLogLines.push(line);
    if (this.accessLogLines.length > ACCESS_LOG_LINES_KEPT) this.accessLogLines.shift();
    log(stage.accessLog.logGroupName, line);
  }
}

/** An HTTP API has one status for all faults of what is behind it, and another for what takes too long. */
function statusHere(refused: GatewayError): number {
  if (refused.responseType === "INTEGRATION_TIMEOUT") return 503;
  const status = statusOf(refused);
  return status >= 500 ? 500 : status;
}

const json = (status: number, headers: Readonly<Record<string, string>>): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(JSON.stringify({ message: messages[status] })),
});
