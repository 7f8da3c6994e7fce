import { at } from "../api-gateway/content-types";
import { configurationError } from "../api-gateway/gateway-response";
import { MappingTemplate, type TemplateInput } from "../api-gateway/mapping-template";
import { isObject, parsed } from "../protocol/matching";
import type { Part, Parts } from "./api-parts";
import { webSocketVariables } from "./context-variables";

/** An answer of API Gateway's own. */
export interface MockIntegration {
  readonly type: "MOCK";
  /** Gives the status: `{"statusCode": 200}`. */
  readonly request: MappingTemplate;
  /** By status: those for one before `$default`. */
  readonly responses: readonly { readonly matches: (status: number) => boolean; readonly template?: MappingTemplate }[];
}

/**
 * Reads an integration that answers by itself.
 * @throws Error for what is not modelled: templates chosen by the message, anything that would be called
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
 */
export function readMock(parts: Parts, integration: Part<"aws_apigatewayv2_integration">): MockIntegration {
  const { address, id } = integration;
  const unused = ["integration_uri", "credentials_arn", "integration_method", "request_parameters"] as const;
  const given = unused.find((argument) => integration[argument] !== undefined);
  if (given) throw new Error(`${address}: ${given} is not modelled for MOCK, which calls nothing`);
  const request = chosen(integration, "request_templates");
  if (!request) throw new Error(`${address}: request_templates must give a status, such as {"statusCode": 200}`);
  const responses = parts.all("aws_apigatewayv2_integration_response").filter((one) => one.integration_id === id);
  return {
    type: "MOCK",
    request,
    responses: responses
      .map((response) => ({
        key: response.integration_response_key,
        matches: statusMatcher(response.address, response.integration_response_key),
        template: chosen(response, "response_templates"),
      }))
      .sort((one, other) => Number(one.key === "$default") - Number(other.key === "$default")),
  };
}

/** The text that a MOCK answers with; nothing where it has no response for the status that it gives. */
export function answerMock({ request, responses }: MockIntegration, input: TemplateInput): string {
  const text = request.render(input).text;
  const body = parsed(text);
  const status = Number(isObject(body) ? body.statusCode : Number.NaN);
  if (!Number.isInteger(status))
    throw configurationError(`Unable to parse statusCode: a MOCK's request must become JSON with one, got: ${text}`);
  const response = responses.find(({ matches }) => matches(status));
  return response?.template?.render({ ...input, body: "" }).text ?? "";
}

/** `$default`, or a regular expression between slashes. */
function statusMatcher(address: string, key: string): (status: number) => boolean {
  if (key === "$default") return () => true;
  const [, pattern] = /^\/(.+)\/$/.exec(key) ?? [];
  if (!pattern) throw new Error(`${address}: integration_response_key must be $default or such as /200/, got: ${key}`);
  const expression = at(address, "integration_response_key", () => new RegExp(`^(?:${pattern})$`));
  return (status) => expression.test(String(status));
}

interface Templated {
  readonly address: string;
  readonly request_templates?: Readonly<Record<string, string>>;
  readonly response_templates?: Readonly<Record<string, string>>;
  readonly template_selection_expression?: string;
}

/** The template that `template_selection_expression` names by a fixed key; without one, that of `$default`. */
function chosen(part: Templated, argument: "request_templates" | "response_templates"): MappingTemplate | undefined {
  const key = (part.template_selection_expression ?? "\\$default").replace(/^\\\$/, "\u0000");
  if (key.includes("$"))
    throw new Error(
      `${part.address}: template_selection_expression must be the fixed key of a template in the local run, got: ${part.template_selection_expression}`,
    );
  const text = part[argument]?.[key.replace("\u0000", "$")];
  return text === undefined
    ? undefined
    : at(part.address, argument, () => new MappingTemplate(text, webSocketVariables));
}
