import type { Resource } from "../../terraform/config";
import { type Authorizer, readAuthorizer } from "./authorizers";
import { BinaryMediaTypes } from "./binary-media-types";
import { type CacheKey, readCacheKey } from "./cache";
import { at, byContentType, jsonTemplate } from "./content-types";
import { ContextTemplate } from "./context-template";
import type { GatewayResponse } from "./gateway-response";
import { type Integration, parameterSource, readIntegration } from "./integration";
import { withImported } from "./openapi";
import { type RequiredParameter, readRequiredParameters } from "./parameters";
import { RequestModel } from "./request-model";
import { type Part, Parts } from "./rest-api-parts";
import { RouteTree } from "./route-tree";
import { readStages, type Stage } from "./stage";

/** Whom an authorizer lets in. */
export interface AuthorizedBy {
  readonly authorizer: Authorizer;
  /** Scopes of which an access token must have one; Cognito's alone. */
  readonly scopes: readonly string[];
}

/** One method of one path, and what is behind it. */
export interface Method {
  /** `ANY` is every method that the path has no other for. */
  readonly httpMethod: string;
  readonly resourceId: string;
  /** Path of the resource, such as `/orders/{id}`. */
  readonly resourcePath: string;
  readonly authorization: "AWS_IAM" | "NONE" | AuthorizedBy;
  /** Models of the body by content type; empty where nothing is validated. */
  readonly models: ReadonlyMap<string, RequestModel>;
  /** Parameters that a request must have; none where they are not validated. */
  readonly requiredParameters: readonly RequiredParameter[];
  readonly isApiKeyRequired: boolean;
  readonly integration: Integration;
  /** What its kept answers are told apart by, on stages that keep them. */
  readonly cacheKey: CacheKey;
}

export interface RestApi {
  readonly name: string;
  /** Whether VPC endpoints alone lead to it. */
  readonly isPrivate: boolean;
  /** Of a private API: the VPC endpoints that it has names for. */
  readonly vpcEndpointIds: readonly string[];
  /** JSON of its resource policy. */
  readonly policy?: string;
  readonly stages: readonly Stage[];
  readonly methods: readonly Method[];
  readonly routes: RouteTree<Method>;
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  readonly binaryMediaTypes: BinaryMediaTypes;
  /** Where the API key of a request is: in its header `x-api-key`, or in what the authorizer answers. */
  readonly apiKeySource: "HEADER" | "AUTHORIZER";
  /** Bytes from which on answers are compressed; nothing, or less than 0, where none is. */
  readonly minimumCompressionSize?: number;
}

/**
 * Reads an API from its evaluated resources.
 * @throws Error for what is not modelled or does not fit together, naming it
 */
export function readRestApi(resources: readonly Resource[]): RestApi {
  const parts = new Parts(withImported(resources));
  const [api, another] = parts.all("aws_api_gateway_rest_api");
  if (!api || another) throw new Error("the resources of one REST API must hold exactly one aws_api_gateway_rest_api");
  const paths = resourcePaths(parts, api.root_resource_id);
  const authorizers = new Map(parts.all("aws_api_gateway_authorizer").map((one) => [one.id, readAuthorizer(one)]));
  const methods = parts.all("aws_api_gateway_method").map((method) => readMethod(parts, paths, authorizers, method));
  const routes = new RouteTree<Method>();
  for (const method of methods) routes.add(method.resourcePath, method.httpMethod, method);
  return {
    name: api.name,
    ...readExposure(parts, api),
    methods,
    routes,
    stages: readStages(parts, methods),
    apiKeySource: api.api_key_source,
    minimumCompressionSize: api.minimum_compression_size,
    binaryMediaTypes: new BinaryMediaTypes(api.binary_media_types ?? []),
    gatewayResponses: new Map(
      parts
        .all("aws_api_gateway_gateway_response")
        .map((response) => [response.response_type, readGatewayResponse(response)]),
    ),
  };
}

function resourcePaths(parts: Parts, rootResourceId: string): ReadonlyMap<string, string> {
  const resources = new Map(parts.all("aws_api_gateway_resource").map((resource) => [resource.id, resource]));
  const pathOf = (id: string): string => {
    if (id === rootResourceId) return "";
    const resource = resources.get(id);
    if (!resource) throw new Error(`there is no aws_api_gateway_resource with the id ${id} in the API`);
    return `${pathOf(resource.parent_id)}/${resource.path_part}`;
  };
  return new Map([[rootResourceId, "/"], ...[...resources.keys()].map((id): [string, string] => [id, pathOf(id)])]);
}

