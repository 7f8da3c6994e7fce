import type { Resource } from "../../terraform/config";
import { ContextTemplate } from "./context-template";
import type { GatewayResponse } from "./gateway-response";
import { MappingTemplate } from "./mapping-template";
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

/** A call of an AWS service. */
export interface Integration {
  readonly service: string;
  /** What the URI has after the service: `path/<account>/<queue>`. */
  readonly path: string;
  readonly credentials: string;
  readonly timeoutMilliseconds: number;
  readonly passthroughBehavior: "NEVER" | "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES";
  readonly headers: readonly { readonly name: string; readonly source: ParameterSource }[];
  /** Templates of the request by content type. */
  readonly templates: ReadonlyMap<string, MappingTemplate>;
  readonly responses: readonly IntegrationResponse[];
}

/** Where the value of a mapped parameter comes from. */
export type ParameterSource =
  | { readonly value: string }
  | { readonly location: "header" | "path" | "querystring"; readonly name: string };

export interface IntegrationResponse {
  readonly status: number;
  /** Matches whole HTTP statuses of the integration; without it, the response is for all that no other matches. */
  readonly pattern?: RegExp;
  readonly template?: MappingTemplate;
}

export interface Stage {
  readonly stageName: string;
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
}

/** Runs what may fail, and says where it failed. */
function at<Result>(address: string, argument: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new Error(`${address}: ${argument}: ${(error as Error).message}`);
  }
}

/** Values by content type; `$default` and the like are not modelled. */
function byContentType<Result>(
  { address }: { readonly address: string },
  argument: string,
  given: Readonly<Record<string, string>> | undefined,
  make: (value: string) => Result,
): ReadonlyMap<string, Result> {
  return new Map(
    Object.entries(given ?? {}).map(([contentType, value]) => {
      if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType))
        throw new Error(`${address}: ${argument}: the content type ${contentType} is not modelled by the local run`);
      return [contentType.toLowerCase(), at(address, `${argument} of ${contentType}`, () => make(value))];
    }),
  );
}

/** A template of an answer, which always is JSON here. */
function answerTemplate<Result>(
  part: { readonly address: string; readonly response_templates?: Record<string, string> },
  make: (value: string) => Result,
): Result | undefined {
  const templates = byContentType(part, "response_templates", part.response_templates, make);
  const other = [...templates.keys()].find((contentType) => contentType !== "application/json");
  if (other) throw new Error(`${part.address}: response_templates: ${other} is not modelled, only application/json is`);
  return templates.get("application/json");
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
  const statuses = new Set(
    parts
      .all("aws_api_gateway_method_response")
      .filter(isOfMethod)
      .map((response) => response.status_code),
  );
  const responses = parts.all("aws_api_gateway_integration_response").filter(isOfMethod);
  for (const { address, status_code } of responses) {
    if (!statuses.has(status_code))
      throw new Error(`${address}: the method has no aws_api_gateway_method_response of ${status_code}`);
  }
  return {
    httpMethod: method.http_method,
    resourceId: method.resource_id,
    resourcePath,
    authorization: method.authorization,
    models: readModels(parts, method),
    integration: readIntegration(integration, responses, method.request_parameters ?? {}),
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

function readIntegration(
  integration: Part<"aws_api_gateway_integration">,
  responses: readonly Part<"aws_api_gateway_integration_response">[],
  declared: Readonly<Record<string, unknown>>,
): Integration {
  const { address } = integration;
  const [, service, path] = /^arn:[\w-]+:apigateway:[\w-]+:([\w-]+):(path\/.+)$/.exec(integration.uri) ?? [];
  if (!service || !path) throw new Error(`${address}: uri is not modelled by the local run, got: ${integration.uri}`);
  return {
    service,
    path,
    credentials: integration.credentials,
    timeoutMilliseconds: integration.timeout_milliseconds,
    passthroughBehavior: integration.passthrough_behavior,
    headers: Object.entries(integration.request_parameters ?? {}).map(([parameter, value]) => {
      const name = /^integration\.request\.header\.([\w-]+)$/.exec(parameter)?.[1];
      if (!name) throw new Error(`${address}: request_parameters: ${parameter} is not modelled, only headers are`);
      return { name: name.toLowerCase(), source: parameterSource(address, value, declared) };
    }),
    templates: byContentType(
      integration,
      "request_templates",
      integration.request_templates,
      (text) => new MappingTemplate(text),
    ),
    responses: responses.map((response) => ({
      status: response.status_code,
      pattern: response.selection_pattern
        ? at(response.address, "selection_pattern", () => new RegExp(`^(?:${response.selection_pattern})$`, "s"))
        : undefined,
      template: answerTemplate(response, (text) => new MappingTemplate(text)),
    })),
  };
}

function parameterSource(address: string, text: string, declared: Readonly<Record<string, unknown>>): ParameterSource {
  const literal = /^'(.*)'$/.exec(text)?.[1];
  if (literal !== undefined) return { value: literal };
  const [, location, name] = /^method\.request\.(header|path|querystring)\.([\w.$-]+)$/.exec(text) ?? [];
  if (!location || !name)
    throw new Error(`${address}: request_parameters: ${text} is not modelled; a fixed value stands in 'quotes'`);
  if (!(text in declared)) throw new Error(`${address}: request_parameters: the method does not declare ${text}`);
  return { location: location as "header" | "path" | "querystring", name };
}

function readGatewayResponse(response: Part<"aws_api_gateway_gateway_response">): GatewayResponse {
  const headers = Object.entries(response.response_parameters ?? {}).map(([parameter, value]): [string, string] => {
    const name = /^gatewayresponse\.header\.([\w-]+)$/.exec(parameter)?.[1];
    const literal = /^'(.*)'$/.exec(value)?.[1];
    if (!name || literal === undefined)
      throw new Error(
        `${response.address}: response_parameters: ${parameter} = ${value} is not modelled, only headers with 'fixed values' are`,
      );
    return [name, literal];
  });
  return {
    status: response.status_code,
    headers: Object.fromEntries(headers),
    template: answerTemplate(response, (text) => new ContextTemplate(text)),
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
