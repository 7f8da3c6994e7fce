import { randomBytes, randomUUID } from "node:crypto";
import type { Resource } from "../../terraform/config";
import type { Log } from "../aws";
import type { Tell } from "../traffic";
import { allowedOrigin } from "./allowed-origin";
import type { Answer } from "./answer";
import { Authorization, type AuthorizationOptions } from "./authorization";
import { callIntegration, type IntegrationService } from "./aws-integration";
import { AnswerCache } from "./cache";
import { compressed } from "./compression";
import type { ContextVariables } from "./context-template";
import { type Exchange, exchangeOf, type HttpRequest, mediaTypeOf } from "./exchange";
import { executionArnOf, methodArnOf } from "./execution-arn";
import { configurationError, GatewayError, gatewayResponse } from "./gateway-response";
import { answerMock } from "./mock-integration";
import { requireParameters } from "./parameters";
import { callFunction } from "./proxy-integration";
import { type AuthorizedBy, type Method, type RestApi, readRestApi } from "./rest-api";
import { decoded } from "./route-tree";
import { ACCESS_LOG_LINES_KEPT, settingsKeyOf } from "./stage";
import { Throttle } from "./throttle";
import type { UsagePlans } from "./usage-plans";

export type { HttpRequest } from "./exchange";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ApiGatewayOptions extends AuthorizationOptions {
  /** The API and all that belongs to it, evaluated: references are the ids of what they refer to. */
  readonly resources: readonly Resource[];
  readonly log: Log;
  readonly tell?: Tell;
  /** Services by their names in integration URIs; each gets the role's session, `path/…` of the URI, and the mapped request. */
  readonly integrations: Readonly<Record<string, IntegrationService>>;
  /** Who counts the requests that come with an API key. */
  readonly usagePlans: UsagePlans;
  /** Chooses requests for a stage's canary: gives a number from 0 up to, not including, 1. */
  readonly random: () => number;
}

/** A route of an API, as whoever calls it needs to know it. */
export interface RouteDescription {
  readonly httpMethod: string;
  readonly path: string;
  readonly authorization: "AWS_IAM" | "COGNITO_USER_POOLS" | "CUSTOM" | "NONE";
  /** What an authorizer asks for. */
  readonly authorizedBy?: AuthorizedBy;
  /** A JSON body that would be taken, where bodies are checked. */
  readonly exampleBody?: string;
  /** Headers that say that a request comes from where the API's policy lets requests in; none where this machine may call as it is. */
  readonly origin: Readonly<Record<string, string>>;
  /** An API key that the route takes, where it wants one in the header `x-api-key`. */
  readonly apiKey?: string;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const MAX_BODY_BYTES = 10_485_760;

/**
 * One REST API: serves what its stages have deployed, and refuses as API Gateway does.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
 */
export class ApiGateway {
  readonly name: string;
  /** What each stage serves. */
  readonly stages: readonly {
    readonly stageName: string;
    readonly routes: readonly RouteDescription[];
  }[];
  private readonly options: ApiGatewayOptions;
  private readonly api: RestApi;
  private readonly authorization: Authorization;
  /** By the stage's name. */
  private readonly throttles = new Map<string, Map<Method, Throttle>>();
  private readonly cache: AnswerCache;
  private readonly accessLogLines: string[] = [];

  /** @throws Error that names the resource type, the argument or the integration that is not modelled */
  constructor(options: ApiGatewayOptions) {
    this.options = options;
    this.api = readRestApi(options.resources);
    this.authorization = new Authorization(this.api, options);
    this.name = this.api.name;
    this.cache = new AnswerCache(options.clock);
    const { methods, stages } = this.api;
    options.usagePlans.requireMethods(options.restApiId, new Set(methods.map(settingsKeyOf)));
    for (const { integration, httpMethod, resourcePath } of methods) {
      if (integration.type === "AWS" && !Object.hasOwn(options.integrations, integration.service))
        throw new Error(
          `${httpMethod} ${resourcePath}: integrations with ${integration.service} are not modelled by the local run`,
        );
    }
    for (const stage of stages) {
      const throttle = (method: Method) => new Throttle({ limits: stage.throttleOf(method), clock: options.clock });
      this.throttles.set(stage.stageName, new Map(methods.map((method) => [method, throttle(method)])));
    }
    const { place, restApiId, clock } = options;
    const origin = allowedOrigin(this.api, executionArnOf(place, restApiId), { region: place.region, clock });
    const routes = methods.map((method) => ({
      httpMethod: method.httpMethod,
      path: method.resourcePath,
      ...describeAuthorization(method.authorization),
      origin,
      exampleBody: method.models.get("application/json")?.example(),
      takesKey: method.isApiKeyRequired && this.api.apiKeySource === "HEADER",
    }));
    this.stages = stages.map(({ stageName }) => {
      const apiKey = options.usagePlans.keyFor(options.restApiId, stageName)?.value;
      return { stageName, routes: routes.map(({ takesKey, ...route }) => (takesKey ? { ...route, apiKey } : route)) };
    });
  }

