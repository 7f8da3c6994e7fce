import { isIP } from "node:net";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { Principal, Statement } from "../iam/policy-document";
import { PropError } from "../terraform/props";
import { Stack } from "../terraform/stack";
import type { Endpoint, RouteDefinition } from "./definition";

/** Where requests come from, or whose they are: one of these. */
export type RequestSource =
  /** Addresses or blocks of them: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::/32`. */
  | { readonly sourceIps: readonly string[] }
  /** VPCs that a private API is called from: `vpc-0123456789abcdef0`. */
  | { readonly vpcIds: readonly string[] }
  /** VPC endpoints that a private API is called through: `vpce-0123456789abcdef0`. */
  | { readonly vpcEndpointIds: readonly string[] }
  /** Users and roles by ARN, and accounts by their 12 digits. */
  | { readonly principals: readonly string[] };

/**
 * Who may call an API at all, before its methods are asked.
 *
 * - `allow`: only requests from one of these sources; every other is denied, also one that IAM would let in. AWS lets an identity of the API's own
 *   account in where either the resource policy or the identity's own allows it, so a mere Allow would keep nobody out.
 * - `deny`: no request from any of these, whatever else is allowed.
 *
 * With authorization by IAM, callers of other accounts need both this policy's Allow, which `principals` gives, and their own.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export interface ResourcePolicy {
  /**
   * At least one. A private API takes requests through its own VPC endpoints alone, and through those that are named here.
   * @default - every source; of a private API, its VPC endpoints
   */
  readonly allow?: readonly RequestSource[];
  /**
   * At least one.
   * @default - no source
   */
  readonly deny?: readonly RequestSource[];
}

type Conditions = NonNullable<Statement["conditions"]>;

/** A source, as the statements that allow and deny it say it. */
interface Match {
  /** @default - whoever the methods let in */
  readonly principal?: Principal;
  /** What is true of a request from the source. */
  readonly is: Conditions;
  /** What is true of every other request. */
  readonly isNot: Conditions;
}

const invoke = { actions: ["execute-api:Invoke"] } as const;
const everything = { ...invoke, resources: ["*"] } as const;

/**
 * The statements of an API's policy, once its routes are known; none where whoever the methods let in may come. A private API needs one that
 * allows: without it, or with a Deny alone, nobody gets through.
 * @param routes of the API; may grow until the statements are asked for
 * @throws PropError for an address, id or ARN that is malformed, and for a source that requests to such an endpoint do not have
 */
export function policyFor(
  api: Construct,
  policy: ResourcePolicy | undefined,
  endpoint: Endpoint,
  routes: readonly RouteDefinition[],
): (() => readonly Statement[]) | undefined {
  const { allow, deny } = policy ?? {};
  if (endpoint.type === "REGIONAL" && !allow && !deny) return undefined;
  for (const [prop, sources] of Object.entries({ allow, deny })) {
    if (sources?.length !== 0) continue;
    throw new PropError(api, `policy.${prop}`, "at least one source", sources, "Leave it out to name none");
  }
  const ownEndpoints = endpoint.type === "PRIVATE" ? [endpointMatch(api, endpoint.vpcEndpointIds)] : [];
  const allowed = allow?.map((source) => matchOf(api, "policy.allow", source, endpoint)) ?? ownEndpoints;
  const denied = (deny ?? []).map((source) => matchOf(api, "policy.deny", source, endpoint));
  const others = [
    ...denyUnless("DenyOthers", allowed),
    // An address in a VPC is not one of a kind: without this, any VPC of anybody that has the same could come in.
    ...(endpoint.type === "PRIVATE" && allow?.every(isOfVpc) === false
      ? denyUnless("DenyOtherEndpoints", [...ownEndpoints, ...allowed.filter((_, at) => isOfVpc(allow[at]))])
      : []),
  ];
  const { partition, account } = Stack.of(api);
  const identities = { AWS: `arn:${partition}:iam::${account}:root` };
  return () => [
    ...(allowed.length > 0 ? allowed : [anybody]).flatMap((match) => allows(match, identities, routes, endpoint)),
    ...others,
    ...denied.map(({ principal, is }, at) => ({
      ...everything,
      sid: `Deny${at}`,
      effect: "Deny" as const,
      principal: principal ?? ("*" as const),
      conditions: emptyAsNone(is),
    })),
  ];
}

const isOfVpc = (source: RequestSource | undefined): boolean =>
  source !== undefined && ("vpcIds" in source || "vpcEndpointIds" in source);

/** Denies every request that is from none of the sources; nothing where there are none. All its conditions must hold at once. */
const denyUnless = (sid: string, sources: readonly Match[]): readonly Statement[] =>
  sources.length === 0
    ? []
    : [{ ...everything, sid, effect: "Deny", principal: "*", conditions: merged(sources.map(({ isNot }) => isNot)) }];

/**
 * What lets a source in, and no more. An Allow for everybody would let each identity of the account call methods that it has no grant for: so
 * where IAM decides, the Allow names the account, which hands the question on to the identity's own policy; and where a function decides, there is
 * none, as its answer is enough.
 */
function allows(
  { principal, is }: Match,
  identities: Principal,
  routes: readonly RouteDefinition[],
  endpoint: Endpoint,
): readonly Statement[] {
  const conditions = emptyAsNone(is);
  if (principal) return [{ ...everything, principal }];
  const open = routes.filter((route) => needsAllow(route, endpoint));
  const byIam = routes.some(({ authorization }) => authorization === "AWS_IAM");
  return [
    ...(byIam ? [{ ...everything, principal: identities, conditions }] : []),
    ...(open.length > 0
      ? [
          {
            ...invoke,
            principal: "*" as const,
            resources: open.length === routes.length ? ["*"] : open.map(pathOf),
            conditions,
          },
        ]
      : []),
  ];
}

