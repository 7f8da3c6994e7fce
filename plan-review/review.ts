import * as crypto from "node:crypto";
import { findIncompleteness } from "./completeness";
import { type Counts, type Detection, type Finding, type Review, type Severity, severities } from "./model";
import type { Change, Plan } from "./plan";
import { Scrubber, sensitiveValues } from "./secrets";

/** What detectors found in a plan. */
export interface Detected {
  readonly detections: readonly Detection[];
  /** Entries of `resource_drift` that only the provider's normalisation made. */
  readonly driftNoise: number;
}

/** Longer lines are cut, after secrets are out of them. */
const LONGEST_LINE = 600;

const cut = (line: string): string => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line);

type Scrub = (text: string) => string;

/** A copy with all its texts scrubbed; what this project itself names (sections, rules, …) has no secrets in it. */
function scrubbed(detection: Detection, scrub: Scrub): Detection {
  const texts = (lines: readonly string[]) => lines.map((line) => cut(scrub(line)));
  const { section, severity, rule, address, constructPath, title, details, identity = "", iam } = detection;
  // Literals that name all: a large plan has thousands of them, and to spread each shows.
  return {
    section,
    severity,
    rule,
    address: scrub(address),
    constructPath: constructPath === undefined ? undefined : scrub(constructPath),
    title: cut(scrub(title)),
    details: texts(details),
    identity: scrub(identity),
    iam: iam && {
      change: iam.change,
      who: scrub(iam.who),
      statements: iam.statements.map(({ change, effect, who, actions, resources, conditions, why }) => ({
        change,
        effect,
        who: who === undefined ? undefined : cut(scrub(who)),
        actions: texts(actions),
        resources: texts(resources),
        conditions: texts(conditions),
        why: cut(scrub(why)),
      })),
    },
  };
}

/** Of Node.js 20.12 on, there is a function for one text; it takes a third of the time. */
const sha256: (text: string) => string = crypto.hash
  ? (text) => crypto.hash("sha256", text, "hex")
  : (text) => crypto.createHash("sha256").update(text).digest("hex");

/** Gives each its fingerprint. Of several that are alike in all that it is made of, each has its own. */
function fingerprinted(detections: readonly Detection[]): readonly Finding[] {
  const seen = new Map<string, number>();
  return detections.map(({ section, severity, rule, address, constructPath, title, details, identity = "", iam }) => {
    const known = JSON.stringify([rule, address, identity]);
    const hash = sha256(known);
    const count = seen.get(hash) ?? 0;
    seen.set(hash, count + 1);
    const fingerprint = (count === 0 ? hash : sha256(`${known}${count}`)).slice(0, 16);
    return { section, severity, rule, address, constructPath, title, details, iam, fingerprint };
  });
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const ranks = Object.fromEntries(severities.map((severity, rank) => [severity, rank])) as Record<Severity, number>;

function inOrder(left: Finding, right: Finding): number {
  return (
    ranks[left.severity] - ranks[right.severity] ||
    compare(left.constructPath ?? "", right.constructPath ?? "") ||
    compare(left.address, right.address) ||
    compare(left.rule, right.rule) ||
    compare(left.fingerprint, right.fingerprint)
  );
}

function countsOf(changes: readonly Change[]): Counts {
  const of = (test: (change: Change) => boolean) => changes.filter(test).length;
  return {
    create: of(({ action }) => action === "create"),
    update: of(({ action }) => action === "update"),
    replace: of(({ action }) => action === "replace"),
    delete: of(({ action }) => action === "delete"),
    forget: of(({ action }) => action === "forget"),
    read: of(({ action }) => action === "read"),
    noOp: of(({ action }) => action === "no-op"),
    import: of(({ importing }) => importing !== undefined),
    move: of(({ previousAddress }) => previousAddress !== undefined),
  };
}

/** Texts of a plan without its secrets, for messages that are no findings. */
export const scrubberOf = (plan: Plan): Scrub => {
  const scrubber = new Scrubber(sensitiveValues(plan));
  return (text) => scrubber.scrub(text);
};

/**
 * Puts a review together: secrets out, fingerprints in, sorted.
 *
 * @param notes sentences on where it comes from
 */
export function reviewOf(plan: Plan, detected: Detected, scrub: Scrub, notes: readonly string[]): Review {
  const all = [...findIncompleteness(plan), ...detected.detections];
  const findings = all.map((detection) => scrubbed(detection, scrub));
  // Whatever cannot be judged makes the review incomplete: nobody is to read COMPLETE above a list of what was not looked at.
  const reasons = findings
    .filter(({ section }) => section === "cannot-be-judged")
    .map(({ address, title }) => (address ? `${address}: ${title}` : title));
  const isUnchanged = ({ action, importing, previousAddress }: Change) =>
    action === "no-op" && !importing && previousAddress === undefined;
  return {
    counts: countsOf(plan.changes),
    isComplete: reasons.length === 0,
    incompleteReasons: [...new Set(reasons)].sort(compare),
    notes: notes.map(scrub),
    terraformVersion: plan.terraformVersion,
    findings: [...fingerprinted(findings)].sort(inOrder),
    hidden: { driftNoise: detected.driftNoise, unchanged: plan.changes.filter(isUnchanged).length },
  };
}
