import type { StatementCondition } from "../../policy/document";
import { everyText, isFulfillable, type Language, languageOf } from "./language";
import type { Budget, Certainty } from "./text-search";
import { type Family, fulfils, samplesOf, type Test, testOf } from "./typed-values";

/** Which of a request's values must fit: the only one, all of them, any of them. */
type Quantifier = "one" | "all" | "any";

type Values =
  | { readonly family: "text"; readonly language: Language }
  | { readonly family: Family; readonly tests: readonly Test[] }
  /** Null: whether the key may be there. */
  | { readonly family: "presence"; readonly isFulfilled: boolean };

/** One line of a statement's condition, as what it asks of the values of one key. */
export interface Predicate {
  /** Equal for lines that mean the same by their form. */
  readonly identity: string;
  /** In lower case. */
  readonly key: string;
  readonly quantifier: Quantifier;
  readonly isNegated: boolean;
  /** Whether a request without the key fulfils it. AWS's pages leave open what IfExists does beside ForAnyValue. */
  readonly whenMissing: boolean | "unclear";
  readonly values: Values;
  /** Whether some of it cannot be told: opaque values, or an operator that IAM does not have. */
  readonly isVague: boolean;
}

const negations: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnLike",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
};

function valuesOf(operator: string, values: readonly string[], readsVariables: boolean): Values {
  switch (operator) {
    case "StringEquals":
    case "BinaryEquals":
      return { family: "text", language: languageOf(values, { reach: "none", readsVariables }) };
    case "StringEqualsIgnoreCase":
      return { family: "text", language: languageOf(values, { reach: "none", readsVariables, ignoresCase: true }) };
    case "StringLike":
      return { family: "text", language: languageOf(values, { reach: "text", readsVariables }) };
    case "ArnEquals":
    case "ArnLike":
      return { family: "text", language: languageOf(values, { reach: "arn", readsVariables }) };
    default: {
      const read = values.map((value) => testOf(operator, value));
      const family = read[0]?.family ?? testOf(operator, "").family;
      return { family, tests: read.map(({ test }) => test) };
    }
  }
}

function identityOf(values: Values): string {
  if (values.family === "text") return `text ${values.language.identity}`;
  if (values.family === "presence") return `presence ${values.isFulfilled}`;
  return `${values.family} ${[...new Set(values.tests.map(({ identity }) => identity))].sort().join("\n")}`;
}

const isVague = (values: Values): boolean =>
  values.family === "text"
    ? values.language.hasOpaque
    : values.family !== "presence" && values.tests.some(({ holds }) => !holds);

function nullPredicate({ key: written, values }: StatementCondition): Predicate {
  const key = written.toLowerCase();
  const wanted = values.map((value) => value.toLowerCase());
  const [whenMissing, isFulfilled] = [wanted.includes("true"), wanted.includes("false")];
  return {
    identity: `${key} Null ${whenMissing} ${isFulfilled}`,
    key,
    quantifier: "one",
    isNegated: false,
    whenMissing,
    values: { family: "presence", isFulfilled },
    isVague: false,
  };
}

