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
import type { Authorization, HttpMethod } from "../definition";
import type { Integration, IntegrationResponse } from "../integration";

export interface RouteProps {
  readonly restApiId: string;
  readonly resourceId: string;
  readonly httpMethod: HttpMethod;
  readonly authorization: Authorization;
  readonly integration: Integration;
  /**
   * What the body must look like, and the validator that checks it.
   * @default - any body
   */
  readonly body?: { readonly modelName: string; readonly validatorId: string };
}

/** One method of one path, with its integration and what each answer of that becomes. */
export class Route extends Construct {
  /** What must exist before the route is deployed. */
  readonly parts: readonly TerraformResource[];

  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const { restApiId, resourceId, integration, body } = props;
    const method = new ApiGatewayMethod(this, "Resource", {
      restApiId,
      resourceId,
      httpMethod: props.httpMethod,
      authorization: props.authorization,
      requestModels: body && { "application/json": body.modelName },
      requestValidatorId: body?.validatorId,
    });
    const target = { restApiId, resourceId, httpMethod: method.httpMethod };
    const integrationResource = new ApiGatewayIntegration(this, "Integration", { ...target, ...backend(integration) });
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
