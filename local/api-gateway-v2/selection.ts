import { GatewayError } from "../api-gateway/gateway-response";
import { isObject, parsed } from "../protocol/matching";
import { httpVariables } from "./context-variables";
import type { HttpExchange } from "./http-exchange";

/** A text that a request makes. */
export type Selection = (exchange: HttpExchange) => string;

/** The value of one expression; nothing where the request has none. */
type Source = (exchange: HttpExchange) => string | undefined;

const reference = /\$\{([^}]+)\}/g;

/**
 * Reads a value of parameter mapping: a fixed text, an expression such as `$request.body.orderID`, or text with `${…}` in it.
 * @throws Error for an expression that is not modelled
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
 */
export function readSelection(address: string, parameter: string, text: string): Selection {
  if (/^\$(?!\{)/.test(text)) {
    const source = readSource(address, parameter, text.slice(1));
    return (exchange) => required(parameter, text, source(exchange));
  }
  const sources = new Map(
    [...text.matchAll(reference)].map(([, path = ""]) => [path, readSource(address, parameter, path)]),
  );
  return (exchange) =>
    text.replace(reference, (whole, path: string) => required(parameter, whole, sources.get(path)?.(exchange)));
}

/** AWS's words for a request that lacks what a parameter is made of: https://github.com/hashicorp/terraform-provider-aws/issues/19443 */
function required(parameter: string, text: string, value: string | undefined): string {
  if (value !== undefined) return value;
  const message = `Unable to resolve property ${parameter} from source ${text}. Please make sure that the request to API Gateway contains all the necessary fields specified in request parameters.`;
  throw new GatewayError("BAD_REQUEST_PARAMETERS", message);
}

function readSource(address: string, parameter: string, path: string): Source {
  const [root = "", ...rest] = path.split(".");
  const name = rest.join(".");
  if (root === "stageVariables" && rest.length === 1) return ({ stage }) => stage.variables[name];
  if (root === "context" && httpVariables.has(name))
    return ({ variables }) => variables[name as keyof typeof variables];
  const source = root === "request" ? ofRequest(rest) : undefined;
  if (source) return source;
  throw new Error(
    `${address}: ${parameter}: $${path} is not modelled by the local run; there are $request.body, .header, .querystring and .path, $context and $stageVariables`,
  );
}

function ofRequest([part = "", ...rest]: readonly string[]): Source | undefined {
  const name = rest.join(".");
  if (part === "body") return ({ request }) => fromBody(request.body.toString(), rest);
  if (part === "path") return name ? ({ params }) => params.path[name] : ({ path }) => path;
  if (part === "header" && name) return ({ params }) => params.header[name.toLowerCase()];
  if (part === "querystring" && name) return ({ params }) => params.querystring[name];
  return undefined;
}

/** The whole body, or what its JSON has under a path: text as it is, all else as JSON. */
function fromBody(body: string, path: readonly string[]): string | undefined {
  if (path.length === 0) return body;
  const value = path.reduce<unknown>(
    (inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    parsed(body),
  );
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}
