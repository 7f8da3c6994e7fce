/** A request's condition keys, in lower case, with their values. */
export type Context = ReadonlyMap<string, readonly string[]>;

/**
 * How far `*` and `?` reach. `text`: over anything. `arn`: within one of an ARN's six parts, the last of which may hold colons.
 * `resource`: as in an ARN, but a `*` that ends a part may go on past it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export type Reach = "text" | "arn" | "resource";

interface Token {
  readonly text: string;
  readonly isWildcard: boolean;
}

const COLONS_OF_AN_ARN = 5;
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** `aws:PrincipalArn` or `aws:PrincipalArn, 'nobody'`: the key and what stands in for it. */
function keyOf(variable: string): { key: string; otherwise?: string } {
  const [, key = variable, otherwise] = /^\s*([^\s,]+)\s*(?:,\s*'(.*)'\s*)?$/.exec(variable) ?? [];
  return { key: key.toLowerCase(), otherwise };
}

/** `${*}`, `${?}` and `${$}` stand for the characters themselves. */
const isCharacter = (variable: string): boolean => ["*", "?", "$"].includes(variable);

const variablesOf = (template: string): readonly string[] =>
  [...template.matchAll(/\$\{([^}]+)\}/g)].map(([, name]) => name as string).filter((name) => !isCharacter(name));

/** Condition keys, in lower case, that stand as variables in a template. */
export const variableKeysOf = (template: string): readonly string[] =>
  variablesOf(template).map((variable) => keyOf(variable).key);

/** A value for a variable; none for a key that the request lacks, or that has several values. */
function valueFor(variable: string, context: Context): string | undefined {
  if (isCharacter(variable)) return variable;
  const { key, otherwise } = keyOf(variable);
  const values = context.get(key);
  return values?.length === 1 ? values[0] : otherwise;
}

const hasVariables = (template: string): boolean => template.includes("${");

/** Whether every variable of a template has a value in the request. */
export const isResolvable = (template: string, context: Context): boolean =>
  !hasVariables(template) || variablesOf(template).every((variable) => valueFor(variable, context) !== undefined);

/** A template cut into text and wildcards. What a variable stands for is text, whatever is in it. Without a context, no variables. */
function tokensOf(template: string, context?: Context): readonly Token[] {
  const parts = context ? /\$\{([^}]+)\}|[*?]|[^*?$]+|\$/g : /[*?]|[^*?]+/g;
  return [...template.matchAll(parts)].map(([text, variable]) =>
    variable && context
      ? { text: valueFor(variable, context) ?? "", isWildcard: false }
      : { text, isWildcard: text === "*" || text === "?" },
  );
}

/** The text that a template stands for; wildcards are characters like any other. */
export const textOf = (template: string, context?: Context): string =>
  context && hasVariables(template)
    ? tokensOf(template, context)
        .map(({ text }) => text)
        .join("")
    : template;

/** Expressions that were made before: every call is checked against all policies of its caller, and their patterns are few. */
const known = new Map<string, RegExp>();
const MAX_KNOWN = 10_000;

/** The expression that matches what a template with `*` (any number of characters) and `?` (one) matches. Case counts. */
export function wildcardPattern(template: string, reach: Reach, context?: Context): RegExp {
  if (context && hasVariables(template)) return patternOf(template, reach, context);
  const key = `${reach} ${template}`;
  const pattern = known.get(key) ?? patternOf(template, reach);
  // Templates that are made of what was asked for have no end.
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, pattern);
  return pattern;
}

function patternOf(template: string, reach: Reach, context?: Context): RegExp {
  const tokens = tokensOf(template, context);
  let colons = 0;
  const source = tokens.map(({ text, isWildcard }, index) => {
    if (!isWildcard) {
      colons += text.split(":").length - 1;
      return escaped(text);
    }
    const next = tokens[index + 1]?.text ?? ":";
    const isHeld = reach === "arn" || (reach === "resource" && !(text === "*" && next.startsWith(":")));
    return `${isHeld && colons < COLONS_OF_AN_ARN ? "[^:]" : "."}${text === "*" ? "*" : ""}`;
  });
  return new RegExp(`^${source.join("")}$`, "su");
}
