import { referencesIn } from "../terraform/expression";
import type { Json, JsonObject, Plan } from "./plan";
import { References } from "./references";
import { UnresolvedError } from "./templates";
import { isObject, valueAt } from "./values";

/** A resource of a configuration: one of several, where `count` or `for_each` make several that are known. */
export interface Declared {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly index?: string | number;
  /** Arguments with known values put in; what is unknown stands in them as opaque text. */
  readonly values: JsonObject;
  readonly expressions: JsonObject;
  readonly lifecycle: JsonObject;
  readonly dependsOn: readonly string[];
  /** Arguments that are made of sensitive variables. */
  readonly secrets: readonly string[];
  readonly constructPath?: string;
}

const metaArguments = new Set([
  "//",
  "count",
  "for_each",
  "depends_on",
  "lifecycle",
  "provider",
  "provisioner",
  "connection",
]);

/** Blocks of a kind, which stand in a list or alone. */
export const blocksIn = (value: Json | undefined): readonly JsonObject[] => [value ?? []].flat().filter(isObject);

// Wherever blocks stand, a list of them may.
const entriesOf = (value: Json | undefined): readonly (readonly [string, JsonObject])[] =>
  blocksIn(value)
    .flatMap((blocks) => Object.entries(blocks))
    .flatMap(([name, inner]) => (name === "//" ? [] : blocksIn(inner).map((block) => [name, block] as const)));

/** Blocks of a kind that has two labels: `resource`, `data`. */
export const labelled = (value: Json | undefined) =>
  entriesOf(value).flatMap(([type, byName]) => entriesOf(byName).map(([name, block]) => ({ type, name, block })));

function stringsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** What an argument refers to, as a plan lists it: each reference, and the resource alone. */
function referencesOf(value: Json): readonly string[] {
  return stringsIn(value).flatMap((text) => {
    try {
      return referencesIn(text).flatMap((reference) => {
        const base = reference.slice(0, reference[0] === "data" ? 3 : 2).join(".");
        return [reference.join("."), base];
      });
    } catch {
      return []; // an expression that this review does not read refers to nothing that it knows
    }
  });
}

/** An argument as a plan's `configuration` has it. */
function expressionOf(value: Json): JsonObject {
  const references = [...new Set(referencesOf(value))];
  return references.length > 0 ? { constant_value: value, references } : { constant_value: value };
}

const documentBlocks = new Set(["statement", "principals", "not_principals", "condition"]);

/** The arguments of a block; blocks of a policy document's data source are known as such. */
function expressionsOf(block: JsonObject, isDocument: boolean): JsonObject {
  const inner = Object.entries(block).filter(([name]) => !metaArguments.has(name));
  return Object.fromEntries(
    inner.map(([name, value]) =>
      isDocument && documentBlocks.has(name)
        ? [name, blocksIn(value).map((one) => expressionsOf(one, true))]
        : [name, expressionOf(value)],
    ),
  );
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);

/** One configuration, read as though it were the `configuration` of a plan that knows of nothing else. */
export class Stack {
  /** What the readers of plans need: variables' defaults, data sources, locals. */
  readonly document: JsonObject;
  private readonly references: References;
  /** Sensitive variables, as they are referred to. */
  private readonly secrets: ReadonlySet<string>;

