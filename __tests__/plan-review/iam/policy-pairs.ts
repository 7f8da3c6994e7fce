import fc from "fast-check";
import type { Caller, Policy, Statement, Universe } from "./oracle";

const own = "111122223333";
const foreign = "999988887777";
const role = (name: string): string => `arn:aws:iam::${own}:role/${name}`;
const session = (name: string, of: string): string => `arn:aws:sts::${own}:assumed-role/${of}/${name}`;

const actions = [
  "s3:GetObject",
  "S3:getobject",
  "s3:PutObject",
  "s3:Get*",
  "s3:*Object",
  "s3:G?tObject",
  "s3:GetObject*",
  "s3:?*",
  "s3:*",
  "sqs:SendMessage",
  "sqs:*",
  "s*:*",
  "*:*",
  "*",
];

const resources = [
  "*",
  "?*",
  "arn:aws:s3:::b",
  "arn:aws:s3:::b/*",
  "arn:aws:s3:::b/a*",
  "arn:aws:s3:::b/?",
  "arn:aws:s3:::*",
  "arn:aws:s3:::b/${aws:username}/*",
  "arn:aws:s3:::b/${aws:username}/a*",
  `arn:aws:sqs:eu-west-1:${own}:q`,
  `arn:aws:sqs:*:${own}:q`,
  "arn:aws:sqs:eu-west-1:*:q",
  `arn:aws:sqs:eu-*-1:${own}:q`,
  "arn:aws:s*",
];

const principals: readonly NonNullable<Statement["Principal"]>[] = [
  "*",
  { AWS: "*" },
  { AWS: own },
  { AWS: `arn:aws:iam::${own}:root` },
  { AWS: role("One") },
  { AWS: role("Two") },
  { AWS: [role("One"), role("Two")] },
  { AWS: session("s", "One") },
  { AWS: `arn:aws:iam::${own}:user/Bob` },
  { AWS: [foreign, role("One")] },
  { Service: "lambda.amazonaws.com" },
  { Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] },
  { AWS: own, Service: "ec2.amazonaws.com" },
  { Federated: "accounts.google.com" },
];

const notPrincipals: readonly NonNullable<Statement["NotPrincipal"]>[] = [
  { AWS: [role("One"), own] },
  { AWS: [role("One"), role("Two"), `arn:aws:iam::${own}:root`] },
  { AWS: [role("One")] },
  { AWS: [session("s", "One"), role("One"), own] },
  { Service: "lambda.amazonaws.com" },
];

type Condition = NonNullable<Statement["Condition"]>;

const line = (operator: string, key: string, values: string | readonly string[]): Condition => ({
  [operator]: { [key]: values },
});

const conditions: readonly Condition[] = [
  ...["IpAddress", "NotIpAddress", "IpAddressIfExists"].flatMap((operator) =>
    ["10.0.0.0/8", "10.1.0.0/16", ["10.0.0.0/9", "10.128.0.0/9"], "0.0.0.0/0", ["2001:db8::/32", "10.1.0.0/16"]].map(
      (values) => line(operator, "aws:SourceIp", values),
    ),
  ),
  ...[
    "Equals",
    "NotEquals",
    "LessThan",
    "LessThanEquals",
    "GreaterThan",
    "GreaterThanEquals",
    "LessThanIfExists",
  ].flatMap((comparison) =>
    ["5", "5.0", ["5", "10"]].map((values) => line(`Numeric${comparison}`, "aws:MultiFactorAuthAge", values)),
  ),
  ...["LessThan", "GreaterThanEquals", "NotEquals"].flatMap((comparison) =>
    ["2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"].map((value) =>
      line(`Date${comparison}`, "aws:CurrentTime", value),
    ),
  ),
  ...["Bool", "BoolIfExists"].flatMap((operator) =>
    ["true", "false", ["true", "false"]].map((values) => line(operator, "aws:SecureTransport", values)),
  ),
  ...[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringEqualsIfExists",
  ].flatMap((operator) =>
    ["o-a", ["o-a", "o-b"], "o-*", "*", "O-A"].map((values) => line(operator, "aws:PrincipalOrgID", values)),
  ),
  ...[
    "ForAllValues:StringEquals",
    "ForAnyValue:StringEquals",
    "ForAllValues:StringNotEquals",
    "ForAnyValue:StringNotLike",
  ].flatMap((operator) => ["a", ["a", "b"], "*"].map((values) => line(operator, "aws:TagKeys", values))),
  ...["ArnLike", "ArnNotLike", "ArnEqualsIfExists"].flatMap((operator) =>
    [`arn:aws:sns:*:${own}:t`, `arn:aws:sns:eu-west-1:${own}:*`, "arn:aws:sns:*:*:*"].map((values) =>
      line(operator, "aws:SourceArn", values),
    ),
  ),
  ...["aws:PrincipalOrgID", "aws:TagKeys", "aws:SourceIp"].flatMap((key) =>
    ["true", "false"].map((value) => line("Null", key, value)),
  ),
];

