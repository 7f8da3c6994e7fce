import type { Requester } from "../../policy/evaluate";
import { type Decision, evaluate, type NamedPolicy } from "../../policy/evaluate";
import { anonymous, type Caller, type Clock } from "../aws";
import { policyOf } from "../iam/policy-document";
import { contextOf } from "../iam/request-context";
import type { Origin } from "./request-origin";

const nobody: Requester = { isAnonymous: true };

/** A call that nobody signed, as policies see it. */
export interface UnsignedCall {
  readonly resource: string;
  readonly request: Origin;
}

/**
 * An API's own policy, which may let callers in or keep them out before anything else is asked.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
 */
export class ResourcePolicy {
  /** Its JSON, `execute-api:/…` written in full. */
  readonly document: string;
  private readonly policy: NamedPolicy;

  /** @throws AwsError that says what in it cannot be read or is not modelled */
  constructor(
    document: string,
    executionArn: string,
    private readonly options: { readonly region: string; readonly clock: Clock },
  ) {
    this.document = inFull(document, executionArn);
    this.policy = policyOf(`the policy of ${executionArn}`, this.document, "resource");
  }

  /** What it says, together with an authorizer's answer where there is one, about a call that nobody signed. */
  decide({ resource, request }: UnsignedCall, authorizer?: NamedPolicy): Decision {
    return decideUnsigned({ resource, request }, this.options, { authorizer, resourcePolicy: this.policy });
  }
}

/** What an authorizer's answer and the API's own policy, as far as they are there, say about a call that nobody signed. */
export function decideUnsigned(
  { resource, request }: UnsignedCall,
  { region, clock }: { readonly region: string; readonly clock: Clock },
  policies: { readonly authorizer?: NamedPolicy; readonly resourcePolicy?: NamedPolicy },
): Decision {
  const action = "execute-api:Invoke";
  const access = { caller: callerFrom(request, anonymous), action, resource, context: conditionsOf(request) };
  return evaluate(
    { requester: nobody, action, resource, context: contextOf(access, { region, now: clock.now() }) },
    { identity: policies.authorizer ? [policies.authorizer] : [], resource: policies.resourcePolicy },
  );
}

/** A caller as policies see it: no `aws:SourceIp` where the request came through a VPC endpoint. */
export const callerFrom = ({ sourceIp, vpcEndpoint }: Origin, caller: Caller): Caller => ({
  ...caller,
  sourceIp: vpcEndpoint ? undefined : sourceIp,
});

/**
 * The condition keys of a request that came through a VPC endpoint.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
 */
export function conditionsOf({ sourceIp, vpcEndpoint }: Origin): Readonly<Record<string, string>> {
  if (!vpcEndpoint) return {};
  const { vpcEndpointId, vpcId } = vpcEndpoint;
  return {
    "aws:SourceVpce": vpcEndpointId,
    "aws:VpcSourceIp": sourceIp,
    ...(vpcId !== undefined && { "aws:SourceVpc": vpcId }),
  };
}

/** API Gateway writes `execute-api:/stage/GET/path` in full when a policy is saved. */
function inFull(document: string, executionArn: string): string {
  return JSON.stringify(JSON.parse(document), (key, value: unknown) =>
    key === "Resource" || key === "NotResource"
      ? [value].flat().map((resource) => String(resource).replace(/^execute-api:\//, `${executionArn}/`))
      : value,
  );
}
