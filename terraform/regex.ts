import { EvaluationError } from "./values";

const SPACE = "\\t\\n\\f\\r ";

/** Turns a token of Terraform's pattern, which is RE2's, into JavaScript's; gives nothing for one that has no counterpart. */
function translate(token: string, isInClass: boolean): string | undefined {
  switch (token) {
    case "\\s":
      return isInClass ? SPACE : `[${SPACE}]`;
    case "\\S":
      return isInClass ? undefined : `[^${SPACE}]`;
    case ".":
      return isInClass ? "." : "[^\\n]";
    case "\\-":
      return isInClass ? "\\-" : "-";
    case "(?P<":
      return "(?<";
    case "(?:":
    case "(?<":
      return token;
  }
  if (/^\\([dDwWbBnrtfv]|[\\^$.*+?()[\]{}|/])$/.test(token)) return token;
  // RE2 lets one escape every punctuation mark, JavaScript only those that mean something.
  if (/^\\[!-/:-@[-`{-~]$/.test(token)) return token.slice(1);
  return token.length === 1 || /^[^\\[(]/.test(token) ? token : undefined;
}

function toJavaScript(pattern: string): RegExp {
  let isInClass = false;
  const tokens = pattern.match(/\\.|\[\^?\]|\[:|\(\?P?<[=!]?|\(\?.|./gsu) ?? [];
  const source = tokens.map((token) => {
    const translated = translate(token, isInClass);
    if (translated === undefined) {
      throw new Error(`the local run does not have ${token} of the regular expression ${JSON.stringify(pattern)}`);
    }
    if (token === "[") isInClass = true;
    if (token === "]") isInClass = false;
    return translated;
  });
  try {
    return new RegExp(source.join(""), "u");
  } catch (error) {
    throw new Error(`the local run cannot read the regular expression ${JSON.stringify(pattern)}`, { cause: error });
  }
}

/**
 * Terraform's `regex`: the first match; with groups, a list or an object of what they matched, null for those that took no part.
 *
 * @see https://developer.hashicorp.com/terraform/language/functions/regex
 * @throws EvaluationError where nothing matches
 * @throws Error for syntax that has no counterpart in JavaScript
 */
export function firstMatch(pattern: string, text: string): unknown {
  const match = toJavaScript(pattern).exec(text);
  if (!match) throw new EvaluationError(`the regular expression ${JSON.stringify(pattern)} matches nothing`);
  const groups = match.slice(1);
  if (match.groups) {
    const named = Object.entries(match.groups);
    if (named.length < groups.length)
      throw new EvaluationError("a regular expression cannot mix groups with and without names");
    return Object.fromEntries(named.map(([name, value]) => [name, value ?? null]));
  }
  return groups.length > 0 ? groups.map((value) => value ?? null) : match[0];
}
