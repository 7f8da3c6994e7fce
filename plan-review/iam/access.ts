import { type Demand, isKeyFulfillable } from "./condition";
import type { Factor } from "./document";
import { everyAction, everyResource, everyText, isFulfillable, type Membership, type Universe } from "./language";
import { everyPrincipal } from "./principal";
import { type Budget, type Certainty, TooManyStepsError } from "./text-search";

/** A literal of the question: a factor that is to hold or not to hold. */
interface Literal {
  readonly factor: Factor;
  readonly isFulfilled: boolean;
  /** Whether the request comes from there, or is to stay outside. */
  readonly side: "source" | "target";
}

/**
 * `possible`: whether, for some values of what is unknown, there is such a request; taking every doubt for yes. `certain`: whether there
 * is one for all of their values; taking every doubt for no.
 */
type Mode = "possible" | "certain";

const universes: Readonly<Record<string, Universe>> = {
  principal: everyPrincipal,
  action: everyAction,
  resource: everyResource,
};

const dimensionOf = (factor: Factor): string =>
  factor.dimension === "key" ? `key ${factor.predicate.key}` : factor.dimension;

const aboutActions = new Map<number, boolean>();
const MOST_REMEMBERED = 10_000;
const MOST_NUMBERED = 2 ** 20;

/** What was answered of literals before. */
class Answers {
  private readonly known = new Map<string, boolean>();
  private readonly numbers = { key: new Map<string, number>(), other: new Map<string, number>() };
  private numbered = 0;

  of(literals: readonly Literal[], answer: () => boolean): boolean {
    let key = "";
    for (const { factor, isFulfilled, side } of literals) {
      key += `${this.numberOf(factor)}${isFulfilled ? "+" : "-"}${side === "source" ? "s" : "t"}`;
    }
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const answered = answer();
    this.known.set(key, answered);
    return answered;
  }

  /** Short for its identity, which may be as long as a statement. */
  private numberOf({ dimension, identity }: Factor): number {
    const numbers = dimension === "key" ? this.numbers.key : this.numbers.other;
    const known = numbers.get(identity);
    if (known !== undefined) return known;
    this.numbered += 1;
    numbers.set(identity, this.numbered);
    return this.numbered;
  }
}

/**
 * Asks whether there are requests that fulfil all factors of a source and, of each target, not all factors. Requests are split along the
 * factors that can fail; each dimension (who, action, resource, each condition key) is decided by itself.
 */
class Question {
  /** Of one target alone nothing is asked twice. */
  private answers: Answers | undefined;

  constructor(
    private readonly mode: Mode,
    private readonly budget: Budget,
  ) {}

  ask(source: readonly Factor[], targets: readonly (readonly Factor[])[]): boolean {
    if (targets.length > 1) this.answers = new Answers();
    const literals = new Map<string, readonly Literal[]>();
    for (const factor of source) this.add(literals, { factor, isFulfilled: true, side: "source" });
    for (const dimension of literals.keys()) {
      if (!this.isPossible(dimension, literals.get(dimension) ?? [])) return false;
    }
    return this.search(literals, targets);
  }

  private add(literals: Map<string, readonly Literal[]>, literal: Literal): void {
    const dimension = dimensionOf(literal.factor);
    literals.set(dimension, [...(literals.get(dimension) ?? []), literal]);
  }

  private canAdd(literals: ReadonlyMap<string, readonly Literal[]>, factor: Factor, isFulfilled: boolean): boolean {
    const dimension = dimensionOf(factor);
    return this.isPossible(dimension, [...(literals.get(dimension) ?? []), { factor, isFulfilled, side: "target" }]);
  }

  private search(given: ReadonlyMap<string, readonly Literal[]>, all: readonly (readonly Factor[])[]): boolean {
    this.budget.spend();
    if (all.length <= 1) {
      // What fails one of the only target's factors is outside of it.
      const [only] = all;
      return !only || only.some((factor) => this.canAdd(given, factor, false));
    }
    const literals = new Map(given);
    const open = this.propagate(literals, all);
    if (!open) return false;
    const [next, ...rest] = open.sort((left, right) => left.failing.length - right.failing.length);
    if (!next) return true;
    const targets = rest.map(({ target }) => target);
    return next.failing.some((factor) => {
      const narrowed = new Map(literals);
      this.add(narrowed, { factor, isFulfilled: false, side: "target" });
      return this.search(narrowed, targets);
    });
  }

