import type { RouteDefinition } from "../definition";

/** What of a request is checked before it is passed on. */
export interface Validator {
  /** Id of the construct. */
  readonly id: string;
  /** Name in the API. */
  readonly name: string;
  readonly checksBody: boolean;
  readonly checksParameters: boolean;
}

/** The validator that a route wants; the same for all routes that want the same. */
export function validatorOf({ body, requiredParameters }: RouteDefinition): Validator | undefined {
  const checksBody = body !== undefined;
  const checksParameters = requiredParameters.length > 0;
  if (checksBody && checksParameters)
    return { id: "BodyAndParametersValidator", name: "body-and-parameters", checksBody, checksParameters };
  if (checksBody) return { id: "BodyValidator", name: "body", checksBody, checksParameters };
  if (checksParameters) return { id: "ParametersValidator", name: "parameters", checksBody, checksParameters };
  return undefined;
}