const caller = (id: string, account: string, sessionArn?: string): Caller => ({ type: "AWS", id, account, sessionArn });

/** A request of each kind that the policies above can tell apart. */
export const universe: Universe = {
  callers: [
    caller(`arn:aws:iam::${own}:root`, own),
    caller(role("One"), own),
    caller(role("One"), own, session("s", "One")),
    caller(role("One"), own, session("t", "One")),
    caller(role("Two"), own),
    caller(role("Two"), own, session("s", "Two")),
    caller(role("Three"), own),
    caller(`arn:aws:iam::${own}:user/Bob`, own),
    caller(`arn:aws:iam::${foreign}:role/One`, foreign),
    caller("arn:aws:iam::555566667777:role/One", "555566667777"),
    { type: "Service", id: "lambda.amazonaws.com" },
    { type: "Service", id: "ec2.amazonaws.com" },
    { type: "Service", id: "sns.amazonaws.com" },
    { type: "Federated", id: "accounts.google.com" },
    { type: "Federated", id: "other" },
  ],
  actions: [
    ...[
      "GetObject",
      "GetZz",
      "GetObjectZz",
      "GetZzObject",
      "GetObjectZzObject",
      "GztObject",
      "PutObject",
      "ZzObject",
      "Zz",
      "Object",
    ].map((name) => `s3:${name}`),
    "sqs:SendMessage",
    "sqs:Zz",
    "s:Zz",
    "zz:Zz",
  ],
  resources: [
    "*",
    "zz",
    ...[
      "b",
      "b/",
      "b/a",
      "b/ab",
      "b/z",
      "b/zz",
      "b/alice/z",
      "b/alice/a",
      "b/bob/z",
      "b/bob/a",
      "b/alice/",
      "zz",
      "b/${aws:username}/a",
      "b/${aws:username}/z",
    ].map((path) => `arn:aws:s3:::${path}`),
    ...["eu-west-1", "eu-zz-1", "zz"].flatMap((region) =>
      [own, foreign].flatMap((account) => ["q", "zz"].map((name) => `arn:aws:sqs:${region}:${account}:${name}`)),
    ),
    // A star that ends a part of an ARN may reach beyond it.
    `arn:aws:sqs:eu-west-1:zz:${own}:q`,
    `arn:aws:sqs:eu-zz-1:zz:${own}:q`,
    `arn:aws:sqs:eu-west-1:${own}:zz:q`,
    `arn:aws:sqs:zz:zz:${own}:q`,
    "arn:aws:sns:zz:zz:zz",
    "arn:aws:lambda:zz:zz:zz",
    "arn:aws:zz:zz:zz:zz",
  ],
  keys: {
    "aws:username": [undefined, ["alice"], ["bob"], ["zoe"], ["a"]],
    "aws:sourceip": [
      undefined,
      ["10.0.0.1"],
      ["10.1.0.1"],
      ["10.200.0.1"],
      ["11.0.0.1"],
      ["2001:db8::1"],
      ["2001:db9::1"],
    ],
    "aws:multifactorauthage": [undefined, ["1"], ["5"], ["7"], ["10"], ["20"]],
    "aws:currenttime": [
      undefined,
      ...[
        "2029-01-01T00:00:00Z",
        "2030-01-01T00:00:00Z",
        "2030-06-01T00:00:00Z",
        "2031-01-01T00:00:00Z",
        "2032-01-01T00:00:00Z",
      ].map((time) => [time]),
    ],
    "aws:securetransport": [undefined, ["true"], ["false"]],
    "aws:principalorgid": [
      undefined,
      ...["o-a", "o-b", "o-z", "O-A", "O-B", "O-z", "*", "o-*", "O-*", "o-A", "o-B", "z"].map((id) => [id]),
    ],
    "aws:tagkeys": [
      undefined,
      ["a"],
      ["b"],
      ["z"],
      ["a", "b"],
      ["a", "z"],
      ["b", "z"],
      ["a", "b", "z"],
      ["*"],
      ["a", "*"],
      ["b", "*"],
      ["*", "z"],
    ],
    "aws:sourcearn": [
      undefined,
      ...["eu-west-1", "zz"].flatMap((region) =>
        [own, foreign].flatMap((account) => ["t", "zz"].map((name) => [`arn:aws:sns:${region}:${account}:${name}`])),
      ),
      ["arn:aws:sqs:zz:zz:zz"],
      ["zz"],
    ],
  },
};

