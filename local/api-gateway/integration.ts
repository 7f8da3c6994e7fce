import { at, byContentType, jsonTemplate } from "./content-types";
import { isContextVariable } from "./context-template";
import { functionArnIn, isRoleArn } from "./function-uri";
import { MappingTemplate } from "./mapping-template";
import type { Part } from "./rest-api-parts";

/** What is behind a method. */
export type Integration = AwsIntegration | MockIntegration | ProxyIntegration;

/** How the request becomes an integration's. */
export interface RequestMapping {
  readonly passthroughBehavior: "NEVER" | "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES";
  /** Whether a binary body becomes base64. */
  readonly contentHandling?: "CONVERT_TO_TEXT";
  /** Templates of the request by content type. */
  readonly templates: ReadonlyMap<string, MappingTemplate>;
}

/** A call of an AWS service. */
export interface AwsIntegration extends RequestMapping {
  readonly type: "AWS";
  readonly service: string;
  /** What the URI has after the service: `path/<account>/<queue>`, in which stage variables may stand. */
  readonly path: string;
  readonly credentials: string;
  readonly timeoutMilliseconds: number;
  readonly headers: readonly { readonly name: string; readonly source: ParameterSource }[];
  readonly responses: readonly IntegrationResponse[];
}

/** An answer of API Gateway's own. */
export interface MockIntegration extends RequestMapping {
  readonly type: "MOCK";
  readonly responses: readonly IntegrationResponse[];
}

/** A function that gets the whole request, and whose answer is the client's. */
export interface ProxyIntegration {
  readonly type: "AWS_PROXY";
  /** A function's, or that of a version or alias of one; stage variables may stand in it, as in the role's. */
  readonly functionArn: string;
  /** Role that invokes; without one the function's own policy must let API Gateway in. */
  readonly credentials?: string;
  readonly timeoutMilliseconds: number;
}

/** Where the value of a mapped parameter comes from. */
export type ParameterSource =
  | { readonly value: string }
  | { readonly location: "header" | "path" | "querystring"; readonly name: string };

/** Where the value of an answer's header comes from. */
export type HeaderSource =
  | { readonly value: string }
  /** A header of the integration's answer, in lower case. */
  | { readonly header: string }
  | { readonly variable: string }
  | { readonly stageVariable: string };

export interface IntegrationResponse {
  readonly status: number;
  /** Matches whole HTTP statuses of the integration; without it, the response is for all that no other matches. */
  readonly pattern?: RegExp;
  readonly template?: MappingTemplate;
  readonly headers: readonly { readonly name: string; readonly source: HeaderSource }[];
  readonly contentHandling?: "CONVERT_TO_TEXT";
}

/** What belongs to the same method as an integration. */
export interface MethodParts {
  /** Parameters of the request that the method declares. */
  readonly declared: Readonly<Record<string, unknown>>;
  readonly methodResponses: readonly Part<"aws_api_gateway_method_response">[];
  readonly responses: readonly Part<"aws_api_gateway_integration_response">[];
}

type IntegrationPart = Part<"aws_api_gateway_integration">;

/** @throws Error for what is not modelled, or what a deployment would refuse */
export function readIntegration(integration: IntegrationPart, parts: MethodParts): Integration {
  switch (integration.type) {
    case "AWS":
      return readAws(integration, parts);
    case "AWS_PROXY":
      return readProxy(integration, parts);
    case "MOCK":
      return readMock(integration, parts);
  }
}

function readAws(integration: IntegrationPart, parts: MethodParts): AwsIntegration {
  const { address, uri = "", credentials } = integration;
  requirePost(integration);
  const [, service, path] = /^arn:[\w-]+:apigateway:[\w-]+:([\w-]+):(path\/.+)$/.exec(uri) ?? [];
  if (!service || !path) throw new Error(`${address}: uri is not modelled by the local run, got: ${uri}`);
  if (!credentials) throw new Error(`${address}: credentials must be given: AWS services are called under a role`);
  return {
    type: "AWS",
    service,
    path,
    credentials,
    timeoutMilliseconds: integration.timeout_milliseconds,
    headers: Object.entries(integration.request_parameters ?? {}).map(([parameter, value]) => {
      const name = /^integration\.request\.header\.([\w-]+)$/.exec(parameter)?.[1];
      if (!name) throw new Error(`${address}: request_parameters: ${parameter} is not modelled, only headers are`);
      return {
        name: name.toLowerCase(),
        source: parameterSource(address, "request_parameters", value, parts.declared),
      };
    }),
    ...requestMapping(integration),
    responses: readResponses(parts),
  };
}