/**
 * Methods that anyone may call, and those of a user pool, are denied unless the policy allows them; in a private API those that a function decides
 * about as well. The function must then deny by a Deny, as those in handlers/ do.
 */
const needsAllow = ({ authorization }: RouteDefinition, { type }: Endpoint): boolean =>
  authorization === "NONE" ||
  (typeof authorization === "object" && (type === "PRIVATE" || authorization.authorizer.type === "COGNITO_USER_POOLS"));

/** A method in every stage; `{parameters}` stand for anything. */
const pathOf = ({ httpMethod, path }: RouteDefinition): string => `*/${httpMethod}${path.replace(/\{[^}]+\}/g, "*")}`;

/** Whoever the methods let in. */
const anybody: Match = { is: {}, isNot: {} };

const emptyAsNone = (conditions: Conditions): Conditions | undefined =>
  Object.keys(conditions).length > 0 ? conditions : undefined;

/** The VPC endpoints that a private API is reached through. */
function endpointMatch(api: Construct, vpcEndpointIds: readonly string[]): Match {
  const prop = "endpoint.vpcEndpointIds";
  if (vpcEndpointIds.length === 0) throw new PropError(api, prop, "at least one VPC endpoint", vpcEndpointIds);
  return vpcMatch(api, prop, { vpcEndpointIds });
}

function matchOf(api: Construct, prop: string, source: RequestSource, endpoint: Endpoint): Match {
  const isPrivate = endpoint.type === "PRIVATE";
  if ("sourceIps" in source) {
    const values = source.sourceIps;
    requireEach(api, prop, values, isAddressBlock, "IP addresses or blocks of them, such as 198.51.100.0/24");
    // Behind a VPC endpoint the public address is nobody's.
    const key = isPrivate ? "aws:VpcSourceIp" : "aws:SourceIp";
    return { is: { IpAddress: { [key]: values } }, isNot: { NotIpAddress: { [key]: values } } };
  }
  if ("principals" in source) return principalMatch(api, prop, source.principals);
  const match = vpcMatch(api, prop, source);
  if (!isPrivate)
    throw new PropError(api, prop, "of addresses and principals, since only private APIs are called from VPCs", source);
  return match;
}

function vpcMatch(
  api: Construct,
  prop: string,
  source: Extract<RequestSource, { readonly vpcIds: unknown } | { readonly vpcEndpointIds: unknown }>,
): Match {
  const [key, values, pattern] =
    "vpcIds" in source
      ? (["aws:SourceVpc", source.vpcIds, /^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/] as const)
      : (["aws:SourceVpce", source.vpcEndpointIds, /^vpce-([0-9a-f]{8}|[0-9a-f]{17})$/] as const);
  const what =
    "vpcIds" in source ? "VPCs, such as vpc-0123456789abcdef0" : "VPC endpoints, such as vpce-0123456789abcdef0";
  requireEach(api, prop, values, (value) => Token.isUnresolved(value) || pattern.test(value), `ids of ${what}`);
  return { is: { StringEquals: { [key]: values } }, isNot: { StringNotEquals: { [key]: values } } };
}

function principalMatch(api: Construct, prop: string, principals: readonly string[]): Match {
  const isAccount = (value: string): boolean => /^\d{12}$/.test(value);
  const isIdentity = (value: string): boolean => /^arn:[\w-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/.test(value);
  requireEach(
    api,
    prop,
    principals,
    (value) => isAccount(value) || isIdentity(value),
    "accounts of 12 digits, or ARNs of users and roles, such as arn:aws:iam::123456789012:role/Reader",
  );
  const { partition } = Stack.of(api);
  const accounts = principals.filter(isAccount);
  const identities = principals.filter(isIdentity);
  return {
    principal: {
      AWS: [...accounts.map((account) => `arn:${partition}:iam::${account}:root`), ...identities],
    },
    is: {},
    isNot: {
      ...(accounts.length > 0 && { StringNotEquals: { "aws:PrincipalAccount": accounts } }),
      ...(identities.length > 0 && { ArnNotEquals: { "aws:PrincipalArn": identities } }),
    },
  };
}

/** Conditions that must all hold. Values of the same key come together: that none is equal is asked of all of them. */
function merged(all: readonly Conditions[]): Conditions {
  const result = new Map<string, Map<string, string[]>>();
  for (const [operator, byKey] of all.flatMap((conditions) => Object.entries(conditions))) {
    const keys = result.get(operator) ?? new Map<string, string[]>();
    for (const [key, values] of Object.entries(byKey)) keys.set(key, [...(keys.get(key) ?? []), ...[values].flat()]);
    result.set(operator, keys);
  }
  return Object.fromEntries([...result].map(([operator, keys]) => [operator, Object.fromEntries(keys)]));
}

function requireEach(
  api: Construct,
  prop: string,
  values: readonly string[],
  isGood: (value: string) => boolean,
  rule: string,
): void {
  if (values.length === 0) throw new PropError(api, prop, `at least one of ${rule}`, values);
  const bad = values.find((value) => !isGood(value));
  if (bad !== undefined) throw new PropError(api, prop, rule, bad);
}

/** Whether a text is an address, or a block in CIDR notation whose length fits the kind of address. */
function isAddressBlock(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}
