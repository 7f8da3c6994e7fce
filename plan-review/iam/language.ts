import { anyText, FRESH, type Letter, type Reading, type Token, tokensOf } from "./pattern-text";
import { type Budget, type Certainty, matches, type Membership as TextMembership, TextSearch } from "./text-search";

/** What can be told of a pattern from its text alone, without looking at single letters. */
interface Outline {
  /** What every text of the pattern begins with. */
  readonly prefix: string;
  /** Whether the prefix is all there is, or anything may follow it; none where it is neither. */
  readonly rest?: "nothing" | "anything";
}

/** A pattern of a policy; equal identities mean equal patterns. */
export class Pattern {
  private cut: readonly Token[] | undefined;

  constructor(
    readonly identity: string,
    readonly outline: Outline,
    private readonly cutTokens: () => readonly Token[],
  ) {}

  /** Cut only when asked for: most patterns are told apart by their outlines. */
  get tokens(): readonly Token[] {
    this.cut ??= this.cutTokens();
    return this.cut;
  }

  get hasOpaque(): boolean {
    return this.outline.rest === undefined && this.tokens.some(({ opaque }) => opaque !== undefined);
  }
}

let languages = 0;

/** The texts that at least one of some patterns stands for. */
export class Language {
  /** Short for the object itself. */
  readonly number = languages++;
  readonly identity: string;
  readonly patterns: readonly Pattern[];

  constructor(patterns: readonly Pattern[]) {
    if (patterns.length === 1 && patterns[0]) {
      this.patterns = patterns;
      this.identity = patterns[0].identity;
      return;
    }
    const [one, other] = patterns;
    if (patterns.length === 2 && one && other && one.identity !== other.identity) {
      this.patterns = patterns;
      const isSorted = one.identity < other.identity;
      this.identity = isSorted ? `${one.identity}\n${other.identity}` : `${other.identity}\n${one.identity}`;
      return;
    }
    const byIdentity = new Map<string, Pattern>();
    for (const pattern of patterns) byIdentity.set(pattern.identity, pattern);
    this.patterns = [...byIdentity.values()];
    this.identity = [...byIdentity.keys()].sort().join("\n");
  }

  get hasOpaque(): boolean {
    return this.patterns.some((pattern) => pattern.hasOpaque);
  }
}

const COLONS_OF_AN_ARN = 5;

