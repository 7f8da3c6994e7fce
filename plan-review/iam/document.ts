import { type PolicyDocument, type PolicyStatement, statementsIn } from "../../policy/document";
import type { Json } from "../plan";
import type { PolicyUse } from "../policy-attributes";
import { isEqual } from "../values";
import { type Predicate, predicateOf } from "./condition";
import { type Language, languageOf } from "./language";
import { FRESH, variablesOf } from "./pattern-text";
import { principalsOf } from "./principal";
import { remembered } from "./remembered";

/** A policy as JSON text or parsed. */
export type PolicyText = string | Readonly<Record<string, unknown>>;

/** One of the things that a statement asks of a request; all of them must be so. */
export type Factor =
  | {
      readonly dimension: "principal" | "action" | "resource";
      readonly identity: string;
      readonly language: Language;
      /** Whether it is the language's complement: NotAction and the like. */
      readonly isNegated: boolean;
    }
  | { readonly dimension: "key"; readonly identity: string; readonly predicate: Predicate };

/** A statement and what it asks of a request. */
export interface Grant {
  readonly statement: PolicyStatement;
  readonly factors: readonly Factor[];
  /** Equal for statements that are the same but for order, repetition, case and Sid. */
  readonly identity: string;
}

type Dimension = "principal" | "action" | "resource";

function languageFactor(dimension: Dimension, language: Language, isNegated: boolean): Factor {
  return { dimension, identity: `${dimension} ${isNegated} ${language.identity}`, language, isNegated };
}

const lowerCase = remembered((text) =>
  text.replace(/\$\{[^}]*\}|[^$]+|\$/g, (part) => (part.startsWith("${") ? part : part.toLowerCase())),
);

/** By actions with what stands in none of them between: those of one policy are those of many. */
const languageOfActions = remembered((actions) =>
  languageOf(actions.split(FRESH).map(lowerCase), { reach: "text", readsVariables: false }),
);

/** A variable without a value makes a statement void. */
function variablePredicates({
  readsVariables,
  resources,
  notResources,
  conditions,
}: PolicyStatement): readonly Predicate[] {
  if (!readsVariables) return [];
  const texts = [...resources, ...notResources, ...conditions.flatMap(({ values }) => values)];
  return variablesOf(texts).map((key) => predicateOf({ operator: "Null", key, values: ["false"] }, true));
}

function factorsOf(statement: PolicyStatement): readonly Factor[] {
  const { principals, notPrincipals, actions, notActions, resources, notResources, readsVariables } = statement;
  const factors: Factor[] = [];
  if (principals.length + notPrincipals.length > 0) {
    factors.push(languageFactor("principal", principalsOf(statement), notPrincipals.length > 0));
  }
  const isNegated = notActions.length > 0;
  factors.push(languageFactor("action", languageOfActions((isNegated ? notActions : actions).join(FRESH)), isNegated));
  if (resources.length + notResources.length > 0) {
    const among = languageOf([...resources, ...notResources], { reach: "resource", readsVariables });
    factors.push(languageFactor("resource", among, notResources.length > 0));
  }
  for (const condition of statement.conditions) {
    const predicate = predicateOf(condition, readsVariables);
    factors.push({ dimension: "key", identity: predicate.identity, predicate });
  }
  for (const predicate of variablePredicates(statement)) {
    factors.push({ dimension: "key", identity: predicate.identity, predicate });
  }
  return factors;
}

/** A grant whose factors are made when they are asked for: most statements of two policies are the same in both. */
class StatementGrant implements Grant {
  private made: readonly Factor[] | undefined;
  private named: string | undefined;

  constructor(readonly statement: PolicyStatement) {}

  get factors(): readonly Factor[] {
    this.made ??= factorsOf(this.statement);
    return this.made;
  }

  get identity(): string {
    this.named ??= this.name();
    return this.named;
  }

