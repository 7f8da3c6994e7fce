import { type Fields, fieldsOf } from "./fields";
import { Refusal } from "./refusal";

/** Reads one parameter of a request. */
export type RequestSource = (event: Fields) => string;

/**
 * A source, in the words that an authorizer's identity sources have: `method.request.header.X-Tenant`, `method.request.querystring.tenant`,
 * `stageVariables.tenant` or `context.identity.sourceIp`.
 *
 * @returns what reads it; it fails with a `Refusal` where the request has no value, or several: whoever reads the request next may take another
 * @throws Error where the expression is none of these
 */
export function requestSource(expression: string): RequestSource {
  const [, kind, name = ""] =
    /^(method\.request\.header|method\.request\.querystring|stageVariables|context)\.(.+)$/.exec(expression) ?? [];
  const valuesOf = (event: Fields): readonly unknown[] => {
    switch (kind) {
      case "method.request.header":
        return valuesUnder(
          event.headers,
          event.multiValueHeaders,
          (header) => header.toLowerCase() === name.toLowerCase(),
        );
      case "method.request.querystring":
        return valuesUnder(
          event.queryStringParameters,
          event.multiValueQueryStringParameters,
          (parameter) => parameter === name,
        );
      case "stageVariables":
        return valuesUnder(event.stageVariables, undefined, (variable) => variable === name);
      default:
        return [name.split(".").reduce<unknown>((value, part) => ownValue(value, part), event.requestContext)];
    }
  };
  if (!kind) {
    throw new Error(
      "sources must be method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> or " +
        `context.<name>, got: "${expression}"`,
    );
  }
  return (event) => {
    const [value, ...others] = new Set(valuesOf(event));
    if (typeof value !== "string" || value === "") throw new Refusal(`there is no ${expression}`);
    if (others.length > 0) throw new Refusal(`there are several values of ${expression}`);
    return value;
  };
}

const ownValue = (value: unknown, name: string): unknown =>
  Object.hasOwn(fieldsOf(value), name) ? fieldsOf(value)[name] : undefined;

/** Every value under the names that are meant, of both ways in which an event lists them. */
function valuesUnder(single: unknown, multiple: unknown, isMeant: (name: string) => boolean): readonly unknown[] {
  return [fieldsOf(single), fieldsOf(multiple)]
    .flatMap((values) => Object.entries(values))
    .filter(([name]) => isMeant(name))
    .flatMap(([, value]) => value);
}
