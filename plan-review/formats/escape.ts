// Names, tags, Sids, ARNs and descriptions in a plan are written by whoever opened the pull request. Nothing of them may act in a
// terminal, a build log, a comment or a page, or look like words of this review.

import { grouped } from "./grouped";

/**
 * What a reader cannot see, or what changes how its neighbours look: controls (ANSI escapes, line breaks), bidirectional marks,
 * zero-width and other ignorable characters, odd spaces, lone surrogates, private and unassigned characters, and a fifth mark upon one
 * letter.
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<=\p{M}{4})\p{M}/gu;

/** Build logs act upon `##[error]` (GitHub) and `##vso[…]` (Azure) anywhere in a line. */
const commandPrefix = /(?<=#)#/g;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  return shortEscapes[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** Cuts the middle out of a text of more than `limit` UTF-16 units, and says how much of it. */
export function clipped(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const isInPair = (at: number) =>
    /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(at));
  let head = Math.ceil((limit * 2) / 3);
  let tail = text.length - (limit - head);
  if (isInPair(head)) head -= 1;
  if (isInPair(tail)) tail += 1;
  return `${text.slice(0, head)} … ${grouped(tail - head)} characters … ${text.slice(tail)}`;
}

/** One line in which every character is one that a reader sees: all else stands as an escape, `\n` or `\u{202e}`. */
export function visible(text: string, limit = 400): string {
  if (text.length <= limit && /^[ -"$-~]*$/.test(text)) return text;
  return clipped(text, limit)
    .replace(unprintable, escaped)
    .replace(commandPrefix, () => escaped("#"));
}

const htmlEntities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For the text of an element, or a quoted attribute. */
export function htmlText(text: string, limit?: number): string {
  return visible(text, limit).replace(/[&<>"']/g, (character) => htmlEntities[character] ?? character);
}

/** A code span: GitHub and GitLab find neither mentions, references, links nor HTML in it. */
export function markdownCode(text: string, limit?: number): string {
  // The start of a comment would let a name pass for the marker by which comments are found again.
  const shown = visible(text, limit).replaceAll("<!--", "<!\\u{2d}-");
  if (shown.trim() === "") return "` `";
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = /^[ `]|[ `]$/.test(shown) ? " " : "";
  return `${fence}${padding}${shown}${padding}${fence}`;
}

/** Words that mean nothing to any Markdown reader, not even as a mention, a reference, a commit, a list or an emoji. */
const plainWord =
  /^(?![a-fA-F]{7,}\W*$)(?!\W?www\.)(?:["(]?\p{L}+(?:['’-]\p{Ll}+)*[",;:.!?)]*|\d{1,3}(?:,?\d{3})*[%,;:]?|[→…·–—])$/u;

/** Prose in which whatever is no plain word stands in code spans, since a backslash stops no mention. */
export function markdownProse(text: string, limit?: number): string {
  const parts: { readonly isPlain: boolean; readonly words: string[] }[] = [];
  for (const word of visible(text, limit).split(/ +/).filter(Boolean)) {
    const isPlain = plainWord.test(word);
    const last = parts.at(-1);
    if (last?.isPlain === isPlain) last.words.push(word);
    else parts.push({ isPlain, words: [word] });
  }
  return parts
    .map(({ isPlain, words }) => (isPlain ? words.join(" ") : markdownCode(words.join(" "), Number.POSITIVE_INFINITY)))
    .join(" ");
}

/**
 * For SARIF's plain text messages, where `{0}` is a placeholder and `[text](1)` a link.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html section 3.11
 */
export function sarifText(text: string, limit?: number): string {
  return visible(text, limit)
    .replace(/[{}]/g, (brace) => brace + brace)
    .replaceAll("](", "] (");
}

/** JSON that says the same in a file and does nothing in a terminal or a build log. */
export function jsonText(value: unknown): string {
  const unit = (character: string) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join("");
  return `${JSON.stringify(value, null, 2)
    .replace(unprintable, (character) => (character === "\n" ? character : unit(character)))
    .replace(commandPrefix, unit)}\n`;
}
