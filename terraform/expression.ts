import { isDeepStrictEqual } from "node:util";
import { functions } from "./functions";
import { asBool, asNumber, asString, EvaluationError, elementOf, unify } from "./values";

/** What an expression refers to, step by step: `aws_sqs_queue.Inbox.arn` is `["aws_sqs_queue", "Inbox", "arn"]`, and `[0]` a step `"0"`. */
export type Reference = readonly string[];

/** Gives the value of a reference. */
export type Lookup = (reference: Reference) => unknown;

type Expression = (lookup: Lookup) => unknown;

interface Operator {
  readonly precedence: number;
  readonly apply: (left: unknown, right: unknown) => unknown;
}

// Adding 0 turns JavaScript's -0, which Terraform does not have, into 0.
const arithmetic = (precedence: number, apply: (left: number, right: number) => number): Operator => ({
  precedence,
  apply: (left, right) => apply(asNumber(left), asNumber(right)) + 0,
});

const comparison = (apply: (left: number, right: number) => boolean): Operator => ({
  precedence: 4,
  apply: (left, right) => apply(asNumber(left), asNumber(right)),
});

function divisor(value: number): number {
  if (value === 0) throw new EvaluationError("a number cannot be divided by 0");
  return value;
}

/** Both sides are evaluated always, as by Terraform before 1.12. */
const operators: ReadonlyMap<string, Operator> = new Map([
  ["||", { precedence: 1, apply: (left, right) => asBool(left) !== asBool(right) || asBool(left) }],
  ["&&", { precedence: 2, apply: (left, right) => asBool(left) === asBool(right) && asBool(left) }],
  ["==", { precedence: 3, apply: isDeepStrictEqual }],
  ["!=", { precedence: 3, apply: (left, right) => !isDeepStrictEqual(left, right) }],
  ["<", comparison((left, right) => left < right)],
  ["<=", comparison((left, right) => left <= right)],
  [">", comparison((left, right) => left > right)],
  [">=", comparison((left, right) => left >= right)],
  ["+", arithmetic(5, (left, right) => left + right)],
  ["-", arithmetic(5, (left, right) => left - right)],
  ["*", arithmetic(6, (left, right) => left * right)],
  ["/", arithmetic(6, (left, right) => left / divisor(right))],
  ["%", arithmetic(6, (left, right) => left % divisor(right))],
]);

const keywords: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;

