import { areDistinct, FRESH, isOpaqueLetter, isVariable, type Letter, type Token } from "./pattern-text";

/** A pattern as what stands at each of its places. */
interface CutPattern {
  readonly tokens: readonly Token[];
}

/**
 * How a pattern with opaque parts is understood. `surely`: it matches whatever they stand for, so an opaque part matches itself alone.
 * `possibly`: there are values for which it matches. `generally`: as `possibly`, for texts with something in them that no policy mentions, and
 * with policy variables that have values of their own.
 */
export type Certainty = "surely" | "possibly" | "generally";

/** That a text is, or is not, in a language. */
export interface Membership<Pattern extends CutPattern = CutPattern> {
  readonly language: { readonly patterns: readonly Pattern[] };
  readonly certainty: Certainty;
  readonly isIn: boolean;
}

/** Thrown when a question takes more steps than it may. */
export class TooManyStepsError extends Error {}

/** How many steps are left to a question. */
export class Budget {
  constructor(private left: number) {}

  spend(steps = 1): void {
    this.left -= steps;
    if (this.left < 0) throw new TooManyStepsError("The policies are too involved to be compared");
  }
}

/** Whether an opaque token is understood as any text that it may stand for. */
const isOpen = (token: Token, certainty: Certainty): boolean =>
  token.opaque === "reference" ? certainty !== "surely" : token.opaque === "variable" && certainty === "possibly";

function accepts(token: Token, letter: Letter, certainty: Certainty): boolean {
  if (token.letters) {
    if (token.letters.includes(letter)) return true;
    if (!isOpen(token, certainty)) return false;
    return !(certainty === "generally" && letter === FRESH) && !areDistinct(token.letters[0] ?? "", letter);
  }
  if (isOpaqueLetter(letter)) return token.isStar === true && token.except === undefined;
  return !token.except?.includes(letter);
}

type Positions = readonly number[];

/** The positions with those behind stars, from the last star on that matches anything: what lies before it can do no more. */
function closed(tokens: readonly Token[], reached: readonly number[]): Positions {
  if (reached.length === 1 && !tokens[reached[0] ?? 0]?.isStar) return reached;
  const all = new Set(reached);
  for (const position of all) {
    if (tokens[position]?.isStar) all.add(position + 1);
  }
  const sorted = [...all].sort((left, right) => left - right);
  const last = sorted.findLastIndex((position) => {
    const token = tokens[position];
    return token?.isStar && token.except === undefined;
  });
  return last > 0 ? sorted.slice(last) : sorted;
}

/** The positions that an unknown value can lead to: behind any stretch of the pattern that does not hold more than the value itself. */
function leaps(tokens: readonly Token[], from: number, letter: Letter): readonly number[] {
  const reached: number[] = tokens[from]?.isStar ? [from] : [];
  for (let position = from; position < tokens.length; position += 1) {
    const { letters = [], opaque } = tokens[position] as Token;
    const isItself = letters[0] === letter;
    if (isItself && position > from) break;
    if (opaque && areDistinct(letters[0] ?? "", letter)) break;
    reached.push(position + 1);
    if (isItself) break;
  }
  return reached;
}

const isUnknownValue = (letter: Letter, certainty: Certainty): boolean =>
  isOpaqueLetter(letter) && (certainty === "possibly" || (certainty === "generally" && !isVariable(letter)));

/** Where a letter leads from one position. */
function targetsOf(
  tokens: readonly Token[],
  position: number,
  letter: Letter,
  certainty: Certainty,
): readonly number[] {
  const token = tokens[position];
  if (!token) return [];
  if (isUnknownValue(letter, certainty)) return leaps(tokens, position, letter);
  if (!accepts(token, letter, certainty)) return [];
  if (token.isStar) return [position];
  return isOpen(token, certainty) ? [position, position + 1] : [position + 1];
}

function advance({ tokens }: CutPattern, positions: Positions, letter: Letter, certainty: Certainty): Positions {
  const reached: number[] = [];
  for (const position of positions) {
    for (const target of targetsOf(tokens, position, letter, certainty)) reached.push(target);
  }
  return reached.length === 0 ? [] : closed(tokens, reached);
}

const start = ({ tokens }: CutPattern): Positions => closed(tokens, [0]);
const isAtEnd = ({ tokens }: CutPattern, positions: Positions): boolean => positions.includes(tokens.length);

