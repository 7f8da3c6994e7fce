import { InputError } from "./input";
import type { Acceptance, Finding } from "./model";

/** An entry of the file that `--accept` names. */
interface Entry extends Acceptance {
  readonly fingerprint: string;
}

const keys: readonly string[] = ["fingerprint", "reason", "expires"];

/** Whether it is a day of the calendar, written `YYYY-MM-DD`. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** What is wrong with an entry; undefined for a right one. */
function faultOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return "must be an object";
  const { fingerprint, reason, expires } = entry as Record<string, unknown>;
  const unknown = Object.keys(entry).find((key) => !keys.includes(key));
  if (unknown) return `must have fingerprint, reason and expires alone, got: ${unknown}`;
  if (typeof fingerprint !== "string" || !/^[\da-f]{16}$/.test(fingerprint)) {
    return `must have a fingerprint of 16 hexadecimal digits, got: ${JSON.stringify(fingerprint)}`;
  }
  if (typeof reason !== "string" || reason.trim() === "") return "must say its reason";
  if (typeof expires !== "string" || !isDay(expires)) {
    return `must have expires as a day, YYYY-MM-DD, got: ${JSON.stringify(expires)}`;
  }
  return undefined;
}

/**
 * Reads the file of accepted findings: `[{ "fingerprint": "…", "reason": "…", "expires": "2030-01-31" }]`.
 *
 * @param today `YYYY-MM-DD`; an entry holds through the day on which it expires
 * @throws InputError that names each entry that is malformed, expired, or there twice
 */
function entriesOf(text: string, file: string, today: string): ReadonlyMap<string, Entry> {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    throw new InputError(`${file} must be JSON: [{ "fingerprint": …, "reason": …, "expires": "YYYY-MM-DD" }]`);
  }
  if (!Array.isArray(entries)) throw new InputError(`${file} must hold a list, got: ${typeof entries}`);
  const byFingerprint = new Map<string, Entry>();
  const faults = entries.flatMap((entry: unknown, index) => {
    const fault = faultOf(entry);
    if (fault) return [`entry ${index + 1} ${fault}`];
    const right = entry as Entry;
    const name = `entry ${index + 1} (${right.fingerprint})`;
    if (byFingerprint.has(right.fingerprint)) return [`${name} is there twice`];
    byFingerprint.set(right.fingerprint, right);
    return right.expires < today ? [`${name} expired on ${right.expires}: look at the finding again`] : [];
  });
  if (faults.length > 0) throw new InputError(`${file}: ${faults.join("; ")}`);
  return byFingerprint;
}

/**
 * Marks findings that were accepted.
 *
 * @param file as messages name it
 * @throws InputError that names each entry that is malformed, expired, there twice, or fits no finding
 */
export function accept(findings: readonly Finding[], text: string, file: string, today: string): readonly Finding[] {
  const entries = entriesOf(text, file, today);
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  const unused = [...entries.keys()].filter((fingerprint) => !found.has(fingerprint));
  if (unused.length > 0) {
    throw new InputError(`${file}: nothing was found that fits ${unused.join(", ")}: remove what is no longer needed`);
  }
  return findings.map((finding) => {
    const entry = entries.get(finding.fingerprint);
    return entry ? { ...finding, accepted: { reason: entry.reason, expires: entry.expires } } : finding;
  });
}
