import type { Caller, Clock, WireRequest, WireResponse } from "../aws";
import { type Exchange, mediaTypeOf, withoutAbsent } from "./exchange";
import { configurationError, GatewayError } from "./gateway-response";
import { type MappingTemplate, NotJsonError, type TemplateInput } from "./mapping-template";
import type { Integration, ParameterSource } from "./rest-api";

/** A service that integrations call, such as SQS. */
export type IntegrationService = (caller: Caller, path: string, request: WireRequest) => Promise<WireResponse>;

export interface AwsIntegrationOptions {
  readonly clock: Clock;
  /** A session of the integration's role; throws where there is no such role or it does not trust API Gateway. */
  readonly assume: (roleArn: string) => Caller;
  readonly service: IntegrationService;
}

/**
 * Calls the AWS service behind a method: maps the request, waits for the answer, maps the answer.
 * @throws GatewayError for a content type without a template, for a template or role that does not work, for no answer in time
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-integration-settings.html
 */
export async function callIntegration(
  exchange: Exchange,
  integration: Integration,
  { clock, assume, service }: AwsIntegrationOptions,
): Promise<WireResponse> {
  const body = mapRequest(exchange, integration);
  const headers = requestHeaders(exchange, integration);
  const caller = assumed(() => assume(integration.credentials));
  const calledAt = clock.now();
  const call = Promise.resolve().then(() => service(caller, integration.path, { headers, body }));
  try {
    const answer = await within(integration.timeoutMilliseconds, call, clock);
    exchange.variables["integration.status"] = String(answer.status);
    return mapAnswer(exchange, integration, answer);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError("INTEGRATION_FAILURE", "Network error communicating with endpoint", {
      reason: textOf(error),
    });
  } finally {
    exchange.variables["integration.latency"] = String(clock.now() - calledAt);
  }
}

function assumed(assume: () => Caller): Caller {
  try {
    return assume();
  } catch (error) {
    throw configurationError(`API Gateway does not have permission to assume the provided role: ${textOf(error)}`);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function within<Result>(milliseconds: number, call: Promise<Result>, clock: Clock): Promise<Result> {
  return new Promise((resolve, reject) => {
    const reason = `no answer of the integration in ${milliseconds} ms`;
    const cancel = clock.after(milliseconds, () =>
      reject(new GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out", { reason })),
    );
    call.then(resolve, reject).finally(cancel);
  });
}

function requestHeaders({ params, variables }: Exchange, { headers }: Integration): Record<string, string> {
  const valueFrom = (source: ParameterSource): string | undefined => {
    if ("value" in source) return source.value;
    return params[source.location][source.location === "header" ? source.name.toLowerCase() : source.name];
  };
  return withoutAbsent({
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": `AmazonAPIGateway_${variables.apiId}`,
    ...Object.fromEntries(headers.map(({ name, source }) => [name, valueFrom(source)])),
  });
}

const templateInput = ({ params, variables, stage }: Exchange, body: string): TemplateInput => ({
  body,
  params,
  context: variables,
  stageVariables: stage.variables,
});

function mapRequest(exchange: Exchange, { templates, passthroughBehavior }: Integration): string {
  const template = templates.get(mediaTypeOf(exchange.request));
  const body = exchange.request.body.toString();
  if (template) return requestText(exchange, template, body);
  const isPassed =
    passthroughBehavior === "WHEN_NO_MATCH" || (passthroughBehavior === "WHEN_NO_TEMPLATES" && templates.size === 0);
  if (!isPassed) throw new GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type");
  return body;
}

function requestText(exchange: Exchange, template: MappingTemplate, body: string): string {
  try {
    return template.render(templateInput(exchange, body)).text;
  } catch (error) {
    if (error instanceof NotJsonError)
      throw new GatewayError("BAD_REQUEST_BODY", `Could not parse request body into json: ${error.message}`);
    throw configurationError(`Unable to transform request: ${textOf(error)}`);
  }
}

function mapAnswer(exchange: Exchange, { responses }: Integration, { status, body }: WireResponse): WireResponse {
  const response =
    responses.find(({ pattern }) => pattern?.test(String(status))) ?? responses.find(({ pattern }) => !pattern);
  if (!response)
    throw configurationError(`no integration response matches status ${status}, and none is without selection_pattern`);
  const headers = { "content-type": "application/json" };
  if (!response.template) return { status: response.status, headers, body };
  try {
    const mapped = response.template.render(templateInput(exchange, body));
    return { status: mapped.status ?? response.status, headers: { ...headers, ...mapped.headers }, body: mapped.text };
  } catch (error) {
    throw configurationError(`Unable to transform response: ${textOf(error)}`);
  }
}
