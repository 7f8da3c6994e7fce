import type { Statement } from "./oracle";
import { allow, bothWays, compare, deny } from "./policies";

type Values = string | readonly string[];

const broadens = ["BROADENED", "NARROWED"];
const same = ["NONE", "NONE"];
const trades = ["BROADENED", "BROADENED"];

const when = (operator: string, values: Values, key = "aws:PrincipalOrgID"): Statement =>
  allow({ Condition: { [operator]: { [key]: values } } });

const unless = (operator: string, values: Values, key = "aws:PrincipalOrgID"): readonly Statement[] => [
  allow({ Action: "s3:*" }),
  deny({ Condition: { [operator]: { [key]: values } } }),
];

describe("values are alternatives of a positive operator, and each excluded by a negated one", () => {
  test.each([
    ["StringEquals", "o-1", "o-2"],
    ["StringEqualsIgnoreCase", "o-1", "o-2"],
    ["StringLike", "o-1*", "o-2*"],
    ["ArnEquals", "arn:aws:sns:eu-west-1:1:a", "arn:aws:sns:eu-west-1:1:b"],
    ["ArnLike", "arn:aws:sns:*:1:a", "arn:aws:sns:*:1:b"],
    ["NumericEquals", "1", "2"],
    ["DateEquals", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"],
    ["BinaryEquals", "QUJD", "REVG"],
    ["IpAddress", "203.0.113.0/24", "198.51.100.0/24"],
    ["Bool", "true", "false"],
    ["Null", "true", "false"],
    ["ForAnyValue:StringEquals", "a", "b"],
    ["ForAllValues:StringEquals", "a", "b"],
    ["StringEqualsIfExists", "o-1", "o-2"],
  ])("%s", (operator, one, two) => {
    expect(bothWays(when(operator, one), when(operator, [one, two]))).toEqual(broadens);
    expect(bothWays(when(operator, [one, two]), when(operator, [two, one, two]))).toEqual(same);
    expect(compare(when(operator, one), when(operator, two)).change).toBe("BROADENED");
  });

  test.each([
    ["StringNotEquals", "o-1", "o-2"],
    ["StringNotEqualsIgnoreCase", "o-1", "o-2"],
    ["StringNotLike", "o-1*", "o-2*"],
    ["ArnNotEquals", "arn:aws:sns:eu-west-1:1:a", "arn:aws:sns:eu-west-1:1:b"],
    ["ArnNotLike", "arn:aws:sns:*:1:a", "arn:aws:sns:*:1:b"],
    ["NumericNotEquals", "1", "2"],
    ["DateNotEquals", "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"],
    ["NotIpAddress", "203.0.113.0/24", "198.51.100.0/24"],
    ["ForAnyValue:StringNotEquals", "a", "b"],
    ["ForAllValues:StringNotEquals", "a", "b"],
    ["StringNotEqualsIfExists", "o-1", "o-2"],
  ])("%s", (operator, one, two) => {
    expect(bothWays(when(operator, [one, two]), when(operator, one))).toEqual(broadens);
    expect(compare(when(operator, one), when(operator, two)).change).toBe("BROADENED");
  });
});

describe("operators and keys are all to be met", () => {
  const one = { StringEquals: { "aws:PrincipalOrgID": "o-1" } };
  const two = { Bool: { "aws:SecureTransport": "true" } };

  test("a condition less broadens", () => {
    expect(bothWays(allow({ Condition: one }), allow())).toEqual(broadens);
    expect(bothWays(allow({ Condition: { ...one, ...two } }), allow({ Condition: one }))).toEqual(broadens);
  });

  test("conditions of two statements are alternatives", () => {
    expect(
      bothWays(allow({ Condition: { ...one, ...two } }), [allow({ Condition: one }), allow({ Condition: two })]),
    ).toEqual(broadens);
  });

  test("one key under two operators is to meet both", () => {
    const like = when("StringLike", "o-*");
    const both = allow({
      Condition: { StringLike: { "aws:PrincipalOrgID": "o-*" }, StringNotEquals: { "aws:PrincipalOrgID": "o-9" } },
    });
    expect(bothWays(both, like)).toEqual(broadens);
    const contradiction = allow({
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" }, StringNotEquals: { "aws:PrincipalOrgID": "o-1" } },
    });
    expect(bothWays([], contradiction)).toEqual(same);
  });
});

describe("a missing key", () => {
  test("meets IfExists, negated operators, ForAllValues and Null true, and no others", () => {
    const missing = when("Null", "true");
    for (const operator of ["StringEqualsIfExists", "StringNotEquals", "ForAllValues:StringEquals", "BoolIfExists"]) {
      expect(bothWays([when(operator, "true"), missing], when(operator, "true"))).toEqual(same);
    }
    for (const operator of ["StringEquals", "StringLike", "ForAnyValue:StringNotEquals", "Bool", "IpAddress"]) {
      const value = operator === "IpAddress" ? "10.0.0.0/8" : "true";
      expect(bothWays(when(operator, value), [when(operator, value), missing])).toEqual(broadens);
    }
  });

  test("IfExists broadens a positive operator, and is nothing to a negated one", () => {
    expect(bothWays(when("StringEquals", "o-1"), when("StringEqualsIfExists", "o-1"))).toEqual(broadens);
    expect(bothWays(when("StringNotEquals", "o-1"), when("StringNotEqualsIfExists", "o-1"))).toEqual(same);
  });

  test("a key that must be there, with any value, is Null false", () => {
    expect(bothWays(when("StringLike", "*"), when("Null", "false"))).toEqual(same);
    expect(bothWays(when("StringLike", "?*"), when("Null", "false"))).toEqual(broadens);
    expect(bothWays([when("Null", "false"), when("Null", "true")], allow())).toEqual(same);
  });

  test("what ForAnyValue…IfExists makes of it is not settled, so that it is UNKNOWN against one that does not", () => {
    expect(bothWays(when("ForAnyValue:StringEquals", "a"), when("ForAnyValue:StringEqualsIfExists", "a"))).toEqual([
      "UNKNOWN",
      "UNKNOWN",
    ]);
    expect(
      bothWays(when("ForAnyValue:StringEqualsIfExists", "a"), when("ForAnyValue:StringEqualsIfExists", ["a", "b"]))[1],
    ).not.toBe("NONE");
  });
});

describe("keys of several values", () => {
  const all = (...values: readonly string[]) => when("ForAllValues:StringEquals", values, "aws:TagKeys");
  const any = (...values: readonly string[]) => when("ForAnyValue:StringEquals", values, "aws:TagKeys");
  const present = (statement: Statement): Statement => ({
    ...statement,
    Condition: { ...statement.Condition, Null: { "aws:TagKeys": "false" } },
  });

  test("ForAllValues lets in a request without values; ForAnyValue does not", () => {
    expect(bothWays(present(all("a")), all("a"))).toEqual(broadens);
    expect(bothWays(present(any("a")), any("a"))).toEqual(same);
  });

  test("all of some values are not any of them", () => {
    expect(bothWays(all("a"), any("a"))).toEqual(trades);
    expect(bothWays(present(all("a")), any("a"))).toEqual(broadens);
  });

  test("any value and no value of a list are all requests", () => {
    const none = when("ForAllValues:StringNotEquals", ["a"], "aws:TagKeys");
    expect(bothWays([any("a"), none], allow())).toEqual(same);
  });

  test("what an operator for one value makes of several is not settled", () => {
    expect(bothWays(when("StringEquals", "a", "aws:TagKeys"), any("a"))).toEqual(["UNKNOWN", "UNKNOWN"]);
  });
});

describe("under Deny a condition goes the other way", () => {
  test.each([
    [
      "an added value of a positive operator narrows",
      unless("StringEquals", ["o-1", "o-2"]),
      unless("StringEquals", "o-1"),
    ],
    [
      "an added value of a negated operator broadens",
      unless("StringNotEquals", "o-1"),
      unless("StringNotEquals", ["o-1", "o-2"]),
    ],
    [
      "IfExists narrows",
      unless("Bool", "false", "aws:SecureTransport").with(
        1,
        deny({ Condition: { BoolIfExists: { "aws:SecureTransport": "false" } } }),
      ),
      unless("Bool", "false", "aws:SecureTransport"),
    ],
    ["a condition more broadens", [allow({ Action: "s3:*" }), deny()], unless("StringEquals", "o-1")],
    ["a wider range narrows", unless("IpAddress", "10.0.0.0/8"), unless("IpAddress", "10.0.0.0/16")],
    [
      "a wider range that is spared broadens",
      unless("NotIpAddress", "10.0.0.0/16"),
      unless("NotIpAddress", "10.0.0.0/8"),
    ],
  ])("%s", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(broadens);
    expect(compare(before, after).denyRemoved).toBe(true);
    expect(compare(after, before).denyRemoved).toBe(false);
  });
});

