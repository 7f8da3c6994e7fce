import type { Api, Authorizer, Method } from "./api";
import { API_KEY, credentialOf, parametersOf, pathsOf, responseOf, SIGV4, schemasOf, schemeName, sorted } from "./body";
import { contentOf, type OpenApiDocument, type Operation, type Response, type SecurityScheme } from "./document";
import { NULL, type Schema, withInner } from "./schema";

/**
 * What whoever calls an API needs to know of it, in OpenAPI alone: nothing of what is behind it. Preflights, which browsers send by themselves, are
 * left out.
 */
export function publicDocument(api: Api): OpenApiDocument {
  const isPreflight = ({ httpMethod, integration }: Method): boolean =>
    httpMethod === "OPTIONS" && integration.type === "mock";
  const preflights = new Set(api.methods.filter(isPreflight).map(({ path }) => path));
  const methods = api.methods.filter((method) => !isPreflight(method));
  const paths = Object.entries(pathsOf(methods, (method) => operationOf(api, method))).map(
    ([path, operations]) => [path.replaceAll("+}", "}"), withoutAny(operations, preflights.has(path))] as const,
  );
  const schemas = Object.entries(schemasOf(api)).filter(([name]) => name !== NULL);
  const securitySchemes: Record<string, SecurityScheme> = Object.assign(
    {},
    ...methods.map((method) => credentialsOf(api, method)),
  );
  return {
    openapi: "3.0.3",
    info: { title: api.name, description: api.description, version: "1.0" },
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, nullable(schema) as Schema])),
      responses: gatewayAnswers(api),
      securitySchemes: Object.keys(securitySchemes).length > 0 ? sorted(securitySchemes) : undefined,
    },
  };
}

/** OpenAPI has no word for any method: each that the path has no other for, of which a preflight is one. */
function withoutAny(
  operations: Readonly<Record<string, Operation>>,
  hasPreflight: boolean,
): Readonly<Record<string, Operation>> {
  const { "x-amazon-apigateway-any-method": any, ...others } = operations;
  if (!any) return others;
  const methods = ["delete", "get", "head", ...(hasPreflight ? [] : ["options"]), "patch", "post", "put"];
  return { ...Object.fromEntries(methods.map((method) => [method, any])), ...others };
}

function operationOf(api: Api, method: Method): Operation {
  const { path, requestModels, responses, integration } = method;
  const schemes = Object.keys(credentialsOf(api, method));
  const greedy = /\{([^}]+)\+\}/.exec(path)?.[1];
  const parameters = parametersOf(method).map((parameter) =>
    parameter.in === "path" && parameter.name === greedy
      ? { ...parameter, description: "May hold slashes" }
      : parameter,
  );
  return {
    description: authorizationNote(api, method),
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody:
      Object.keys(requestModels).length > 0 ? { required: true, content: contentOf(requestModels) } : undefined,
    responses: {
      ...Object.fromEntries(responses.map((response) => [response.statusCode, responseOf(response)])),
      "4XX": { $ref: "#/components/responses/Refused" },
      "5XX": { $ref: "#/components/responses/Failed" },
      ...(integration.type.endsWith("_proxy") && { default: { description: "What is behind the API answers" } }),
    },
    // One requirement of several schemes wants all of them.
    security: schemes.length > 0 ? [Object.fromEntries(schemes.map((scheme) => [scheme, []]))] : [],
  };
}

/** What security schemes have no words for. */
function authorizationNote(api: Api, { authorization }: Method): string | undefined {
  if (typeof authorization === "string") return undefined;
  const { scopes } = authorization;
  const authorizer = authorizerOf(api, authorization.authorizer);
  if (authorizer?.type === "REQUEST" && Object.keys(schemesOf(authorizer)).length === 0)
    return "The API's authorizer decides by the request as a whole.";
  if (authorizer?.type !== "COGNITO_USER_POOLS" || scopes.length === 0) return undefined;
  return `The access token must have one of the scopes ${scopes.join(", ")}.`;
}

