import type { Change, Json, JsonObject, Path } from "../plan";
import { isMarked, isObject, pathText, shown } from "../values";

/** A setting that keeps data from being lost. */
interface Protection {
  /** Names the setting; a block is one step, though plans write it as a list. */
  readonly path: readonly string[];
  /** What is weaker than what, for title and identity: `point-in-time recovery is switched off`. */
  readonly weakened: string;
  readonly means: string;
  readonly isWeaker: (before: Json | undefined, after: Json | undefined) => boolean;
  /** Whether what was there was worth keeping: only then is an unknown value a question. */
  readonly isStrong: (before: Json | undefined) => boolean;
}

/** A setting that is weaker than it was, or may be. */
export interface Weakened {
  readonly attribute: string;
  readonly title: string;
  readonly turn: string;
  readonly means: string;
  readonly isUnknown: boolean;
}

const isOn = (value: Json | undefined): boolean => /^(true|active|enabled|on)$/i.test(String(value ?? ""));

function keptOn(path: readonly string[], name: string, means: string): Protection {
  const isStrong = isOn;
  return {
    path,
    weakened: `${name} is switched off`,
    means,
    isStrong,
    isWeaker: (before, after) => isOn(before) && !isOn(after),
  };
}

function keptOff(path: readonly string[], name: string, means: string): Protection {
  return {
    path,
    weakened: `${name} is switched on`,
    means,
    isStrong: (before) => !isOn(before),
    isWeaker: (before, after) => !isOn(before) && isOn(after),
  };
}

/** @param unset how long it is where nothing is said; Infinity for ever */
function keptLong(
  path: readonly string[],
  name: string,
  unset: number,
  means: string,
  zero: "for ever" | "never" = "never",
): Protection {
  const length = (value: Json | undefined): number => {
    const number = value === null || value === undefined || value === "" ? unset : Number(value);
    return number === 0 && zero === "for ever" ? Number.POSITIVE_INFINITY : number;
  };
  return {
    path,
    weakened: `${name} becomes shorter`,
    means,
    isStrong: (before) => length(before) > 0,
    isWeaker: (before, after) => length(after) < length(before),
  };
}

const deletable = "a delete or replacement that a later plan holds is no longer refused";
const noCopy = "a delete leaves no last copy";
const older = "what is older is deleted";

/** Attributes that mean the same on every type that has them, other providers' too. */
const everywhere: readonly Protection[] = [
  keptOn(["prevent_destroy"], "prevent_destroy", deletable),
  keptOn(["deletion_protection"], "deletion protection", deletable),
  keptOn(["deletion_protection_enabled"], "deletion protection", deletable),
  keptOn(["enable_deletion_protection"], "deletion protection", deletable),
  keptOn(["termination_protection"], "termination protection", deletable),
  keptOn(["disable_api_termination"], "termination protection", deletable),
  keptOn(["prevent_deletion_if_contains_resources"], "deletion protection", deletable),
  keptOn(["purge_protection_enabled"], "purge protection", "what is deleted can be purged at once"),
  keptOn(["skip_destroy"], "skip_destroy", "a delete in Terraform becomes a delete in AWS"),
  keptOff(["force_destroy"], "force_destroy", "a later delete takes all that it holds with it"),
  keptOff(["force_delete"], "force_delete", "a later delete takes all that it holds with it"),
  keptOff(["skip_final_snapshot"], "skip_final_snapshot", noCopy),
  keptOff(["skip_final_backup"], "skip_final_backup", noCopy),
  keptOff(["skip_final_backup_on_deletion"], "skip_final_backup_on_deletion", noCopy),
  keptOff(["delete_automated_backups"], "delete_automated_backups", "a delete takes the automated backups with it"),
  keptLong(["backup_retention_period"], "retention of backups", 0, older),
  keptLong(["snapshot_retention_limit"], "retention of snapshots", 0, older),
  keptLong(["snapshot_retention_period"], "retention of snapshots", 0, older),
  keptLong(["automated_snapshot_retention_period"], "retention of snapshots", 1, older),
  keptLong(["automatic_backup_retention_days"], "retention of backups", 0, older),
  keptLong(["soft_delete_retention_days"], "soft-delete retention", 90, "less time to undo a delete"),
  keptLong(["recovery_window_in_days"], "recovery window", 30, "less time to undo a delete; 0 is none"),
  keptLong(["deletion_window_in_days"], "deletion window", 30, "less time to undo a delete"),
];

const versioned = "what is overwritten or deleted from now on is gone";

