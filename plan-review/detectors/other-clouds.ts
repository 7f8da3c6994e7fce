import type { AccessChange } from "../model";
import type { Change, Json, JsonObject } from "../plan";
import { isEqual, isMarkedWithin, valueAt } from "../values";
import { turn } from "./causes";
import { type Found, firstOf, foundIn } from "./found";
import { blockOf, blocksOf } from "./plan-index";

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function parsed(value: Json | undefined): Json | undefined {
  try {
    return typeof value === "string" ? (JSON.parse(value) as Json) : value;
  } catch {
    return undefined;
  }
}

/** A role, and who has it. */
type RoleGrant = readonly [role: string, who: string];

const grantText = ([role, who]: RoleGrant): string => `${role} to ${who}`;

/** Google's bindings: those of one resource, or of its whole policy. */
function bindingsOf(values: JsonObject | null): readonly RoleGrant[] {
  const grants = (role: Json | undefined, members: readonly Json[]) =>
    members.map((member) => [String(role ?? "a role"), String(member)] as const);
  return [
    ...grants(
      values?.role,
      [values?.member ?? null, ...list(values?.members)].filter((member) => member !== null),
    ),
    ...blocksOf(parsed(values?.policy_data), "bindings").flatMap(({ role, members }) => grants(role, list(members))),
  ];
}

const isGoogleGrant = (type: string): boolean => /^google_.*_iam_(member|binding|policy)$/.test(type);
const everyone = new Set(["allUsers", "allAuthenticatedUsers"]);

/** Settings of one type that are open, as texts that name what is open. */
type Openings = (values: JsonObject) => readonly string[];

const isAnySource = (value: Json | undefined): boolean =>
  /^(\*|Internet|Any|0\.0\.0\.0(\/0)?|::\/0)$/i.test(String(value ?? ""));

const azureRule: Openings = (values) => {
  const sources = [values.source_address_prefix, ...list(values.source_address_prefixes)];
  const isOpen = values.direction === "Inbound" && values.access === "Allow" && sources.some(isAnySource);
  return isOpen
    ? [`ports ${String(values.destination_port_range ?? list(values.destination_port_ranges).join(", "))}`]
    : [];
};

const openings: Readonly<Record<string, Openings>> = {
  azurerm_network_security_rule: azureRule,
  azurerm_network_security_group: (values) => blocksOf(values, "security_rule").flatMap(azureRule),
  azurerm_storage_container: ({ container_access_type: access }) =>
    access === "blob" || access === "container" ? [`container_access_type: ${access}`] : [],
  google_compute_firewall: (values) => {
    const isOpen =
      values.direction !== "EGRESS" && list(values.source_ranges).some(isAnySource) && values.disabled !== true;
    return isOpen
      ? blocksOf(values, "allow").map((allow) => `${String(allow.protocol)} ${list(allow.ports).join(", ")}`)
      : [];
  },
  google_sql_database_instance: (values) =>
    blocksOf(values, "settings")
      .flatMap((settings) => blocksOf(settings, "ip_configuration"))
      .flatMap((network) => blocksOf(network, "authorized_networks"))
      .filter(({ value }) => isAnySource(value))
      .map(() => "authorized_networks: 0.0.0.0/0"),
  google_storage_bucket: ({ public_access_prevention: prevention }) =>
    prevention === "enforced" ? [] : ["public_access_prevention is not enforced: a role or an ACL may make it public"],
  google_storage_bucket_acl: (values) =>
    list(values.role_entity)
      .map(String)
      .filter((entry) => /:all(Authenticated)?Users$/.test(entry)),
};

const appSync = (values: JsonObject | null): readonly Json[] => [
  values?.authentication_type ?? null,
  ...blocksOf(values, "additional_authentication_provider").map((provider) => provider.authentication_type ?? null),
];

/** What other providers' settings, and ones that fit nowhere else, let in. */
export function otherCloudsOpened(change: Change): readonly Found[] {
  const { type, before, after, action } = change;
  if (!after || action === "no-op") return [];
  const openingsOf = Object.hasOwn(openings, type) ? openings[type] : undefined;
  if (!openingsOf && !isGoogleGrant(type) && type !== "aws_appsync_graphql_api") return [];
  const of = (values: JsonObject | null): readonly string[] => {
    if (!values) return [];
    if (isGoogleGrant(type)) {
      return bindingsOf(values)
        .filter(([, who]) => everyone.has(who))
        .map(grantText);
    }
    return openingsOf ? openingsOf(values) : [];
  };
  const formerly = new Set(of(before));
  const fresh = of(after).filter((opening) => !formerly.has(opening));
  const explains = Object.keys(after).filter((name) => !isEqual(before?.[name] ?? null, after[name] ?? null));
  const section = "public-exposure";
  // A new bucket that nobody was let in to is not public yet.
  if (fresh.length > 0 && !(type === "google_storage_bucket" && !before)) {
    const title = isGoogleGrant(type) ? `anybody gets ${fresh.join(", ")}` : "anybody is let in";
    const identity = fresh.join();
    return [
      foundIn(change, {
        section,
        severity: "critical",
        rule: "made-public",
        title,
        details: fresh,
        identity,
        explains,
      }),
    ];
  }
  if (type !== "aws_appsync_graphql_api" || !appSync(after).includes("API_KEY") || appSync(before).includes("API_KEY"))
    return [];
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: "authorization-changed",
      title: "callers need an API key alone: it does not tell who they are",
      details: [turn(change, ["authentication_type"])],
      explains: ["authentication_type", "additional_authentication_provider"],
    }),
  ];
}

