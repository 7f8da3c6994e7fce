import { restApiVariables, type VariableNames } from "./context-template";
import type { Exchange } from "./exchange";
import type { StageVariables } from "./stage";

/** What of a request tells callers apart. */
export type IdentitySource =
  | { readonly location: "header" | "querystring"; readonly name: string }
  | { readonly location: "stageVariables" | "context"; readonly name: string };

/**
 * Reads `method.request.header.X, stageVariables.y`.
 * @param known variables that `context` has
 * @throws Error that names a source that is none of API Gateway's
 */
export function readIdentitySources(
  address: string,
  expression: string,
  known = restApiVariables,
): readonly IdentitySource[] {
  const sources = expression.split(",").map((source) => source.trim());
  return sources.filter((source) => source !== "").map((source) => readIdentitySource(address, source, known));
}

function readIdentitySource(address: string, source: string, known: VariableNames): IdentitySource {
  const [, location, name] =
    /^(?:method\.request\.(?=header|querystring))?(header|querystring|stageVariables|context)\.([\w.$-]+)$/.exec(
      source,
    ) ?? [];
  const isParameter = location === "header" || location === "querystring";
  if (name && isParameter && source.startsWith("method.request.")) return { location, name };
  if (name && location === "stageVariables") return { location, name };
  if (name && location === "context" && known.has(name)) return { location, name };
  throw new Error(
    `${address}: identity_source must be method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> or context.<name>, got: ${source}`,
  );
}

/** The value of a source; nothing where the request has none, or an empty one. */
export function identityValueOf(
  { params, stage, variables }: Pick<Exchange, "params" | "variables"> & { readonly stage: StageVariables },
  source: IdentitySource,
): string | undefined {
  switch (source.location) {
    case "header":
      return params.header[source.name.toLowerCase()] || undefined;
    case "querystring":
      return params.querystring[source.name] || undefined;
    case "stageVariables":
      return stage.variables[source.name] || undefined;
    case "context":
      return variables[source.name as keyof typeof variables] || undefined;
  }
}
