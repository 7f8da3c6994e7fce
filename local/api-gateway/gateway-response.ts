import { type Answer, withHeaders } from "./answer";
import { ContextTemplate } from "./context-template";
import { type Exchange, parameterOf, withoutAbsent } from "./exchange";
import type { ParameterSource } from "./integration";

/** A refusal of API Gateway itself, not of what is behind it. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";

  constructor(
    readonly responseType: GatewayResponseType,
    message: string,
    readonly details: {
      /** What the execution log says and the client is not told. */
      readonly reason?: string;
      readonly validationErrorString?: string;
      /** @default - the usual one of the response type */
      readonly errorType?: string;
      /** @default - the usual one of the response type */
      readonly status?: number;
      /** What `$context.integration.error` says. @default - the message, where the type is of an integration */
      readonly integrationError?: string;
    } = {},
  ) {
    super(message);
  }
}

/** What is wrong with the API itself: the client learns nothing but that it is. */
export const configurationError = (reason: string): GatewayError =>
  new GatewayError("API_CONFIGURATION_ERROR", "Internal server error", {
    reason: `Execution failed due to configuration error: ${reason}`,
  });

/** A caller who is not known. */
export const unauthorized = (reason: string, message = "Unauthorized"): GatewayError =>
  new GatewayError("UNAUTHORIZED", message, { reason });

export type GatewayResponseType = keyof typeof defaults;

/**
 * Status and `x-amzn-ErrorType` of what is refused here.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const defaults = {
  ACCESS_DENIED: { status: 403, errorType: "AccessDeniedException" },
  API_CONFIGURATION_ERROR: { status: 500, errorType: "InternalServerErrorException" },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, errorType: "AuthorizerConfigurationException" },
  AUTHORIZER_FAILURE: { status: 500, errorType: "AuthorizerFailureException" },
  BAD_REQUEST_BODY: { status: 400, errorType: "BadRequestException" },
  BAD_REQUEST_PARAMETERS: { status: 400, errorType: "BadRequestException" },
  EXPIRED_TOKEN: { status: 403, errorType: "ExpiredTokenException" },
  INTEGRATION_FAILURE: { status: 504, errorType: "InternalServerErrorException" },
  INTEGRATION_TIMEOUT: { status: 504, errorType: "InternalServerErrorException" },
  INVALID_API_KEY: { status: 403, errorType: "ForbiddenException" },
  INVALID_SIGNATURE: { status: 403, errorType: "InvalidSignatureException" },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, errorType: "MissingAuthenticationTokenException" },
  QUOTA_EXCEEDED: { status: 429, errorType: "LimitExceededException" },
  REQUEST_TOO_LARGE: { status: 413, errorType: "RequestTooLargeException" },
  THROTTLED: { status: 429, errorType: "TooManyRequestsException" },
  UNAUTHORIZED: { status: 401, errorType: "UnauthorizedException" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, errorType: "BadRequestException" },
} as const;

/** Status of a refusal, unless the API says another. */
export const statusOf = ({ responseType, details }: GatewayError): number =>
  details.status ?? defaults[responseType].status;

/** What an API says instead of a default. */
export interface GatewayResponse {
  readonly status?: number;
  readonly headers: readonly { readonly name: string; readonly source: ParameterSource }[];
  readonly template?: ContextTemplate;
}

const defaultTemplate = new ContextTemplate('{"message":$context.error.messageString}');
// A refusal by IAM is the one that AWS writes with a capital.
const defaultAccessDenied = new ContextTemplate('{"Message":$context.error.messageString}');

/**
 * The answer to a request that is refused: the API's own for the type, else the API's own for 4XX or 5XX, else AWS's.
 *
 * Nothing customizes REQUEST_TOO_LARGE, whatever the API says: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html,
 * seen again in https://github.com/reapit/foundations/issues/4338.
 */
export function gatewayResponse(
  refused: GatewayError,
  custom: ReadonlyMap<string, GatewayResponse>,
  exchange: Pick<Exchange, "params" | "variables">,
): Answer {
  const { responseType, details } = refused;
  const { errorType } = defaults[responseType];
  const status = statusOf(refused);
  const own =
    responseType === "REQUEST_TOO_LARGE"
      ? undefined
      : (custom.get(responseType) ?? custom.get(status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX"));
  const template = own?.template ?? (responseType === "ACCESS_DENIED" ? defaultAccessDenied : defaultTemplate);
  return {
    status: own?.status ?? status,
    headers: withHeaders(
      { "content-type": "application/json", "x-amzn-ErrorType": details.errorType ?? errorType },
      withoutAbsent(
        Object.fromEntries(own?.headers.map(({ name, source }) => [name, parameterOf(exchange, source)]) ?? []),
      ),
    ),
    body: Buffer.from(template.fill(exchange.variables, "")),
  };
}
