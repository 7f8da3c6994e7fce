import { createHash } from "node:crypto";
import type { Finding, Review, Section } from "../model";
import { htmlText } from "./escape";
import {
  bySection,
  exitReason,
  type Format,
  type FormatOptions,
  headline,
  hiddenCounts,
  placeOf,
  resourceCounts,
  sectionTitles,
  severityCounts,
  sourceName,
  worstSections,
  worstSeverity,
} from "./format";
import { grouped } from "./grouped";
import { style } from "./html-style";
import { sortedStatements, statementParts } from "./statement";

/** Findings of one section beyond these stand in a fold. */
const unfolded = 50;

/** Nothing is loaded, sent or run, whatever stands in the page. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const code = (text: string) => `<code>${htmlText(text, 300)}</code>`;

function statementItems({ iam }: Finding): readonly string[] {
  if (!iam) return [];
  return sortedStatements(iam).map((statement) => {
    const parts = statementParts(statement, iam, 200).map(({ word, values, separator, more }) => {
      return `${word} ${values.map(code).join(`${separator} `)}${more > 0 ? ` and ${more} more` : ""}`.trimEnd();
    });
    const why = statement.why ? ` <span class="quiet">${htmlText(statement.why, 2_000)}</span>` : "";
    return `<li><b>${statement.change}</b> ${parts.join(" ")}${why}</li>`;
  });
}

function findingItem(finding: Finding): string {
  const { accepted, address, constructPath, details, fingerprint, rule, severity } = finding;
  const lines = [...statementItems(finding), ...details.map((line) => `<li>${htmlText(line, 2_000)}</li>`)];
  const names = [
    constructPath && address ? code(address) : "",
    htmlText(rule),
    `fingerprint ${code(fingerprint)}`,
  ].filter(Boolean);
  const acceptance = accepted
    ? `<p>Accepted until ${htmlText(accepted.expires)}: ${htmlText(accepted.reason, 2_000)}</p>\n`
    : "";
  return [
    `<li class="finding ${accepted ? "accepted" : severity}">`,
    `<p><b class="severity">${severity}</b> ${code(placeOf(finding))}</p>`,
    `<p class="title">${htmlText(finding.title, 2_000)}</p>`,
    `${acceptance}${lines.length > 0 ? `<ul>\n${lines.join("\n")}\n</ul>\n` : ""}<p class="quiet">${names.join(" · ")}</p>`,
    "</li>",
  ].join("\n");
}

function sectionPart(section: Section, findings: readonly Finding[]): string {
  const first = findings.slice(0, unfolded).map(findingItem);
  const rest = findings.slice(unfolded).map(findingItem);
  const more = `<summary>${grouped(rest.length)} more</summary>`;
  const counts = severityCounts(findings);
  return [
    `<section id="${section}">`,
    `<h2>${htmlText(sectionTitles[section])}${counts ? ` <small>${counts}</small>` : ""}</h2>`,
    `<ul class="findings">\n${first.join("\n")}\n</ul>`,
    ...(rest.length > 0 ? [`<details>\n${more}\n<ul class="findings">\n${rest.join("\n")}\n</ul>\n</details>`] : []),
    "</section>",
  ].join("\n");
}

function verdict(review: Review, options: FormatOptions, groups: ReadonlyMap<Section, readonly Finding[]>): string {
  const reasons = review.incompleteReasons.map((reason) => `<li>${htmlText(reason, 2_000)}</li>`);
  const links = [...groups].map(
    ([section, findings]) =>
      `<a href="#${section}">${htmlText(sectionTitles[section])}</a> ${grouped(findings.length)}`,
  );
  const worst = worstSeverity(review) ?? "none";
  const status = review.isComplete ? "COMPLETE" : "INCOMPLETE";
  return [
    `<header class="${worst}">`,
    `<p class="quiet">Plan review of ${code(sourceName(options))}</p>`,
    `<h1>${headline(review)}</h1>`,
    `<p><b class="${status.toLowerCase()}">${status}</b> · ${resourceCounts(review)}</p>`,
    ...(worstSections(review) ? [`<p>${htmlText(worstSections(review))}</p>`] : []),
    ...(reasons.length > 0 ? [`<ul>\n${reasons.join("\n")}\n</ul>`] : []),
    ...review.notes.map((note) => `<p>${htmlText(note, 2_000)}</p>`),
    `<p><b>Exit code ${options.exit.code}</b>: ${htmlText(exitReason(review, options.exit))}</p>`,
    ...(links.length > 0 ? [`<nav>${links.join(" · ")}</nav>`] : []),
    "</header>",
  ].join("\n");
}

/** One page that holds all it needs, with no script: for a phone, a screen, paper, light or dark. */
export const html: Format = (review, options) => {
  const groups = bySection(review.findings);
  const hidden = hiddenCounts(review);
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="color-scheme" content="light dark">',
    `<title>Plan review of ${htmlText(sourceName(options))}: ${headline(review)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    "<main>",
    verdict(review, options, groups),
    ...[...groups].map(([section, findings]) => sectionPart(section, findings)),
    ...(hidden ? [`<footer class="quiet">Not shown: ${hidden}.</footer>`] : []),
    "</main>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
};
