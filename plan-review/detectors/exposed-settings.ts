import type { Change, Json, JsonObject } from "../plan";
import { isMarkedWithin, shown } from "../values";
import { causesOf, turn } from "./causes";
import { switchedOpen } from "./exposed-switches";
import { type Found, foundIn } from "./found";
import { otherCloudsOpened } from "./other-clouds";
import { blocksOf, isConfigured, isRemoved, type PlanIndex } from "./plan-index";

const section = "public-exposure" as const;

const blockNames = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/** Where the four switches of a public access block stand. */
const blockTypes: Readonly<Record<string, readonly [what: string, parent: string]>> = {
  aws_s3_bucket_public_access_block: ["bucket", "aws_s3_bucket"],
  aws_s3_account_public_access_block: ["account", ""],
};

function publicAccessBlock(change: Change, index: PlanIndex): readonly Found[] {
  const block = Object.hasOwn(blockTypes, change.type) ? blockTypes[change.type] : undefined;
  if (!block || change.action === "no-op" || change.action === "forget") return [];
  const [what, parentType] = block;
  const { before, after } = change;
  if (!after) {
    const parent = parentType ? index.target(change, "bucket", [parentType]) : undefined;
    if (parent && isRemoved(parent)) return [];
    const title = `the ${what}'s public access block is removed: policies and ACLs may make it public`;
    return [
      foundIn(change, {
        section,
        severity: "critical",
        rule: "public-access-block-removed",
        title,
        details: causesOf(change),
        explains: Object.keys(change.before ?? {}),
      }),
    ];
  }
  // A bucket begins with all four on, so that a new resource with one off takes it away.
  const isOn = (values: JsonObject | null, name: string) => (values === null ? true : values[name] === true);
  const isUnknown = (name: string) => isMarkedWithin(change.afterUnknown, [name]);
  const loosened = blockNames.filter((name) => isOn(before, name) && !isUnknown(name) && after[name] !== true);
  const unknown = blockNames.filter((name) => isOn(before, name) && isUnknown(name));
  if (loosened.length + unknown.length === 0) return [];
  return [
    foundIn(change, {
      section,
      severity: loosened.length > 0 ? "critical" : "high",
      rule: loosened.length > 0 ? "public-access-block-loosened" : "public-access-block-unknown",
      title:
        loosened.length > 0
          ? `the ${what}'s public access block is loosened`
          : `the ${what}'s public access block is unknown until apply`,
      details: [...loosened, ...unknown].map((name) => turn(change, [name])),
      identity: [...loosened, ...unknown].join(),
      explains: [...loosened, ...unknown],
    }),
  ];
}

const anyone = /AllUsers|AuthenticatedUsers/;

/** Whom an ACL lets in beyond the account. */
function publicGrants(values: JsonObject | null): readonly string[] {
  if (!values) return [];
  const canned = /^(public-read|public-read-write|authenticated-read)$/.test(String(values.acl))
    ? [String(values.acl)]
    : [];
  const grants = [
    ...blocksOf(values, "grant"),
    ...blocksOf(values, "access_control_policy").flatMap((policy) => blocksOf(policy, "grant")),
  ];
  return [
    ...canned,
    ...grants.flatMap((grant) => {
      const [grantee] = [...blocksOf(grant, "grantee"), grant];
      const group = String(grantee?.uri ?? "");
      const what = grant.permission ?? grant.permissions;
      return anyone.test(group) ? [`${group.slice(group.lastIndexOf("/") + 1)}: ${JSON.stringify(what)}`] : [];
    }),
  ];
}

