import * as fs from "node:fs";

/** The first key that stands twice in one object of a text that is JSON; comments (`//`) may. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (const [token, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (colon) {
      const key: string = JSON.parse(token.slice(0, -colon.length));
      if (key !== "//" && open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

/** Parses JSON; where it is none, says the line, as Node.js does from version 22 on. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, position] = / at position (\d+)$/.exec(message) ?? [];
    if (position === undefined) throw error;
    const lines = text.slice(0, Number(position)).split("\n");
    throw new SyntaxError(`${message} (line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1})`);
  }
}

/**
 * Reads a file of JSON that people edit. A byte order mark, which some editors write, is passed over.
 * @throws Error of the file system or of the parser, and for a key that stands twice, of which the parser would take the last
 */
export function readJson(file: string): unknown {
  const text = fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  const json = parse(text);
  const key = repeatedKey(text);
  if (key !== undefined) throw new Error(`the key ${JSON.stringify(key)} twice in one object`);
  return json;
}
