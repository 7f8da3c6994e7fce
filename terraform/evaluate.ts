import { type Resource, resourcesOf, type TerraformConfig } from "./config";
import { evaluateTemplate, type Lookup, type Reference, referencesIn } from "./expression";
import { asNumber, asString, elementOf } from "./values";
import { variablesOf } from "./variables";

/** What stands behind the types of resources and data sources. */
export interface Provider {
  /**
   * Makes a resource from its evaluated arguments; arguments that are null are left out.
   *
   * @returns attributes beyond the arguments (`arn`, `id`, `url`, …)
   * @throws Error for a type that it does not know
   */
  create(resource: Resource): Readonly<Record<string, unknown>>;
  /** Reads a data source likewise; its address begins with `data.`. */
  read(data: Resource): Readonly<Record<string, unknown>>;
}

interface Output {
  readonly value: unknown;
  readonly sensitive: boolean;
}

/** What stands after an apply. */
export interface Applied {
  /** In order of creation, with arguments and computed attributes. One of several (`count`) has the address `type.name[0]`. */
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, Output>>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** A resource, a data source, a local or an output, before it is evaluated. */
interface Declaration {
  /** Such as `aws_sqs_queue.Inbox`, `data.aws_partition.Partition`, `local.name` */
  readonly address: string;
  /** Arguments, or the value of a local or an output. */
  readonly body: unknown;
  readonly count?: unknown;
  readonly dependsOn?: readonly string[];
  readonly resource?: Resource;
}

interface OutputBlock {
  readonly value: unknown;
  readonly depends_on?: readonly string[];
  readonly sensitive?: boolean;
}

const evaluatedBlocks = new Set(["resource", "data", "variable", "locals", "output"]);
/** The provider is `Provider`, whatever the configuration says of it. */
const otherBlocks = new Set(["//", "terraform", "provider"]);
const metaArguments = new Set(["//", "count", "depends_on", "lifecycle", "provider"]);
const refusedArguments = ["for_each", "dynamic", "provisioner", "connection"];
const conditions = ["precondition", "postcondition"];

/** What begins references of Terraform's that have no counterpart here. */
const refusedRoots = new Set(["each", "ephemeral", "module", "path", "self", "terraform"]);

const notModelled = (where: string, what: string): Error => new Error(`${where}: ${what} is not in the local run`);

function refuse(where: string, body: unknown, refused: readonly string[]): void {
  const found = refused.find((key) => Object.hasOwn(Object(body), key));
  if (found) throw notModelled(where, found);
}

/** Strings of a configuration, keys included, each with the path that leads to it. */
function* stringsOf(value: unknown, path: string): Generator<readonly [string, string]> {
  if (typeof value === "string") yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield [path, key];
    yield* stringsOf(inner, `${path}.${key}`);
  }
}

function at<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function evaluateDeep(value: unknown, lookup: Lookup, where: string): unknown {
  if (typeof value === "string") return at(where, () => evaluateTemplate(value, lookup));
  if (Array.isArray(value)) return value.map((inner, index) => evaluateDeep(inner, lookup, `${where}.${index}`));
  if (typeof value !== "object" || value === null) return value;
  refuse(
    where,
    value,
    ["dynamic"].filter((key) => typeof (value as Arguments)[key] === "object"),
  );
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      asString(evaluateDeep(key, lookup, where)),
      evaluateDeep(inner, lookup, `${where}.${key}`),
    ]),
  );
}

/** Splits a reference into the address that it names and the steps inside. */
function split(reference: Reference): { readonly address: string; readonly steps: Reference } {
  const length = reference[0] === "data" ? 3 : 2;
  if (reference.length < length) throw new Error(`${reference.join(".")} is no reference: a name must follow`);
  return { address: reference.slice(0, length).join("."), steps: reference.slice(length) };
}

const blockOf = (config: TerraformConfig, block: string): readonly [string, unknown][] =>
  Object.entries((config[block] ?? {}) as object).filter(([name]) => name !== "//");

function outputOf(name: string, output: unknown) {
  const address = `output.${name}`;
  refuse(address, output, conditions);
  const { value, depends_on, sensitive = false } = output as OutputBlock;
  return { name, sensitive, declaration: { address, body: value, dependsOn: depends_on } satisfies Declaration };
}

function declarationOf(resource: Resource): Declaration {
  const { address, attributes } = resource;
  refuse(address, attributes, refusedArguments);
  refuse(`${address}.lifecycle`, attributes.lifecycle, conditions);
  const { count, depends_on } = attributes as { count?: unknown; depends_on?: readonly string[] };
  const body = Object.fromEntries(Object.entries(attributes).filter(([name]) => !metaArguments.has(name)));
  return { address, body, count, dependsOn: depends_on, resource };
}

function declarationsOf(config: TerraformConfig): ReadonlyMap<string, Declaration> {
  const data = resourcesOf({ resource: config.data }).map((source) => ({
    ...source,
    address: `data.${source.address}`,
  }));
  const locals = blockOf(config, "locals").map(([name, body]) => ({ address: `local.${name}`, body }));
  const declarations = [...locals, ...[...data, ...resourcesOf(config)].map(declarationOf)];
  return new Map(declarations.map((declaration) => [declaration.address, declaration]));
}

/** Addresses that a declaration refers to, by references and by `depends_on`. */
function dependenciesOf({ address, body, count, dependsOn = [] }: Declaration): readonly string[] {
  const texts = [
    ...stringsOf(body, address),
    ...stringsOf(count, `${address}.count`),
    // depends_on holds plain addresses as well as interpolations.
    ...dependsOn.map((text) => [`${address}.depends_on`, text.includes("${") ? text : `\${${text}}`] as const),
  ];
  const found = texts.flatMap(([where, text]) =>
    at(where, () => referencesIn(text).map((reference) => split(reference).address)),
  );
  return [...new Set(found)].filter((name) => name !== "count.index").sort();
}

