/**
 * A letter of a text: one character, or an opaque part as a whole: what Terraform knows only after apply
 * (`${aws_sqs_queue.orders.arn}`), or a policy variable (`${aws:username}`).
 */
export type Letter = string;

/** Characters are of one or two units. */
export const isOpaqueLetter = (letter: Letter): boolean => letter.length > 2;

/** Policy variables are written otherwise than references, so that they can be told apart. */
export const isVariable = (letter: Letter): boolean => isOpaqueLetter(letter) && letter.startsWith("$[");

/** Stands for every character that no policy mentions. */
export const FRESH: Letter = "\uFFFF";

/** What stands at one place of a pattern. */
export interface Token {
  /** The letters of which one must stand there; none for a wildcard. */
  readonly letters?: readonly Letter[];
  /** Characters that a wildcard does not stand for. */
  readonly except?: string;
  /** Whether it may stand any number of times, or not at all. */
  readonly isStar?: boolean;
  /** What kind of opaque text it is: one value that is not known, or one that every request brings along. */
  readonly opaque?: "reference" | "variable";
}

/**
 * How far `*` and `?` reach; `none`: they are characters like others. The rest as in `policy/pattern.ts`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export type Reach = "none" | "text" | "arn" | "resource";

/** How the text of a policy is to be read. */
export interface Reading {
  readonly reach: Reach;
  /** Whether `${aws:username}` and the like stand for values: since version 2012-10-17. */
  readonly readsVariables: boolean;
  /** @default false */
  readonly ignoresCase?: boolean;
}

const COLONS_OF_AN_ARN = 5;
const policyVariable = /^\s*([A-Za-z][\w.-]*:[\w./@=+:-]+)\s*(,\s*'[^']*')?\s*$/;

/** The keys of the policy variables in some texts, but for those with a default. */
export function variablesOf(texts: readonly string[]): readonly string[] {
  const all = texts.flatMap((text) => (text.includes("${") ? [...text.matchAll(/\$\{([^}]*)\}/g)] : []));
  return all.flatMap(([, inner = ""]) => {
    const [, key, otherwise] = policyVariable.exec(inner) ?? [];
    return key !== undefined && otherwise === undefined ? [key.toLowerCase()] : [];
  });
}

export const anyText: Token = { isStar: true };

/** An opaque part by the text that makes it equal to itself alone. */
export const opaqueToken = (letter: string): Token => ({ letters: [letter], opaque: "reference" });

const plainTokens = new Map<string, Token>();

function characterToken(character: string, ignoresCase: boolean): Token {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  if (ignoresCase && lower !== upper) return { letters: [lower, upper] };
  // A policy has thousands of characters, of some dozens of kinds.
  const token = plainTokens.get(character) ?? { letters: [character] };
  plainTokens.set(character, token);
  return token;
}

/** `${…}` as what it stands for; undefined where it is text like any other. */
function interpolation(text: string, inner: string, { readsVariables }: Reading): Token | undefined {
  if (["*", "?", "$"].includes(inner)) return readsVariables ? { letters: [inner] } : undefined;
  const [, key, otherwise = ""] = policyVariable.exec(inner) ?? [];
  if (key === undefined) return opaqueToken(text);
  return readsVariables ? { letters: [`$[${key.toLowerCase()}${otherwise}]`], opaque: "variable" } : undefined;
}

/** Whether a wildcard stays within its part of an ARN. */
function isHeld(reach: Reach, wildcard: string, next: string | undefined, colons: number): boolean {
  if (colons >= COLONS_OF_AN_ARN) return false;
  return reach === "arn" || (reach === "resource" && !(wildcard === "*" && (next === undefined || next === ":")));
}

/** The tokens of a text of a policy. */
export function tokensOf(text: string, reading: Reading): readonly Token[] {
  const { reach, ignoresCase = false } = reading;
  // AWS refuses nothing here, and a lone star is meant to match every ARN.
  if (text === "*" && reach !== "none") return [anyText];
  const parts = [...text.replace(/\*{2,}/g, reach === "none" ? "$&" : "*").matchAll(/\$\{([^}]*)\}|./gsu)];
  let colons = 0;
  return parts.flatMap(([part, inner], index) => {
    const opaque = inner === undefined ? undefined : interpolation(part, inner, reading);
    if (opaque) {
      // What begins with an unknown value begins with an ARN.
      if (index === 0 && opaque.opaque === "reference") colons = COLONS_OF_AN_ARN;
      return [opaque];
    }
    if (reach !== "none" && (part === "*" || part === "?")) {
      const held = isHeld(reach, part, parts[index + 1]?.[0], colons);
      return [{ isStar: part === "*", except: held ? ":" : undefined }];
    }
    colons += part.split(":").length - 1;
    return [...part].map((character) => characterToken(character, ignoresCase));
  });
}

/** ARNs of managed resources, as references. */
const managedArn =
  /^\$\{((?:module\.[\w-]+(?:\[[^\]]*\])?\.)*([a-z0-9]+_([a-z0-9]+)\w*)\.[\w-]+(?:\[[^\]]*\]|\.\d+)?)\.arn\}$/;

/** Whether an opaque part is an ARN for sure. */
export const isArn = (text: string): boolean => managedArn.test(text);

/**
 * Whether two opaque parts surely differ and none begins with the other: ARNs of different resources of one type, or of two services.
 * (A function's alias has an ARN that begins with the function's.)
 */
export function areDistinct(left: Letter, right: Letter): boolean {
  if (left === right) return false;
  const [, leftAddress, leftType, leftService] = managedArn.exec(left) ?? [];
  const [, rightAddress, rightType, rightService] = managedArn.exec(right) ?? [];
  if (leftAddress === undefined || rightAddress === undefined || leftAddress === rightAddress) return false;
  return leftType === rightType || leftService !== rightService;
}
