import type { Reference } from "../terraform/expression";
import { elementOf } from "../terraform/values";
import { withoutInstanceKeys } from "./addresses";
import {
  type Configuration,
  type ConfiguredModule,
  type ConfiguredResource,
  configurationOf,
  configuredResource,
} from "./configuration";
import type { Change, Json, JsonObject, Plan } from "./plan";
import { policyOfDataSource } from "./policy-documents";
import { opaqueText, type Resolution, type Resolver, resolveTemplate } from "./templates";
import { isMarkedWithin, isObject, valueAt } from "./values";

/** Where an expression stands: a module's instance and, in a resource, which instance of it. */
interface Scope {
  readonly module: ConfiguredModule;
  /** With instance keys; empty for the root. */
  readonly moduleAddress: string;
  readonly index?: string | number;
  readonly forEach?: Json;
}

/** A resource instance whose configuration holds an expression. */
interface Place {
  readonly address: string;
  readonly moduleAddress?: string;
  readonly index?: string | number;
  readonly forEach?: Json;
}

/** What a plan knows of a resource or data source. */
interface Known {
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly afterUnknown: Json;
}

const keyed = (address: string, key: string): string =>
  /^\d+$/.test(key) ? `${address}[${key}]` : `${address}[${JSON.stringify(key)}]`;

const parentOf = (moduleAddress: string): string =>
  moduleAddress.replace(/\.?module\.[^.[]+(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?$/, "");

/** The steps inside a value that is known; what has no such element is unknown. */
function inside(value: unknown, steps: Reference): Resolution | undefined {
  try {
    return { value: steps.reduce(elementOf, value) };
  } catch {
    return undefined;
  }
}

/** A constant of the configuration, whose strings may be templates. */
function resolveDeep(value: Json, resolve: Resolver): unknown {
  if (typeof value === "string") return resolveTemplate(value, resolve);
  if (Array.isArray(value)) return value.map((inner) => resolveDeep(inner, resolve));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolveDeep(inner, resolve)]));
}

/** What a plan's expressions stand for: planned values where they are known, else text that names what they refer to. */
export class References {
  private readonly configuration: Configuration;
  private readonly known = new Map<string, Known>();
  /** By opaque text: what stood there before, for those that had a value. */
  readonly formerly = new Map<string, string>();

  constructor(private readonly plan: Pick<Plan, "changes" | "document">) {
    this.configuration = configurationOf(plan.document);
    const state = plan.document.prior_state;
    if (isObject(state) && isObject(state.values)) this.readState(state.values.root_module);
    for (const change of plan.changes) {
      if (!change.deposed && change.action !== "forget") this.known.set(change.address, change);
    }
  }

  /** Data sources that were read while planning stand in the prior state alone. */
  private readState(module: Json | undefined): void {
    if (!isObject(module)) return;
    for (const resource of Array.isArray(module.resources) ? module.resources : []) {
      if (!isObject(resource) || resource.mode !== "data" || !isObject(resource.values)) continue;
      this.known.set(String(resource.address), { before: resource.values, after: resource.values, afterUnknown: {} });
    }
    for (const child of Array.isArray(module.child_modules) ? module.child_modules : []) this.readState(child);
  }

  /**
   * The value of an expression of a resource's configuration; undefined where the configuration does not hold it as a constant.
   * @throws UnresolvedError for a template that cannot be read
   */
  valueOf(change: Change, expression: Json | undefined): unknown {
    const { address, moduleAddress, index } = change;
    const forEach = configuredResource(this.configuration, address)?.block.for_each_expression;
    return this.valueIn({ address, moduleAddress, index, forEach }, expression);
  }

  /** As `valueOf`, for a resource that is no change yet. */
  valueIn({ address, moduleAddress = "", index, forEach }: Place, expression: Json | undefined): unknown {
    const [root] = this.configuration.modules;
    const module = configuredResource(this.configuration, address)?.module ?? root ?? { address: "", block: {} };
    return this.evaluate(expression, { module, moduleAddress, index, forEach });
  }

