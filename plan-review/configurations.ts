import { withoutInstanceKeys } from "./addresses";
import type { Action, Change, Json, JsonObject, OutputChange, Path, Plan } from "./plan";
import { forcingArguments } from "./replacements";
import { blocksIn, type Declared, Stack } from "./stacks";
import { isEqual, isObject, valueAt } from "./values";

export { constructPathsOf } from "./stacks";

/** What only a plan knows: the value of a local, a variable without default, a data source. A reference to a resource names that. */
const UNKNOWN = /^\$\{(?:var|local|data|each|module|count|path|terraform)\.[^}]*\}$/;

/** Marks what is unknown, as a plan does; what is the same unknown before and after does not change. */
function unknownIn(before: Json | undefined, after: Json | undefined): Json {
  if (typeof after === "string") return UNKNOWN.test(after) && after !== before;
  if (Array.isArray(after)) return after.map((inner, index) => unknownIn(valueAt(before, [index]), inner));
  if (!isObject(after)) return false;
  return Object.fromEntries(
    Object.entries(after).map(([key, inner]) => [key, unknownIn(valueAt(before, [key]), inner)]),
  );
}

/** Arguments that hold secrets, by name: a configuration does not mark them. */
const SECRET =
  /(^|_)(password|secret|secret_string|secret_binary|private_key|auth_token|secret_key|token|credentials_json)$/;

function sensitiveIn(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(sensitiveIn);
  if (!isObject(value)) return false;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET.test(key) && typeof inner === "string" && !/^\$\{[^}]*\}$/.test(inner) ? true : sensitiveIn(inner),
    ]),
  );
}

/** What blocks of a configuration say of addresses that they leave. */
class Transitions {
  private readonly moves = new Map<string, string>();
  private readonly forgotten = new Set<string>();
  private readonly imports = new Map<string, string>();

  constructor(config: JsonObject) {
    for (const { from, to } of blocksIn(config.moved)) {
      if (typeof from === "string" && typeof to === "string") this.moves.set(from, to);
    }
    for (const { from, lifecycle } of blocksIn(config.removed)) {
      if (typeof from === "string" && blocksIn(lifecycle)[0]?.destroy === false) this.forgotten.add(from);
    }
    for (const { to, id } of blocksIn(config.import)) {
      if (typeof to === "string") this.imports.set(to, typeof id === "string" ? id : "");
    }
  }

  /** Where a resource of the old configuration is in the new one, after all moves, one after another. */
  targetOf(address: string): string {
    let target = address;
    for (let steps = this.moves.size; steps > 0; steps -= 1) {
      const base = withoutInstanceKeys(target);
      const next =
        this.moves.get(target) ??
        (this.moves.has(base) ? `${this.moves.get(base)}${target.slice(base.length)}` : undefined);
      if (next === undefined) break;
      target = next;
    }
    return target;
  }

  isForgotten(address: string): boolean {
    return this.forgotten.has(withoutInstanceKeys(address)) || this.forgotten.has(address);
  }

  importOf(address: string): { readonly id: string } | undefined {
    const id = this.imports.get(address);
    return id === undefined ? undefined : { id };
  }
}

