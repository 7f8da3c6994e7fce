import { type Finding, type Review, type Section, type Severity, sections, severities } from "../model";
import { grouped } from "./grouped";

/** What the command ends with: 0 below the gate, 2 changes below the gate, 3 gate reached, 4 incomplete. */
export interface Exit {
  readonly code: 0 | 2 | 3 | 4;
  /** The gate: findings at least as severe reach it, unless they are accepted. */
  readonly failOn: Severity;
}

export interface FormatOptions {
  readonly exit: Exit;
  /**
   * What was reviewed, as the command line names it: a file's path. It names the page, the file that SARIF's results point to, and the
   * marker by which a comment is found again, so several plans reviewed for one pull request need different ones.
   * @default - `plan.json`, as for `-`: the plan came from stdin
   */
  readonly source?: string;
  /** Only for text: whether ANSI colours may be used, that is on a terminal where NO_COLOR is not set. @default false */
  readonly hasColor?: boolean;
  /** Only for text: the terminal's width; lines are wrapped at 80 to 100 columns. @default 100 */
  readonly columns?: number;
}

/** Prints a review: the same review and options give the same bytes. The text ends with a line break. */
export type Format = (review: Review, options: FormatOptions) => string;

export const sectionTitles: Readonly<Record<Section, string>> = {
  "cannot-be-judged": "Can't be judged",
  "data-loss": "Data loss",
  "public-exposure": "Public exposure",
  iam: "IAM",
  delivery: "Delivery interrupted",
  drift: "Drift",
  cost: "Cost direction",
  updates: "Other updates",
  housekeeping: "Housekeeping",
};

/** Whether a reader must see the section before anything else: these are never folded, and cut last. */
export function isUrgent(section: Section): boolean {
  return sections.indexOf(section) <= sections.indexOf("iam");
}

/**
 * A path under which a plan is known on every machine: an absolute path keeps its last part alone, and no path climbs out of its folder.
 */
export function sourceName({ source }: FormatOptions): string {
  if (source === undefined || source === "-") return "plan.json";
  const path = source.replaceAll("\\", "/");
  const relative = /^(\/|[A-Za-z]:)/.test(path) ? path.slice(path.lastIndexOf("/") + 1) : path;
  const steps = relative.split("/").filter((step) => step !== "" && step !== "." && step !== "..");
  return steps.join("/") || "plan.json";
}

/** Findings of each section that has any, in the order in which sections are shown; accepted ones come last in theirs. */
export function bySection(findings: readonly Finding[]): ReadonlyMap<Section, readonly Finding[]> {
  const groups = new Map<Section, Finding[]>(sections.map((section) => [section, []]));
  for (const accepted of [false, true]) {
    for (const finding of findings) {
      if ((finding.accepted !== undefined) === accepted) groups.get(finding.section)?.push(finding);
    }
  }
  return new Map([...groups].filter(([, members]) => members.length > 0));
}

/** Where a finding is, as a reader knows it: the construct, else Terraform's address. */
export function placeOf(finding: Finding): string {
  return finding.constructPath || finding.address || "the whole plan";
}

export function isAtLeast(severity: Severity, gate: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(gate);
}

export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2 critical, 1 high`, without accepted ones; empty where nothing was found. */
export function severityCounts(findings: readonly Finding[]): string {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const { accepted, severity } of findings) if (!accepted) counts[severity] += 1;
  return severities
    .filter((severity) => counts[severity] > 0)
    .map((severity) => `${grouped(counts[severity])} ${severity}`)
    .join(", ");
}

/** The first line of every format that a person reads: `2 critical, 1 high, 1 accepted`. */
export function headline(review: Review): string {
  const accepted = review.findings.filter((finding) => finding.accepted).length;
  const counts = [severityCounts(review.findings), accepted > 0 ? `${accepted} accepted` : ""].filter(Boolean);
  return counts.length > 0 ? counts.join(", ") : "no findings";
}

/** What happens to resources: `1 to create, 2 to update`. */
export function resourceCounts({ counts }: Review): string {
  const happenings: readonly (readonly [number, string])[] = [
    [counts.delete, "to delete"],
    [counts.replace, "to replace"],
    [counts.create, "to create"],
    [counts.update, "to update"],
    [counts.forget, "kept but no longer managed"],
    [counts.import, "to import"],
    [counts.move, "moved"],
    [counts.read, "to read"],
  ];
  const some = happenings.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  return some.length > 0 ? some.join(", ") : "no resource changes";
}

/** What was left out of a review, for its end; empty where nothing was. */
export function hiddenCounts({ hidden }: Review): string {
  return [
    hidden.driftNoise > 0 ? `${counted(hidden.driftNoise, "drift")} of the provider's normalisation` : "",
    hidden.unchanged > 0 ? `${counted(hidden.unchanged, "unchanged resource")}` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

/** The severity of the worst finding that nobody accepted. */
export function worstSeverity({ findings }: Review): Severity | undefined {
  return severities.find((severity) => findings.some((finding) => !finding.accepted && finding.severity === severity));
}

/** Where the worst ones are: `Critical: Data loss 2, IAM 1`; empty where nothing is open or all is in one section. */
export function worstSections(review: Review): string {
  const worst = worstSeverity(review);
  const counts = sections.map((section) => {
    const ofSection = (finding: Finding) =>
      finding.section === section && finding.severity === worst && !finding.accepted;
    return [sectionTitles[section], review.findings.filter(ofSection).length] as const;
  });
  const some = counts.filter(([, count]) => count > 0).map(([title, count]) => `${title} ${grouped(count)}`);
  return worst && some.length > 1 ? `${worst.charAt(0).toUpperCase()}${worst.slice(1)}: ${some.join(", ")}` : "";
}

/** Why the command ends as it does, and what to do: sentences. */
export function exitReason(review: Review, { code, failOn }: Exit): string {
  const reaching = review.findings.filter((finding) => isAtLeast(finding.severity, failOn));
  const open = reaching.filter((finding) => !finding.accepted).length;
  const accepted = reaching.length - open;
  const level = failOn === "critical" ? "critical" : `${failOn} or worse`;
  const subject = open === 0 ? "no open finding" : counted(open, "open finding");
  const gate = `${subject} ${open > 1 ? "are" : "is"} ${level} (--fail-on ${failOn})`;
  const incomplete = "the review is incomplete: what it could not judge may be worse than what it shows";
  const sentences = [
    code === 4 ? `${incomplete} (--require-complete)` : gate,
    ...(code === 2 ? ["there are changes (--detailed-exitcode)"] : []),
    ...(accepted > 0
      ? [`${counted(accepted, "accepted finding")} of that severity ${accepted > 1 ? "do" : "does"} not count`]
      : []),
    ...(code === 3
      ? ["what is intended can be accepted: --accept takes a file of fingerprints with reason and expiry"]
      : []),
    ...(code !== 4 && !review.isComplete ? [incomplete] : []),
  ];
  return `${sentences.join("; ")}.`;
}
