import type { StatementCondition } from "./document";
import { isInIpRange } from "./ip-range";
import { type Context, textOf, wildcardPattern } from "./pattern";

/** Whether a value of the request fits a value of the policy. Variables are read where the context is given. */
type Comparison = (policyValue: string, requestValue: string, context?: Context) => boolean;

interface Operator {
  readonly compare: Comparison;
  readonly isNegated: boolean;
  readonly set?: "ForAllValues" | "ForAnyValue";
  readonly ifExists: boolean;
}

function numberOf(text: string): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw new Error(`A Numeric condition must compare with a number, got: ${text}`);
  return number;
}

const numeric =
  (compare: (request: number, policy: number) => boolean): Comparison =>
  (policyValue, requestValue) =>
    compare(Number(requestValue || Number.NaN), numberOf(policyValue));

/** Milliseconds since 1970 of an ISO 8601 time, or of seconds since 1970; not a number for anything else. */
function timeOf(text: string): number {
  if (/^\d{1,3}$|^\d{5,}$/.test(text)) return Number(text) * 1000;
  return /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

const dated =
  (compare: (request: number, policy: number) => boolean): Comparison =>
  (policyValue, requestValue) => {
    const policy = timeOf(policyValue);
    if (Number.isNaN(policy)) {
      throw new Error(
        `A Date condition must compare with a time such as 2030-01-31T00:00:00Z or seconds since 1970, got: ${policyValue}`,
      );
    }
    return compare(timeOf(requestValue), policy);
  };

const isArnLike: Comparison = (policyValue, requestValue, context) =>
  wildcardPattern(policyValue, "arn", context).test(requestValue);

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: (policyValue, requestValue, context) => textOf(policyValue, context) === requestValue,
  StringEqualsIgnoreCase: (policyValue, requestValue, context) =>
    textOf(policyValue, context).toLowerCase() === requestValue.toLowerCase(),
  StringLike: (policyValue, requestValue, context) => wildcardPattern(policyValue, "text", context).test(requestValue),
  ArnEquals: isArnLike,
  ArnLike: isArnLike,
  Bool: (policyValue, requestValue) => policyValue.toLowerCase() === requestValue.toLowerCase(),
  NumericEquals: numeric((request, policy) => request === policy),
  NumericLessThan: numeric((request, policy) => request < policy),
  NumericLessThanEquals: numeric((request, policy) => request <= policy),
  NumericGreaterThan: numeric((request, policy) => request > policy),
  NumericGreaterThanEquals: numeric((request, policy) => request >= policy),
  DateEquals: dated((request, policy) => request === policy),
  DateLessThan: dated((request, policy) => request < policy),
  DateLessThanEquals: dated((request, policy) => request <= policy),
  DateGreaterThan: dated((request, policy) => request > policy),
  DateGreaterThanEquals: dated((request, policy) => request >= policy),
  BinaryEquals: (policyValue, requestValue) =>
    Buffer.from(policyValue, "base64").equals(Buffer.from(requestValue, "base64")),
  IpAddress: isInIpRange,
};

/** Negated operators, and what they negate. */
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
};

/** @throws Error naming an operator that IAM does not have */
function operatorOf(written: string): Operator {
  const [, set, name = "", suffix] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(written) ?? [];
  const compare = comparisons[negations[name] ?? name];
  if (!compare) {
    throw new Error(
      `The condition operator ${written} is not one of IAM's. Use one of ${[...Object.keys(comparisons), ...Object.keys(negations), "Null"].join(", ")}`,
    );
  }
  return { compare, isNegated: name in negations, set: set as Operator["set"], ifExists: suffix !== undefined };
}

/** @throws Error naming an operator that IAM does not have */
export function requireModelled({ operator }: StatementCondition): void {
  if (operator !== "Null") operatorOf(operator);
}

/**
 * Whether a request fulfils a condition. A key that the request lacks fulfils negated operators, `…IfExists` and `ForAllValues`, and no
 * others.
 *
 * @param readsVariables whether `${…}` in the condition's values stands for the request's values
 * @throws Error naming an operator that IAM does not have, a value that its operator cannot read, or a key that has several values where the operator takes one
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function isFulfilled(condition: StatementCondition, context: Context, readsVariables: boolean): boolean {
  const present = context.get(condition.key.toLowerCase()) ?? [];
  if (condition.operator === "Null") {
    return condition.values.some((value) => value.toLowerCase() === String(present.length === 0));
  }
  const { compare, isNegated, set, ifExists } = operatorOf(condition.operator);
  const variables = readsVariables ? context : undefined;
  const fits = (value: string): boolean =>
    condition.values.some((policyValue) => compare(policyValue, value, variables)) !== isNegated;

  if (present.length === 0) return ifExists || set === "ForAllValues" || (isNegated && set === undefined);
  if (set === "ForAllValues") return present.every(fits);
  if (set === undefined && present.length > 1) {
    throw new Error(
      `${condition.key} has several values: ${condition.operator} must say ForAllValues: or ForAnyValue: before its name`,
    );
  }
  return present.some(fits);
}
