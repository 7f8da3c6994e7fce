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

/** How messages call a caller. */
export const callerName = ({ service, principalArn }: Caller): string => service ?? principalArn;

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

const allowing = ({ caller, action, resource }: AccessRequest, lacking: PolicyKind): string =>
  JSON.stringify({
    Effect: "Allow",
    ...(lacking === "resource-based" && {
      Principal: caller.service ? { Service: caller.service } : { AWS: caller.principalArn },
    }),
    Action: action,
    ...(action !== "sts:AssumeRole" && { Resource: resource }),
  });

/** The change that would allow a call. */
export function remedyFor(request: AccessRequest, decision: Decision): string {
  if (decision.outcome !== "implicit deny") {
    const { policy, sidOrIndex } = decision.by[0];
    return `Change statement ${sidOrIndex} of ${policy}, which denies it: no Allow outweighs a Deny`;
  }
  const statement = allowing(request, decision.lacking);
  return decision.lacking === "identity-based"
    ? `Give ${request.caller.principalArn.split("/").at(-1)} the statement ${statement}`
    : `Add to the policy of ${request.resource} the statement ${statement}`;
}
