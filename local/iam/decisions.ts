import {
  type AppliedStatement,
  type Decision,
  evaluate,
  type NamedPolicy,
  type Requester,
} from "../../policy/evaluate";
import { type AccessRequest, AwsError, type Caller, type Clock, type Place } from "../aws";
import type { Tell } from "../traffic";
import { type Denial, denialMessage, remedyFor } from "./denial";
import { usedKeys } from "./grants";
import type { Identities, Role } from "./identities";
import { policyOf } from "./policy-document";
import { contextOf } from "./request-context";

/** Actions for which an identity's own policies count only where the resource's policy lets them. */
const needsResourcePolicy = (action: string): boolean => /^(kms:.*|sts:AssumeRole)$/i.test(action);

/** What a session's policy is called in messages. */
export const sessionPolicyName = (sessionName: string): string => `the session policy of ${sessionName}`;

function requesterOf({ service, isAnonymous, principalArn: arn, accountId, sessionArn }: Caller): Requester {
  if (isAnonymous) return { isAnonymous };
  return service ? { service } : { arn, accountId, sessionArn };
}

/** Decides about calls, and counts what came of it: what was used, and what was lacking. */
export class Decisions {
  private readonly uses = new Map<string, number>();
  private readonly denied = new Map<string, Denial>();

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly clock: Clock;
      readonly identities: Identities;
      readonly tell?: Tell;
    },
  ) {}

  /** Each thing that was refused, once, with how often and with what would allow it. */
  get denials(): readonly Denial[] {
    return [...this.denied.values()];
  }

  /** How many calls of this run a grant allowed, by its key. */
  usesOf(key: string): number {
    return this.uses.get(key) ?? 0;
  }

  /**
   * @param resource the own policy of what the call is about
   * @throws AwsError `AccessDeniedException` (403) in AWS's words
   */
  decide(request: AccessRequest, resource?: NamedPolicy): void {
    const { clock, identities, place, tell } = this.options;
    const { caller, action } = request;
    const { sessionPolicy, sessionArn = "" } = caller;
    const requester = requesterOf(caller);
    const role = "arn" in requester ? identities.roleAt(requester.arn) : undefined;
    const decision = evaluate(
      {
        requester,
        action,
        resource: request.resource,
        context: contextOf(request, { region: place.region, now: clock.now() }),
      },
      {
        identity: role ? identities.policiesOf(role) : [],
        resource,
        session:
          sessionPolicy === undefined
            ? undefined
            : policyOf(sessionPolicyName(sessionArn.split("/").at(-1) ?? ""), sessionPolicy, "identity"),
        needsResourcePolicy: needsResourcePolicy(action),
      },
    );
    if (decision.outcome !== "allow") throw this.refuse(request, decision, remedyFor(request, decision));
    if (role) this.countUses(role, decision.by);
    tell?.({ kind: "call", caller, action, resource: request.resource, isAllowed: true });
  }

  /** Counts a refusal. @returns the error that says so to the caller */
  refuse(request: AccessRequest, decision: Decision, remedy: string): AwsError {
    const { action, resource } = request;
    // Sessions of one role lack the same: they are listed as one.
    const caller = request.caller.principalArn;
    const key = JSON.stringify([caller, action, resource]);
    const count = (this.denied.get(key)?.count ?? 0) + 1;
    this.denied.set(key, { caller, action, resource, count, remedy });
    this.options.tell?.({ kind: "call", caller: request.caller, action, resource, isAllowed: false });
    return new AwsError("AccessDeniedException", denialMessage(request, decision), 403);
  }

  private countUses({ roleName }: Role, by: readonly AppliedStatement[]): void {
    for (const key of usedKeys(roleName, by)) this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
  }
}
