import type { PolicyStatement } from "../../policy/document";
import { remembered } from "./remembered";

const isWildcard = (unit: number): boolean => unit === 0x2a || unit === 0x3f || unit === 0x24;

/** Whether what all texts of a pattern begin with, up to its first `*`, `?` or `$`, tells them from those of the other. */
function areApart(left: string, right: string): boolean {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (isWildcard(one) || isWildcard(other)) return false;
    if (one !== other) return true;
  }
  return false;
}

/** A plan's policies have thousands of actions, of some hundred names. */
const lowerCase = remembered((action) => action.toLowerCase());
const asWritten = (resource: string): string => resource;

function mayMeet(left: readonly string[], right: readonly string[], normal: (pattern: string) => string): boolean {
  for (const one of left) {
    const pattern = normal(one);
    for (const other of right) if (!areApart(pattern, normal(other))) return true;
  }
  return false;
}

/**
 * Whether two statements may be about one request, as far as the beginnings of their actions and resources tell: most statements of a
 * policy have nothing to do with each other, and this is seen without reading their patterns.
 */
export function mayOverlap(one: PolicyStatement, other: PolicyStatement): boolean {
  const hasActions = one.actions.length > 0 && other.actions.length > 0;
  if (hasActions && !mayMeet(one.actions, other.actions, lowerCase)) return false;
  const hasResources = one.resources.length > 0 && other.resources.length > 0;
  return !hasResources || mayMeet(one.resources, other.resources, asWritten);
}
