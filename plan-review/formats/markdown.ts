import type { Finding, Review, Section, Severity } from "../model";
import { markdownCode, markdownProse, visible } from "./escape";
import { fitted, type Shown } from "./fit";
import {
  bySection,
  counted,
  exitReason,
  type Format,
  type FormatOptions,
  headline,
  hiddenCounts,
  isAtLeast,
  isUrgent,
  placeOf,
  resourceCounts,
  sectionTitles,
  severityCounts,
  sourceName,
  worstSections,
} from "./format";
import { grouped } from "./grouped";
import { listed, sortedStatements, statementParts } from "./statement";

/**
 * GitHub takes 65,536 characters, GitLab a million; 60,000 is what we promise. Bytes of UTF-8 are counted: whatever a server means by
 * a character, there are no more of them than bytes.
 */
const maximumBytes = 59_900;

/** Kept free for headings, folds, and what the notices of cuts say: nine sections. */
const frameBytes = 9 * 450;

const marks = { critical: "🔴", high: "🟠", medium: "🟡", low: "⚪" } as const satisfies Record<Severity, string>;

function firstLine(finding: Finding): string {
  const severity = finding.accepted
    ? `✔️ ${finding.severity}, accepted`
    : `${marks[finding.severity]} **${finding.severity.toUpperCase()}**`;
  return `- ${severity} · ${markdownCode(placeOf(finding), 200)} · ${markdownProse(finding.title)}`;
}

function statementItems({ iam }: Finding): readonly string[] {
  if (!iam) return [];
  const [statements, more] = listed(sortedStatements(iam), 8);
  const items = statements.map((statement) => {
    const parts = statementParts(statement, iam, 8).map(({ word, values, separator, more }) => {
      const shown = values.map((value) => markdownCode(value, 200)).join(`${separator} `);
      return `${word} ${shown}${more > 0 ? ` and ${more} more` : ""}`.trimEnd();
    });
    return `**${statement.change}** ${parts.join(" ")}${statement.why ? `: ${markdownProse(statement.why)}` : ""}`;
  });
  return more > 0 ? [...items, `… and ${counted(more, "more statement")}`] : items;
}

function block(finding: Finding, { exit }: FormatOptions): string {
  const { accepted, address, constructPath, fingerprint } = finding;
  const [details, more] = listed(finding.details, 10);
  const names = [
    constructPath && address ? markdownCode(address, 300) : "",
    !accepted && isAtLeast(finding.severity, exit.failOn) ? `fingerprint ${markdownCode(fingerprint)}` : "",
  ].filter(Boolean);
  const items = [
    ...(accepted ? [`until ${markdownCode(accepted.expires)}: ${markdownProse(accepted.reason)}`] : []),
    ...statementItems(finding),
    ...details.map((line) => markdownProse(line)),
    ...(more > 0 ? [`… and ${counted(more, "more line")}`] : []),
    ...(names.length > 0 ? [names.join(" · ")] : []),
  ];
  return [firstLine(finding), ...items.filter(Boolean).map((item) => `  - ${item}`)].join("\n");
}

/** By this first line a comment is found again: no name in a plan can begin a comment of ours. */
function marker(options: FormatOptions): string {
  return `<!-- plan-review:${encodeURIComponent(visible(sourceName(options))).replaceAll("--", "-%2D")} -->`;
}

function verdict(review: Review, options: FormatOptions): string {
  const [reasons, more] = listed(review.incompleteReasons, 5);
  const [notes, moreNotes] = listed(review.notes, 5);
  const status = `**${review.isComplete ? "✅ COMPLETE" : "⚠️ INCOMPLETE"}** · ${resourceCounts(review)}`;
  return [
    `## Plan review of ${markdownCode(sourceName(options), 120)}: ${headline(review)}`,
    "",
    [status, worstSections(review)].filter(Boolean).join("<br>\n"),
    "",
    ...reasons.map((reason) => `- ${markdownProse(reason, 200)}`),
    ...(more > 0 ? [`- … and ${counted(more, "more reason")}`] : []),
    ...(reasons.length > 0 ? [""] : []),
    ...notes.map((note) => `> ${markdownProse(note, 200)}\n`),
    ...(moreNotes > 0 ? [`> … and ${counted(moreNotes, "more note")}\n`] : []),
  ].join("\n");
}

