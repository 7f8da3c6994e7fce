import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration";
import { ApiGatewayIntegrationResponse } from "@cdktf/provider-aws/lib/api-gateway-integration-response";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method";
import { ApiGatewayMethodResponse } from "@cdktf/provider-aws/lib/api-gateway-method-response";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../terraform/escape";
import type { Integration } from "./integration";
import type { Model } from "./model";

export type HttpMethod = "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT";

export interface RouteProps {
  readonly restApiId: string;
  readonly resourceId: string;
  readonly httpMethod: HttpMethod;
  readonly integration: Integration;
  /**
   * What the body must look like, and the validator that checks it.
   * @default - any body
   */
  readonly body?: { readonly model: Model; readonly validatorId: string };
}

/** One method of one path, signed requests only, with its integration and what each answer of that becomes. */
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
      authorization: "AWS_IAM",
      requestModels: body && { "application/json": body.model.modelName },
      requestValidatorId: body?.validatorId,
    });
    const target = { restApiId, resourceId, httpMethod: method.httpMethod };
    const integrationResource = new ApiGatewayIntegration(this, "Integration", {
      ...target,
      type: "AWS",
      integrationHttpMethod: "POST",
      uri: integration.uri,
      credentials: integration.credentialsArn,
      requestParameters: { ...integration.requestParameters },
      requestTemplates: { "application/json": escapeTemplate(integration.requestTemplate) },
      passthroughBehavior: "NEVER",
      dependsOn: [...integration.dependsOn],
    });
    const responses = integration.responses.map(({ statusCode, selectionPattern, template }) => {
      const response = new ApiGatewayMethodResponse(this, statusCode, {
        ...target,
        statusCode,
        responseModels: { "application/json": "Empty" },
      });
      return new ApiGatewayIntegrationResponse(this, `${statusCode}Mapping`, {
        ...target,
        statusCode: response.statusCode,
        selectionPattern,
        responseTemplates: { "application/json": escapeTemplate(template) },
        // API Gateway refuses a response to an integration that is not there yet, and no attribute says so.
        dependsOn: [integrationResource],
      });
    });
    this.parts = [method, integrationResource, ...responses];
  }
}
