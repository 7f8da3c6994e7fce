import type { AccessChange, Severity } from "../model";
import type { Change, Json } from "../plan";
import { isEqual, isMarkedWithin, shown } from "../values";
import { causesOf, turn } from "./causes";
import { type Found, foundIn } from "./found";
import { boundaries } from "./iam-boundaries";
import { otherCloudsGrants } from "./other-clouds";
import type { PlanIndex } from "./plan-index";

const section = "iam" as const;

/** Resources that give somebody access by being there. */
const granting: Readonly<Record<string, readonly [title: string, attributes: readonly string[], severity: Severity]>> =
  {
    aws_iam_access_key: ["a long-lived key of a user", ["user"], "high"],
    aws_iam_user_login_profile: ["a password for the console", ["user"], "high"],
    aws_iam_service_specific_credential: ["a long-lived credential of a user", ["user_name", "service_name"], "high"],
    aws_iam_openid_connect_provider: [
      "an identity provider whose users may assume roles",
      ["url", "client_id_list"],
      "high",
    ],
    aws_iam_saml_provider: ["an identity provider whose users may assume roles", ["name"], "high"],
    aws_iam_group_membership: ["users in a group", ["group", "users"], "high"],
    aws_iam_user_group_membership: ["a user in groups", ["user", "groups"], "high"],
    aws_ssoadmin_account_assignment: [
      "people with a permission set in an account",
      ["principal_type", "principal_id", "target_id", "permission_set_arn"],
      "high",
    ],
    aws_identitystore_group_membership: ["a member of a group", ["group_id", "member_id"], "high"],
    aws_kms_grant: ["use of a key", ["grantee_principal", "operations", "key_id"], "high"],
    aws_ram_principal_association: ["a principal with whom resources are shared", ["principal"], "high"],
    aws_ram_resource_association: ["a resource that is shared", ["resource_arn"], "high"],
    aws_organizations_policy_attachment: ["a policy of the organization", ["policy_id", "target_id"], "low"],
    aws_lakeformation_permissions: ["use of data", ["principal", "permissions"], "high"],
    aws_lightsail_key_pair: ["a key to sign in with", ["name"], "low"],
    aws_eks_access_entry: ["a principal in a cluster", ["principal_arn", "kubernetes_groups"], "high"],
    aws_eks_access_policy_association: ["a principal's rights in a cluster", ["principal_arn", "policy_arn"], "high"],
  };

const entries = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function given(change: Change): readonly Found[] {
  const [title, attributes, severity] =
    (Object.hasOwn(granting, change.type) ? granting[change.type] : undefined) ?? [];
  if (!title || !attributes || !severity || change.action === "no-op" || change.action === "forget") return [];
  const { before, after } = change;
  const who = String((after ?? before)?.[attributes[0] ?? ""] ?? change.address);
  const found = (access: AccessChange, how: Severity, details: readonly string[]) =>
    foundIn(change, {
      section,
      severity: how,
      rule: `access-${access.toLowerCase()}`,
      title: `${access}: ${title}`,
      details,
      explains: attributes,
      iam: { change: access, who, statements: [] },
    });
  if (!after) {
    // Policies of an organization deny, as a rule.
    const how = change.type === "aws_organizations_policy_attachment" ? "critical" : "low";
    return [
      found("REMOVED", how, [
        ...attributes.map((name) => `${name}: ${shown(change, "before", [name])}`),
        ...causesOf(change),
      ]),
    ];
  }
  if (!before)
    return [
      found(
        "ADDED",
        severity,
        attributes.map((name) => `${name}: ${shown(change, "after", [name])}`),
      ),
    ];
  const changed = attributes.filter(
    (name) => !isMarkedWithin(change.afterUnknown, [name]) && !isEqual(before[name] ?? null, after[name] ?? null),
  );
  if (changed.length === 0) return [];
  const isFewer = changed.every((name) => {
    const formerly = entries(before[name]);
    return Array.isArray(after[name]) && entries(after[name]).every((one) => formerly.some((old) => isEqual(old, one)));
  });
  const details = changed.map((name) => turn(change, [name]));
  return [isFewer ? found("NARROWED", "low", details) : found("BROADENED", severity, details)];
}

/** Arguments that say as which role something runs. */
const roleArguments = [
  "role",
  "role_arn",
  "execution_role_arn",
  "task_role_arn",
  "credentials",
  "credentials_arn",
  "invocation_role",
  "iam_role_arn",
  "service_role",
  "service_role_arn",
  "iam_instance_profile",
  "authorizer_credentials",
  "lambda_role",
];

/** Something that runs runs as another role: what it may do is what that one may. */
function runsAs(index: PlanIndex, change: Change): readonly Found[] {
  const { before, after, type } = change;
  if (
    !before ||
    !after ||
    change.action === "no-op" ||
    type.startsWith("aws_iam_") ||
    type === "aws_lambda_permission"
  ) {
    return [];
  }
  return roleArguments.flatMap((name) => {
    const role = index.target(change, name, ["aws_iam_role", "aws_iam_instance_profile"]);
    if (!isAnotherRole(change, name, role)) return [];
    return [
      foundIn(change, {
        section,
        severity: "high",
        rule: "runs-as-another-role",
        title: "runs as another role: what it may do from now on is UNKNOWN",
        details: [turn(change, [name]), ...(role ? [`role: ${role.address}`] : [])],
        identity: name,
        explains: [name],
        iam: { change: "UNKNOWN", who: role?.address ?? String(after[name] ?? ""), statements: [] },
      }),
    ];
  });
}

function isAnotherRole({ before, after, afterUnknown }: Change, name: string, role: Change | undefined): boolean {
  const [old, next] = [before?.[name] || null, after?.[name] || null];
  if (!isMarkedWithin(afterUnknown, [name])) return next !== null && !isEqual(old, next);
  // The same role, created anew, has an ARN that is not known yet.
  return !(role?.before && (role.before.arn === old || role.before.name === old));
}

/** What changes who somebody is, rather than what a policy says. */
export const principals = (index: PlanIndex): readonly Found[] =>
  index.changing.flatMap((change) => [
    ...boundaries(index, change),
    ...given(change),
    ...runsAs(index, change),
    ...otherCloudsGrants(change),
  ]);
