import { type Access, type AccessRequest, AwsError, type Caller, type Clock, type Place } from "../aws";
import type { Journals } from "../journal";
import type { Tell } from "../traffic";
import { Decisions, sessionPolicyName } from "./decisions";
import type { Denial } from "./denial";
import { type Grant, grantsOf } from "./grants";
import { Identities } from "./identities";
import { policyOf } from "./policy-document";
import { type Session, Sessions } from "./sessions";

export type { Session } from "./sessions";

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

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacingOfIam: Readonly<Record<string, readonly string[]>> = {
  aws_iam_policy: ["name", "description"],
  aws_iam_role: ["name"],
  aws_iam_role_policy: ["name", "role"],
  aws_iam_role_policy_attachment: ["role", "policy_arn"],
};

const OPERATOR = "local-operator";
/** Seconds. */
const HOUR = 3600;
const everything = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "*", Resource: "*" },
});

/**
 * Roles, policies and sessions of one account, and the decision about each call. What happened is counted, so that a run can end with what
 * it used and what it lacked.
 */
export class Iam implements Access {
  private readonly place: Place;
  private readonly clock: Clock;
  /** Roles and policies, to make, change and delete; but see `deleteRole`. */
  readonly identities: Identities;
  private readonly sessions: Sessions;
  private readonly decisions: Decisions;
  private readonly operatorSession: Session;

  /**
   * @param options `journals` is where the operator's credentials are written down, by default nowhere
   * @throws Error for a journal that cannot be read
   */
  constructor(options: {
    readonly place: Place;
    readonly clock: Clock;
    readonly tell?: Tell;
    readonly journals?: Journals;
  }) {
    const { place, clock, tell } = options;
    this.place = place;
    this.clock = clock;
    this.identities = new Identities(place);
    this.sessions = new Sessions(options);
    this.decisions = new Decisions({ place, clock, tell, identities: this.identities });
    const trust = { Effect: "Allow", Principal: { AWS: place.accountId }, Action: "sts:AssumeRole" };
    this.identities.putRole({ roleName: OPERATOR, assumeRolePolicy: JSON.stringify({ Statement: trust }) });
    this.identities.putInlinePolicy(OPERATOR, "Everything", everything);
    const operator = this.sessions.callerOf(this.identities.roleNamed(OPERATOR), "local");
    this.operatorSession = this.sessions.openRemembered(operator);
  }

  /** Deletes a role, its inline policies and its sessions. */
  deleteRole(roleName: string): void {
    const arn = this.identities.deleteRole(roleName);
    this.sessions.forgetRole(arn);
  }

  /**
   * A session of a role for a service, after its trust policy has been asked. It lasts until `forget`, else as long as the run.
   *
   * @throws AwsError `NoSuchEntity` (404), `AccessDeniedException` (403)
   */
  assume(roleArn: string, service: string): Session {
    return this.sessions.open(this.callerAs(roleArn, service));
  }

  /** Ends a session: whoever calls with its credentials is unknown from now on. */
  forget({ credentials }: Pick<Session, "credentials">): void {
    this.sessions.forget(credentials.accessKeyId);
  }

  /**
   * Who a service is under a role, without credentials: what `assume` gives, for what is done in this process alone.
   *
   * @throws AwsError as `assume`
   */
  callerAs(roleArn: string, service: string): Caller {
    const role = this.identities.roleAt(roleArn);
    if (!role) throw new AwsError("NoSuchEntity", `The role with ARN ${roleArn} cannot be found.`, 404);
    const caller: Caller = { principalArn: service, accountId: this.place.accountId, service };
    this.decisions.decide({ caller, action: "sts:AssumeRole", resource: roleArn }, role.trustPolicy);
    const [sessionName = service] = service.split(".");
    return this.sessions.callerOf(role, sessionName);
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
    const role = this.identities.roleAt(roleArn);
    if (!role) {
      const decision = { outcome: "implicit deny", lacking: "resource-based" } as const;
      throw this.decisions.refuse(
        access,
        decision,
        `Make the role ${roleArn}, or name one that exists: there is none of this name`,
      );
    }
    this.decisions.decide(access, role.trustPolicy);
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
    return { ...this.sessions.open(this.sessions.callerOf(role, sessionName, policy), expiration), expiration };
  }

  /**
   * Credentials of the person at the laptop, who may do everything that no policy denies: the same all through the run, and in every run of the
   * same journals.
   */
  operator(): Session {
    return this.operatorSession;
  }

  /** Who calls with an access key, and what signs its calls; none for a key that was not given out in this run. */
  sessionOf(
    accessKeyId: string,
  ): { secretAccessKey: string; sessionToken: string; caller: Caller; expiration?: number } | undefined {
    const session = this.sessions.of(accessKeyId);
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
    this.decisions.decide(
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
    const { decisions, identities } = this;
    return identities.all
      .filter(({ roleName }) => roleName !== OPERATOR)
      .flatMap((role) =>
        identities
          .policiesOf(role)
          .flatMap((policy) => grantsOf(role.roleName, policy, (key) => decisions.usesOf(key))),
      );
  }

  /** Each thing that was refused, once, with how often and with what would allow it. */
  denials(): readonly Denial[] {
    return this.decisions.denials;
  }
}
