import {
  type AppliedStatement,
  type Decision,
  evaluate,
  type NamedPolicy,
  type Requester,
} from "../../policy/evaluate";
import { managedPolicies } from "../../policy/managed-policies";
import {
  type Access,
  type AccessRequest,
  AwsError,
  type Caller,
  type Clock,
  type Credentials,
  type Place,
} from "../aws";
import { idOf, newCredentials } from "./credentials";
import { type Denial, denialMessage, remedyFor } from "./denial";
import { type Grant, grantsOf, usedKeys } from "./grants";
import { policyOf } from "./policy-document";
import { contextOf } from "./request-context";

/** Credentials, and who calls with them. */
export interface Session {
  readonly credentials: Credentials;
  readonly caller: Caller;
  /** When the credentials end, in milliseconds since 1970; none for a session that lasts as long as the run. */
  readonly expiration?: number;
}

/** What a call asks of the session of a role. */
export interface SessionRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  /** At least 900, at most the role's longest; at most an hour for a caller that assumed a role itself. */
  readonly durationSeconds: number;
  /** JSON of a policy that narrows the session. */
  readonly policy?: string;
  /** What the role's trust policy may ask for as `sts:ExternalId`. */
  readonly externalId?: string;
}

interface RoleState {
  readonly roleName: string;
  readonly arn: string;
  readonly uniqueId: string;
  readonly maxSessionDuration: number;
  readonly trustPolicy: NamedPolicy;
  readonly inlinePolicies: Map<string, NamedPolicy>;
  readonly attachedPolicies: Set<string>;
}

const OPERATOR = "local-operator";
/** Seconds. */
const HOUR = 3600;
const everything = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "*", Resource: "*" },
});

/** Actions for which an identity's own policies count only where the resource's policy lets them. */
const needsResourcePolicy = (action: string): boolean => /^(kms:.*|sts:AssumeRole)$/i.test(action);

const sessionPolicyName = (sessionName: string): string => `the session policy of ${sessionName}`;

const lastOf = (arn: string): string => arn.split("/").at(-1) ?? arn;

function requesterOf({ service, isAnonymous, principalArn: arn, accountId, sessionArn }: Caller): Requester {
  if (isAnonymous) return { isAnonymous };
  return service ? { service } : { arn, accountId, sessionArn };
}

/**
 * Roles, policies and sessions of one account, and the decision about each call. What happened is counted, so that a run can end with what
 * it used and what it lacked.
 */
export class Iam implements Access {
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly roles = new Map<string, RoleState>();
  private readonly policies = new Map<string, NamedPolicy>();
  private readonly sessions = new Map<string, Session>();
  private readonly uses = new Map<string, number>();
  private readonly denied = new Map<string, Denial>();
  private readonly operatorSession: Session;

  constructor({ place, clock }: { readonly place: Place; readonly clock: Clock }) {
    this.place = place;
    this.clock = clock;
    const trust = { Effect: "Allow", Principal: { AWS: place.accountId }, Action: "sts:AssumeRole" };
    const { arn } = this.putRole({ roleName: OPERATOR, assumeRolePolicy: JSON.stringify({ Statement: trust }) });
    this.putInlinePolicy(OPERATOR, "Everything", everything);
    this.operatorSession = this.openSession(this.roleNamed(lastOf(arn)), "local");
  }

  /**
   * Makes a role.
   *
   * @param role.assumeRolePolicy JSON of its trust policy
   * @param role.maxSessionDuration seconds that a session of it may last, 3600 to 43200; an hour where it is not given
   * @throws AwsError `ValidationError` (400) for another duration
   * @throws AwsError `EntityAlreadyExists` (409): a role's name is its own in an account; `MalformedPolicyDocument` (400)
   */
  putRole(role: {
    readonly roleName: string;
    readonly assumeRolePolicy: string;
    readonly maxSessionDuration?: number;
  }): { arn: string; uniqueId: string } {
    const { roleName, assumeRolePolicy, maxSessionDuration = HOUR } = role;
    if (!(maxSessionDuration >= HOUR && maxSessionDuration <= 12 * HOUR)) {
      const sentence = `The maximum session duration of the role ${roleName} must be ${HOUR} to ${12 * HOUR} seconds, got: ${maxSessionDuration}`;
      throw new AwsError("ValidationError", sentence);
    }
    const arn = this.arnOf(`role/${roleName}`);
    if (this.roles.has(arn)) {
      throw new AwsError("EntityAlreadyExists", `Role with name ${roleName} already exists.`, 409);
    }
    const uniqueId = idOf("AROA", 21);
    this.roles.set(arn, {
      roleName,
      arn,
      uniqueId,
      maxSessionDuration,
      trustPolicy: policyOf(`the trust policy of ${roleName}`, assumeRolePolicy, "trust"),
      inlinePolicies: new Map(),
      attachedPolicies: new Set(),
    });
    return { arn, uniqueId };
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
    const [sessionName = service] = service.split(".");
    return this.openSession(role, sessionName);
  }