/** Who can reach the API at all. */
function readExposure(
  parts: Parts,
  api: Part<"aws_api_gateway_rest_api">,
): Pick<RestApi, "isPrivate" | "policy" | "vpcEndpointIds"> {
  const policies = [api, ...parts.all("aws_api_gateway_rest_api_policy")].filter(({ policy }) => policy !== undefined);
  if (policies.length > 1) {
    const addresses = policies.map(({ address }) => address).join(", ");
    throw new Error(
      `${api.address}: one resource policy must be given, got several: ${addresses}. The last would stand`,
    );
  }
  const policy = policies[0]?.policy;
  const isPrivate = api.endpoint_configuration?.types.includes("PRIVATE") ?? false;
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
  if (isPrivate && policy === undefined)
    throw new Error(`${api.address}: a PRIVATE API cannot be deployed without a resource policy`);
  return { isPrivate, policy, vpcEndpointIds: api.endpoint_configuration?.vpc_endpoint_ids ?? [] };
}

function readMethod(
  parts: Parts,
  paths: ReadonlyMap<string, string>,
  authorizers: ReadonlyMap<string, Authorizer>,
  method: Part<"aws_api_gateway_method">,
): Method {
  const resourcePath = paths.get(method.resource_id);
  if (!resourcePath) throw new Error(`${method.address}: there is no resource ${method.resource_id} in the API`);
  const isOfMethod = (part: { readonly resource_id: string; readonly http_method: string }) =>
    part.resource_id === method.resource_id && part.http_method === method.http_method;
  const integration = parts.all("aws_api_gateway_integration").find(isOfMethod);
  if (!integration)
    throw new Error(`${method.address}: no integration is defined for the method, so nothing can be deployed`);
  return {
    httpMethod: method.http_method,
    resourceId: method.resource_id,
    resourcePath,
    authorization: readAuthorization(authorizers, method),
    models: readModels(parts, method),
    requiredParameters: readRequiredParameters(method, validatorOf(parts, method)),
    isApiKeyRequired: method.api_key_required === true,
    cacheKey: readCacheKey(integration, method.request_parameters ?? {}),
    integration: readIntegration(integration, {
      declared: method.request_parameters ?? {},
      methodResponses: parts.all("aws_api_gateway_method_response").filter(isOfMethod),
      responses: parts.all("aws_api_gateway_integration_response").filter(isOfMethod),
    }),
  };
}

function readAuthorization(
  authorizers: ReadonlyMap<string, Authorizer>,
  { address, authorization, authorizer_id: id, authorization_scopes: scopes = [] }: Part<"aws_api_gateway_method">,
): Method["authorization"] {
  if (scopes.length > 0 && authorization !== "COGNITO_USER_POOLS")
    throw new Error(`${address}: authorization_scopes are of COGNITO_USER_POOLS alone, got: ${authorization}`);
  if (authorization === "AWS_IAM" || authorization === "NONE") return authorization;
  const authorizer = authorizers.get(id ?? "");
  if (!authorizer) throw new Error(`${address}: there is no authorizer ${id ?? ""} in the API`);
  const isCognito = authorizer.type === "COGNITO_USER_POOLS";
  if (isCognito !== (authorization === "COGNITO_USER_POOLS"))
    throw new Error(
      `${address}: authorization must be ${isCognito ? "COGNITO_USER_POOLS" : "CUSTOM"} for an authorizer of type ${authorizer.type}, got: ${authorization}`,
    );
  return { authorizer, scopes };
}

function validatorOf(parts: Parts, { address, request_validator_id: validatorId }: Part<"aws_api_gateway_method">) {
  if (!validatorId) return undefined;
  const validator = parts.all("aws_api_gateway_request_validator").find(({ id }) => id === validatorId);
  if (!validator) throw new Error(`${address}: there is no request validator ${validatorId} in the API`);
  return validator;
}

function readModels(parts: Parts, method: Part<"aws_api_gateway_method">): Method["models"] {
  if (!validatorOf(parts, method)?.validate_request_body) return new Map();
  return byContentType(method, "request_models", method.request_models, (modelName) => {
    const model = parts.all("aws_api_gateway_model").find(({ name }) => name === modelName);
    if (!model) throw new Error(`there is no model ${modelName} in the API`);
    return at(model.address, "schema", () => new RequestModel(model.schema));
  });
}

function readGatewayResponse(response: Part<"aws_api_gateway_gateway_response">): GatewayResponse {
  return {
    status: response.status_code,
    headers: Object.entries(response.response_parameters ?? {}).map(([parameter, value]) => {
      const name = /^gatewayresponse\.header\.([\w-]+)$/.exec(parameter)?.[1];
      if (!name)
        throw new Error(`${response.address}: response_parameters: ${parameter} is not modelled, only headers are`);
      return { name, source: parameterSource(response.address, "response_parameters", value) };
    }),
    template: jsonTemplate(response, (text) => new ContextTemplate(text)),
  };
}
