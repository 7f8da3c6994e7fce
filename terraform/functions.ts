import { isDeepStrictEqual } from "node:util";
import { firstMatch } from "./regex";
import { asList, asNumber, asString, EvaluationError, kindOf, unify } from "./values";

/**
 * A function of Terraform's.
 * @see https://developer.hashicorp.com/terraform/language/functions
 */
interface TerraformFunction {
  /** How many arguments it takes, at least and at most. */
  readonly arity: readonly [number, number];
  readonly call: (...values: readonly unknown[]) => unknown;
}

const unary = (call: (value: unknown) => unknown): TerraformFunction => ({ arity: [1, 1], call });
const binary = (call: (first: unknown, second: unknown) => unknown): TerraformFunction => ({ arity: [2, 2], call });

const hex = (character: string): string => character.charCodeAt(0).toString(16);

function urlencode(value: unknown): string {
  return encodeURIComponent(asString(value))
    .replace(/[!'()*]/g, (character) => `%${hex(character).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sortKeys(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function jsonencode(value: unknown): string {
  return JSON.stringify(sortKeys(value ?? null)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${hex(character).padStart(4, "0")}`,
  );
}

function jsondecode(value: unknown): unknown {
  const text = asString(value);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EvaluationError(`jsondecode needs JSON: ${(error as Error).message}`);
  }
}

function length(value: unknown): number {
  // Made here: it takes milliseconds, and few expressions ask.
  if (typeof value === "string") return [...new Intl.Segmenter().segment(value)].length;
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new EvaluationError(`length needs a string, a list or an object, got: ${kindOf(value)}`);
}

function coalesce(...values: readonly unknown[]): unknown {
  const found = values.find((value) => kindOf(value) !== "null" && value !== "");
  if (found === undefined) throw new EvaluationError("coalesce needs an argument that is neither null nor empty");
  return unify(found, values);
}

function replace(text: unknown, part: unknown, replacement: unknown): string {
  const substring = asString(part);
  if (/^\/.*\/$/s.test(substring)) {
    throw new Error(`replace with the regular expression ${substring} is not in the local run: use a plain string`);
  }
  return asString(text).replaceAll(substring, () => asString(replacement));
}

/** All functions but `can` and `try`, which evaluate their arguments themselves. */
export const functions: ReadonlyMap<string, TerraformFunction> = new Map(
  Object.entries({
    coalesce: { arity: [1, Number.POSITIVE_INFINITY], call: coalesce },
    concat: { arity: [1, Number.POSITIVE_INFINITY], call: (...lists) => lists.flatMap(asList) },
    contains: binary((list, value) => asList(list).some((element) => isDeepStrictEqual(element, value))),
    join: {
      arity: [2, Number.POSITIVE_INFINITY],
      call: (separator, ...lists) => lists.flatMap(asList).map(asString).join(asString(separator)),
    },
    jsondecode: unary(jsondecode),
    jsonencode: unary(jsonencode),
    length: unary(length),
    lower: unary((value) => asString(value).toLowerCase()),
    regex: binary((pattern, text) => firstMatch(asString(pattern), asString(text))),
    replace: { arity: [3, 3], call: replace },
    split: binary((separator, text) =>
      separator === "" ? Array.from(asString(text)) : asString(text).split(asString(separator)),
    ),
    tolist: unary(asList),
    tonumber: unary((value) => (value === null ? null : asNumber(value))),
    tostring: unary((value) => (value === null ? null : asString(value))),
    upper: unary((value) => asString(value).toUpperCase()),
    urlencode: unary(urlencode),
  } satisfies Record<string, TerraformFunction>),
);
