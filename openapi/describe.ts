import type { Resource } from "../terraform/config";
import type { Api, Authorizer, Integration, Method, Texts } from "./api";
import { API_KEY, SIGV4, schemeName } from "./body";
import { openApiSchemas, type Schema } from "./schema";

type Attributes = Readonly<Record<string, unknown>>;

/** Resources of one API by type, and those of a method by the method. */
class Parts {
  private readonly byType = new Map<string, Resource[]>();
  private readonly byMethod = new Map<string, Attributes[]>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      push(this.byType, resource.type, resource);
      const { resource_id: resourceId, http_method: httpMethod } = resource.attributes;
      push(this.byMethod, `${resource.type} ${resourceId} ${httpMethod}`, resource.attributes);
    }
  }

  all(type: string): readonly Attributes[] {
    return (this.byType.get(`aws_api_gateway_${type}`) ?? []).map(({ attributes }) => attributes);
  }

  of({ resource_id, http_method }: Attributes, type: string): readonly Attributes[] {
    return this.byMethod.get(`aws_api_gateway_${type} ${resource_id} ${http_method}`) ?? [];
  }
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key) ?? [];
  map.set(key, values);
  values.push(value);
}

const text = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
const texts = (value: unknown): Texts | undefined => value as Texts | undefined;

/** What the resources of an API say, whatever it was written down as. */
export function describeApi(resources: readonly Resource[]): Api {
  const parts = new Parts(resources);
  const [api = {}] = parts.all("rest_api");
  const paths = pathsOf(parts, api);
  const [policy] = parts.all("rest_api_policy");
  const authorizerNames = namesOf(parts.all("authorizer"));
  const size = api.minimum_compression_size;
  const endpoint = [api.endpoint_configuration ?? {}].flat()[0] as { vpc_endpoint_ids?: readonly string[] };
  return {
    name: String(api.name),
    description: text(api.description),
    apiKeySource: text(api.api_key_source) ?? "HEADER",
    binaryMediaTypes: api.binary_media_types as readonly string[] | undefined,
    minimumCompressionSize: size === undefined || Number(size) < 0 ? undefined : Number(size),
    vpcEndpointIds: endpoint.vpc_endpoint_ids,
    policy: policy && policyOf(String(policy.policy), `${api.execution_arn}/`),
    authorizers: parts.all("authorizer").map((authorizer) => describeAuthorizer(authorizer, authorizerNames)),
    schemas: openApiSchemas(Object.fromEntries(parts.all("model").map((model) => [model.name, schemaOf(model)]))),
    validators: Object.fromEntries(
      parts.all("request_validator").map(({ name, validate_request_body, validate_request_parameters }) => [
        name,
        {
          validateRequestBody: validate_request_body === true,
          validateRequestParameters: validate_request_parameters === true,
        },
      ]),
    ),
    gatewayResponses: Object.fromEntries(
      parts.all("gateway_response").map(({ response_type, status_code, response_templates, response_parameters }) => [
        response_type,
        {
          statusCode: text(status_code),
          responseTemplates: texts(response_templates),
          responseParameters: texts(response_parameters),
        },
      ]),
    ),
    methods: parts.all("method").map((method) => describeMethod(parts, paths, authorizerNames, method)),
  };
}

function pathsOf(parts: Parts, { root_resource_id: root }: Attributes): (resourceId: unknown) => string {
  const resources = new Map(parts.all("resource").map((resource) => [resource.id, resource]));
  const below = (id: unknown): string => {
    const resource = resources.get(id);
    return resource ? `${below(resource.parent_id)}/${resource.path_part}` : "";
  };
  return (id) => (id === root ? "/" : below(id));
}

/** The document of a policy, or what refers to it. */
function policyOf(policy: string, prefix: string): object | string {
  try {
    return JSON.parse(policy.replaceAll(`"${prefix}`, '"execute-api:/')) as object;
  } catch {
    return policy;
  }
}

