import { type Api, type Authorizer, EMPTY_MODEL, type Method } from "./api";
import { contentOf, type OpenApiDocument, type Operation, type Parameter, type SecurityScheme } from "./document";
import type { Schema } from "./schema";

/** Names of the security schemes that are no authorizers', as API Gateway's own exports have them. */
export const SIGV4 = "sigv4";
export const API_KEY = "api_key";

/**
 * The document that API Gateway imports an API from: all of it, since an import that overwrites removes what the document does not have.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
 */
export function bodyOf(api: Api): OpenApiDocument {
  return {
    openapi: "3.0.1",
    info: { title: api.name, description: api.description, version: "1.0" },
    servers: api.vpcEndpointIds && [
      { url: "/", "x-amazon-apigateway-endpoint-configuration": { vpcEndpointIds: api.vpcEndpointIds } },
    ],
    "x-amazon-apigateway-api-key-source": api.apiKeySource,
    "x-amazon-apigateway-binary-media-types": api.binaryMediaTypes,
    "x-amazon-apigateway-minimum-compression-size": api.minimumCompressionSize,
    "x-amazon-apigateway-policy": api.policy,
    paths: pathsOf(api.methods, operationOf),
    components: { schemas: schemasOf(api), securitySchemes: securitySchemesOf(api) },
    "x-amazon-apigateway-request-validators": sorted(api.validators),
    "x-amazon-apigateway-gateway-responses": sorted(api.gatewayResponses),
  };
}

/** By name: which route was the first to want something says nothing, and must deploy nothing. */
export const sorted = <Value>(values: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The API's schemas, and the one that API Gateway makes itself, where a body has it. */
export function schemasOf({ schemas, methods }: Api): Readonly<Record<string, Schema>> {
  const bodies = methods.flatMap(({ requestModels, responses }) => [
    requestModels,
    ...responses.map((one) => one.models),
  ]);
  const models = bodies.flatMap((one) => Object.values(one));
  return models.includes(EMPTY_MODEL)
    ? { [EMPTY_MODEL]: { title: "Empty Schema", type: "object" }, ...schemas }
    : schemas;
}

/** The operations by path and method, in alphabetical order: where a route stands in the code says nothing. */
export function pathsOf(
  methods: readonly Method[],
  make: (method: Method) => Operation,
): Record<string, Record<string, Operation>> {
  const paths: Record<string, Record<string, Operation>> = {};
  const keyOf = ({ path, httpMethod }: Method): string => `${path} ${httpMethod}`;
  for (const method of [...methods].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))) {
    const operations = paths[method.path] ?? {};
    paths[method.path] = operations;
    const { httpMethod } = method;
    operations[httpMethod === "ANY" ? "x-amazon-apigateway-any-method" : httpMethod.toLowerCase()] = make(method);
  }
  return paths;
}

function operationOf(method: Method): Operation {
  const { requestModels, validator, integration, responses } = method;
  const parameters = parametersOf(method);
  return {
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody:
      Object.keys(requestModels).length > 0 ? { required: true, content: contentOf(requestModels) } : undefined,
    // Each that is an object of its own must be met; API Gateway takes no other way to say so.
    security: securityOf(method).map(([scheme, scopes]) => ({ [scheme]: scopes })),
    responses: Object.fromEntries(responses.map((response) => [response.statusCode, responseOf(response)])),
    "x-amazon-apigateway-request-validator": validator,
    "x-amazon-apigateway-integration": integration,
  };
}

export const responseOf = ({ statusCode, headers, models }: Method["responses"][number]) => ({
  description: `${statusCode} response`,
  headers:
    headers.length > 0
      ? Object.fromEntries(headers.toSorted().map((name) => [name, { schema: { type: "string" } }]))
      : undefined,
  content: contentOf(models),
});

const locations = { header: "header", path: "path", querystring: "query" } as const;

