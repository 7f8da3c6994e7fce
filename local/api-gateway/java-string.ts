type Method = (text: string, ...args: readonly string[]) => unknown;

/** Methods of Java's String, by name. Numbers come as text, too. */
const methods: Readonly<Record<string, Method>> = {
  length: (text) => text.length,
  isEmpty: (text) => text === "",
  equals: (text, other) => text === other,
  equalsIgnoreCase: (text, other = "") => text.toLowerCase() === other.toLowerCase(),
  contains: (text, part = "") => text.includes(part),
  startsWith: (text, part = "") => text.startsWith(part),
  endsWith: (text, part = "") => text.endsWith(part),
  indexOf: (text, part = "") => text.indexOf(part),
  lastIndexOf: (text, part = "") => text.lastIndexOf(part),
  charAt: (text, index) => substring(text, Number(index), Number(index) + 1),
  substring: (text, start, end) => substring(text, Number(start), end === undefined ? text.length : Number(end)),
  toLowerCase: (text) => text.toLowerCase(),
  toUpperCase: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
  concat: (text, other = "") => text + other,
  replace: (text, part = "", by = "") => text.replaceAll(part, () => by),
  replaceAll: (text, pattern = "", by = "") => text.replace(new RegExp(pattern, "g"), (...found) => filled(by, found)),
  replaceFirst: (text, pattern = "", by = "") => text.replace(new RegExp(pattern), (...found) => filled(by, found)),
  matches: (text, pattern = "") => new RegExp(`^(?:${pattern})$`).test(text),
  split: (text, pattern = "") => withoutEmptyEnd(text.split(new RegExp(pattern))),
  toString: (text: string) => text,
};

/**
 * Calls a method of Java's String, as mapping templates can: Velocity runs on Java.
 *
 * Regular expressions are JavaScript's, which agree with Java's but for rare syntax; that is an error.
 * @throws Error that names a method that is not here, an index outside of the text, or a pattern that JavaScript does not know
 */
export function javaString(text: string, name: string, args: readonly unknown[]): unknown {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method)
    throw new Error(
      `${name}() of a text is not modelled by the local run; there are: ${Object.keys(methods).join(", ")}`,
    );
  return method(text, ...args.map(String));
}

function substring(text: string, start: number, end: number): string {
  if (!(start >= 0 && start <= end && end <= text.length))
    throw new Error(`begin ${start}, end ${end}, length ${text.length}: there is no such part of the text`);
  return text.slice(start, end);
}

/** A replacement in Java's notation: `$1` is a group, `\` takes what follows as it is. */
const filled = (replacement: string, groups: readonly unknown[]): string =>
  replacement.replace(
    /\\(.)|\$(\d)/gs,
    (_, literal?: string, group?: string) => literal ?? String(groups[Number(group)] ?? ""),
  );

function withoutEmptyEnd(parts: readonly string[]): readonly string[] {
  return parts.slice(0, parts.findLastIndex((part) => part !== "") + 1);
}