  private name(): string {
    const names: string[] = [this.statement.effect];
    const keys: string[] = [];
    // Who, action and resource are there once and in this order.
    for (const { dimension, identity } of this.factors) (dimension === "key" ? keys : names).push(identity);
    if (keys.length > 0) names.push(...[...new Set(keys)].sort());
    return names.join("\n\n");
  }
}

/** A statement as what it asks of a request. */
export const grantOf = (statement: PolicyStatement): Grant => new StatementGrant(statement);

/** What AWS refuses in a policy of its use. */
function requireElements(statement: PolicyStatement, use: PolicyUse): void {
  const hasPrincipal = statement.principals.length + statement.notPrincipals.length > 0;
  const hasResource = statement.resources.length + statement.notResources.length > 0;
  const isOfResource = use === "resource" || use === "trust";
  if (isOfResource && !hasPrincipal)
    throw new Error("A statement of a resource's policy must have a Principal, got: none");
  if (use === "identity" && hasPrincipal) {
    throw new Error("A statement of an identity's policy must have no Principal, got: one");
  }
  if (use === "identity" && !hasResource)
    throw new Error("A statement of an identity's policy must have a Resource, got: none");
}

interface Read {
  readonly policy: PolicyText;
  readonly use: PolicyUse;
  readonly grants: readonly Grant[];
  readonly readsVariables: boolean;
  /** The grants' statements, as they are written. */
  readonly written: readonly Json[];
}

/** The policies that were read last: one is asked several questions in a row. */
const recent: Read[] = [];
const REMEMBERED = 4;

/** @param beside another policy, of the same use */
function read(policy: PolicyText, use: PolicyUse, beside?: Read): Read {
  const document: PolicyDocument | null = typeof policy === "string" ? JSON.parse(policy) : policy;
  const { Version, Statement } = document ?? {};
  const written: readonly Json[] = Array.isArray(Statement) ? Statement : [(Statement ?? null) as Json];
  const readsVariables = Version === "2012-10-17";
  const [first, last] = beside?.readsVariables === readsVariables ? sharedEnds(beside.written, written) : [0, 0];
  const isShared = first + last > 0;
  const others = isShared ? written.slice(first, written.length - last) : written;
  const statements = isShared ? ownStatements(document, Version, others) : statementsIn(document);
  for (const statement of statements) requireElements(statement, use);
  const own = statements.map(grantOf);
  const grants =
    beside && isShared
      ? [...beside.grants.slice(0, first), ...own, ...beside.grants.slice(beside.grants.length - last)]
      : own;
  return { policy, use, grants, readsVariables, written };
}

/** How many statements two policies have in common at their beginnings and at their ends: most changes leave these as they were. */
function sharedEnds(left: readonly Json[], right: readonly Json[]): readonly [first: number, last: number] {
  const shorter = Math.min(left.length, right.length);
  let first = 0;
  while (first < shorter && isEqual(left[first], right[first])) first += 1;
  let last = 0;
  while (last < shorter - first && isEqual(left.at(-1 - last), right.at(-1 - last))) last += 1;
  return [first, last];
}

/** Some statements of a policy. The whole of it is read only to say which one is faulty. */
function ownStatements(
  whole: PolicyDocument | null,
  Version: unknown,
  some: readonly Json[],
): readonly PolicyStatement[] {
  if (some.length === 0) return [];
  try {
    return statementsIn({ Version, Statement: some });
  } catch {
    return statementsIn(whole);
  }
}

/**
 * The grants of a policy.
 *
 * @param beside what it is compared with: statements that both have alike are read once
 * @throws Error saying why it is none
 */
export function grantsOf(policy: PolicyText, use: PolicyUse, beside: PolicyText | null = null): readonly Grant[] {
  const find = (wanted: PolicyText) => recent.find((one) => one.policy === wanted && one.use === use);
  const known = find(policy);
  if (known) return known.grants;
  const made = read(policy, use, beside === null ? undefined : find(beside));
  if (recent.unshift(made) > REMEMBERED) recent.pop();
  return made.grants;
}
