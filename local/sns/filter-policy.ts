import { comparisons, isObject, parsed } from "../protocol/matching";
import type { MessageAttributes } from "../protocol/message-attributes";

/** A single value that a message has under a key. */
type Scalar = string | number | boolean | null;
/** Whether a message's values under one key pass; without the key there are none. */
type Condition = (values: readonly Scalar[]) => boolean;

/** Decides by a message's attributes, or by its text, whether a subscription gets it. */
export type Filter = (message: string, attributes: MessageAttributes) => boolean;

/** How a condition's operator reads its operand. */
type Operator = (operand: unknown) => Condition;

const anyOf =
  (test: (value: Scalar) => boolean): Condition =>
  (values) =>
    values.some(test);

const operators: Readonly<Record<string, Operator>> = {
  exists: (operand) => {
    if (typeof operand !== "boolean") throw new Error("exists takes true or false");
    return (values) => values.length > 0 === operand;
  },
  prefix: (operand) => {
    const text = textOperand("prefix", operand);
    return anyOf((value) => typeof value === "string" && value.startsWith(text));
  },
  suffix: (operand) => {
    const text = textOperand("suffix", operand);
    return anyOf((value) => typeof value === "string" && value.endsWith(text));
  },
  "anything-but": anythingBut,
  numeric,
};

/**
 * Reads a subscription's filter policy. All keys must pass; of a key's conditions one is enough. Exact values, `prefix`, `suffix`,
 * `anything-but` (values, or a prefix), `numeric` and `exists` are modelled.
 *
 * @throws Error that names what is wrong or not modelled
 * @see https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html
 */
export function readFilterPolicy(policy: string, scope: "MessageAttributes" | "MessageBody"): Filter {
  const tree: unknown = JSON.parse(policy);
  const keys = isObject(tree) ? conditionsOf(tree, []) : undefined;
  if (!keys) throw new Error("filter_policy must be a JSON object");
  if (keys.length > 5) throw new Error(`filter_policy can not have more than 5 keys, got: ${keys.length}`);

  const passes = (valuesAt: (path: readonly string[]) => readonly Scalar[]): boolean =>
    keys.every(({ path, conditions }) => conditions.some((condition) => condition(valuesAt(path))));
  if (scope === "MessageBody") return (message) => passesBody(message, passes);

  const nested = keys.find(({ path }) => path.length > 1);
  if (nested)
    throw new Error(`filter_policy can not nest keys with scope MessageAttributes, got: ${nested.path.join(".")}`);
  return (_message, attributes) => passes(([name = ""]) => attributeValues(attributes[name]));
}

interface Key {
  readonly path: readonly string[];
  readonly conditions: readonly Condition[];
}

function conditionsOf(tree: object, path: readonly string[]): Key[] {
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]) => {
    if (name === "$or") throw new Error("$or is not modelled by the local run");
    const at = [...path, name];
    if (isObject(value)) return conditionsOf(value, at);
    if (!Array.isArray(value)) throw new Error(`${at.join(".")} must be an object or an array`);
    if (value.length === 0) throw new Error(`${at.join(".")} must not be an empty array`);
    return [{ path: at, conditions: value.map(readCondition) }];
  });
}

function readCondition(condition: unknown): Condition {
  if (isScalar(condition)) return anyOf((value) => value === condition);
  const [[name, operand] = ["", undefined], ...others] = isObject(condition) ? Object.entries(condition) : [];
  if (others.length > 0 || !name) throw new Error(`a condition takes one operator, got: ${JSON.stringify(condition)}`);
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!operator) throw new Error(`the operator ${name} is not modelled by the local run`);
  return operator(operand);
}

function textOperand(operator: string, operand: unknown): string {
  if (typeof operand !== "string") throw new Error(`${operator} takes text, got: ${JSON.stringify(operand)}`);
  return operand;
}

/** Of several values one that is none of the listed is enough, as AWS has it for `String.Array`. */
function anythingBut(operand: unknown): Condition {
  if (isObject(operand)) {
    const [[name, prefix] = ["", undefined], ...others] = Object.entries(operand);
    if (name !== "prefix" || others.length > 0) throw new Error(`anything-but takes values or a prefix, got: ${name}`);
    const text = textOperand("prefix", prefix);
    return anyOf((value) => typeof value !== "string" || !value.startsWith(text));
  }
  const excluded: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (excluded.length === 0 || !excluded.every((value) => typeof value === "string" || typeof value === "number")) {
    throw new Error(`anything-but takes texts and numbers, got: ${JSON.stringify(operand)}`);
  }
  return anyOf((value) => !excluded.some((other) => other === value));
}

/** One comparison, or a lower and an upper one: `[">", 0, "<=", 100]`. */
function numeric(operand: unknown): Condition {
  const parts: unknown[] = Array.isArray(operand) ? operand : [];
  const wrong = new Error(`numeric takes ["=", 1] or [">", 0, "<=", 100], got: ${JSON.stringify(operand)}`);
  const isRange = /^>=?$/.test(String(parts[0])) && /^<=?$/.test(String(parts[2]));
  if (parts.length !== 2 && !(parts.length === 4 && isRange)) throw wrong;
  const tests = parts.flatMap((part, at) => {
    if (at % 2 === 1) return [];
    const comparison = comparisons[String(part)];
    const limit = parts[at + 1];
    if (!comparison || typeof limit !== "number") throw wrong;
    return [(value: number) => comparison(value, limit)];
  });
  return anyOf((value) => typeof value === "number" && tests.every((test) => test(value)));
}

/** Binary values take no part in filtering. */
function attributeValues(attribute: MessageAttributes[string] | undefined): readonly Scalar[] {
  if (attribute?.StringValue === undefined) return [];
  if (attribute.DataType === "Number") return [Number(attribute.StringValue)];
  if (attribute.DataType === "String") return [attribute.StringValue];
  const items = parsed(attribute.StringValue);
  return Array.isArray(items) ? items.filter(isScalar) : [];
}

/** A text that is no JSON object passes no filter on the body. */
function passesBody(message: string, passes: (valuesAt: (path: readonly string[]) => Scalar[]) => boolean): boolean {
  const body = parsed(message);
  return isObject(body) && passes((path) => bodyValues(body, path));
}

function bodyValues(value: unknown, path: readonly string[]): Scalar[] {
  if (Array.isArray(value)) return value.flatMap((item) => bodyValues(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return isScalar(value) ? [value] : [];
  return isObject(value) && Object.hasOwn(value, name) ? bodyValues(value[name], rest) : [];
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
