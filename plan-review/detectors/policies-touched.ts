import type { Change } from "../plan";
import type { PolicyChange } from "../policies";
import { isMarkedWithin } from "../values";
import { changesParent } from "./parents";
import type { PlanIndex } from "./plan-index";

/**
 * The policies that a change touches. One that goes from one holder to another is new to the other, also where its text stays.
 */
export function policiesTouched(index: PlanIndex, change: Change): readonly PolicyChange[] {
  const differing = index.policiesOf(change);
  if (!changesParent(change)) return differing;
  if (differing.length > 0) return differing.map((policy) => ({ ...policy, before: null }));
  const policy = change.after?.policy;
  if (typeof policy !== "string" || policy === "") return [];
  return [
    {
      path: ["policy"],
      use: /^aws_iam_(role|user|group)_policy$/.test(change.type) ? "identity" : "resource",
      before: null,
      after: policy,
      isSensitive:
        isMarkedWithin(change.afterSensitive, ["policy"]) || isMarkedWithin(change.beforeSensitive, ["policy"]),
    },
  ];
}