/** Roles that are an administrator's. */
const administrator =
  /^(roles\/(owner|editor|resourcemanager\.(organization|folder|project)IamAdmin|iam\.(securityAdmin|serviceAccountTokenCreator|serviceAccountKeyAdmin|organizationRoleAdmin))|Owner|Contributor|User Access Administrator|Role Based Access Control Administrator|cluster-admin)$/i;

const isRoleBinding = (type: string): boolean => /^kubernetes_(cluster_)?role_binding(_v1)?$/.test(type);

const isGrant = (type: string): boolean =>
  isGoogleGrant(type) || type === "azurerm_role_assignment" || isRoleBinding(type);

function grantsOf(type: string, values: JsonObject | null): readonly RoleGrant[] {
  if (!values) return [];
  if (isGoogleGrant(type)) return bindingsOf(values);
  if (isRoleBinding(type)) {
    const role = String(blockOf(values, "role_ref")?.name ?? "a role");
    return blocksOf(values, "subject").map(({ kind, name, namespace }) => [
      role,
      [kind, namespace, name].filter(Boolean).map(String).join(" "),
    ]);
  }
  const role = String(values.role_definition_name ?? values.role_definition_id ?? "a role");
  return [[role, `${String(values.principal_id ?? "somebody")} on ${String(values.scope ?? "a scope")}`]];
}

/** Arguments that say who gets what. */
const decisive = [
  "role",
  "member",
  "members",
  "policy_data",
  "role_definition_name",
  "role_definition_id",
  "principal_id",
  "role_ref",
  "subject",
];

/** Whether the configuration gives something that is known only after apply. */
const isUnknownGrant = ({ afterUnknown, expressions }: Change): boolean =>
  decisive.some((name) => isMarkedWithin(afterUnknown, [name]) && valueAt(expressions, [name]) !== undefined);

function accessOf({ before, after }: Change, gains: boolean, losses: boolean): AccessChange | undefined {
  if (gains) return before ? "BROADENED" : "ADDED";
  if (losses) return after ? "NARROWED" : "REMOVED";
  return undefined;
}

/** Who gets and loses roles of other providers. */
export function otherCloudsGrants(change: Change): readonly Found[] {
  const { type, address, before, after, action } = change;
  if (!isGrant(type) || action === "no-op" || action === "forget") return [];
  const [old, next] = [grantsOf(type, before), grantsOf(type, after)];
  const without = (some: readonly RoleGrant[], others: readonly RoleGrant[]) => {
    const known = new Set(others.map(grantText));
    return some.filter((grant) => !known.has(grantText(grant)));
  };
  const [gained, lost] = [without(next, old), without(old, next)];
  const access = isUnknownGrant(change) ? "UNKNOWN" : accessOf(change, gained.length > 0, lost.length > 0);
  if (!access) return [];
  const isAdministrator = gained.some(([role]) => administrator.test(role));
  const isMore = gained.length > 0 || access === "UNKNOWN";
  const shown = (gained.length > 0 ? gained : lost).map(grantText);
  const unknown = access === "UNKNOWN" ? ["who gets which role is known after apply"] : [];
  return [
    foundIn(change, {
      section: "iam",
      severity: isAdministrator ? "critical" : isMore ? "high" : "low",
      rule: `role-${access.toLowerCase()}`,
      title: `role ${access}: ${[...unknown, ...firstOf(shown, 3)].join("; ")}`,
      details: [
        ...(isAdministrator ? ["administrator's rights, or a way to them"] : []),
        ...(gained.length > 0 ? lost.map((grant) => `without ${grantText(grant)}`) : []),
      ],
      identity: [...gained, ...lost].map(grantText).sort().join(),
      explains: Object.keys(after ?? before ?? {}),
      iam: { change: access, who: address, statements: [] },
    }),
  ];
}
