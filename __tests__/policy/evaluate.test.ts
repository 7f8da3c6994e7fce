import { statementsOf } from "../../policy/document";
import {
  contextKeysOf,
  type Decision,
  evaluate,
  type NamedPolicy,
  type Policies,
  type PolicyRequest,
} from "../../policy/evaluate";

const account = "111122223333";
const queue = `arn:aws:sqs:eu-west-1:${account}:orders`;
const role = `arn:aws:iam::${account}:role/Sender`;

type Statement = Readonly<Record<string, unknown>>;

const policy = (name: string, ...statements: Statement[]): NamedPolicy => ({
  name,
  statements: statementsOf(JSON.stringify({ Version: "2012-10-17", Statement: statements })),
});

const allow = (more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action: "sqs:SendMessage",
  Resource: queue,
  ...more,
});
const deny = (more: Statement = {}): Statement => allow({ Effect: "Deny", ...more });

const request = (more: Partial<PolicyRequest> = {}): PolicyRequest => ({
  requester: { arn: role, accountId: account },
  action: "sqs:SendMessage",
  resource: queue,
  context: { "aws:PrincipalArn": role },
  ...more,
});

const byIdentity = (statement: Statement, more?: Partial<PolicyRequest>): Decision["outcome"] =>
  evaluate(request(more), { identity: [policy("identity", statement)] }).outcome;

const byResource = (statement: Statement, more?: Partial<PolicyRequest>): Decision["outcome"] =>
  evaluate(request(more), { identity: [], resource: policy("resource", statement) }).outcome;

describe("which policy decides", () => {
  const service = { requester: { service: "cloudwatch.amazonaws.com" }, context: {} };

  test("nothing is allowed unless a policy allows it", () => {
    expect(evaluate(request(), { identity: [] })).toEqual({ outcome: "implicit deny", lacking: "identity-based" });
    expect(evaluate(request(service), { identity: [] })).toEqual({
      outcome: "implicit deny",
      lacking: "resource-based",
    });
  });

  test("an Allow of either side is enough, and every statement that allows is named", () => {
    const identity = [policy("A", allow({ Resource: "*" })), policy("B", allow({ Sid: "Send", Action: "sqs:Send*" }))];
    const resource = policy("Q", allow({ Principal: { AWS: role } }));
    expect(evaluate(request(), { identity }).outcome).toBe("allow");
    expect(evaluate(request(), { identity: [], resource }).outcome).toBe("allow");
    expect(evaluate(request(), { identity, resource })).toMatchObject({
      outcome: "allow",
      by: [
        { kind: "identity-based", policy: "A", sidOrIndex: "0", actions: ["sqs:SendMessage"], resources: ["*"] },
        { kind: "identity-based", policy: "B", sidOrIndex: "Send", actions: ["sqs:Send*"], resources: [queue] },
        { kind: "resource-based", policy: "Q", sidOrIndex: "0" },
      ],
    });
  });

  test("a Deny of either side wins over any Allow", () => {
    const allowing = { identity: [policy("A", allow())], resource: policy("Q", allow({ Principal: "*" })) };
    const byIdentityPolicy = { ...allowing, identity: [...allowing.identity, policy("D", allow(), deny())] };
    expect(evaluate(request(), byIdentityPolicy)).toMatchObject({
      outcome: "explicit deny",
      by: [{ kind: "identity-based", policy: "D", sidOrIndex: "1" }],
    });
    const resource = policy("Q", allow({ Principal: "*" }), deny({ Sid: "Nobody", Principal: { AWS: account } }));
    expect(evaluate(request(), { ...allowing, resource })).toMatchObject({
      outcome: "explicit deny",
      by: [{ kind: "resource-based", policy: "Q", sidOrIndex: "Nobody" }],
    });
  });

  test.each([account, `arn:aws:iam::${account}:root`])(
    "a resource's policy that allows %s leaves it to the identity's own",
    (AWS) => {
      const resource = policy("Q", allow({ Principal: { AWS } }));
      expect(evaluate(request(), { identity: [], resource }).outcome).toBe("implicit deny");
      expect(evaluate(request(), { identity: [policy("A", allow())], resource }).outcome).toBe("allow");
    },
  );

  test("where the resource's policy must agree, an identity policy alone is not enough", () => {
    const identity = [policy("A", allow())];
    const decide = (own: readonly NamedPolicy[], Principal: unknown) =>
      evaluate(request(), {
        identity: own,
        resource: policy("Q", allow({ Principal })),
        needsResourcePolicy: true,
      });
    expect(evaluate(request(), { identity, needsResourcePolicy: true })).toMatchObject({ lacking: "resource-based" });
    expect(decide(identity, { AWS: `${role}2` })).toMatchObject({ lacking: "resource-based" });
    expect(decide([], { AWS: account })).toMatchObject({ lacking: "identity-based" });
    expect(decide(identity, { AWS: account }).outcome).toBe("allow");
    expect(decide([], { AWS: role }).outcome).toBe("allow");
  });
});

