import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { withoutInstanceKeys } from "../../plan-review/addresses";
import type { Change, JsonObject, Plan } from "../../plan-review/plan";
import { readPlan } from "../../plan-review/read-plan";

const folder = path.join(__dirname, "plans");

/** Real plans that Terraform made, and what other outputs of Terraform look like. */
export const planFiles: readonly string[] = fs
  .readdirSync(folder)
  .map((file) => file.replace(/\.gz$/, ""))
  .sort();

export const planBytes = (file: string): Buffer => gunzipSync(fs.readFileSync(path.join(folder, `${file}.gz`)));

export const planDocument = (file: string): JsonObject => JSON.parse(planBytes(file).toString()) as JsonObject;

/** A plan's JSON around what a test is about. */
export const documentOf = (parts: JsonObject): JsonObject => ({
  format_version: "1.2",
  terraform_version: "1.11.4",
  resource_changes: [],
  configuration: { root_module: {} },
  complete: true,
  errored: false,
  ...parts,
});

export interface Given {
  readonly before?: JsonObject | null;
  readonly after?: JsonObject | null;
  readonly unknown?: JsonObject;
  readonly actions?: readonly string[];
  /** Parts of the entry. */
  readonly entry?: JsonObject;
  /** Parts of its `change`. */
  readonly change?: JsonObject;
}

/** An entry of `resource_changes`. Without actions it is created, updated or deleted, as before and after say. */
export function entryOf(address: string, given: Given = {}): JsonObject {
  const { before = null, after = null, unknown = {}, entry = {}, change = {} } = given;
  const usual = before && after ? "update" : before ? "delete" : "create";
  const [type = "", name = ""] = withoutInstanceKeys(address).split(".").slice(-2);
  return {
    address,
    mode: /(^|\.)data\./.test(address) ? "data" : "managed",
    type,
    name,
    provider_name: "registry.terraform.io/hashicorp/aws",
    change: { actions: given.actions ?? [usual], before, after, after_unknown: unknown, ...change },
    ...entry,
  };
}

export const planOf = (parts: JsonObject): Plan => readPlan(documentOf(parts), "plan.json", new Map());

/** The only change of a plan. */
export function changeOf(plan: Plan, address: string): Change {
  const [change, ...others] = plan.changes.filter((candidate) => candidate.address === address);
  if (!change || others.length > 0)
    throw new Error(`${address} must be one change, got: ${change ? "several" : "none"}`);
  return change;
}

/** The configuration of a resource. */
export function configured(address: string, expressions: JsonObject): JsonObject {
  const [type = "", name = ""] = address.split(".").slice(-2);
  return { address, mode: address.startsWith("data.") ? "data" : "managed", type, name, expressions };
}

/** An IAM policy's JSON of one statement that allows. */
export const allowing = (action: string, resource: string): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: resource }] });