  /**
   * A session of a role for whoever calls: the role's trust policy names the caller, or names the account and the caller's own policies
   * allow it.
   *
   * @throws AwsError `AccessDeniedException` (403), for a role that does not exist as well
   * @throws AwsError `ValidationError` (400): longer than the role's sessions, or those of a caller that assumed a role itself, may last
   * @throws AwsError `MalformedPolicyDocument` (400), `UnsupportedOperation` (400) naming what in the policy is not modelled
   */
  assumeAs(caller: Caller, request: SessionRequest): Session & { readonly expiration: number } {
    const { roleArn, sessionName, durationSeconds, policy, externalId } = request;
    const context = { "sts:RoleSessionName": sessionName, ...(externalId && { "sts:ExternalId": externalId }) };
    const access: AccessRequest = { caller, action: "sts:AssumeRole", resource: roleArn, context };
    const role = this.roles.get(roleArn);
    if (!role) {
      const decision = { outcome: "implicit deny", lacking: "resource-based" } as const;
      throw this.refuse(
        access,
        decision,
        `Make the role ${roleArn}, or name one that exists: there is none of this name`,
      );
    }
    this.decide(access, role.trustPolicy);
    if (durationSeconds > HOUR && caller.sessionArn) {
      const sentence =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
      throw new AwsError("ValidationError", sentence);
    }
    if (durationSeconds > role.maxSessionDuration) {
      const sentence = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
      throw new AwsError("ValidationError", sentence);
    }
    if (policy !== undefined) policyOf(sessionPolicyName(sessionName), policy, "identity");
    const expiration = (Math.floor(this.clock.now() / 1000) + durationSeconds) * 1000;
    return { ...this.openSession(role, sessionName, { expiration, policy }), expiration };
  }

  /** Credentials of the person at the laptop, who may do everything that no policy denies; the same all through the run. */
  operator(): Session {
    return this.operatorSession;
  }

  /** Who calls with an access key, and what signs its calls; none for a key that was not given out in this run. */
  sessionOf(
    accessKeyId: string,
  ): { secretAccessKey: string; sessionToken: string; caller: Caller; expiration?: number } | undefined {
    const session = this.sessions.get(accessKeyId);
    if (!session) return undefined;
    const { secretAccessKey, sessionToken } = session.credentials;
    return { secretAccessKey, sessionToken, caller: session.caller, expiration: session.expiration };
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
        this.policiesOf(role).flatMap((policy) => grantsOf(role.roleName, policy, (key) => this.uses.get(key) ?? 0)),
      );
  }

  /** Each thing that was refused, once, with how often and with what would allow it. */
  denials(): readonly Denial[] {
    return [...this.denied.values()];
  }

  private decide(request: AccessRequest, resource?: NamedPolicy): void {
    const { caller, action } = request;
    const { sessionPolicy, sessionArn = "" } = caller;
    const requester = requesterOf(caller);
    const role = "arn" in requester ? this.roles.get(requester.arn) : undefined;
    const decision = evaluate(
      {
        requester,
        action,
        resource: request.resource,
        context: contextOf(request, { region: this.place.region, now: this.clock.now() }),
      },
      {
        identity: role ? this.policiesOf(role) : [],
        resource,
        session:
          sessionPolicy === undefined
            ? undefined
            : policyOf(sessionPolicyName(lastOf(sessionArn)), sessionPolicy, "identity"),
        needsResourcePolicy: needsResourcePolicy(action),
      },
    );
    if (decision.outcome !== "allow") throw this.refuse(request, decision, remedyFor(request, decision));
    if (role) this.countUses(role, decision.by);
  }

  private refuse(request: AccessRequest, decision: Decision, remedy: string): AwsError {
    const { action, resource } = request;
    // Sessions of one role lack the same: they are listed as one.
    const caller = request.caller.principalArn;
    const key = JSON.stringify([caller, action, resource]);
    const count = (this.denied.get(key)?.count ?? 0) + 1;
    this.denied.set(key, { caller, action, resource, count, remedy });
    return new AwsError("AccessDeniedException", denialMessage(request, decision), 403);
  }

  private countUses({ roleName }: RoleState, by: readonly AppliedStatement[]): void {
    for (const key of usedKeys(roleName, by)) this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
  }

  private openSession(
    role: RoleState,
    sessionName: string,
    limits: { readonly expiration?: number; readonly policy?: string } = {},
  ): Session {
    const { partition, accountId } = this.place;
    const session: Session = {
      credentials: newCredentials(),
      caller: {
        principalArn: role.arn,
        accountId,
        sessionArn: `arn:${partition}:sts::${accountId}:assumed-role/${role.roleName}/${sessionName}`,
        userId: `${role.uniqueId}:${sessionName}`,
        ...(limits.policy !== undefined && { sessionPolicy: limits.policy }),
      },
      ...(limits.expiration !== undefined && { expiration: limits.expiration }),
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
