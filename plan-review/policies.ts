import { isPermission, permissionPolicies } from "./permissions";
import type { Change, Json, JsonObject, Path, Plan } from "./plan";
import { findNestedPolicies, findPolicies, isNoIamPolicy, type PolicyUse, usesOf } from "./policy-attributes";
import { References } from "./references";
import { UnresolvedError } from "./templates";
import { hasMark, isEqual, isMarkedWithin, isObject, valueAt } from "./values";

export type { PolicyUse } from "./policy-attributes";

/** A policy-bearing attribute of a resource, before and after. */
export interface PolicyChange {
  /** Where it stands, such as `["policy"]`. */
  readonly path: Path;
  readonly use: PolicyUse;
  /** Parsed or as JSON text; unknown parts are opaque text such as `${aws_sqs_queue.q.arn}`. `null` where there is none. */
  readonly before: string | JsonObject | null;
  readonly after: string | JsonObject | null;
  /** Why `after` cannot be told; it is `null` then. A sentence without a full stop. */
  readonly unresolved?: string;
  /** Its text must not be shown: only that it changed, and the direction. */
  readonly isSensitive: boolean;
}

type Policy = string | JsonObject | null;

const referencesOf = new WeakMap<Plan, References>();

function references(plan: Plan): References {
  const known = referencesOf.get(plan) ?? new References(plan);
  referencesOf.set(plan, known);
  return known;
}

const policyOrNull = (value: Json | undefined): Policy =>
  (typeof value === "string" && value.trim() !== "") || isObject(value) ? value : null;

function parsed(policy: Policy): Json {
  if (typeof policy !== "string") return policy;
  try {
    return JSON.parse(policy);
  } catch {
    return policy;
  }
}

/** Replaces a text where it stands by itself: an ARN within a longer ARN of another resource stays. */
function replaceWhole(text: string, part: string, replacement: string): string {
  const isPart = (character: string | undefined) => character !== undefined && /[\w.@+=,-]/.test(character);
  let result = "";
  let rest = text;
  for (let at = rest.indexOf(part); at >= 0; at = rest.indexOf(part)) {
    const isWhole = !isPart(at > 0 ? rest[at - 1] : result.at(-1)) && !isPart(rest[at + part.length]);
    result += rest.slice(0, at) + (isWhole ? replacement : part);
    rest = rest.slice(at + part.length);
  }
  return result + rest;
}

/** `before` with the former values of what `after` refers to turned into the same opaque text. */
function comparable(before: Policy, formerly: readonly (readonly [string, string])[]): Policy {
  if (before === null || formerly.length === 0) return before;
  const turn = (value: Json): Json => {
    if (typeof value === "string") {
      return formerly.reduce((text, [opaque, former]) => replaceWhole(text, former, opaque), value);
    }
    if (Array.isArray(value)) return value.map(turn);
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, turn(inner)]))
      : value;
  };
  const turned = turn(parsed(before));
  return isObject(turned) ? turned : before;
}

/** The opaque texts of a policy that stood for a value before, longest value first. */
function formerlyIn(plan: Plan, text: string): readonly (readonly [string, string])[] {
  const { formerly } = references(plan);
  if (formerly.size === 0) return [];
  const found = new Set(text.match(/\$\{[^}]*\}/g)).values();
  return [...found]
    .flatMap((opaque) => {
      const value = formerly.get(opaque);
      return value === undefined ? [] : [[opaque, value] as const];
    })
    .sort(([, left], [, right]) => right.length - left.length);
}

const isRequired = (type: string, [name]: Path): boolean => /_policy$/.test(type) || name === "assume_role_policy";

/** One policy-bearing attribute of one change. */
function policyChange(plan: Plan, change: Change, path: Path, use: PolicyUse): PolicyChange | undefined {
  const before = policyOrNull(valueAt(change.before ?? undefined, path));
  const isSensitive = isMarkedWithin(change.beforeSensitive, path) || isMarkedWithin(change.afterSensitive, path);
  const common = { path, use, isSensitive };
  if (!isMarkedWithin(change.afterUnknown, path)) {
    const after = policyOrNull(valueAt(change.after ?? undefined, path));
    return before === after ? undefined : { path, use, before, after, isSensitive };
  }
  if (change.expressions === undefined) {
    return {
      ...common,
      before,
      after: null,
      unresolved: "it is unknown until apply, and the plan has no configuration",
    };
  }
  const expression = valueAt(change.expressions, path);
  if (expression === undefined) {
    // The provider computes it, and nobody asked for one; where it is all that the resource is about, somebody did.
    if (!isRequired(change.type, path)) return undefined;
    return { ...common, before, after: null, unresolved: "it is unknown until apply, and the configuration lacks it" };
  }
  return resolvedPolicy(plan, change, expression, { path, use, before, isSensitive });
}

/** A policy that is unknown until apply, as the configuration's template tells it. */
function resolvedPolicy(
  plan: Plan,
  change: Change,
  expression: Json,
  { path, use, before, isSensitive }: Omit<PolicyChange, "after">,
): PolicyChange {
  const known = references(plan);
  try {
    const text = known.valueOf(change, expression);
    const after = typeof text === "string" ? parsed(text) : null;
    if (typeof text !== "string" || !isObject(after)) {
      return { path, use, before, after: null, isSensitive, unresolved: whyUnknown(expression) };
    }
    // Terraform marks what is made of secrets; of two configurations, and in a plan that was cut, nobody did.
    const isSecret = isSensitive || known.isSecret(change, expression);
    return { path, use, before: comparable(before, formerlyIn(plan, text)), after, isSensitive: isSecret };
  } catch (error) {
    if (!(error instanceof UnresolvedError)) throw error;
    const unresolved = `it is unknown until apply: ${error.message}`;
    return { path, use, before, after: null, isSensitive, unresolved };
  }
}