  constructor(private readonly config: JsonObject) {
    const variables = Object.fromEntries(entriesOf(config.variable));
    const resources = [
      ...labelled(config.data).map(({ type, name, block }) => ({
        mode: "data",
        type,
        name,
        expressions: expressionsOf(block, type === "aws_iam_policy_document"),
      })),
      ...labelled(config.resource).map(({ type, name, block }) => ({
        mode: "managed",
        type,
        name,
        expressions: expressionsOf(block, false),
        provisioners: blocksIn(block.provisioner).flatMap((one) => Object.keys(one).map((kind) => ({ type: kind }))),
      })),
    ];
    this.secrets = new Set(
      Object.entries(variables).flatMap(([name, { sensitive }]) => (sensitive === true ? [`var.${name}`] : [])),
    );
    const outputs = Object.fromEntries(
      entriesOf(config.output).map(([name, output]) => [
        name,
        { sensitive: output.sensitive === true, expression: expressionOf(output.value ?? null) },
      ]),
    );
    const locals = Object.assign({}, ...blocksIn(config.locals)) as JsonObject;
    const given = Object.entries(variables).filter(([, variable]) => variable.default !== undefined);
    this.document = {
      variables: Object.fromEntries(given.map(([name, variable]) => [name, { value: variable.default ?? null }])),
      configuration: { root_module: { resources, variables, outputs, locals } },
    };
    this.references = new References({ changes: [], document: this.document } satisfies Pick<
      Plan,
      "changes" | "document"
    >);
  }

  /** All managed resources, with what could not be told of them. */
  resources(oddities: string[]): readonly Declared[] {
    return labelled(this.config.resource).flatMap(({ type, name, block }) => {
      const base = `${type}.${name}`;
      return this.indexesOf(base, block, oddities).map((index): Declared => {
        const key = index === undefined ? "" : `[${typeof index === "number" ? index : JSON.stringify(index)}]`;
        const address = `${base}${key}`;
        const args = Object.entries(block).filter(([argument]) => !metaArguments.has(argument));
        return {
          address,
          type,
          name,
          index,
          values: Object.fromEntries(
            args.map(([argument, value]) => [argument, this.value(value, address, index, block)]),
          ),
          expressions: expressionsOf(block, false),
          lifecycle: blocksIn(block.lifecycle)[0] ?? {},
          dependsOn: stringsIn(block.depends_on ?? []),
          secrets: args
            .filter(([, value]) => referencesOf(value).some((text) => this.secrets.has(text)))
            .map(([argument]) => argument),
          constructPath: textOf(valueAt(block, ["//", "metadata", "path"])),
        };
      });
    });
  }

  private indexesOf(address: string, block: JsonObject, oddities: string[]): readonly (string | number | undefined)[] {
    const { count, for_each: forEach } = block;
    if (count !== undefined) {
      const number = Number(this.value(count, address));
      if (Number.isInteger(number)) return Array.from({ length: number }, (_, index) => index);
      oddities.push(`${address} has a count that is not known without a plan: it is judged as one resource`);
    }
    if (forEach !== undefined) {
      const set = typeof forEach === "string" ? /^\$\{toset\((\[.*\])\)\}$/s.exec(forEach)?.[1] : undefined;
      const all = this.value(set === undefined ? forEach : `\${${set}}`, address);
      if (Array.isArray(all)) return all.map(String);
      if (isObject(all)) return Object.keys(all);
      oddities.push(`${address} has a for_each that is not known without a plan: it is judged as one resource`);
    }
    return [undefined];
  }

  /** A value of the configuration, with known values put in. A template that cannot be read stays as it is. */
  value(value: Json, address = "", index?: string | number, block: JsonObject = {}): Json {
    try {
      const scope = {
        address,
        index,
        forEach: block.for_each === undefined ? undefined : expressionOf(block.for_each),
      };
      return (this.references.valueIn(scope, expressionOf(value)) ?? null) as Json;
    } catch (error) {
      if (error instanceof UnresolvedError) return value;
      throw error;
    }
  }
}

/** The paths of constructs that cdktf writes into a configuration, by address. */
export const constructPathsOf = (config: JsonObject): ReadonlyMap<string, string> =>
  new Map(
    (
      [
        ["", config.resource],
        ["data.", config.data],
      ] as const
    ).flatMap(([prefix, blocks]) =>
      labelled(blocks).flatMap(({ type, name, block }) => {
        const path = textOf(valueAt(block, ["//", "metadata", "path"]));
        return path === undefined ? [] : [[`${prefix}${type}.${name}`, path] as const];
      }),
    ),
  );
