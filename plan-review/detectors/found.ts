import type { Detection, Section, Severity } from "../model";
import type { Change } from "../plan";

/** A detection, and the attributes of its resource that it tells of: "other updates" leaves them out. */
export interface Found extends Detection {
  /** @default - none */
  readonly explains?: readonly string[];
  /** Other resources that it tells of, and which attribute of each. */
  readonly covers?: readonly (readonly [address: string, attribute: string])[];
}

/** What was found, but for where. */
interface Finding {
  readonly section: Section;
  readonly severity: Severity;
  readonly rule: string;
  readonly title: string;
  readonly details?: readonly string[];
  readonly identity?: string;
  readonly explains?: readonly string[];
  readonly covers?: Found["covers"];
  readonly iam?: Detection["iam"];
}

const NONE: readonly string[] = [];

/** What was found about one resource. */
export const foundIn = (change: Change, finding: Finding): Found => {
  const { section, severity, rule, title, details = NONE, identity, explains, covers, iam } = finding;
  const { address, constructPath } = change;
  // One literal: a large plan has thousands of them.
  return { section, severity, rule, address, constructPath, title, details, identity, explains, covers, iam };
};

/** What was found about the whole plan. */
export const foundInPlan = ({ details = [], ...found }: Finding): Found => ({ ...found, details, address: "" });

/** Many things of one kind, together: the first few are listed, and all of them are what was found. */
export function foundTogether(
  section: Section,
  rule: string,
  title: string,
  items: readonly string[],
  most: number,
): readonly Found[] {
  if (items.length === 0) return [];
  const identity = [...items].sort().join();
  return [foundInPlan({ section, severity: "low", rule, title, details: firstOf(items, most), identity })];
}

/** The first few of many, and how many more there are. */
export function firstOf(items: readonly string[], most: number): readonly string[] {
  return items.length <= most ? items : [...items.slice(0, most), `and ${items.length - most} more`];
}

/** `1 queue`, `3 queues`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
