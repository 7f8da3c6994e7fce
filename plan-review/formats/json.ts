import { type Finding, severities } from "../model";
import { jsonText } from "./escape";
import { exitReason, type Format, type FormatOptions, isAtLeast, sourceName } from "./format";

function findingJson(finding: Finding, { exit }: FormatOptions): object {
  const { section, severity, rule, fingerprint, address, constructPath, title, details, iam, accepted } = finding;
  return {
    section,
    severity,
    rule,
    fingerprint,
    address,
    constructPath: constructPath ?? null,
    title,
    details,
    iam: iam
      ? {
          change: iam.change,
          who: iam.who,
          statements: iam.statements.map(({ change, effect, who, actions, resources, conditions, why }) => {
            return { change, effect, who: who ?? null, actions, resources, conditions, why };
          }),
        }
      : null,
    accepted: accepted ? { reason: accepted.reason, expires: accepted.expires } : null,
    reachesGate: !accepted && isAtLeast(severity, exit.failOn),
  };
}

/**
 * Everything, uncut, for machines. Within `"version": 1` properties are only added, never renamed, retyped or taken away; what a review
 * does not have is `null` or empty.
 */
export const json: Format = (review, options) => {
  const { counts, hidden, findings } = review;
  const open = findings.filter((finding) => !finding.accepted);
  return jsonText({
    version: 1,
    source: sourceName(options),
    terraformVersion: review.terraformVersion ?? null,
    isComplete: review.isComplete,
    incompleteReasons: review.incompleteReasons,
    notes: review.notes,
    exit: { code: options.exit.code, failOn: options.exit.failOn, reason: exitReason(review, options.exit) },
    resources: {
      create: counts.create,
      update: counts.update,
      replace: counts.replace,
      delete: counts.delete,
      forget: counts.forget,
      read: counts.read,
      noOp: counts.noOp,
      import: counts.import,
      move: counts.move,
    },
    severities: Object.fromEntries(
      severities.map((severity) => [severity, open.filter((finding) => finding.severity === severity).length]),
    ),
    accepted: findings.length - open.length,
    hidden: { driftNoise: hidden.driftNoise, unchanged: hidden.unchanged },
    findings: findings.map((finding) => findingJson(finding, options)),
  } satisfies Record<string, unknown>);
};
