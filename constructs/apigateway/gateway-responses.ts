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

/** What is told of one kind of refusal, besides what API Gateway says of it. */
interface Refusal {
  readonly id: string;
  readonly responseType: string;
  readonly statusCode?: string;
  /** @default - what API Gateway says */
  readonly title?: string;
  /** What to do. */
  readonly detail?: string;
  /** Further members, each with its template. */
  readonly members?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusals: readonly Refusal[] = [
  { id: "Default4xx", responseType: "DEFAULT_4XX" },
  { id: "Default5xx", responseType: "DEFAULT_5XX" },
  {
    id: "BadRequestBody",
    responseType: "BAD_REQUEST_BODY",
    statusCode: "400",
    members: { reason: text("$context.error.validationErrorString") },
  },
  {
    id: "MissingAuthenticationToken",
    responseType: "MISSING_AUTHENTICATION_TOKEN",
    statusCode: "403",
    detail: "There is no such route, or the request is not signed or carries no token.",
  },
  {
    id: "Unauthorized",
    responseType: "UNAUTHORIZED",
    statusCode: "401",
    detail: "The token is missing, has expired or is not one of this API's.",
  },
  {
    id: "Throttled",
    responseType: "THROTTLED",
    statusCode: "429",
    detail: "Too many requests at once. Slow down, and try again in a second.",
    headers: { "Retry-After": "1" },
  },
  {
    id: "QuotaExceeded",
    responseType: "QUOTA_EXCEEDED",
    statusCode: "429",
    detail: "The quota of this API key is used up. It begins anew with its next day, week or month.",
  },
  {
    id: "WafFiltered",
    responseType: "WAF_FILTERED",
    statusCode: "403",
    title: text("Forbidden"),
    detail:
      "The request was refused by a rule of the firewall. Tell its id to whoever runs this API if that is a mistake.",
  },
];

/**
 * What API Gateway says when it refuses a request itself, in JSON that a client can read: what is wrong, what to do, and the id that the logs
 * have it under. A response of its own has nothing of the default's, so each has everything.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function gatewayResponses(props: GatewayResponsesProps): readonly GatewayResponseDefinition[] {
  return refusals.map(({ id, responseType, statusCode, title = message, detail, members, headers }) => ({
    id,
    responseType,
    statusCode,
    template: problem({ title, ...(detail && { detail: text(detail) }), ...members }),
    headers: { "Content-Type": "application/problem+json", ...headers, ...props.headers },
  }));
}