/** Whether a pattern stands for a text. */
export function matches(pattern: CutPattern, word: readonly Letter[], certainty: Certainty): boolean {
  let positions = start(pattern);
  for (const letter of word) {
    positions = advance(pattern, positions, letter, certainty);
    if (positions.length === 0) return false;
  }
  return isAtEnd(pattern, positions);
}

/** A pattern that a text is being read by. */
interface Run {
  readonly pattern: CutPattern;
  /** The membership it belongs to; none for the pattern that leads. */
  readonly membership?: Membership;
  readonly positions: Positions;
}

/** Looks for a text that one pattern stands for and that fulfils every membership, over the runs of all patterns at once. */
export class TextSearch {
  private readonly seen = new Set<string>();
  private readonly positives: readonly Membership[];

  constructor(
    private readonly lead: CutPattern,
    private readonly leadCertainty: Certainty,
    private readonly memberships: readonly Membership[],
    private readonly budget: Budget,
  ) {
    this.positives = memberships.filter(({ isIn }) => isIn);
  }

  find(): boolean {
    const runs: Run[] = [{ pattern: this.lead, positions: start(this.lead) }];
    for (const membership of this.memberships) {
      for (const pattern of membership.language.patterns) runs.push({ pattern, membership, positions: start(pattern) });
    }
    const open: (readonly Run[])[] = [runs];
    for (let state = open.pop(); state; state = open.pop()) {
      if (this.isAccepted(state)) return true;
      for (const letter of this.lettersOf(state)) {
        const next = this.after(state, letter);
        if (next && this.isNew(next)) open.push(next);
      }
    }
    return false;
  }

  private isAccepted(runs: readonly Run[]): boolean {
    if (runs.length === 1 && this.positives.length === 0) return true;
    const ended = runs.filter(({ pattern, positions }) => isAtEnd(pattern, positions));
    return (
      ended.some(({ membership }) => !membership) &&
      !ended.some(({ membership }) => membership && !membership.isIn) &&
      this.positives.every((positive) => ended.some(({ membership }) => membership === positive))
    );
  }

  private certaintyOf = ({ membership }: Run): Certainty => membership?.certainty ?? this.leadCertainty;

  /** The letters that may lead on, the likeliest last: all others do what `FRESH` does. */
  private lettersOf(runs: readonly Run[]): ReadonlySet<Letter> {
    const letters = new Set<Letter>();
    const add = ({ letters: own, except }: Token): void => {
      for (const letter of own ?? []) letters.add(letter);
      for (const letter of except ?? "") letters.add(letter);
    };
    const tokensAt = ({ pattern, positions }: Run): readonly Token[] =>
      positions.flatMap((position) => pattern.tokens[position] ?? []);
    const [lead, ...others] = runs;
    const leading = lead ? tokensAt(lead) : [];
    leading.forEach(add);
    if (leading.some((token) => !token.letters || isOpen(token, this.leadCertainty))) {
      for (const run of others) tokensAt(run).forEach(add);
      letters.add(FRESH);
    }
    return letters;
  }

  private after(runs: readonly Run[], letter: Letter): readonly Run[] | undefined {
    this.budget.spend(runs.length);
    const next: Run[] = [];
    for (const run of runs) {
      const positions = advance(run.pattern, run.positions, letter, this.certaintyOf(run));
      if (positions.length > 0) next.push({ ...run, positions });
      else if (!run.membership) return undefined;
    }
    const isAlive = this.positives.every((positive) => next.some(({ membership }) => membership === positive));
    return isAlive && !next.some(TextSearch.isLost) ? next : undefined;
  }

  /** Whatever follows will be matched by what must not match. */
  private static isLost({ membership, pattern: { tokens }, positions }: Run): boolean {
    const last = tokens.at(-1);
    if (!membership || membership.isIn || !last?.isStar || last.except !== undefined) return false;
    return positions.includes(tokens.length - 1);
  }

  private isNew(runs: readonly Run[]): boolean {
    // The same patterns in the same order lead to the same answer.
    const key = runs
      .map(({ pattern, membership, positions }) => {
        const index = membership ? this.memberships.indexOf(membership) : -1;
        return `${index}.${membership?.language.patterns.indexOf(pattern) ?? 0}:${positions}`;
      })
      .join(";");
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    return true;
  }
}