const authorizerOf = ({ authorizers }: Api, named: string): Authorizer | undefined =>
  authorizers.find(({ name }) => name === named);

/** What API Gateway answers by itself. */
function gatewayAnswers({ gatewayResponses }: Api): Readonly<Record<string, Response>> {
  const answerOf = (type: string, description: string): Response => {
    const literal = gatewayResponses[type]?.responseParameters?.["gatewayresponse.header.Content-Type"];
    const contentType = literal?.replace(/^'(.*)'$/, "$1") ?? "application/json";
    return { description, content: { [contentType]: { schema: { type: "object" } } } };
  };
  return {
    Refused: answerOf("DEFAULT_4XX", "The request is refused"),
    Failed: answerOf("DEFAULT_5XX", "The API failed"),
  };
}

/** What a request to a method carries to be let in: security schemes, by name, all of which are wanted. */
function credentialsOf(api: Api, { authorization, isApiKeyRequired }: Method): Record<string, SecurityScheme> {
  const schemes: Record<string, SecurityScheme> = {};
  if (authorization === "AWS_IAM") {
    const description = "Signature Version 4 of AWS, for the service execute-api";
    schemes[SIGV4] = { type: "apiKey", name: "Authorization", in: "header", description };
  } else if (authorization !== "NONE") {
    const authorizer = authorizerOf(api, authorization.authorizer);
    if (authorizer) Object.assign(schemes, schemesOf(authorizer));
  }
  // An authorizer that finds the key finds it by what it is asked with.
  if (isApiKeyRequired && api.apiKeySource !== "AUTHORIZER") {
    const description = "Key of one of the API's usage plans";
    schemes[API_KEY] = { type: "apiKey", name: "x-api-key", in: "header", description };
  }
  return schemes;
}

/** A scheme for each header and query parameter that an authorizer wants: it refuses a request that lacks one. */
function schemesOf({ name, type, identitySource }: Authorizer): Record<string, SecurityScheme> {
  const description = {
    COGNITO_USER_POOLS: "Token of a user of the API's Cognito user pool",
    TOKEN: "Token that the API's authorizer knows",
    REQUEST: "What the API's authorizer looks at",
  }[type];
  const found = identitySource.split(",").flatMap((source) => credentialOf(source) ?? []);
  const scheme = schemeName(name);
  return Object.fromEntries(
    found.map((one) => [
      found.length === 1 ? scheme : `${scheme}.${one.in}.${one.name.replace(/[^\w.-]/g, "-")}`,
      { ...one, description },
    ]),
  );
}

/** What OpenAPI says beside `nullable` without refusing null. */
const isNullRefusedBy = ["allOf", "anyOf", "oneOf", "not"];
const annotations = new Set(["title", "description", "default"]);

/** Schemas with null as OpenAPI 3.0 has it: something beside a type. */
function nullable(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (isNull(schema as Schema)) return { type: "string", enum: [null], nullable: true };
  const { anyOf, ...others } = schema as Schema & { readonly anyOf?: readonly Schema[] };
  const [choice, another] = anyOf?.filter((one) => !isNull(one)) ?? [];
  if (anyOf?.length === 2 && choice && !another && canBeNullable(choice, others)) {
    const values = Array.isArray(choice.enum) && { enum: [...new Set([...choice.enum, null])] };
    return { ...(nullable(choice) as Schema), ...values, ...(nullable(others) as Schema), nullable: true };
  }
  return withInner(schema as Schema, nullable);
}

/** Whether a choice that null stands beside can be written with what stands around both. */
const canBeNullable = (choice: Schema, others: Schema): boolean =>
  typeof choice.type === "string" &&
  !isNullRefusedBy.some((keyword) => Object.hasOwn(choice, keyword)) &&
  !Object.keys(choice).some((keyword) => Object.hasOwn(others, keyword) && !annotations.has(keyword));

const isNull = ({ $ref }: Schema): boolean => $ref === `#/components/schemas/${NULL}`;
