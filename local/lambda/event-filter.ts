import { AwsError } from "../aws";
import { comparisons, isObject, parsed } from "../protocol/matching";

type Test = (value: unknown) => boolean;

/**
 * Reads the filter patterns of an event source mapping; a record must match one of them. Of the operators `exists`, `prefix`,
 * `anything-but` and `numeric` are modelled.
 *
 * @param patterns JSON; with none every record matches
 * @throws AwsError `InvalidParameterValueException` for what is no pattern
 * @throws Error for an operator that is not modelled
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 */
export function eventFilter(patterns: readonly string[]): Test {
  const tests = patterns.map((pattern) => fieldsOf(parsed(pattern), pattern));
  return (record) => tests.length === 0 || tests.some((test) => test(record));
}

function fieldsOf(pattern: unknown, source: string): Test {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw invalid(source, "it must be an object with fields");
  const fields = Object.entries(pattern).map(([name, field]) => {
    if (name === "$or") throw notModelled("$or");
    return { name, test: Array.isArray(field) ? leafOf(field, source) : fieldsOf(field, source) };
  });
  const matches: Test = (value) =>
    Array.isArray(value)
      ? value.some(matches)
      : fields.every(({ name, test }) => test(isObject(value) ? value[name] : undefined));
  return matches;
}

/** Any of the listed values or conditions; of a list in the record, any item. */
function leafOf(conditions: readonly unknown[], source: string): Test {
  if (conditions.length === 0) throw invalid(source, "an array must not be empty");
  const tests = conditions.map((condition) =>
    isObject(condition) ? operatorOf(condition, source) : equals(condition),
  );
  return (value) => tests.some((test) => test(value));
}

const anyItem =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) ? value.some(test) : test(value);

const equals = (expected: unknown): Test => anyItem((value) => value === expected);

function operatorOf(condition: Readonly<Record<string, unknown>>, source: string): Test {
  const [[name, operand] = ["", undefined], ...others] = Object.entries(condition);
  if (others.length > 0) throw invalid(source, "a condition must have one operator");
  switch (name) {
    case "exists":
      return exists(operand, source);
    case "prefix":
      return prefix(operand, source);
    case "anything-but":
      return anythingBut(operand, source);
    case "numeric":
      return numeric(operand, source);
    default:
      throw notModelled(name);
  }
}

/** Only a leaf exists: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
function exists(operand: unknown, source: string): Test {
  if (typeof operand !== "boolean") throw invalid(source, "exists must be true or false");
  return (value) => (value !== undefined && !isObject(value)) === operand;
}

function prefix(operand: unknown, source: string): Test {
  if (typeof operand !== "string") throw invalid(source, "prefix must be a string");
  return anyItem((value) => typeof value === "string" && value.startsWith(operand));
}

function anythingBut(operand: unknown, source: string): Test {
  if (isObject(operand)) {
    const { prefix: start, ...others } = operand;
    const [other] = Object.keys(others);
    if (other) throw notModelled(`anything-but ${other}`);
    const starts = prefix(start, source);
    return anyItem((value) => typeof value === "string" && !starts(value));
  }
  const excluded: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (!excluded.every((value) => typeof value === "string" || typeof value === "number")) {
    throw invalid(source, "anything-but must list strings or numbers");
  }
  return anyItem((value) => value !== undefined && !isObject(value) && !excluded.some((item) => item === value));
}

/** Numbers only: DynamoDB writes its own as strings, which no numeric condition matches. */
function numeric(operand: unknown, source: string): Test {
  const parts: unknown[] = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4) throw invalid(source, "numeric must have one or two comparisons");
  const tests = [0, 2].slice(0, parts.length / 2).map((at) => {
    const compare = comparisons[String(parts[at])];
    const limit = parts[at + 1];
    if (!compare || typeof limit !== "number") throw invalid(source, 'numeric must be such as [">", 0, "<=", 10]');
    return (value: number) => compare(value, limit);
  });
  return anyItem((value) => typeof value === "number" && tests.every((test) => test(value)));
}

function invalid(pattern: string, why: string): AwsError {
  return new AwsError("InvalidParameterValueException", `Invalid filter pattern definition: ${why}, got: ${pattern}`);
}

function notModelled(operator: string): Error {
  return new Error(`filter_criteria: ${operator} is not modelled by the local run. Test this filter in an account.`);
}
