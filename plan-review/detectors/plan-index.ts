import { withoutInstanceKeys } from "../addresses";
import type { Change, Json, JsonObject, Path, Plan } from "../plan";
import { type PolicyChange, policyChanges } from "../policies";
import { isObject, isTexts, valueAt } from "../values";

/** Attributes by which other resources name one. */
const names = [
  "id",
  "arn",
  "name",
  "function_name",
  "qualified_arn",
  "bucket",
  "url",
  "key_id",
  "stream_arn",
  "table_name",
  "execution_arn",
] as const;

const instanceOf = (address: string): string =>
  address.endsWith("]") ? (/(\[[^[\]]*\])?$/.exec(address)?.[0] ?? "") : "";

/** A plan's changes, so arranged that each question about other resources is one lookup. Deposed objects are not in it. */
export class PlanIndex {
  private readonly types = new Map<string, Change[]>();
  private readonly addresses = new Map<string, Change>();
  private readonly instances = new Map<string, Change[]>();
  private readonly named = new Map<string, ReadonlyMap<string, Change>>();
  private readonly created = new Map<string, ReadonlyMap<string, Change>>();
  private readonly children = new Map<string, ReadonlyMap<string, readonly Change[]>>();

  private account: { readonly id: string | undefined } | undefined;

  /** Managed resources to which something happens; deposed objects are not among them. */
  readonly changing: readonly Change[];

  /** Paths of attributes on which the plan's changes depend, by address without instance keys. */
  readonly relevant = new Map<string, Path[]>();

  constructor(readonly plan: Plan) {
    for (const { resource, path } of plan.relevantAttributes) append(this.relevant, resource, path);
    for (const change of plan.changes) {
      if (change.mode !== "managed" || change.deposed) continue;
      append(this.types, change.type, change);
      this.addresses.set(change.address, change);
      append(this.instances, withoutInstanceKeys(change.address), change);
    }
    this.changing = plan.changes.filter(
      ({ mode, deposed, action }) => action !== "no-op" && mode === "managed" && !deposed,
    );
  }

  /** Managed resources of a type, unchanged ones too. */
  ofType(type: string): readonly Change[] {
    return this.types.get(type) ?? [];
  }

  at(address: string): Change | undefined {
    return this.addresses.get(address);
  }

  /** The account in which most of what exists stands; undefined where nothing exists yet. */
  get accountId(): string | undefined {
    this.account ??= { id: mostCommonAccount(this.plan.changes) };
    return this.account.id;
  }

  /** The policies that a change touches. */
  policiesOf(change: Change): readonly PolicyChange[] {
    return policyChanges(this.plan, change);
  }

  /**
   * The resource of one of these types that an attribute names: by its value, else by the reference in the configuration. Undefined
   * where that is not in the plan, or cannot be told.
   */
  target(change: Change, attribute: string, types: readonly string[]): Change | undefined {
    return this.byReference(change, attribute, types) ?? this.byValue(change, attribute, types);
  }

  /** A resource of the same type that is created with the same values: the block was renamed, as a rule. */
  createdLike(change: Change, attributes: readonly string[]): Change | undefined {
    const valuesOf = (values: JsonObject | null) => JSON.stringify(attributes.map((name) => values?.[name] ?? null));
    const key = `${change.type} ${attributes.join()}`;
    let created = this.created.get(key);
    if (!created) {
      const fresh = this.ofType(change.type).filter(({ action }) => action === "create");
      created = new Map(fresh.map((other) => [valuesOf(other.after), other]));
      this.created.set(key, created);
    }
    return created.get(valuesOf(change.before));
  }

  /** Resources of a type whose attribute names this one. */
  childrenOf(parent: Change, type: string, attribute: string): readonly Change[] {
    const key = `${type} ${attribute} ${parent.type}`;
    const known = this.children.get(key);
    if (known) return known.get(parent.address) ?? NO_CHANGES;
    const byParent = new Map<string, Change[]>();
    for (const child of this.ofType(type)) {
      const target = this.target(child, attribute, [parent.type]);
      if (target) append(byParent, target.address, child);
    }
    this.children.set(key, byParent);
    return byParent.get(parent.address) ?? NO_CHANGES;
  }

