import type { StatementCondition } from "./document";
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

/** An IPv4 address as a number; none for anything else. */
function ipv4Of(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts?.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}

const isInRange: Comparison = (policyValue, requestValue) => {
  const [address = "", length = "32"] = policyValue.split("/");
  const start = ipv4Of(address);
  if (start === undefined || !/^(\d|[12]\d|3[0-2])$/.test(length)) {
    throw new Error(
      `IpAddress must be an IPv4 address or CIDR, got: ${policyValue}. IPv6 is not modelled; see policy/condition.ts`,
    );
  }
  const value = ipv4Of(requestValue);
  const size = 2 ** (32 - Number(length));
  return value !== undefined && Math.floor(value / size) === Math.floor(start / size);
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
  IpAddress: isInRange,
};

/** Negated operators, and what they negate. */
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
  NotIpAddress: "IpAddress",
};

/** @throws Error naming an operator that is not modelled */
function operatorOf(written: string): Operator {
  const [, set, name = "", suffix] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(written) ?? [];
  const compare = comparisons[negations[name] ?? name];
  if (!compare) {
    throw new Error(
      `The condition operator ${written} is not modelled. Use another one, or add it to policy/condition.ts`,
    );
  }
  return { compare, isNegated: name in negations, set: set as Operator["set"], ifExists: suffix !== undefined };
}

/** @throws Error naming an operator that is not modelled */
export function requireModelled({ operator }: StatementCondition): void {
  if (operator !== "Null") operatorOf(operator);
}

/**
 * Whether a request fulfils a condition. A key that the request lacks fulfils negated operators, `…IfExists` and `ForAllValues`, and no
 * others.
 *
 * @param readsVariables whether `${…}` in the condition's values stands for the request's values
 * @throws Error naming an operator that is not modelled, or a key that has several values where the operator takes one
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
