import { type Finding, severities } from "../model";

export interface Shown {
  readonly text: string;
  /** Its details were cut. */
  readonly isShort: boolean;
}

export interface Fitted {
  /** What is shown of each finding; one that is missing is cut. */
  readonly shown: ReadonlyMap<Finding, Shown>;
  readonly bytes: number;
  /** Whether nothing was cut. */
  readonly isWhole: boolean;
}

/** So many findings of every rule come before all others: a flood of one kind must not push out the only one of another. */
const first = 3;

/** Then they go from the worst, open before accepted; within a severity, rules take turns of so many. */
const turn = 10;

function byPriority(findings: readonly Finding[]): readonly Finding[] {
  const counts = new Map<string, number>();
  const ranked = findings.map((finding) => {
    const kind = JSON.stringify([finding.section, finding.rule, finding.severity, finding.accepted !== undefined]);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const severity = severities.indexOf(finding.severity) + (finding.accepted ? severities.length : 0);
    return { finding, severity, isLater: Number(count >= first), round: Math.floor(count / turn) };
  });
  return ranked
    .sort((a, b) => a.isLater - b.isLater || a.severity - b.severity || a.round - b.round)
    .map(({ finding }) => finding);
}

/**
 * As many findings as `room` bytes hold, with the line break after each. Where not all fit, the worst keep their details in half of the
 * room, the others are their first line, and what is left then goes to details again.
 */
export function fitted(
  findings: readonly Finding[],
  write: (finding: Finding) => { readonly full: string; readonly short: string },
  room: number,
): Fitted {
  const size = (text: string) => Buffer.byteLength(text) + 1;
  const shown = new Map<Finding, Shown>();
  const entries = byPriority(findings).map((finding) => ({ finding, ...write(finding) }));
  const total = entries.reduce((sum, { full }) => sum + size(full), 0);
  const roomOfDetails = total <= room ? room : room / 2;
  let bytes = 0;
  for (const { finding, full, short } of entries) {
    if (bytes + size(full) <= roomOfDetails) {
      shown.set(finding, { text: full, isShort: false });
      bytes += size(full);
    } else if (bytes + size(short) <= room) {
      shown.set(finding, { text: short, isShort: full !== short });
      bytes += size(short);
    }
  }
  for (const { finding, full, short } of entries) {
    const growth = size(full) - size(short);
    if (!shown.get(finding)?.isShort || bytes + growth > room) continue;
    shown.set(finding, { text: full, isShort: false });
    bytes += growth;
  }
  const isWhole = entries.every(({ finding }) => shown.get(finding)?.isShort === false);
  return { shown, bytes, isWhole };
}
