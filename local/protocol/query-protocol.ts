import { randomUUID } from "node:crypto";
import type { AwsError, WireResponse } from "../aws";

/** A form's parameters as a tree: `A.1.Name=x` is `{ A: { 1: { Name: "x" } } }`. */
export interface FormTree {
  readonly [name: string]: string | FormTree;
}

/** How a service writes answers. */
export interface XmlStyle {
  readonly namespace: string;
  /** Elements of a list or map that stands without an element of its own around it, by the list's name. */
  readonly flat: Readonly<Record<string, string>>;
  /** Name and value of a map's entry; entries that are not flat are called `entry`. */
  readonly entry: readonly [name: string, value: string];
}

/** Names that hold maps in the answers of SQS and SNS. */
const maps = new Set(["Attributes", "MessageAttributes"]);

/**
 * Reads a form as AWS's query protocol nests it.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
 */
export function readForm(body: string): FormTree {
  interface Node {
    [name: string]: string | Node;
  }
  // Without a prototype a parameter named `__proto__` is only a name.
  const node = (): Node => Object.create(null) as Node;
  const tree = node();
  for (const [key, value] of new URLSearchParams(body)) {
    const path = key.split(".");
    const last = path.pop() as string;
    let at = tree;
    for (const name of path) {
      const next = at[name];
      const child = typeof next === "object" ? next : node();
      at[name] = child;
      at = child;
    }
    at[last] = value;
  }
  return tree;
}

/** The items of a numbered list, in the order of their numbers; a single text is a list of one. */
export function readList(value: string | FormTree | undefined): (string | FormTree)[] {
  if (value === undefined || typeof value === "string") return value ? [value] : [];
  const numbers = Object.keys(value).sort((a, b) => Number(a) - Number(b));
  return numbers.map((number) => value[number] as string | FormTree);
}

/** A map that is written as a numbered list of `Name` and `Value`. */
export function readMap(value: string | FormTree | undefined): Record<string, string | FormTree> {
  const entries = readList(value).filter((entry): entry is FormTree => typeof entry !== "string");
  return Object.fromEntries(entries.map(({ Name = "", Value = {} }) => [String(Name), Value]));
}

/** A success in XML: the result and a new request id. */
export function xmlResult(operation: string, result: Readonly<Record<string, unknown>>, style: XmlStyle): WireResponse {
  const inner = Object.keys(result).length > 0 ? xml(`${operation}Result`, result, style) : "";
  const metadata = xml("ResponseMetadata", { RequestId: randomUUID() }, style);
  return xmlResponse(200, `${operation}Response`, inner + metadata, style);
}

/** A refusal in XML. */
export function xmlError(error: AwsError, code: string, style: XmlStyle): WireResponse {
  const detail = xml("Error", { Type: faultOf(error), Code: code, Message: error.message }, style);
  return xmlResponse(error.status, "ErrorResponse", detail + xml("RequestId", randomUUID(), style), style);
}

/** Whose fault a refusal is, in AWS's words. */
export const faultOf = (error: AwsError): "Sender" | "Receiver" => (error.status < 500 ? "Sender" : "Receiver");

function xmlResponse(status: number, root: string, inner: string, { namespace }: XmlStyle): WireResponse {
  const body = `<?xml version="1.0"?><${root} xmlns="${namespace}">${inner}</${root}>`;
  return { status, headers: { "content-type": "text/xml" }, body };
}

function xml(name: string, value: unknown, style: XmlStyle): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return `<${name}>${escaped(String(value))}</${name}>`;

  const flat = style.flat[name];
  if (Array.isArray(value))
    return wrapped(name, flat, value.map((item) => xml(flat ?? "member", item, style)).join(""));
  if (!maps.has(name)) {
    const parts = Object.entries(value).map(([key, part]) => xml(key, part, style));
    return `<${name}>${parts.join("")}</${name}>`;
  }
  const [key, content] = style.entry;
  const entries = Object.entries(value).map(([entry, part]) =>
    xml(flat ?? "entry", { [key]: entry, [content]: part }, style),
  );
  return wrapped(name, flat, entries.join(""));
}

const wrapped = (name: string, flat: string | undefined, inner: string): string =>
  flat ? inner : `<${name}>${inner}</${name}>`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A reader of XML would turn it into a line feed.
  "\r": "&#13;",
};

const escaped = (text: string): string => text.replace(/[&<>"\r]/g, (character) => entities[character] ?? character);