function acl(change: Change): readonly Found[] {
  if (!/^aws_s3_(bucket|bucket_acl|object|bucket_object|object_copy)$/.test(change.type)) return [];
  if (!change.after || change.action === "no-op") return [];
  if (
    ["acl", "access_control_policy"].some(
      (name) => isMarkedWithin(change.afterUnknown, [name]) && isConfigured(change, name),
    )
  ) {
    const title = "whether the ACL lets in anybody is unknown until apply";
    return [
      foundIn(change, {
        section,
        severity: "high",
        rule: "acl-unknown",
        title,
        explains: ["acl", "access_control_policy"],
      }),
    ];
  }
  const formerly = new Set(publicGrants(change.before));
  const fresh = publicGrants(change.after).filter((grant) => !formerly.has(grant));
  if (fresh.length === 0) return [];
  return [
    foundIn(change, {
      section,
      severity: "critical",
      rule: "acl-public",
      title: "an ACL lets in anybody",
      details: fresh,
      identity: fresh.join(),
      explains: ["acl", "grant", "access_control_policy"],
    }),
  ];
}

function ownership(change: Change, index: PlanIndex): readonly Found[] {
  if (change.type !== "aws_s3_bucket_ownership_controls" || change.action === "no-op") return [];
  const ownerOf = (values: JsonObject | null) => blocksOf(values, "rule")[0]?.object_ownership;
  if (ownerOf(change.before) !== "BucketOwnerEnforced" || ownerOf(change.after) === "BucketOwnerEnforced") return [];
  const bucket = index.target(change, "bucket", ["aws_s3_bucket"]);
  if (bucket && isRemoved(bucket)) return [];
  return [
    foundIn(change, {
      section,
      severity: "high",
      rule: "acls-enabled",
      title: "ACLs of the bucket and its objects count again",
      details: [`before: ${String(ownerOf(change.before))}`],
      explains: ["rule"],
    }),
  ];
}

/** Nearly all addresses, also where somebody wrote them as two halves. */
const isAnyAddress = (cidr: Json): boolean => {
  const [address = "", bits = ""] = String(cidr).split("/");
  if (bits === "") return false;
  return Number(bits) < (address.includes(":") ? 16 : 8);
};

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** The openings to anybody that a security group or a rule of one makes, as `tcp 22 from 0.0.0.0/0`. */
function openingsOf(type: string, values: JsonObject | null): readonly string[] {
  if (!values) return [];
  const opening = (rule: JsonObject, cidrs: readonly Json[]) => {
    const protocol = String(rule.protocol ?? rule.ip_protocol ?? "");
    const [from, to] = [rule.from_port ?? null, rule.to_port ?? null];
    const ports = protocol === "-1" ? "all ports" : from === to ? String(from) : `${String(from)}–${String(to)}`;
    return cidrs
      .filter(isAnyAddress)
      .map((cidr) => `${protocol === "-1" ? "any protocol" : protocol} ${ports} from ${String(cidr)}`);
  };
  switch (type) {
    case "aws_security_group":
    case "aws_default_security_group":
      return blocksOf(values, "ingress").flatMap((rule) =>
        opening(rule, [...list(rule.cidr_blocks), ...list(rule.ipv6_cidr_blocks)]),
      );
    case "aws_security_group_rule":
      return values.type === "ingress"
        ? opening(values, [...list(values.cidr_blocks), ...list(values.ipv6_cidr_blocks)])
        : [];
    case "aws_vpc_security_group_ingress_rule":
      return opening(values, [values.cidr_ipv4 ?? "", values.cidr_ipv6 ?? ""]);
    default:
      return [];
  }
}

function openings(change: Change): readonly Found[] {
  if (!change.type.includes("security_group") || change.action === "no-op") return [];
  const formerly = new Set(openingsOf(change.type, change.before));
  const fresh = [...new Set(openingsOf(change.type, change.after))].filter((opening) => !formerly.has(opening));
  if (fresh.length === 0) return [];
  return [
    foundIn(change, {
      section,
      severity: "critical",
      rule: "network-open",
      title: "anybody's address is let in",
      details: fresh,
      identity: fresh.join(),
      explains: ["ingress", "cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"],
    }),
  ];
}

