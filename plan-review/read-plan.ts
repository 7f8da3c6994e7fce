import { withoutInstanceKeys } from "./addresses";
import { configurationOf, configuredResource } from "./configuration";
import { InputError } from "./input";
import type {
  Action,
  Change,
  Check,
  DeferredChange,
  Json,
  JsonObject,
  OutputChange,
  Path,
  Plan,
  RelevantAttribute,
} from "./plan";
import { hasMark, isObject, isTexts, valueAt } from "./values";

/** The actions of a plan, in the words of this review; one that both creates and forgets is two changes. */
const actionsOf: ReadonlyMap<string, readonly Action[]> = new Map<string, readonly Action[]>([
  ["no-op", ["no-op"]],
  ["create", ["create"]],
  ["read", ["read"]],
  ["update", ["update"]],
  ["delete", ["delete"]],
  ["delete,create", ["replace"]],
  ["create,delete", ["replace"]],
  ["forget", ["forget"]],
  ["create,forget", ["forget", "create"]],
]);

/** Where something stands in the document, such as `resource_changes[3].change`: put together only to refuse it. */
type Place = () => string;

/** Actions of which nothing can be told where a side has no values. */
const sidesOf: Readonly<Record<"before" | "after", ReadonlySet<Action>>> = {
  before: new Set<Action>(["update", "replace", "delete"]),
  after: new Set<Action>(["create", "update", "replace"]),
};

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const optionalText = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const objectOrNull = (value: Json | undefined): JsonObject | null => (isObject(value) ? value : null);
const optionalBoolean = (value: Json | undefined): boolean | undefined =>
  typeof value === "boolean" ? value : undefined;

const required = ["address", "type", "name"] as const;

/** Undefined for actions that this review does not know. */
const kindsOf = (actions: readonly string[]): readonly Action[] | undefined =>
  actionsOf.get(actions.length === 1 ? (actions[0] ?? "") : actions.join());

const pathOf = (value: Json): Path =>
  list(value).filter((step): step is string | number => typeof step === "string" || typeof step === "number");

/** Reads one plan. */
class Reader {
  private readonly oddities: string[] = [];
  private readonly configuration;

  constructor(
    private readonly document: JsonObject,
    private readonly name: string,
    private readonly constructPaths: ReadonlyMap<string, string>,
  ) {
    this.configuration = configurationOf(document);
  }

  plan(): Plan {
    const { document } = this;
    for (const key of ["errored", "complete"] as const) {
      const value = document[key] ?? null;
      if (value === null || typeof value === "boolean") continue;
      this.oddities.push(`${key} must be true or false, got: ${typeof value}`);
    }
    const changes = this.entries("resource_changes").flatMap((entry, index) => {
      const those = this.changesOf(entry, () => `resource_changes[${index}]`);
      for (const change of those) this.checkSides(change);
      return those;
    });
    const drift = this.entries("resource_drift").flatMap((entry, index) =>
      this.changesOf(entry, () => `resource_drift[${index}]`),
    );
    const deferred = this.deferred();
    if (changes.length === 0 && hasResources(valueAt(document.planned_values, ["root_module"]))) {
      this.oddities.push("resource_changes is empty, and planned_values has resources: a part of the plan is missing");
    }
    return {
      source: "plan",
      formatVersion: text(document.format_version),
      terraformVersion: optionalText(document.terraform_version),
      changes,
      drift,
      relevantAttributes: this.entries("relevant_attributes").flatMap(relevantAttributeOf),
      outputs: Object.entries(objectOrNull(document.output_changes) ?? {}).flatMap(([name, change]) =>
        this.outputOf(name, change),
      ),
      checks: this.entries("checks").flatMap(checksOf),
      deferred,
      actionInvocations: this.entries("action_invocations").map((entry) => ({
        address: isObject(entry) ? text(entry.address) : "",
        type: isObject(entry) ? text(entry.type) : "",
      })),
      isErrored: document.errored === true,
      isComplete: optionalBoolean(document.complete),
      isApplicable: optionalBoolean(document.applyable),
      oddities: this.oddities,
      document,
    };
  }