/** One evaluation of a configuration; what is already evaluated stands in `values`. */
class Run {
  private readonly declarations: ReadonlyMap<string, Declaration>;
  private readonly values: Map<string, unknown>;
  private readonly resources: Resource[] = [];

  constructor(
    private readonly config: TerraformConfig,
    private readonly provider: Provider,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.declarations = declarationsOf(config);
    this.values = new Map(Object.entries(variables).map(([name, value]) => [`var.${name}`, value]));
  }

  apply(): Applied {
    const outputs = blockOf(this.config, "output").map(([name, body]) => outputOf(name, body));
    const ordered = this.ordered();
    for (const { declaration } of outputs) this.dependencies(declaration);
    for (const declaration of ordered) this.values.set(declaration.address, this.evaluate(declaration));
    const evaluated = outputs.map(({ name, sensitive, declaration: { address, body } }) => {
      const value = evaluateDeep(body, this.lookup(), `${address}.value`);
      return [name, { value, sensitive }] as const;
    });
    return { resources: this.resources, outputs: Object.fromEntries(evaluated) };
  }

  /** Each after what it refers to, by address where that leaves a choice. */
  private ordered(): readonly Declaration[] {
    const done = new Set<Declaration>();
    const visit = (declaration: Declaration, path: readonly string[]): void => {
      const { address } = declaration;
      if (done.has(declaration)) return;
      if (path.includes(address)) {
        throw new Error(`cycle: ${[...path.slice(path.indexOf(address)), address].join(" → ")}`);
      }
      for (const dependency of this.dependencies(declaration)) visit(dependency, [...path, address]);
      done.add(declaration);
    };
    const byAddress = [...this.declarations.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
    for (const declaration of byAddress) visit(declaration, []);
    return [...done];
  }

  private dependencies(declaration: Declaration): readonly Declaration[] {
    return dependenciesOf(declaration).flatMap((address) => {
      const dependency = this.declarations.get(address);
      if (refusedRoots.has(address.slice(0, address.indexOf(".")))) throw notModelled(declaration.address, address);
      if (!dependency && !this.values.has(address)) {
        throw new Error(`${declaration.address} refers to ${address}, which is not declared`);
      }
      return dependency ?? [];
    });
  }

  private evaluate({ address, body, count, resource }: Declaration): unknown {
    if (!resource) return evaluateDeep(body, this.lookup(), address);
    if (count === undefined) return this.create(resource, body);
    const length = at(`${address}.count`, () => this.countOf(count));
    if (!Number.isInteger(length) || length < 0) {
      throw new Error(`${address}.count must be a whole number of 0 or more, got: ${length}`);
    }
    return Array.from({ length }, (_, index) => this.create(resource, body, index));
  }

  private countOf(count: unknown): number {
    return asNumber(typeof count === "string" ? evaluateTemplate(count, this.lookup()) : count);
  }

  private create(resource: Resource, body: unknown, index?: number): Arguments {
    const address = index === undefined ? resource.address : `${resource.address}[${index}]`;
    const evaluated = evaluateDeep(body, this.lookup(index), address);
    // To Terraform an argument that is null is one that is not there.
    const present = Object.entries(evaluated as Arguments).filter(([, value]) => value !== null);
    const attributes = Object.fromEntries(present);
    const planned = { ...resource, address, attributes };
    if (address.startsWith("data.")) return { ...attributes, ...this.provider.read(planned) };
    const created = { ...attributes, ...this.provider.create(planned) };
    this.resources.push({ ...planned, attributes: created });
    return created;
  }

  private lookup(index?: number): Lookup {
    return (reference) => {
      const { address, steps } = split(reference);
      if (address === "count.index" && index !== undefined) return index;
      if (!this.values.has(address)) throw new Error(`${address} is not known here`);
      const value = this.values.get(address);
      if (!this.declarations.get(address)?.resource) return steps.reduce(elementOf, value);
      return Array.isArray(value) ? this.elementOf(address, value, steps) : attributeOf(address, value, steps);
    };
  }

  private elementOf(address: string, instances: readonly unknown[], [index, ...steps]: Reference): unknown {
    if (index === undefined) return instances;
    if (!/^\d+$/.test(index)) {
      throw new Error(`${address} has a count: an index must follow, such as ${address}[0].${index}`);
    }
    return attributeOf(`${address}[${index}]`, elementOf(instances, index), steps);
  }
}

function attributeOf(address: string, attributes: unknown, [name, ...steps]: Reference): unknown {
  if (name === undefined) return attributes;
  if (!Object.hasOwn(Object(attributes), name)) throw new Error(`${address} has no attribute ${name} in the local run`);
  return steps.reduce(elementOf, (attributes as Arguments)[name]);
}

/**
 * Evaluates a configuration as `terraform apply` on an empty state does. Each resource and data source comes after what it refers to
 * or names in `depends_on`, in alphabetical order of addresses where that leaves a choice.
 *
 * @param variables given values, as strings, by the name without `TF_VAR_`
 * @throws Error that names the address for a reference to what is not there, a cycle, a variable that is absent or not valid, and for
 * what is not modelled: `for_each`, `dynamic`, provisioners, conditions, modules, blocks that move or import
 */
export function apply(
  config: TerraformConfig,
  provider: Provider,
  variables: Readonly<Record<string, string>>,
): Applied {
  const unknownBlock = Object.keys(config).find((block) => !evaluatedBlocks.has(block) && !otherBlocks.has(block));
  if (unknownBlock) throw new Error(`the block ${unknownBlock} is not in the local run`);
  return new Run(config, provider, variablesOf(config, variables)).apply();
}
