import { randomBytes, randomInt } from "node:crypto";
import { requireModelled } from "../../policy/condition";
import { type PolicyStatement, statementsOf } from "../../policy/document";
import { type AppliedStatement, contextKeysOf, type Decision, evaluate, type NamedPolicy } from "../../policy/evaluate";
import { managedPolicies } from "../../policy/managed-policies";
import { type Access, type AccessRequest, AwsError, type Caller, type Credentials, type Place } from "../aws";
import { callerName, type Denial, denialMessage, remedyFor } from "./denial";

/** One action that a policy of a role grants, on one resource pattern. */
export interface Grant {
  readonly role: string;
  readonly policy: string;
  readonly action: string;
  readonly resource: string;
  /** Calls of this run that it allowed, alone or beside other grants. */
  readonly uses: number;
}

/** Credentials, and who calls with them. */
export interface Session {
  readonly credentials: Credentials;
  readonly caller: Caller;
}

interface RoleState {
  readonly roleName: string;
  readonly arn: string;
  readonly trustPolicy: NamedPolicy;
  readonly inlinePolicies: Map<string, NamedPolicy>;
  readonly attachedPolicies: Set<string>;
}

const OPERATOR = "local-operator";
const everything = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "*", Resource: "*" },
});

/** AWS's global condition keys that have the value here that they have there; a service's own keys come with the request. */
const globalKeys = new Set(
  ["SecureTransport", "PrincipalArn", "PrincipalAccount", "PrincipalIsAWSService", "SourceArn", "SourceAccount"].map(
    (key) => `aws:${key}`.toLowerCase(),
  ),
);

/** Actions for which an identity's own policies count only where the resource's policy lets them. */
const needsResourcePolicy = (action: string): boolean => /^(kms:.*|sts:AssumeRole)$/i.test(action);

