import type { TerraformConfig } from "./config";
import { evaluateTemplate, type Lookup } from "./expression";
import { asBool, asList, asNumber, asString, EvaluationError, elementOf, kindOf } from "./values";

interface Validation {
  readonly condition: string | boolean;
  readonly error_message: string;
}

interface Variable {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly sensitive?: boolean;
  readonly validation?: Validation | readonly Validation[];
}

const known = new Set(["//", "type", "default", "description", "nullable", "sensitive", "validation"]);

const primitives: Readonly<Record<string, (value: unknown) => unknown>> = {
  string: asString,
  number: asNumber,
  bool: asBool,
  any: (value) => value,
};

/** The type of a list's or a map's elements. */
function elementType(type: string): { readonly collection: "list" | "map"; readonly of: string } {
  const [, collection, of = "any"] = /^(list|map)(?:\((.+)\))?$/.exec(type) ?? [];
  if (collection === "list" || collection === "map") return { collection, of };
  throw new Error(`the type ${type} is not in the local run, which has string, number, bool, list and map`);
}

function convert(value: unknown, type: string): unknown {
  if (value === null) return null;
  const primitive = Object.hasOwn(primitives, type) ? primitives[type] : undefined;
  if (primitive) return primitive(value);
  const { collection, of } = elementType(type);
  if (collection === "list") return asList(value).map((element) => convert(element, of));
  if (kindOf(value) !== "an object") throw new EvaluationError(`an object is needed, got: ${kindOf(value)}`);
  return Object.fromEntries(Object.entries(value as object).map(([key, element]) => [key, convert(element, of)]));
}

const isPlain = (type: string): boolean => type !== "any" && Object.hasOwn(primitives, type);

/** What a given string says: as it is for string, number and bool, JSON for the rest. */
function parse(given: string, type: string): unknown {
  if (isPlain(type)) return given;
  if (type !== "any") elementType(type);
  try {
    return JSON.parse(given);
  } catch {
    throw new EvaluationError("JSON is needed");
  }
}

/** The default; Terraform takes it as it stands, without interpolation. */
function defaultOf(name: string, variable: Variable, type: string): unknown {
  if (variable.default === undefined || (variable.default === null && variable.nullable === false)) {
    const description = variable.description ? ` (${variable.description})` : "";
    throw new Error(`TF_VAR_${name} must be set: the variable ${name}${description} has no default`);
  }
  try {
    return convert(variable.default, type);
  } catch (error) {
    throw new Error(`the default of variable ${name} must be of type ${type}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function givenOf(name: string, variable: Variable, type: string, given: string): unknown {
  try {
    return convert(parse(given, type), type);
  } catch (error) {
    if (!(error instanceof EvaluationError)) {
      throw new Error(`variable ${name}: ${(error as Error).message}`, { cause: error });
    }
    // Not the error's own text, which quotes what was given.
    const shown = variable.sensitive ? "a sensitive value" : given;
    throw new Error(`TF_VAR_${name} must be of type ${type}${isPlain(type) ? "" : " in JSON"}, got: ${shown}`);
  }
}

function resolve(name: string, variable: Variable, given: string | undefined): unknown {
  const unknownArgument = Object.keys(variable).find((key) => !known.has(key));
  if (unknownArgument) throw new Error(`variable ${name}: ${unknownArgument} is not in the local run`);
  const type = (variable.type ?? (given === undefined ? "any" : "string")).replaceAll(/\s/g, "");
  const value = given === undefined ? undefined : givenOf(name, variable, type, given);
  // null stands for the default where a variable cannot be null.
  return value === undefined || (value === null && variable.nullable === false)
    ? defaultOf(name, variable, type)
    : value;
}

function validate(name: string, { validation = [] }: Variable, lookup: Lookup): void {
  for (const { condition, error_message } of [validation].flat() as readonly Validation[]) {
    let isValid: boolean;
    try {
      isValid = asBool(typeof condition === "string" ? evaluateTemplate(condition, lookup) : condition);
    } catch (error) {
      throw new Error(`validation of variable ${name}: ${(error as Error).message}`, { cause: error });
    }
    if (!isValid) throw new Error(asString(evaluateTemplate(error_message, lookup)));
  }
}

/**
 * Values of a configuration's variables, by name: given ones converted to their type, defaults for the rest. What is given and not
 * declared is ignored.
 *
 * @param given strings, by the name without `TF_VAR_`; JSON for lists and maps
 * @throws Error for a variable with neither value nor default, a value of another type, and, with its `error_message`, a failed
 * validation; a validation can refer to variables only
 */
export function variablesOf(
  config: TerraformConfig,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const variables = Object.entries((config.variable ?? {}) as Readonly<Record<string, Variable>>);
  const values = Object.fromEntries(
    variables.map(([name, variable]) => [
      name,
      resolve(name, variable, Object.hasOwn(given, name) ? given[name] : undefined),
    ]),
  );
  const lookup: Lookup = ([root, name, ...rest]) => {
    const isDeclared = root === "var" && name !== undefined && Object.hasOwn(values, name);
    if (isDeclared) return rest.reduce(elementOf, values[name]);
    throw new Error(`there is no ${root}.${name}: a validation can refer to variables that are declared`);
  };
  for (const [name, variable] of variables) validate(name, variable, lookup);
  return values;
}
