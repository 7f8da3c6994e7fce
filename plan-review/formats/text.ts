import type { Finding, Review, Section } from "../model";
import { visible } from "./escape";
import {
  bySection,
  counted,
  exitReason,
  type Format,
  type FormatOptions,
  headline,
  hiddenCounts,
  isAtLeast,
  placeOf,
  resourceCounts,
  sectionTitles,
  severityCounts,
  sourceName,
  worstSections,
  worstSeverity,
} from "./format";
import { grouped } from "./grouped";
import { sortedStatements, statementParts } from "./statement";
import { displayWidth, wrapped } from "./wrap";

/** How much of a review is shown. The first whose lines fit is taken. */
interface Detail {
  /** Findings of one rule and severity in a section; the others fold into a line. */
  readonly findings: number;
  /** Lines beneath a critical or high finding, and beneath others. */
  readonly severeLines: number;
  readonly mildLines: number;
  readonly statements: number;
  /** Actions, resources or conditions of a statement. */
  readonly values: number;
  readonly maximumLines: number;
}

const all = Number.POSITIVE_INFINITY;
const degrees: readonly Detail[] = [
  { findings: all, severeLines: all, mildLines: all, statements: all, values: all, maximumLines: 60 },
  { findings: 6, severeLines: 4, mildLines: 1, statements: 3, values: 8, maximumLines: 70 },
  { findings: 3, severeLines: 2, mildLines: 0, statements: 2, values: 4, maximumLines: 80 },
  { findings: 2, severeLines: 1, mildLines: 0, statements: 1, values: 4, maximumLines: 90 },
  { findings: 1, severeLines: 1, mildLines: 0, statements: 1, values: 4, maximumLines: all },
];

const styles = { critical: "1;31", high: "1;33", medium: "36", low: "2", bold: "1", dim: "2", good: "32" } as const;
type Paint = (style: keyof typeof styles, words: string) => string;

const indent = " ".repeat(12);

interface Page {
  readonly options: FormatOptions;
  readonly columns: number;
  readonly paint: Paint;
  readonly detail: Detail;
}

/** `CRITICAL  orders/Table: table is replaced`, its place emphasized. */
function head(finding: Finding, { columns, paint }: Page): readonly string[] {
  const place = visible(placeOf(finding), 200);
  const words = `${place}: ${visible(finding.title)}`;
  const label = finding.severity.toUpperCase().padEnd(8);
  const lines = wrapped(words, columns, indent);
  const style = finding.accepted ? "dim" : finding.severity;
  return lines.map((line, at) => {
    if (at > 0) return line;
    const rest = line.slice(indent.length);
    const emphasized = rest.startsWith(place) ? paint("bold", place) + rest.slice(place.length) : rest;
    return `  ${paint(style, label)}  ${emphasized}`;
  });
}

function statementLines(finding: Finding, { columns, paint, detail }: Page): readonly string[] {
  if (!finding.iam) return [];
  const { iam } = finding;
  const statements = sortedStatements(iam);
  const lines = statements.slice(0, detail.statements).flatMap((statement) => {
    const parts = statementParts(statement, iam, detail.values).map(({ word, values, separator, more }) => {
      const shown = values.map((value) => visible(value, 200)).join(`${separator} `);
      return `${word} ${shown}${more > 0 ? ` and ${more} more` : ""}`.trimEnd();
    });
    const why = statement.why ? ` (${visible(statement.why)})` : "";
    return wrapped(`${statement.change} ${parts.join(" ")}${why}`, columns, indent, `${indent}  `);
  });
  const more = statements.length - detail.statements;
  return more > 0 ? [...lines, `${indent}${paint("dim", `… and ${counted(more, "more statement")}`)}`] : lines;
}

function findingLines(finding: Finding, page: Page): readonly string[] {
  const { detail, columns, paint, options } = page;
  if (finding.accepted) {
    const { reason, expires } = finding.accepted;
    const words = `accepted until ${visible(expires, 40)}: ${visible(reason)}`;
    return [...head(finding, page), ...wrapped(words, columns, indent).map((line) => paint("dim", line))];
  }
  const isSevere = isAtLeast(finding.severity, "high");
  const allowed = isSevere ? detail.severeLines : detail.mildLines;
  const details = finding.details
    .slice(0, allowed)
    .flatMap((line) => wrapped(visible(line), columns, indent, `${indent}  `));
  const left = finding.details.length - allowed;
  if (left > 0 && allowed > 0) details.push(`${indent}${paint("dim", `… and ${counted(left, "more line")}`)}`);
  const names = [
    finding.constructPath && isSevere ? visible(finding.address, 200) : "",
    isAtLeast(finding.severity, options.exit.failOn) ? `fingerprint ${visible(finding.fingerprint, 40)}` : "",
  ].filter(Boolean);
  return [
    ...head(finding, page),
    ...(isSevere || detail.mildLines > 0 ? statementLines(finding, page) : []),
    ...details,
    ...wrapped(names.join(" · "), columns, indent).map((line) => paint("dim", line)),
  ];
}

