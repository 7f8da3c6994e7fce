import { randomBytes, randomUUID } from "node:crypto";
import type { Resource } from "../../terraform/config";
import { type Access, AwsError, type Caller, type Clock, type Log, type Place } from "../aws";
import type { Answer } from "./answer";
import { callIntegration, type IntegrationService } from "./aws-integration";
import type { ContextVariables } from "./context-template";
import { type Exchange, exchangeOf, type HttpRequest, mediaTypeOf } from "./exchange";
import { configurationError, GatewayError, type GatewayResponseType, gatewayResponse } from "./gateway-response";
import { answerMock } from "./mock-integration";
import { callFunction, type InvokeFunction } from "./proxy-integration";
import { type Method, type RestApi, readRestApi, type Stage } from "./rest-api";
import { decoded } from "./route-tree";
import { Throttle } from "./throttle";

export type { HttpRequest } from "./exchange";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ApiGatewayOptions {
  readonly restApiId: string;
  /** The API and all that belongs to it, evaluated: references are the ids of what they refer to. */
  readonly resources: readonly Resource[];
  readonly place: Place;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Who signed a request.
   * @throws AwsError when nobody did, or wrongly
   */
  readonly authenticate: (request: HttpRequest) => Caller;
  /** A session of an integration's role, for `apigateway.amazonaws.com`. */
  readonly assume: (roleArn: string) => Caller;
  /** Services by their names in integration URIs; each gets the role's session, `path/…` of the URI, and the mapped request. */
  readonly integrations: Readonly<Record<string, IntegrationService>>;
  /** Invokes a function for an AWS_PROXY integration. */
  readonly invoke: InvokeFunction;
}

/** A route of an API, as whoever calls it needs to know it. */
export interface RouteDescription {
  readonly httpMethod: string;
  readonly path: string;
  readonly authorization: Method["authorization"];
  /** A JSON body that would be taken, where bodies are checked. */
  readonly exampleBody?: string;
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
  private readonly throttles = new Map<Stage, Map<Method, Throttle>>();
  private readonly accessLogLines: string[] = [];

  /** @throws Error that names the resource type, the argument or the integration that is not modelled */
  constructor(options: ApiGatewayOptions) {
    this.options = options;
    this.api = readRestApi(options.resources);
    this.name = this.api.name;
    const { methods, stages } = this.api;
    for (const { integration, httpMethod, resourcePath } of methods) {
      if (integration.type === "AWS" && !Object.hasOwn(options.integrations, integration.service))
        throw new Error(
          `${httpMethod} ${resourcePath}: integrations with ${integration.service} are not modelled by the local run`,
        );
    }
    for (const stage of stages) {
      const throttle = (method: Method) => new Throttle({ limits: stage.throttleOf(method), clock: options.clock });
      this.throttles.set(stage, new Map(methods.map((method) => [method, throttle(method)])));
    }
    const routes = methods.map(({ httpMethod, resourcePath, authorization, models }) => ({
      httpMethod,
      path: resourcePath,
      authorization,
      exampleBody: models.get("application/json")?.example(),
    }));
    this.stages = stages.map(({ stageName }) => ({ stageName, routes }));
  }

  /** One line a request, as the stage's format makes it. */
  get accessLog(): readonly string[] {
    return this.accessLogLines;
  }

  /** Answers a request. What goes wrong becomes an answer. */
  async handle(request: HttpRequest): Promise<Answer> {
    const requestId = randomUUID();
    const extendedRequestId = randomBytes(11).toString("base64");
    const ids = { "x-amzn-RequestId": requestId, "x-amz-apigw-id": extendedRequestId };
    const exchange = exchangeOf(request, { ...this.options, stages: this.api.stages, requestId, extendedRequestId });
    if (!exchange) {
      this.options.log(this.name, `${request.method} ${request.path} 403: there is no such stage`);
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
    if (method.authorization === "AWS_IAM") this.authorize(exchange);
    if (!this.throttles.get(stage)?.get(method)?.allows()) throw new GatewayError("THROTTLED", "Too Many Requests");
    this.validate(exchange, method);
    return this.integrate(exchange, method);
  }

  private async integrate(exchange: Exchange, { integration, resourcePath }: Method): Promise<Answer> {
    const { clock, assume, integrations, invoke, place } = this.options;
    const { binaryMediaTypes } = this.api;
    switch (integration.type) {
      case "AWS": {
        const service = integrations[integration.service] as IntegrationService;
        return callIntegration(exchange, integration, { clock, assume, service, binaryMediaTypes });
      }
      case "AWS_PROXY": {
        const sourceArn = this.methodArn(exchange, resourcePath);
        const { accountId } = place;
        return callFunction(exchange, integration, { clock, assume, invoke, accountId, sourceArn, binaryMediaTypes });
      }
      case "MOCK":
        return answerMock(exchange, integration, binaryMediaTypes);
    }
  }

  /** What policies name, `execute-api:Invoke`'s by the path that was called, a function's by the path of the resource. */
  private methodArn({ request, stage }: Exchange, path: string): string {
    const { place, restApiId } = this.options;
    const method = `${restApiId}/${stage.stageName}/${request.method}${path}`;
    return `arn:${place.partition}:execute-api:${place.region}:${place.accountId}:${method}`;
  }

  private authorize(exchange: Exchange): void {
    const { request, path, variables } = exchange;
    const { access, authenticate } = this.options;
    const caller = refusedAs(signatureRefusal, () => authenticate(request));
    Object.assign(variables, {
      "identity.userArn": caller.sessionArn ?? caller.principalArn,
      "identity.accountId": caller.accountId,
      "identity.caller": caller.userId,
      "identity.user": caller.userId,
      "identity.accessKey": /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? "")?.[1],
    } satisfies ContextVariables);
    const resource = this.methodArn(exchange, path);
    refusedAs(accessRefusal, () => access.authorize({ caller, action: "execute-api:Invoke", resource }));
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
    Object.assign(variables, {
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
    this.options.log(stage.accessLog.logGroupName, line);
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

/** Runs what may throw an AwsError, and turns that into a refusal. */
function refusedAs<Result>(refusal: (error: AwsError) => GatewayError, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof AwsError ? refusal(error) : error;
  }
}

/** How API Gateway calls the ways a signature can be wrong; codes differ from protocol to protocol. */
const signatureErrors: Readonly<Record<string, readonly [GatewayResponseType, errorType: string]>> = {
  MissingAuthenticationToken: ["MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException"],
  IncompleteSignature: ["INVALID_SIGNATURE", "IncompleteSignatureException"],
  InvalidClientTokenId: ["INVALID_SIGNATURE", "UnrecognizedClientException"],
  UnrecognizedClient: ["INVALID_SIGNATURE", "UnrecognizedClientException"],
  ExpiredToken: ["EXPIRED_TOKEN", "ExpiredTokenException"],
};

function signatureRefusal({ code, message }: AwsError): GatewayError {
  const known = signatureErrors[code.replace(/Exception$/, "")];
  const [responseType, errorType] = known ?? ["INVALID_SIGNATURE", "InvalidSignatureException"];
  const said = responseType === "MISSING_AUTHENTICATION_TOKEN" ? "Missing Authentication Token" : message;
  return new GatewayError(responseType, said, { reason: message, errorType });
}

const accessRefusal = ({ message }: AwsError): GatewayError =>
  new GatewayError("ACCESS_DENIED", message, { reason: message });
