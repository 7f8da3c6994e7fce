import type { Change, Json, JsonObject, Path } from "./plan";

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isTexts = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((one: Json) => typeof one === "string");

/** What stands at a key or an index; undefined where nothing does. */
function child(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, Json>)[step];
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  let here = value;
  for (const step of path) here = child(here, step);
  return here;
}

/** Whether marks (`after_unknown`, `after_sensitive`, …) cover a path: `true` stands there or above. */
export function isMarked(marks: Json | undefined, path: Path): boolean {
  let here = marks;
  for (const step of path) {
    if (here === true) return true;
    here = child(here, step);
  }
  return here === true;
}

/** Whether marks have a `true` anywhere beneath. */
export function hasMark(marks: Json | undefined): boolean {
  if (typeof marks !== "object" || marks === null) return marks === true;
  // Many are empty lists, whose keys take longer to ask for than those of objects.
  if (Array.isArray(marks)) return marks.some(hasMark);
  // What JSON.parse makes has keys of its own alone.
  for (const key in marks) if (hasMark((marks as Record<string, Json>)[key])) return true;
  return false;
}

/** Whether marks cover a path or a part of what stands there. */
export const isMarkedWithin = (marks: Json | undefined, path: Path): boolean =>
  isMarked(marks, path) || hasMark(valueAt(marks, path));

function areEqualLists(left: readonly Json[], right: readonly Json[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (!isEqual(left[index], right[index])) return false;
  return true;
}

/** Equal as JSON, whatever the order of keys. */
export function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    return Array.isArray(left) && Array.isArray(right) && areEqualLists(left, right);
  }
  let keys = 0;
  for (const key in left) {
    if (!Object.hasOwn(right, key)) return false;
    if (!isEqual((left as Record<string, Json>)[key], (right as Record<string, Json>)[key])) return false;
    keys += 1;
  }
  return keys === Object.keys(right).length;
}

/** Attributes that a resource has before, after, or may have, because they are unknown until apply; each once, in this order. */
export function attributesOf({ before, after, afterUnknown }: Change): readonly string[] {
  const names = Object.keys(before ?? {});
  for (const name in after) if (!before || !Object.hasOwn(before, name)) names.push(name);
  if (!isObject(afterUnknown)) return names;
  for (const name in afterUnknown) {
    if (!(before && Object.hasOwn(before, name)) && !(after && Object.hasOwn(after, name))) names.push(name);
  }
  return names;
}

/**
 * Attributes of a resource that differ between before and after, or may, because they are unknown until apply. Of one that is created,
 * deleted, or not touched: none.
 */
export function changedAttributes(change: Change): readonly string[] {
  const { before, after, afterUnknown } = change;
  if (!before || !after) return [];
  return attributesOf(change).filter(
    (name) => hasMark(child(afterUnknown, name)) || !isEqual(child(before, name), child(after, name)),
  );
}

/** A path as it is written in Terraform: `point_in_time_recovery[0].enabled`, `tags["a b"]`. */
export function pathText(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return steps.join("").replace(/^\./, "");
}

/**
 * An attribute's value as a person may see it: `(sensitive)` where it or a part of it is, `(known after apply)`, else JSON.
 * Detectors show values through this alone: values that are too short to be scrubbed by value are hidden here. It is not cut: a secret
 * that was cut would not be found by its value.
 */
export function shown(change: Change, side: "before" | "after", path: Path): string {
  const [values, marks] =
    side === "before" ? [change.before, change.beforeSensitive] : [change.after, change.afterSensitive];
  // What is sensitive on one side is often the same on the other, where the mark is missing.
  const others = side === "before" ? change.afterSensitive : change.beforeSensitive;
  if (isMarkedWithin(marks, path) || isMarkedWithin(others, path)) return "(sensitive)";
  if (side === "after" && isMarkedWithin(change.afterUnknown, path)) return "(known after apply)";
  const value = valueAt(values ?? undefined, path);
  return value === undefined || value === null ? "none" : JSON.stringify(value);
}
