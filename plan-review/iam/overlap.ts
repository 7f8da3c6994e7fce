import type { PolicyStatement } from "../../policy/document";
import { remembered } from "./remembered";

/** What every text of a pattern begins with. */
const beginningOf = (pattern: string): string => {
  const end = pattern.search(/[*?$]/);
  return end < 0 ? pattern : pattern.slice(0, end);
};

const areApart = (left: string, right: string): boolean => !left.startsWith(right) && !right.startsWith(left);

const mayMeet = (left: readonly string[], right: readonly string[]): boolean =>
  left.some((one) => right.some((other) => !areApart(one, other)));

/** A plan's policies have thousands of actions, of some hundred names. */
const beginningOfAction = remembered((action) => beginningOf(action).toLowerCase());

/** What the texts of a statement's element begin with, made when it is asked for. */
class Beginnings {
  private readonly known = new WeakMap<readonly string[], readonly string[]>();

  constructor(private readonly beginningOf: (pattern: string) => string) {}

  of(patterns: readonly string[]): readonly string[] {
    const beginnings = this.known.get(patterns) ?? patterns.map(this.beginningOf);
    this.known.set(patterns, beginnings);
    return beginnings;
  }
}

const ofActions = new Beginnings(beginningOfAction);
const ofResources = new Beginnings(beginningOf);

/**
 * Whether two statements may be about one request, as far as the beginnings of their actions and resources tell: most statements of a
 * policy have nothing to do with each other, and this is seen without reading their patterns.
 */
export function mayOverlap(one: PolicyStatement, other: PolicyStatement): boolean {
  const hasActions = one.actions.length > 0 && other.actions.length > 0;
  if (hasActions && !mayMeet(ofActions.of(one.actions), ofActions.of(other.actions))) return false;
  const hasResources = one.resources.length > 0 && other.resources.length > 0;
  return !hasResources || mayMeet(ofResources.of(one.resources), ofResources.of(other.resources));
}
