import { isDeepStrictEqual } from "node:util";
import { draft4Schema } from "../../openapi/schema";
import type { Resource } from "../../terraform/config";
import { type OpenApi, type Operation, parseDocument, type SecurityScheme } from "./openapi-document";

/** Types of what stands in the body of an API that has one: an import removes what does not. */
const importedTypes = new Set(
  ["authorizer", "gateway_response", "integration", "integration_response", "method", "method_response", "model"]
    .concat(["request_validator", "resource"])
    .map((type) => `aws_api_gateway_${type}`),
);

/**
 * The resources of an API whose `body` is an OpenAPI document, as they would be without one: a resource for each of its parts. Those of an API
 * without a body are as they were.
 * @throws Error for what is not modelled, and for parts that the import would remove
 */
export function withImported(resources: readonly Resource[]): readonly Resource[] {
  const api = resources.find(({ type, attributes }) => type === "aws_api_gateway_rest_api" && attributes.body);
  if (!api) return resources;
  const others = resources.filter((resource) => resource !== api);
  const removed = others.find(({ type }) => importedTypes.has(type));
  if (removed) {
    throw new Error(
      `${removed.address}: the import of the body of ${api.address} would remove it: it must stand in the body`,
    );
  }
  const { body, put_rest_api_mode: mode, fail_on_warnings: _, parameters: __, ...given } = api.attributes;
  if (mode !== undefined && mode !== "overwrite")
    throw new Error(`${api.address}: put_rest_api_mode must be overwrite in the local run, got: ${mode}`);
  const document = parseDocument(api.address, String(body));
  // The provider puts the arguments over what was imported.
  const attributes = { ...settingsOf(document), ...given };
  return [
    { ...api, attributes },
    ...new Import({ ...api, attributes }, document).parts(),
    ...policies(api, document, others),
  ];
}

const settingsOf = (document: OpenApi): Resource["attributes"] => ({
  description: document.info.description,
  api_key_source: document["x-amazon-apigateway-api-key-source"],
  binary_media_types: document["x-amazon-apigateway-binary-media-types"],
  minimum_compression_size: document["x-amazon-apigateway-minimum-compression-size"],
});

/** What is not imported, and the imported resource policy; a resource of its own that says the same is as good. */
function policies(api: Resource, document: OpenApi, others: readonly Resource[]): readonly Resource[] {
  const imported = document["x-amazon-apigateway-policy"];
  const { id, execution_arn: arn } = api.attributes;
  const policy = imported && JSON.stringify(imported).replaceAll('"execute-api:/', `"${arn}/`);
  const own = others.find(({ type }) => type === "aws_api_gateway_rest_api_policy");
  if (own) {
    const saysTheSame =
      policy !== undefined && isDeepStrictEqual(JSON.parse(policy), JSON.parse(String(own.attributes.policy)));
    if (saysTheSame) return others;
    throw new Error(
      `${own.address}: policy must say what the body of ${api.address} says in x-amazon-apigateway-policy: an import puts that in its place`,
    );
  }
  if (policy === undefined) return others;
  const type = "aws_api_gateway_rest_api_policy";
  return [...others, { type, name: api.name, address: api.address, attributes: { rest_api_id: id, policy } }];
}

/** The parts of one document, as resources. */
class Import {
  private readonly resources: Resource[] = [];
  private readonly resourceIds = new Map<string, string>();

  constructor(
    private readonly api: Resource,
    private readonly document: OpenApi,
  ) {
    this.resourceIds.set("/", String(api.attributes.root_resource_id));
  }

  parts(): readonly Resource[] {
    const { document } = this;
    for (const [name, scheme] of Object.entries(document.components.securitySchemes)) this.addAuthorizer(name, scheme);
    for (const [name, validator] of Object.entries(document["x-amazon-apigateway-request-validators"])) {
      this.add("request_validator", name, {
        id: name,
        name,
        validate_request_body: validator.validateRequestBody,
        validate_request_parameters: validator.validateRequestParameters,
      });
    }
    for (const [type, response] of Object.entries(document["x-amazon-apigateway-gateway-responses"])) {
      this.add("gateway_response", type, {
        response_type: type,
        status_code: response.statusCode,
        response_templates: response.responseTemplates,
        response_parameters: response.responseParameters,
      });
    }
    const models = new Set<string>();
    for (const [path, operations] of Object.entries(document.paths)) {
      const resourceId = this.resourceIdOf(path);
      for (const [method, operation] of Object.entries(operations)) {
        const httpMethod = method === "x-amazon-apigateway-any-method" ? "ANY" : method.toUpperCase();
        this.addMethod(`${httpMethod} ${path}`, { resource_id: resourceId, http_method: httpMethod }, operation);
        for (const model of Object.values(modelsOf(operation.requestBody?.content))) models.add(model);
      }
    }
    for (const name of models) this.addModel(name);
    return this.resources;
  }

  private add(type: string, part: string, attributes: Resource["attributes"]): void {
    this.resources.push({
      type: `aws_api_gateway_${type}`,
      name: part,
      address: `${this.api.address}: body: ${part}`,
      attributes: { rest_api_id: this.api.attributes.id, ...attributes },
    });
  }

