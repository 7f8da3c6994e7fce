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

/**
 * Reads a file of JSON that people edit. A byte order mark, which some editors write, is passed over.
 * @throws Error of the file system or of the parser, and for a key that stands twice, of which the parser would take the last
 */
export function readJson(file: string): unknown {
  const text = fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  const json: unknown = JSON.parse(text);
  const key = repeatedKey(text);
  if (key !== undefined) throw new Error(`the key ${JSON.stringify(key)} twice in one object`);
  return json;
}