test.each<[Statement, string, boolean]>([
  [{ Action: "SQS:sendmessage" }, "case", true],
  [{ Action: "*" }, "everything", true],
  [{ Action: "sqs:*" }, "the service", true],
  [{ Action: "sqs:Send?essage" }, "one character", true],
  [{ Action: "sqs:SendMessage?" }, "one character too many", false],
  [{ Action: "sqs:Send" }, "a beginning", false],
  [{ Action: ["sns:Publish", "sqs:SendMessage"] }, "one of several", true],
  [{ Action: undefined, NotAction: "sqs:Delete*" }, "all but others", true],
  [{ Action: undefined, NotAction: ["sqs:Delete*", "sqs:Send*"] }, "all but this", false],
])("actions: %j (%s)", (more, _, isAllowed) => {
  expect(byIdentity(allow(more))).toBe(isAllowed ? "allow" : "implicit deny");
});

test.each<[Statement, string, boolean]>([
  [{ Resource: queue.toUpperCase() }, "another case", false],
  [{ Resource: "*" }, "everything", true],
  [{ Resource: "arn:aws:sqs:*" }, "an end that goes on past the colon", true],
  [{ Resource: `arn:aws:sqs:*:orders` }, "the end of a part that goes on past the colon", true],
  [{ Resource: `arn:aws:sqs:e*t-1:${account}:orders` }, "the middle of a part", true],
  [{ Resource: "arn:aws:sqs:e*3:orders" }, "the middle of a part that would have to go on past the colon", false],
  [{ Resource: `${queue}?` }, "one character too many", false],
  [{ Resource: queue.replace(":orders", "?orders") }, "a character that would have to be a colon", false],
  [{ Resource: queue.replaceAll(".", "x").slice(0, -1) }, "a beginning", false],
  [{ Resource: undefined, NotResource: `${queue}-DLQ` }, "all but another", true],
  [{ Resource: undefined, NotResource: `arn:aws:sqs:*` }, "all but this", false],
])("resources: %j (%s)", (more, _, isAllowed) => {
  expect(byIdentity(allow(more))).toBe(isAllowed ? "allow" : "implicit deny");
});

test("characters that mean something in regular expressions are characters in policies", () => {
  const resource = "arn:aws:s3:::a.b/(c)+[d]$";
  expect(byIdentity(allow({ Resource: resource }), { resource })).toBe("allow");
  expect(byIdentity(allow({ Resource: "arn:aws:s3:::a.b" }), { resource: "arn:aws:s3:::axb" })).toBe("implicit deny");
});

