import { comparePolicies, type PolicyComparison } from "../../../plan-review/iam/compare";
import type { PolicyUse } from "../../../plan-review/policy-attributes";
import type { Policy, Statement } from "./oracle";

export const account = "111122223333";

/** A policy of today's version. */
export const policy = (...statements: readonly Statement[]): Policy & Readonly<Record<string, unknown>> => ({
  Version: "2012-10-17",
  Statement: statements,
});

/** `s3:GetObject` on the objects of one bucket, but for what a test is about. */
export const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  ...("NotAction" in more ? {} : { Action: "s3:GetObject" }),
  ...("NotResource" in more ? {} : { Resource: "arn:aws:s3:::photos/*" }),
  ...more,
});

export const deny = (more: Partial<Statement> = {}): Statement => ({ ...allow(more), Effect: "Deny" });

/** A role's trust policy for some principals. */
export const trust = (
  Principal: Statement["Principal"],
  more: Partial<Statement> = {},
): Policy & Readonly<Record<string, unknown>> =>
  policy({ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...more });

type Side = Statement | readonly Statement[] | (Policy & Readonly<Record<string, unknown>>) | null;

const sideOf = (side: Side): (Policy & Readonly<Record<string, unknown>>) | null => {
  if (side === null || "Statement" in side) return side;
  return policy(...[side].flat());
};

export const compare = (before: Side, after: Side, use: PolicyUse = "identity"): PolicyComparison =>
  comparePolicies(sideOf(before), sideOf(after), use);

/** The change one way and the other: what broadens narrows when it is turned round. */
export const bothWays = (before: Side, after: Side, use?: PolicyUse): readonly string[] =>
  [compare(before, after, use), compare(after, before, use)].map(({ change }) => change);
