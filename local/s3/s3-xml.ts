import { S3Error } from "./s3-errors";

/** What an element holds: text, elements by name, or nothing (the element is left out). An array is the element several times. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

/** An element as it was read. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Text as S3 writes it. XML 1.0 has no way to say most control characters; S3 writes references to them all the same, which strict parsers
 * refuse. `encoding-type=url` is the way around.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_RequestSyntax
 */
const escaped = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be written as references
    /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g,
    (character) => entities[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );

function element(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((one: XmlValue) => element(name, one)).join("");
  if (typeof value !== "object") return `<${name}>${escaped(String(value))}</${name}>`;
  return `<${name}>${elements(value as { readonly [name: string]: XmlValue })}</${name}>`;
}

const elements = (content: { readonly [name: string]: XmlValue }): string =>
  Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join("");

/**
 * A document of S3's.
 * @param withNamespace errors and the answer to a POST are without
 */
export function xmlDocument(root: string, content: Exclude<XmlValue, undefined>, withNamespace = true): Buffer {
  const inner = typeof content === "object" ? elements(content as { readonly [name: string]: XmlValue }) : content;
  const attribute = withNamespace ? ` xmlns="${NAMESPACE}"` : "";
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner}</${root}>`);
}

const malformed = (): S3Error =>
  new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    400,
  );

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));|&/gi, (_, hex?: string, decimal?: string, name?: string) => {
    const codePoint = hex ? Number.parseInt(hex, 16) : Number(decimal);
    if ((hex || decimal) && codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
    const character = name && Object.hasOwn(named, name) ? named[name] : undefined;
    if (character === undefined) throw malformed();
    return character;
  });

type Token =
  | { readonly text: string }
  | { readonly opens: string; readonly isEmpty: boolean }
  | { readonly closes: string };

/** @throws S3Error `MalformedXML` (400) for what is no part of a document, a document type included */
function* tokensOf(source: string): Generator<Token> {
  const part =
    /<\?.*?\?>|<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<\/([^\s<>]+)\s*>|<([^\s<>/!?]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)|(<)/gsu;
  // A carriage return that stands for itself is written as a reference: XML reads any other as the end of a line.
  const lines = source.replace(/\r\n?/g, "\n");
  for (const [, cdata, closes, opens, slash, characters, stray] of lines.matchAll(part)) {
    if (stray !== undefined) throw malformed();
    if (cdata !== undefined) yield { text: cdata };
    if (characters !== undefined) yield { text: unescaped(characters) };
    if (closes !== undefined) yield { closes };
    if (opens !== undefined) yield { opens, isEmpty: slash === "/" };
  }
}

/**
 * Reads what clients send: elements and text. Attributes are passed over.
 * @throws S3Error `MalformedXML` (400)
 */
export function readXml(body: Buffer): XmlElement {
  interface Open {
    readonly name: string;
    text: string;
    readonly children: XmlElement[];
  }
  const root: Open = { name: "", text: "", children: [] };
  const open: Open[] = [root];
  for (const token of tokensOf(body.toString())) {
    const at = open.at(-1) ?? root;
    if ("text" in token) {
      at.text += token.text;
    } else if ("closes" in token) {
      if (open.pop()?.name !== token.closes) throw malformed();
    } else {
      const child: Open = { name: token.opens, text: "", children: [] };
      at.children.push(child);
      if (!token.isEmpty) open.push(child);
    }
  }
  const [first, ...others] = root.children;
  if (!first || others.length > 0 || open.length > 1 || root.text.trim() !== "") throw malformed();
  return first;
}

/** Children of a name. */
export const childrenOf = ({ children }: XmlElement, name: string): readonly XmlElement[] =>
  children.filter((child) => child.name === name);

/** The text of the only child of a name; none where there is no such child. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const [first, ...others] = childrenOf(parent, name);
  if (others.length > 0) throw malformed();
  return first?.text;
}

/**
 * The text of a child that must be there.
 * @throws S3Error `MalformedXML` (400)
 */
export function requiredTextOf(parent: XmlElement, name: string): string {
  const text = textOf(parent, name);
  if (text === undefined) throw malformed();
  return text;
}

/**
 * A document whose root has a name, and only children that are known.
 * @throws S3Error `MalformedXML` (400)
 */
export function readDocument(body: Buffer, root: string, children: readonly string[]): XmlElement {
  const document = readXml(body);
  if (document.name !== root || document.children.some(({ name }) => !children.includes(name))) throw malformed();
  return document;
}
