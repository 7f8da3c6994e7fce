import type { PolicyText } from "../iam/compare";
import type { Change, JsonObject } from "../plan";
import type { PolicyChange } from "../policies";
import { isObject } from "../values";
import { causesOf } from "./causes";
import { counted, type Found, firstOf, foundIn, foundInPlan } from "./found";
import { type Grant, grantOf, type Holder, identityOf, summaryOf, whoseOf } from "./grants";
import { attachments } from "./iam-attachments";
import { principals } from "./iam-principals";
import { nameOfParent, parentName, parentOf } from "./parents";
import type { PlanIndex } from "./plan-index";
import { policiesTouched } from "./policies-touched";

const section = "iam" as const;

/** A policy that differs as text, and what that comes to. */
interface Compared {
  readonly change: Change;
  readonly policy: PolicyChange;
  readonly who: string;
  readonly holder: Holder;
  readonly grant: Grant;
}

/** Whose access a policy is about. */
function holderOf(index: PlanIndex, change: Change): { readonly who: string; readonly holder: Holder } {
  const parent = parentOf(index, change);
  const attached = change.type === "aws_iam_policy" ? attachedTo(index, change) : [];
  const owners = attached.length > 0 ? attached.map(({ owner }) => owner) : [parent ?? change];
  return {
    who: [...new Set(attached.map(({ name }) => name))].join(", ") || (nameOfParent(change, parent) ?? change.address),
    holder: {
      isNew: owners.every((owner) => owner?.action === "create" && !(owner === change && isPart(change))),
      isGone: owners.every((owner) => owner !== undefined && isGone(owner)),
      accountId: index.accountId,
    },
  };
}

/** Whether it is of somebody else, who is not in the plan where it is its own owner. A managed policy is nobody's until it is attached. */
const isPart = ({ type }: Change): boolean => /_(policy|permission)$/.test(type) && type !== "aws_iam_policy";

/** A policy by itself goes, and what it was about stays. */
const isGone = ({ action, type }: Change): boolean => action === "delete" && !/_(policy|permission)$/.test(type);

const attaching: readonly (readonly [type: string, attribute: string])[] = [
  ["aws_iam_role_policy_attachment", "policy_arn"],
  ["aws_iam_user_policy_attachment", "policy_arn"],
  ["aws_iam_group_policy_attachment", "policy_arn"],
];

/** Who has a managed policy, as far as the plan tells. */
const attachedTo = (index: PlanIndex, policy: Change) =>
  attaching.flatMap(([type, attribute]) =>
    index.childrenOf(policy, type, attribute).map((attachment) => ({
      owner: parentOf(index, attachment),
      name: parentName(index, attachment) ?? attachment.address,
    })),
  );

function compared(index: PlanIndex): readonly Compared[] {
  const all: Compared[] = [];
  for (const change of index.plan.changes) {
    for (const policy of policiesTouched(index, change)) {
      if (policy.unresolved !== undefined) continue;
      const { who, holder } = holderOf(index, change);
      all.push({ change, policy, who, holder, grant: grantOf(policy.before, policy.after, policy.use, holder) });
    }
  }
  return all;
}

const nouns = { identity: "policy", resource: "resource policy", trust: "trust policy", boundary: "bounding policy" };

function foundOf({ change, policy, who, holder, grant }: Compared): Found {
  const { statements, warnings } = grant;
  const access = grant.change as Exclude<Grant["change"], "NONE">;
  const isRole = policy.use === "trust";
  const summary = policy.isSensitive ? "" : summaryOf(statements);
  const name = policy.path[0];
  const shownStatements = policy.isSensitive ? [] : statements;
  // Statements of an identity's policy are shown with whose it is; others name whom they let in.
  const isTold = who === change.address || (policy.use === "identity" && shownStatements.length > 0);
  return foundIn(change, {
    section,
    severity: grant.severity,
    rule: `${isRole ? "trust" : policy.use === "boundary" ? "bounds" : "iam"}-${access.toLowerCase()}`,
    title: [`${nouns[policy.use]} ${access}`, summary].filter(Boolean).join(": "),
    details: [
      ...whoseOf(who, policy.use, holder, isTold),
      ...warnings,
      ...(policy.isSensitive ? ["the policy is sensitive: its statements are not shown"] : []),
      ...(change.action === "delete" ? causesOf(change) : []),
    ],
    identity: `${policy.path.join(".")} ${policy.isSensitive ? access : identityOf(statements)}`,
    explains: typeof name === "string" ? [name] : Object.keys(change.after ?? change.before ?? {}),
    iam: { change: access, who, statements: shownStatements },
  });
}

