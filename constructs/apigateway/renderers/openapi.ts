import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api";
import { Annotations, type IResolveContext, type ITerraformDependable, Lazy } from "cdktf";
import type { Construct } from "constructs";
import { type Api, type Authorizer, EMPTY_MODEL, type Integration, type Method } from "../../../openapi/api";
import { API_KEY, bodyOf, SIGV4, schemeName } from "../../../openapi/body";
import { openApiSchemas, type Schema, weakenedKeywords } from "../../../openapi/schema";
import { escapeTemplate } from "../../terraform/escape";
import { jsonTemplate } from "../../terraform/json-template";
import { PropError } from "../../terraform/props";
import type {
  ApiSettings,
  AuthorizerDefinition,
  GatewayResponseDefinition,
  ModelDefinition,
  RouteDefinition,
} from "../definition";
import type { Renderer } from "./renderer";
import { sourcesOf } from "./resources";
import { gatewayResponseHeaders, restApiArguments, restApiPolicy, restApiPolicyDocument } from "./rest-api";
import { backend, headerNamesOf, mappedHeadersOf, requestParametersOf, responsesOf } from "./route";
import { validatorOf } from "./validator";

const MAX_DOCUMENT_BYTES = 6_000_000;

/**
 * Writes an API down as one OpenAPI document, which API Gateway imports at once: one call, whatever the number of routes. The import overwrites:
 * what the document no longer has is gone before the API is deployed, so a route that is removed is not served any more after the same apply.
 * A plan shows a change of the document as a whole.
 *
 * What an import would wipe stands in the document: gateway responses, authorizers, models, validators, the resource policy. Settings stand in
 * it and in the resource's arguments, since Terraform's provider puts what the arguments said before over what was imported.
 *
 * The resource policy is a resource, too. Up to version 6.47 the provider puts the policy that it knew over an imported one, and the resource,
 * which comes after, has the last word; from 6.48 on it leaves what was imported, and both say the same.
 * https://github.com/hashicorp/terraform-provider-aws/issues/38515, https://github.com/hashicorp/terraform-provider-aws/issues/49672
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
 */
export class OpenApiRenderer implements Renderer {
  readonly restApiId: string;
  readonly executionArn: string;
  readonly parts: ITerraformDependable[] = [];
  private readonly routes: RouteDefinition[] = [];
  private readonly gatewayResponses: GatewayResponseDefinition[] = [];
  private readonly authorizers = new Map<string, AuthorizerDefinition>();
  private readonly models: Record<string, Schema> = {};
  private isWarned = false;

  constructor(
    private readonly api: Construct,
    private readonly settings: ApiSettings,
  ) {
    const resource = new ApiGatewayRestApi(api, "Resource", {
      ...restApiArguments(settings),
      body: Lazy.stringValue({ produce: (context) => this.body(context) }),
      putRestApiMode: "overwrite",
      // Terraform shows no warnings of an import, and a route that API Gateway could not take would just be missing.
      failOnWarnings: true,
      // Each description would become a resource of its own in API Gateway, which counts them: 2,000 an API.
      parameters: { ignore: "documentation" },
    });
    this.restApiId = resource.id;
    this.executionArn = resource.executionArn;
    // Whoever waits for the parts waits for the import, and for the policy after it.
    this.parts.push(resource, ...restApiPolicy(api, resource, settings));
    api.node.addValidation({ validate: () => this.check() });
  }

  addRoute(route: RouteDefinition): void {
    this.routes.push(route);
    const { integration, authorization } = route;
    if (integration.type !== "MOCK") this.parts.push(...integration.dependsOn);
    if (typeof authorization !== "string") this.addAuthorizer(authorization.authorizer);
    if (route.body) this.addModel(route.body);
  }

  addGatewayResponse(response: GatewayResponseDefinition): void {
    this.gatewayResponses.push(response);
  }

  private addAuthorizer(authorizer: AuthorizerDefinition): void {
    const scheme = schemeName(authorizer.authorizerName);
    const other = this.authorizers.get(scheme);
    if (other === authorizer) return;
    if (other || scheme === SIGV4 || scheme === API_KEY) {
      throw new PropError(
        this.api,
        "authorizerName",
        `told from ${other?.authorizerName ?? scheme} where spaces count as -, in an OpenAPI document`,
        authorizer.authorizerName,
      );
    }
    this.authorizers.set(scheme, authorizer);
    this.parts.push(...authorizer.dependsOn);
  }

