import type * as z from "zod/mini";

/** The value at a path of a parsed JSON file. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** A value as it stands in the file. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** Types under the names that JSON has for them. */
const types: Readonly<Record<string, string>> = { int: "integer", record: "object" };

function rule(issue: z.core.$ZodIssue, got: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      const type = types[issue.expected] ?? issue.expected;
      const quotes = issue.expected === "string" && typeof got === "number" ? ", in quotes" : "";
      return `must be ${/^[aeiou]/.test(type) ? "an" : "a"} ${type}${quotes}`;
    }
    case "unrecognized_keys":
      return `must have only keys that are known; unknown: ${issue.keys.join(", ")}`;
    case "invalid_value":
      // A number may look right, and want quotes.
      return `must be one of ${issue.values.map((value) => (typeof got === "number" ? shown(value) : value)).join(", ")}`;
    case "too_small":
      return issue.origin === "string"
        ? "must not be empty"
        : `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** Of a key that is misspelt, two rules are broken: one is missing, another unknown. The unknown one is what stands in the file. */
function misspelt(error: z.core.$ZodError, value: unknown): z.core.$ZodIssue | undefined {
  const [first] = error.issues;
  if (!first || first.path.length === 0 || valueAt(value, first.path) !== undefined) return undefined;
  const place = first.path.slice(0, -1).join(".");
  return error.issues.find(({ code, path }) => code === "unrecognized_keys" && path.join(".") === place);
}

/** Keys that one place of the file must have and has not. */
function missingAt(place: string, error: z.core.$ZodError, value: unknown): readonly string[] {
  return error.issues
    .filter(({ path }) => path.slice(0, -1).join(".") === place && valueAt(value, path) === undefined)
    .map(({ path }) => String(path.at(-1)));
}

/**
 * The first broken rule of a JSON file as `.<path> must be <rule>, got: <value>`. Ops edit these files, so it speaks of what they
 * typed and not of schemas.
 */
export function describeIssue(error: z.core.$ZodError, value: unknown): string {
  const issue = misspelt(error, value) ?? (error.issues[0] as z.core.$ZodIssue);
  const place = issue.path.join(".");
  const where = place && `.${place}`;
  const got = valueAt(value, issue.path);
  if (issue.code !== "unrecognized_keys") return `${where} ${rule(issue, got)}, got: ${shown(got)}`;
  const missing = missingAt(place, error, value);
  const besides = missing.length > 0 ? `; missing: ${missing.join(", ")}` : "";
  return `${where} ${rule(issue, got)}${besides}, got: ${shown(Object.keys(got as object))}`;
}
