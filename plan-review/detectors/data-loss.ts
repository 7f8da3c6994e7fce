import type { Change, Json, JsonObject } from "../plan";
import { valueAt } from "../values";
import { causesOf, turn } from "./causes";
import { counted, type Found, foundIn } from "./found";
import { blockOf, blocksOf, isRemoved, type PlanIndex } from "./plan-index";
import { weakenedOf } from "./protections";
import { storeOf } from "./stores";

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** Attributes by which AWS knows a store: a new one under the old name is the same thing to whoever wrote it. */
const physicalNames = ["name", "bucket", "identifier", "cluster_identifier", "name_prefix", "table_name"];

/** What keeps the data of a deleted resource from being lost, and what speeds it up, as it stands now. */
function circumstancesOf(change: Change): readonly string[] {
  const before = change.before ?? {};
  const isSet = (name: string) => before[name] === true || before[name] === "ACTIVE";
  const facts: readonly (readonly [boolean, string])[] = [
    [
      isSet("deletion_protection") || isSet("deletion_protection_enabled"),
      "deletion protection is on: AWS refuses the delete, and the apply stops half-way",
    ],
    [
      change.type === "aws_s3_bucket" && !isSet("force_destroy"),
      "force_destroy is off: the delete fails while the bucket holds an object",
    ],
    [isSet("force_destroy"), "force_destroy is on: all that it holds is deleted with it"],
    [isSet("force_delete"), "force_delete is on: all that it holds is deleted with it"],
    [isSet("skip_final_snapshot"), "skip_final_snapshot is on: no last snapshot is made"],
    [
      before.skip_final_snapshot === false,
      `a last snapshot is made: ${JSON.stringify(before.final_snapshot_identifier ?? "without a name, so that the delete fails")}`,
    ],
    [
      change.type === "aws_dynamodb_table" && blockOf(before, "point_in_time_recovery")?.enabled === true,
      "point-in-time recovery is on: AWS keeps a system backup for 35 days",
    ],
    [
      change.type === "aws_kms_key",
      `AWS deletes it after ${String(before.deletion_window_in_days ?? 30)} days, in which the delete can be cancelled`,
    ],
    [
      change.type === "aws_secretsmanager_secret" && before.recovery_window_in_days === 0,
      "recovery_window_in_days is 0: it cannot be restored",
    ],
  ];
  return facts.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

/** A resource of the same type that is created under the old name: somebody renamed the block. */
function renamedTo(change: Change, index: PlanIndex): readonly string[] {
  if (change.action !== "delete" || change.deposed) return [];
  const name = physicalNames.find((attribute) => typeof change.before?.[attribute] === "string");
  if (!name) return [];
  const same = index.createdLike(change, [name]);
  if (!same) return [];
  return [
    `${same.address} is created under the same name: was the block renamed? A moved block from ${change.address} to ${same.address} keeps what is there`,
  ];
}

function removed(change: Change, store: NonNullable<ReturnType<typeof storeOf>>, index: PlanIndex): Found {
  const what = change.action === "replace" ? "replaced" : "deleted";
  const isKnown = store.sureness === "known";
  const rule = isKnown ? `${slug(store.noun)}-${what}` : `unknown-store-${what}`;
  const title = !isKnown
    ? `${store.noun} is ${what}: by its name it holds data, which is lost`
    : `${store.noun} is ${what}; lost: ${store.loses}`;
  const order = change.isCreatedBeforeDestroyed ? ["the new one is made first, empty: nothing is copied"] : [];
  return foundIn(change, {
    section: "data-loss",
    severity: store.sureness === "likely" ? "high" : "critical",
    rule,
    title,
    details: [
      ...causesOf(change),
      ...(change.action === "replace" ? order : []),
      ...circumstancesOf(change),
      ...renamedTo(change, index),
    ],
    identity: change.deposed ?? change.replacePaths.map((path) => path.join(".")).join(),
    explains: Object.keys(change.before ?? {}),
  });
}

/** What stays in AWS and leaves Terraform. */
function kept(change: Change, noun: string): Found {
  const isSkipped = change.action !== "forget";
  return foundIn(change, {
    section: "data-loss",
    severity: "low",
    rule: "kept",
    title: `${noun} is kept, no longer managed`,
    details: isSkipped
      ? ["skip_destroy is on: Terraform drops it from its state and leaves it in AWS", ...causesOf(change)]
      : [],
    explains: Object.keys(change.before ?? {}),
  });
}

const weakened = (change: Change): readonly Found[] =>
  weakenedOf(change).map(({ attribute, title, turn: line, means, isUnknown }) =>
    foundIn(change, {
      section: "data-loss",
      severity: isUnknown ? "high" : "critical",
      rule: isUnknown ? "protection-unknown" : "protection-weakened",
      title,
      details: [line, means],
      identity: title,
      explains: [attribute],
    }),
  );

/** Resources that do nothing but protect another: with them goes the protection, unless the other goes, too. */
const protectors: Readonly<Record<string, readonly [attribute: string, parent: string, title: string]>> = {
  aws_s3_bucket_versioning: ["bucket", "aws_s3_bucket", "versioning is suspended"],
  aws_s3_bucket_object_lock_configuration: ["bucket", "aws_s3_bucket", "object lock is taken off new objects"],
  aws_s3_bucket_replication_configuration: ["bucket", "aws_s3_bucket", "replication ends: no second copy is made"],
  aws_backup_vault_lock_configuration: ["backup_vault_name", "aws_backup_vault", "the vault's lock is taken off"],
  aws_backup_plan: ["", "", "the backup plan is deleted: no new backups are made"],
  aws_backup_selection: ["plan_id", "aws_backup_plan", "resources leave the backup plan: no new backups are made"],
  aws_dlm_lifecycle_policy: ["", "", "the snapshot policy is deleted: no new snapshots are made"],
  aws_efs_backup_policy: ["file_system_id", "aws_efs_file_system", "automatic backup ends"],
  aws_db_instance_automated_backups_replication: ["", "", "replication of backups ends: the second copy is deleted"],
};

function protectorDeleted(change: Change, index: PlanIndex): readonly Found[] {
  const protector = Object.hasOwn(protectors, change.type) ? protectors[change.type] : undefined;
  if (!protector || change.action !== "delete") return [];
  const [attribute, parentType, title] = protector;
  const status = blockOf(change.before, "versioning_configuration")?.status;
  if (change.type === "aws_s3_bucket_versioning" && status !== "Enabled") return [];
  const parent = attribute ? index.target(change, attribute, [parentType]) : undefined;
  if (parent && isRemoved(parent)) return [];
  return [
    foundIn(change, {
      section: "data-loss",
      severity: "critical",
      rule: "protection-removed",
      title,
      details: [...(parent ? [`of ${parent.address}, which stays`] : []), ...causesOf(change)],
      explains: Object.keys(change.before ?? {}),
    }),
  ];
}

/** After how many days something expires, by rule: what is disabled expires nothing. */
function expiriesOf(values: JsonObject | null, blocks: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const rule of blocksOf(values, blocks)) {
    if (rule.status === "Disabled" || rule.enabled === false) continue;
    const scope = JSON.stringify([rule.filter ?? rule.prefix ?? null]);
    const add = (what: string, days: Json | undefined) => {
      if (typeof days !== "number" || days <= 0) return;
      const key = `${what} ${scope}`;
      found.set(key, Math.min(days, found.get(key) ?? Number.POSITIVE_INFINITY));
    };
    const expiration = blockOf(rule, "expiration");
    add("objects", expiration?.days);
    if (typeof expiration?.date === "string" && expiration.date) add("objects", 1);
    const noncurrent = blockOf(rule, "noncurrent_version_expiration");
    add("earlier versions", noncurrent?.noncurrent_days ?? noncurrent?.days);
  }
  return found;
}