describe("a session that was narrowed by a policy", () => {
  const sessionArn = `arn:aws:sts::${account}:assumed-role/Sender/one`;
  const narrowed = (policies: Omit<Policies, "session">, ...statements: Statement[]): Decision =>
    evaluate(request({ requester: { arn: role, accountId: account, sessionArn } }), {
      ...policies,
      session: policy("S", ...statements),
    });
  const identity = [policy("A", allow({ Resource: "*" }))];

  test("may do what both its role and that policy allow, and nothing else", () => {
    expect(narrowed({ identity }, allow())).toMatchObject({
      outcome: "allow",
      by: [
        { kind: "identity-based", policy: "A" },
        { kind: "session", policy: "S" },
      ],
    });
    expect(narrowed({ identity }, allow({ Resource: `${queue}2` }))).toEqual({
      outcome: "implicit deny",
      lacking: "session",
    });
    expect(narrowed({ identity: [] }, allow())).toEqual({ outcome: "implicit deny", lacking: "identity-based" });
    expect(narrowed({ identity: [] }, allow({ Action: "sqs:ReceiveMessage" }))).toMatchObject({
      lacking: "identity-based",
    });
  });

  test("is denied what any of the policies denies", () => {
    expect(narrowed({ identity }, allow(), deny({ Sid: "No" }))).toMatchObject({
      outcome: "explicit deny",
      by: [{ kind: "session", policy: "S", sidOrIndex: "No" }],
    });
    const denying = [...identity, policy("D", deny())];
    expect(narrowed({ identity: denying }, allow()).outcome).toBe("explicit deny");
    const resource = policy("Q", deny({ Principal: { AWS: role } }), allow({ Principal: { AWS: sessionArn } }));
    expect(narrowed({ identity, resource }, allow()).outcome).toBe("explicit deny");
    const ofSession = policy("Q", deny({ Principal: { AWS: sessionArn } }));
    expect(narrowed({ identity, resource: ofSession }, allow()).outcome).toBe("explicit deny");
  });

  test.each<[string, string, boolean]>([
    ["its role", role, false],
    ["itself", sessionArn, true],
    ["everybody", "*", true],
    ["another session of its role", `${sessionArn}2`, false],
    ["its account", account, false],
  ])("is not held back where the resource's policy allows %s: %s, %s", (_, AWS, isAllowed) => {
    const resource = policy("Q", allow({ Principal: { AWS } }));
    const elsewhere = allow({ Resource: `${queue}2` });
    expect(narrowed({ identity: [], resource }, elsewhere).outcome).toBe(isAllowed ? "allow" : "implicit deny");
  });

  test("may do what the resource's policy allows its role as far as that policy allows it", () => {
    const resource = policy("Q", allow({ Principal: { AWS: role } }));
    expect(narrowed({ identity: [], resource }, allow()).outcome).toBe("allow");
    expect(narrowed({ identity: [], resource }, allow({ Action: "sns:*" }))).toMatchObject({ lacking: "session" });
  });

  test("without that policy, may do what its role may", () => {
    const asker = request({ requester: { arn: role, accountId: account, sessionArn } });
    expect(evaluate(asker, { identity }).outcome).toBe("allow");
    const resource = policy("Q", allow({ Principal: { AWS: role } }));
    expect(evaluate(asker, { identity: [], resource }).outcome).toBe("allow");
  });

  test("is spared by a NotPrincipal that names it, its role and its account", () => {
    const outcome = (...AWS: string[]) =>
      byResource(deny({ NotPrincipal: { AWS } }), { requester: { arn: role, accountId: account, sessionArn } });
    expect(outcome(account, role, sessionArn)).toBe("implicit deny");
    expect(outcome(account, role)).toBe("explicit deny");
    expect(outcome(account, sessionArn)).toBe("explicit deny");
  });
});

describe("a caller that nobody knows", () => {
  const nobody: Partial<PolicyRequest> = { requester: { isAnonymous: true }, context: {} };

  test.each<[unknown, boolean]>([
    ["*", true],
    [{ AWS: "*" }, true],
    [{ AWS: account }, false],
    [{ AWS: role }, false],
    [{ Service: "s3.amazonaws.com" }, false],
  ])("is allowed by a resource's policy for everybody alone: %j, %s", (Principal, isAllowed) => {
    expect(byResource(allow({ Principal }), nobody)).toBe(isAllowed ? "allow" : "implicit deny");
  });

  test("lacks a resource's policy, never one of its own", () => {
    expect(evaluate(request(nobody), { identity: [] })).toEqual({
      outcome: "implicit deny",
      lacking: "resource-based",
    });
  });

  test("is hit by a Deny for all but an account, whose key it lacks", () => {
    const Condition = { StringNotEquals: { "aws:PrincipalAccount": account } };
    expect(byResource(deny({ Principal: "*", Condition }), nobody)).toBe("explicit deny");
    expect(byResource(deny({ NotPrincipal: { AWS: [account, role] } }), nobody)).toBe("explicit deny");
  });
});