  private addModel({ modelName, schema }: ModelDefinition): void {
    // The texts of a schema may look like Terraform's templates, and are none.
    const model = JSON.parse(escapeTemplate(schema)) as Schema;
    this.models[modelName] = model;
    const weakened = weakenedKeywords(model);
    if (weakened.length === 0 || this.isWarned) return;
    this.isWarned = true;
    Annotations.of(this.api).addWarning(
      `OpenAPI 3.0 has no words for ${weakened.join(", ")} in the model ${modelName}: API Gateway lets more bodies pass than the schema ` +
        'admits, which the handler has to refuse. With definition: "resources" it checks the whole schema',
    );
  }

  private body(context: IResolveContext): string {
    return jsonTemplate(context.resolve(bodyOf(this.describe())));
  }

  private check(): string[] {
    const bytes = Buffer.byteLength(JSON.stringify(bodyOf(this.describe())));
    if (bytes <= MAX_DOCUMENT_BYTES) return [];
    return [
      `definition must be "resources" for an API whose document is above ${MAX_DOCUMENT_BYTES} bytes, got: ${bytes}. ` +
        "It is AWS's limit, https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html",
    ];
  }

  private describe(): Api {
    const { apiName, description, apiKeySource, binaryMediaTypes, minimumCompressionSizeBytes, endpoint, policy } =
      this.settings;
    const validators = this.routes.flatMap((route) => validatorOf(route) ?? []);
    return {
      name: apiName,
      description,
      apiKeySource,
      binaryMediaTypes,
      minimumCompressionSize: minimumCompressionSizeBytes,
      vpcEndpointIds: endpoint.type === "PRIVATE" ? endpoint.vpcEndpointIds : undefined,
      policy: policy && JSON.parse(restApiPolicyDocument(policy(), "execute-api:")),
      authorizers: [...this.authorizers.values()].map(describeAuthorizer),
      schemas: openApiSchemas(this.models),
      validators: Object.fromEntries(
        validators.map(({ name, checksBody, checksParameters }) => [
          name,
          { validateRequestBody: checksBody, validateRequestParameters: checksParameters },
        ]),
      ),
      gatewayResponses: Object.fromEntries(
        this.gatewayResponses.map(({ responseType, statusCode, template, headers }) => [
          responseType,
          {
            statusCode,
            responseTemplates: { "application/json": escapeTemplate(template) },
            responseParameters: gatewayResponseHeaders(headers),
          },
        ]),
      ),
      methods: this.routes.map(describeMethod),
    };
  }
}

function describeAuthorizer(definition: AuthorizerDefinition): Authorizer {
  const { authorizerName, type, ttlSeconds } = definition;
  const { providerArns, ...sources } = { providerArns: undefined, ...sourcesOf(definition) };
  return {
    name: authorizerName,
    type,
    authorizerResultTtlInSeconds: ttlSeconds,
    ...sources,
    providerARNs: providerArns,
  };
}

function describeMethod(route: RouteDefinition): Method {
  const { path, httpMethod, authorization, isApiKeyRequired, body, integration } = route;
  return {
    path,
    httpMethod,
    authorization:
      typeof authorization === "string"
        ? authorization
        : { authorizer: authorization.authorizer.authorizerName, scopes: authorization.scopes ?? [] },
    isApiKeyRequired,
    requestParameters: requestParametersOf(route),
    requestModels: body ? { "application/json": body.modelName } : {},
    validator: validatorOf(route)?.name,
    responses: responsesOf(integration).map((response) => ({
      statusCode: response.statusCode,
      headers: headerNamesOf(response),
      models: { "application/json": EMPTY_MODEL },
    })),
    integration: describeIntegration(route),
  };
}

function describeIntegration({ integration, cacheKeyParameters }: RouteDefinition): Integration {
  const {
    type,
    integrationHttpMethod,
    passthroughBehavior,
    timeoutMilliseconds,
    dependsOn: _,
    ...same
  } = backend(integration);
  return {
    ...same,
    type: type.toLowerCase(),
    httpMethod: integrationHttpMethod,
    passthroughBehavior: passthroughBehavior?.toLowerCase(),
    timeoutInMillis: timeoutMilliseconds,
    cacheKeyParameters: cacheKeyParameters.length > 0 ? cacheKeyParameters : undefined,
    responses: Object.fromEntries(
      responsesOf(integration).map((response) => [
        response.selectionPattern ?? "default",
        {
          statusCode: response.statusCode,
          responseTemplates: { "application/json": escapeTemplate(response.template) },
          responseParameters: response.headers && mappedHeadersOf(response),
        },
      ]),
    ),
  };
}