  private byReference(change: Change, attribute: string, types: readonly string[]): Change | undefined {
    for (const reference of referencesOf(change, attribute)) {
      const own = resourceIn(reference, types);
      if (own === undefined) continue;
      const address = change.moduleAddress ? `${change.moduleAddress}.${own}` : own;
      const all = this.instances.get(withoutInstanceKeys(address)) ?? NO_CHANGES;
      const isNear = ({ moduleAddress }: Change): boolean => moduleAddress === change.moduleAddress;
      const near = all.every(isNear) ? all : all.filter(isNear);
      if (near.length === 1) return near[0];
      const key = instanceOf(own) || instanceOf(change.address);
      const found = near.find(({ address: other }) => instanceOf(other) === key);
      if (found) return found;
    }
    return undefined;
  }

  private byValue(change: Change, attribute: string, types: readonly string[]): Change | undefined {
    for (const values of [change.after, change.before]) {
      const value = values?.[attribute];
      if (typeof value !== "string" || value === "") continue;
      for (const type of types) {
        const found = this.namesOf(type).get(value) ?? this.namesOf(type).get(nameOfArn(value));
        if (found) return found;
      }
    }
    return undefined;
  }

  private namesOf(type: string): ReadonlyMap<string, Change> {
    const known = this.named.get(type);
    if (known) return known;
    const byName = new Map<string, Change>();
    for (const change of this.ofType(type)) {
      for (const values of [change.before, change.after]) {
        for (const name of names) {
          const value = values?.[name];
          if (typeof value === "string" && value !== "") byName.set(value, change);
        }
      }
    }
    this.named.set(type, byName);
    return byName;
  }
}

/** The resource of one of these types that a reference begins with: `aws_sqs_queue.orders[0]` of `aws_sqs_queue.orders[0].arn`. */
function resourceIn(reference: string, types: readonly string[]): string | undefined {
  const dot = reference.indexOf(".");
  if (dot < 0 || !types.includes(reference.slice(0, dot))) return undefined;
  const end = reference.indexOf(".", dot + 1);
  return end < 0 ? reference : reference.slice(0, end);
}

/** The last part of an ARN or of a queue's URL: `orders` of `arn:aws:lambda:eu-west-1:123456789012:function:orders:live`. */
function nameOfArn(value: string): string {
  if (value.startsWith("https://")) return value.slice(value.lastIndexOf("/") + 1);
  const [resource = "", name] = value.startsWith("arn:") ? value.split(":").slice(5) : [value];
  return name ?? resource.slice(resource.lastIndexOf("/") + 1);
}

function mostCommonAccount(changes: readonly Change[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { before } of changes) {
    if (typeof before?.arn !== "string") continue;
    const [, account] = /^(?:[^:]*:){4}(\d{12})(?::|$)/.exec(before.arn) ?? [];
    if (account !== undefined) counts.set(account, (counts.get(account) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([one, left], [other, right]) => right - left || one.localeCompare(other));
  return most?.[0];
}

/** Adds to the list at a key. */
export function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

const NONE: readonly string[] = [];
const NO_CHANGES: readonly Change[] = [];

/** What an argument of a resource refers to in the configuration, blocks within included. */
export function referencesOf(change: Change, attribute: string): readonly string[] {
  const expression = change.expressions?.[attribute];
  if (expression === undefined) return NONE;
  // As a rule, it is an expression with a list of texts.
  if (isObject(expression) && isTexts(expression.references)) return expression.references;
  const found: string[] = [];
  collectReferences(expression, found);
  return found;
}

function collectReferences(expression: Json | undefined, found: string[]): void {
  if (Array.isArray(expression)) {
    for (const one of expression) collectReferences(one, found);
  } else if (isObject(expression)) {
    const { references } = expression;
    if (Array.isArray(references)) for (const reference of references) found.push(String(reference));
    else for (const one of Object.values(expression)) collectReferences(one, found);
  }
}

/** Whether the configuration sets an argument. Without a configuration nothing is known to be set. */
export const isConfigured = ({ expressions }: Change, attribute: string): boolean =>
  expressions !== undefined && Object.hasOwn(expressions, attribute);

/** The block of which a resource has one at most. Plans write it as a list, configurations as an object, too. */
export function blockOf(values: JsonObject | null, name: string): JsonObject | undefined {
  return blocksOf(values, name)[0];
}

/** The blocks of one name. */
export function blocksOf(values: Json | undefined, name: string): readonly JsonObject[] {
  const value = valueAt(values, [name]);
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

/** Whether a resource will be there that was not, or will be as another. */
export const isMade = ({ action }: Change): boolean => action === "create" || action === "replace";

/** Whether what is there now goes. */
export const isRemoved = ({ action }: Change): boolean => action === "delete" || action === "replace";
