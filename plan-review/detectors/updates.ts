import type { Change, Path } from "../plan";
import { changedAttributes, isMarkedWithin, pathText, shown, valueAt } from "../values";
import { causesOf } from "./causes";
import { differencesBetween } from "./drift-noise";
import { counted, type Found, firstOf, foundIn, foundInPlan, foundTogether } from "./found";
import { isConfigured, type PlanIndex } from "./plan-index";

const section = "updates" as const;

/** Attributes that are a function's code, or follow from it. */
const code = new Set([
  "filename",
  "image_uri",
  "s3_key",
  "s3_object_version",
  "source_code_hash",
  "code_sha256",
  "source_code_size",
  "last_modified",
  "version",
  "qualified_arn",
  "qualified_invoke_arn",
  "signing_job_arn",
  "signing_profile_version_arn",
]);

const tags = new Set(["tags", "tags_all", "labels", "effective_labels", "terraform_labels"]);

/** By address, the attributes that other sections told of. */
export type Explained = ReadonlyMap<string, ReadonlySet<string>>;

const SHORT = 60;

const short = (text: string): string => (text.length > SHORT ? `${text.slice(0, SHORT)}…` : text);

/** Where within an attribute something changes; the attribute itself where that is unknown until apply. */
function placesIn(change: Change, attribute: string): readonly Path[] {
  const path = [attribute];
  if (isMarkedWithin(change.afterUnknown, path)) return [path];
  return differencesBetween(
    valueAt(change.before ?? undefined, path),
    valueAt(change.after ?? undefined, path),
    path,
  ).map((difference) => difference.path);
}

const turnOf = (change: Change, path: Path): string =>
  `${pathText(path)} ${short(shown(change, "before", path))} → ${short(shown(change, "after", path))}`;

/** Attributes that change by the configuration, rather than follow from what does, and that nothing else told of. */
function decidedAttributes(change: Change, explained: ReadonlySet<string>): readonly string[] {
  return changedAttributes(change).filter((name) => {
    if (explained.has(name)) return false;
    const isComputed = isMarkedWithin(change.afterUnknown, [name]) && change.expressions && !isConfigured(change, name);
    return !isComputed && placesIn(change, name).length > 0;
  });
}

interface Kinds {
  readonly codeOnly: Change[];
  readonly tagsOnly: Change[];
  readonly found: Found[];
}

function sort(change: Change, explained: ReadonlySet<string>, { codeOnly, tagsOnly, found }: Kinds): void {
  const attributes = decidedAttributes(change, explained);
  if (attributes.length === 0) return;
  const isFunction = change.type === "aws_lambda_function" || change.type === "aws_lambda_layer_version";
  if (isFunction && attributes.every((name) => code.has(name))) codeOnly.push(change);
  else if (attributes.every((name) => tags.has(name))) tagsOnly.push(change);
  else {
    const paths = attributes.flatMap((name) => placesIn(change, name));
    const turns = firstOf(
      paths.map((path) => turnOf(change, path)),
      20,
    );
    found.push(
      foundIn(change, {
        section,
        severity: "low",
        rule: "updated",
        title: `updated: ${firstOf(attributes, 6).join(", ")}`,
        details: turns,
        identity: attributes.join(),
      }),
    );
  }
}

const together = (changes: readonly Change[], rule: string, title: string): readonly Found[] =>
  foundTogether(
    section,
    rule,
    title,
    changes.map(({ address }) => address),
    20,
  );

/** A line for each type. */
function byType(changes: readonly Change[], what: "created" | "deleted"): readonly Found[] {
  if (changes.length === 0) return [];
  const types = new Map<string, string[]>();
  for (const { type, address } of changes) {
    const addresses = types.get(type);
    if (addresses) addresses.push(address);
    else types.set(type, [address]);
  }
  const lines = [...types]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([type, addresses]) => `${addresses.length} ${type}: ${firstOf(addresses, 3).join(", ")}`);
  return [
    foundInPlan({
      section,
      severity: "low",
      rule: what,
      title: `${counted(changes.length, "resource is", "resources are")} ${what}`,
      details: lines,
      identity: changes
        .map(({ address }) => address)
        .sort()
        .join(),
    }),
  ];
}

const replaced = (change: Change): Found =>
  foundIn(change, {
    section,
    severity: "low",
    rule: "replaced",
    title: `${change.type} is replaced`,
    details: [...causesOf(change), ...(change.isCreatedBeforeDestroyed ? ["the new one is made first"] : [])],
    identity: change.replacePaths.map((path) => path.join(".")).join(),
  });

/** Section 8: what else happens. */
export function updates({ plan }: PlanIndex, explained: Explained): readonly Found[] {
  const kinds: Kinds = { codeOnly: [], tagsOnly: [], found: [] };
  const created: Change[] = [];
  const deleted: Change[] = [];
  const none: ReadonlySet<string> = new Set();
  for (const change of plan.changes) {
    if (change.mode !== "managed") continue;
    const told = explained.get(change.address) ?? none;
    if (change.action === "update") sort(change, told, kinds);
    else if (change.action === "create") created.push(change);
    else if (change.action === "delete" && told.size === 0) deleted.push(change);
    else if (change.action === "replace" && told.size === 0) kinds.found.push(replaced(change));
  }
  const functions = kinds.codeOnly.length;
  return [
    ...together(
      kinds.codeOnly,
      "code-updated",
      `${counted(functions, "function gets", "functions get")} other code, and nothing else`,
    ),
    ...together(
      kinds.tagsOnly,
      "tags-updated",
      `${counted(kinds.tagsOnly.length, "resource gets", "resources get")} other tags, and nothing else`,
    ),
    ...kinds.found,
    ...byType(created, "created"),
    ...byType(deleted, "deleted"),
  ];
}
