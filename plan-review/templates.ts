import { evaluateTemplate, type Reference, referencesIn } from "../terraform/expression";

/** A part of Terraform's JSON configuration whose value this review cannot tell. */
export class UnresolvedError extends Error {
  override readonly name = "UnresolvedError";
}

/** What a reference stands for: its value, or the text that names what is not known, such as `${aws_sqs_queue.inbox.arn}`. */
export type Resolution = { readonly value: unknown } | { readonly opaque: string };

/** Resolves a reference; undefined for one that it does not know of. */
export type Resolver = (reference: Reference) => Resolution | undefined;

/** Text of an unknown value: equal only to itself. Quotes and braces inside would end JSON's strings or the text itself. */
export const opaqueText = (source: string): string => `\${${source.replace(/["\\]/g, "'").replace(/[{}]/g, "")}}`;

/** Where the string that begins at an index ends; interpolations inside may hold strings of their own. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === "\\" || text.startsWith("$${", index)) index += 1;
    else if (text.startsWith("${", index)) index = endOfInterpolation(text, index) - 1;
    else if (text[index] === '"') return index + 1;
  }
  throw new UnresolvedError("a string in an interpolation has no end");
}

function endOfInterpolation(text: string, start: number): number {
  let depth = 1;
  for (let index = start + 2; index < text.length; index += 1) {
    if (text[index] === '"') index = endOfString(text, index) - 1;
    else if (text[index] === "{") depth += 1;
    else if (text[index] === "}") depth -= 1;
    if (depth === 0) return index + 1;
  }
  throw new UnresolvedError("an interpolation has no end");
}

const SPECIAL = /\$\$\{|%%\{|\$\{|%\{/g;

/** A template's parts: literal text, and the sources of interpolations, `${` and `}` included. */
function partsOf(template: string): readonly { readonly text: string; readonly isInterpolation: boolean }[] {
  const parts: { text: string; isInterpolation: boolean }[] = [];
  let position = 0;
  for (;;) {
    SPECIAL.lastIndex = position;
    const [found] = SPECIAL.exec(template) ?? [];
    const at = found ? SPECIAL.lastIndex - found.length : template.length;
    if (at > position) parts.push({ text: template.slice(position, at), isInterpolation: false });
    if (!found) return parts;
    if (found === "%{") throw new UnresolvedError("a template directive, %{ … }, is not read by this review");
    position = found === "${" ? endOfInterpolation(template, at) : at + found.length;
    const text = found === "${" ? template.slice(at, position) : found.slice(1);
    parts.push({ text, isInterpolation: found === "${" });
  }
}

const withoutStrings = (source: string): string => source.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** Functions that carry a text along without looking at it. */
const carrying = new Set(["jsonencode", "join", "concat", "tostring"]);

/** Whether an expression gives the same, whatever text stands in place of an unknown value: it compares nothing and cuts nothing. */
function onlyCarries(source: string): boolean {
  const bare = withoutStrings(source);
  const called = [...bare.matchAll(/([\w-]+)\s*\(/g)].map(([, name = ""]) => name);
  // An interpolation inside a string may hold anything.
  const hasInner = source.indexOf("${", 2) >= 0 && /"[^"]*\$\{[^}]*[("?=!]/.test(source);
  return !hasInner && !/[?]|==|!=/.test(bare) && called.every((name) => carrying.has(name));
}

/** The value of one interpolation; opaque text where it cannot be told. */
function interpolationOf(source: string, resolve: Resolver): Resolution {
  let touchesOpaque = false;
  const seen = new Map<string, unknown>();
  const lookup = (reference: Reference): unknown => {
    const resolution = resolve(reference) ?? { opaque: opaqueText(reference.join(".")) };
    if ("opaque" in resolution) {
      touchesOpaque = true;
      return resolution.opaque;
    }
    seen.set(reference.join("."), resolution.value);
    return resolution.value;
  };
  try {
    const value = evaluateTemplate(source, lookup);
    if (!touchesOpaque || onlyCarries(source)) {
      return { value };
    }
  } catch {
    // What it cannot evaluate is as unknown as what it may not.
  }
  return { opaque: opaqueOf(source, lookup, seen) };
}

/** The source itself, and what is known of its references: the same source over other values is another unknown. */
function opaqueOf(
  source: string,
  lookup: (reference: Reference) => unknown,
  seen: ReadonlyMap<string, unknown>,
): string {
  try {
    for (const reference of referencesIn(source)) lookup(reference);
  } catch {
    // An expression that cannot be read names itself.
  }
  const known = [...seen].map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const inner = source.slice(2, -1).trim();
  return opaqueText(known.length > 0 ? `${inner} where ${known.join(", ")}` : inner);
}

/**
 * The value of a string of Terraform's JSON configuration. What is unknown stands in it as opaque text; a string that is one
 * interpolation keeps the type of its value.
 *
 * @throws UnresolvedError for a template that cannot be read
 */
export function resolveTemplate(template: string, resolve: Resolver): unknown {
  const parts = partsOf(template);
  const [first] = parts;
  const partOf = (text: string): unknown => {
    const resolution = interpolationOf(text, resolve);
    return "value" in resolution ? resolution.value : resolution.opaque;
  };
  if (first?.isInterpolation && parts.length === 1) return partOf(first.text);
  return parts
    .map(({ text, isInterpolation }) => {
      if (!isInterpolation) return text;
      const value = partOf(text);
      if (typeof value === "object" && value !== null) {
        throw new UnresolvedError(`a list or an object stands in the middle of a text: ${text}`);
      }
      return value === null || value === undefined ? "" : String(value);
    })
    .join("");
}
