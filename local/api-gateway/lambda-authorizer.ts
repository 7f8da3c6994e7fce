import { AwsError, type Caller, type Clock } from "../aws";
import { type AuthorizerAnswer, authorizerMisconfigured, readAuthorizerAnswer } from "./authorizer-answer";
import { AuthorizerCache } from "./authorizer-cache";
import type { AnyLambdaAuthorizer, LambdaAuthorizer } from "./authorizers";
import { BinaryMediaTypes } from "./binary-media-types";
import type { Exchange } from "./exchange";
import { GatewayError, unauthorized } from "./gateway-response";
import { identityValueOf } from "./identity-sources";
import { proxyEvent } from "./proxy-event";
import { apiGateway, type InvokeFunction } from "./proxy-integration";
import type { StageVariables } from "./stage";
import { withStageVariables } from "./stage-variables";

export interface LambdaAuthorizersOptions {
  readonly accountId: string;
  readonly executionArn: string;
  readonly clock: Clock;
  readonly assume: (roleArn: string) => Caller;
  readonly invoke: InvokeFunction;
}

const noBinaryMediaTypes = new BinaryMediaTypes([]);

/**
 * The functions that an API asks who may call, and what they answered.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export class LambdaAuthorizers {
  private readonly options: LambdaAuthorizersOptions;
  private readonly cache: AuthorizerCache<AuthorizerAnswer>;

  constructor(options: LambdaAuthorizersOptions) {
    this.options = options;
    this.cache = new AuthorizerCache(options.clock);
  }

  /**
   * What an authorizer says of a caller: what was kept for the same identity in the same stage, or what its function answers now. What it
   * says then stands in the exchange.
   *
   * @param methodArn what the function is told to be called
   * @throws GatewayError `UNAUTHORIZED` for a token or identity source that is missing or not valid, and where the function says so
   * @throws GatewayError `AUTHORIZER_FAILURE` for any other error of the function, `AUTHORIZER_CONFIGURATION_ERROR` for one that cannot be invoked
   *   or answers something else than it must
   */
  async ask(exchange: Exchange, authorizer: LambdaAuthorizer, methodArn: string): Promise<AuthorizerAnswer> {
    const { clock } = this.options;
    const identity = identityOf(exchange, authorizer);
    const key = JSON.stringify([authorizer.authorizerId, exchange.stage.stageName, ...identity]);
    const startedAt = clock.now();
    let integrationLatency = 0;
    let answer = this.cache.find(key);
    if (!answer) {
      answer = await invokeAuthorizer(exchange, authorizer, this.options, {
        event: eventFor(exchange, authorizer, methodArn, identity),
        read: (payload) => readAuthorizerAnswer(authorizer.authorizerName, payload),
      });
      integrationLatency = clock.now() - startedAt;
      this.cache.keep(key, answer, authorizer.ttlSeconds);
    }
    const { principalId, context, usageIdentifierKey } = answer;
    exchange.authorizer = { ...context, principalId, integrationLatency };
    exchange.usageIdentifierKey = usageIdentifierKey;
    setVariables(exchange, { ...context, principalId, latency: String(clock.now() - startedAt) });
    setVariables(exchange, { integrationLatency: String(integrationLatency), status: "200" });
    return answer;
  }
}

/**
 * Asks an authorizer's function.
 *
 * @param read makes an answer of what the function gives
 * @throws GatewayError `UNAUTHORIZED` where the function says so, `AUTHORIZER_FAILURE` for any other error of it, `AUTHORIZER_CONFIGURATION_ERROR` for
 *   one that cannot be invoked
 */
export async function invokeAuthorizer<Read>(
  exchange: Pick<Exchange, "variables"> & { readonly stage: StageVariables },
  authorizer: AnyLambdaAuthorizer,
  { accountId, executionArn, invoke, assume }: Omit<LambdaAuthorizersOptions, "clock">,
  { event, read }: { readonly event: unknown; readonly read: (payload: unknown) => Read },
): Promise<Read> {
  const { authorizerId, authorizerName } = authorizer;
  const sourceArn = `${executionArn}/authorizers/${authorizerId}`;
  try {
    const functionArn = withStageVariables(authorizer.functionArn, exchange.stage);
    const credentials = authorizer.credentials && withStageVariables(authorizer.credentials, exchange.stage);
    const caller = credentials === undefined ? apiGateway(accountId) : sessionOf(credentials, assume);
    const result = await invoke({ caller, functionArn, sourceArn, event });
    setVariables(exchange, { requestId: result.requestId, integrationStatus: "200" });
    if (!("functionError" in result)) return read(result.payload);
    const { errorMessage } = result.functionError;
    throw errorMessage === "Unauthorized"
      ? unauthorized(`${authorizerName} says so`)
      : failure(`the function of ${authorizerName} failed: ${errorMessage}`);
  } catch (error) {
    const refused = error instanceof GatewayError ? error : refusal(authorizerName, error);
    setVariables(exchange, { error: refused.details.reason ?? refused.message });
    throw refused;
  }
}

function sessionOf(roleArn: string, assume: (roleArn: string) => Caller): Caller {
  try {
    return assume(roleArn);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw authorizerMisconfigured(`API Gateway does not have permission to assume the provided role: ${why}`);
  }
}

/** Puts what an authorizer said among the variables. Names that are no names of `$context` reach functions alone. */
export function setVariables(
  { variables }: Pick<Exchange, "variables">,
  values: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(values)) if (/^\w+$/.test(name)) variables[`authorizer.${name}`] = value;
}

const failure = (reason: string): GatewayError =>
  new GatewayError("AUTHORIZER_FAILURE", "Internal server error", { reason });

function refusal(authorizerName: string, error: unknown): GatewayError {
  const why = error instanceof Error ? error.message : String(error);
  return error instanceof AwsError && (error.status === 403 || error.status === 404)
    ? authorizerMisconfigured(`Invalid permissions on Lambda function of ${authorizerName}: ${why}`)
    : failure(`the function of ${authorizerName} could not be invoked: ${why}`);
}

/** What tells a caller from others: the token, or the values of the identity sources, all of them where answers are kept. */
function identityOf(exchange: Exchange, authorizer: LambdaAuthorizer): readonly (string | undefined)[] {
  if (authorizer.type === "TOKEN") {
    const { header, validation } = authorizer;
    const token = exchange.params.header[header];
    if (!token) throw unauthorized(`the request has no ${header}`);
    if (validation && !validation.test(token)) throw unauthorized(`${header} does not match ${validation.source}`);
    return [token];
  }
  const { identitySources, ttlSeconds } = authorizer;
  const values = identitySources.map((source) => identityValueOf(exchange, source));
  const missing = identitySources.find((_, index) => values[index] === undefined);
  if (missing && ttlSeconds > 0) throw unauthorized(`the request has no ${missing.location} ${missing.name}`);
  return values;
}

/**
 * What the function gets.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 */
function eventFor(exchange: Exchange, authorizer: LambdaAuthorizer, methodArn: string, identity: readonly unknown[]) {
  if (authorizer.type === "TOKEN") return { type: "TOKEN", methodArn, authorizationToken: identity[0] };
  const { body, isBase64Encoded, ...event } = proxyEvent(exchange, noBinaryMediaTypes);
  return {
    type: "REQUEST",
    methodArn,
    ...event,
    queryStringParameters: event.queryStringParameters ?? {},
    multiValueQueryStringParameters: event.multiValueQueryStringParameters ?? {},
    pathParameters: event.pathParameters ?? {},
    stageVariables: event.stageVariables ?? {},
  };
}
