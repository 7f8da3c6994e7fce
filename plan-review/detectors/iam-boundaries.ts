import { comparePolicies } from "../iam/compare";
import type { AccessChange, Severity } from "../model";
import type { Change, JsonObject } from "../plan";
import { isEqual, isMarkedWithin } from "../values";
import { causesOf, turn } from "./causes";
import { type Found, foundIn } from "./found";
import type { PlanIndex } from "./plan-index";

const ATTRIBUTE = "permissions_boundary";

interface Bounds {
  readonly severity: Severity;
  readonly rule: "boundary-added" | "boundary-changed" | "boundary-removed";
  readonly access: AccessChange;
  readonly title: string;
}

const removed: Bounds = {
  severity: "critical",
  rule: "boundary-removed",
  access: "REMOVED",
  title: "nothing bounds the policies any more",
};

const added: Bounds = {
  severity: "low",
  rule: "boundary-added",
  access: "NARROWED",
  title: "it bounds the policies from now on",
};

const unclear = (title: string): Bounds => ({ severity: "high", rule: "boundary-changed", access: "UNKNOWN", title });

function boundsOf(index: PlanIndex, change: Change): Bounds | undefined {
  const { before, after, afterUnknown } = change;
  const old = before?.[ATTRIBUTE] || null;
  if (isMarkedWithin(afterUnknown, [ATTRIBUTE])) {
    const policy = index.target(change, ATTRIBUTE, ["aws_iam_policy"]);
    // The same policy, created anew, has an ARN that is not known yet.
    if (policy?.before && isEqual(policy.before.arn, old)) return undefined;
    return old === null ? added : unclear("another one, which is unknown until apply");
  }
  const next = after?.[ATTRIBUTE] || null;
  if (isEqual(old, next)) return undefined;
  if (next === null) return removed;
  return old === null ? added : changedBounds(index, change);
}

/** Another policy bounds it: which allows more can be told where the plan holds both. */
function changedBounds(index: PlanIndex, { before, after }: Change): Bounds {
  const policyOf = (values: JsonObject | null) => {
    const arn = values?.[ATTRIBUTE] ?? null;
    const policy = index.ofType("aws_iam_policy").find((one) => isEqual((one.before ?? one.after)?.arn, arn));
    const text = policy?.after?.policy ?? policy?.before?.policy;
    return typeof text === "string" ? text : undefined;
  };
  const [old, next] = [policyOf(before), policyOf(after)];
  if (old === undefined || next === undefined) {
    return unclear("another one; the plan does not hold both, so which allows more cannot be told");
  }
  const { change, gains } = comparePolicies(old, next, "boundary");
  return {
    severity: gains === false ? "low" : "high",
    rule: "boundary-changed",
    access: change === "NONE" ? "NARROWED" : change,
    title: "another one bounds the policies",
  };
}

/** What bounds a principal, whatever its policies allow. */
export function boundaries(index: PlanIndex, change: Change): readonly Found[] {
  const { type, action, before, after } = change;
  if (action === "no-op" || action === "forget" || !before) return [];
  const isAttachment = type === "aws_ssoadmin_permissions_boundary_attachment";
  const isPrincipal = type === "aws_iam_role" || type === "aws_iam_user";
  const bounds = isAttachment
    ? after
      ? undefined
      : removed
    : isPrincipal && after
      ? boundsOf(index, change)
      : undefined;
  if (!bounds) return [];
  const { severity, rule, access, title } = bounds;
  return [
    foundIn(change, {
      section: "iam",
      severity,
      rule,
      title: `permissions boundary ${access}: ${title}`,
      details: isAttachment ? causesOf(change) : [turn(change, [ATTRIBUTE])],
      identity: ATTRIBUTE,
      explains: [ATTRIBUTE],
      iam: { change: access, who: change.address, statements: [] },
    }),
  ];
}
