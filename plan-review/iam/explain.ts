import type { PolicyStatement, StatementCondition, StatementPrincipal } from "../../policy/document";
import type { AccessChange, AccessStatement } from "../model";
import { remembered } from "./remembered";

const principalText = ({ type, value }: StatementPrincipal): string => {
  if (value === "*") return type === "AWS" ? "anyone" : `any ${type} principal`;
  return type === "AWS" || type === "Service" ? value : `${type} ${value}`;
};

const conditionText = ({ operator, key, values }: StatementCondition): string =>
  `${operator} ${key} = ${values.join(" | ")}`;

const unlike = (values: readonly string[]): readonly string[] =>
  values.length > 0 ? [`everything but ${values.join(", ")}`] : [];

/** The parts of a statement in words; each list is what a reader compares. */
interface Worded {
  readonly who: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
}

const NONE: readonly string[] = [];

/** Most statements name neither principals nor conditions, and nothing by exception. */
function worded(statement: PolicyStatement): Worded {
  const { principals, notPrincipals, actions, notActions, resources, notResources, conditions } = statement;
  return {
    who: principals.length + notPrincipals.length === 0 ? NONE : whoOf(statement),
    actions: notActions.length === 0 ? actions : [...actions, ...unlike(notActions)],
    resources: notResources.length === 0 ? resources : [...resources, ...unlike(notResources)],
    conditions: conditions.length === 0 ? NONE : conditions.map(conditionText),
  };
}

function whoOf({ principals, notPrincipals }: PolicyStatement): readonly string[] {
  const others = notPrincipals.map(principalText);
  return [...principals.map(principalText), ...(others.length > 0 ? [`everyone but ${others.join(", ")}`] : [])];
}

const parts = [
  ["who", "principal"],
  ["actions", "action"],
  ["resources", "resource"],
  ["conditions", "condition"],
] as const;

function shared(left: readonly string[], right: readonly string[]): number {
  let count = 0;
  for (const text of left) if (right.includes(text)) count += 1;
  return count / Math.max(left.length, right.length, 1);
}

const serviceOf = remembered((action) => action.split(":")[0]?.toLowerCase() ?? "");

function servicesOf(actions: readonly string[]): readonly string[] {
  const services: string[] = [];
  for (const action of actions) {
    const service = serviceOf(action);
    if (!services.includes(service)) services.push(service);
  }
  return services;
}

/** How likely one statement became the other, from 0. */
export function likenessOf(left: PolicyStatement, right: PolicyStatement): number {
  const [one, other] = [worded(left), worded(right)];
  const isSameName = left.sid !== undefined && left.sid === right.sid;
  let alike = 0;
  for (const [part] of parts) alike += shared(one[part], other[part]);
  return alike + shared(servicesOf(one.actions), servicesOf(other.actions)) / 2 + (isSameName ? 4 : 0);
}

function changedPart(name: string, before: readonly string[], after: readonly string[]): readonly string[] {
  if (before === after) return NONE;
  const gone = before.filter((text) => !after.includes(text));
  const come = after.filter((text) => !before.includes(text));
  if (gone.length === 0 && come.length === 0) return NONE;
  if (gone.length === 1 && come.length === 1) return [`${name} ${gone[0]} became ${come[0]}`];
  return [
    ...(gone.length > 0 ? [`without ${name} ${gone.join(", ")}`] : []),
    ...(come.length > 0 ? [`with ${name} ${come.join(", ")}`] : []),
  ];
}

/** What differs between a statement and what became of it. */
export function differencesOf(before: PolicyStatement | undefined, after: PolicyStatement | undefined): string {
  if (!before) return "this statement is new";
  if (!after) return "this statement goes";
  const [left, right] = [worded(before), worded(after)];
  const differences = parts.flatMap(([part, name]) => changedPart(name, left[part], right[part]));
  const isVersion = before.readsVariables !== after.readsVariables;
  if (isVersion)
    differences.push(`variables such as \${aws:username} are ${after.readsVariables ? "read" : "text"} now`);
  return differences.length > 0 ? differences.join("; ") : "what other statements grant or deny beside it changed";
}

/** A statement as a reviewer reads it, by itself. */
export type StatementText = Omit<AccessStatement, "change" | "why">;

export function statementText(statement: PolicyStatement): StatementText {
  const { who, actions, resources, conditions } = worded(statement);
  const { effect } = statement;
  return who.length > 0
    ? { effect, who: who.join(", "), actions, resources, conditions }
    : { effect, actions, resources, conditions };
}

/** A statement that changes, as a reviewer reads it. */
export function accessStatement(statement: PolicyStatement, change: AccessChange, reason: string): AccessStatement {
  const { effect, who, actions, resources, conditions } = statementText(statement);
  const why = effect === "Deny" && change !== "UNKNOWN" ? `${denial(change)}: ${reason}` : reason;
  return who === undefined
    ? { change, effect, actions, resources, conditions, why }
    : { change, effect, who, actions, resources, conditions, why };
}

const denial = (change: AccessChange): string =>
  change === "BROADENED" || change === "REMOVED" ? "denies less" : "denies more";
