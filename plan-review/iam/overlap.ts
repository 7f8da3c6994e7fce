import type { PolicyStatement } from "../../policy/document";

const isWildcard = (unit: number): boolean => unit === 0x2a || unit === 0x3f || unit === 0x24;

const isUpperCase = (unit: number): boolean => unit >= 0x41 && unit <= 0x5a;
const lowerCase = (unit: number): number => (isUpperCase(unit) ? unit + 0x20 : unit);
const isAscii = (unit: number): boolean => unit < 0x80;

/** Whether what all texts of a pattern begin with, up to its first `*`, `?` or `$`, tells them from those of the other. */
function areApart(left: string, right: string, ignoresCase: boolean): boolean {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (isWildcard(one) || isWildcard(other)) return false;
    if (one === other) continue;
    if (!ignoresCase) return true;
    // Beyond ASCII, two letters may be one in lower case: that is left to who reads the patterns.
    if (!isAscii(one) || !isAscii(other)) return false;
    if (lowerCase(one) !== lowerCase(other)) return true;
  }
  return false;
}

function mayMeet(left: readonly string[], right: readonly string[], ignoresCase: boolean): boolean {
  for (const one of left) {
    for (const other of right) if (!areApart(one, other, ignoresCase)) return true;
  }
  return false;
}

/**
 * Whether two statements may be about one request, as far as the beginnings of their actions and resources tell: most statements of a
 * policy have nothing to do with each other, and this is seen without reading their patterns.
 */
export function mayOverlap(one: PolicyStatement, other: PolicyStatement): boolean {
  const hasActions = one.actions.length > 0 && other.actions.length > 0;
  if (hasActions && !mayMeet(one.actions, other.actions, true)) return false;
  const hasResources = one.resources.length > 0 && other.resources.length > 0;
  return !hasResources || mayMeet(one.resources, other.resources, false);
}