  /** Whether an expression of a resource's configuration names a variable that is declared sensitive. */
  isSecret({ address }: Pick<Change, "address">, expression: Json | undefined): boolean {
    const references = isObject(expression) && Array.isArray(expression.references) ? expression.references : [];
    const variables = configuredResource(this.configuration, address)?.module.block.variables;
    return references.some((reference: Json) => {
      const [, name] = /^var\.([^.[]*)/.exec(String(reference)) ?? [];
      return name !== undefined && valueAt(variables, [name, "sensitive"]) === true;
    });
  }

  private evaluate(expression: Json | undefined, scope: Scope): unknown {
    if (!isObject(expression)) return undefined;
    const resolve: Resolver = (reference) => this.resolve(reference, scope);
    if (Object.hasOwn(expression, "constant_value")) return resolveDeep(expression.constant_value ?? null, resolve);
    // Of an expression of HCL the plan tells only what it refers to. A policy document is passed on as it is, as a rule.
    const references = Array.isArray(expression.references) ? expression.references.map(String) : [];
    const document = references.find((text) => /(^|\.)data\.aws_iam_policy_document\..+\.(minified_)?json$/.test(text));
    const others = references.filter((text) => document !== text && !document?.startsWith(`${text}.`));
    if (document === undefined || others.length > 0) return undefined;
    return resolveTemplate(`\${${document}}`, resolve);
  }

  private resolve(reference: Reference, scope: Scope): Resolution {
    const prefix = scope.moduleAddress ? `${scope.moduleAddress}.` : "";
    const opaque = { opaque: opaqueText(`${prefix}${reference.join(".")}`) };
    const [root = "", name = "", ...steps] = reference;
    switch (root) {
      case "var":
        return this.variable(name, steps, scope) ?? opaque;
      case "module":
        return this.output(name, steps, scope) ?? opaque;
      case "each":
      case "count":
        return this.repetition(name, steps, scope) ?? opaque;
      case "data":
        return this.attribute(`${prefix}data.${name}.${steps[0]}`, steps.slice(1), scope);
      case "local":
        return this.local(name, steps, scope) ?? opaque;
      case "path":
      case "self":
      case "terraform":
        return opaque;
      default:
        return this.attribute(`${prefix}${root}.${name}`, steps, scope);
    }
  }

  private variable(name: string, steps: Reference, scope: Scope): Resolution | undefined {
    const { module, moduleAddress } = scope;
    if (!module.parent) {
      const given = valueAt(this.plan.document.variables, [name]);
      return isObject(given) && given.value !== undefined ? inside(given.value, steps) : undefined;
    }
    const parent: Scope = { module: module.parent, moduleAddress: parentOf(moduleAddress) };
    const argument = valueAt(module.call, ["expressions", name]);
    if (argument !== undefined) {
      const value = this.evaluate(argument, parent);
      return value === undefined ? undefined : inside(value, steps);
    }
    const standard = valueAt(module.block.variables, [name, "default"]);
    return standard === undefined ? undefined : inside(standard, steps);
  }

  /** Plans do not tell locals; of two configurations they are known. */
  private local(name: string, steps: Reference, scope: Scope): Resolution | undefined {
    const local = valueAt(scope.module.block.locals, [name]);
    return local === undefined ? undefined : inside(this.evaluate({ constant_value: local }, scope), steps);
  }

  private output(name: string, steps: Reference, scope: Scope): Resolution | undefined {
    const address = `${scope.module.address}${scope.module.address && "."}module.${name}`;
    const module = this.configuration.modules.find((candidate) => candidate.address === address);
    const prefix = scope.moduleAddress ? `${scope.moduleAddress}.` : "";
    const isRepeated = Boolean(module?.call?.count_expression ?? module?.call?.for_each_expression);
    const [key, [output, ...rest]] = isRepeated ? [steps[0], steps.slice(1)] : [undefined, steps];
    if (!module || output === undefined) return undefined;
    const moduleAddress = key === undefined ? `${prefix}module.${name}` : keyed(`${prefix}module.${name}`, key);
    const value = this.evaluate(valueAt(module.block.outputs, [output, "expression"]), { module, moduleAddress });
    return value === undefined ? undefined : inside(value, rest);
  }

  private repetition(name: string, steps: Reference, scope: Scope): Resolution | undefined {
    if (scope.index === undefined) return undefined;
    if (name === "index" || name === "key") return { value: scope.index };
    const all = this.evaluate(scope.forEach, scope);
    if (isObject(all)) return inside(all[scope.index], steps);
    return Array.isArray(all) || name !== "value" ? { value: scope.index } : undefined;
  }

  private attribute(address: string, steps: Reference, scope: Scope): Resolution {
    const [key, ...rest] = steps;
    const instance = key === undefined ? address : keyed(address, key);
    const [known, path, found] =
      !this.known.has(address) && this.known.has(instance)
        ? [this.known.get(instance), rest, instance]
        : [this.known.get(address), steps, address];
    if (known?.after && !isMarkedWithin(known.afterUnknown, path)) {
      const value = valueAt(known.after, path);
      if (value !== undefined && value !== null) return { value };
    }
    const document = this.document(found, path, scope);
    if (document !== undefined) return { value: document };
    const opaque = opaqueText([found, ...path].join("."));
    const former = valueAt(known?.before ?? undefined, path);
    if (typeof former === "string" && former !== "") this.formerly.set(opaque, former);
    return { opaque };
  }

  /** A policy document that is read only while applying is known but for its unknown parts. */
  private document(address: string, path: Reference, scope: Scope): string | undefined {
    const configured: ConfiguredResource | undefined = this.configuration.resources.get(withoutInstanceKeys(address));
    if (configured?.block.type !== "aws_iam_policy_document" || !/^(minified_)?json$/.test(path.join(".")))
      return undefined;
    const known = this.known.get(address);
    const document = policyOfDataSource(address, configured.block, known, (expression) =>
      this.evaluate(expression, { ...scope, module: configured.module, index: undefined }),
    );
    return document && JSON.stringify(document);
  }
}
