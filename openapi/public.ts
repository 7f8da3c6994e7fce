import type { Api, Authorizer, Method } from "./api";
import {
  API_KEY,
  identityOf,
  parametersOf,
  pathsOf,
  responseOf,
  SIGV4,
  schemasOf,
  securityOf,
  securitySchemesOf,
} from "./body";
import { contentOf, type OpenApiDocument, type Operation, type Response, type SecurityScheme } from "./document";
import { NULL, type Schema } from "./schema";

/**
 * What whoever calls an API needs to know of it, in OpenAPI alone: nothing of what is behind it. Preflights, which browsers send by themselves, are
 * left out.
 */
export function publicDocument(api: Api): OpenApiDocument {
  const methods = api.methods.filter(
    ({ httpMethod, integration }) => httpMethod !== "OPTIONS" || integration.type !== "mock",
  );
  const paths = Object.entries(pathsOf(methods, (method) => operationOf(api, method))).map(
    ([path, operations]) => [path.replaceAll("+}", "}"), withoutAny(operations)] as const,
  );
  const schemas = Object.entries(schemasOf(api)).filter(([name]) => name !== NULL);
  return {
    openapi: "3.0.3",
    info: { title: api.name, description: api.description, version: "1.0" },
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, nullable(schema) as Schema])),
      responses: gatewayAnswers(api),
      securitySchemes: securitySchemesOf({ ...api, methods }, schemeOf),
    },
  };
}

/** OpenAPI has no word for any method: each that the path has no other for. */
function withoutAny(operations: Readonly<Record<string, Operation>>): Readonly<Record<string, Operation>> {
  const { "x-amazon-apigateway-any-method": any, ...others } = operations;
  if (!any) return others;
  const methods = ["delete", "get", "head", "options", "patch", "post", "put"];
  return { ...Object.fromEntries(methods.map((method) => [method, any])), ...others };
}

function operationOf({ authorizers }: Api, method: Method): Operation {
  const { path, requestModels, responses, integration, authorization } = method;
  const scopes = typeof authorization === "string" ? [] : authorization.scopes;
  const schemes = securityOf(method);
  const greedy = /\{([^}]+)\+\}/.exec(path)?.[1];
  const parameters = parametersOf(method).map((parameter) =>
    parameter.in === "path" && parameter.name === greedy
      ? { ...parameter, description: "May hold slashes" }
      : parameter,
  );
  const isCognito =
    typeof authorization !== "string" &&
    authorizers.some(({ name, type }) => name === authorization.authorizer && type === "COGNITO_USER_POOLS");
  return {
    description:
      isCognito && scopes.length > 0 ? `The access token must have one of the scopes ${scopes.join(", ")}.` : undefined,
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
    security: schemes.length > 0 ? [Object.fromEntries(schemes.map(([scheme]) => [scheme, []]))] : [],
  };
}

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

function schemeOf(authorizer: Authorizer | typeof SIGV4 | typeof API_KEY): SecurityScheme {
  if (authorizer === API_KEY)
    return { type: "apiKey", name: "x-api-key", in: "header", description: "Key of one of the API's usage plans" };
  if (authorizer === SIGV4) {
    const description = "Signature Version 4 of AWS, for the service execute-api";
    return { type: "apiKey", name: "Authorization", in: "header", description };
  }
  const description = {
    COGNITO_USER_POOLS: "Token of a user of the API's Cognito user pool",
    TOKEN: "Token that the API's authorizer knows",
    REQUEST: `What the API's authorizer looks at: ${authorizer.identitySource || "the request"}`,
  }[authorizer.type];
  return { ...identityOf(authorizer), description };
}

/** Schemas with null as OpenAPI 3.0 has it: something beside a type. */
function nullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(nullable);
  if (typeof schema !== "object" || schema === null) return schema;
  const { anyOf, ...others } = schema as Schema & { readonly anyOf?: readonly Schema[] };
  const [choice, another] = anyOf?.filter((one) => !isNull(one)) ?? [];
  if (anyOf?.length === 2 && typeof choice?.type === "string" && !another) {
    return { ...(nullable(others) as Schema), ...(nullable(choice) as Schema), nullable: true };
  }
  if (isNull(schema as Schema)) return { type: "string", enum: [null], nullable: true };
  return Object.fromEntries(Object.entries(schema).map(([key, inner]) => [key, nullable(inner)]));
}

const isNull = ({ $ref }: Schema): boolean => $ref === `#/components/schemas/${NULL}`;
