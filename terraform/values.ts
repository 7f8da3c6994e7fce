/** An expression that has no value. `can` and `try` catch it; what the local run does not have is another error, which they let pass. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

type Kind = "null" | "a string" | "a number" | "a bool" | "a list" | "an object";

export function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "a string";
    case "number":
      return "a number";
    case "boolean":
      return "a bool";
    default:
      return "an object";
  }
}

const mismatch = (needed: Kind, value: unknown): EvaluationError =>
  new EvaluationError(`${needed} is needed, got: ${typeof value === "string" ? JSON.stringify(value) : kindOf(value)}`);

function decimal(text: string): string {
  const [, sign, digit, rest = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const places = Number(exponent);
  const digits = places < 0 ? `0.${"0".repeat(-places - 1)}${digit}${rest}` : `${digit}${rest.padEnd(places, "0")}`;
  return `${sign}${digits}`;
}

/** A string; numbers and bools are written out, numbers without an exponent. */
export function asString(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    return decimal(String(value));
  }
  throw mismatch("a string", value);
}

/** A number, or a string that is one in decimal. */
export function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return Number(value) + 0;
  throw mismatch("a number", value);
}

/** A bool, or a string that is one: `true`, `1`, `false`, `0`. */
export function asBool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw mismatch("a bool", value);
}

export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw mismatch("a list", value);
}

/** One of several values, of the one type that Terraform gives them all: a string, where strings meet numbers or bools. */
export function unify(value: unknown, others: readonly unknown[]): unknown {
  const kinds = new Set([value, ...others].map(kindOf).filter((kind) => kind !== "null"));
  if (kinds.size <= 1) return value;
  if (kinds.has("a string") && !kinds.has("a list") && !kinds.has("an object")) {
    return kindOf(value) === "null" ? null : asString(value);
  }
  throw new EvaluationError(`values of one type are needed, got: ${[...kinds].join(" and ")}`);
}

/** What stands at a key of an object or at an index, from 0, of a list. */
export function elementOf(value: unknown, key: unknown): unknown {
  const name = asString(key);
  if (Array.isArray(value)) {
    const index = /^\d+$/.test(name) ? Number(name) : Number.NaN;
    if (index < value.length) return value[index];
    throw new EvaluationError(`a list of ${value.length} has no element ${name}`);
  }
  if (typeof value !== "object" || value === null) throw new EvaluationError(`${kindOf(value)} has no element ${name}`);
  if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
  throw new EvaluationError(`an object of ${Object.keys(value).join(", ") || "nothing"} has no element ${name}`);
}
