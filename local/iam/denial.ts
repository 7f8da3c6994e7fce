import type { Decision, PolicyKind } from "../../policy/evaluate";
import type { AccessRequest, Caller } from "../aws";

/** Something that was refused. */
export interface Denial {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  readonly count: number;
  /** What to change for it to be allowed. */
  readonly remedy: string;
}

/** How AWS's messages call a caller: a role by its session. */
const callerName = ({ service, sessionArn, principalArn }: Caller): string => service ?? sessionArn ?? principalArn;

/**
 * The sentence in which AWS refuses a call.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denialMessage({ caller, action, resource }: AccessRequest, decision: Decision): string {
  const kindOf = (kind: PolicyKind): string =>
    kind === "resource-based" && action === "sts:AssumeRole" ? "role trust policy" : `${kind} policy`;
  const what = `User: ${callerName(caller)} is not authorized to perform: ${action} on resource: ${resource}`;
  if (decision.outcome === "implicit deny") {
    return `${what} because no ${kindOf(decision.lacking)} allows the ${action} action`;
  }
  const kind = kindOf(decision.by[0].kind);
  return `${what} with an explicit deny in ${kind.startsWith("i") ? "an" : "a"} ${kind}`;
}

function principalOf({ service, isAnonymous, principalArn }: Caller): unknown {
  if (isAnonymous) return "*";
  return service ? { Service: service } : { AWS: principalArn };
}

const allowing = ({ caller, action, resource }: AccessRequest, lacking: PolicyKind): string =>
  JSON.stringify({
    Effect: "Allow",
    ...(lacking === "resource-based" && { Principal: principalOf(caller) }),
    Action: action,
    // A role's trust policy is about that role, and says so nowhere.
    ...(!(lacking === "resource-based" && action === "sts:AssumeRole") && { Resource: resource }),
  });

/** The change that would allow a call. */
export function remedyFor(request: AccessRequest, decision: Decision): string {
  if (decision.outcome !== "implicit deny") {
    const { policy, sidOrIndex } = decision.by[0];
    return `Change statement ${sidOrIndex} of ${policy}, which denies it: no Allow outweighs a Deny`;
  }
  const statement = allowing(request, decision.lacking);
  const [role] = request.caller.principalArn.split("/").slice(-1);
  if (decision.lacking === "identity-based") return `Give ${role} the statement ${statement}`;
  return decision.lacking === "session"
    ? `Add to the Policy with which ${role} was assumed, for ${request.caller.sessionArn}, the statement ${statement}`
    : `Add to the policy of ${request.resource} the statement ${statement}`;
}
