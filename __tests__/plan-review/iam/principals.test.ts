import type { Statement } from "./oracle";
import { account, bothWays, compare, policy, trust } from "./policies";

const other = "999988887777";
const role = (name: string, of = account): string => `arn:aws:iam::${of}:role/${name}`;
const session = (name: string, of: string): string => `arn:aws:sts::${account}:assumed-role/${of}/${name}`;

const broadens = ["BROADENED", "NARROWED"];
const same = ["NONE", "NONE"];
const trades = ["BROADENED", "BROADENED"];
const unknown = ["UNKNOWN", "UNKNOWN"];

type Principal = Statement["Principal"];

test.each<[string, Principal, Principal]>([
  ["an account and its root", { AWS: account }, { AWS: `arn:aws:iam::${account}:root` }],
  ["* and AWS *", "*", { AWS: "*" }],
  ["principals in another order", { AWS: [role("A"), role("B")] }, { AWS: [role("B"), role("A")] }],
  ["a role beside its account", { AWS: [account, role("A")] }, { AWS: account }],
  ["a session beside its role", { AWS: [role("A"), session("s", "A")] }, { AWS: role("A") }],
  ["a service in another case", { Service: "lambda.amazonaws.com" }, { Service: "Lambda.amazonaws.com" }],
])("%s are no change", (_, before, after) => {
  expect(bothWays(trust(before), trust(after), "trust")).toEqual(same);
});

test.each<[string, Principal, Principal]>([
  ["a role more", { AWS: role("A") }, { AWS: [role("A"), role("B")] }],
  ["its account for a role", { AWS: role("A") }, { AWS: `arn:aws:iam::${account}:root` }],
  ["its account for a user", { AWS: `arn:aws:iam::${account}:user/Bob` }, { AWS: account }],
  ["its role for a session", { AWS: session("s", "A") }, { AWS: role("A") }],
  ["anybody for an account", { AWS: account }, "*"],
  ["anybody for a service", { Service: "lambda.amazonaws.com" }, "*"],
  ["another account", { AWS: account }, { AWS: [account, other] }],
  ["a service more", { Service: "lambda.amazonaws.com" }, { Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] }],
  [
    "a provider more",
    { Federated: "accounts.google.com" },
    { Federated: ["accounts.google.com", "graph.facebook.com"] },
  ],
  ["a canonical user more", { CanonicalUser: "ab" }, { CanonicalUser: ["ab", "cd"] }],
])("%s broadens", (_, before, after) => {
  expect(bothWays(trust(before), trust(after), "trust")).toEqual(broadens);
});

test.each<[string, Principal, Principal]>([
  ["another role", { AWS: role("A") }, { AWS: role("B") }],
  ["a role of that name in another account", { AWS: role("A") }, { AWS: role("A", other) }],
  ["a role of that name on another path", { AWS: role("A") }, { AWS: role("team/A") }],
  ["a name in another case", { AWS: role("A") }, { AWS: role("a") }],
  ["another service", { Service: "lambda.amazonaws.com" }, { Service: "ec2.amazonaws.com" }],
  ["a user for a role of that name", { AWS: role("A") }, { AWS: `arn:aws:iam::${account}:user/A` }],
])("%s is gained and lost", (_, before, after) => {
  expect(bothWays(trust(before), trust(after), "trust")).toEqual(trades);
});

test.each<[string, string]>([
  ["a deleted role's id", "AROAJQABLZS4A3QDU576Q"],
  ["a deleted user's id", "AIDAJQABLZS4A3QDU576Q"],
  ["a wildcard within an ARN, which AWS refuses", `arn:aws:iam::${account}:role/*`],
])("%s may be anybody", (_, id) => {
  expect(bothWays(trust({ AWS: role("A") }), trust({ AWS: id }), "trust")).toEqual(unknown);
  expect(bothWays(trust({ AWS: id }), trust({ AWS: [id, id] }), "trust")).toEqual(same);
  expect(bothWays(trust({ AWS: id }), trust({ AWS: "*" }), "trust")).toEqual(broadens);
  expect(bothWays(trust({ AWS: id }, { Action: "sts:*" }), trust({ AWS: id }), "trust")).toEqual([
    "NARROWED",
    "BROADENED",
  ]);
});

describe("NotPrincipal", () => {
  const open = { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::a" } as const;
  const denyAllBut = (...AWS: readonly string[]): Statement => ({
    Effect: "Deny",
    NotPrincipal: { AWS },
    Action: "s3:*",
    Resource: "arn:aws:s3:::a",
  });

  test("an Allow for everybody else narrows by whom it names", () => {
    const allowAllBut = (...AWS: readonly string[]) =>
      policy({ Effect: "Allow", NotPrincipal: { AWS }, Action: "s3:*", Resource: "arn:aws:s3:::a" });
    expect(bothWays(allowAllBut(role("A"), role("B")), allowAllBut(role("A")), "resource")).toEqual(broadens);
    expect(bothWays(allowAllBut(role("A")), policy(open), "resource")).toEqual(broadens);
  });

  test("a Deny for everybody else broadens by whom it names", () => {
    const [one, two] = [denyAllBut(role("A"), account), denyAllBut(role("A"), role("B"), account)];
    expect(bothWays([open, one], [open, two], "resource")).toEqual(broadens);
    expect(compare([open, one], [open, two], "resource").denyRemoved).toBe(true);
  });

  test("a Deny spares nobody whose account it does not name, and of an account it names not all", () => {
    const everybody: Statement = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::a" };
    expect(bothWays([open, denyAllBut(role("A"))], [open, everybody], "resource")).toEqual(same);
    expect(bothWays([open, denyAllBut(account)], [open, denyAllBut(account, role("A"))], "resource")).toEqual(broadens);
  });

  test("a Deny spares a session only beside its role", () => {
    const [alone, both] = [denyAllBut(session("s", "A"), account), denyAllBut(session("s", "A"), role("A"), account)];
    expect(bothWays([open, alone], [open, denyAllBut(account)], "resource")).toEqual(same);
    expect(bothWays([open, denyAllBut(role("A"), account)], [open, both], "resource")).toEqual(broadens);
  });
});