/** Attributes that list who may have a copy, and the entries that mean anybody. */
const sharing: Readonly<Record<string, readonly [attribute: string, everybody: string]>> = {
  aws_ami_launch_permission: ["group", "all"],
  aws_db_snapshot: ["shared_accounts", "all"],
  aws_db_cluster_snapshot: ["shared_accounts", "all"],
  aws_db_snapshot_copy: ["shared_accounts", "all"],
  aws_ssm_document: ["permissions", "all"],
};

function shared(change: Change): readonly Found[] {
  const [attribute, everybody] = (Object.hasOwn(sharing, change.type) ? sharing[change.type] : undefined) ?? [];
  if (!attribute || !everybody || !change.after || change.action === "no-op") return [];
  const isShared = (values: JsonObject | null) =>
    new RegExp(`(^|[",])${everybody}([",]|$)`, "i").test(
      typeof values?.[attribute] === "string" ? values[attribute] : JSON.stringify(values?.[attribute] ?? null),
    );
  if (!isShared(change.after) || isShared(change.before)) return [];
  return [
    foundIn(change, {
      section,
      severity: "critical",
      rule: "made-public",
      title: "it is shared with everybody",
      details: [turn(change, [attribute])],
      identity: attribute,
      explains: [attribute],
    }),
  ];
}

/** Public websites: what makes the objects readable is a policy or ACL, which is told of by itself. */
function websites(change: Change): readonly Found[] {
  if (change.type !== "aws_s3_bucket_website_configuration" || change.action !== "create") return [];
  const title = "the bucket becomes a website, without TLS: what its policy lets anybody read is served";
  return [foundIn(change, { section, severity: "medium", rule: "website-added", title, explains: ["bucket"] })];
}

/** Who gets the messages of a topic that was there. */
function receivers(change: Change, index: PlanIndex): readonly Found[] {
  if (change.type !== "aws_sns_topic_subscription" || change.action !== "create") return [];
  const topic = index.target(change, "topic_arn", ["aws_sns_topic"]);
  if (topic?.action === "create") return [];
  return [
    foundIn(change, {
      section,
      severity: "medium",
      rule: "subscription-added",
      title: "another address gets the topic's messages",
      details: ["protocol", "endpoint"].map((name) => `${name}: ${shown(change, "after", [name])}`),
    }),
  ];
}

const WEAKER_SIGN_IN: Readonly<Record<string, number>> = { OFF: 0, OPTIONAL: 1, ON: 2 };

/** What people must show to sign in, and where they are sent with what they get. */
function signIn(change: Change): readonly Found[] {
  const { before, after, action, type } = change;
  if (!before || !after || action === "no-op") return [];
  const found = (rule: string, title: string, name: string) =>
    foundIn(change, { section, severity: "high", rule, title, details: [turn(change, [name])], explains: [name] });
  const strength = (value: Json | undefined) => WEAKER_SIGN_IN[String(value ?? "OFF")] ?? 0;
  if (type === "aws_cognito_user_pool" && !isMarkedWithin(change.afterUnknown, ["mfa_configuration"])) {
    return strength(after.mfa_configuration) < strength(before.mfa_configuration)
      ? [
          found(
            "sign-in-weakened",
            "people sign in with less: a second factor is no longer asked for",
            "mfa_configuration",
          ),
        ]
      : [];
  }
  const formerly = new Set(list(before.callback_urls));
  const fresh = list(after.callback_urls).filter((url) => !formerly.has(url));
  if (type !== "aws_cognito_user_pool_client" || fresh.length === 0) return [];
  return [
    found("callback-added", "people who sign in may be sent, with their tokens, to another address", "callback_urls"),
  ];
}

const settings: readonly ((change: Change, index: PlanIndex) => readonly Found[])[] = [
  publicAccessBlock,
  acl,
  ownership,
  openings,
  switchedOpen,
  shared,
  otherCloudsOpened,
  websites,
  receivers,
  signIn,
];

/** What settings let in that were closed: buckets, networks, databases, guests. */
export function exposedSettings(index: PlanIndex): readonly Found[] {
  const found: Found[] = [];
  for (const change of index.changing) {
    for (const openedBy of settings) found.push(...openedBy(change, index));
  }
  return found;
}