/** The parameters of a method's path, and those that it declares: of the query, then headers, by name, since no order counts. */
export function parametersOf({ path, requestParameters }: Method): readonly Parameter[] {
  const ofPath = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(
    ([, name]) => [`method.request.path.${name}`, true] as const,
  );
  const parameters = Object.entries({ ...Object.fromEntries(ofPath), ...requestParameters }).map(
    ([parameter, required]): Parameter => {
      const [, location, name = ""] = /^method\.request\.(header|path|querystring)\.(.+)$/.exec(parameter) ?? [];
      if (!location) throw new Error(`request parameters must be headers, path or query parameters, got: ${parameter}`);
      return { name, in: locations[location as keyof typeof locations], required, schema: { type: "string" } };
    },
  );
  const of = (location: Parameter["in"]): readonly Parameter[] => parameters.filter((one) => one.in === location);
  const byName = (one: Parameter, other: Parameter): number => (one.name < other.name ? -1 : 1);
  return [...of("path"), ...of("query").toSorted(byName), ...of("header").toSorted(byName)];
}

/** The security schemes that a request to a method must meet, with scopes. */
function securityOf({ authorization, isApiKeyRequired }: Method): [scheme: string, scopes: readonly string[]][] {
  const schemes: [string, readonly string[]][] = [];
  if (authorization === "AWS_IAM") schemes.push([SIGV4, []]);
  else if (authorization !== "NONE") schemes.push([schemeName(authorization.authorizer), authorization.scopes]);
  if (isApiKeyRequired) schemes.push([API_KEY, []]);
  return schemes;
}

/** Name of an authorizer's security scheme: OpenAPI has no spaces in names. */
export const schemeName = (authorizerName: string): string => authorizerName.replaceAll(" ", "-");

/** The schemes that methods use, and those of the authorizers, by name. */
function securitySchemesOf({ methods, authorizers }: Api): Record<string, SecurityScheme> | undefined {
  const used = [
    ...(methods.some(({ authorization }) => authorization === "AWS_IAM") ? [SIGV4 as typeof SIGV4] : []),
    ...(methods.some(({ isApiKeyRequired }) => isApiKeyRequired) ? [API_KEY as typeof API_KEY] : []),
    ...authorizers,
  ].map((one) => [typeof one === "string" ? one : schemeName(one.name), schemeOf(one)]);
  return used.length > 0 ? sorted(Object.fromEntries(used)) : undefined;
}

function schemeOf(authorizer: Authorizer | typeof SIGV4 | typeof API_KEY): SecurityScheme {
  if (authorizer === API_KEY) return { type: "apiKey", name: "x-api-key", in: "header" };
  if (authorizer === SIGV4)
    return { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" };
  const { name: _, type, identitySource, ...given } = authorizer;
  return {
    ...identityOf(authorizer),
    "x-amazon-apigateway-authtype": type === "COGNITO_USER_POOLS" ? "cognito_user_pools" : "custom",
    "x-amazon-apigateway-authorizer": {
      type: type === "COGNITO_USER_POOLS" ? "cognito_user_pools" : type === "REQUEST" ? "request" : "token",
      // Of the others, the scheme itself names the header.
      ...(type === "REQUEST" && identitySource !== "" && { identitySource }),
      ...given,
    },
  };
}

/** Where a request carries what it is authorized by; several places, or none, are said in a way of API Gateway's own. */
function identityOf({ identitySource }: Authorizer): SecurityScheme {
  const [one, another] = identitySource.split(",");
  return (!another && one && credentialOf(one)) || { type: "apiKey", name: "Unused", in: "header" };
}

/** A header or query parameter that a request is authorized by; nothing for what a client does not send. */
export function credentialOf(identitySource: string): SecurityScheme | undefined {
  const [, location, name] = /^method\.request\.(header|querystring)\.(.+)$/.exec(identitySource.trim()) ?? [];
  return location && name ? { type: "apiKey", name, in: location === "header" ? "header" : "query" } : undefined;
}