  private entries(key: string): readonly Json[] {
    const value = this.document[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.refuse(key, "a list", value);
    return value;
  }

  private refuse(where: string, rule: string, value: Json | undefined): InputError {
    const got = value === undefined ? "nothing" : Array.isArray(value) ? "a list" : typeof value;
    return new InputError(`${this.name}: ${where} must be ${rule}, got: ${got}; is the file a whole plan?`);
  }

  private changesOf(entry: Json, place: Place): readonly Change[] {
    if (!isObject(entry)) throw this.refuse(place(), "an object", entry);
    const { change } = entry;
    if (!isObject(change)) throw this.refuse(`${place()}.change`, "an object", change);
    for (const key of required) {
      if (typeof entry[key] !== "string") throw this.refuse(`${place()}.${key}`, "a string", entry[key]);
    }
    const actions = this.actionNames(change, () => `${place()}.change`);
    const known = kindsOf(actions);
    const kinds: readonly Action[] = known ?? ["unknown"];
    if (!known) {
      this.oddities.push(`${text(entry.address)} has actions that this review does not know: ${actions.join(", ")}`);
    }
    return kinds.map((action) => this.changeOf(entry, change, actions, action));
  }

  private checkSides(change: Change): void {
    if (change.action === "no-op" || change.mode === "data") return;
    for (const side of ["before", "after"] as const) {
      if (!sidesOf[side].has(change.action) || change[side] !== null) continue;
      this.oddities.push(`${change.address} has no values of ${side}, and its actions say that it has`);
    }
  }

  // One literal: a large plan has tens of thousands of changes, and each copy of them costs.
  private changeOf(entry: JsonObject, change: JsonObject, actions: readonly string[], action: Action): Change {
    const address = text(entry.address);
    const configured = configuredResource(this.configuration, address)?.block;
    const { index } = entry;
    const { importing } = change;
    return {
      address,
      type: text(entry.type),
      name: text(entry.name),
      moduleAddress: optionalText(entry.module_address),
      index: typeof index === "string" || typeof index === "number" ? index : undefined,
      mode: entry.mode === "data" ? "data" : "managed",
      provider: text(entry.provider_name),
      action,
      actions,
      deposed: optionalText(entry.deposed),
      isCreatedBeforeDestroyed: actions[0] === "create",
      before: action === "create" ? null : objectOrNull(change.before),
      after: action === "delete" || action === "forget" ? null : objectOrNull(change.after),
      afterUnknown: change.after_unknown ?? {},
      beforeSensitive: change.before_sensitive ?? {},
      afterSensitive: change.after_sensitive ?? {},
      replacePaths: change.replace_paths ? list(change.replace_paths).map(pathOf) : [],
      actionReason: optionalText(entry.action_reason),
      previousAddress: optionalText(entry.previous_address),
      importing: isObject(importing) ? { id: text(importing.id) } : undefined,
      hasGeneratedConfig: optionalText(change.generated_config) !== undefined,
      constructPath: this.constructPaths.get(withoutInstanceKeys(address)),
      expressions: objectOrNull(configured?.expressions) ?? undefined,
      dependsOn: configured?.depends_on ? list(configured.depends_on).map(String) : [],
    };
  }

  private actionNames(change: JsonObject, place: Place): readonly string[] {
    const { actions } = change;
    if (!Array.isArray(actions) || actions.length === 0)
      throw this.refuse(`${place()}.actions`, "a list of names", actions);
    return isTexts(actions) ? actions : list(actions).map(String);
  }

  private deferred(): readonly DeferredChange[] {
    const changes = this.entries("deferred_changes").flatMap((entry, index) => {
      const where = `deferred_changes[${index}]`;
      if (!isObject(entry)) throw this.refuse(where, "an object", entry);
      const inner = entry.resource_change ?? null;
      return this.changesOf(inner, () => `${where}.resource_change`).map((change) => ({
        reason: text(entry.reason),
        change,
      }));
    });
    const invocations = this.entries("deferred_action_invocations").length;
    if (invocations > 0) this.oddities.push(`Terraform put off ${invocations} action invocations to a later plan`);
    return changes;
  }

  private outputOf(name: string, change: Json): readonly OutputChange[] {
    if (!isObject(change)) throw this.refuse(`output_changes.${name}`, "an object", change);
    const actions = this.actionNames(change, () => `output_changes.${name}`);
    const known = kindsOf(actions)?.[0];
    if (!known) this.oddities.push(`output ${name} has actions that this review does not know: ${actions.join(", ")}`);
    return [
      {
        name,
        action: known ?? "unknown",
        before: change.before ?? null,
        after: change.after ?? null,
        isUnknown: change.after_unknown === true,
        isSensitive: hasMark(change.before_sensitive) || hasMark(change.after_sensitive),
      },
    ];
  }
}

/** Whether a module of planned values has managed resources: Terraform lists each of them as a change, too. */
const hasResources = (module: Json | undefined): boolean =>
  list(valueAt(module, ["resources"])).some((resource) => valueAt(resource, ["mode"]) === "managed") ||
  list(valueAt(module, ["child_modules"])).some(hasResources);

const relevantAttributeOf = (entry: Json): readonly RelevantAttribute[] =>
  isObject(entry) ? [{ resource: text(entry.resource), path: pathOf(entry.attribute ?? null) }] : [];

/** A check's instances; the check itself where it has none, because it was never reached. */
function checksOf(entry: Json): readonly Check[] {
  if (!isObject(entry)) return [];
  const display = (value: Json | undefined) => (isObject(value) ? text(value.to_display) : "");
  const kind = isObject(entry.address) ? text(entry.address.kind) : "";
  const instances = list(entry.instances).filter(isObject);
  const checkOf = (of: JsonObject): Check => ({
    address: display(of.address) || display(entry.address),
    kind,
    status: text(of.status),
    problems: list(of.problems).flatMap((problem) => (isObject(problem) ? [text(problem.message)] : [])),
  });
  return instances.length > 0 ? instances.map(checkOf) : [checkOf(entry)];
}

/**
 * Reads the JSON of a plan, as `terraform show -json` prints it, of format 1.x.
 *
 * @param name the file, as messages say it
 * @param constructPaths by address without instance keys
 * @throws InputError that names the place where it is not one
 * @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
 */
export const readPlan = (document: JsonObject, name: string, constructPaths: ReadonlyMap<string, string>): Plan =>
  new Reader(document, name, constructPaths).plan();
