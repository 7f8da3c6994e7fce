import type { Json } from "../plan";
import { isObject } from "../values";

const verbs = new Set([
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
  "x-amazon-apigateway-any-method",
]);

/** Whether a `security` asks for something: none of its alternatives may be empty. */
const asks = (security: Json | undefined): boolean =>
  Array.isArray(security) &&
  security.length > 0 &&
  security.every((alternative) => isObject(alternative) && Object.keys(alternative).length > 0);

function isMock(operation: Json): boolean {
  const integration = isObject(operation) ? operation["x-amazon-apigateway-integration"] : undefined;
  return isObject(integration) && String(integration.type).toLowerCase() === "mock";
}

function isOpen(operation: Json, security: Json | undefined): boolean {
  if (!isObject(operation)) return true;
  const auth = operation["x-amazon-apigateway-auth"];
  if (isObject(auth)) return String(auth.type).toUpperCase() === "NONE";
  return !asks(operation.security ?? security);
}

/**
 * The operations of an OpenAPI document that ask for no authorization, as `POST /orders`; a preflight that answers by itself is none.
 * Undefined where the document cannot be read, as YAML.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html
 */
export function openOperations(body: Json | undefined): readonly string[] | undefined {
  const document = parsed(body);
  if (!isObject(document) || !isObject(document.paths)) return undefined;
  const { paths, security } = document;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(isObject(item) ? item : {})
      .filter(([verb]) => verbs.has(verb.toLowerCase()))
      .filter(([verb, operation]) => isOpen(operation, security) && !(verb === "options" && isMock(operation)))
      .map(([verb]) => `${verb === "x-amazon-apigateway-any-method" ? "ANY" : verb.toUpperCase()} ${path}`),
  );
}

function parsed(body: Json | undefined): Json | undefined {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}