const without = (values: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

/** Arguments that `ignore_changes` names keep what they have. */
function planned(old: Declared, next: Declared): { readonly before: JsonObject; readonly after: JsonObject } {
  const ignored = next.lifecycle.ignore_changes;
  if (ignored === "all") return { before: old.values, after: old.values };
  const names = (Array.isArray(ignored) ? ignored : []).map((name) => String(name).replace(/[.[].*$/, ""));
  return { before: old.values, after: { ...without(next.values, names), ...pick(old.values, names) } };
}

const pick = (values: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));

const marked = (values: JsonObject | null, secrets: readonly string[]): Json => {
  const marks = sensitiveIn(values ?? undefined);
  return { ...(isObject(marks) ? marks : {}), ...Object.fromEntries(secrets.map((name) => [name, true])) };
};

function changeOf(
  declared: Declared,
  action: Action,
  before: JsonObject | null,
  after: JsonObject | null,
  more: Partial<Change> = {},
): Change {
  const { address, type, name, index, expressions, dependsOn, constructPath, lifecycle } = declared;
  return {
    address,
    type,
    name,
    index,
    mode: "managed",
    provider: "",
    action,
    actions: [action],
    isCreatedBeforeDestroyed: lifecycle.create_before_destroy === true,
    before,
    after,
    afterUnknown: after ? unknownIn(before ?? undefined, after) : {},
    beforeSensitive: marked(before, declared.secrets),
    afterSensitive: marked(after, declared.secrets),
    replacePaths: [],
    hasGeneratedConfig: false,
    constructPath,
    expressions,
    dependsOn,
    ...more,
  };
}

const isGuarded = ({ lifecycle }: Declared): boolean => lifecycle.prevent_destroy === true;

function pairChange(old: Declared, next: Declared): Change {
  const { before: values, after } = planned(old, next);
  // A plan does not tell of it, and here it is a protection like any other.
  const before = isGuarded(old) && !isGuarded(next) ? { ...values, prevent_destroy: true } : values;
  const previousAddress = old.address === next.address ? undefined : old.address;
  const replacePaths: readonly Path[] = forcingArguments(next.type)
    .filter((name) => !isEqual(before[name] ?? null, after[name] ?? null))
    .map((name) => [name]);
  const action = replacePaths.length > 0 ? "replace" : isEqual(before, after) ? "no-op" : "update";
  const actionReason = action === "replace" ? "replace_because_cannot_update" : undefined;
  const beforeSensitive = marked(before, old.secrets);
  return changeOf(next, action, before, after, { previousAddress, replacePaths, actionReason, beforeSensitive });
}

interface Side {
  readonly stack: Stack;
  readonly outputs: JsonObject;
}

const merged = (blocks: Json | undefined): JsonObject => Object.assign({}, ...blocksIn(blocks)) as JsonObject;

const sideOf = (stack: Stack, config: JsonObject): Side => ({ stack, outputs: merged(config.output) });

function outputOf(name: string, old: Side, next: Side): OutputChange {
  const [left, right] = [old, next].map(({ stack, outputs }) => {
    const value = valueAt(outputs, [name, "value"]);
    return value === undefined ? undefined : stack.value(value);
  });
  const isSensitive = [old, next].some(({ outputs }) => valueAt(outputs, [name, "sensitive"]) === true);
  const common = { name, before: left ?? null, after: right ?? null, isUnknown: false, isSensitive };
  if (left === undefined) return { ...common, action: "create" };
  if (right === undefined) return { ...common, action: "delete" };
  return { ...common, action: isEqual(left, right) ? "no-op" : "update" };
}

const outputsOf = (old: Side, next: Side): readonly OutputChange[] =>
  [...new Set([...Object.keys(old.outputs), ...Object.keys(next.outputs)])].map((name) => outputOf(name, old, next));

/** Blocks that are compared one by one, or that decide nothing by themselves. */
const compared = new Set([
  "//",
  "resource",
  "data",
  "variable",
  "locals",
  "output",
  "moved",
  "removed",
  "import",
  "check",
]);

/** Differences that are not in resources, and whose effect only a plan tells. */
function otherDifferences(before: JsonObject, after: JsonObject): readonly string[] {
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((kind) => !compared.has(kind));
  return kinds.flatMap((kind) => {
    const [left, right] = [merged(before[kind]), merged(after[kind])];
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return names
      .filter((name) => name !== "//" && !(kind === "terraform" && name === "required_version"))
      .filter((name) => !isEqual(left[name] ?? null, right[name] ?? null))
      .map((name) => `${kind} ${name} changes: what follows from it only a plan tells`);
  });
}

/**
 * Compares two of Terraform's JSON configurations, such as a stack's cdk.tf.json, as a plan: the old one stands for what is there.
 * There is no state: what differs from the old configuration in the account is unknown.
 */
export function planOfConfigurations(before: JsonObject, after: JsonObject): Plan {
  const [old, next] = [new Stack(before), new Stack(after)];
  const oddities: string[] = [...otherDifferences(before, after)];
  const transitions = new Transitions(after);
  const formerly = new Map(
    old.resources(oddities).map((declared) => [transitions.targetOf(declared.address), declared]),
  );
  const current = next.resources(oddities);
  const addresses = new Set(current.map(({ address }) => address));
  const changes = current.map((declared) => {
    const former = formerly.get(declared.address);
    if (former) return pairChange(former, declared);
    const importing = transitions.importOf(declared.address);
    // What is imported is there already, as nobody knows: all that it says may be a change.
    return changeOf(declared, importing ? "update" : "create", null, declared.values, { importing });
  });
  const gone = [...formerly].flatMap(([address, declared]) => {
    if (addresses.has(address)) return [];
    const action = transitions.isForgotten(declared.address) ? "forget" : "delete";
    return [changeOf(declared, action, declared.values, null, { actionReason: "delete_because_no_resource_config" })];
  });
  return {
    source: "configuration",
    formatVersion: "",
    changes: [...changes, ...gone],
    drift: [],
    relevantAttributes: [],
    outputs: outputsOf(sideOf(old, before), sideOf(next, after)),
    checks: [],
    deferred: [],
    actionInvocations: [],
    isErrored: false,
    oddities: [...new Set(oddities)],
    document: next.document,
    formerDocument: old.document,
  };
}
