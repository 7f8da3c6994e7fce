import type { AccessStatement } from "../model";
import type { PolicyUse } from "../policy-attributes";
import { reaches } from "./access";
import { type Grant, grantsOf, type PolicyText } from "./document";
import { accessStatement, differencesOf, likenessOf } from "./explain";
import { mayOverlap } from "./overlap";
import { Budget } from "./text-search";

export type { PolicyText } from "./document";
export { escalations } from "./escalations";
export { publicStatements } from "./public";

/** How the meaning of a policy changes. */
export interface PolicyComparison {
  /**
   * Whether `after` allows something that `before` does not, or no longer denies it: what is not denied another policy may allow.
   * `unknown` where that depends on values that are known only after apply.
   */
  readonly gains: boolean | "unknown";
  /** Whether `before` allows something that `after` does not, or `after` denies more. */
  readonly losses: boolean | "unknown";
  /** `BROADENED` for gains, even beside losses; `ADDED` and `REMOVED` for policies that come and go; `UNKNOWN` for what is no policy. */
  readonly change: "NONE" | "ADDED" | "BROADENED" | "NARROWED" | "REMOVED" | "UNKNOWN";
  /** The statements that gain or lose something, one line each. */
  readonly statements: readonly AccessStatement[];
  /** What happens beyond single statements, and why something cannot be told: sentences without a full stop. */
  readonly reasons: readonly string[];
  /** Whether something that was denied surely no longer is. */
  readonly denyRemoved: boolean;
}

type Answer = boolean | "unknown";

/** What people write takes some hundreds; what nobody writes ends after half a second, as UNKNOWN. */
const STEPS = 500_000;

const anyOf = (answers: readonly Answer[]): Answer =>
  answers.includes(true) || (answers.includes("unknown") && "unknown");

/** Statements of one side that matter, with whether something of each is not on the other side. */
interface Weighed {
  readonly grant: Grant;
  readonly answer: true | "unknown";
}

/** A policy's grants by their effect. */
interface ByEffect {
  readonly allows: readonly Grant[];
  readonly denies: readonly Grant[];
}

const NONE: readonly Grant[] = [];

function byEffect(grants: readonly Grant[]): ByEffect {
  const denies = grants.filter(({ statement }) => statement.effect === "Deny");
  if (denies.length === 0) return { allows: grants, denies: NONE };
  return { allows: grants.filter(({ statement }) => statement.effect === "Allow"), denies };
}

/** The grants of which something is in none of the covers. */
function weighed(
  grants: readonly Grant[],
  budget: Budget,
  ...covers: readonly (readonly Grant[])[]
): readonly Weighed[] {
  const found: Weighed[] = [];
  for (const grant of grants) {
    const near: Grant[] = [];
    for (const some of covers) {
      for (const cover of some) if (mayOverlap(grant.statement, cover.statement)) near.push(cover);
    }
    if (near.some(({ identity }) => identity === grant.identity)) continue;
    const targets = near.map(({ factors }) => factors);
    const answer = reaches(grant.factors, targets, budget);
    if (answer !== false) found.push({ grant, answer });
  }
  return found;
}

/** What of some policy is more than another has: requests that it allows and the other does not, or that only it denies. */
interface Excess {
  readonly allows: readonly Weighed[];
  readonly denies: readonly Weighed[];
}

/** @param changed those of `one` that the other side may not have: the others are on both */
function excessOf(one: ByEffect, changed: ByEffect, other: ByEffect, budget: Budget): Excess {
  const denies = weighed(changed.denies, budget, other.denies);
  return { allows: weighed(changed.allows, budget, other.allows, one.denies), denies };
}

/** The statement of the other side that became this one, if any is like it. */
function partnerOf(grant: Grant, candidates: readonly Grant[]): Grant | undefined {
  let most = 0;
  let partner: Grant | undefined;
  for (const candidate of candidates) {
    if (candidate.statement.effect !== grant.statement.effect) continue;
    const likeness = likenessOf(grant.statement, candidate.statement);
    // Of those that are as like, the first.
    if (likeness > most) [most, partner] = [likeness, candidate];
  }
  return partner;
}

const areEqual = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index]);

const areAlike = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && (left.length === 0 || JSON.stringify(left) === JSON.stringify(right));

/** Whether two statements are written alike, but for their Sid. */
function isSame(one: Grant | undefined, other: Grant | undefined): boolean {
  if (!one || !other) return false;
  if (one === other) return true;
  const [left, right] = [one.statement, other.statement];
  return (
    left.effect === right.effect &&
    left.readsVariables === right.readsVariables &&
    areEqual(left.actions, right.actions) &&
    areEqual(left.resources, right.resources) &&
    areEqual(left.notActions, right.notActions) &&
    areEqual(left.notResources, right.notResources) &&
    areAlike(left.conditions, right.conditions) &&
    areAlike(left.principals, right.principals) &&
    areAlike(left.notPrincipals, right.notPrincipals)
  );
}

/** The statements of both sides that are not on the other, whatever their order. */
function changed(
  before: readonly Grant[],
  after: readonly Grant[],
): readonly [before: readonly Grant[], after: readonly Grant[]] {
  // Most changes leave what stands before and behind as it was.
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && isSame(before[first], after[first])) first += 1;
  let last = 0;
  while (last < shorter - first && isSame(before.at(-1 - last), after.at(-1 - last))) last += 1;
  const left = before.slice(first, before.length - last);
  const right = after.slice(first, after.length - last);
  return [without(left, right), without(right, left)];
}