function schemaOf({ id, schema }: Attributes): Schema {
  try {
    return JSON.parse(String(schema)) as Schema;
  } catch (error) {
    throw new Error(`${id}: schema must be JSON that is known before an apply, got: ${(error as Error).message}`);
  }
}

/** Names of authorizers by their ids; one that OpenAPI could not tell from another's gets a number. */
function namesOf(authorizers: readonly Attributes[]): ReadonlyMap<unknown, string> {
  const taken = new Set<string>([SIGV4, API_KEY]);
  const names = new Map<unknown, string>();
  for (const { id, name } of [...authorizers].sort((one, other) => (String(one.name) < String(other.name) ? -1 : 1))) {
    let unique = String(name);
    for (let count = 2; taken.has(schemeName(unique)); count += 1) unique = `${name}-${count}`;
    taken.add(schemeName(unique));
    names.set(id, unique);
  }
  return names;
}

function describeAuthorizer(authorizer: Attributes, names: ReadonlyMap<unknown, string>): Authorizer {
  const ttl = authorizer.authorizer_result_ttl_in_seconds;
  return {
    name: String(names.get(authorizer.id)),
    type: (text(authorizer.type) ?? "TOKEN") as Authorizer["type"],
    identitySource: text(authorizer.identity_source) ?? "method.request.header.Authorization",
    authorizerUri: text(authorizer.authorizer_uri),
    authorizerCredentials: text(authorizer.authorizer_credentials),
    authorizerResultTtlInSeconds: ttl === undefined ? undefined : Number(ttl),
    identityValidationExpression: text(authorizer.identity_validation_expression),
    providerARNs: authorizer.provider_arns as readonly string[] | undefined,
  };
}

function describeMethod(
  parts: Parts,
  pathOf: (resourceId: unknown) => string,
  authorizerNames: ReadonlyMap<unknown, string>,
  method: Attributes,
): Method {
  const [integration = {}] = parts.of(method, "integration");
  const { authorization, authorizer_id: authorizerId, request_validator_id: validatorId } = method;
  const validator = parts.all("request_validator").find(({ id }) => validatorId !== undefined && id === validatorId);
  return {
    path: pathOf(method.resource_id),
    httpMethod: String(method.http_method),
    authorization:
      authorization === "NONE" || authorization === "AWS_IAM"
        ? authorization
        : {
            authorizer: String(authorizerNames.get(authorizerId)),
            scopes: (method.authorization_scopes ?? []) as readonly string[],
          },
    isApiKeyRequired: method.api_key_required === true,
    requestParameters: (method.request_parameters ?? {}) as Readonly<Record<string, boolean>>,
    requestModels: texts(method.request_models) ?? {},
    validator: text(validator?.name),
    responses: parts.of(method, "method_response").map((response) => ({
      statusCode: String(response.status_code),
      headers: Object.keys(Object(response.response_parameters)).map((name) =>
        name.replace("method.response.header.", ""),
      ),
      models: texts(response.response_models) ?? {},
    })),
    integration: describeIntegration(integration, parts.of(method, "integration_response")),
  };
}

function describeIntegration(integration: Attributes, responses: readonly Attributes[]): Integration {
  const timeout = integration.timeout_milliseconds;
  return {
    type: String(integration.type).toLowerCase(),
    httpMethod: text(integration.integration_http_method),
    uri: text(integration.uri),
    credentials: text(integration.credentials),
    requestParameters: texts(integration.request_parameters),
    requestTemplates: texts(integration.request_templates),
    passthroughBehavior: text(integration.passthrough_behavior)?.toLowerCase(),
    contentHandling: text(integration.content_handling),
    timeoutInMillis: timeout === undefined ? undefined : Number(timeout),
    cacheKeyParameters: integration.cache_key_parameters as readonly string[] | undefined,
    responses: Object.fromEntries(
      responses.map((response) => [
        response.selection_pattern ?? "default",
        {
          statusCode: String(response.status_code),
          responseTemplates: texts(response.response_templates),
          responseParameters: texts(response.response_parameters),
          contentHandling: text(response.content_handling),
        },
      ]),
    ),
  };
}