const byType: Readonly<Record<string, readonly Protection[]>> = {
  aws_dynamodb_table: [
    keptOn(
      ["point_in_time_recovery", "enabled"],
      "point-in-time recovery",
      "all recovery points are gone at once, and switching it on again begins from nothing",
    ),
    keptLong(["point_in_time_recovery", "recovery_period_in_days"], "point-in-time recovery period", 35, older),
    keptOff(["ttl", "enabled"], "time to live", "items whose time has passed are deleted"),
  ],
  aws_dynamodb_table_replica: [
    keptOn(["point_in_time_recovery"], "point-in-time recovery", "all recovery points are gone at once"),
  ],
  aws_keyspaces_table: [
    keptOn(["point_in_time_recovery", "status"], "point-in-time recovery", "all recovery points are gone at once"),
    keptOff(["ttl", "status"], "time to live", "rows whose time has passed are deleted"),
  ],
  aws_s3_bucket_versioning: [
    keptOn(["versioning_configuration", "status"], "versioning", versioned),
    keptOn(["versioning_configuration", "mfa_delete"], "MFA delete", "versions can be deleted without a second factor"),
  ],
  aws_s3_bucket: [
    keptOn(["versioning", "enabled"], "versioning", versioned),
    keptOn(["versioning", "mfa_delete"], "MFA delete", "versions can be deleted without a second factor"),
  ],
  google_storage_bucket: [keptOn(["versioning", "enabled"], "versioning", versioned)],
  aws_s3_bucket_object_lock_configuration: [
    keptLong(["rule", "default_retention", "days"], "object lock", 0, "new objects can be deleted sooner"),
    keptLong(["rule", "default_retention", "years"], "object lock", 0, "new objects can be deleted sooner"),
    {
      ...keptOn(["rule", "default_retention", "mode"], "compliance mode of object lock", "the lock can be lifted"),
      isStrong: (before) => before === "COMPLIANCE",
      isWeaker: (before, after) => before === "COMPLIANCE" && after !== "COMPLIANCE",
    },
  ],
  aws_s3_object: [keptOn(["object_lock_legal_hold_status"], "legal hold", "the object can be deleted")],
  aws_cloudwatch_log_group: [keptLong(["retention_in_days"], "retention", Number.POSITIVE_INFINITY, older, "for ever")],
  aws_sqs_queue: [keptLong(["message_retention_seconds"], "retention of messages", 345_600, older)],
  aws_kinesis_stream: [keptLong(["retention_period"], "retention of records", 24, older)],
  aws_cloudwatch_event_archive: [
    keptLong(["retention_days"], "retention", Number.POSITIVE_INFINITY, older, "for ever"),
  ],
  aws_cloudtrail_event_data_store: [keptLong(["retention_period"], "retention", 2555, older)],
  aws_timestreamwrite_table: [
    keptLong(["retention_properties", "magnetic_store_retention_period_in_days"], "retention", 73_000, older),
  ],
  aws_efs_backup_policy: [keptOn(["backup_policy", "status"], "automatic backup", "no new recovery points are made")],
  aws_backup_vault_lock_configuration: [
    keptLong(["min_retention_days"], "vault lock", 0, "recovery points can be deleted sooner"),
  ],
};

/** Where a setting stands in the JSON: lists of one block are passed through. */
function placeOf(values: JsonObject | null, path: readonly string[]): { readonly path: Path; readonly value?: Json } {
  const place: (string | number)[] = [];
  let here: Json | undefined = values ?? undefined;
  for (const step of path) {
    if (Array.isArray(here)) {
      place.push(0);
      here = here[0];
    }
    place.push(step);
    here = isObject(here) ? here[step] : undefined;
  }
  return { path: place, value: here };
}

/** Settings of a resource that are weaker than they were, or may be: an unknown value is not taken for the same. */
export function weakenedOf(change: Change): readonly Weakened[] {
  const { before, after, type, action } = change;
  if (!before || !after || action === "no-op") return [];
  const special = Object.hasOwn(byType, type) ? (byType[type] ?? []) : [];
  return [...everywhere, ...special].flatMap((protection) => {
    const [attribute = ""] = protection.path;
    if (!Object.hasOwn(before, attribute) && !Object.hasOwn(after, attribute)) return [];
    const old = placeOf(before, protection.path);
    const next = placeOf(after, protection.path);
    // What replaces a resource gets its values anew, so that unknown says nothing there.
    const isUnknown =
      action !== "replace" && isMarked(change.afterUnknown, next.path) && protection.isStrong(old.value);
    if (!isUnknown && (isMarked(change.afterUnknown, next.path) || !protection.isWeaker(old.value, next.value))) {
      return [];
    }
    const turn = `${pathText(old.path)}: ${shown(change, "before", old.path)} → ${shown(change, "after", next.path)}`;
    const title = isUnknown
      ? `${pathText(protection.path)} is unknown until apply: it may be weakened`
      : protection.weakened;
    return [{ attribute, title, turn, means: protection.means, isUnknown }];
  });
}
