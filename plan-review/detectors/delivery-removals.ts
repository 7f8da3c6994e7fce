import type { Change } from "../plan";
import { isMarkedWithin } from "../values";
import { causesOf } from "./causes";
import { type Found, foundIn } from "./found";
import { parentOf, parentTypes } from "./parents";
import { isRemoved, type PlanIndex } from "./plan-index";
import { type Removal, removals } from "./removals";

const section = "delivery" as const;

const mild = new Set([
  "aws_cloudwatch_metric_alarm",
  "aws_cloudwatch_composite_alarm",
  "aws_cloudwatch_log_metric_filter",
]);

/** An equal one that is created elsewhere in the configuration: the block was renamed, or moved to a module. */
function equalIn(change: Change, index: PlanIndex): Change | undefined {
  const names = ["function_name", "name", "topic_arn", "endpoint", "rule", "domain_name", "alias", "alarm_name"];
  const known = names.filter((name) => typeof change.before?.[name] === "string");
  return known.length === 0 ? undefined : index.createdLike(change, known);
}

/** Whether a replacement is felt: not where the new one takes over before the old one goes. */
const isFelt = ({ isCreatedBeforeDestroyed }: Change, { replaced }: Removal): boolean =>
  replaced !== undefined && (!isCreatedBeforeDestroyed || replaced.includes("another"));

function removal(change: Change, index: PlanIndex): readonly Found[] {
  const known = Object.hasOwn(removals, change.type) ? removals[change.type] : undefined;
  if (!known || !isRemoved(change) || change.deposed || change.before?.skip_destroy === true) return [];
  const { noun, serves, stops, replaced } = known;
  const rule = noun.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const common = { section, explains: Object.keys(change.before ?? {}) };
  if (change.action === "replace") {
    if (!isFelt(change, known)) return [];
    const identity = change.replacePaths.map((path) => path.join(".")).join();
    const title = `${noun} is replaced: ${replaced}`;
    const details = causesOf(change);
    return [foundIn(change, { ...common, severity: "high", rule: `${rule}-replaced`, title, details, identity })];
  }
  const goesToo = serves !== undefined && index.target(change, ...serves)?.action === "delete";
  const equal = equalIn(change, index);
  return [
    foundIn(change, {
      ...common,
      severity: goesToo ? "low" : mild.has(change.type) ? "medium" : "high",
      rule: `${rule}-deleted`,
      title: goesToo ? `${noun} is deleted, with what it serves` : `${noun} is deleted: ${stops}`,
      details: [
        ...causesOf(change),
        ...(equal
          ? [`${equal.address} is created as its equal: was the block renamed? A moved block keeps what is there`]
          : []),
      ],
    }),
  ];
}

/** Who may no longer call a function that stays. */
function permissionDeleted(change: Change, index: PlanIndex): readonly Found[] {
  if (change.type !== "aws_lambda_permission" || change.action !== "delete") return [];
  const parent = parentOf(index, change);
  if (parent && isRemoved(parent)) return [];
  const equal = index.createdLike(change, ["function_name", "principal", "action"]);
  return [
    foundIn(change, {
      section,
      severity: equal ? "medium" : "high",
      rule: "permission-deleted",
      title: `${String(change.before?.principal)} may no longer call the function: its events or requests fail`,
      details: [...(equal ? [`${equal.address} is created for the same principal`] : []), ...causesOf(change)],
      identity: String(change.before?.principal),
    }),
  ];
}

/**
 * Parts of a resource that is replaced under the same name: AWS deletes them with the old one, and Terraform sees no reason to make
 * them again until it looks next time.
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/46632
 */
function lostWithParent(change: Change, index: PlanIndex, replaced: ReadonlySet<string>): readonly Found[] {
  if (change.action !== "no-op" && change.action !== "update") return [];
  if (!parentTypes(change).some((type) => replaced.has(type))) return [];
  if (change.type === "aws_sns_topic_subscription" || change.type === "aws_iam_instance_profile") return [];
  const parent = parentOf(index, change);
  if (!parent || !isReplacedUnderName(parent)) return [];
  const isPermission = change.type === "aws_lambda_permission";
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: isPermission ? "permission-lost" : "lost-with-replaced",
      title: isPermission
        ? `the function is replaced, and with the old one goes this permission: ${String(change.before?.principal)} may not call the new one`
        : "what it belongs to is replaced, and it goes with the old one: the new one is without it",
      details: [
        `replaced: ${parent.address}`,
        "Terraform plans no change here, and would notice at the next plan",
        "remedy: lifecycle { replace_triggered_by = [ … ] } with the replaced resource, or apply twice",
      ],
      identity: parent.address,
    }),
  ];
}

/** A new one whose name is known and stays: what names it does not change. */
function isReplacedUnderName({ action, before, after, afterUnknown, isCreatedBeforeDestroyed }: Change): boolean {
  // Its block was renamed: another deletes what is there.
  if (action === "create") return true;
  if (action !== "replace" || isCreatedBeforeDestroyed) return false;
  const names = ["function_name", "name", "bucket", "table_name", "domain_name", "rule"];
  return names.some(
    (name) =>
      typeof before?.[name] === "string" && before[name] === after?.[name] && !isMarkedWithin(afterUnknown, [name]),
  );
}

/** What is taken away from what goes on. */
export function deliveryRemovals(index: PlanIndex): readonly Found[] {
  const replaced = new Set(index.changing.filter(isReplacedUnderName).map(({ type }) => type));
  return index.plan.changes
    .filter(({ mode, action }) => mode === "managed" && (action !== "no-op" || replaced.size > 0))
    .flatMap((change) => [
      ...removal(change, index),
      ...permissionDeleted(change, index),
      ...lostWithParent(change, index, replaced),
    ]);
}
