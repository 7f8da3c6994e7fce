import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer";
import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response";
import { ApiGatewayModel } from "@cdktf/provider-aws/lib/api-gateway-model";
import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../../terraform/escape";
import type {
  ApiSettings,
  AuthorizerDefinition,
  GatewayResponseDefinition,
  ModelDefinition,
  RouteDefinition,
} from "../definition";
import type { Renderer } from "./renderer";
import { gatewayResponseHeaders, restApiArguments, restApiPolicy } from "./rest-api";
import { Route } from "./route";
import { validatorOf } from "./validator";

interface Path {
  readonly scope: Construct;
  readonly resourceId: string;
}

/** Writes an API down as a Terraform resource for each of its parts: each shows in a plan by itself. */
export class ResourceRenderer implements Renderer {
  readonly restApiId: string;
  readonly executionArn: string;
  readonly parts: TerraformResource[] = [];
  private readonly paths = new Map<string, Path>();
  private readonly validatorIds = new Map<string, string>();
  private readonly authorizerIds = new Map<AuthorizerDefinition, string>();

  constructor(
    private readonly api: Construct,
    settings: ApiSettings,
  ) {
    const resource = new ApiGatewayRestApi(api, "Resource", restApiArguments(settings));
    this.restApiId = resource.id;
    this.executionArn = resource.executionArn;
    this.paths.set("/", { scope: api, resourceId: resource.rootResourceId });
    this.parts.push(...restApiPolicy(api, resource, settings));
  }

  addRoute(definition: RouteDefinition): void {
    const { httpMethod, path, authorization, body, ...rest } = definition;
    const { scope, resourceId } = this.pathOf(path);
    const route = new Route(scope, httpMethod, {
      ...rest,
      restApiId: this.restApiId,
      resourceId,
      httpMethod,
      authorization: typeof authorization === "string" ? authorization : authorization.authorizer.type,
      authorizerId: typeof authorization === "string" ? undefined : this.authorizerId(authorization.authorizer),
      scopes: typeof authorization === "string" ? undefined : authorization.scopes,
      modelName: body && this.addModel(scope, `${httpMethod}Body`, body),
      validatorId: this.validatorId(definition),
    });
    this.parts.push(...route.parts);
  }

  addGatewayResponse({ id, responseType, statusCode, template, headers }: GatewayResponseDefinition): void {
    const response = new ApiGatewayGatewayResponse(this.api, id, {
      restApiId: this.restApiId,
      responseType,
      statusCode,
      responseTemplates: { "application/json": escapeTemplate(template) },
      responseParameters: gatewayResponseHeaders(headers),
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

  /** The validator for what a route wants checked, made where it is wanted first. */
  private validatorId(route: RouteDefinition): string | undefined {
    const validator = validatorOf(route);
    if (!validator) return undefined;
    const known = this.validatorIds.get(validator.name);
    if (known) return known;
    const { id } = new ApiGatewayRequestValidator(this.api, validator.id, {
      restApiId: this.restApiId,
      name: validator.name,
      validateRequestBody: validator.checksBody,
      validateRequestParameters: validator.checksParameters,
    });
    this.validatorIds.set(validator.name, id);
    return id;
  }

  private authorizerId(definition: AuthorizerDefinition): string {
    const known = this.authorizerIds.get(definition);
    if (known) return known;
    const { authorizerName, type, ttlSeconds, dependsOn } = definition;
    const authorizer = new ApiGatewayAuthorizer(this.api, `${authorizerName.replace(/[^\w-]/g, "")}Authorizer`, {
      restApiId: this.restApiId,
      name: authorizerName,
      type,
      authorizerResultTtlInSeconds: ttlSeconds,
      ...sourcesOf(definition),
      dependsOn: [...dependsOn],
    });
    this.parts.push(authorizer);
    this.authorizerIds.set(definition, authorizer.id);
    return authorizer.id;
  }
}

/** Where an authorizer looks, and what it asks. */
export function sourcesOf(definition: AuthorizerDefinition) {
  switch (definition.type) {
    case "COGNITO_USER_POOLS":
      return { providerArns: [...definition.userPoolArns], identitySource: "method.request.header.Authorization" };
    case "TOKEN":
      return {
        authorizerUri: definition.uri,
        authorizerCredentials: definition.credentialsArn,
        identitySource: `method.request.header.${definition.header}`,
        identityValidationExpression:
          definition.validationExpression && escapeTemplate(definition.validationExpression),
      };
    case "REQUEST":
      return {
        authorizerUri: definition.uri,
        authorizerCredentials: definition.credentialsArn,
        identitySource: definition.identitySources.join(","),
      };
  }
}
