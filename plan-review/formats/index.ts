import type { Format } from "./format";
import { html } from "./html";
import { json } from "./json";
import { markdown } from "./markdown";
import { sarif } from "./sarif";
import { text } from "./text";

/** By the name that `--format` takes. */
export const formats = { text, markdown, json, sarif, html } as const satisfies Readonly<Record<string, Format>>;
export type FormatName = keyof typeof formats;
export type { Exit, Format, FormatOptions } from "./format";
