import { Compile, parse } from "velocityjs";
import { restApiVariables, type VariableNames } from "./context-template";
import { javaString } from "./java-string";

/** What a mapping template can read. */
export interface TemplateInput {
  /** Body before the mapping. */
  readonly body: string;
  readonly params?: {
    readonly path: Readonly<Record<string, string>>;
    readonly querystring: Readonly<Record<string, string>>;
    /** By name in lower case. */
    readonly header: Readonly<Record<string, string>>;
  };
  /** Variables of `$context` by their dotted names, such as `identity.sourceIp`. */
  readonly context?: Readonly<Record<string, string | undefined>>;
  readonly stageVariables?: Readonly<Record<string, string>>;
}

/** What a mapping template makes. */
export interface Mapped {
  readonly text: string;
  /** `$context.responseOverride.status`, where the template sets it to a whole number of 100–599; AWS ignores any other. */
  readonly status?: number;
  /** `$context.responseOverride.header`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A template reads a body as JSON that is none. */
export class NotJsonError extends Error {
  override readonly name = "NotJsonError";
}

type Ast = ReturnType<typeof parse>[number];
type Config = NonNullable<ConstructorParameters<typeof Compile>[1]>;
type MethodCall = Parameters<NonNullable<Config["customMethodHandlers"]>[number]["match"]>[0];

const roots = new Set(["input", "util", "context", "stageVariables"]);
const inputMembers = new Set(["body", "json", "path", "params"]);

/** Methods of Java's maps and lists that velocityjs has, or has under the names of the entries of a map. */
const velocityCollectionMethods = new Set([
  ...["get", "put", "add", "remove", "size", "keySet", "entrySet", "subList"],
  ...["getKey", "getValue"],
]);

/** Methods of Java's maps and lists that velocityjs lacks, or answers wrongly. */
const collectionMethods: Readonly<Record<string, (collection: object, argument: unknown) => unknown>> = {
  isEmpty: (collection) => Object.keys(collection).length === 0,
  contains: (collection, item) => Object.values(collection).includes(item),
  containsKey: (collection, key) => Object.hasOwn(collection, String(key)),
  values: (collection) => Object.values(collection),
};

/**
 * A mapping template of API Gateway: VTL by velocityjs, with `$input`, `$util`, `$context`, `$stageVariables` and the methods of Java's
 * strings. What is not modelled is an error that names it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export class MappingTemplate {
  private readonly asts: Ast[];

  /**
   * @param known variables that `$context` has
   * @throws Error where the template is no VTL, or uses what `$input`, `$util` or `$context` does not have
   */
  constructor(template: string, known = restApiVariables) {
    try {
      this.asts = parse(template);
    } catch (error) {
      throw new Error(`the mapping template is not valid VTL: ${(error as Error).message}`);
    }
    requireKnownMembers(this.asts, known);
  }

  /**
   * Runs the template.
   * @throws NotJsonError where it reads a body as JSON that is none
   * @throws Error that names what it asks for and is not modelled
   */
  render({ body, params, context = {}, stageVariables = {} }: TemplateInput): Mapped {
    const overrides: { status?: unknown; header: Record<string, unknown> } = { header: {} };
    const scope = {
      input: inputOf(body, params ?? { path: {}, querystring: {}, header: {} }),
      util: { ...utilities },
      context: { ...nested(context), responseOverride: overrides } as Record<string, unknown>,
      stageVariables: { ...stageVariables },
    };
    const text = new Template(this.asts, { customMethodHandlers: methodHandlers(scope) }).render(scope);
    return {
      text,
      status: isStatus(overrides.status) ? overrides.status : undefined,
      headers: Object.fromEntries(Object.entries(overrides.header).map(([name, value]) => [name, asText(value)])),
    };
  }
}

const isStatus = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600;

/** velocityjs with Velocity's rules where JavaScript's differ. */
class Template extends Compile {
  /** What is not there is empty text, not the text of the reference. */
  protected override getReferences(ast: Ast, isValue?: boolean): string {
    const reference = ast as { readonly id?: string };
    const quiet = isValue && roots.has(reference.id ?? "") ? { ...reference, leader: "$!" } : ast;
    return super.getReferences(quiet as Ast, isValue) ?? (isValue ? "" : undefined);
  }

  protected override getBlock(block: Ast[]): string {
    return super.getBlock(
      // Text of a template stands in its AST as a string, whatever the types say.
      block.map((ast) =>
        typeof ast === "object" && "condition" in ast ? { ...ast, condition: not(not(ast.condition)) } : ast,
      ),
    );
  }

  /** Velocity takes only null and false for false: empty text and 0 are true. */
  protected override getExpression(ast: Ast): string {
    const isTrue = (operand: unknown) =>
      ![false, null, undefined].includes(this.getExpression(operand as Ast) as never);
    if (!("expression" in ast)) return super.getExpression(ast);
    const [left, right] = ast.expression;
    const logic: Readonly<Record<string, () => boolean>> = {
      not: () => !isTrue(left),
      "&&": () => isTrue(left) && isTrue(right),
      "||": () => isTrue(left) || isTrue(right),
    };
    // Types of velocityjs say text for whatever an expression gives.
    return (logic[ast.operator]?.() ?? super.getExpression(ast)) as string;
  }
}

const not = (operand: Ast): Ast => ({ type: "math", operator: "not", expression: [operand] }) as unknown as Ast;

/** Refuses what does not exist or is not modelled, before any request comes. */
function requireKnownMembers(node: unknown, known: VariableNames): void {
  if (typeof node !== "object" || node === null) return;
  const { type, id, path } = node as { type?: string; id?: string; path?: readonly { type?: string; id?: unknown }[] };
  if (type === "references" && path?.[0]) requireKnown(String(id), path, known);
  for (const inner of Object.values(node)) requireKnownMembers(inner, known);
}