  /** The targets that still hold some of the requests, with the factors that can fail; undefined where one holds all of them. */
  private propagate(
    literals: Map<string, readonly Literal[]>,
    all: readonly (readonly Factor[])[],
  ): { target: readonly Factor[]; failing: readonly Factor[] }[] | undefined {
    let open = all.map((target) => ({ target, failing: target }));
    for (let changes = true; changes; ) {
      changes = false;
      const still: typeof open = [];
      for (const { target, failing: before } of open) {
        const failing = before.filter((factor) => this.canAdd(literals, factor, false));
        if (failing.length === 0) return undefined;
        if (failing.some((factor) => !this.canAdd(literals, factor, true))) continue;
        const [only] = failing;
        if (failing.length > 1 || !only) still.push({ target, failing });
        else {
          this.add(literals, { factor: only, isFulfilled: false, side: "target" });
          changes = true;
        }
      }
      open = still;
    }
    return open;
  }

  private isPossible(dimension: string, literals: readonly Literal[]): boolean {
    const answer = (): boolean =>
      dimension === "action" ? this.decideActions(literals) : this.decide(dimension, literals);
    return this.answers ? this.answers.of(literals, answer) : answer();
  }

  /** Policies of one plan name other resources, and the same actions: what was answered once holds for all of them. */
  private decideActions(literals: readonly Literal[]): boolean {
    const key = this.keyOf(literals);
    const known = key === undefined ? undefined : aboutActions.get(key);
    if (known !== undefined) return known;
    const answer = this.decide("action", literals);
    if (key === undefined) return answer;
    if (aboutActions.size >= MOST_REMEMBERED) aboutActions.clear();
    aboutActions.set(key, answer);
    return answer;
  }

  /** One number for literals about actions; undefined for those that none has room for: most questions are of one or two. */
  private keyOf(literals: readonly Literal[]): number | undefined {
    if (literals.length > 2) return undefined;
    let key = this.mode === "possible" ? 1 : 2;
    for (const { factor, isFulfilled, side } of literals) {
      if (factor.dimension !== "action" || factor.language.number >= MOST_NUMBERED) return undefined;
      const how = (factor.isNegated ? 4 : 0) + (isFulfilled ? 2 : 0) + (side === "source" ? 1 : 0);
      key = (key * MOST_NUMBERED + factor.language.number) * 8 + how;
    }
    return key;
  }

  private decide(dimension: string, literals: readonly Literal[]): boolean {
    if (dimension.startsWith("key ")) {
      return isKeyFulfillable(this.demandsOf(literals), this.budget, this.mode === "possible");
    }
    const contradicts = literals.some(({ factor: { identity }, isFulfilled }) =>
      literals.some((other) => other.factor.identity === identity && other.isFulfilled !== isFulfilled),
    );
    return !contradicts && isFulfillable(this.membershipsOf(literals), universes[dimension] ?? everyText, this.budget);
  }

  private membershipsOf(literals: readonly Literal[]): readonly Membership[] {
    let hasSource = false;
    const memberships: Membership[] = [];
    for (const { factor, isFulfilled, side } of literals) {
      if (factor.dimension === "key") continue;
      const isIn = factor.isNegated !== isFulfilled;
      const certainty = this.certaintyOf(side, factor.isNegated, isIn, hasSource);
      hasSource ||= side === "source" && isIn;
      memberships.push({ language: factor.language, certainty, isIn });
    }
    return memberships;
  }

  private demandsOf(literals: readonly Literal[]): readonly Demand[] {
    let hasSource = false;
    return literals.flatMap(({ factor, isFulfilled, side }) => {
      if (factor.dimension !== "key") return [];
      const { predicate } = factor;
      const isIn = predicate.isNegated !== isFulfilled;
      const certainty = this.certaintyOf(side, predicate.isNegated, isIn, hasSource);
      hasSource ||= side === "source" && isIn;
      return [{ predicate, isFulfilled, certainty, unclear: (side === "source") === (this.mode === "possible") }];
    });
  }

  /**
   * How opaque parts are to be understood so that the answer errs to the side of the mode. A request is written with the opaque parts of the
   * source; what else it must match, it matches if some values make it so.
   */
  private certaintyOf(side: Literal["side"], isNegated: boolean, isIn: boolean, hasSource: boolean): Certainty {
    const isPossible = this.mode === "possible";
    if (side === "source" && isIn) return isPossible && hasSource ? "possibly" : "surely";
    const isLower = side === "source" ? isPossible : isPossible !== isNegated;
    if (isLower) return "surely";
    return isPossible ? "possibly" : "generally";
  }
}

const isVague = (factor: Factor): boolean => factor.dimension === "key" || factor.language.hasOpaque;

/**
 * Whether some request fulfils all factors of the source, and of each target not all. `unknown` where it depends on values that are not
 * known, or where the budget is spent.
 */
export function reaches(
  source: readonly Factor[],
  targets: readonly (readonly Factor[])[],
  budget: Budget,
): boolean | "unknown" {
  try {
    if (!new Question("possible", budget).ask(source, targets)) return false;
    const isExact = !source.some(isVague) && !targets.some((target) => target.some(isVague));
    return isExact || new Question("certain", budget).ask(source, targets) || "unknown";
  } catch (error) {
    if (error instanceof TooManyStepsError) return "unknown";
    throw error;
  }
}
