import * as fs from "node:fs";

/**
 * Reads a file of JSON that people edit. A byte order mark, which some editors write, is passed over.
 * @throws Error of the file system or of the parser
 */
export function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
}
