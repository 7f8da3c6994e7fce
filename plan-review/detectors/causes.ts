import type { Change } from "../plan";
import { pathText, shown } from "../values";

/** @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: "it is tainted: its last apply failed half-way, or somebody ran terraform taint",
  replace_by_request: "-replace asks for it",
  replace_by_triggers: "replace_triggered_by asks for it: something that it names changes",
  delete_because_no_resource_config: "its block is no longer in the configuration",
  delete_because_no_module: "its module is no longer in the configuration",
  delete_because_wrong_repetition: "the configuration's count or for_each no longer fits its address",
  delete_because_count_index: "its index is beyond count",
  delete_because_each_key: "its key is no longer in for_each",
  delete_because_no_move_target: "it was moved to an address that the configuration does not have",
  read_because_config_unknown: "it depends on what is known after apply",
  read_because_dependency_pending: "it depends on something that changes",
  read_because_check_nested: "it is read for a check",
};

/** Why Terraform replaces, deletes or reads: a line for each cause. */
export function causesOf(change: Change): readonly string[] {
  const { replacePaths, actionReason, action, deposed } = change;
  const because = actionReason ? reasons[actionReason] : undefined;
  return [
    ...(action === "replace" ? replacePaths.map((path) => `${turn(change, path)} forces the replacement`) : []),
    ...(because ? [`cause: ${because}`] : []),
    ...(deposed ? [`deposed object ${deposed}: an earlier run replaced it and could not delete it`] : []),
  ];
}

/** `hash_key: "a" → "b"`. */
export const turn = (change: Change, path: readonly (string | number)[]): string =>
  `${pathText(path)}: ${shown(change, "before", path)} → ${shown(change, "after", path)}`;