export type Use = "identity" | "resource";

const from = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(values: readonly T[], maxLength = 3): fc.Arbitrary<T[]> =>
  fc.array(from(values), { minLength: 1, maxLength });

function merged(lines: readonly Condition[]): Condition {
  const all: Record<string, Record<string, string | readonly string[]>> = {};
  for (const [operator, byKey] of lines.flatMap((one) => Object.entries(one))) {
    all[operator] = { ...all[operator], ...byKey };
  }
  return all;
}

const effects = fc.constantFrom("Allow" as const, "Allow" as const, "Deny" as const);

const statement = (use: Use): fc.Arbitrary<Statement> =>
  fc
    .record({
      effect: effects,
      isNotAction: fc.integer({ min: 0, max: 9 }),
      isNotResource: fc.integer({ min: 0, max: 9 }),
      isNotPrincipal: fc.integer({ min: 0, max: 4 }),
      action: some(actions),
      resource: some(resources),
      principal: from(principals),
      notPrincipal: from(notPrincipals),
      lines: fc.array(from(conditions), { maxLength: 2 }),
      isConditional: fc.boolean(),
    })
    .map(
      (drawn): Statement => ({
        Effect: drawn.effect,
        ...(use === "identity"
          ? {}
          : drawn.isNotPrincipal === 0
            ? { NotPrincipal: drawn.notPrincipal }
            : { Principal: drawn.principal }),
        ...(drawn.isNotAction === 0 ? { NotAction: drawn.action } : { Action: drawn.action }),
        ...(drawn.isNotResource === 0 ? { NotResource: drawn.resource } : { Resource: drawn.resource }),
        ...(drawn.isConditional && drawn.lines.length > 0 ? { Condition: merged(drawn.lines) } : {}),
      }),
    );

/** Turns a policy into one that is nearly the same. */
type Mutation = (policy: Policy) => Policy;

const withStatements = (policy: Policy, change: (those: readonly Statement[]) => readonly Statement[]): Policy => ({
  ...policy,
  Statement: change(policy.Statement),
});

const atOne =
  (at: number, change: (one: Statement) => readonly Statement[]): Mutation =>
  (policy) =>
    withStatements(policy, (those) =>
      those.flatMap((one, index) => (index === at % those.length ? change(one) : [one])),
    );

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : [value].flat();

/** Changes one of the lists of a statement, whichever of the two names it goes by. */
function onList(name: "Action" | "Resource", change: (values: readonly string[]) => readonly string[]) {
  return (one: Statement): Statement => {
    const key = one[name] === undefined ? (`Not${name}` as const) : name;
    const values = change(listOf(one[key]));
    return values.length > 0 ? { ...one, [key]: values } : one;
  };
}

function split(one: Statement): readonly Statement[] {
  const list = listOf(one.Action);
  return list.length > 1
    ? [
        { ...one, Action: list[0] },
        { ...one, Action: list.slice(1) },
      ]
    : [one, { ...one, Sid: "Again" }];
}

