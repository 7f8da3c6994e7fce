import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import type { JsonObject } from "./plan";
import { isObject } from "./values";

/** Something that the review cannot work on: the message says what was got and what to do. The command ends with 1. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const SHOW = "run: terraform show -json plan.out > plan.json";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "it may not be read",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GB",
};

/**
 * A file's bytes; `-` is standard input.
 * @throws InputError that names the file
 */
export function readBytes(file: string): Buffer {
  try {
    return fs.readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // A terminal or a pipe that nobody writes to.
    if (file === "-" && (code === "EAGAIN" || code === "EOF")) return Buffer.alloc(0);
    throw new InputError(`${file} cannot be read: ${reasons[code] ?? code}`);
  }
}

/** UTF-8 with or without a byte order mark, and UTF-16, which PowerShell's `>` writes. */
function textOf(bytes: Buffer, name: string): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.toString("utf16le", 2);
  if (first === 0xfe && second === 0xff) {
    return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString("utf16le");
  }
  // "{" as UTF-16 without its mark.
  if (first === 0x7b && second === 0) return bytes.toString("utf16le");
  if (!isUtf8(bytes)) throw new InputError(`${name} must be text in UTF-8 or UTF-16, got other bytes; ${SHOW}`);
  try {
    return bytes.toString("utf8", first === 0xef && second === 0xbb ? 3 : 0);
  } catch {
    throw new InputError(`${name} holds ${Math.round(bytes.length / 1e6)} MB of text; 500 MB can be read`);
  }
}

/** What other output of Terraform a text that is no JSON may be. */
function gotInstead(text: string): string {
  const begin = text.slice(0, 4000).trimStart();
  const end = text.slice(-200).trimEnd();
  const [line = ""] = begin.split("\n", 1);
  if (line.startsWith("{") && isJson(line)) {
    return `JSON Lines, one document a line, as "terraform plan -json" writes; run: terraform plan -out=plan.out, then: terraform show -json plan.out > plan.json`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  if (!/^(\u001b\[[\d;]*m)*[[{]/.test(begin) || /^\u001b/.test(begin)) {
    return `text for people, as "terraform plan" and "terraform show" print it, or HCL; ${SHOW}`;
  }
  if (!/[}\]]$/.test(end)) return `JSON that stops before its end (${text.length} characters); write the file again`;
  return "no valid JSON";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where V8 says that JSON went wrong. Its message itself quotes the document, secrets and all. */
function placeOf(error: unknown, text: string): string {
  const position = Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? Number.NaN);
  if (Number.isNaN(position)) return "";
  const lines = text.slice(0, position).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

/**
 * The JSON object that bytes hold.
 * @param name the file, as messages say it
 * @throws InputError that says what else it is
 */
export function parseDocument(bytes: Buffer, name: string): JsonObject {
  if (bytes.length === 0) throw new InputError(`${name} is empty: did the command that writes it fail? ${SHOW}`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw new InputError(`${name} must be JSON, got Terraform's binary plan file or another zip; ${SHOW}`);
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new InputError(`${name} must be JSON, got gzip; unpack it first`);
  const text = textOf(bytes, name);
  if (text.trim() === "") throw new InputError(`${name} is empty: did the command that writes it fail? ${SHOW}`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${name} must be JSON, got ${gotInstead(text)}${placeOf(error, text)}`);
  }
  if (isObject(document)) return document;
  const got = Array.isArray(document) ? "a list" : document === null ? "null" : `a ${typeof document}`;
  throw new InputError(`${name} must hold a JSON object, got ${got}; ${SHOW}`);
}

const has = (document: JsonObject, ...keys: readonly string[]): boolean =>
  keys.every((key) => Object.hasOwn(document, key));

/** Whether it is Terraform's JSON configuration, such as a cdk.tf.json. */
export const isConfiguration = (document: JsonObject): boolean =>
  !has(document, "format_version") &&
  ["resource", "terraform", "provider", "data", "module", "output", "variable", "locals"].some((key) =>
    [document[key]].flat().some(isObject),
  );

/** What a JSON object is that is no plan. */
function kindOf(document: JsonObject): string | undefined {
  if (has(document, "version", "terraform_version", "serial")) {
    return `a state file; plan first: terraform plan -out=plan.out, then ${SHOW}`;
  }
  if (has(document, "@level") || has(document, "@message")) {
    return `one line of "terraform plan -json"; ${SHOW}`;
  }
  if (isConfiguration(document)) {
    return "a configuration; give two of them, the old one first: plan-review old/cdk.tf.json new/cdk.tf.json";
  }
  if (has(document, "provider_schemas")) return `schemas of providers; ${SHOW}`;
  const isPlan = ["planned_values", "resource_changes", "output_changes", "configuration"].some((key) =>
    has(document, key),
  );
  if (has(document, "values") && !isPlan) {
    return `a state, as "terraform show -json" without a plan file prints it; ${SHOW}`;
  }
  if (!has(document, "format_version")) return `an object without format_version; ${SHOW}`;
  return undefined;
}

/**
 * Refuses what is no plan of a format that this review reads: 1.x.
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export function checkPlanFormat(document: JsonObject, name: string): void {
  const kind = kindOf(document);
  if (kind) throw new InputError(`${name} must be a plan, got ${kind}`);
  const version = document.format_version;
  if (typeof version !== "string" || !/^1\.\d+$/.test(version)) {
    const remedy = /^0\./.test(String(version)) ? "plan with Terraform 1.1 or later" : "a newer plan-review is needed";
    throw new InputError(`${name} must have format_version 1.x, got: ${JSON.stringify(version)}; ${remedy}`);
  }
  const isPlan = ["planned_values", "resource_changes", "output_changes", "configuration"].some((key) =>
    has(document, key),
  );
  if (!isPlan) throw new InputError(`${name} must be a plan, got an object with no change, value or configuration`);
}