function expiryAdded(change: Change, index: PlanIndex): readonly Found[] {
  const blocks = change.type === "aws_s3_bucket" ? "lifecycle_rule" : "rule";
  if (change.type !== "aws_s3_bucket" && change.type !== "aws_s3_bucket_lifecycle_configuration") return [];
  if (!change.after || change.action === "no-op") return [];
  const bucket = change.type === "aws_s3_bucket" ? change : index.target(change, "bucket", ["aws_s3_bucket"]);
  if (bucket && (bucket.action === "create" || bucket.action === "replace")) return [];
  const before = expiriesOf(change.before, blocks);
  const sooner = [...expiriesOf(change.after, blocks)].filter(
    ([key, days]) => days < (before.get(key) ?? Number.POSITIVE_INFINITY),
  );
  return sooner.map(([key, days]) => {
    const what = key.startsWith("objects") ? "objects" : "earlier versions";
    return foundIn(change, {
      section: "data-loss",
      severity: "critical",
      rule: "expiry-added",
      title: `${what} expire after ${counted(days, "day")}: those that are older are deleted`,
      details: [
        before.has(key) ? `before: after ${before.get(key)} days` : "before: never by this rule",
        `filter: ${key.slice(key.indexOf("["))}`,
      ],
      identity: `${key} ${days}`,
      explains: [blocks],
    });
  });
}

const imageExpiry = (change: Change, index: PlanIndex): readonly Found[] => {
  if (change.type !== "aws_ecr_lifecycle_policy" || !change.after || change.action === "no-op") return [];
  const repository = index.target(change, "repository", ["aws_ecr_repository"]);
  if (repository?.action === "create") return [];
  return [
    foundIn(change, {
      section: "data-loss",
      severity: "high",
      rule: "image-expiry-changed",
      title: "rules by which images expire change: images may be deleted",
      details: [turn(change, ["policy"])],
      explains: ["policy"],
    }),
  ];
};

/** Regions that leave a global table: each loses its copy. */
function replicasRemoved(change: Change): readonly Found[] {
  if (change.type !== "aws_dynamodb_table" || change.action !== "update") return [];
  const regionsOf = (values: JsonObject | null) =>
    new Set(blocksOf(values, "replica").map((replica) => String(replica.region_name ?? "")));
  if (valueAt(change.afterUnknown, ["replica"]) === true) return [];
  const staying = regionsOf(change.after);
  return [...regionsOf(change.before)]
    .filter((region) => !staying.has(region))
    .map((region) =>
      foundIn(change, {
        section: "data-loss",
        severity: "critical",
        rule: "table-replica-removed",
        title: `the table's replica in ${region} is deleted: that region's copy of the items is lost`,
        identity: region,
        explains: ["replica"],
      }),
    );
}

/** Section 2: what the plan deletes that cannot be made again, and what it leaves less protected. */
export function dataLoss(index: PlanIndex): readonly Found[] {
  return index.plan.changes.flatMap((change): readonly Found[] => {
    if (change.mode !== "managed" || change.action === "no-op") return [];
    const store = storeOf(change);
    if (change.action === "forget") return [kept(change, store?.noun ?? change.type)];
    if (store && isRemoved(change)) {
      if (change.before?.skip_destroy === true) return [kept(change, store.noun)];
      return [removed(change, store, index), ...(change.action === "replace" ? weakened(change) : [])];
    }
    return [
      ...weakened(change),
      ...protectorDeleted(change, index),
      ...expiryAdded(change, index),
      ...imageExpiry(change, index),
      ...replicasRemoved(change),
    ];
  });
}