/** A section's findings in the groups that fold together. */
interface Folded {
  readonly section: Section;
  readonly counts: string;
  readonly groups: readonly (readonly Finding[])[];
}

/** Findings that fold together, in their order. */
function folds(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule} ${finding.accepted !== undefined}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}

/** `… and 37 more like it: ` and as many of their names as a line holds. */
function foldLine(rest: readonly Finding[], { columns, paint }: Page): string {
  let line = `${indent}… and ${grouped(rest.length)} more like it:`;
  for (const [at, finding] of rest.entries()) {
    const next = `${line} ${visible(placeOf(finding), 60)}${at < rest.length - 1 ? "," : ""}`;
    if (displayWidth(next) > columns - 2) return paint("dim", line.endsWith(":") ? line.slice(0, -1) : `${line} …`);
    line = next;
  }
  return paint("dim", line);
}

function sectionLines({ section, counts, groups }: Folded, page: Page): readonly string[] {
  const { paint, detail } = page;
  const lines = ["", `${paint("bold", sectionTitles[section].toUpperCase())}  ${paint("dim", counts)}`.trimEnd()];
  for (const group of groups) {
    // A fold of one would take the room of what it hides.
    const shown = group.length === detail.findings + 1 ? group.length : detail.findings;
    for (const finding of group.slice(0, shown)) {
      lines.push(...findingLines(finding, page));
      // What is too long is not shown at all.
      if (lines.length > detail.maximumLines) return lines;
    }
    if (group.length > shown) lines.push(foldLine(group.slice(shown), page));
    if (lines.length > detail.maximumLines) return lines;
  }
  return lines;
}

function verdictLines(review: Review, { options, columns, paint }: Page): readonly string[] {
  const title = wrapped(`Plan review of ${visible(sourceName(options), 120)}: ${headline(review)}`, columns, "", "  ");
  const status = review.isComplete ? paint("good", "COMPLETE") : paint("high", "INCOMPLETE");
  const counts = wrapped(
    `${review.isComplete ? "COMPLETE" : "INCOMPLETE"} · ${resourceCounts(review)}`,
    columns,
    "",
    "  ",
  );
  const reasons = review.incompleteReasons.slice(0, 5);
  const more = review.incompleteReasons.length - reasons.length;
  return [
    ...title.map((line) => paint(worstSeverity(review) ?? "good", line)),
    ...counts.map((line, at) => (at === 0 ? line.replace(/^(IN)?COMPLETE/, status) : line)),
    ...wrapped(worstSections(review), columns, "", "  "),
    ...reasons.flatMap((reason) => wrapped(`- ${visible(reason)}`, columns, "  ", "    ")),
    ...(more > 0 ? [`  … and ${counted(more, "more reason")}`] : []),
    ...review.notes.flatMap((note) => wrapped(`Note: ${visible(note)}`, columns, "", "  ")),
  ];
}

function render(
  review: Review,
  verdict: readonly string[],
  sections: readonly Folded[],
  page: Page,
): readonly string[] {
  const lines = [...verdict];
  for (const section of sections) {
    lines.push(...sectionLines(section, page));
    if (lines.length > page.detail.maximumLines) return lines;
  }
  const hidden = hiddenCounts(review);
  if (hidden)
    lines.push("", ...wrapped(`Not shown: ${hidden}`, page.columns, "", "  ").map((line) => page.paint("dim", line)));
  return lines;
}

/** For a terminal: a screen or two, the verdict first, the exit code's reason last. */
export const text: Format = (review, options) => {
  const columns = Math.min(100, Math.max(80, options.columns ?? 100));
  const paint: Paint = (style, words) =>
    options.hasColor && words ? `\u001b[${styles[style]}m${words}\u001b[0m` : words;
  const pages = degrees.map((detail): Page => ({ options, columns, paint, detail }));
  const lines = [];
  let isShort = false;
  // The same, however much is shown of the rest.
  const verdict = pages[0] ? verdictLines(review, pages[0]) : [];
  const sections = [...bySection(review.findings)].map(([section, findings]): Folded => {
    return { section, counts: severityCounts(findings), groups: folds(findings) };
  });
  for (const page of pages) {
    const rendered = render(review, verdict, sections, page);
    if (rendered.length > page.detail.maximumLines) continue;
    lines.push(...rendered);
    isShort = page !== pages[0];
    break;
  }
  const reason = exitReason(review, options.exit);
  if (isShort) lines.push("", ...wrapped("Shortened to what fits: --format html or json has it all.", columns, ""));
  lines.push("", ...wrapped(`Exit code ${options.exit.code}: ${reason}`, columns, "", "  "));
  return `${lines.join("\n")}\n`;
};
