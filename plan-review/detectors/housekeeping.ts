import type { Change, OutputChange } from "../plan";
import { counted, type Found, foundTogether } from "./found";
import type { PlanIndex } from "./plan-index";

const section = "housekeeping" as const;

const SHOWN = 50;
const SHORT = 80;

const lines = (rule: string, title: string, details: readonly string[]): readonly Found[] =>
  foundTogether(section, rule, title, details, SHOWN);

function textOf(value: OutputChange["before"]): string {
  const text = value === null ? "none" : JSON.stringify(value);
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
}

function outputLine({ name, action, before, after, isUnknown, isSensitive }: OutputChange): string {
  if (isSensitive) return `${name}: (sensitive), ${action}`;
  if (action === "delete") return `${name}: ${textOf(before)} → removed`;
  return `${name}: ${textOf(before)} → ${isUnknown ? "(known after apply)" : textOf(after)}`;
}

/** What is imported and changed at once is not what it was. */
const importLine = ({ address, importing, action }: Change): string =>
  `${address}${importing?.id ? `: ${importing.id}` : ""}${action === "no-op" ? "" : `, and ${action}`}`;

/** Section 9: what changes in Terraform's books. How many of what was hidden, the review itself counts. */
export function housekeeping({ plan }: PlanIndex): readonly Found[] {
  const moved = plan.changes.filter(({ previousAddress }) => previousAddress !== undefined);
  const imported = plan.changes.filter(({ importing }) => importing !== undefined);
  const generated = plan.changes.filter(({ hasGeneratedConfig }) => hasGeneratedConfig);
  const read = plan.changes.filter(({ mode, action }) => mode === "data" && action === "read");
  const outputs = plan.outputs.filter(({ action }) => action !== "no-op");
  return [
    ...lines(
      "moved",
      `${counted(moved.length, "resource moves", "resources move")} to another address`,
      moved.map(({ previousAddress, address }) => `${previousAddress} → ${address}`),
    ),
    ...lines(
      "imported",
      `${counted(imported.length, "resource is", "resources are")} imported`,
      imported.map(importLine),
    ),
    ...lines(
      "config-generated",
      `Terraform wrote the configuration of ${counted(generated.length, "resource")}: read it`,
      generated.map(({ address }) => address),
    ),
    ...lines(
      "data-read",
      `${counted(read.length, "data source is", "data sources are")} read while applying`,
      read.map(({ address }) => address),
    ),
    ...lines(
      "outputs-changed",
      `${counted(outputs.length, "output changes", "outputs change")}`,
      outputs.map(outputLine),
    ),
  ];
}
