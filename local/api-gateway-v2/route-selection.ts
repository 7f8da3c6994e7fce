import { isObject, parsed } from "../protocol/matching";

/** The route key that a message names; nothing where it names none, as text that is no JSON does. */
export type RouteSelection = (message: string) => string | undefined;

/**
 * Reads how an API finds a message's route: `$request.body.action`, or text with `${request.body.…}` in it.
 * @throws Error for an expression of another form
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html#apigateway-websocket-api-route-selection-expressions
 */
export function readRouteSelection(address: string, expression = "$request.body.action"): RouteSelection {
  const template = expression.replace(/^\$request\.body\.([\w.-]+)$/, "$${request.body.$1}");
  const paths = [...template.matchAll(reference)].map(([, path = ""]) => path);
  if (paths.length === 0 || template.replace(reference, "").includes("$"))
    throw new Error(
      `${address}: route_selection_expression must be such as $request.body.action or \${request.body.action}, got: ${expression}`,
    );
  return (message) => {
    const body = parsed(message);
    if (!isObject(body)) return undefined;
    const values = new Map(paths.map((path) => [path, textAt(body, path.split("."))]));
    if ([...values.values()].includes(undefined)) return undefined;
    return template.replace(reference, (_, path: string) => values.get(path) ?? "");
  };
}

const reference = /\$\{request\.body\.([\w.-]+)\}/g;

function textAt(value: unknown, [name, ...rest]: readonly string[]): string | undefined {
  if (name !== undefined) return isObject(value) && Object.hasOwn(value, name) ? textAt(value[name], rest) : undefined;
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}
