import { randomBytes, randomUUID } from "node:crypto";
import type { Resource } from "../../terraform/config";
import { type Access, AwsError, type Caller, type Clock, type Log, type Place, type WireResponse } from "../aws";
import { callIntegration, type IntegrationService } from "./aws-integration";
import type { ContextVariables } from "./context-template";
import { type Exchange, exchangeOf, type HttpRequest, mediaTypeOf } from "./exchange";
import { configurationError, GatewayError, type GatewayResponseType, gatewayResponse } from "./gateway-response";
import { type Method, type RestApi, readRestApi, type Stage } from "./rest-api";
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
    readonly routes: readonly { readonly httpMethod: string; readonly path: string; readonly authorization: string }[];
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
      if (!Object.hasOwn(options.integrations, integration.service))
        throw new Error(
          `${httpMethod} ${resourcePath}: integrations with ${integration.service} are not modelled by the local run`,
        );
    }
    for (const stage of stages) {
      const throttle = (method: Method) => new Throttle({ limits: stage.throttleOf(method), clock: options.clock });
      this.throttles.set(stage, new Map(methods.map((method) => [method, throttle(method)])));
    }
    const routes = methods.map(({ httpMethod, resourcePath, authorization }) => ({
      httpMethod,
      path: resourcePath,
      authorization,
    }));
    this.stages = stages.map(({ stageName }) => ({ stageName, routes }));
  }

  /** One line a request, as the stage's format makes it. */
  get accessLog(): readonly string[] {
    return this.accessLogLines;
  }

  /** Answers a request. What goes wrong becomes an answer. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const requestId = randomUUID();
    const extendedRequestId = randomBytes(11).toString("base64");
    const ids = { "x-amzn-RequestId": requestId, "x-amz-apigw-id": extendedRequestId };
    const exchange = exchangeOf(request, { ...this.options, stages: this.api.stages, requestId, extendedRequestId });
    if (!exchange) {
      this.options.log(this.name, `${request.method} ${request.path} 403: there is no such stage`);
      const headers = { "content-type": "application/json", "x-amzn-ErrorType": "ForbiddenException", ...ids };
      return { status: 403, headers, body: Buffer.from('{"message":"Forbidden"}') };
    }
    const answer = await this.answer(exchange).catch((error: unknown) => this.refusal(exchange, error));
    this.logAccess(exchange, answer);
    return { status: answer.status, headers: { ...answer.headers, ...ids }, body: Buffer.from(answer.body) };
  }

  private async answer(exchange: Exchange): Promise<WireResponse> {
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
    Object.assign(exchange.params.path, parameters);
    if (request.body.length > MAX_BODY_BYTES) throw new GatewayError("REQUEST_TOO_LARGE", "Request Too Long");
    if (method.authorization === "AWS_IAM") this.authorize(exchange);
    if (!this.throttles.get(stage)?.get(method)?.allows()) throw new GatewayError("THROTTLED", "Too Many Requests");
    this.validate(exchange, method);
    const { clock, assume, integrations } = this.options;
    const service = integrations[method.integration.service] as IntegrationService;
    return callIntegration(exchange, method.integration, { clock, assume, service });
  }

  private authorize(exchange: Exchange): void {
    const { request, path, stage, variables } = exchange;
    const { access, authenticate, place, restApiId } = this.options;
    const caller = refusedAs(signatureRefusal, () => authenticate(request));
    variables["identity.userArn"] = caller.principalArn;
    variables["identity.accountId"] = caller.accountId;
    const method = `${restApiId}/${stage.stageName}/${request.method}${path}`;
    const resource = `arn:${place.partition}:execute-api:${place.region}:${place.accountId}:${method}`;
    refusedAs(accessRefusal, () => access.authorize({ caller, action: "execute-api:Invoke", resource }));
  }

  /** A body of a content type without a model is not looked at. */
  private validate({ request }: Exchange, { models }: Method): void {
    const validationErrorString = models.get(mediaTypeOf(request))?.problemOf(request.body.toString());
    if (validationErrorString === undefined) return;
    const reason = `Request body does not match model schema: ${validationErrorString}`;
    throw new GatewayError("BAD_REQUEST_BODY", "Invalid request body", { reason, validationErrorString });
  }

  private refusal({ request, path, variables }: Exchange, error: unknown): WireResponse {
    const refused =
      error instanceof GatewayError
        ? error
        : configurationError(error instanceof Error ? error.message : String(error));
    const { responseType, message, details } = refused;
    Object.assign(variables, {
      "error.message": message,
      "error.messageString": JSON.stringify(message),
      "error.responseType": responseType,
      "error.validationErrorString": details.validationErrorString,
      "integration.error": responseType.startsWith("INTEGRATION_") ? message : undefined,
    } satisfies ContextVariables);
    if (details.reason) this.options.log(this.name, `${request.method} ${path}: ${details.reason}`);
    return gatewayResponse(refused, this.api.gatewayResponses, variables);
  }

  private logAccess({ request, path, stage, startedAt, variables }: Exchange, { status, body }: WireResponse): void {
    const responseLatency = this.options.clock.now() - startedAt;
    this.options.log(this.name, `${request.method} ${path} ${status}, ${responseLatency} ms`);
    if (!stage.accessLog) return;
    const line = stage.accessLog.format.fill(
      {
        ...variables,
        status: String(status),
        responseLength: String(Buffer.byteLength(body)),
        responseLatency: String(responseLatency),
      },
      "-",
    );
    this.accessLogLines.push(line);
    this.options.log(stage.accessLog.logGroupName, line);
  }
}

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
