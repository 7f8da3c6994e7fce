import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";
import { type Principal, policyDocument, type Statement } from "./policy-document";

export interface RoleProps {
  /** Name, unique in the account and not only in the Region: 1–64 of letters, digits and `+=,.@_-`. */
  readonly roleName: string;
  /** Who may assume the role: a service, such as `{ Service: "lambda.amazonaws.com" }`, or a role, as `{ AWS: role.roleArn }`. */
  readonly assumedBy: Exclude<Principal, "*">;
  readonly description: string;
}

/**
 * A role. Its permissions are resources of their own: the role's own arguments for them are exclusive and
 * show changes for ever.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export class Role extends Construct {
  readonly roleArn: string;
  readonly roleName: string;
  private readonly grants = new Map<string, { readonly policy: string; readonly resource: IamRolePolicy }>();

  constructor(scope: Construct, id: string, props: RoleProps) {
    super(scope, id);
    requireMatch(this, "roleName", props.roleName, /^[\w+=,.@-]{1,64}$/, "1–64 letters, digits and +=,.@_-");
    const role = new IamRole(this, "Resource", {
      name: props.roleName,
      description: props.description,
      assumeRolePolicy: policyDocument([{ principal: props.assumedBy, actions: ["sts:AssumeRole"] }]),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
  }

  /**
   * Grants statements in an inline policy of this role alone. What was granted under the id already is there once.
   * @returns what must exist before the role can do it
   * @throws PropError where something else was granted under the id
   */
  grant(id: string, statements: readonly Statement[]): ITerraformDependable {
    const policy = policyDocument(statements);
    const known = this.grants.get(id);
    if (known && known.policy !== policy) {
      throw new PropError(this, "id", "of one grant of the role", id, "Take another role for what else it is to do");
    }
    const grant = known ?? { policy, resource: new IamRolePolicy(this, id, { name: id, role: this.roleName, policy }) };
    this.grants.set(id, grant);
    return grant.resource;
  }

  /**
   * Attaches a managed policy by ARN.
   * @returns what must exist before the role can do it
   */
  attach(id: string, policyArn: string): ITerraformDependable {
    return new IamRolePolicyAttachment(this, id, { role: this.roleName, policyArn });
  }
}
