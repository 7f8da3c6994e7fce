import type { Change, Json, JsonObject } from "../plan";
import { isMarkedWithin, isObject } from "../values";
import { type Found, foundIn } from "./found";
import { grantOf, identityOf, summaryOf, whoseOf } from "./grants";
import { parentOf } from "./parents";
import { isConfigured, type PlanIndex } from "./plan-index";

const section = "iam" as const;

/** A managed policy that a principal gets or loses. */
interface Attachment {
  readonly change: Change;
  readonly isAdded: boolean;
  /** Attribute that names the policy. */
  readonly attribute: string;
  /** ARN or name; undefined where it is unknown until apply. */
  readonly policy: string | undefined;
  readonly who: string;
  readonly isNew: boolean;
  readonly isGone: boolean;
}

/** Which attribute names the principal, and which the policy or policies. */
const types: Readonly<Record<string, readonly [principals: readonly string[], policies: string]>> = {
  aws_iam_role_policy_attachment: [["role"], "policy_arn"],
  aws_iam_user_policy_attachment: [["user"], "policy_arn"],
  aws_iam_group_policy_attachment: [["group"], "policy_arn"],
  aws_iam_policy_attachment: [["roles", "users", "groups"], "policy_arn"],
  aws_iam_role_policy_attachments_exclusive: [["role_name"], "policy_arns"],
  aws_iam_user_policy_attachments_exclusive: [["user_name"], "policy_arns"],
  aws_iam_group_policy_attachments_exclusive: [["group_name"], "policy_arns"],
  aws_ssoadmin_managed_policy_attachment: [["permission_set_arn"], "managed_policy_arn"],
  aws_ssoadmin_customer_managed_policy_attachment: [["permission_set_arn"], "customer_managed_policy_reference"],
  aws_iam_role: [["name"], "managed_policy_arns"],
};

const texts = (value: Json | undefined): readonly string[] => {
  if (typeof value === "string") return value ? [value] : [];
  if (!Array.isArray(value)) return [];
  return value.map((one: Json) => (typeof one === "string" ? one : String((one as JsonObject | null)?.name ?? "")));
};

const UNKNOWN = "(known after apply)";

function attachmentsOf(index: PlanIndex, change: Change): readonly Attachment[] {
  const [principals, attribute] = (Object.hasOwn(types, change.type) ? types[change.type] : undefined) ?? [];
  if (!principals || !attribute || change.action === "no-op" || change.action === "forget" || change.deposed) return [];
  // Otherwise the provider lists what other resources attach.
  if (change.type === "aws_iam_role" && change.expressions && !isConfigured(change, attribute)) return [];
  const parent = change.type === "aws_iam_role" ? change : parentOf(index, change);
  const sideOf = (
    values: JsonObject | null,
    isAfter: boolean,
  ): ReadonlyMap<string, readonly [string, string | undefined]> => {
    if (!values) return new Map();
    const isUnknown = (name: string) => isAfter && isMarkedWithin(change.afterUnknown, [name]);
    const who = parent
      ? [parent.address]
      : principals.flatMap((name) => (isUnknown(name) ? [UNKNOWN] : texts(values[name])));
    const policies = isUnknown(attribute) ? [undefined] : texts(values[attribute]);
    // A parent that is another than it was has the same address in neither plan.
    const names = principals.map((name) => (isUnknown(name) ? "" : texts(values[name]).join()));
    return new Map(
      who.flatMap((one) =>
        policies.map(
          (policy) => [`${one} ${policy ?? UNKNOWN} ${parent ? names.join() : ""}`, [one, policy] as const] as const,
        ),
      ),
    );
  };
  const [before, after] = [sideOf(change.before, false), sideOf(change.after, true)];
  const common = { change, attribute, isNew: parent?.action === "create", isGone: parent?.action === "delete" };
  const isSameUnknown =
    after.size === before.size &&
    change.action !== "create" &&
    [...after.values()].some(([, policy]) => policy === undefined);
  return [
    ...[...after].flatMap(([key, [who, policy]]) =>
      before.has(key) ? [] : [{ ...common, isAdded: true, who, policy }],
    ),
    ...[...before].flatMap(([key, [who, policy]]) =>
      after.has(key) || isSameUnknown ? [] : [{ ...common, isAdded: false, who, policy }],
    ),
  ];
}

/** AWS's own policies that make an administrator, or let one be made. */
const administrators = new Set([
  "AdministratorAccess",
  "IAMFullAccess",
  "PowerUserAccess",
  "AWSOrganizationsFullAccess",
  "AWSSSOMasterAccountAdministrator",
  "AWSSSOMemberAccountAdministrator",
  "AdministratorAccess-Amplify",
  "AdministratorAccess-AWSElasticBeanstalk",
  "SystemAdministrator",
  "DatabaseAdministrator",
  "DataScientist",
  "NetworkAdministrator",
]);

