import type { Exchange } from "./exchange";
import { parameterOf } from "./exchange";
import { GatewayError } from "./gateway-response";
import { type ParameterSource, parameterSource } from "./integration";
import type { Part } from "./rest-api-parts";

/** A parameter that a request must have. */
export interface RequiredParameter {
  readonly name: string;
  readonly source: ParameterSource;
}

/**
 * What a method's validator asks of the request's parameters, in order of their full names.
 * @throws Error for a parameter of another form than `method.request.<location>.<name>`
 */
export const readRequiredParameters = (
  { address, request_parameters: parameters = {} }: Part<"aws_api_gateway_method">,
  validator: Part<"aws_api_gateway_request_validator"> | undefined,
): readonly RequiredParameter[] =>
  Object.entries(parameters)
    .filter(([, isRequired]) => validator?.validate_request_parameters === true && String(isRequired) === "true")
    .map(([text]) => ({ text, source: parameterSource(address, "request_parameters", text) }))
    .sort((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ text, source }) => ({ name: text.split(".").slice(3).join("."), source }));

/**
 * Refuses a request that lacks a parameter, or has it blank. Nothing else about one is looked at.
 * @throws GatewayError `BAD_REQUEST_PARAMETERS`
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
 */
export function requireParameters(exchange: Exchange, required: readonly RequiredParameter[]): void {
  const missing = required.filter(({ source }) => (parameterOf(exchange, source) ?? "").trim() === "");
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  throw new GatewayError("BAD_REQUEST_PARAMETERS", `Missing required request parameters: [${names}]`);
}
