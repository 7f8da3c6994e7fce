import type { Json } from "../plan";

/** JSON with sorted keys, so that values that are the same are the same text. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}

/** The JSON that a text holds, written canonically; the text itself where it holds none. */
export function canonicalText(value: Json | undefined): string {
  if (typeof value !== "string") return canonical(value);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return canonical(JSON.parse(value) as Json);
  } catch {
    return value;
  }
}