function whyUnknown(expression: Json): string {
  const given = isObject(expression) ? expression.references : undefined;
  const all = Array.isArray(given) ? [...new Set(given.map(String))] : [];
  const whole = all.filter(
    (text) => !all.some((other) => other.startsWith(`${text}.`) || other.startsWith(`${text}[`)),
  );
  return whole.length > 0
    ? `it is unknown until apply, and refers to ${whole.join(", ")}`
    : "it is unknown until apply";
}

/** Inline policies of a role are one policy: what matters is what they allow together. */
function inlinePolicies(change: Change, side: "before" | "after"): Policy {
  const all = valueAt(change[side] ?? undefined, ["inline_policy"]);
  const documents = [all ?? []].flat().flatMap((inline) => {
    const document = parsed(policyOrNull(valueAt(inline, ["policy"])));
    return isObject(document) ? [document] : [];
  });
  const [first] = documents;
  if (!first) return null;
  return {
    Version: first.Version ?? "2008-10-17",
    Statement: documents.flatMap(({ Statement }) => [Statement ?? []].flat()),
  };
}

function inlineChange(plan: Plan, change: Change): readonly PolicyChange[] {
  const path = ["inline_policy"];
  if (!isMarkedWithin(change.afterUnknown, path)) {
    const [before, after] = [inlinePolicies(change, "before"), inlinePolicies(change, "after")];
    const isSensitive = hasMark(valueAt(change.beforeSensitive, path)) || hasMark(valueAt(change.afterSensitive, path));
    return isEqual(before, after) ? [] : [{ path, use: "identity", before, after, isSensitive }];
  }
  const configured = valueAt(change.expressions, path);
  // The provider computes them from policies that are resources of their own.
  if (configured === undefined && change.expressions) return [];
  if (!Array.isArray(configured)) {
    const before = inlinePolicies(change, "before");
    return [
      { path, use: "identity", before, after: null, unresolved: "it is unknown until apply", isSensitive: false },
    ];
  }
  const resolved = configured.map((_, index) =>
    policyChange(plan, configuredInline(change, index), ["policy"], "identity"),
  );
  const unresolved = resolved.find((one) => one?.unresolved)?.unresolved;
  const before = inlinePolicies(change, "before");
  const isSensitive = resolved.some((one) => one?.isSensitive);
  if (unresolved) return [{ path, use: "identity", before, after: null, unresolved, isSensitive }];
  const documents = resolved.flatMap((one) =>
    one && isObject(parsed(one.after)) ? [parsed(one.after) as JsonObject] : [],
  );
  const after = {
    Version: documents[0]?.Version ?? "2008-10-17",
    Statement: documents.flatMap(({ Statement }) => [Statement ?? []].flat()),
  };
  return [
    { path, use: "identity", before: comparable(before, formerlyIn(plan, JSON.stringify(after))), after, isSensitive },
  ];
}

/** A role as though one of its inline policies were its own attribute. */
function configuredInline(change: Change, index: number): Change {
  const expressions = valueAt(change.expressions, ["inline_policy", index]);
  return {
    ...change,
    expressions: isObject(expressions) ? expressions : {},
    before: null,
    afterUnknown: { policy: true },
  };
}

const NONE: readonly PolicyChange[] = [];
const found = new WeakMap<Change, readonly PolicyChange[]>();

/**
 * The policies that a change touches: those that differ as text, and those that are unknown until apply, judged by the configuration's
 * template with known values put in.
 */
export function policyChanges(plan: Plan, change: Change): readonly PolicyChange[] {
  // What is forgotten stays as it is, and goes on allowing what it allows.
  const { action } = change;
  if (action === "no-op" || action === "read" || action === "forget" || change.mode === "data") return NONE;
  const known = found.get(change);
  if (known) return known;
  const changes = findChanges(plan, change);
  found.set(change, changes);
  return changes;
}

function findChanges(plan: Plan, change: Change): readonly PolicyChange[] {
  if (isPermission(change.type)) return permissionChanges(plan, change);
  const isGone = change.action === "delete";
  if (isNoIamPolicy(change)) return [];
  const uses = usesOf(change.type);
  const changes: PolicyChange[] = [];
  const add = (path: Path, use: PolicyUse): void => {
    const found = policyChange(plan, change, path, use);
    if (found) changes.push(found);
  };
  for (const those of [uses, findPolicies(change, uses)]) {
    for (const [name, use] of those) {
      // What let others in to a resource goes with it: that is told by the resource itself.
      if (!isGone || use !== "resource" || /_policy$/.test(change.type)) add([name], use);
    }
  }
  for (const [path, use] of findNestedPolicies(change)) add(path, use);
  // Not configured, it mirrors resources of their own.
  const isMirror = isGone && change.expressions !== undefined && change.expressions.inline_policy === undefined;
  return change.type === "aws_iam_role" && !isMirror ? [...changes, ...inlineChange(plan, change)] : changes;
}

function permissionChanges(plan: Plan, change: Change): readonly PolicyChange[] {
  const { before, after, unresolved } = permissionPolicies(change, (name) =>
    references(plan).valueOf(change, change.expressions?.[name]),
  );
  const isSensitive = hasMark(change.beforeSensitive) || hasMark(change.afterSensitive);
  const common = { path: [], use: "resource" as const, isSensitive };
  if (unresolved) return [{ ...common, before, after: null, unresolved }];
  const left = after ? comparable(before, formerlyIn(plan, JSON.stringify(after))) : before;
  return JSON.stringify(left) === JSON.stringify(after) ? [] : [{ ...common, before: left, after }];
}
