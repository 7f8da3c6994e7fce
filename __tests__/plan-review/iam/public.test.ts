import { publicStatements } from "../../../plan-review/iam/compare";
import type { Statement } from "./oracle";
import { account, policy } from "./policies";

const open = (more: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Principal: "*",
  Action: "sns:Publish",
  Resource: "arn:aws:sns:eu-west-1:111122223333:t",
  ...more,
});

const when = (operator: string, key: string, values: string | readonly string[]): Partial<Statement> => ({
  Condition: { [operator]: { [key]: values } },
});

const isPublic = (...statements: readonly Statement[]): boolean => publicStatements(policy(...statements)).length > 0;

test("says which statements, in words", () => {
  expect(publicStatements(policy(open({ Principal: { Service: "sns.amazonaws.com" } }), open()))).toEqual([
    {
      effect: "Allow",
      who: "anyone",
      actions: ["sns:Publish"],
      resources: ["arn:aws:sns:eu-west-1:111122223333:t"],
      conditions: [],
    },
  ]);
});

test.each<[string, Partial<Statement>]>([
  ["*", {}],
  ["AWS *", { Principal: { AWS: "*" } }],
  ["* beside others", { Principal: { AWS: [account, "*"] } }],
  ["everybody but some", { Principal: undefined, NotPrincipal: { AWS: account } }],
  ["a condition on something else", when("Bool", "aws:SecureTransport", "true")],
  ["a prefix", when("StringLike", "s3:prefix", "public/*")],
  ["every address", when("IpAddress", "aws:SourceIp", "0.0.0.0/0")],
  ["every IPv6 address", when("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "::/0"])],
  ["every address in two halves", when("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"])],
  ["any but one address", when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")],
  ["any organization", when("StringLike", "aws:PrincipalOrgID", "o-*")],
  ["a key that need not be there", when("StringEqualsIfExists", "aws:SourceAccount", account)],
  ["everybody but one account", when("StringNotEquals", "aws:PrincipalAccount", account)],
  ["sources of any account", when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*")],
  ["any source", when("ArnLike", "aws:SourceArn", "*")],
  ["any bucket", when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")],
  ["a topic of any account by its name", when("ArnLike", "aws:SourceArn", "arn:aws:sns:eu-west-1:*:orders")],
  [
    "all of whose organizations, where there are none",
    when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1/"),
  ],
])("%s lets anybody in", (_, more) => {
  expect(isPublic(open(more))).toBe(true);
});

test.each<[string, Partial<Statement>]>([
  ["an account", { Principal: { AWS: account } }],
  ["a service", { Principal: { Service: "sns.amazonaws.com" } }],
  ["a Deny", { Effect: "Deny" }],
  ["an account that calls", when("StringEquals", "aws:PrincipalAccount", account)],
  ["an organization", when("StringEquals", "aws:PrincipalOrgID", "o-1")],
  ["a part of an organization", when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/ou-1/*")],
  ["roles of an account", when("ArnLike", "aws:PrincipalArn", `arn:aws:iam::${account}:role/*`)],
  ["a source's account", when("StringEquals", "AWS:SourceAccount", account)],
  ["a source's owner", when("StringEquals", "AWS:SourceOwner", account)],
  ["a source", when("ArnEquals", "aws:SourceArn", `arn:aws:sns:eu-west-1:${account}:t`)],
  ["sources of an account", when("ArnLike", "aws:SourceArn", `arn:aws:sns:*:${account}:*`)],
  ["a bucket", when("ArnLike", "aws:SourceArn", "arn:aws:s3:::photos")],
  ["a bucket, with a star where it has no account", when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:photos")],
  ["a source that is known after apply", when("ArnEquals", "aws:SourceArn", "${aws_sns_topic.t.arn}")],
  ["a VPC endpoint", when("StringEquals", "aws:SourceVpce", "vpce-1")],
  ["a VPC endpoint that is known after apply", when("StringEquals", "aws:SourceVpce", "${aws_vpc_endpoint.e.id}")],
  ["a VPC", when("StringEquals", "aws:SourceVpc", "vpc-1")],
  ["some addresses", when("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/48"])],
  ["an address that is known after apply", when("IpAddress", "aws:SourceIp", "${aws_eip.nat.public_ip}/32")],
  ["a session's role", when("StringLike", "aws:userid", "AROAJQABLZS4A3QDU576Q:*")],
  ["AWS's services", when("Bool", "aws:PrincipalIsAWSService", "true")],
  ["an account that calls KMS", when("StringEquals", "kms:CallerAccount", account)],
])("%s does not", (_, more) => {
  expect(isPublic(open(more))).toBe(false);
});

describe("a Deny beside it", () => {
  const deny = (more: Partial<Statement>): Statement => open({ Effect: "Deny", ...more });

  test("takes back what is not from where it should be", () => {
    expect(isPublic(open(), deny(when("StringNotEquals", "aws:SourceVpce", "vpce-1")))).toBe(false);
    expect(isPublic(open(), deny(when("StringNotEquals", "aws:PrincipalOrgID", "o-1")))).toBe(false);
    expect(isPublic(open(), deny(when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")))).toBe(false);
    expect(isPublic(open(), deny({ Principal: undefined, NotPrincipal: { AWS: account } }))).toBe(false);
  });

  test("leaves open what it is not about", () => {
    expect(isPublic(open(), deny(when("Bool", "aws:SecureTransport", "false")))).toBe(true);
    expect(
      isPublic(open(), deny({ Action: "sns:Subscribe", ...when("StringNotEquals", "aws:SourceVpce", "vpce-1") })),
    ).toBe(true);
    expect(isPublic(open(), deny(when("StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1")))).toBe(false);
    expect(
      isPublic(
        open(),
        deny({ Condition: { StringNotEquals: { "aws:SourceVpce": "vpce-1" }, Null: { "aws:SourceVpce": "false" } } }),
      ),
    ).toBe(true);
  });

  test("that two conditions must both meet leaves what meets one", () => {
    const both = {
      StringNotEquals: { "aws:SourceVpce": "vpce-1" },
      NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" },
    };
    expect(isPublic(open(), deny({ Condition: both }))).toBe(false);
    expect(
      isPublic(
        open({ Condition: { StringEquals: { "s3:prefix": "a" } } }),
        deny({ Condition: { ...both, StringEquals: { "s3:prefix": "b" } } }),
      ),
    ).toBe(true);
  });
});

test("what is no policy has no public statements: the comparison calls it UNKNOWN", () => {
  expect(publicStatements("{")).toEqual([]);
  expect(publicStatements({ Statement: [{ Effect: "Allow" }] })).toEqual([]);
});
