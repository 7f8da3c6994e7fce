import { AwsError, type Caller, type Clock } from "../aws";
import type { InvocationResult } from "../lambda/lambda";
import type { Answer } from "./answer";
import { assumed, setLatency } from "./aws-integration";
import type { BinaryMediaTypes } from "./binary-media-types";
import type { Exchange } from "./exchange";
import { configurationError, GatewayError } from "./gateway-response";
import type { ProxyIntegration } from "./integration";
import { within } from "./integration-timeout";
import { proxyAnswer } from "./proxy-answer";
import { proxyEvent } from "./proxy-event";
import type { StageVariables } from "./stage";
import { withStageVariables } from "./stage-variables";

/** A call of a function by an API. */
export interface FunctionCall {
  /** The session of the integration's role; without a role, API Gateway itself, which the function's policy must let in. */
  readonly caller: Caller;
  readonly functionArn: string;
  /** ARN of the method that calls. */
  readonly sourceArn: string;
  readonly event: unknown;
}

/** @throws AwsError for a call that Lambda refuses */
export type InvokeFunction = (call: FunctionCall) => Promise<InvocationResult>;

export interface InvocationOptions {
  readonly clock: Clock;
  readonly assume: (roleArn: string) => Caller;
  readonly invoke: InvokeFunction;
  readonly accountId: string;
  /** ARN of the method that calls. */
  readonly sourceArn: string;
}

/** Gives a request to a function, and the function's answer to the client. @throws GatewayError */
export async function callFunction(
  exchange: Exchange,
  integration: ProxyIntegration,
  options: InvocationOptions & { readonly binaryMediaTypes: BinaryMediaTypes },
): Promise<Answer> {
  const { binaryMediaTypes } = options;
  const payload = await invokeIntegration(exchange, integration, options, proxyEvent(exchange, binaryMediaTypes));
  const answer = proxyAnswer(payload, exchange.request, binaryMediaTypes);
  exchange.variables["integration.status"] = String(answer.status);
  return answer;
}

/**
 * Gives an event to an integration's function, and what the function gives for it.
 *
 * A call that Lambda refuses is 500, but 413 for an event over Lambda's limit of 6 MB; a function's error is 502, as is an answer that is none.
 * @throws GatewayError
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
 * @see https://repost.aws/questions/QUfI6bsdd0SOiPeyimzxSkfQ for a throttled function
 */
export async function invokeIntegration(
  exchange: Pick<Exchange, "variables"> & { readonly stage: StageVariables },
  integration: ProxyIntegration,
  { clock, assume, invoke, accountId, sourceArn }: InvocationOptions,
  event: unknown,
): Promise<unknown> {
  const { variables, stage } = exchange;
  const functionArn = withStageVariables(integration.functionArn, stage);
  const credentials = integration.credentials && withStageVariables(integration.credentials, stage);
  const caller = credentials === undefined ? apiGateway(accountId) : assumed(() => assume(credentials));
  const calledAt = clock.now();
  try {
    const call = Promise.resolve().then(() => invoke({ caller, functionArn, sourceArn, event }));
    const result = await within(integration.timeoutMilliseconds, call, clock);
    variables["integration.requestId"] = result.requestId;
    variables.awsEndpointRequestId = result.requestId;
    variables["integration.integrationStatus"] = "200";
    variables.integrationStatus = "200";
    if ("functionError" in result) throw functionFailure(result);
    return result.payload;
  } catch (error) {
    throw error instanceof GatewayError ? error : refusal(error);
  } finally {
    setLatency(exchange, clock.now() - calledAt);
  }
}

/** API Gateway itself, where no role is assumed. */
export const apiGateway = (accountId: string): Caller => ({
  principalArn: "apigateway.amazonaws.com",
  accountId,
  service: "apigateway.amazonaws.com",
});

function functionFailure({ requestId, functionError }: Extract<InvocationResult, { functionError: unknown }>) {
  const reason = `Lambda execution failed with status 200 due to customer function error: ${functionError.errorMessage}. Lambda request id: ${requestId}`;
  return new GatewayError("INTEGRATION_FAILURE", "Internal server error", {
    reason,
    status: 502,
    integrationError: reason,
  });
}

function refusal(error: unknown): GatewayError {
  if (!(error instanceof AwsError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new GatewayError("INTEGRATION_FAILURE", "Network error communicating with endpoint", { reason });
  }
  const { status, message } = error;
  if (status === 413) {
    // So it was seen, another type than that of a body over API Gateway's own limit: https://github.com/koki-develop/lgtm-generator/issues/10
    const errorType = "BadRequestException";
    return new GatewayError("REQUEST_TOO_LARGE", "Request Too Long", { reason: message, errorType });
  }
  if (status === 403 || status === 404) return configurationError(`Invalid permissions on Lambda function: ${message}`);
  return configurationError(`Lambda refused the invocation: ${message}`);
}
