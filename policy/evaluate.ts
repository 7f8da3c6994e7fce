import { isFulfilled, requireModelled } from "./condition";
import type { PolicyStatement, StatementPrincipal } from "./document";
import { type Context, isResolvable, variableKeysOf, wildcardPattern } from "./pattern";

/** Who asks: an identity of the account, or an AWS service. */
export type Requester =
  | {
      /** Of the role or user; for a session, that of its role. */
      readonly arn: string;
      readonly accountId: string;
    }
  | { readonly service: string };

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
  /**
   * Whether the identity's policies count only where the resource's own lets them. So it is for KMS keys and for `sts:AssumeRole`.
   * @default false
   */
  readonly needsResourcePolicy?: boolean;
}

/** Kinds of policy, as AWS's messages call them. */
export type PolicyKind = "identity-based" | "resource-based";

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

/** How far a statement is about the requester: by name, by no more than the account, or not at all. */
type Aim = "requester" | "account" | undefined;

interface Candidate extends AppliedStatement {
  readonly aim: Aim;
}

function aimOf({ type, value }: StatementPrincipal, requester: Requester): Aim {
  if (type === "AWS" && value === "*") return "requester";
  if (type === "Service") return "service" in requester && requester.service === value ? "requester" : undefined;
  const [, account] = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(value) ?? [];
  if (type !== "AWS" || !(account || /^arn:[^:]+:iam::\d{12}:(role|user)\/[^*?]+$/.test(value))) {
    throw new Error(
      `The principal ${type} ${value} is not modelled. Use *, a service, an account or the ARN of a role or user, or add it to policy/evaluate.ts`,
    );
  }
  if ("service" in requester) return undefined;
  if (account) return account === requester.accountId ? "account" : undefined;
  return value === requester.arn ? "requester" : undefined;
}

const widest = (aims: readonly Aim[]): Aim => aims.find((aim) => aim === "requester") ?? aims.find(Boolean);

/**
 * NotPrincipal spares an identity only if both it and its account are named.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isSpared(statement: PolicyStatement, requester: Requester): boolean {
  if (statement.effect === "Allow") {
    throw new Error("An Allow with NotPrincipal is not modelled, as it allows everybody else. Use Principal");
  }
  const aims = statement.notPrincipals.map((principal) => aimOf(principal, requester));
  const isAnyone = statement.notPrincipals.some(({ value }) => value === "*");
  return aims.includes("requester") && ("service" in requester || isAnyone || aims.includes("account"));
}

function statementAim(statement: PolicyStatement, kind: PolicyKind, requester: Requester): Aim {
  if (kind === "identity-based") return "requester";
  if (statement.notPrincipals.length > 0) return isSpared(statement, requester) ? undefined : "requester";
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

/**
 * What the policies of one account say about a request: a Deny anywhere wins; else an Allow of the requester's own policies, or one of the
 * resource's policy that names the requester; else no. A resource's policy that names the account only hands the question on to the
 * requester's own policies.
 *
 * @throws Error naming an operator or a principal that is not modelled
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: PolicyRequest, policies: Policies): Decision {
  const { requester } = request;
  const context: Context = new Map(
    Object.entries(request.context).map(([key, value]) => [key.toLowerCase(), [value].flat()]),
  );
  const candidates = [
    ...policies.identity.flatMap((policy) => candidatesOf("identity-based", policy, request, context)),
    ...(policies.resource ? candidatesOf("resource-based", policies.resource, request, context) : []),
  ];
  const [denial, ...denials] = candidates.filter(({ statement }) => statement.effect === "Deny").map(withoutAim);
  if (denial) return { outcome: "explicit deny", by: [denial, ...denials] };

  const identityCounts = !policies.needsResourcePolicy || candidates.some(({ kind }) => kind === "resource-based");
  const [allow, ...allows] = candidates
    .filter(({ kind, aim }) => (kind === "identity-based" ? identityCounts : aim === "requester"))
    .map(withoutAim);
  if (allow) return { outcome: "allow", by: [allow, ...allows] };
  const lacking = "service" in requester || !identityCounts ? "resource-based" : "identity-based";
  return { outcome: "implicit deny", lacking };
}
