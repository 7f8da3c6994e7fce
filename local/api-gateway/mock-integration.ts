import type { Answer } from "./answer";
import type { BinaryMediaTypes } from "./binary-media-types";
import type { Exchange } from "./exchange";
import { configurationError } from "./gateway-response";
import type { MockIntegration } from "./integration";
import { mapAnswer, mapRequest } from "./mapping";

/**
 * Answers without calling anything: the status that the request's template gives picks the response.
 * @throws GatewayError for a content type without a template, or a template that gives no `{"statusCode": 200}`
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export function answerMock(
  exchange: Exchange,
  integration: MockIntegration,
  binaryMediaTypes: BinaryMediaTypes,
): Answer {
  const status = statusIn(mapRequest(exchange, integration, binaryMediaTypes));
  exchange.variables["integration.status"] = String(status);
  return mapAnswer(exchange, integration.responses, { status, headers: {}, body: "" }, binaryMediaTypes);
}

function statusIn(text: string): number {
  const status = Number((parsed(text) as { statusCode?: unknown } | null)?.statusCode ?? Number.NaN);
  if (Number.isInteger(status)) return status;
  throw configurationError(
    `Unable to parse statusCode. A MOCK's request must become JSON such as {"statusCode": 200}, got: ${text || "nothing"}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
