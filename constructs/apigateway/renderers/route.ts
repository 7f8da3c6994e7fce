import {
  ApiGatewayIntegration,
  type ApiGatewayIntegrationConfig,
} from "@cdktf/provider-aws/lib/api-gateway-integration";
import { ApiGatewayIntegrationResponse } from "@cdktf/provider-aws/lib/api-gateway-integration-response";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method";
import { ApiGatewayMethodResponse } from "@cdktf/provider-aws/lib/api-gateway-method-response";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../../terraform/escape";
import type { AuthorizerDefinition, RouteDefinition } from "../definition";
import type { Integration, IntegrationResponse } from "../integration";

export interface RouteProps
  extends Pick<
    RouteDefinition,
    "httpMethod" | "isApiKeyRequired" | "integration" | "requiredParameters" | "cacheKeyParameters"
  > {
  readonly restApiId: string;
  readonly resourceId: string;
  readonly authorization: "AWS_IAM" | "NONE" | AuthorizerDefinition["type"];
  readonly authorizerId?: string;
  readonly scopes?: readonly string[];
  readonly modelName?: string;
  readonly validatorId?: string;
}

/** One method of one path, with its integration and what each answer of that becomes. */
export class Route extends Construct {
  /** What must exist before the route is deployed. */
  readonly parts: readonly TerraformResource[];

  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const { restApiId, resourceId, integration, scopes, modelName, requiredParameters, cacheKeyParameters } = props;
    const parameters = requestParametersOf({ requiredParameters, cacheKeyParameters });
    const method = new ApiGatewayMethod(this, "Resource", {
      restApiId,
      resourceId,
      httpMethod: props.httpMethod,
      authorization:
        props.authorization === "TOKEN" || props.authorization === "REQUEST" ? "CUSTOM" : props.authorization,
      authorizerId: props.authorizerId,
      authorizationScopes: scopes && [...scopes],
      apiKeyRequired: props.isApiKeyRequired ? true : undefined,
      requestModels: modelName ? { "application/json": modelName } : undefined,
      requestParameters: Object.keys(parameters).length > 0 ? parameters : undefined,
      requestValidatorId: props.validatorId,
    });
    const target = { restApiId, resourceId, httpMethod: method.httpMethod };
    const integrationResource = new ApiGatewayIntegration(this, "Integration", {
      ...target,
      ...backend(integration),
      cacheKeyParameters: cacheKeyParameters.length > 0 ? [...cacheKeyParameters] : undefined,
    });
    const responses = responsesOf(integration).map((response) => {
      const { statusCode, selectionPattern, template } = response;
      const declared = headerNamesOf(response).map((name) => [responseHeader(name), false]);
      const methodResponse = new ApiGatewayMethodResponse(this, statusCode, {
        ...target,
        statusCode,
        responseModels: { "application/json": "Empty" },
        responseParameters: declared.length > 0 ? Object.fromEntries(declared) : undefined,
      });
      const mapped = mappedHeadersOf(response);
      return new ApiGatewayIntegrationResponse(this, `${statusCode}Mapping`, {
        ...target,
        statusCode: methodResponse.statusCode,
        selectionPattern,
        responseTemplates: { "application/json": escapeTemplate(template) },
        responseParameters: Object.keys(mapped).length > 0 ? mapped : undefined,
        // API Gateway refuses a response to an integration that is not there yet, and no attribute says so.
        dependsOn: [integrationResource],
      });
    });
    this.parts = [method, integrationResource, ...responses];
  }
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.round(seconds * 1_000);

const responseHeader = (name: string): string => `method.response.header.${name}`;

/** The parameters that a method declares, each with whether it is required. */
export const requestParametersOf = ({
  requiredParameters,
  cacheKeyParameters,
}: Pick<RouteDefinition, "requiredParameters" | "cacheKeyParameters">): Record<string, boolean> =>
  Object.fromEntries([
    // What a cache tells answers apart by must be known to the method; path parameters are always there.
    ...cacheKeyParameters.map((name) => [name, name.startsWith("method.request.path.")]),
    ...requiredParameters.map((name) => [name, true]),
  ]);

/** Headers that an answer may have. */
export const headerNamesOf = ({ headers = {}, templateHeaders = [] }: IntegrationResponse): readonly string[] => [
  ...Object.keys(headers),
  ...templateHeaders,
];

/** Headers that an answer has, as mapping expressions. */
export const mappedHeadersOf = ({ headers = {} }: IntegrationResponse): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [responseHeader(name), `'${value}'`]));

export function responsesOf(integration: Integration): readonly IntegrationResponse[] {
  if (integration.type === "AWS_PROXY") return [];
  return integration.type === "MOCK" ? [integration.response] : integration.responses;
}

/** What is behind a method, as Terraform and OpenAPI have it. */
export function backend(
  integration: Integration,
): Omit<ApiGatewayIntegrationConfig, "restApiId" | "resourceId" | "httpMethod"> {
  switch (integration.type) {
    case "AWS":
      return {
        type: "AWS",
        integrationHttpMethod: "POST",
        uri: integration.uri,
        credentials: integration.credentialsArn,
        requestParameters: { ...integration.requestParameters },
        requestTemplates: { "application/json": escapeTemplate(integration.requestTemplate) },
        passthroughBehavior: "NEVER",
        timeoutMilliseconds: milliseconds(integration.timeoutSeconds),
        dependsOn: [...integration.dependsOn],
      };
    case "AWS_PROXY":
      return {
        type: "AWS_PROXY",
        // Lambda is invoked by POST, whatever the client's method.
        integrationHttpMethod: "POST",
        uri: integration.uri,
        credentials: integration.credentialsArn,
        timeoutMilliseconds: milliseconds(integration.timeoutSeconds),
        dependsOn: [...integration.dependsOn],
      };
    case "MOCK":
      return {
        type: "MOCK",
        requestTemplates: { "application/json": `{"statusCode":${integration.response.statusCode}}` },
        passthroughBehavior: "NEVER",
        // Where an API takes binary bodies, the template could not be applied to one.
        contentHandling: "CONVERT_TO_TEXT",
      };
  }
}
