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

function rule(issue: z.core.$ZodIssue, got: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
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

/**
 * The first broken rule of a JSON file as `.<path> must be <rule>, got: <value>`. Ops edit these files, so it speaks of what they
 * typed and not of schemas.
 */
export function describeIssue(error: z.core.$ZodError, value: unknown): string {
  const issue = error.issues[0] as z.core.$ZodIssue;
  const where = issue.path.length > 0 ? `.${issue.path.join(".")}` : "";
  const got =
    issue.code === "unrecognized_keys" ? Object.keys(valueAt(value, issue.path) as object) : valueAt(value, issue.path);
  return `${where} ${rule(issue, valueAt(value, issue.path))}, got: ${shown(got)}`;
}
