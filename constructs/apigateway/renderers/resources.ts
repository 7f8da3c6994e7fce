import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response";
import { ApiGatewayModel } from "@cdktf/provider-aws/lib/api-gateway-model";
import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../../terraform/escape";
import type { GatewayResponseDefinition, ModelDefinition, Renderer, RouteDefinition } from "../definition";
import { Route } from "./route";

interface Path {
  readonly scope: Construct;
  readonly resourceId: string;
}

/** Writes an API down as a Terraform resource for each of its parts: each shows in a plan by itself. */
export class ResourceRenderer implements Renderer {
  readonly parts: TerraformResource[] = [];
  private readonly paths = new Map<string, Path>();
  private validator?: ApiGatewayRequestValidator;

  constructor(
    private readonly api: Construct,
    private readonly restApiId: string,
    rootResourceId: string,
  ) {
    this.paths.set("/", { scope: api, resourceId: rootResourceId });
  }

  addRoute({ httpMethod, path, authorization, integration, body }: RouteDefinition): Construct {
    const { restApiId } = this;
    const { scope, resourceId } = this.pathOf(path);
    const route = new Route(scope, httpMethod, {
      restApiId,
      resourceId,
      httpMethod,
      authorization,
      integration,
      body: body && {
        modelName: this.addModel(scope, `${httpMethod}Body`, body),
        validatorId: this.bodyValidator().id,
      },
    });
    this.parts.push(...route.parts);
    return route;
  }

  addGatewayResponse({ id, responseType, statusCode, template, headers }: GatewayResponseDefinition): void {
    const response = new ApiGatewayGatewayResponse(this.api, id, {
      restApiId: this.restApiId,
      responseType,
      statusCode,
      responseTemplates: { "application/json": escapeTemplate(template) },
      responseParameters: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]),
      ),
    });
    this.parts.push(response);
  }

  /** The resource of a path, with those above it. */
  private pathOf(path: string): Path {
    const known = this.paths.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const parent = this.pathOf(path.slice(0, cut) || "/");
    const pathPart = path.slice(cut + 1);
    const scope = new Construct(parent.scope, pathPart);
    const { restApiId } = this;
    const resource = new ApiGatewayResource(scope, "Resource", { restApiId, parentId: parent.resourceId, pathPart });
    const made = { scope, resourceId: resource.id };
    this.paths.set(path, made);
    return made;
  }

  /** @returns the model's name, as a reference that makes methods wait for it */
  private addModel(scope: Construct, id: string, { modelName, description, schema }: ModelDefinition): string {
    const { name } = new ApiGatewayModel(scope, id, {
      restApiId: this.restApiId,
      name: modelName,
      description,
      contentType: "application/json",
      schema: escapeTemplate(schema),
    });
    return name;
  }

  private bodyValidator(): ApiGatewayRequestValidator {
    this.validator ??= new ApiGatewayRequestValidator(this.api, "BodyValidator", {
      restApiId: this.restApiId,
      name: "body",
      validateRequestBody: true,
    });
    return this.validator;
  }
}
