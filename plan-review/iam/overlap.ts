import type { PolicyStatement } from "../../policy/document";

/** 1 at what may stand for other texts. A table: it is asked of each letter of each policy. */
const isWild = new Uint8Array(0x80);
for (const wild of "*?$") isWild[wild.charCodeAt(0)] = 1;

/** Of ASCII. */
const isLetter = (unit: number): boolean => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;

/** Whether what all texts of a pattern begin with, up to its first `*`, `?` or `$`, tells them from those of the other. */
function areApart(left: string, right: string, ignoresCase: boolean): boolean {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (isWild[one] === 1 || isWild[other] === 1) return false;
    if (one === other) continue;
    if (!ignoresCase) return true;
    // Beyond ASCII, two letters may be one in lower case: that is left to who reads the patterns.
    if ((one | other) >= 0x80) return false;
    // A letter's cases differ in one bit.
    if ((one ^ other) !== 0x20 || !isLetter(one)) return true;
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
