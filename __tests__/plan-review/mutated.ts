import { detect } from "../../plan-review/detectors";
import type { JsonObject } from "../../plan-review/plan";
import { readPlan } from "../../plan-review/read-plan";
import { reviewOf, scrubberOf } from "../../plan-review/review";
import { planDocument } from "./plans";

/** What is made different in one entry of a real plan. */
export interface Mutation {
  readonly actions?: readonly string[];
  /** Attributes put into `before` and `after`; `null` takes the side away. */
  readonly before?: JsonObject | null;
  readonly after?: JsonObject | null;
  readonly change?: JsonObject;
  readonly entry?: JsonObject;
}

interface Entry extends JsonObject {
  readonly address: string;
  readonly change: JsonObject;
}

export const entriesOf = (document: JsonObject, key = "resource_changes"): readonly Entry[] =>
  (document[key] ?? []) as unknown as readonly Entry[];

/** The entry of a real plan whose address has these words. */
export function entryIn(document: JsonObject, words: string): Entry {
  const found = entriesOf(document).find(({ address }) => address.includes(words));
  if (!found) throw new Error(`no resource has ${words} in its address`);
  return found;
}

const side = (old: JsonObject[string] | undefined, next: JsonObject | null | undefined) =>
  next === null ? null : { ...(old as JsonObject | null), ...next };

function mutatedEntry(entry: Entry, { actions = ["update"], before, after, change, entry: parts }: Mutation): Entry {
  const changed = { ...entry.change, actions, before: side(entry.change.before, before) };
  return { ...entry, ...parts, change: { ...changed, after: side(entry.change.after, after), ...change } };
}

/** A real plan in which the entries that the keys name are different. */
export function mutated(mutations: Readonly<Record<string, Mutation>>, file = "no-change.json"): JsonObject {
  const document = planDocument(file);
  const byAddress = new Map(
    Object.entries(mutations).map(([words, mutation]) => [entryIn(document, words).address, mutation]),
  );
  const resource_changes = entriesOf(document).map((entry) => {
    const mutation = byAddress.get(entry.address);
    return mutation ? mutatedEntry(entry, mutation) : entry;
  });
  return { ...document, resource_changes };
}

/** A real plan with something that was changed outside Terraform and stays so. */
export function drifted(words: string, before: JsonObject, after: JsonObject): JsonObject {
  const { change } = entryIn(planDocument("no-change.json"), words);
  const document = mutated({ [words]: { actions: ["no-op"], before: after, after } });
  const entry = entryIn(document, words);
  const sides = { before: side(change.before, before), after: side(change.after, after) };
  return { ...document, resource_drift: [{ ...entry, change: { ...entry.change, actions: ["update"], ...sides } }] };
}

/** `COMPLETE` or `INCOMPLETE`, and `critical data-loss table-replaced` for all that is not among other updates and housekeeping. */
export function verdictOf(document: JsonObject): readonly string[] {
  const plan = readPlan(document, "plan.json", new Map());
  const { isComplete, findings } = reviewOf(plan, detect(plan), scrubberOf(plan), []);
  const told = findings.filter(({ section }) => section !== "updates" && section !== "housekeeping");
  return [
    isComplete ? "COMPLETE" : "INCOMPLETE",
    ...told.map(({ severity, section, rule }) => `${severity} ${section} ${rule}`),
  ];
}