describe("principals", () => {
  test.each<[unknown, boolean]>([
    ["*", true],
    [{ AWS: "*" }, true],
    [{ AWS: role }, true],
    [{ AWS: [`${role}2`, role] }, true],
    [{ AWS: `${role}2` }, false],
    [{ AWS: "999999999999" }, false],
    [{ Service: "cloudwatch.amazonaws.com" }, false],
  ])("%j", (Principal, isAllowed) => {
    expect(byResource(allow({ Principal }))).toBe(isAllowed ? "allow" : "implicit deny");
  });

  test.each<[unknown, boolean]>([
    ["*", true],
    [{ Service: "cloudwatch.amazonaws.com" }, true],
    [{ Service: ["s3.amazonaws.com", "cloudwatch.amazonaws.com"] }, true],
    [{ Service: "s3.amazonaws.com" }, false],
    [{ AWS: account }, false],
  ])("for a service: %j", (Principal, isAllowed) => {
    const requester = { service: "cloudwatch.amazonaws.com" };
    expect(byResource(allow({ Principal }), { requester, context: {} })).toBe(isAllowed ? "allow" : "implicit deny");
  });

  test("a Deny with NotPrincipal spares an identity that is named with its account", () => {
    const outcome = (...AWS: string[]) => byResource(deny({ NotPrincipal: { AWS } }));
    expect(outcome(role, account)).toBe("implicit deny");
    expect(outcome(role)).toBe("explicit deny");
    expect(outcome(`${role}2`, account)).toBe("explicit deny");
    expect(byResource(deny({ NotPrincipal: "*" }))).toBe("implicit deny");
    const requester = { service: "s3.amazonaws.com" };
    const spared = deny({ NotPrincipal: { Service: "s3.amazonaws.com" } });
    expect(byResource(spared, { requester, context: {} })).toBe("implicit deny");
    expect(byResource(spared)).toBe("explicit deny");
  });

  test.each<[Statement, string]>([
    [
      { Principal: { Federated: "accounts.google.com" } },
      "The principal Federated accounts.google.com is not modelled",
    ],
    [{ Principal: { CanonicalUser: "79a59df9" } }, "The principal CanonicalUser 79a59df9 is not modelled"],
    [{ Principal: { AWS: "arn:aws:sts::111122223333:assumed-role/R" } }, "assumed-role/R is not modelled"],
    [{ Principal: { AWS: "arn:aws:sts::111122223333:assumed-role/R/*" } }, "assumed-role/R/* is not modelled"],
    [{ Principal: { AWS: `arn:aws:iam::${account}:role/*` } }, "role/* is not modelled"],
    [{ NotPrincipal: { AWS: role } }, "An Allow with NotPrincipal is not modelled"],
  ])("an error names what is not modelled: %j", (more, message) => {
    expect(() => byResource(allow(more))).toThrow(message);
  });
});