/** Runs an expression; gives undefined where it has no value. */
function attempt(expression: Expression, lookup: Lookup): { readonly value: unknown } | undefined {
  try {
    return { value: expression(lookup) };
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

function conditional(condition: Expression, whenTrue: Expression, whenFalse: Expression): Expression {
  return (lookup) => {
    const [chosen, other] = asBool(condition(lookup)) ? [whenTrue, whenFalse] : [whenFalse, whenTrue];
    return unify(chosen(lookup), [attempt(other, lookup)?.value]);
  };
}

function firstOf(expressions: readonly Expression[]): Expression {
  return (lookup) => {
    for (const expression of expressions) {
      const result = attempt(expression, lookup);
      if (result) return result.value;
    }
    throw new EvaluationError("try needs an argument that has a value");
  };
}

function call(name: string, given: readonly Expression[]): Expression {
  const [first] = given;
  if (name === "try") return firstOf(given);
  if (name === "can" && first) return (lookup) => attempt(first, lookup) !== undefined;
  return (lookup) => functions.get(name)?.call(...given.map((expression) => expression(lookup)));
}

function concatenation(parts: readonly (string | Expression)[]): Expression {
  const [first, second] = parts;
  if (typeof first === "function" && second === undefined) return first;
  return (lookup) => parts.map((part) => asString(typeof part === "string" ? part : part(lookup))).join("");
}

const names = [...functions.keys(), "can", "try"].sort().join(", ");

/** Reads a template by recursive descent, straight into functions that evaluate it. */
class Parser {
  readonly references: Reference[] = [];
  private position = 0;
  /** Where the interpolation begins that messages show. */
  private start = 0;

  constructor(private readonly text: string) {}

  template(): Expression {
    const parts: (string | Expression)[] = [];
    while (this.position < this.text.length) {
      this.start = this.position;
      parts.push(this.interpolation() ?? this.match(/[^$%]+|./suy) ?? "");
    }
    return concatenation(parts);
  }

  /** What templates and quoted strings share: an escape, or `${ … }`. */
  private interpolation(): string | Expression | undefined {
    const escaped = this.match(/\$\$\{|%%\{/y);
    if (escaped) return escaped.slice(1);
    const begin = this.position;
    const directive = this.match(/%\{~?\s*\w*/y);
    if (directive) {
      throw this.failure(`the directive ${directive} is not in the local run: use a conditional, ? :`, begin);
    }
    if (!this.match(/\$\{/y)) return undefined;
    const expression = this.expression();
    this.expect("}");
    const source = this.text.slice(begin, this.position);
    // An interpolation inside a string inside an interpolation is shown with all that is around it.
    return begin === this.start ? (lookup) => this.evaluate(expression, lookup, source) : expression;
  }

  private evaluate(expression: Expression, lookup: Lookup, source: string): unknown {
    try {
      return expression(lookup);
    } catch (error) {
      throw new Error(`${(error as Error).message} (in ${source})`, { cause: error });
    }
  }

  private expression(): Expression {
    const condition = this.operation(1);
    if (!this.take("?")) return condition;
    const whenTrue = this.expression();
    this.expect(":");
    return conditional(condition, whenTrue, this.expression());
  }

  private operation(lowest: number): Expression {
    let left = this.unary();
    for (let operator = this.operator(lowest); operator; operator = this.operator(lowest)) {
      const { apply, precedence } = operator;
      const [first, second] = [left, this.operation(precedence + 1)];
      left = (lookup) => apply(first(lookup), second(lookup));
    }
    return left;
  }

  private operator(lowest: number): Operator | undefined {
    this.skipSpace();
    const before = this.position;
    const operator = operators.get(this.match(/\|\||&&|[=!<>]=|[<>+*/%-]/y) ?? "");
    if (operator && operator.precedence >= lowest) return operator;
    this.position = before;
    return undefined;
  }

  private unary(): Expression {
    if (this.take("!")) {
      const operand = this.unary();
      return (lookup) => !asBool(operand(lookup));
    }
    if (this.take("-")) {
      const operand = this.unary();
      return (lookup) => 0 - asNumber(operand(lookup));
    }
    return this.elements(this.term());
  }

  private term(): Expression {
    this.skipSpace();
    const number = this.match(/\d+(\.\d+)?(e[+-]?\d+)?/iy);
    if (number) return () => Number(number);
    if (this.take('"')) return this.string();
    if (this.take("[")) return this.list();
    if (this.take("{")) return this.object();
    if (this.take("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    return this.named();
  }

  private string(): Expression {
    const parts: (string | Expression)[] = [];
    while (!this.match(/"/y)) parts.push(this.interpolation() ?? this.character());
    return concatenation(parts);
  }

  private character(): string {
    const plain = this.match(/[^$%"\\\n]+|[$%]/uy);
    if (plain) return plain;
    const code = this.match(/\\u[\da-fA-F]{4}|\\U[\da-fA-F]{8}/y);
    if (code) return String.fromCodePoint(Number.parseInt(code.slice(2), 16));
    const escaped = this.match(/\\[nrt"\\]/y);
    if (escaped) return escapes[escaped.slice(1)] ?? "";
    throw this.failure('a string must end in a quote, on its line, and escape only with \\n \\r \\t \\" \\\\ \\u \\U');
  }

  private list(): Expression {
    this.refuseFor();
    const items = this.sequence("]", () => this.expression());
    return (lookup) => items.map((item) => item(lookup));
  }

  private object(): Expression {
    this.refuseFor();
    const entries = this.sequence("}", () => {
      const key = this.key();
      if (!this.take(":")) this.expect("=");
      return [key, this.expression()] as const;
    });
    return (lookup) => Object.fromEntries(entries.map(([key, value]) => [asString(key(lookup)), value(lookup)]));
  }

  private key(): Expression {
    this.skipSpace();
    const name = this.match(NAME);
    return name ? () => name : this.term();
  }

  private sequence<T>(end: string, item: () => T): readonly T[] {
    const items: T[] = [];
    while (!this.take(end)) {
      items.push(item());
      if (!this.take(",")) {
        this.expect(end);
        break;
      }
    }
    return items;
  }

  private named(): Expression {
    const begin = this.position;
    const name = this.match(NAME);
    if (!name) throw this.failure(`an expression must stand here, got: ${this.next()}`);
    if (this.take("(")) return this.call(name, begin);
    if (keywords.has(name)) return () => keywords.get(name);
    return this.reference(name);
  }

  private call(name: string, begin: number): Expression {
    const [least, most] = name === "can" ? [1, 1] : name === "try" ? [1, Infinity] : (functions.get(name)?.arity ?? []);
    if (least === undefined || most === undefined) {
      throw this.failure(`the function ${name} is not in the local run, which has ${names}`, begin);
    }
    const given = this.sequence(")", () => this.expression());
    if (given.length >= least && given.length <= most) return call(name, given);
    const arity = most === least ? least : `${least} or more`;
    throw this.failure(`${name} takes ${arity} arguments, got: ${given.length}`, begin);
  }

  private reference(name: string): Expression {
    const path = [name];
    for (let step = this.step(); step !== undefined; step = this.step()) path.push(step);
    this.references.push(path);
    return (lookup) => lookup(path);
  }

  /** A step that is known without evaluating anything. */
  private step(): string | undefined {
    this.skipSpace();
    const key = this.match(/\[\s*(\d+|"[^"\\$%\n]*")\s*\]/y);
    if (key) return key.replace(/^\[\s*"?|"?\s*\]$/g, "");
    if (!this.take(".")) return undefined;
    this.skipSpace();
    const name = this.match(NAME) ?? this.match(/\d+/y);
    if (name === undefined) throw this.failure(`the name of an attribute must stand here, got: ${this.next()}`);
    return name;
  }

  private elements(value: Expression): Expression {
    const step = this.step();
    if (step !== undefined) return this.elements((lookup) => elementOf(value(lookup), step));
    if (!this.take("[")) return value;
    const key = this.expression();
    this.expect("]");
    return this.elements((lookup) => elementOf(value(lookup), key(lookup)));
  }

  private refuseFor(): void {
    this.skipSpace();
    if (this.match(/for\s/y)) throw this.failure("a for expression is not in the local run");
  }

  private skipSpace(): void {
    this.match(/\s+/y);
  }

  private take(token: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.failure(`${token} must stand here, got: ${this.next()}`);
  }

  private match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.position;
    const found = sticky.exec(this.text)?.[0];
    this.position += found?.length ?? 0;
    return found;
  }

  private next(): string {
    return this.text[this.position] ?? "the end";
  }

  private failure(message: string, at = this.position): Error {
    const end = this.text.indexOf("}", at);
    const shown = this.text.slice(this.start, end < 0 ? undefined : end + 1);
    return new Error(`${message} (column ${at - this.start + 1} of ${shown})`);
  }
}

/**
 * Evaluates a string of Terraform's JSON configuration. A string that is one interpolation keeps the type of its value.
 *
 * @see https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 * @throws Error that shows the expression, for one that has no value, that is not well formed (with the column), or that asks for what
 * is not modelled: other functions, `for`, splats, directives
 */
export function evaluateTemplate(text: string, lookup: Lookup): unknown {
  return new Parser(text).template()(lookup);
}

/** All that a string of Terraform's JSON configuration refers to, in the order in which it stands there. */
export function referencesIn(text: string): readonly Reference[] {
  const parser = new Parser(text);
  parser.template();
  return parser.references;
}