function withCondition(one: Statement, extra: Condition): Statement {
  return { ...one, Condition: merged([one.Condition ?? {}, extra]) };
}

function withoutCondition(one: Statement): Statement {
  const { Condition, ...rest } = one;
  const [, ...left] = Object.entries(Condition ?? {});
  return left.length > 0 ? { ...rest, Condition: Object.fromEntries(left) } : rest;
}

function otherOperator(one: Statement, ifExists: boolean): Statement {
  const [first, ...rest] = Object.entries(one.Condition ?? {});
  if (!first || first[0].includes(":") || first[0] === "Null") return one;
  const bare = first[0].replace("IfExists", "");
  return { ...one, Condition: Object.fromEntries([...rest, [ifExists ? `${bare}IfExists` : bare, first[1]]]) };
}

function withOtherCase(one: Statement): Statement {
  const condition = Object.entries(one.Condition ?? {}).map(([operator, byKey]) => [
    operator,
    Object.fromEntries(Object.entries(byKey).map(([key, values]) => [key.toUpperCase(), values])),
  ]);
  return {
    ...onList("Action", (values) => values.map((value) => value.toUpperCase()))(one),
    ...(one.Condition ? { Condition: Object.fromEntries(condition) } : {}),
  };
}

const mutation = (use: Use): fc.Arbitrary<Mutation> =>
  fc
    .record({
      kind: fc.integer({ min: 0, max: 17 }),
      at: fc.nat(3),
      action: from(actions),
      resource: from(resources),
      condition: from(conditions),
      added: statement(use),
      principal: from(principals),
      flag: fc.boolean(),
    })
    .map(({ kind, at, action, resource, condition, added, principal, flag }): Mutation => {
      const alter = (change: (one: Statement) => Statement): Mutation => atOne(at, (one) => [change(one)]);
      const mutations: readonly Mutation[] = [
        (policy) => withStatements(policy, (those) => [...those].reverse()),
        (policy) => withStatements(policy, (those) => [...those, added]),
        (policy) =>
          withStatements(policy, (those) =>
            those.length > 1 ? those.filter((_, index) => index !== at % those.length) : those,
          ),
        atOne(at, split),
        alter(onList("Action", (values) => [...values, action])),
        alter(onList("Action", (values) => values.slice(1))),
        alter(onList("Action", (values) => [action, ...values.slice(1)])),
        alter(onList("Resource", (values) => [...values, resource])),
        alter(onList("Resource", (values) => values.slice(1))),
        alter(onList("Resource", (values) => [resource, ...values.slice(1)])),
        alter((one) => withCondition(one, condition)),
        alter(withoutCondition),
        alter((one) => otherOperator(one, flag)),
        alter(withOtherCase),
        alter(onList("Action", (values) => [...values, ...values].reverse())),
        alter((one) => (one.Principal ? { ...one, Principal: principal } : one)),
        alter((one) =>
          flag ? { ...one, Effect: one.Effect === "Allow" ? "Deny" : "Allow" } : { ...one, Sid: "Renamed" },
        ),
        (policy) => ({ ...policy, Version: flag ? "2008-10-17" : "2012-10-17" }),
      ];
      return mutations[kind] as Mutation;
    });

export interface PolicyPair {
  readonly use: Use;
  readonly before: Policy;
  readonly after: Policy;
}

/** A policy and one that is nearly the same, in either order. */
export const policyPair: fc.Arbitrary<PolicyPair> = fc.constantFrom<Use>("identity", "resource").chain((use) =>
  fc
    .record({
      statements: fc.array(statement(use), { minLength: 1, maxLength: 3 }),
      mutations: fc.array(mutation(use), { minLength: 1, maxLength: 3 }),
      isTurned: fc.boolean(),
    })
    .map(({ statements, mutations, isTurned }) => {
      const one: Policy = { Version: "2012-10-17", Statement: statements };
      const other = mutations.reduce((policy, mutate) => mutate(policy), one);
      return { use, before: isTurned ? other : one, after: isTurned ? one : other };
    }),
);
