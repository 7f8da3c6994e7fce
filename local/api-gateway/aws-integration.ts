import type { Caller, Clock, WireRequest, WireResponse } from "../aws";
import type { Answer } from "./answer";
import type { BinaryMediaTypes } from "./binary-media-types";
import { type Exchange, parameterOf, withoutAbsent } from "./exchange";
import { configurationError, GatewayError } from "./gateway-response";
import type { AwsIntegration } from "./integration";
import { within } from "./integration-timeout";
import { mapAnswer, mapRequest } from "./mapping";
import { withStageVariables } from "./stage-variables";

/** A service that integrations call, such as SQS. */
export type IntegrationService = (caller: Caller, path: string, request: WireRequest) => Promise<WireResponse>;

export interface AwsIntegrationOptions {
  readonly clock: Clock;
  /** A session of the integration's role; throws where there is no such role or it does not trust API Gateway. */
  readonly assume: (roleArn: string) => Caller;
  readonly service: IntegrationService;
  readonly binaryMediaTypes: BinaryMediaTypes;
}

/**
 * Calls the AWS service behind a method: maps the request, waits for the answer, maps the answer.
 * @throws GatewayError for a content type without a template, for a template or role that does not work, for no answer in time
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-integration-settings.html
 */
export async function callIntegration(
  exchange: Exchange,
  integration: AwsIntegration,
  { clock, assume, service, binaryMediaTypes }: AwsIntegrationOptions,
): Promise<Answer> {
  const body = mapRequest(exchange, integration, binaryMediaTypes);
  const headers = requestHeaders(exchange, integration);
  const path = withStageVariables(integration.path, exchange.stage);
  const credentials = withStageVariables(integration.credentials, exchange.stage);
  const caller = assumed(() => assume(credentials));
  const calledAt = clock.now();
  const call = Promise.resolve().then(() => service(caller, path, { headers, body }));
  try {
    const answer = await within(integration.timeoutMilliseconds, call, clock);
    exchange.variables["integration.status"] = String(answer.status);
    return mapAnswer(exchange, integration.responses, withLowerCaseNames(answer), binaryMediaTypes);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError("INTEGRATION_FAILURE", "Network error communicating with endpoint", {
      reason: error instanceof Error ? error.message : String(error),
    });
  } finally {
    setLatency(exchange, clock.now() - calledAt);
  }
}

/** Access logs know an integration's milliseconds by two names. */
export function setLatency({ variables }: Pick<Exchange, "variables">, milliseconds: number): void {
  variables["integration.latency"] = String(milliseconds);
  variables.integrationLatency = String(milliseconds);
}

/** @throws GatewayError in API Gateway's words where the role cannot be assumed */
export function assumed(assume: () => Caller): Caller {
  try {
    return assume();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw configurationError(`API Gateway does not have permission to assume the provided role: ${why}`);
  }
}

const withLowerCaseNames = ({ headers, ...answer }: WireResponse): WireResponse => ({
  ...answer,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
});

const requestHeaders = (exchange: Exchange, { headers }: AwsIntegration): Record<string, string> =>
  withoutAbsent({
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": `AmazonAPIGateway_${exchange.variables.apiId}`,
    ...Object.fromEntries(headers.map(({ name, source }) => [name, parameterOf(exchange, source)])),
  });
