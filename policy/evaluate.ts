import { isFulfilled, requireModelled } from "./condition";
import type { PolicyStatement, StatementPrincipal } from "./document";
import { type Context, isResolvable, variableKeysOf, wildcardPattern } from "./pattern";

/** Who asks: an identity of the account, an AWS service, or nobody that signed. */
export type Requester =
  | {
      /** Of the role or user; for a session, that of its role. */
      readonly arn: string;
      readonly accountId: string;
      /** `arn:<partition>:sts::<account>:assumed-role/<role>/<session name>`, where a role was assumed. */
      readonly sessionArn?: string;
    }
  | { readonly service: string }
  | { readonly isAnonymous: true };

/** What is to be decided. */
export interface PolicyRequest {
  readonly requester: Requester;
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  /** ARN, or `*` for a call that is about nothing in particular. */
  readonly resource: string;
  /** Condition keys, in any case, and their values. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** A policy with the name by which messages call it. */
export interface NamedPolicy {
  readonly name: string;
  readonly statements: readonly PolicyStatement[];
}

/** The policies that have a say. */
export interface Policies {
  /** Those of the requester's role or user. */
  readonly identity: readonly NamedPolicy[];
  /** The resource's own: a queue's, a key's, a role's trust policy. */
  readonly resource?: NamedPolicy;
  /** The one that the session was narrowed by when its role was assumed. */
  readonly session?: NamedPolicy;
  /**
   * Whether the identity's policies count only where the resource's own lets them. So it is for KMS keys and for `sts:AssumeRole`.
   * @default false
   */
  readonly needsResourcePolicy?: boolean;
}

/** Kinds of policy, as AWS's messages call them. */
export type PolicyKind = "identity-based" | "resource-based" | "session";

/** A statement that applies to a request. */
export interface AppliedStatement {
  readonly kind: PolicyKind;
  readonly policy: string;
  readonly statement: PolicyStatement;
  /** The statement's Sid; without one, its place in the policy, from 0. */
  readonly sidOrIndex: string;
  /** Those of its actions and resources that the request fits, as written; none where it says NotAction, NotResource or no resource. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** What the policies say, and which statements say so. An implicit deny names the kind of policy that lacks an Allow. */
export type Decision =
  | { readonly outcome: "allow" | "explicit deny"; readonly by: readonly [AppliedStatement, ...AppliedStatement[]] }
  | { readonly outcome: "implicit deny"; readonly lacking: PolicyKind };

/** How far a statement is about the requester: the session or anyone at all, its role or user, no more than the account, or not at all. */
type Aim = "session" | "identity" | "account" | undefined;

interface Candidate extends AppliedStatement {
  readonly aim: Aim;
}

const accountPrincipal = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/;
const identityPrincipal = /^arn:[^:]+:(iam::\d{12}:(role|user)|sts::\d{12}:assumed-role\/[^/*?]+)\/[^*?]+$/;

/** How far an account, or the ARN of a role, a session or a user, is the one who asks. */
function identityAim(value: string, requester: Requester): Aim {
  const [, account] = accountPrincipal.exec(value) ?? [];
  if (!("arn" in requester)) return undefined;
  if (account) return account === requester.accountId ? "account" : undefined;
  if (value === requester.sessionArn) return "session";
  return value === requester.arn ? "identity" : undefined;
}

function aimOf({ type, value }: StatementPrincipal, requester: Requester): Aim {
  if (type === "AWS" && value === "*") return "session";
  if (type === "Service") return "service" in requester && requester.service === value ? "session" : undefined;
  if (type !== "AWS" || !(accountPrincipal.test(value) || identityPrincipal.test(value))) {
    throw new Error(
      `The principal ${type} ${value} is not modelled. Use *, a service, an account or the ARN of a role, session or user, or add it to policy/evaluate.ts`,
    );
  }
  return identityAim(value, requester);
}

const widest = (aims: readonly Aim[]): Aim =>
  (["session", "identity", "account"] as const).find((aim) => aims.includes(aim));

/**
 * NotPrincipal spares an identity only if it and its account are named, and a session only if its role is named as well.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isSpared(statement: PolicyStatement, requester: Requester): boolean {
  if (statement.effect === "Allow") {
    throw new Error("An Allow with NotPrincipal is not modelled, as it allows everybody else. Use Principal");
  }
  const aims = statement.notPrincipals.map((principal) => aimOf(principal, requester));
  if (!("arn" in requester) || statement.notPrincipals.some(({ value }) => value === "*")) return aims.some(Boolean);
  const needed: readonly Aim[] = ["account", "identity", ...(requester.sessionArn ? (["session"] as const) : [])];
  return needed.every((aim) => aims.includes(aim));
}

function statementAim(statement: PolicyStatement, kind: PolicyKind, requester: Requester): Aim {
  if (kind !== "resource-based") return "identity";
  if (statement.notPrincipals.length > 0) return isSpared(statement, requester) ? undefined : "identity";
  return widest(statement.principals.map((principal) => aimOf(principal, requester)));
}

const templatesOf = (statement: PolicyStatement): readonly string[] => [
  ...statement.resources,
  ...statement.notResources,
  ...statement.conditions.flatMap(({ values }) => values),
];

/** Every condition key, in lower case, on whose value a statement depends: in its conditions, or as a variable. */
export const contextKeysOf = (statement: PolicyStatement): readonly string[] => [
  ...statement.conditions.map(({ key }) => key.toLowerCase()),
  ...(statement.readsVariables ? templatesOf(statement).flatMap(variableKeysOf) : []),
];

/** A statement as far as it applies to a request. */
function applied(
  kind: PolicyKind,
  policy: NamedPolicy,
  index: number,
  request: PolicyRequest,
  context: Context,
): Candidate | undefined {
  const statement = policy.statements[index] as PolicyStatement;
  const aim = statementAim(statement, kind, request.requester);
  const variables = statement.readsVariables ? context : undefined;
  const fitsAction = (action: string): boolean =>
    wildcardPattern(action.toLowerCase(), "text").test(request.action.toLowerCase());
  const fitsResource = (resource: string): boolean =>
    wildcardPattern(resource, "resource", variables).test(request.resource);

  const actions = statement.actions.filter(fitsAction);
  if (!aim || (actions.length === 0 && statement.actions.length > 0) || statement.notActions.some(fitsAction)) return;
  // AWS: a variable without a value makes the whole statement invalid.
  if (variables && !templatesOf(statement).every((template) => isResolvable(template, variables))) return;
  const resources = statement.resources.filter(fitsResource);
  if ((resources.length === 0 && statement.resources.length > 0) || statement.notResources.some(fitsResource)) return;
  if (!statement.conditions.every((condition) => isFulfilled(condition, context, statement.readsVariables))) return;
  return {
    kind,
    policy: policy.name,
    statement,
    sidOrIndex: statement.sid ?? String(index),
    actions,
    resources,
    aim,
  };
}

function candidatesOf(kind: PolicyKind, policy: NamedPolicy, request: PolicyRequest, context: Context): Candidate[] {
  for (const condition of policy.statements.flatMap(({ conditions }) => conditions)) requireModelled(condition);
  return policy.statements.flatMap((_, index) => applied(kind, policy, index, request, context) ?? []);
}

const withoutAim = ({ aim: _, ...applied }: Candidate): AppliedStatement => applied;

/** Whoever has policies of their own; a service and nobody have none. */
const hasIdentity = (requester: Requester): boolean => "arn" in requester;

/**
 * What the policies of one account say about a request.
 *
 * A Deny anywhere wins. Else an Allow is needed: of the requester's own policies, or of the resource's, where it names the requester. One
 * that names the account only hands the question on to the requester's own policies. Where there is a session policy, it must allow as
 * well, unless the resource's policy names the session itself, or everybody (`*`).
 *
 * @throws Error naming an operator that IAM does not have, or a principal that is not modelled
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function evaluate(request: PolicyRequest, policies: Policies): Decision {
  const { requester } = request;
  const context: Context = new Map(
    Object.entries(request.context).map(([key, value]) => [key.toLowerCase(), [value].flat()]),
  );
  const candidates = [
    ...policies.identity.flatMap((policy) => candidatesOf("identity-based", policy, request, context)),
    ...(policies.resource ? candidatesOf("resource-based", policies.resource, request, context) : []),
    ...(policies.session ? candidatesOf("session", policies.session, request, context) : []),
  ];
  const [denial, ...denials] = candidates.filter(({ statement }) => statement.effect === "Deny").map(withoutAim);
  if (denial) return { outcome: "explicit deny", by: [denial, ...denials] };

  const identityCounts = !policies.needsResourcePolicy || candidates.some(({ kind }) => kind === "resource-based");
  const direct = candidates.filter(({ kind, aim }) => kind === "resource-based" && aim === "session");
  const narrowable = candidates.filter(
    ({ kind, aim }) =>
      (kind === "identity-based" && identityCounts) || (kind === "resource-based" && aim === "identity"),
  );
  const narrowing = candidates.filter(({ kind }) => kind === "session");
  const isNarrowedAway = policies.session !== undefined && narrowing.length === 0;
  const [allow, ...allows] = [
    ...(isNarrowedAway || narrowable.length === 0 ? [] : [...narrowable, ...narrowing]),
    ...direct,
  ].map(withoutAim);
  if (allow) return { outcome: "allow", by: [allow, ...allows] };
  if (narrowable.length > 0) return { outcome: "implicit deny", lacking: "session" };
  return {
    outcome: "implicit deny",
    lacking: hasIdentity(requester) && identityCounts ? "identity-based" : "resource-based",
  };
}
