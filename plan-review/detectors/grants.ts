import { comparePolicies, escalations, type PolicyText } from "../iam/compare";
import type { AccessChange, AccessStatement, Severity } from "../model";
import type { PolicyUse } from "../policies";

/** What a policy's change comes to. */
export interface Grant {
  readonly change: AccessChange | "NONE";
  readonly statements: readonly AccessStatement[];
  readonly severity: Severity;
  /** Why it is worse than its direction alone: administrator's rights, a Deny that goes. */
  readonly warnings: readonly string[];
}

/** Whose the policy is. */
export interface Holder {
  /** Whether it is created by the same plan: nothing that runs today gains anything. */
  readonly isNew: boolean;
  /** Whether it is deleted by the same plan: nothing is left that could be used. */
  readonly isGone: boolean;
  /** The account of the plan, where it can be told. */
  readonly accountId?: string;
}

const everyAction = /^(\*|[a-z0-9-]+:\*)$/i;

/** All actions of a service, or all services, on anything. In a resource's own policy, `*` is that resource. */
const isWide = ({ effect, actions, resources, change }: AccessStatement): boolean =>
  effect === "Allow" &&
  (change === "ADDED" || change === "BROADENED") &&
  actions.some((action) => everyAction.test(action)) &&
  (resources.length === 0 || resources.includes("*"));

/** An account that is not the plan's own, where a statement names one. */
function strangerIn({ who, effect, change }: AccessStatement, accountId: string | undefined): string | undefined {
  if (who === undefined || effect !== "Allow" || (change !== "ADDED" && change !== "BROADENED")) return undefined;
  return [...who.matchAll(/(?<![\w/-])(\d{12})(?![\w-])/g)].map(([, id]) => id).find((id) => id !== accountId);
}

/** Compares two policies and says how much it matters. */
export function grantOf(
  before: PolicyText | null,
  after: PolicyText | null,
  use: PolicyUse,
  { isNew, isGone, accountId }: Holder,
): Grant {
  const { change, gains, statements, denyRemoved, reasons } = comparePolicies(before, after, use);
  if (change === "NONE" || isGone) return { change, statements, warnings: [], severity: "low" };
  const isMore = gains !== false;
  const raised = after === null || !isMore ? [] : escalations(after, use, before);
  const strangers = statements.flatMap((statement) => strangerIn(statement, accountId) ?? []);
  const warnings = [
    ...raised.map((path) => `administrator's rights, or a way to them: ${path}`),
    // Beside nothing, each Deny is a loss and each Allow a gain: that says nothing new.
    ...(before === null && change === "ADDED" ? [] : reasons),
    ...[...new Set(strangers)].map(
      (id) => `account ${id} is ${accountId ? "another account" : "named: is it your own?"}`,
    ),
  ];
  if (raised.length > 0 || denyRemoved) return { change, statements, warnings, severity: "critical" };
  if (change === "UNKNOWN") return { change, statements, warnings, severity: "high" };
  if (!isMore) return { change, statements, warnings: [], severity: "low" };
  const isQuiet = isNew && strangers.length === 0 && (use === "resource" || !statements.some(isWide));
  return { change, statements, warnings, severity: isQuiet ? "low" : "high" };
}

/** Whose a policy is, where neither its statements nor its address say so: only an identity's policy gives its holder access. */
export function whoseOf(who: string, use: PolicyUse, { isNew }: Holder, isTold: boolean): readonly string[] {
  if (isTold && !isNew) return [];
  return [`${use === "identity" ? "who" : "of"}: ${who}${isNew ? ", new in this plan" : ""}`];
}

/** What a change is about in a few words: its actions. */
export function summaryOf(statements: readonly AccessStatement[]): string {
  const decisive = statements.filter(({ change }) => change === "ADDED" || change === "BROADENED");
  const those = decisive.length > 0 ? decisive : statements;
  const allows = those.filter(({ effect }) => effect === "Allow");
  const actions = [...new Set((allows.length > 0 ? allows : those).flatMap((statement) => statement.actions))];
  const text =
    actions.length > 4 ? `${actions.slice(0, 4).join(", ")} and ${actions.length - 4} more` : actions.join(", ");
  if (allows.length > 0 || !text) return text;
  // Of a Deny, "BROADENED: Deny a:b" reads as its opposite.
  return `${those.some(({ why }) => why.startsWith("denies less")) ? "denies less:" : "denies"} ${text}`;
}

const sorted = (texts: readonly string[]): readonly string[] => (texts.length > 1 ? [...texts].sort() : texts);

/** Statements without wording or order, for fingerprints. */
export const identityOf = (statements: readonly AccessStatement[]): string =>
  statements
    .map(({ change, effect, who, actions, resources, conditions }) =>
      JSON.stringify([change, effect, who ?? "", sorted(actions), sorted(resources), sorted(conditions)]),
    )
    .sort()
    .join();