  /** The last 10,000 lines, one a request, as the stage's format makes them. */
  get accessLog(): readonly string[] {
    return this.accessLogLines;
  }

  /** Answers a request. What goes wrong becomes an answer. */
  async handle(request: HttpRequest): Promise<Answer> {
    const requestId = randomUUID();
    const extendedRequestId = randomBytes(11).toString("base64");
    const ids = { "x-amzn-RequestId": requestId, "x-amz-apigw-id": extendedRequestId };
    const exchange = exchangeOf(request, { ...this.options, stages: this.api.stages, requestId, extendedRequestId });
    const wrongWay = this.wrongWay(request);
    if (!exchange || wrongWay) {
      this.options.log(this.name, `${request.method} ${request.path} 403: ${wrongWay ?? "there is no such stage"}`);
      const headers = { "content-type": "application/json", "x-amzn-ErrorType": "ForbiddenException", ...ids };
      return { status: 403, headers, body: Buffer.from('{"message":"Forbidden"}') };
    }
    if (request.body.length > MAX_BODY_BYTES) {
      this.logAccess(exchange, tooLarge);
      return tooLarge;
    }
    const answer = await this.answer(exchange).catch((error: unknown) => this.refusal(exchange, error));
    this.logAccess(exchange, answer);
    return { ...answer, headers: { ...answer.headers, ...ids } };
  }

