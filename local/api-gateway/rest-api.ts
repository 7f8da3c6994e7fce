import type { Resource } from "../../terraform/config";
import { BinaryMediaTypes } from "./binary-media-types";
import { at, byContentType, jsonTemplate } from "./content-types";
import { ContextTemplate } from "./context-template";
import type { GatewayResponse } from "./gateway-response";
import { type Integration, parameterSource, readIntegration } from "./integration";
import { RequestModel } from "./request-model";
import { type Part, Parts } from "./rest-api-parts";
import { RouteTree } from "./route-tree";
import type { ThrottleLimits } from "./throttle";

/** One method of one path, and what is behind it. */
export interface Method {
  /** `ANY` is every method that the path has no other for. */
  readonly httpMethod: string;
  readonly resourceId: string;
  /** Path of the resource, such as `/orders/{id}`. */
  readonly resourcePath: string;
  readonly authorization: "AWS_IAM" | "NONE";
  /** Models of the body by content type; empty where nothing is validated. */
  readonly models: ReadonlyMap<string, RequestModel>;
  readonly integration: Integration;
}

export interface Stage {
  readonly stageName: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly accessLog?: { readonly format: ContextTemplate; readonly logGroupName: string };
  readonly throttleOf: (method: Method) => ThrottleLimits;
}

export interface RestApi {
  readonly name: string;
  readonly stages: readonly Stage[];
  readonly methods: readonly Method[];
  readonly routes: RouteTree<Method>;
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  readonly binaryMediaTypes: BinaryMediaTypes;
}

/**
 * Reads an API from its evaluated resources.
 * @throws Error for what is not modelled or does not fit together, naming it
 */
export function readRestApi(resources: readonly Resource[]): RestApi {
  const parts = new Parts(resources);
  const [api, another] = parts.all("aws_api_gateway_rest_api");
  if (!api || another) throw new Error("the resources of one REST API must hold exactly one aws_api_gateway_rest_api");
  const paths = resourcePaths(parts, api.root_resource_id);
  const methods = parts.all("aws_api_gateway_method").map((method) => readMethod(parts, paths, method));
  requireTargets(parts, methods);
  const routes = new RouteTree<Method>();
  for (const method of methods) routes.add(method.resourcePath, method.httpMethod, method);
  return {
    name: api.name,
    methods,
    routes,
    stages: parts.all("aws_api_gateway_stage").map((stage) => readStage(parts, stage)),
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

function readMethod(parts: Parts, paths: ReadonlyMap<string, string>, method: Part<"aws_api_gateway_method">): Method {
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
    authorization: method.authorization,
    models: readModels(parts, method),
    integration: readIntegration(integration, {
      declared: method.request_parameters ?? {},
      methodResponses: parts.all("aws_api_gateway_method_response").filter(isOfMethod),
      responses: parts.all("aws_api_gateway_integration_response").filter(isOfMethod),
    }),
  };
}

function readModels(parts: Parts, method: Part<"aws_api_gateway_method">): Method["models"] {
  const { request_validator_id: validatorId, request_models: models } = method;
  if (!validatorId) return new Map();
  const validator = parts.all("aws_api_gateway_request_validator").find(({ id }) => id === validatorId);
  if (!validator) throw new Error(`${method.address}: there is no request validator ${validatorId} in the API`);
  if (!validator.validate_request_body) return new Map();
  return byContentType(method, "request_models", models, (modelName) => {
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

/** What an account may do at most. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const accountLimits: ThrottleLimits = { rateLimit: 10_000, burstLimit: 5_000 };

function readStage(parts: Parts, stage: Part<"aws_api_gateway_stage">): Stage {
  const { address, stage_name: stageName, access_log_settings: accessLog } = stage;
  if (!parts.all("aws_api_gateway_deployment").some(({ id }) => id === stage.deployment_id))
    throw new Error(`${address}: there is no deployment ${stage.deployment_id} in the API`);
  const settings = new Map(
    parts
      .all("aws_api_gateway_method_settings")
      .filter((one) => one.stage_name === stageName)
      .map((one) => [settingsKey(one.method_path), one.settings]),
  );
  return {
    stageName,
    deploymentId: stage.deployment_id,
    variables: stage.variables ?? {},
    accessLog: accessLog && {
      format: at(address, "access_log_settings.format", () => new ContextTemplate(accessLog.format)),
      logGroupName: accessLog.destination_arn.replace(/^.*:log-group:/, "").replace(/:\*$/, ""),
    },
    throttleOf: (method) => {
      const all = settings.get("*/*");
      const own = settings.get(settingsKeyOf(method));
      return {
        rateLimit: limit(own?.throttling_rate_limit, all?.throttling_rate_limit, accountLimits.rateLimit),
        burstLimit: limit(own?.throttling_burst_limit, all?.throttling_burst_limit, accountLimits.burstLimit),
      };
    },
  };
}

/** Settings of a stage or method that is not there would say nothing. */
function requireTargets(parts: Parts, methods: readonly Method[]): void {
  const stageNames = new Set(parts.all("aws_api_gateway_stage").map((stage) => stage.stage_name));
  const known = new Set(["*/*", ...methods.map(settingsKeyOf)]);
  for (const { address, stage_name: stageName, method_path: methodPath } of parts.all(
    "aws_api_gateway_method_settings",
  )) {
    if (!stageNames.has(stageName)) throw new Error(`${address}: there is no stage ${stageName} in the API`);
    if (!known.has(settingsKey(methodPath)))
      throw new Error(
        `${address}: method_path is no method of the API, got: ${methodPath}; ~1orders/POST is POST of /orders`,
      );
  }
}

const settingsKeyOf = ({ resourcePath, httpMethod }: Method): string => `${resourcePath}/${httpMethod}`;

/** The first limit that is set; -1 says that none is. */
const limit = (...candidates: readonly (number | undefined)[]): number =>
  candidates.find((candidate) => candidate !== undefined && candidate >= 0) ?? 0;

/** `~1orders/POST` as `/orders/POST`; a path without its first slash is the same. */
function settingsKey(methodPath: string): string {
  if (methodPath === "*/*") return methodPath;
  const path = methodPath.replaceAll("~1", "/");
  return path.startsWith("/") ? path : `/${path}`;
}