/** Those that are not among the others. */
function without(grants: readonly Grant[], others: readonly Grant[]): readonly Grant[] {
  if (others.length === 0) return grants;
  const known = new Set(others.map(({ identity }) => identity));
  return grants.filter(({ identity }) => !known.has(identity));
}

type Direction = "gain" | "loss";

/** The lines of one side's statements. A Deny that goes is a gain, and one that comes a loss. */
function lines(
  those: readonly Weighed[],
  others: readonly Grant[],
  isAfter: boolean,
  direction: Direction,
): readonly AccessStatement[] {
  return those.map(({ grant, answer }) => {
    const partner = partnerOf(grant, others);
    const gone = isAfter ? "ADDED" : "REMOVED";
    const moved = direction === "gain" ? "BROADENED" : "NARROWED";
    const [before, after] = isAfter ? [partner, grant] : [grant, partner];
    const why = differencesOf(before?.statement, after?.statement);
    return accessStatement(grant.statement, answer === "unknown" ? "UNKNOWN" : partner ? moved : gone, why);
  });
}

const unreadable = (side: string, error: unknown): PolicyComparison => ({
  gains: "unknown",
  losses: "unknown",
  change: "UNKNOWN",
  statements: [],
  reasons: [`the policy ${side} cannot be read: ${error instanceof Error ? error.message : String(error)}`],
  denyRemoved: false,
});

const unchanged: PolicyComparison = {
  gains: false,
  losses: false,
  change: "NONE",
  statements: [],
  reasons: [],
  denyRemoved: false,
};

/** What stands for a policy that is not there: nothing is granted, or, of a boundary, nothing is bounded. */
function absent(use: PolicyUse): readonly Grant[] {
  return use === "boundary" ? grantsOf({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } }, use) : [];
}

/** A boundary that comes or goes is all of its statements. */
const boundaryLines = (grants: readonly Grant[], isGone: boolean): readonly AccessStatement[] =>
  grants.map(({ statement }) =>
    isGone
      ? accessStatement(statement, "REMOVED", "it bounds access no longer")
      : accessStatement(statement, "ADDED", "it bounds access from now on"),
  );

function changeOf(
  { gains, losses }: Pick<PolicyComparison, "gains" | "losses">,
  isNew: boolean,
  isGone: boolean,
): PolicyComparison["change"] {
  if (gains === false && losses === false) return "NONE";
  if (isGone) return "REMOVED";
  if (isNew && (gains === true || losses === true)) return "ADDED";
  if (gains === true) return "BROADENED";
  return gains === false && losses === true ? "NARROWED" : "UNKNOWN";
}

function reasonsOf(comparison: Pick<PolicyComparison, "gains" | "losses" | "denyRemoved">, use: PolicyUse): string[] {
  const { gains, losses, denyRemoved } = comparison;
  return [
    ...(denyRemoved ? ["it denies less than before, and other policies may allow what it denied"] : []),
    ...(gains === true && losses === true ? ["some access is gained and some is lost"] : []),
    ...(gains === true && use === "boundary" ? ["what bounded access bounds less"] : []),
    ...(gains === "unknown"
      ? ["whether access is gained depends on values known only after apply, or is too involved to tell"]
      : []),
    ...(gains === false && losses === "unknown"
      ? ["whether access is lost depends on values known only after apply, or is too involved to tell"]
      : []),
  ];
}

function compareGrants(
  before: readonly Grant[],
  after: readonly Grant[],
): Omit<PolicyComparison, "change" | "reasons"> {
  const [left, right] = changed(before, after);
  if (left.length === 0 && right.length === 0) return unchanged;
  const budget = new Budget(STEPS);
  const [formerly, now] = [byEffect(before), byEffect(after)];
  const more = excessOf(now, byEffect(right), formerly, budget);
  const less = excessOf(formerly, byEffect(left), now, budget);
  const answers = (those: readonly Weighed[]): readonly Answer[] => those.map(({ answer }) => answer);
  return {
    gains: anyOf([...answers(more.allows), ...answers(less.denies)]),
    losses: anyOf([...answers(less.allows), ...answers(more.denies)]),
    denyRemoved: answers(less.denies).includes(true),
    statements: [
      ...lines(more.allows, left, true, "gain"),
      ...lines(less.denies, right, false, "gain"),
      ...lines(less.allows, right, false, "loss"),
      ...lines(more.denies, left, true, "loss"),
    ],
  };
}

/**
 * What changes in what a policy means, whatever its text: the requests that it allows, and those that it denies. Order, repetition, Sids,
 * split and merged statements, and statements that others cover make no change.
 *
 * Opaque text (`${aws_sqs_queue.orders.arn}`) is equal to itself alone; where the answer depends on its value it is `unknown`. Each condition
 * key, the principal and the resource are taken to vary by themselves, and any key may be missing from a request.
 *
 * @param before `null` where there was none
 * @param after `null` where there will be none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function comparePolicies(before: PolicyText | null, after: PolicyText | null, use: PolicyUse): PolicyComparison {
  if (before === after) return unchanged;
  let left: readonly Grant[] | undefined;
  let right: readonly Grant[];
  try {
    left = before === null ? absent(use) : grantsOf(before, use);
    right = after === null ? absent(use) : grantsOf(after, use, before);
  } catch (error) {
    return unreadable(left ? "as it will be" : "as it was", error);
  }
  const compared = compareGrants(left, right);
  const { gains, losses, denyRemoved } = compared;
  const isBound = use === "boundary" && (before === null || after === null);
  return {
    gains,
    losses,
    change: changeOf(compared, before === null, after === null),
    statements: isBound ? boundaryLines(before === null ? right : left, after === null) : compared.statements,
    reasons: reasonsOf(compared, use),
    denyRemoved,
  };
}
