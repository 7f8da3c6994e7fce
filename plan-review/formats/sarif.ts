import type { Finding, Review, Severity } from "../model";
import { severities } from "../model";
import { jsonText, sarifText, visible } from "./escape";
import { type Format, placeOf, sectionTitles, sourceName } from "./format";
import { sortedStatements, statementParts } from "./statement";

const levels = { critical: "error", high: "error", medium: "warning", low: "note" } as const satisfies Record<
  Severity,
  string
>;

/** GitHub shows above 9.0 as critical, from 7.0 as high, from 4.0 as medium. */
const securitySeverities = { critical: "9.5", high: "8.0", medium: "5.0", low: "2.0" } as const satisfies Record<
  Severity,
  string
>;

/** A rule as severe as its worst finding here, since GitHub knows a severity of rules alone. */
function rule(id: string, findings: readonly Finding[]): object {
  const worst = severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? "low";
  const words = id.replaceAll("-", " ");
  const section = findings[0] ? sectionTitles[findings[0].section] : "";
  return {
    id,
    shortDescription: { text: sarifText(`${section}: ${words}`) },
    fullDescription: { text: sarifText(`${section}: ${words}`) },
    help: { text: "Found by plan-review in a Terraform plan. Each result says what happens to which resource." },
    defaultConfiguration: { level: levels[worst] },
    properties: { "security-severity": securitySeverities[worst], tags: ["security", "terraform"] },
  };
}

function message(finding: Finding): string {
  const { iam } = finding;
  const statements = iam
    ? sortedStatements(iam).map((statement) => {
        const parts = statementParts(statement, iam, 20).map(({ word, values, separator, more }) => {
          return `${word} ${values.join(`${separator} `)}${more > 0 ? ` and ${more} more` : ""}`.trimEnd();
        });
        return `${statement.change} ${parts.join(" ")}${statement.why ? ` (${statement.why})` : ""}`;
      })
    : [];
  const lines = [`${placeOf(finding)}: ${finding.title}`, ...statements, ...finding.details];
  return lines.map((line) => sarifText(line, 2_000)).join("\n");
}

function result(finding: Finding, ruleIndex: number, uri: string): object {
  const { address, constructPath, fingerprint, accepted } = finding;
  const name = address.slice(address.lastIndexOf(".") + 1);
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: levels[finding.severity],
    message: { text: message(finding) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri, index: 0 }, region: { startLine: 1 } },
        ...(address ? { logicalLocations: [{ name, fullyQualifiedName: address, kind: "resource" }] } : {}),
      },
    ],
    // GitHub tells results apart by the first, which it would else take from the line: the same for all.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1`, "planReview/v1": fingerprint },
    ...(accepted
      ? {
          suppressions: [
            {
              kind: "external",
              status: "accepted",
              justification: sarifText(`${accepted.reason} (until ${accepted.expires})`, 2_000),
            },
          ],
        }
      : {}),
    properties: { severity: finding.severity, section: finding.section, ...(constructPath ? { constructPath } : {}) },
  };
}

/** A review that is incomplete without a finding that says so must not look clean where findings alone are shown. */
function withIncompleteness({ isComplete, incompleteReasons, findings }: Review): readonly Finding[] {
  if (isComplete || findings.some(({ section, accepted }) => section === "cannot-be-judged" && !accepted))
    return findings;
  const finding: Finding = {
    section: "cannot-be-judged",
    severity: "high",
    rule: "review-incomplete",
    address: "",
    title: "the review is incomplete",
    details: incompleteReasons,
    fingerprint: "review-incomplete",
  };
  return [finding, ...findings];
}

/**
 * SARIF 2.1.0 as GitHub's code scanning reads it: one rule for each kind of finding, one result for each finding, accepted ones suppressed.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 * @see https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning
 */
export const sarif: Format = (review, options) => {
  const findings = withIncompleteness(review);
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const others = byRule.get(finding.rule);
    if (others) others.push(finding);
    else byRule.set(finding.rule, [finding]);
  }
  const ids = [...byRule.keys()].sort();
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const uri = visible(sourceName(options)).split("/").map(encodeURIComponent).join("/");
  return jsonText({
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "plan-review", rules: ids.map((id) => rule(id, byRule.get(id) ?? [])) } },
        invocations: [
          {
            executionSuccessful: true,
            exitCode: options.exit.code,
            toolExecutionNotifications: [
              ...review.incompleteReasons.map((reason) => ({
                level: "error",
                message: { text: sarifText(reason, 2_000) },
              })),
              ...review.notes.map((note) => ({ level: "note", message: { text: sarifText(note, 2_000) } })),
            ],
          },
        ],
        artifacts: [{ location: { uri } }],
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => result(finding, indexes.get(finding.rule) ?? 0, uri)),
      },
    ],
  });
};