function readProxy(integration: IntegrationPart, { responses }: MethodParts): ProxyIntegration {
  const { address, uri = "", credentials } = integration;
  requirePost(integration);
  const unused = ["request_parameters", "request_templates", "content_handling", "passthrough_behavior"] as const;
  const given = unused.find((argument) => integration[argument] !== undefined);
  if (given) throw new Error(`${address}: ${given} is not modelled for AWS_PROXY, which takes the request as it is`);
  const response = responses[0];
  if (response) throw new Error(`${response.address}: an AWS_PROXY integration has no responses: the function answers`);
  const functionArn = functionArnIn(uri);
  if (!functionArn)
    throw new Error(
      `${address}: uri is not modelled by the local run, got: ${uri}. It must be the invoke_arn of a function, of a version or of an alias, in which stage variables may stand`,
    );
  if (credentials && !isRoleArn(credentials))
    throw new Error(`${address}: credentials must be a role's ARN in the local run, got: ${credentials}`);
  return { type: "AWS_PROXY", functionArn, credentials, timeoutMilliseconds: integration.timeout_milliseconds };
}

function readMock(integration: IntegrationPart, parts: MethodParts): MockIntegration {
  const unused = ["uri", "credentials", "integration_http_method", "request_parameters"] as const;
  const given = unused.find((argument) => integration[argument] !== undefined);
  if (given) throw new Error(`${integration.address}: ${given} is not modelled for MOCK, which calls nothing`);
  return { type: "MOCK", ...requestMapping(integration), responses: readResponses(parts) };
}

function requirePost({ address, integration_http_method: method }: IntegrationPart): void {
  if (method === "POST") return;
  throw new Error(`${address}: integration_http_method must be POST in the local run, got: ${method ?? "nothing"}`);
}

const requestMapping = (integration: IntegrationPart): RequestMapping => ({
  passthroughBehavior: integration.passthrough_behavior ?? "WHEN_NO_MATCH",
  contentHandling: integration.content_handling,
  templates: byContentType(
    integration,
    "request_templates",
    integration.request_templates,
    (text) => new MappingTemplate(text),
  ),
});

function readResponses({ methodResponses, responses }: MethodParts): readonly IntegrationResponse[] {
  return responses.map((response) => {
    const { address, status_code: status, selection_pattern: pattern } = response;
    const methodResponse = methodResponses.find(({ status_code }) => status_code === status);
    if (!methodResponse) throw new Error(`${address}: the method has no aws_api_gateway_method_response of ${status}`);
    return {
      status,
      pattern: pattern ? at(address, "selection_pattern", () => new RegExp(`^(?:${pattern})$`, "s")) : undefined,
      template: jsonTemplate(response, (text) => new MappingTemplate(text)),
      headers: Object.entries(response.response_parameters ?? {}).map(([parameter, value]) => {
        const name = /^method\.response\.header\.([\w-]+)$/.exec(parameter)?.[1];
        if (!name) throw new Error(`${address}: response_parameters: ${parameter} is not modelled, only headers are`);
        if (!Object.hasOwn(methodResponse.response_parameters ?? {}, parameter))
          throw new Error(
            `${address}: response_parameters: ${parameter} must stand in response_parameters of ${methodResponse.address}, too: Invalid mapping expression specified`,
          );
        return { name, source: headerSource(address, value) };
      }),
      contentHandling: response.content_handling,
    };
  });
}

/** The text of `'text'`. */
const literalOf = (expression: string): string | undefined => /^'(.*)'$/s.exec(expression)?.[1];

function headerSource(address: string, expression: string): HeaderSource {
  const value = literalOf(expression);
  if (value !== undefined) return { value };
  const [, header] = /^integration\.response\.header\.([\w-]+)$/.exec(expression) ?? [];
  if (header) return { header: header.toLowerCase() };
  const [, variable] = /^context\.([\w.]+)$/.exec(expression) ?? [];
  if (variable && isContextVariable(variable)) return { variable };
  const [, stageVariable] = /^stageVariables\.(\w+)$/.exec(expression) ?? [];
  if (stageVariable) return { stageVariable };
  throw new Error(
    `${address}: response_parameters: ${expression} is not modelled; a fixed value stands in 'quotes', others are integration.response.header.<name>, context.<name> and stageVariables.<name>`,
  );
}

/** @param declared parameters that the method declares; none where every parameter may be used */
export function parameterSource(
  address: string,
  argument: string,
  text: string,
  declared?: Readonly<Record<string, unknown>>,
): ParameterSource {
  const value = literalOf(text);
  if (value !== undefined) return { value };
  const [, location, name] = /^method\.request\.(header|path|querystring)\.([\w.$-]+)$/.exec(text) ?? [];
  if (!location || !name)
    throw new Error(`${address}: ${argument}: ${text} is not modelled; a fixed value stands in 'quotes'`);
  if (declared && !(text in declared)) throw new Error(`${address}: ${argument}: the method does not declare ${text}`);
  return { location: location as "header" | "path" | "querystring", name };
}
