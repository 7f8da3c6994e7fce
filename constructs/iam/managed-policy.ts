import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { requireMatch } from "../terraform/props";
import { policyDocument, type Statement } from "./policy-document";
import type { Role } from "./role";

export interface ManagedPolicyProps {
  /** Name, unique in the account and not only in the Region: 1–128 of letters, digits and `+=,.@_-`. */
  readonly policyName: string;
  readonly description: string;
  readonly statements: readonly Statement[];
  /** The role that carries the policy. */
  readonly role: Role;
}

/** A customer-managed policy, attached to a role. */
export class ManagedPolicy extends Construct {
  readonly policyArn: string;
  /** What must exist before the role can do what the policy says. */
  readonly attachment: ITerraformDependable;

  constructor(scope: Construct, id: string, props: ManagedPolicyProps) {
    super(scope, id);
    requireMatch(this, "policyName", props.policyName, /^[\w+=,.@-]{1,128}$/, "1–128 letters, digits and +=,.@_-");
    const policy = new IamPolicy(this, "Resource", {
      name: props.policyName,
      description: props.description,
      policy: policyDocument(props.statements),
    });
    this.policyArn = policy.arn;
    this.attachment = props.role.attach(id, policy.arn);
  }
}