function missingOf(quantifier: Quantifier, isNegated: boolean, ifExists: boolean): boolean | "unclear" {
  if (quantifier === "all") return true;
  if (quantifier === "any") return ifExists ? "unclear" : false;
  return ifExists || isNegated;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function predicateOf(condition: StatementCondition, readsVariables: boolean): Predicate {
  const written = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(condition.operator) ?? [];
  const [, set, name = "", suffix] = written;
  if (name === "Null") return nullPredicate(condition);
  const key = condition.key.toLowerCase();
  const isNegated = Object.hasOwn(negations, name);
  const quantifier = set === "ForAllValues" ? "all" : set === "ForAnyValue" ? "any" : "one";
  const values = valuesOf(negations[name] ?? name, condition.values, readsVariables);
  const whenMissing = missingOf(quantifier, isNegated, suffix !== undefined);
  return {
    identity: `${key} ${quantifier} ${isNegated} ${whenMissing} ${identityOf(values)}`,
    key,
    quantifier,
    isNegated,
    whenMissing,
    values,
    isVague: isVague(values) || whenMissing === "unclear",
  };
}

/** That a predicate is, or is not, to be fulfilled. */
export interface Demand {
  readonly predicate: Predicate;
  readonly isFulfilled: boolean;
  /** How the predicate's values are to be understood. */
  readonly certainty: Certainty;
  /** What is taken for true where the answer is unclear. */
  readonly unclear: boolean;
}

/** Whether a value can be as demanded, one value taken at a time. */
function isValueFulfillable(demands: readonly Demand[], budget: Budget, allowsMixing: boolean): boolean {
  const byFamily = new Map<string, Demand[]>();
  for (const demand of demands) {
    const { values, isNegated } = demand.predicate;
    if (values.family === "presence") {
      if ((values.isFulfilled !== isNegated) !== demand.isFulfilled) return false;
      continue;
    }
    byFamily.set(values.family, [...(byFamily.get(values.family) ?? []), demand]);
  }
  // A key has values of one type: what operators of several types make of it cannot be told.
  if (byFamily.size > 1 && !allowsMixing) return false;
  return [...byFamily.entries()].every(([family, those]) =>
    family === "text" ? isTextFulfillable(those, budget) : isTypedFulfillable(family as Family, those),
  );
}

const isWithin = ({ predicate, isFulfilled }: Demand): boolean => predicate.isNegated !== isFulfilled;

function isTextFulfillable(demands: readonly Demand[], budget: Budget): boolean {
  const memberships = demands.flatMap((demand) => {
    const { values } = demand.predicate;
    return values.family === "text"
      ? [{ language: values.language, certainty: demand.certainty, isIn: isWithin(demand) }]
      : [];
  });
  return isFulfillable(memberships, everyText, budget);
}

function isTypedFulfillable(family: Family, demands: readonly Demand[]): boolean {
  const testsOf = ({ predicate: { values } }: Demand): readonly Test[] => ("tests" in values ? values.tests : []);
  return samplesOf(family, demands.flatMap(testsOf)).some((sample) =>
    demands.every(
      (demand) => testsOf(demand).some((test) => fulfils(sample, test, demand.certainty)) === isWithin(demand),
    ),
  );
}

const isFulfilledWhenMissing = ({ predicate, isFulfilled, unclear }: Demand): boolean =>
  (predicate.whenMissing === "unclear" ? unclear : predicate.whenMissing) === isFulfilled;

/** With several values: each must fit some demands, and for each other demand there must be one that fits it. */
function isSetFulfillable(demands: readonly Demand[], budget: Budget, allowsMixing: boolean): boolean {
  const alone = demands.filter(({ predicate }) => predicate.quantifier === "one");
  // What an operator for one value makes of several, AWS does not say; that there are values, it sees.
  const areAloneFulfillable = alone.every(({ predicate: { values }, isFulfilled, unclear }) =>
    values.family === "presence" ? values.isFulfilled === isFulfilled : unclear === isFulfilled,
  );
  if (!areAloneFulfillable) return false;
  const sets = demands.filter(({ predicate }) => predicate.quantifier !== "one");
  const each = sets.filter(({ predicate, isFulfilled }) => (predicate.quantifier === "all") === isFulfilled);
  const some = sets.filter((demand) => !each.includes(demand));
  if (some.length === 0) return isValueFulfillable(each, budget, allowsMixing);
  return some.every((one) => isValueFulfillable([one, ...each], budget, allowsMixing));
}

/**
 * Whether a key can be missing, or have a value or values, as all demands want it.
 *
 * @param allowsMixing what to answer where operators of several types ask about one key
 * @throws TooManyStepsError
 */
export function isKeyFulfillable(demands: readonly Demand[], budget: Budget, allowsMixing: boolean): boolean {
  budget.spend(demands.length);
  const wanted = new Map<string, boolean>();
  for (const { predicate, isFulfilled } of demands) {
    if (wanted.get(predicate.identity) === !isFulfilled) return false;
    wanted.set(predicate.identity, isFulfilled);
  }
  if (demands.every(isFulfilledWhenMissing)) return true;
  if (isValueFulfillable(demands, budget, allowsMixing)) return true;
  return (
    demands.some(({ predicate }) => predicate.quantifier !== "one") && isSetFulfillable(demands, budget, allowsMixing)
  );
}