  /** The resource of a path, with those above it. */
  private resourceIdOf(path: string): string {
    const known = this.resourceIds.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const parentId = this.resourceIdOf(path.slice(0, cut) || "/");
    const id = `p${String(this.resourceIds.size).padStart(9, "0")}`;
    this.add("resource", path, { id, parent_id: parentId, path_part: path.slice(cut + 1) });
    this.resourceIds.set(path, id);
    return id;
  }

  private addAuthorizer(name: string, scheme: SecurityScheme): void {
    const authorizer = scheme["x-amazon-apigateway-authorizer"];
    if (!authorizer) return;
    this.add("authorizer", name, {
      id: name,
      name,
      type: authorizer.type.toUpperCase(),
      authorizer_uri: authorizer.authorizerUri,
      authorizer_credentials: authorizer.authorizerCredentials,
      authorizer_result_ttl_in_seconds: authorizer.authorizerResultTtlInSeconds,
      identity_source:
        authorizer.identitySource ?? (authorizer.type === "request" ? "" : `method.request.header.${scheme.name}`),
      identity_validation_expression: authorizer.identityValidationExpression,
      provider_arns: authorizer.providerARNs,
    });
  }

  private addModel(name: string): void {
    const { schemas } = this.document.components;
    if (!Object.hasOwn(schemas, name))
      throw new Error(`${this.api.address}: body: components.schemas must have ${name}, which a method refers to`);
    this.add("model", name, {
      name,
      content_type: "application/json",
      schema: JSON.stringify(draft4Schema(name, schemas)),
    });
  }

  private addMethod(route: string, target: Resource["attributes"], operation: Operation): void {
    const integration = operation["x-amazon-apigateway-integration"];
    this.add("method", route, {
      ...target,
      ...this.authorizationOf(route, operation),
      request_models: operation.requestBody && modelsOf(operation.requestBody.content),
      request_validator_id: operation["x-amazon-apigateway-request-validator"],
      request_parameters: Object.fromEntries(
        operation.parameters.map(({ name, in: location, required }) => [
          `method.request.${location === "query" ? "querystring" : location}.${name}`,
          required,
        ]),
      ),
    });
    for (const [status, response] of Object.entries(operation.responses)) {
      this.add("method_response", `${route} ${status}`, {
        ...target,
        status_code: status,
        response_models: modelsOf(response.content),
        response_parameters: Object.fromEntries(
          Object.keys(response.headers).map((name) => [`method.response.header.${name}`, false]),
        ),
      });
    }
    if (!integration) return;
    this.add("integration", route, {
      ...target,
      type: integration.type.toUpperCase(),
      integration_http_method: integration.httpMethod,
      uri: integration.uri,
      credentials: integration.credentials,
      request_parameters: integration.requestParameters,
      request_templates: integration.requestTemplates,
      passthrough_behavior: integration.passthroughBehavior?.toUpperCase(),
      content_handling: integration.contentHandling,
      timeout_milliseconds: integration.timeoutInMillis,
      cache_key_parameters: integration.cacheKeyParameters,
    });
    for (const [pattern, response] of Object.entries(integration.responses)) {
      this.add("integration_response", `${route} ${pattern}`, {
        ...target,
        status_code: response.statusCode,
        selection_pattern: pattern === "default" ? undefined : pattern,
        response_templates: response.responseTemplates,
        response_parameters: response.responseParameters,
        content_handling: response.contentHandling,
      });
    }
  }

  /** Each requirement stands by itself: that of a key, and one other. */
  private authorizationOf(route: string, { security }: Operation): Resource["attributes"] {
    const required = security.flatMap((requirement) => Object.entries(requirement));
    const found = required.map(([name, scopes]) => {
      const { securitySchemes } = this.document.components;
      const attributes = Object.hasOwn(securitySchemes, name) && requirementOf(name, securitySchemes[name], scopes);
      if (attributes) return attributes;
      throw new Error(`${this.api.address}: body: ${route}: the security scheme ${name} is not modelled`);
    });
    return Object.assign({ authorization: "NONE" }, ...found) as Resource["attributes"];
  }
}

/** What a security scheme asks of a request, as arguments of the method. */
function requirementOf(
  name: string,
  scheme: SecurityScheme | undefined,
  scopes: readonly string[],
): Resource["attributes"] | undefined {
  const authorizer = scheme?.["x-amazon-apigateway-authorizer"];
  if (authorizer) {
    return {
      authorization: authorizer.type === "cognito_user_pools" ? "COGNITO_USER_POOLS" : "CUSTOM",
      authorizer_id: name,
      authorization_scopes: scopes,
    };
  }
  if (scheme?.["x-amazon-apigateway-authtype"] === "awsSigv4") return { authorization: "AWS_IAM" };
  if (scheme?.in === "header" && scheme.name.toLowerCase() === "x-api-key") return { api_key_required: true };
  return undefined;
}

/** Names of models by content type. */
const modelsOf = (content: NonNullable<Operation["requestBody"]>["content"] = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(content).map(([contentType, { schema }]) => [
      contentType,
      schema.$ref.replace("#/components/schemas/", ""),
    ]),
  );
