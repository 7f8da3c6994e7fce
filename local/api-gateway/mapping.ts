import { type Answer, withHeaders } from "./answer";
import { type BinaryMediaTypes, bytesOf } from "./binary-media-types";
import type { ContextVariables } from "./context-template";
import { type Exchange, mediaTypeOf } from "./exchange";
import { configurationError, GatewayError } from "./gateway-response";
import type { HeaderSource, IntegrationResponse, RequestMapping } from "./integration";
import { type MappingTemplate, NotJsonError, type TemplateInput } from "./mapping-template";

/** What an integration answers, before it is mapped. */
export interface IntegrationAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const templateInput = ({ params, variables, stage }: Exchange, body: string): TemplateInput => ({
  body,
  params,
  context: variables,
  stageVariables: stage.variables,
});

/**
 * The body that an integration gets.
 *
 * A template cannot read a binary body, empty ones included: it takes `content_handling = "CONVERT_TO_TEXT"`, which gives it base64.
 * @throws GatewayError for a content type without a template, for a body or a template that does not fit
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 */
export function mapRequest(
  exchange: Exchange,
  { templates, passthroughBehavior, contentHandling }: RequestMapping,
  binaryMediaTypes: BinaryMediaTypes,
): string {
  const mediaType = mediaTypeOf(exchange.request);
  const template = templates.get(mediaType);
  const isBinary = binaryMediaTypes.includes(mediaType);
  const isPassed =
    passthroughBehavior === "WHEN_NO_MATCH" || (passthroughBehavior === "WHEN_NO_TEMPLATES" && templates.size === 0);
  if (!template && !isPassed) throw new GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type");
  const body = exchange.request.body.toString(isBinary && contentHandling === "CONVERT_TO_TEXT" ? "base64" : "utf8");
  if (!template) return body;
  if (isBinary && contentHandling !== "CONVERT_TO_TEXT")
    throw configurationError(
      `Unable to transform request: ${mediaType} is among the API's binary media types, and the integration does not CONVERT_TO_TEXT`,
    );
  return requestText(exchange, template, body);
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

/**
 * What becomes of an integration's answer: the response whose pattern its status matches, else the one without a pattern.
 * @throws GatewayError where there is no such response, or its template does not work
 */
export function mapAnswer(
  exchange: Exchange,
  responses: readonly IntegrationResponse[],
  answer: IntegrationAnswer,
  binaryMediaTypes: BinaryMediaTypes,
): Answer {
  const { status, body } = answer;
  const response =
    responses.find(({ pattern }) => pattern?.test(String(status))) ?? responses.find(({ pattern }) => !pattern);
  if (!response)
    throw configurationError(`no integration response matches status ${status}, and none is without selection_pattern`);
  const headers = withHeaders({ "content-type": "application/json" }, mappedHeaders(exchange, response, answer));
  const mapped = response.template && answerText(exchange, response.template, body);
  const text = mapped?.text ?? body;
  // A text for a client that wants bytes counts as base64.
  const isBinary =
    response.contentHandling !== "CONVERT_TO_TEXT" && binaryMediaTypes.isWantedBy(exchange.request.headers);
  return {
    status: mapped?.status ?? response.status,
    headers: withHeaders(headers, mapped?.headers ?? {}),
    body: isBinary ? bytesOf(text) : Buffer.from(text),
  };
}

function answerText(exchange: Exchange, template: MappingTemplate, body: string) {
  try {
    return template.render(templateInput(exchange, body));
  } catch (error) {
    throw configurationError(`Unable to transform response: ${textOf(error)}`);
  }
}

function mappedHeaders(
  { variables, stage }: Exchange,
  { headers }: IntegrationResponse,
  answer: IntegrationAnswer,
): Record<string, string> {
  const valueFrom = (source: HeaderSource): string | undefined => {
    if ("value" in source) return source.value;
    if ("header" in source) return answer.headers[source.header];
    return "variable" in source
      ? variables[source.variable as keyof ContextVariables]
      : stage.variables[source.stageVariable];
  };
  const mapped = headers.map(({ name, source }) => [name, valueFrom(source)] as const);
  return Object.fromEntries(mapped.filter((header): header is [string, string] => header[1] !== undefined));
}
