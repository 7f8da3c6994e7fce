/** Who a statement of a resource's policy is about: `{ type: "Service", value: "lambda.amazonaws.com" }`; `"*"` alone is of type `AWS`. */
export interface StatementPrincipal {
  readonly type: string;
  readonly value: string;
}

/** One line of a statement's `Condition`: the operator, the condition key, and the values of which one must fit. */
export interface StatementCondition {
  /** As written, such as `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A statement of an IAM policy, with every "one or many" written as many; what the statement leaves out is empty. */
export interface PolicyStatement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly StatementPrincipal[];
  readonly notPrincipals: readonly StatementPrincipal[];
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly conditions: readonly StatementCondition[];
  /** Whether `${aws:PrincipalArn}` and the like stand for values, as they do in policies of version 2012-10-17 and in no older ones. */
  readonly readsVariables: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const elements = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

const NONE: readonly never[] = [];

const isText = (value: unknown): value is string => typeof value === "string";

function many(value: unknown): readonly string[] {
  if (value === undefined) return NONE;
  if (!Array.isArray(value)) return [String(value)];
  return value.every(isText) ? value : value.map(String);
}

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

function principalsOf(value: unknown): readonly StatementPrincipal[] {
  if (value === undefined) return NONE;
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([type, values]) => many(values).map((one) => ({ type, value: one })))
    : many(value).map((one) => ({ type: "AWS", value: one }));
}

const conditionsOf = (value: unknown): readonly StatementCondition[] =>
  value === undefined
    ? NONE
    : Object.entries(value as Record<string, Json>).flatMap(([operator, byKey]) =>
        Object.entries(byKey).map(([key, values]) => ({ operator, key, values: many(values) })),
      );

const excluding = [
  ["Resource", "NotResource"],
  ["Principal", "NotPrincipal"],
] as const;

/** What AWS refuses about a statement, and what would quietly mean something else here than its author meant. */
function faultOf(statement: Json): string | undefined {
  let empty: string | undefined;
  for (const element of Object.keys(statement)) {
    if (!elements.has(element)) return `must have elements that IAM knows, got: ${element}`;
    if (isEmpty(statement[element])) empty ??= element;
  }
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
    return `must have the Effect Allow or Deny, got: ${statement.Effect}`;
  }
  if ("Action" in statement === "NotAction" in statement) return "must have either Action or NotAction";
  const both = excluding.find(([element, negated]) => element in statement && negated in statement);
  if (both) return `must have either ${both.join(" or ")}, got: both`;
  return empty && `must name at least one ${empty}, got: none`;
}

/** A policy that is parsed, whatever stands in it. */
export interface PolicyDocument {
  readonly Version?: unknown;
  readonly Statement?: unknown;
}

/**
 * The statements of a policy's JSON.
 *
 * @throws Error naming the statement and what is wrong with it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export const statementsOf = (json: string): readonly PolicyStatement[] => statementsIn(JSON.parse(json));

/** As `statementsOf`, of a policy that is parsed. */
export function statementsIn(document: PolicyDocument | null): readonly PolicyStatement[] {
  if (document === null) throw new Error("A policy must be an object, got: null");
  const { Version, Statement } = document as { Version?: string; Statement: Json | readonly Json[] };
  const statements: readonly Json[] = Array.isArray(Statement) ? Statement : [Statement];
  return statements.map((statement, index) => {
    const fault = faultOf(statement);
    if (fault) throw new Error(`Statement ${statement.Sid ?? index} of a policy ${fault}`);
    return {
      sid: statement.Sid as string | undefined,
      effect: statement.Effect as "Allow" | "Deny",
      principals: principalsOf(statement.Principal),
      notPrincipals: principalsOf(statement.NotPrincipal),
      actions: many(statement.Action),
      notActions: many(statement.NotAction),
      resources: many(statement.Resource),
      notResources: many(statement.NotResource),
      conditions: conditionsOf(statement.Condition),
      readsVariables: Version === "2012-10-17",
    };
  });
}