interface Cut {
  readonly section: Section;
  readonly findings: readonly Finding[];
  /** Findings of which only the first line is shown. */
  readonly shortened: number;
}

function cutsOf(groups: ReadonlyMap<Section, readonly Finding[]>, shown: ReadonlyMap<Finding, Shown>): readonly Cut[] {
  return [...groups].map(([section, findings]) => ({
    section,
    findings: findings.filter((finding) => !shown.has(finding)),
    shortened: findings.filter((finding) => shown.get(finding)?.isShort).length,
  }));
}

function cutWords({ findings, shortened }: Cut, total: number): string {
  const open = severityCounts(findings);
  const left = `${grouped(findings.length)} of ${counted(total, "finding")} cut${open ? ` (${open})` : ""}`;
  return [findings.length > 0 ? left : "", shortened > 0 ? `details of ${counted(shortened, "finding")} cut` : ""]
    .filter(Boolean)
    .join(", ");
}

function sectionText(
  section: Section,
  findings: readonly Finding[],
  shown: ReadonlyMap<Finding, Shown>,
  cut: string,
): string {
  const title = [sectionTitles[section], severityCounts(findings)].filter(Boolean).join(": ");
  const blocks = findings.flatMap((finding) => shown.get(finding)?.text ?? []);
  const body = [...blocks, ...(cut ? [`${blocks.length > 0 ? "\n" : ""}✂️ ${cut}`] : [])].join("\n");
  return isUrgent(section)
    ? `### ${title}\n\n${body}\n`
    : `<details><summary>${title}</summary>\n\n${body}\n\n</details>\n`;
}

/**
 * A comment for GitHub or GitLab, below 60,000 characters. What a reviewer must not miss comes first, unfolded, and is cut last; every
 * cut is counted, in its section and at the top.
 */
export const markdown: Format = (review, options) => {
  const groups = bySection(review.findings);
  const head = `${marker(options)}\n${verdict(review, options)}`;
  const hidden = hiddenCounts(review);
  const foot = `${hidden ? `Not shown: ${hidden}.\n\n` : ""}**Exit code ${options.exit.code}**: ${exitReason(review, options.exit)}\n`;
  const room = maximumBytes - frameBytes - Buffer.byteLength(head) - Buffer.byteLength(foot);
  const ofUrgency = (urgent: boolean) =>
    [...groups].filter(([section]) => isUrgent(section) === urgent).flatMap(([, findings]) => findings);
  const write = (finding: Finding) => ({ full: block(finding, options), short: firstLine(finding) });
  const urgent = fitted(ofUrgency(true), write, room);
  const others = fitted(ofUrgency(false), write, urgent.isWhole ? room - urgent.bytes : 0);
  const shown = new Map([...urgent.shown, ...others.shown]);
  const cuts = new Map(
    cutsOf(groups, shown).map((cut) => [cut.section, cutWords(cut, groups.get(cut.section)?.length ?? 0)]),
  );
  const notices = [...cuts]
    .filter(([, words]) => words)
    .map(([section, words]) => `- ${sectionTitles[section]}: ${words}`);
  return [
    head,
    ...(notices.length > 0
      ? [`✂️ Cut to fit a comment; \`--format html\` or \`json\` has it all:\n\n${notices.join("\n")}\n`]
      : []),
    ...[...groups].map(([section, findings]) => sectionText(section, findings, shown, cuts.get(section) ?? "")),
    foot,
  ].join("\n");
};