describe("values that lie within each other", () => {
  test.each([
    ["a wildcard", when("StringEquals", "o-1"), when("StringLike", "o-*")],
    ["any case", when("StringEquals", "o-a"), when("StringEqualsIgnoreCase", "O-A")],
    ["a wider IPv4 range", when("IpAddress", "10.1.0.0/16"), when("IpAddress", "10.0.0.0/8")],
    ["a wider IPv6 range", when("IpAddress", "2001:db8:1::/48"), when("IpAddress", "2001:DB8::/32")],
    ["one address and its range", when("IpAddress", "203.0.113.7"), when("IpAddress", "203.0.113.6/31")],
    ["all of IPv4 for all addresses", when("IpAddress", "0.0.0.0/0"), when("IpAddress", ["0.0.0.0/0", "::/0"])],
    ["a higher bound", when("NumericLessThan", "5"), when("NumericLessThan", "5.5")],
    ["a bound that is let in", when("NumericLessThan", "5"), when("NumericLessThanEquals", "5")],
    ["a lower bound", when("NumericGreaterThan", "5"), when("NumericGreaterThan", "4")],
    ["one number of a range", when("NumericEquals", "3"), when("NumericLessThan", "5")],
    ["a later end", when("DateLessThan", "2030-01-01T00:00:00Z"), when("DateLessThan", "2031-01-01T00:00:00Z")],
    [
      "an earlier start",
      when("DateGreaterThan", "2031-01-01T00:00:00Z"),
      when("DateGreaterThan", "2030-01-01T00:00:00Z"),
    ],
    ["an ARN of any region", when("ArnEquals", "arn:aws:sns:eu-west-1:1:t"), when("ArnLike", "arn:aws:sns:*:1:t")],
  ])("%s broadens", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(broadens);
  });

  test.each([
    ["ranges that add up", when("IpAddress", "10.0.0.0/8"), when("IpAddress", ["10.0.0.0/9", "10.128.0.0/9"])],
    ["ranges written from another address of them", when("IpAddress", "10.0.0.0/8"), when("IpAddress", "10.9.8.7/8")],
    ["IPv6 written long and short", when("IpAddress", "2001:db8::/32"), when("IpAddress", "2001:0db8:0:0:0:0:0:0/32")],
    [
      "IPv6 with an IPv4 address in it",
      when("IpAddress", "::ffff:10.0.0.1/128"),
      when("IpAddress", "::ffff:a00:1/128"),
    ],
    ["numbers written otherwise", when("NumericEquals", "5"), when("NumericEquals", "5.0")],
    [
      "times written otherwise",
      when("DateLessThan", "2030-01-01T00:00:00Z"),
      when("DateLessThan", "2030-01-01T01:00:00+01:00"),
    ],
    ["times in seconds", when("DateLessThan", "2030-01-01T00:00:00Z"), when("DateLessThan", "1893456000")],
    ["truth in capitals", when("Bool", "true"), when("Bool", "TRUE")],
    ["ArnEquals and ArnLike", when("ArnEquals", "arn:aws:sns:*:1:t"), when("ArnLike", "arn:aws:sns:*:1:t")],
    ["StringLike without a wildcard", when("StringEquals", "o-1"), when("StringLike", "o-1")],
    [
      "below and not below",
      [when("NumericLessThan", "5"), when("NumericGreaterThanEquals", "5")],
      when("Null", "false"),
    ],
  ])("%s is no change", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(same);
  });

  test("values are case-sensitive, and a star is a star to StringEquals", () => {
    expect(bothWays(when("StringEquals", "o-a"), when("StringEquals", "O-A"))).toEqual(trades);
    expect(bothWays(when("StringEquals", "*"), when("StringLike", "*"))).toEqual(broadens);
  });

  test("in an ARN a star stays within its part", () => {
    expect(bothWays(when("ArnLike", "arn:aws:sns:*:1:t"), when("StringLike", "arn:aws:sns:*:1:t"))).toEqual(broadens);
  });
});

describe("what IAM does not have, or cannot read, is equal to itself alone", () => {
  test.each([
    ["an operator", when("StringMatches", "a"), when("StringMatches", "b")],
    ["a range", when("IpAddress", "10.0.0.300"), when("IpAddress", "10.0.0.0/8")],
    ["a number", when("NumericEquals", "five"), when("NumericEquals", "5")],
    ["a truth", when("Bool", "yes"), when("Bool", "true")],
  ])("%s", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(["UNKNOWN", "UNKNOWN"]);
    expect(bothWays(before, [before, before])).toEqual(same);
    expect(compare({ ...before, Action: "s3:*" }, before).change).toBe("NARROWED");
  });
});
