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
    const parameters = [
      // What a cache tells answers apart by must be known to the method; path parameters are always there.
      ...cacheKeyParameters.map((name) => [name, name.startsWith("method.request.path.")]),
      ...requiredParameters.map((name) => [name, true]),
    ];
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
      requestParameters: parameters.length > 0 ? Object.fromEntries(parameters) : undefined,
      requestValidatorId: props.validatorId,
    });
    const target = { restApiId, resourceId, httpMethod: method.httpMethod };
    const integrationResource = new ApiGatewayIntegration(this, "Integration", {
      ...target,
      ...backend(integration),
      cacheKeyParameters: cacheKeyParameters.length > 0 ? [...cacheKeyParameters] : undefined,
    });
    const responses = responsesOf(integration).map((response) => {
      const { statusCode, selectionPattern, template, headers = {}, templateHeaders = [] } = response;
      const declared = [...Object.keys(headers), ...templateHeaders].map((name) => [responseHeader(name), false]);
      const methodResponse = new ApiGatewayMethodResponse(this, statusCode, {
        ...target,
        statusCode,
        responseModels: { "application/json": "Empty" },
        responseParameters: declared.length > 0 ? Object.fromEntries(declared) : undefined,
      });
      const mapped = Object.entries(headers).map(([name, value]) => [responseHeader(name), `'${value}'`]);
      return new ApiGatewayIntegrationResponse(this, `${statusCode}Mapping`, {
        ...target,
        statusCode: methodResponse.statusCode,
        selectionPattern,
        responseTemplates: { "application/json": escapeTemplate(template) },
        responseParameters: mapped.length > 0 ? Object.fromEntries(mapped) : undefined,
        // API Gateway refuses a response to an integration that is not there yet, and no attribute says so.
        dependsOn: [integrationResource],
      });
    });
    this.parts = [method, integrationResource, ...responses];
  }
}

const responseHeader = (name: string): string => `method.response.header.${name}`;

function responsesOf(integration: Integration): readonly IntegrationResponse[] {
  if (integration.type === "AWS_PROXY") return [];
  return integration.type === "MOCK" ? [integration.response] : integration.responses;
}

function backend(
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
        dependsOn: [...integration.dependsOn],
      };
    case "AWS_PROXY":
      return {
        type: "AWS_PROXY",
        // Lambda is invoked by POST, whatever the client's method.
        integrationHttpMethod: "POST",
        uri: integration.uri,
        credentials: integration.credentialsArn,
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