describe("conditions", () => {
  const isMet = (Condition: Statement, context: PolicyRequest["context"]): boolean =>
    byIdentity(allow({ Condition }), { context }) === "allow";

  const arn = "arn:aws:iam::111122223333:role/Sender";

  test.each<[string, unknown, string, boolean]>([
    ["StringEquals", ["b", "a"], "a", true],
    ["StringEquals", "a", "A", false],
    ["StringEquals", "a*", "ab", false],
    ["StringNotEquals", ["a", "b"], "c", true],
    ["StringNotEquals", ["a", "b"], "b", false],
    ["StringEqualsIgnoreCase", "A", "a", true],
    ["StringNotEqualsIgnoreCase", "A", "a", false],
    ["StringLike", "a*:?", "a:b:c", true],
    ["StringLike", "A*", "a", false],
    ["StringNotLike", "a*", "b", true],
    ["StringNotLike", "a*", "ab", false],
    ["ArnEquals", "arn:aws:iam::*:role/*", arn, true],
    ["ArnLike", "arn:aws:iam::111122223333:role/S?nder", arn, true],
    ["ArnLike", "arn:*:role/Sender", arn, false],
    ["ArnLike", "arn:aws:logs:*:*:*", "arn:aws:logs:a:1:log-group:x:*", true],
    ["ArnNotEquals", [arn], arn, false],
    ["ArnNotLike", ["arn:aws:iam::*:role/Other", "arn:aws:iam::*:user/*"], arn, true],
    ["Bool", true, "true", true],
    ["Bool", "False", "false", true],
    ["Bool", "true", "false", false],
    ["NumericEquals", 10, "10.0", true],
    ["NumericNotEquals", 10, "10", false],
    ["NumericLessThan", 10, "9", true],
    ["NumericLessThan", 10, "10", false],
    ["NumericLessThanEquals", 10, "10", true],
    ["NumericLessThanEquals", 10, "10.1", false],
    ["NumericGreaterThan", 10, "11", true],
    ["NumericGreaterThan", 10, "10", false],
    ["NumericGreaterThanEquals", "10", "10", true],
    ["NumericGreaterThanEquals", "10", "9", false],
    ["NumericLessThan", 10, "few", false],
    ["IpAddress", "203.0.113.0/24", "203.0.113.255", true],
    ["IpAddress", "203.0.113.0/24", "203.0.114.0", false],
    ["IpAddress", "203.0.113.7", "203.0.113.7", true],
    ["IpAddress", "0.0.0.0/0", "255.255.255.255", true],
    ["IpAddress", "0.0.0.0/0", "::1", false],
    ["NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "192.169.0.0", true],
    ["NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "10.255.0.1", false],
    ["IpAddress", "127.0.0.0/8", "::ffff:127.0.0.1", true],
    ["IpAddress", "10.0.0.0/32", "10.0.0.0", true],
    ["IpAddress", "2001:db8::/32", "2001:db8:ffff::1", true],
    ["IpAddress", "2001:db8::/32", "2001:db9::", false],
    ["IpAddress", "2001:db8::1", "2001:DB8:0::1", true],
    ["IpAddress", "::/0", "10.0.0.1", false],
    ["NotIpAddress", "2001:db8::/32", "somewhere", true],
    ["DateEquals", "2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00", true],
    ["DateEquals", "1893456000", "2030-01-01T00:00:00Z", true],
    ["DateEquals", "2030", "2030-01-01T00:00:00Z", true],
    ["DateNotEquals", "2030-01-01", "2030-01-01T00:00:00Z", false],
    ["DateNotEquals", "2030-01-01", "2030-01-01T00:00:00.001Z", true],
    ["DateLessThan", "2030-01-01T00:00Z", "2029-12-31T23:59:59Z", true],
    ["DateLessThan", "2030-01-01T00:00Z", "2030-01-01T00:00:00Z", false],
    ["DateLessThanEquals", "2030-01-01T00:00Z", "2030-01-01T00:00:00Z", true],
    ["DateLessThanEquals", "2030-01-01T00:00Z", "2030-01-01T00:00:01Z", false],
    ["DateGreaterThan", "2030-01-01T00:00Z", "1893456001", true],
    ["DateGreaterThan", "2030-01-01T00:00Z", "1893456000", false],
    ["DateGreaterThanEquals", "2030-01-01T00:00Z", "1893456000", true],
    ["DateGreaterThanEquals", "2030-01-01T00:00Z", "1893455999", false],
    ["DateLessThan", "2030-01-01T00:00Z", "soon", false],
    ["BinaryEquals", "QmluYXJ5", "QmluYXJ5", true],
    ["BinaryEquals", "QmluYXJ5", "QmluYXJ4", false],
    ["ArnNotEqualsIfExists", [arn], arn, false],
    ["BoolIfExists", "true", "false", false],
  ])("%s %j: %s is met: %s", (operator, expected, actual, result) => {
    expect(isMet({ [operator]: { "a:Key": expected } }, { "A:kEY": actual })).toBe(result);
  });

  test.each<[string, boolean]>([
    ["StringEquals", false],
    ["StringLike", false],
    ["ArnLike", false],
    ["Bool", false],
    ["NumericLessThan", false],
    ["IpAddress", false],
    ["StringNotEquals", true],
    ["StringNotEqualsIgnoreCase", true],
    ["StringNotLike", true],
    ["ArnNotEquals", true],
    ["ArnNotLike", true],
    ["NumericNotEquals", true],
    ["NotIpAddress", true],
    ["DateGreaterThan", false],
    ["DateNotEquals", true],
    ["BinaryEquals", false],
    ["StringNotEqualsIfExists", true],
    ["NumericGreaterThanIfExists", true],
    ["StringEqualsIfExists", true],
    ["BoolIfExists", true],
    ["ArnNotLikeIfExists", true],
    ["ForAllValues:StringEquals", true],
    ["ForAnyValue:StringEquals", false],
    ["ForAnyValue:StringNotEquals", false],
    ["ForAnyValue:StringEqualsIfExists", true],
  ])("%s on an absent key is met: %s", (operator, result) => {
    expect(isMet({ [operator]: { key: "1" } }, {})).toBe(result);
  });

  test("…IfExists asks of a key that is there what the operator asks", () => {
    expect(isMet({ StringEqualsIfExists: { key: "a" } }, { key: "a" })).toBe(true);
    expect(isMet({ StringEqualsIfExists: { key: "a" } }, { key: "b" })).toBe(false);
  });

  test.each<[string, readonly string[], boolean]>([
    ["ForAllValues:StringEquals", ["a", "b"], true],
    ["ForAllValues:StringEquals", ["a", "c"], false],
    ["ForAllValues:StringNotEquals", ["c", "d"], true],
    ["ForAllValues:StringNotEquals", ["a", "c"], false],
    ["ForAnyValue:StringLike", ["c", "a"], true],
    ["ForAnyValue:StringLike", ["c", "d"], false],
    ["ForAnyValue:StringNotEquals", ["a", "c"], true],
    ["ForAnyValue:StringNotEquals", ["a", "b"], false],
    ["ForAllValues:StringEquals", [], true],
    ["ForAnyValue:StringEquals", [], false],
  ])("%s a or b: %j is met: %s", (operator, key, result) => {
    expect(isMet({ [operator]: { key: ["a", "b"] } }, { key })).toBe(result);
  });

  test("Null asks whether a key is absent", () => {
    expect(isMet({ Null: { key: "true" } }, {})).toBe(true);
    expect(isMet({ Null: { key: true } }, { key: "x" })).toBe(false);
    expect(isMet({ Null: { key: false } }, { key: "x" })).toBe(true);
  });

  test("all operators and all keys must be met", () => {
    const Condition = { StringEquals: { a: "1", b: "2" }, Bool: { c: "true" } };
    expect(isMet(Condition, { a: "1", b: "2", c: "true" })).toBe(true);
    expect(isMet(Condition, { a: "1", b: "2", c: "false" })).toBe(false);
    expect(isMet(Condition, { a: "1", c: "true" })).toBe(false);
  });

  test("a Deny for all but a role also hits a service, which has no role", () => {
    const statement = deny({ Principal: "*", Condition: { ArnNotEquals: { "aws:PrincipalArn": [role] } } });
    expect(byResource(statement)).toBe("implicit deny");
    const service = { requester: { service: "sns.amazonaws.com" }, context: {} };
    expect(byResource(statement, service)).toBe("explicit deny");
  });

  test.each<[Statement, PolicyRequest["context"], string]>([
    [{ DateBefore: { k: "2030" } }, {}, "The condition operator DateBefore is not one of IAM's. Use one of StringEq"],
    [{ NullIfExists: { k: "true" } }, {}, "The condition operator NullIfExists is not one of IAM's"],
    [{ constructor: { k: "true" } }, {}, "The condition operator constructor is not one of IAM's"],
    [{ IpAddress: { k: "2001:db8::/129" } }, { k: "10.0.0.1" }, "address or CIDR, got: 2001:db8::/129"],
    [{ IpAddress: { k: "10.0.0.0/33" } }, { k: "10.0.0.1" }, "an IPv4 or IPv6 address or CIDR, got: 10.0.0.0/33"],
    [{ IpAddress: { k: "10.0.0.0/" } }, { k: "10.0.0.1" }, "an IPv4 or IPv6 address or CIDR, got: 10.0.0.0/"],
    [{ IpAddress: { k: "10.0.0.256" } }, { k: "10.0.0.1" }, "an IPv4 or IPv6 address or CIDR, got: 10.0.0.256"],
    [
      { DateEquals: { k: "31.1.2030" } },
      { k: "0" },
      "a time such as 2030-01-31T00:00:00Z or seconds since 1970, got: 31",
    ],
    [{ NumericEquals: { k: "ten" } }, { k: "10" }, "must compare with a number, got: ten"],
    [{ StringEquals: { k: "a" } }, { k: ["a", "b"] }, "StringEquals must say ForAllValues: or ForAnyValue:"],
  ])("an error names %j", (Condition, context, message) => {
    expect(() => isMet(Condition, context)).toThrow(message);
  });

  test("an operator that IAM does not have is found in a statement that does not apply, too", () => {
    expect(() => byIdentity(allow({ Action: "s3:GetObject", Condition: { DateIs: { k: "1" } } }))).toThrow(
      "DateIs is not one of IAM's",
    );
  });
});

describe("variables", () => {
  const outcome = (statement: Statement, context: PolicyRequest["context"], resource = "arn:aws:s3:::b/ann/x") =>
    byIdentity(allow(statement), { context, resource });

  test("stand for values of the request, whatever is in them", () => {
    const own = { Resource: "arn:aws:s3:::b/${a:User}/*" };
    expect(outcome(own, { "A:user": "ann" })).toBe("allow");
    expect(outcome(own, { "a:User": "bob" })).toBe("implicit deny");
    expect(outcome(own, { "a:User": "*" })).toBe("implicit deny");
    const same = { Resource: "*", Condition: { StringEquals: { k: "${aws:PrincipalArn}" } } };
    expect(outcome(same, { k: role, "aws:PrincipalArn": role })).toBe("allow");
    const arnLike = { Resource: "*", Condition: { ArnLike: { k: "${aws:PrincipalArn}*" } } };
    expect(outcome(arnLike, { k: `${role}2`, "aws:PrincipalArn": role })).toBe("allow");
  });

  test("have defaults, and ways to say their own characters", () => {
    expect(outcome({ Resource: "arn:aws:s3:::b/${a:User, 'ann'}/*" }, {})).toBe("allow");
    expect(outcome({ Resource: "arn:aws:s3:::b/${a:User, 'ann'}/*" }, { "a:User": "bob" })).toBe("implicit deny");
    expect(outcome({ Resource: "arn:aws:s3:::b/${*}${?}${$}" }, {}, "arn:aws:s3:::b/*?$")).toBe("allow");
    expect(outcome({ Resource: "arn:aws:s3:::b/${*}" }, {}, "arn:aws:s3:::b/x")).toBe("implicit deny");
  });

  test("without a value make their statement void", () => {
    expect(outcome({ Resource: "arn:aws:s3:::b/${a:User}*" }, {})).toBe("implicit deny");
    expect(outcome({ Resource: undefined, NotResource: "arn:aws:s3:::b/${a:User}*" }, {})).toBe("implicit deny");
    expect(outcome({ Resource: "arn:aws:s3:::b/${a:User}/*" }, { "a:User": ["ann", "bob"] })).toBe("implicit deny");
  });

  test("are text in policies of the old version", () => {
    const statement = { Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::b/${a:User}" };
    const old = { name: "old", statements: statementsOf(JSON.stringify({ Statement: statement })) };
    const ask = (resource: string) =>
      evaluate(request({ resource, context: { "a:User": "ann" } }), { identity: [old] }).outcome;
    expect(ask("arn:aws:s3:::b/ann")).toBe("implicit deny");
    expect(ask("arn:aws:s3:::b/${a:User}")).toBe("allow");
  });
});

test("a statement tells the condition keys that it depends on", () => {
  const [statement] = policy(
    "A",
    allow({
      Resource: "arn:aws:s3:::b/${aws:PrincipalAccount}/${s3:X, 'y'}",
      Condition: { Bool: { "AWS:SecureTransport": true } },
    }),
  ).statements;
  expect(statement && contextKeysOf(statement)).toEqual(["aws:securetransport", "aws:principalaccount", "s3:x"]);
});

test.each<[Statement, string]>([
  [{ Sid: "S", Actions: "a:B" }, "Statement S of a policy must have elements that IAM knows, got: Actions"],
  [{ Effect: "allow" }, "Statement 0 of a policy must have the Effect Allow or Deny, got: allow"],
  [{ Action: undefined }, "Statement 0 of a policy must have either Action or NotAction"],
  [{ NotAction: "a:B" }, "must have either Action or NotAction"],
  [{ NotResource: "*" }, "must have either Resource or NotResource, got: both"],
  [{ Principal: "*", NotPrincipal: "*" }, "must have either Principal or NotPrincipal, got: both"],
  [{ Resource: [] }, "must name at least one Resource, got: none"],
])("refuses the statement %j", (more, message) => {
  expect(() => policy("A", allow(more))).toThrow(message);
});