const awsPolicy = (arn: string | undefined): string | undefined =>
  /^arn:(?:aws[\w-]*|\$\{[^}]*\}):iam::aws:policy\/(?:.*\/)?([^/]+)$/.exec(arn ?? "")?.[1];

const isBroad = (name: string): boolean => /FullAccess|_FullAccess|ReadWrite|Admin/.test(name);

/** What denies: its loss is access gained. */
const maybeDenies = (name: string): boolean => /deny|denies|restrict|boundary|guard|quarantine/i.test(name);

/** A managed policy of which the plan holds the document. */
function documentOf(index: PlanIndex, { change, attribute, isAdded }: Attachment) {
  const policy = index.target(change, attribute, ["aws_iam_policy"]);
  if (!policy) return undefined;
  const [touched] = index.policiesOf(policy);
  const text: unknown = touched ? (isAdded ? touched.after : touched.before) : (policy.after ?? policy.before)?.policy;
  return { policy, text: typeof text === "string" || isObject(text) ? text : undefined };
}

function knownPolicy(index: PlanIndex, attachment: Attachment, text: Parameters<typeof grantOf>[0]): readonly Found[] {
  const { change, isAdded, who, isNew, isGone, attribute } = attachment;
  const holder = { isNew, isGone, accountId: index.accountId };
  const grant = isAdded ? grantOf(null, text, "identity", holder) : grantOf(text, null, "identity", holder);
  if (grant.change === "NONE") return [];
  const isSensitive =
    isMarkedWithin(change.beforeSensitive, [attribute]) || isMarkedWithin(change.afterSensitive, [attribute]);
  return [
    foundIn(change, {
      section,
      severity: grant.severity,
      rule: isAdded ? "policy-attached" : "policy-detached",
      title: `policy attachment ${grant.change}: ${summaryOf(grant.statements)}`,
      details: [...whoseOf(who, "identity", holder, !isSensitive && grant.statements.length > 0), ...grant.warnings],
      identity: `${who} ${identityOf(grant.statements)}`,
      explains: [attribute],
      iam: { change: grant.change, who, statements: isSensitive ? [] : grant.statements },
    }),
  ];
}

/** A policy whose document is not in the plan: it is judged by its name, where AWS made it. */
function unseenPolicy(attachment: Attachment): Found {
  const { change, isAdded, who, policy, attribute } = attachment;
  const aws = awsPolicy(policy);
  const name = aws ?? policy ?? UNKNOWN;
  const doubt = aws === undefined ? ["the plan does not hold its document: what it allows cannot be told"] : [];
  const common = { section, identity: `${who} ${isAdded} ${name}`, explains: [attribute] };
  if (isAdded) return foundIn(change, { ...common, ...unseenGrant(attachment, aws, name, doubt) });
  const denies = maybeDenies(name);
  return foundIn(change, {
    ...common,
    severity: denies ? "critical" : "low",
    rule: "policy-detached",
    title: `policy attachment REMOVED: ${name}`,
    details: [`who: ${who}`, ...(denies ? ["by its name it denies: without it more is allowed"] : doubt)],
    iam: { change: "REMOVED", who, statements: [] },
  });
}

function unseenGrant({ who, isNew }: Attachment, aws: string | undefined, name: string, doubt: readonly string[]) {
  const isAdmin = aws !== undefined && administrators.has(aws);
  const isQuiet = isNew && aws !== undefined && !isBroad(aws);
  const change = aws === undefined ? ("UNKNOWN" as const) : ("ADDED" as const);
  return {
    severity: isAdmin ? ("critical" as const) : isQuiet ? ("low" as const) : ("high" as const),
    rule: "policy-attached",
    title: `policy attachment ${change}: ${name}`,
    details: [
      `who: ${who}${isNew ? ", new in this plan" : ""}`,
      ...(isAdmin ? ["administrator's rights, or a way to them"] : doubt),
    ],
    iam: { change, who, statements: [] },
  };
}

/** Managed policies that principals get and lose. */
export const attachments = (index: PlanIndex): readonly Found[] =>
  index.plan.changes
    .flatMap((change) => attachmentsOf(index, change))
    .flatMap((attachment) => {
      // A principal that is deleted is told of by itself.
      if (attachment.isGone) return [];
      const document = attachment.change.type === "aws_iam_role" ? undefined : documentOf(index, attachment);
      if (document?.policy.action === "create" && attachment.isAdded) {
        // The new policy's own finding says what it allows, and to whom.
        return index.policiesOf(document.policy).length > 0 ? [] : [unseenPolicy(attachment)];
      }
      return document?.text === undefined ? [unseenPolicy(attachment)] : knownPolicy(index, attachment, document.text);
    });