  private async answer(exchange: Exchange): Promise<Answer> {
    const { request, path, stage, variables } = exchange;
    const found = this.api.routes.find(path, request.method);
    if (!found)
      throw new GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", {
        reason: "there is no such route",
      });
    const { target: method, parameters } = found;
    Object.assign(variables, {
      resourcePath: method.resourcePath,
      resourceId: method.resourceId,
    } satisfies ContextVariables);
    Object.assign(exchange.rawPathParameters, parameters);
    for (const [name, value] of Object.entries(parameters))
      exchange.params.path[name] = value.split("/").map(decoded).join("/");
    await this.authorization.authorize(exchange, method);
    if (method.isApiKeyRequired) this.meter(exchange, method);
    if (!this.throttles.get(stage.stageName)?.get(method)?.allows())
      throw new GatewayError("THROTTLED", "Too Many Requests");
    requireParameters(exchange, method.requiredParameters);
    this.validate(exchange, method);
    const answer = await this.cache.answer(exchange, {
      method,
      mayInvalidate: () => this.authorization.mayInvalidate(exchange),
      ask: () => this.integrate(exchange, method),
    });
    return compressed(answer, request.headers["accept-encoding"], this.api.minimumCompressionSize);
  }

  /** Counts the request under its key's plan. Requests to methods that take no key are not counted. */
  private meter(exchange: Exchange, method: Method): void {
    const { request, stage, usageIdentifierKey, variables } = exchange;
    const { restApiId, usagePlans } = this.options;
    const { key, count } = usagePlans.identify({
      restApiId,
      stageName: stage.stageName,
      methodPath: settingsKeyOf(method),
      apiKey: this.api.apiKeySource === "HEADER" ? request.headers["x-api-key"] : usageIdentifierKey,
    });
    Object.assign(variables, {
      "identity.apiKey": key.value,
      "identity.apiKeyId": key.id,
    } satisfies ContextVariables);
    count();
  }

  private async integrate(exchange: Exchange, { integration, resourcePath }: Method): Promise<Answer> {
    const { clock, assume, integrations, invoke, place, restApiId } = this.options;
    const { binaryMediaTypes } = this.api;
    switch (integration.type) {
      case "AWS": {
        const service = integrations[integration.service] as IntegrationService;
        return callIntegration(exchange, integration, { clock, assume, service, binaryMediaTypes });
      }
      case "AWS_PROXY": {
        const sourceArn = methodArnOf(executionArnOf(place, restApiId), exchange, resourcePath);
        const { accountId } = place;
        return callFunction(exchange, integration, { clock, assume, invoke, accountId, sourceArn, binaryMediaTypes });
      }
      case "MOCK":
        return answerMock(exchange, integration, binaryMediaTypes);
    }
  }

  /**
   * Why a request did not come to the API at all: endpoints of VPCs lead to private APIs, and nothing else does.
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
   */
  private wrongWay({ vpcEndpoint }: HttpRequest): string | undefined {
    if (this.api.isPrivate === (vpcEndpoint !== undefined)) return undefined;
    return this.api.isPrivate
      ? "the API is private: x-local-vpc-endpoint says which VPC endpoint a request comes through"
      : "the API is public, and a VPC endpoint leads to private APIs alone";
  }

  /** A body of a content type without a model is not looked at. */
  private validate({ request }: Exchange, { models }: Method): void {
    const validationErrorString = models.get(mediaTypeOf(request))?.problemOf(request.body.toString());
    if (validationErrorString === undefined) return;
    const reason = `Request body does not match model schema: ${validationErrorString}`;
    throw new GatewayError("BAD_REQUEST_BODY", "Invalid request body", { reason, validationErrorString });
  }

  private refusal(exchange: Exchange, error: unknown): Answer {
    const { request, path, variables } = exchange;
    const refused =
      error instanceof GatewayError
        ? error
        : configurationError(error instanceof Error ? error.message : String(error));
    const { responseType, message, details } = refused;
    const integrationError =
      details.integrationError ?? (responseType.startsWith("INTEGRATION_") ? message : undefined);
    const isUnknown = /^(UNAUTHORIZED|INVALID_SIGNATURE|EXPIRED_TOKEN)$/.test(responseType);
    Object.assign(variables, {
      "authenticate.error": isUnknown ? (details.reason ?? message) : undefined,
      "authorize.error": responseType === "ACCESS_DENIED" ? message : undefined,
      "error.message": message,
      "error.messageString": JSON.stringify(message),
      "error.responseType": responseType,
      "error.validationErrorString": details.validationErrorString,
      "integration.error": integrationError,
      integrationErrorMessage: integrationError,
    } satisfies ContextVariables);
    if (details.reason) this.options.log(this.name, `${request.method} ${path}: ${details.reason}`);
    return gatewayResponse(refused, this.api.gatewayResponses, exchange);
  }

  private logAccess({ request, path, stage, startedAt, variables }: Exchange, { status, body }: Answer): void {
    const responseLatency = this.options.clock.now() - startedAt;
    this.options.log(this.name, `${request.method} ${path} ${status}, ${responseLatency} ms`);
    const { httpMethod, resourcePath, requestId = "" } = variables;
    const route = resourcePath === undefined ? undefined : `${httpMethod} ${resourcePath}`;
    this.options.tell?.({ kind: "request", apiId: this.options.restApiId, route, status, requestId });
    if (!stage.accessLog) return;
    const line = stage.accessLog.format.fill(
      {
        ...variables,
        status: String(status),
        responseLength: String(body.length),
        responseLatency: String(responseLatency),
      },
      "-",
    );
    this.accessLogLines.push(line);
    if (this.accessLogLines.length > ACCESS_LOG_LINES_KEPT) this.accessLogLines.shift();
    this.options.log(stage.accessLog.logGroupName, line);
    // A canary's log is in a group of its own, too.
    if (stage.isCanary) this.options.log(`${stage.accessLog.logGroupName}/Canary`, line);
  }
}

/**
 * The answer to a body over API Gateway's own limit, which no gateway response customizes; captured from an account, which sent no ids either.
 * @see https://github.com/koki-develop/lgtm-generator/issues/10
 */
const tooLarge: Answer = {
  status: 413,
  headers: { "content-type": "text; charset=utf-8" },
  body: Buffer.from(`HTTP content length exceeded ${MAX_BODY_BYTES} bytes.`),
};

function describeAuthorization(
  authorization: Method["authorization"],
): Pick<RouteDescription, "authorization" | "authorizedBy"> {
  if (typeof authorization === "string") return { authorization };
  const isCognito = authorization.authorizer.type === "COGNITO_USER_POOLS";
  return { authorization: isCognito ? "COGNITO_USER_POOLS" : "CUSTOM", authorizedBy: authorization };
}