const textFrom = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/** AWS's ids are four letters that say of what, and letters and digits of base 32. */
const idOf = (prefix: string, length: number): string =>
  prefix + textFrom("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length - prefix.length);

const newCredentials = (): Credentials => ({
  accessKeyId: idOf("ASIA", 20),
  secretAccessKey: randomBytes(30).toString("base64"),
  sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(256).toString("base64")}`,
});

type PolicyUse = "identity" | "trust" | "resource";

/** What AWS refuses about a statement in its place. */
function misplaced(statement: PolicyStatement, use: PolicyUse): string | undefined {
  const namesPrincipals = statement.principals.length + statement.notPrincipals.length > 0;
  const namesResources = statement.resources.length + statement.notResources.length > 0;
  if (use === "identity" && namesPrincipals) return "must not have a Principal: it is about whoever has the policy";
  if (use !== "identity" && !namesPrincipals) return "must have a Principal";
  if (use === "identity" && !namesResources) return "must have a Resource";
  if (use === "trust" && namesResources) return "must not have a Resource: it is about the role";
  return undefined;
}

/** @throws Error naming the policy and what in it is malformed or not modelled */
function policyOf(name: string, document: string, use: PolicyUse): NamedPolicy {
  const statements = statementsOf(document);
  for (const [index, statement] of statements.entries()) {
    const of = `Statement ${statement.sid ?? index} of ${name}`;
    const fault = misplaced(statement, use);
    if (fault) throw new AwsError("MalformedPolicyDocument", `${of} ${fault}`);
    for (const condition of statement.conditions) requireModelled(condition);
    const key = contextKeysOf(statement).find((one) => one.startsWith("aws:") && !globalKeys.has(one));
    if (key) {
      throw new Error(`${of} asks for the condition key ${key}, which is not modelled. Add it to local/iam/iam.ts`);
    }
  }
  return { name, statements };
}

const lastOf = (arn: string): string => arn.split("/").at(-1) ?? arn;

/** The condition keys that follow from who calls and from how every call here is made. */
function contextOf({ caller, context }: AccessRequest): Readonly<Record<string, string>> {
  return {
    ...context,
    // The endpoint on 127.0.0.1 stands for AWS's, which is behind TLS.
    "aws:SecureTransport": "true",
    "aws:PrincipalIsAWSService": String(caller.service !== undefined),
    ...(caller.service === undefined && {
      "aws:PrincipalArn": caller.principalArn,
      "aws:PrincipalAccount": caller.accountId,
    }),
  };
}

const notOf = (values: readonly string[]): readonly string[] =>
  values.length > 0 ? [`all but ${values.join(", ")}`] : [];

/** An Allow statement's actions, each on each of its resources. */
const pairsOf = (statement: Pick<PolicyStatement, "actions" | "notActions" | "resources" | "notResources">) =>
  [...statement.actions, ...notOf(statement.notActions)].flatMap((action) =>
    [...statement.resources, ...notOf(statement.notResources)].map((resource) => ({ action, resource })),
  );

/**
 * Roles, policies and sessions of one account, and the decision about each call. What happened is counted, so that a run can end with what
 * it used and what it lacked.
 */
export class Iam implements Access {
  private readonly place: Place;
  private readonly roles = new Map<string, RoleState>();
  private readonly policies = new Map<string, NamedPolicy>();
  private readonly sessions = new Map<string, Session>();
  private readonly uses = new Map<string, number>();
  private readonly denied = new Map<string, Denial>();
  private readonly operatorSession: Session;

  constructor({ place }: { readonly place: Place }) {
    this.place = place;
    const trust = { Effect: "Allow", Principal: { AWS: place.accountId }, Action: "sts:AssumeRole" };
    const { arn } = this.putRole({ roleName: OPERATOR, assumeRolePolicy: JSON.stringify({ Statement: trust }) });
    this.putInlinePolicy(OPERATOR, "Everything", everything);
    this.operatorSession = this.openSession(arn);
  }

  /**
   * Makes a role.
   *
   * @param role.assumeRolePolicy JSON of its trust policy
   * @throws AwsError `EntityAlreadyExists` (409): a role's name is its own in an account; `MalformedPolicyDocument` (400)
   */
  putRole(role: { readonly roleName: string; readonly assumeRolePolicy: string }): { arn: string; uniqueId: string } {
    const { roleName, assumeRolePolicy } = role;
    const arn = this.arnOf(`role/${roleName}`);
    if (this.roles.has(arn)) {
      throw new AwsError("EntityAlreadyExists", `Role with name ${roleName} already exists.`, 409);
    }
    this.roles.set(arn, {
      roleName,
      arn,
      trustPolicy: policyOf(`the trust policy of ${roleName}`, assumeRolePolicy, "trust"),
      inlinePolicies: new Map(),
      attachedPolicies: new Set(),
    });
    return { arn, uniqueId: idOf("AROA", 21) };
  }

  /**
   * Makes a customer managed policy.
   *
   * @throws AwsError `EntityAlreadyExists` (409), `MalformedPolicyDocument` (400)
   */
  putPolicy(policy: { readonly policyName: string; readonly document: string }): { arn: string } {
    const { policyName, document } = policy;
    const arn = this.arnOf(`policy/${policyName}`);
    if (this.policies.has(arn)) {
      throw new AwsError("EntityAlreadyExists", `A policy called ${policyName} already exists.`, 409);
    }
    this.policies.set(arn, policyOf(policyName, document, "identity"));
    return { arn };
  }

  /**
   * Makes or replaces a policy inside a role.
   *
   * @throws AwsError `NoSuchEntity` (404), `MalformedPolicyDocument` (400)
   */
  putInlinePolicy(roleName: string, policyName: string, document: string): void {
    this.roleNamed(roleName).inlinePolicies.set(policyName, policyOf(policyName, document, "identity"));
  }

  /**
   * Attaches a policy to a role; once is enough.
   *
   * @throws AwsError `NoSuchEntity` (404)
   * @throws Error naming a policy of AWS's own that is not modelled
   */
  attach(roleName: string, policyArn: string): void {
    const role = this.roleNamed(roleName);
    const [, managed] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(policyArn) ?? [];
    if (managed && !this.policies.has(policyArn)) {
      const document = managedPolicies[managed];
      if (!document) {
        throw new Error(
          `The AWS managed policy ${policyArn} is not modelled. Add its statements to policy/managed-policies.ts`,
        );
      }
      this.policies.set(policyArn, policyOf(lastOf(managed), document, "identity"));
    }
    if (!this.policies.has(policyArn)) {
      throw new AwsError("NoSuchEntity", `Policy ${policyArn} does not exist or is not attachable.`, 404);
    }
    role.attachedPolicies.add(policyArn);
  }

  /**
   * A session of a role for a service, after its trust policy has been asked. It lasts as long as the run.
   *
   * @throws AwsError `NoSuchEntity` (404), `AccessDeniedException` (403)
   */
  assume(roleArn: string, service: string): Session {
    const role = this.roles.get(roleArn);
    if (!role) throw new AwsError("NoSuchEntity", `The role with ARN ${roleArn} cannot be found.`, 404);
    const caller: Caller = { principalArn: service, accountId: this.place.accountId, service };
    this.decide({ caller, action: "sts:AssumeRole", resource: roleArn }, role.trustPolicy);
    return this.openSession(roleArn);
  }

  /** Credentials of the person at the laptop, who may do everything that no policy denies; the same all through the run. */
  operator(): Session {
    return this.operatorSession;
  }

  /** Who calls with an access key, and what signs its calls; none for a key that was not given out in this run. */
  sessionOf(accessKeyId: string): { secretAccessKey: string; sessionToken: string; caller: Caller } | undefined {
    const session = this.sessions.get(accessKeyId);
    if (!session) return undefined;
    const { secretAccessKey, sessionToken } = session.credentials;
    return { secretAccessKey, sessionToken, caller: session.caller };
  }

  /**
   * Decides about a call.
   *
   * @throws AwsError `AccessDeniedException` (403) in AWS's words; what would allow it is in `denials()`
   * @throws Error naming what in a policy is not modelled
   */
  authorize(request: AccessRequest): void {
    const { resource, resourcePolicy } = request;
    this.decide(
      request,
      resourcePolicy === undefined ? undefined : policyOf(`the policy of ${resource}`, resourcePolicy, "resource"),
    );
  }

  /**
   * Reads a resource's own policy, such as a queue's, without deciding by it.
   * @throws Error that says what in it cannot be read or is not modelled
   */
  requirePolicy(document: string): void {
    policyOf("the resource's policy", document, "resource");
  }

  /** Each action that a policy of a role grants, on what, and how many calls of this run it allowed: unused ones, too. */
  grants(): readonly Grant[] {
    return [...this.roles.values()]
      .filter(({ roleName }) => roleName !== OPERATOR)
      .flatMap((role) =>
        this.policiesOf(role).flatMap(({ name: policy, statements }) => {
          const pairs = statements.filter(({ effect }) => effect === "Allow").flatMap(pairsOf);
          // A pair that stands in two statements is one grant.
          const byKey = new Map(pairs.map((pair) => [JSON.stringify([role.arn, policy, pair]), pair]));
          return [...byKey].map(([key, pair]) => ({
            role: role.roleName,
            policy,
            ...pair,
            uses: this.uses.get(key) ?? 0,
          }));
        }),
      );
  }

  /** Each thing that was refused, once, with how often and with what would allow it. */
  denials(): readonly Denial[] {
    return [...this.denied.values()];
  }

  private decide(request: AccessRequest, resource?: NamedPolicy): void {
    const { caller, action } = request;
    const role = caller.service === undefined ? this.roles.get(caller.principalArn) : undefined;
    const identity = role ? this.policiesOf(role) : [];
    const decision = evaluate(
      {
        requester: caller.service
          ? { service: caller.service }
          : { arn: caller.principalArn, accountId: caller.accountId },
        action,
        resource: request.resource,
        context: contextOf(request),
      },
      { identity, resource, needsResourcePolicy: needsResourcePolicy(action) },
    );
    if (decision.outcome !== "allow") throw this.refuse(request, decision);
    if (role) this.countUses(role, decision.by);
  }

  private refuse(request: AccessRequest, decision: Decision): AwsError {
    const { action, resource } = request;
    const caller = callerName(request.caller);
    const key = JSON.stringify([caller, action, resource]);
    const count = (this.denied.get(key)?.count ?? 0) + 1;
    this.denied.set(key, { caller, action, resource, count, remedy: remedyFor(request, decision) });
    return new AwsError("AccessDeniedException", denialMessage(request, decision), 403);
  }

  private countUses(role: RoleState, by: readonly AppliedStatement[]): void {
    const used = by
      .filter(({ kind }) => kind === "identity-based")
      .flatMap(({ policy, statement, actions, resources }) =>
        pairsOf({ ...statement, actions, resources }).map((pair) => JSON.stringify([role.arn, policy, pair])),
      );
    for (const key of new Set(used)) this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
  }

  private openSession(roleArn: string): Session {
    const session = {
      credentials: newCredentials(),
      caller: { principalArn: roleArn, accountId: this.place.accountId },
    };
    this.sessions.set(session.credentials.accessKeyId, session);
    return session;
  }

  private policiesOf(role: RoleState): readonly NamedPolicy[] {
    const attached = [...role.attachedPolicies].flatMap((arn) => this.policies.get(arn) ?? []);
    return [...role.inlinePolicies.values(), ...attached];
  }

  private roleNamed(roleName: string): RoleState {
    const role = this.roles.get(this.arnOf(`role/${roleName}`));
    if (!role) throw new AwsError("NoSuchEntity", `The role with name ${roleName} cannot be found.`, 404);
    return role;
  }

  private arnOf(what: string): string {
    return `arn:${this.place.partition}:iam::${this.place.accountId}:${what}`;
  }
}