function outlineOf(value: string, { reach, ignoresCase }: Reading): Outline {
  if (ignoresCase) return { prefix: "" };
  const special = value.search(reach === "none" ? /\$\{/ : /[*?]|\$\{/);
  if (special < 0) return { prefix: value, rest: "nothing" };
  const prefix = value.slice(0, special);
  const isOpenEnded = reach !== "none" && special === value.length - 1 && value.endsWith("*");
  const isHeld = reach === "arn" && value !== "*" && prefix.split(":").length <= COLONS_OF_AN_ARN;
  return { prefix, rest: isOpenEnded && !isHeld ? "anything" : undefined };
}

/** The language of the values of a policy's element or condition. */
export function languageOf(values: readonly string[], reading: Reading): Language {
  const { reach, readsVariables, ignoresCase } = reading;
  return new Language(
    values.map((value) => {
      const outline = outlineOf(value, reading);
      // How a text is read is part of what it is, unless it holds nothing to be read.
      const how = outline.rest ? "" : `${reach} ${readsVariables && value.includes("$")} ${ignoresCase === true} `;
      const mark = outline.rest === "anything" ? "… " : "";
      const identity = outline.rest === "nothing" ? value : `${how}${mark}${value}`;
      return new Pattern(identity, outline, () => tokensOf(value, reading));
    }),
  );
}

let unnamed = 0;
/** A pattern that stands in no policy. */
export function patternOf(...tokens: readonly Token[]): Pattern {
  unnamed += 1;
  return new Pattern(`unnamed ${unnamed}`, { prefix: "" }, () => tokens);
}
const text = (value: string): readonly Token[] => [...value].map((letter) => ({ letters: [letter] }));
const part: Token = { isStar: true, except: ":" };
const colon: Token = { letters: [":"] };
const any: Token = {};

/** What a text of some kind can be. */
export interface Universe {
  readonly language: Language;
  /** The same, for a text without opaque parts. */
  readonly holds: (word: string) => boolean;
}

export const everyText: Universe = { language: new Language([patternOf(anyText)]), holds: () => true };

/** Actions have a service and a name. */
export const everyAction: Universe = {
  language: new Language([patternOf({ except: ":" }, part, colon, { except: ":" }, part)]),
  holds: (word) => /^[^:]+:[^:]+$/.test(word),
};

/** Resources are ARNs of six parts, or something else: `*` for a call that is about nothing in particular, `execute-api:/prod/*`. */
export const everyResource: Universe = {
  language: new Language([
    patternOf(...text("arn:"), part, colon, part, colon, part, colon, part, colon, any, anyText),
    ...["", "a", "ar", "arn"].flatMap((prefix, index) => [
      patternOf(...text(prefix), { except: prefix === "" ? "a:" : "arn:"[index] }, anyText),
      ...(prefix === "" ? [] : [patternOf(...text(prefix))]),
    ]),
  ]),
  holds: (word) => /^(arn:([^:]*:){4}.|(?!arn:)[^:])/s.test(word),
};

/** Whether no text is in both, as far as outlines tell. */
function areApart({ outline: left }: Pattern, { outline: right }: Pattern): boolean {
  const [short, long] = left.prefix.length < right.prefix.length ? [left, right] : [right, left];
  return (
    !long.prefix.startsWith(short.prefix) || (short.rest === "nothing" && long.prefix.length > short.prefix.length)
  );
}

/** Whether every text of the inner one is in the outer one, as far as outlines tell. */
function isInside(inner: Pattern, outer: Pattern, isSure: boolean): boolean {
  return (
    (isSure && inner.identity === outer.identity) ||
    (outer.outline.rest === "anything" && inner.outline.prefix.startsWith(outer.outline.prefix))
  );
}

/** That a text is, or is not, in a language. */
export type Membership = TextMembership<Pattern>;

/** A membership less the patterns that have nothing to do with the leading one; or whether it holds for all of that one's texts. */
function reduced(lead: Pattern, leadCertainty: Certainty, membership: Membership): Membership | boolean {
  const { language, certainty, isIn } = membership;
  const patterns = language.patterns.filter((pattern) => !areApart(lead, pattern));
  if (patterns.length === 0) return !isIn;
  const isSure = leadCertainty === "surely" || leadCertainty === certainty;
  if (patterns.some((pattern) => isInside(lead, pattern, isSure))) return isIn;
  return { language: { patterns }, certainty, isIn };
}

const isMember = (word: readonly Letter[], { language, certainty }: Membership): boolean =>
  language.patterns.some((pattern) => matches(pattern, word, certainty));

/** A text of a pattern, with something that no policy mentions wherever anything may stand, and whether it is the only one. */
function exampleOf(pattern: Pattern): { readonly letters: readonly Letter[]; readonly isOnly: boolean } {
  const { prefix, rest } = pattern.outline;
  if (rest) return { letters: rest === "nothing" ? [...prefix] : [...prefix, FRESH], isOnly: rest === "nothing" };
  const { tokens } = pattern;
  return {
    letters: tokens.map(({ letters }) => letters?.[0] ?? FRESH),
    isOnly: tokens.every(({ letters }) => letters?.length === 1),
  };
}

/** Whether some text of a pattern fulfils all memberships. */
function isFulfilledBy(
  lead: Pattern,
  certainty: Certainty,
  memberships: readonly Membership[],
  universe: Universe,
  budget: Budget,
): boolean {
  const open: Membership[] = [];
  for (const membership of memberships) {
    budget.spend(membership.language.patterns.length);
    const left = reduced(lead, certainty, membership);
    if (left === false) return false;
    if (left !== true) open.push(left);
  }
  if (certainty === "surely") {
    const { isOnly, letters } = exampleOf(lead);
    const isAmong = open.every((membership) => isMember(letters, membership) === membership.isIn);
    // What a policy names is a thing of its kind.
    if (isOnly) return isAmong;
    if (isAmong && universe.holds(letters.join(""))) return true;
  }
  const within: TextMembership = { language: universe.language, certainty: "possibly", isIn: true };
  return new TextSearch(lead, certainty, universe === everyText ? open : [...open, within], budget).find();
}

/** How much there is to look at in a language: single texts are looked at fast. */
const effort = ({ language: { patterns } }: Membership): number =>
  patterns.reduce((sum, { outline }) => sum + (outline.rest === "nothing" ? 1 : 100), 0);

/**
 * Whether some text of a universe fulfils all memberships. Exact for patterns without opaque parts.
 * @throws TooManyStepsError
 */
export function isFulfillable(memberships: readonly Membership[], universe: Universe, budget: Budget): boolean {
  const [first] = memberships;
  if (memberships.length === 1 && first?.isIn && first.certainty === "surely") {
    // What a policy names by itself is there.
    if (first.language.patterns.some(({ outline }) => outline.rest === "nothing")) return true;
  }
  const negatives = memberships.filter(({ isIn }) => !isIn);
  const positives: Membership[] = [];
  for (const membership of memberships) if (membership.isIn) positives.push(without(membership, negatives));
  // A text is written with the opaque parts of what it must surely match, if that has any.
  const writer = positives.find(
    ({ language, certainty }) => certainty === "surely" && language.patterns.some(({ hasOpaque }) => hasOpaque),
  );
  const lead =
    writer ??
    (positives.length > 1 ? [...positives].sort((left, right) => effort(left) - effort(right)) : positives)[0];
  const rest = [...positives.filter((membership) => membership !== lead), ...negatives];
  const { language, certainty }: Omit<Membership, "isIn"> = lead ?? {
    language: universe.language,
    certainty: "possibly",
  };
  return language.patterns.some((pattern) => isFulfilledBy(pattern, certainty, rest, universe, budget));
}

/** A membership less the patterns that lie in what must not match: whatever they stand for is out. */
function without(membership: Membership, negatives: readonly Membership[]): Membership {
  if (negatives.length === 0) return membership;
  const isOut = (pattern: Pattern): boolean =>
    negatives.some(({ language }) => language.patterns.some((other) => isInside(pattern, other, true)));
  const patterns = membership.language.patterns.filter((pattern) => !isOut(pattern));
  return { ...membership, language: { patterns } };
}