function requireKnown(
  root: string,
  path: readonly { readonly type?: string; readonly id?: unknown }[],
  known: VariableNames,
): void {
  const member = String(path[0]?.id);
  if (root === "util" && !Object.hasOwn(utilities, member))
    throw unknownMember("$util", member, Object.keys(utilities));
  if (root === "input" && !inputMembers.has(member)) throw unknownMember("$input", member, [...inputMembers]);
  if (root !== "context" || member === "responseOverride") return;
  const end = path.findIndex((step) => step.type !== "property");
  const name = path
    .slice(0, end < 0 ? undefined : end)
    .map((step) => step.id)
    .join(".");
  const isPart = [...known.names, "authorizer.claims."].some((variable) => variable.startsWith(`${name}.`));
  if (isPart || known.has(name)) return;
  const own = ["authorizer.<name>", "responseOverride.status", "responseOverride.header"];
  throw unknownMember("$context", name, [...known.names, ...own]);
}

const unknownMember = (root: string, member: string, known: readonly string[]): Error =>
  new Error(`${root}.${member} does not exist or is not modelled by the local run; ${root} has: ${known.join(", ")}`);

function methodHandlers(scope: { readonly input: object; readonly util: object }): Config["customMethodHandlers"] {
  return [
    {
      uid: "string",
      match: ({ context }: MethodCall) => typeof context === "string",
      resolve: ({ context, property, params }: MethodCall) => javaString(context, property, params),
    },
    {
      uid: "root",
      // Inside "…" a reference is seen only now.
      match: ({ context, property }: MethodCall) =>
        (context === scope.util && !Object.hasOwn(utilities, property)) ||
        (context === scope.input && !inputMembers.has(property)),
      resolve: ({ context, property }: MethodCall) => {
        throw context === scope.util
          ? unknownMember("$util", property, Object.keys(utilities))
          : unknownMember("$input", property, [...inputMembers]);
      },
    },
    {
      uid: "collection",
      match: ({ context, property }: MethodCall) =>
        typeof context === "object" &&
        context !== null &&
        context !== scope.util &&
        context !== scope.input &&
        !velocityCollectionMethods.has(property),
      resolve: ({ context, property, params }: MethodCall) => {
        const method = Object.hasOwn(collectionMethods, property) ? collectionMethods[property] : undefined;
        if (!method) throw new Error(`${property}() of a map or list is not modelled by the local run`);
        return method(context, params[0]);
      },
    },
  ];
}

function inputOf(body: string, params: NonNullable<TemplateInput["params"]>) {
  let parsed: { readonly value: unknown } | undefined;
  const at = (path: unknown): unknown => {
    parsed ??= { value: parsedJson(body || "{}") };
    return valueAt(parsed.value, asText(path));
  };
  return {
    // AWS gives templates an empty object for an empty body.
    body: body || "{}",
    path: at,
    json: (path: unknown) => JSON.stringify(at(path) ?? ""),
    params: (name?: unknown) => {
      if (name === undefined) return params;
      const { path, querystring, header } = params;
      const wanted = String(name);
      const found = [path, querystring].find((values) => Object.hasOwn(values, wanted));
      return found?.[wanted] ?? header[wanted.toLowerCase()] ?? "";
    },
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NotJsonError((error as Error).message);
  }
}

/** The value at a JSONPath of names and numbers, such as `$.items[0]['a b']`. */
function valueAt(root: unknown, path: string): unknown {
  const steps = /^\$((\.[\p{L}\p{N}_-]+|\['[^']*'\]|\["[^"]*"\]|\[\d+\])*)$/u.exec(path)?.[1];
  if (steps === undefined)
    throw new Error(`the JSONPath ${path} is not modelled by the local run: only names and numbers are`);
  let value = root;
  for (const [, name, quoted, index] of steps.matchAll(/\.([\p{L}\p{N}_-]+)|\[(?:'|")(.*?)(?:'|")\]|\[(\d+)\]/gu)) {
    const key = name ?? quoted ?? String(index);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const utilities: Readonly<Record<string, (argument: unknown) => unknown>> = {
  /** As Java's URLEncoder does it: a space is +, and of the marks only . - * _ stay. */
  urlEncode: (argument) =>
    encodeURIComponent(asText(argument).replace(/[\uD800-\uDFFF]/gu, "?"))
      .replaceAll("%20", "+")
      .replace(/[!'()~]/g, percentEncoded),
  urlDecode: (argument) => decodeURIComponent(asText(argument).replaceAll("+", " ")),
  base64Encode: (argument) => Buffer.from(asText(argument)).toString("base64"),
  base64Decode: (argument) => Buffer.from(asText(argument), "base64").toString(),
  escapeJavaScript: (argument) => asText(argument).replace(/["'/\\]|[^ -~]/g, escapedForJavaScript),
  parseJson: (argument) => parsedJson(asText(argument)),
};

const percentEncoded = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

function escapedForJavaScript(unit: string): string {
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f" }[unit];
  if (short) return short;
  if (unit >= " " && unit <= "~") return `\\${unit}`;
  return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text of a value; nothing for what is not there. */
function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "object")
    throw new Error("a text is expected, got: a map or list; $input.json gives the text of one");
  return String(value);
}

/** `{ "a.b": 1 }` as `{ a: { b: 1 } }`. */
function nested(flat: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const path = name.split(".");
    const last = path.pop() ?? name;
    let inner = result;
    for (const key of path) {
      inner[key] ??= {};
      inner = inner[key] as Record<string, unknown>;
    }
    if (value !== undefined) inner[last] = value;
  }
  return result;
}
