import type { GatewayResponseDefinition } from "./definition";

export interface GatewayResponsesProps {
  /** Headers of every response, each with its text. */
  readonly headers: Readonly<Record<string, string>>;
}

const message = "$context.error.messageString";
const text = (value: string): string => JSON.stringify(value);

/** A problem as RFC 9457 has it; `message` stands beside it, where clients of AWS look. */
const problem = (members: Readonly<Record<string, string>>): string =>
  `{${Object.entries({ ...members, message, requestId: text("$context.requestId") })
    .map(([name, value]) => `"${name}":${value}`)
    .join(",")}}`;

/**
 * What API Gateway says when it refuses a request itself, in JSON that a client can read: what is wrong, and the id that the logs have it under.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function gatewayResponses(props: GatewayResponsesProps): readonly GatewayResponseDefinition[] {
  const headers = { "Content-Type": "application/problem+json", ...props.headers };
  const response = (id: string, responseType: string, statusCode: string | undefined, template: string) => ({
    id,
    responseType,
    statusCode,
    template,
    headers,
  });
  return [
    response("Default4xx", "DEFAULT_4XX", undefined, problem({ title: message })),
    response("Default5xx", "DEFAULT_5XX", undefined, problem({ title: message })),
    response(
      "BadRequestBody",
      "BAD_REQUEST_BODY",
      "400",
      problem({ title: message, reason: text("$context.error.validationErrorString") }),
    ),
  ];
}
