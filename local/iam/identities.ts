import type { NamedPolicy } from "../../policy/evaluate";
import { managedPolicies } from "../../policy/managed-policies";
import { AwsError, type Place } from "../aws";
import { idOf } from "./credentials";
import { policyOf } from "./policy-document";

/** A role as it is made or changed. */
export interface RoleDescription {
  readonly roleName: string;
  /** JSON of its trust policy. */
  readonly assumeRolePolicy: string;
  /**
   * Seconds that a session of it may last, 3600 to 43200.
   * @default 3600
   */
  readonly maxSessionDuration?: number;
}

/** A role that there is. */
export interface Role {
  readonly roleName: string;
  readonly arn: string;
  readonly uniqueId: string;
  readonly maxSessionDuration: number;
  readonly trustPolicy: NamedPolicy;
  readonly inlinePolicies: Map<string, NamedPolicy>;
  readonly attachedPolicies: Set<string>;
}

/** Seconds. */
const HOUR = 3_600;

/** What of a role an update may change. */
function readRole({ roleName, assumeRolePolicy, maxSessionDuration = HOUR }: RoleDescription) {
  if (!(maxSessionDuration >= HOUR && maxSessionDuration <= 12 * HOUR)) {
    const sentence = `The maximum session duration of the role ${roleName} must be ${HOUR} to ${12 * HOUR} seconds, got: ${maxSessionDuration}`;
    throw new AwsError("ValidationError", sentence);
  }
  return { maxSessionDuration, trustPolicy: policyOf(`the trust policy of ${roleName}`, assumeRolePolicy, "trust") };
}

/**
 * The roles of one account, and the policies that say what they may do.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
 */
export class Identities {
  private readonly roles = new Map<string, Role>();
  private readonly policies = new Map<string, NamedPolicy>();

  constructor(private readonly place: Pick<Place, "accountId" | "partition">) {}

  /** All roles, the first made first. */
  get all(): readonly Role[] {
    return [...this.roles.values()];
  }

  roleAt(arn: string): Role | undefined {
    return this.roles.get(arn);
  }

  /** @throws AwsError `NoSuchEntity` (404) */
  roleNamed(roleName: string): Role {
    const role = this.roles.get(this.arnOf(`role/${roleName}`));
    if (!role) throw new AwsError("NoSuchEntity", `The role with name ${roleName} cannot be found.`, 404);
    return role;
  }

  /** The policies inside a role, and those attached to it. */
  policiesOf(role: Role): readonly NamedPolicy[] {
    const attached = [...role.attachedPolicies].flatMap((arn) => this.policies.get(arn) ?? []);
    return [...role.inlinePolicies.values(), ...attached];
  }

  /**
   * Makes a role.
   *
   * @throws AwsError `ValidationError` (400) for a duration that a session cannot have
   * @throws AwsError `EntityAlreadyExists` (409): a role's name is its own in an account; `MalformedPolicyDocument` (400)
   */
  putRole(role: RoleDescription): { arn: string; uniqueId: string } {
    const { roleName } = role;
    const arn = this.arnOf(`role/${roleName}`);
    const own = readRole(role);
    if (this.roles.has(arn)) {
      throw new AwsError("EntityAlreadyExists", `Role with name ${roleName} already exists.`, 409);
    }
    const uniqueId = idOf("AROA", 21);
    this.roles.set(arn, { roleName, arn, uniqueId, ...own, inlinePolicies: new Map(), attachedPolicies: new Set() });
    return { arn, uniqueId };
  }

  /**
   * Changes who may assume a role, and for how long. Its policies and its sessions stay.
   *
   * @throws AwsError `NoSuchEntity` (404), and as `putRole`: the role is as it was then
   */
  updateRole(role: RoleDescription): { arn: string; uniqueId: string } {
    const { arn, uniqueId } = this.roleNamed(role.roleName);
    this.roles.set(arn, { ...this.roleNamed(role.roleName), ...readRole(role) });
    return { arn, uniqueId };
  }

  /** Deletes a role and its inline policies. @returns its ARN */
  deleteRole(roleName: string): string {
    const arn = this.arnOf(`role/${roleName}`);
    this.roles.delete(arn);
    return arn;
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
   * Changes a customer managed policy, wherever it is attached, at once.
   *
   * @throws AwsError `NoSuchEntity` (404), `MalformedPolicyDocument` (400): the policy is as it was then
   */
  updatePolicy(policy: { readonly policyName: string; readonly document: string }): { arn: string } {
    const { policyName, document } = policy;
    const arn = this.arnOf(`policy/${policyName}`);
    if (!this.policies.has(arn)) throw new AwsError("NoSuchEntity", `Policy ${arn} does not exist.`, 404);
    this.policies.set(arn, policyOf(policyName, document, "identity"));
    return { arn };
  }

  /** Deletes a customer managed policy; where it is still attached, it grants nothing from now on. */
  deletePolicy(policyArn: string): void {
    this.policies.delete(policyArn);
  }

  /**
   * Makes or replaces a policy inside a role.
   *
   * @throws AwsError `NoSuchEntity` (404), `MalformedPolicyDocument` (400)
   */
  putInlinePolicy(roleName: string, policyName: string, document: string): void {
    this.roleNamed(roleName).inlinePolicies.set(policyName, policyOf(policyName, document, "identity"));
  }

  /** Takes a policy out of a role; where the role is gone, so is the policy. */
  removeInlinePolicy(roleName: string, policyName: string): void {
    this.roles.get(this.arnOf(`role/${roleName}`))?.inlinePolicies.delete(policyName);
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
      this.policies.set(policyArn, policyOf(managed.split("/").at(-1) ?? managed, document, "identity"));
    }
    if (!this.policies.has(policyArn)) {
      throw new AwsError("NoSuchEntity", `Policy ${policyArn} does not exist or is not attachable.`, 404);
    }
    role.attachedPolicies.add(policyArn);
  }

  /** Detaches a policy from a role; where the role is gone, nothing is attached to it. */
  detach(roleName: string, policyArn: string): void {
    this.roles.get(this.arnOf(`role/${roleName}`))?.attachedPolicies.delete(policyArn);
  }

  private arnOf(what: string): string {
    return `arn:${this.place.partition}:iam::${this.place.accountId}:${what}`;
  }
}