/** Policies that differ as text and not in what they mean, together. */
function rewritten(all: readonly Compared[]): readonly Found[] {
  const same = all.filter(({ grant, change }) => grant.change === "NONE" && change.action === "update");
  if (same.length === 0) return [];
  const addresses = same.map(({ change }) => change.address);
  return [
    foundInPlan({
      section: "updates",
      severity: "low",
      rule: "policies-same-meaning",
      title: `${counted(same.length, "policy is", "policies are")} written or computed anew, and ${same.length === 1 ? "means" : "mean"} the same`,
      details: firstOf(addresses, 10),
      identity: [...addresses].sort().join(),
      covers: same.map(({ change, policy }) => [change.address, String(policy.path[0] ?? "")]),
    }),
  ];
}

/** Policies of what is deleted, together: nothing is left that they are about. */
function gone(all: readonly Compared[]): readonly Found[] {
  const policies = all.filter(({ holder, grant }) => holder.isGone && grant.change !== "NONE");
  if (policies.length === 0) return [];
  const addresses = policies.map(({ change }) => change.address);
  return [
    foundInPlan({
      section,
      severity: "low",
      rule: "iam-removed-with-holder",
      title: `REMOVED: ${counted(policies.length, "policy goes", "policies go")} with what ${policies.length === 1 ? "it belongs" : "they belong"} to`,
      details: firstOf(addresses, 30),
      identity: [...addresses].sort().join(),
      covers: policies.flatMap(({ change }) =>
        Object.keys(change.before ?? {}).map((attribute) => [change.address, attribute] as const),
      ),
      iam: { change: "REMOVED", who: "", statements: [] },
    }),
  ];
}

const statementsOf = (policy: PolicyText | null): readonly unknown[] | undefined => {
  const document = typeof policy === "string" ? (JSON.parse(policy) as unknown) : policy;
  if (document === null) return [];
  if (!isObject(document) || document.Version !== "2012-10-17") return undefined;
  return [document.Statement ?? []].flat();
};

/** The policies of one principal as one. Undefined where their versions do not let them be one. */
function together(policies: readonly (PolicyText | null)[]): JsonObject | undefined | null {
  const statements: unknown[] = [];
  for (const policy of policies) {
    try {
      const own = statementsOf(policy);
      if (!own) return undefined;
      statements.push(...own);
    } catch {
      return undefined;
    }
  }
  return statements.length === 0 ? null : { Version: "2012-10-17", Statement: statements as JsonObject[] };
}

/** Statements that go from one policy of a principal to another: some lose and some gain, and together they are the same. */
function moved(group: readonly Compared[]): Found | undefined {
  const gains = group.some(({ grant }) => grant.change === "ADDED" || grant.change === "BROADENED");
  const losses = group.some(({ grant }) => grant.change === "REMOVED" || grant.change === "NARROWED");
  const [first] = group;
  if (!first || !gains || !losses) return undefined;
  const before = together(group.map(({ policy }) => policy.before));
  const after = together(group.map(({ policy }) => policy.after));
  if (before === undefined || after === undefined) return undefined;
  if (grantOf(before, after, "identity", first.holder).change !== "NONE") return undefined;
  return foundIn(first.change, {
    section,
    severity: "low",
    rule: "iam-moved",
    title: "statements move between policies of one principal: together they allow the same",
    details: [
      `who: ${first.who}`,
      ...group.map(({ change, grant }) => `${grant.change}: ${change.address}`),
      "while applying, there may be a moment without them",
    ],
    identity: group
      .map(({ change }) => change.address)
      .sort()
      .join(),
    covers: group.map(({ change, policy }) => [change.address, String(policy.path[0] ?? "")]),
  });
}

const inline = new Set(["aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"]);

/** Section 4, policies: who may do what that could not, and the reverse. */
function policies(index: PlanIndex): readonly Found[] {
  const all = compared(index);
  const groups = new Map<string, Compared[]>();
  for (const one of all) {
    // What goes with a deleted principal or resource is told of together.
    if (one.holder.isGone || one.grant.change === "NONE") continue;
    const key = inline.has(one.change.type) ? one.who : `${one.change.address} ${one.policy.path.join(".")}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const found = [...groups.values()].flatMap((group) => {
    const together = group.length > 1 ? moved(group) : undefined;
    return together ? [together] : group.map(foundOf);
  });
  return [...found, ...gone(all), ...rewritten(all)];
}

/** Section 4: access that changes. */
export const iam = (index: PlanIndex): readonly Found[] => [
  ...policies(index),
  ...attachments(index),
  ...principals(index),
];
