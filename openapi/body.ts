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
    components: { schemas: schemasOf(api), securitySchemes: securitySchemesOf(api, schemeOf) },
    "x-amazon-apigateway-request-validators": api.validators,
    "x-amazon-apigateway-gateway-responses": api.gatewayResponses,
  };
}

/** The API's schemas, and the one that API Gateway makes itself, where an answer has it. */
export function schemasOf({ schemas, methods }: Api): Readonly<Record<string, Schema>> {
  const models = methods.flatMap(({ responses }) => responses.flatMap((response) => Object.values(response.models)));
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
    headers.length > 0 ? Object.fromEntries(headers.map((name) => [name, { schema: { type: "string" } }])) : undefined,
  content: contentOf(models),
});

const locations = { header: "header", path: "path", querystring: "query" } as const;

/** The parameters that a method declares, and those of its path. */
export function parametersOf({ path, requestParameters }: Method): readonly Parameter[] {
  const ofPath = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(
    ([, name]) => [`method.request.path.${name}`, true] as const,
  );
  return Object.entries({ ...Object.fromEntries(ofPath), ...requestParameters }).map(([parameter, required]) => {
    const [, location, name = ""] = /^method\.request\.(header|path|querystring)\.(.+)$/.exec(parameter) ?? [];
    if (!location) throw new Error(`request parameters must be headers, path or query parameters, got: ${parameter}`);
    return { name, in: locations[location as keyof typeof locations], required, schema: { type: "string" } };
  });
}

/** The security schemes that a request to a method must meet, with scopes. */
export function securityOf({ authorization, isApiKeyRequired }: Method): [scheme: string, scopes: readonly string[]][] {
  const schemes: [string, readonly string[]][] = [];
  if (authorization === "AWS_IAM") schemes.push([SIGV4, []]);
  else if (authorization !== "NONE") schemes.push([schemeName(authorization.authorizer), authorization.scopes]);
  if (isApiKeyRequired) schemes.push([API_KEY, []]);
  return schemes;
}

/** Name of an authorizer's security scheme: OpenAPI has no spaces in names. */
export const schemeName = (authorizerName: string): string => authorizerName.replaceAll(" ", "-");

/** The schemes that methods use, by name. */
export function securitySchemesOf(
  { methods, authorizers }: Api,
  make: (authorizer: Authorizer | typeof SIGV4 | typeof API_KEY) => SecurityScheme,
): Record<string, SecurityScheme> | undefined {
  const used = [
    ...(methods.some(({ authorization }) => authorization === "AWS_IAM") ? [SIGV4 as typeof SIGV4] : []),
    ...(methods.some(({ isApiKeyRequired }) => isApiKeyRequired) ? [API_KEY as typeof API_KEY] : []),
    ...authorizers,
  ].map((one) => [typeof one === "string" ? one : schemeName(one.name), make(one)]);
  return used.length > 0 ? Object.fromEntries(used) : undefined;
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
export function identityOf({ identitySource }: Authorizer): SecurityScheme {
  const [, location, name] = /^method\.request\.(header|querystring)\.([^,]+)$/.exec(identitySource) ?? [];
  if (!location || !name) return { type: "apiKey", name: "Unused", in: "header" };
  return { type: "apiKey", name, in: location === "header" ? "header" : "query" };
}
