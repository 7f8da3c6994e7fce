import { comparePolicies } from "../../../plan-review/iam/compare";
import { account, allow, bothWays, compare, deny, policy } from "./policies";

const broadens = ["BROADENED", "NARROWED"];
const same = ["NONE", "NONE"];
const trades = ["BROADENED", "BROADENED"];

describe("what is no change", () => {
  const get = allow();
  const put = allow({ Action: "s3:PutObject" });

  test.each([
    ["statements in another order", [get, put], [put, get]],
    [
      "actions in another order",
      allow({ Action: ["s3:GetObject", "s3:PutObject"] }),
      allow({ Action: ["s3:PutObject", "s3:GetObject"] }),
    ],
    ["a list of one for a text", get, allow({ Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::photos/*"] })],
    ["an action that stands twice", get, allow({ Action: ["s3:GetObject", "s3:GetObject"] })],
    ["a statement that stands twice", get, [get, get]],
    ["another Sid", allow({ Sid: "One" }), allow({ Sid: "Two" })],
    ["a Sid that goes", allow({ Sid: "One" }), get],
    ["a statement split in two", allow({ Action: ["s3:GetObject", "s3:PutObject"] }), [get, put]],
    [
      "resources split in two",
      allow({ Resource: ["arn:aws:s3:::a", "arn:aws:s3:::b"] }),
      [allow({ Resource: "arn:aws:s3:::a" }), allow({ Resource: "arn:aws:s3:::b" })],
    ],
    ["actions in another case", get, allow({ Action: "S3:getobject" })],
    [
      "condition keys in another case",
      allow({ Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      allow({ Condition: { Bool: { "AWS:securetransport": "true" } } }),
    ],
    ["a statement that another one covers", allow({ Action: "s3:*" }), [allow({ Action: "s3:*" }), get]],
    ["an action that a wildcard covers", allow({ Action: ["s3:Get*", "s3:GetObject"] }), allow({ Action: "s3:Get*" })],
    ["a statement that a Deny takes back", deny(), [deny(), get]],
    ["a Deny within another Deny", [get, deny({ Action: "s3:*" })], [get, deny({ Action: "s3:*" }), deny()]],
    ["* and *:* as actions", allow({ Action: "*" }), allow({ Action: "*:*" })],
    ["s3:* and s3:?*", allow({ Action: "s3:*" }), allow({ Action: "s3:?*" })],
    ["* and ** as resources", allow({ Resource: "*" }), allow({ Resource: "**" })],
    ["* and ?* as resources", allow({ Resource: "*" }), allow({ Resource: "?*" })],
    ["a resource of more stars", allow(), allow({ Resource: "arn:aws:s3:::photos/**" })],
    [
      "NotAction of what is written twice",
      allow({ NotAction: ["iam:*"] }),
      allow({ NotAction: ["iam:*", "iam:Get*"] }),
    ],
    [
      "everything as NotAction and its actions",
      [allow({ NotAction: "s3:*" }), allow({ Action: "s3:*" })],
      allow({ Action: "*" }),
    ],
  ])("%s", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(same);
    expect(compare(before, after)).toMatchObject({ gains: false, losses: false, statements: [], reasons: [] });
  });

  test("the same text, whatever it is", () => {
    expect(comparePolicies("{", "{", "identity").change).toBe("NONE");
  });

  test("text and what it is parsed to", () => {
    expect(comparePolicies(JSON.stringify(policy(get)), policy(get), "identity").change).toBe("NONE");
  });
});

describe("actions", () => {
  test.each([
    ["an action more", "s3:GetObject", ["s3:GetObject", "s3:PutObject"]],
    ["a wildcard for its service", "s3:GetObject", "s3:*"],
    ["a wildcard for a beginning", ["s3:GetObject", "s3:GetObjectAcl"], "s3:Get*"],
    ["one character that may be any", "s3:GetObject", "s3:G?tObject"],
    ["all services", "s3:*", "*"],
    ["services that begin alike", "s3:*", "s3*:*"],
    ["an ending", "s3:GetObject", "s3:*Object"],
    ["a list of wildcards that leaves something out", ["s3:G*", "s3:P*"], "s3:*"],
  ])("%s broadens", (_, before, after) => {
    expect(bothWays(allow({ Action: before }), allow({ Action: after }))).toEqual(broadens);
  });

  test("actions are an open set: no list is all of a service", () => {
    const all = [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => `s3:${letter}*`);
    expect(bothWays(allow({ Action: all }), allow({ Action: "s3:*" }))).toEqual(broadens);
    expect(bothWays(allow({ Action: [...all, "s3:?*"] }), allow({ Action: "s3:*" }))).toEqual(same);
  });

  test("another action is both gained and lost, and counts as broadened", () => {
    const found = compare(allow(), allow({ Action: "s3:PutObject" }));
    expect(found).toMatchObject({ change: "BROADENED", gains: true, losses: true });
    expect(found.reasons).toEqual(["some access is gained and some is lost"]);
  });

  test("overlapping wildcards trade what is in one of them alone", () => {
    expect(bothWays(allow({ Action: "s3:Get*" }), allow({ Action: "s3:*Object" }))).toEqual(trades);
  });

  test("NotAction turns the direction round", () => {
    expect(bothWays(allow({ NotAction: ["iam:*", "sts:*"] }), allow({ NotAction: "iam:*" }))).toEqual(broadens);
    expect(bothWays(allow({ NotAction: "iam:*" }), allow({ NotAction: "iam:Get*" }))).toEqual(broadens);
    expect(bothWays(allow({ Action: "s3:*" }), allow({ NotAction: "iam:*" }))).toEqual(broadens);
  });
});

describe("resources", () => {
  const on = (...Resource: readonly string[]) => allow({ Resource });

  test.each([
    ["another object", on("arn:aws:s3:::a/1"), on("arn:aws:s3:::a/1", "arn:aws:s3:::a/2")],
    ["all objects for those of a folder", on("arn:aws:s3:::a/x/*"), on("arn:aws:s3:::a/*")],
    ["everything", on("arn:aws:s3:::a/*"), on("*")],
    ["the bucket beside its objects", on("arn:aws:s3:::a/*"), on("arn:aws:s3:::a/*", "arn:aws:s3:::a")],
    ["any region", on(`arn:aws:sqs:eu-west-1:${account}:q`), on(`arn:aws:sqs:*:${account}:q`)],
    ["any partition", on("arn:aws:s3:::a"), on("arn:*:s3:::a")],
    [
      "NotResource with less",
      allow({ NotResource: ["arn:aws:s3:::a", "arn:aws:s3:::b"] }),
      allow({ NotResource: "arn:aws:s3:::a" }),
    ],
    [
      "NotResource with a narrower one",
      allow({ NotResource: "arn:aws:s3:::*" }),
      allow({ NotResource: "arn:aws:s3:::a*" }),
    ],
  ])("%s broadens", (_, before, after) => {
    expect(bothWays(before, after)).toEqual(broadens);
  });

  test("case counts", () => {
    expect(bothWays(on("arn:aws:s3:::photos"), on("arn:aws:s3:::Photos"))).toEqual(trades);
  });

  test("a ? stays within its part of an ARN, and a * that ends a part may go on", () => {
    const beyond = on(`arn:aws:sqs:eu-west-1:x:${account}:q`);
    expect(bothWays([on(`arn:aws:sqs:*:${account}:q`), beyond].flat(), on(`arn:aws:sqs:*:${account}:q`))).toEqual(same);
    expect(
      bothWays([on(`arn:aws:sqs:eu-west-?:${account}:q`), beyond].flat(), on(`arn:aws:sqs:eu-west-?:${account}:q`)),
    ).toEqual(["NARROWED", "BROADENED"]);
  });
});

describe("Deny", () => {
  const all = allow({ Action: "s3:*" });

  test("a new one narrows, and one that goes broadens", () => {
    expect(bothWays([all, deny()], all)).toEqual(broadens);
    expect(compare([all, deny()], all)).toMatchObject({ denyRemoved: true, gains: true, losses: false });
    expect(compare(all, [all, deny()])).toMatchObject({ denyRemoved: false, gains: false, losses: true });
  });

  test("one that goes broadens even where this policy allows nothing: another one may", () => {
    expect(compare([allow({ Action: "sqs:*" }), deny()], allow({ Action: "sqs:*" }))).toMatchObject({
      change: "BROADENED",
      denyRemoved: true,
      reasons: ["it denies less than before, and other policies may allow what it denied"],
    });
  });

  test("one that denies less broadens, one that denies more narrows", () => {
    expect(bothWays([all, deny({ Action: "s3:Get*" })], [all, deny({ Action: "s3:GetObject" })])).toEqual(broadens);
    expect(bothWays([all, deny({ NotAction: "s3:Get*" })], [all, deny({ NotAction: "s3:*" })])).toEqual(broadens);
    expect(
      bothWays([all, deny({ NotResource: "arn:aws:s3:::a*" })], [all, deny({ NotResource: "arn:aws:s3:::*" })]),
    ).toEqual(broadens);
  });

  test("an Allow behind it gains nothing", () => {
    expect(compare([deny({ Action: "s3:*" })], [deny({ Action: "s3:*" }), allow()]).change).toBe("NONE");
    expect(compare([deny()], [deny(), all]).change).toBe("BROADENED");
  });

  test("an Allow that becomes a Deny narrows", () => {
    expect(bothWays(deny(), allow())).toEqual(broadens);
  });

  test("allowing by exception is the same as naming the rest", () => {
    const byDeny = [allow({ Action: "s3:Get*" }), deny({ Action: "s3:GetObject" })];
    expect(compare(byDeny, [...byDeny, allow({ Action: "s3:Get*" })]).change).toBe("NONE");
    expect(compare(byDeny, [allow({ Action: "s3:Get*" })])).toMatchObject({ change: "BROADENED", denyRemoved: true });
  });
});

describe("policies that come and go", () => {
  test("a new policy is ADDED, one that goes REMOVED", () => {
    expect(compare(null, allow())).toMatchObject({ change: "ADDED", gains: true, losses: false });
    expect(compare(allow(), null)).toMatchObject({ change: "REMOVED", gains: false, losses: true });
  });

  test("one that denies only loses when it comes and gains when it goes", () => {
    expect(compare(null, deny())).toMatchObject({ change: "ADDED", gains: false, losses: true });
    expect(compare(deny(), null)).toMatchObject({ change: "REMOVED", gains: true, denyRemoved: true });
  });

  test("one of no statements is none", () => {
    expect(compare(null, policy())).toMatchObject({ change: "NONE" });
    expect(compare(policy(), null)).toMatchObject({ change: "NONE" });
  });
});

describe("boundaries", () => {
  test("narrowing is good, and broadening is not", () => {
    expect(bothWays(allow(), allow({ Action: "s3:*" }), "boundary")).toEqual(broadens);
    expect(compare(allow(), allow({ Action: "s3:*" }), "boundary").reasons).toEqual([
      "what bounded access bounds less",
    ]);
  });

  test("one that goes gains whatever it kept back, and one that comes loses it", () => {
    expect(compare(allow(), null, "boundary")).toMatchObject({
      change: "REMOVED",
      gains: true,
      losses: false,
      statements: [
        { change: "REMOVED", effect: "Allow", actions: ["s3:GetObject"], why: "it bounds access no longer" },
      ],
    });
    expect(compare(null, allow(), "boundary")).toMatchObject({
      change: "ADDED",
      gains: false,
      losses: true,
      statements: [{ change: "ADDED", why: "it bounds access from now on" }],
    });
  });

  test("one that bounds nothing may come and go", () => {
    const everything = allow({ Action: "*", Resource: "*" });
    expect(bothWays(null, everything, "boundary")).toEqual(same);
  });

  test("a service control policy's Deny that goes is a gain", () => {
    const all = allow({ Action: "*", Resource: "*" });
    expect(
      compare([all, deny({ Action: "organizations:LeaveOrganization", Resource: "*" })], all, "boundary"),
    ).toMatchObject({
      change: "BROADENED",
      denyRemoved: true,
    });
  });
});

describe("what a reader sees", () => {
  test("one line says what a statement became", () => {
    expect(compare(allow({ Sid: "Read" }), allow({ Sid: "Read", Action: "s3:*" })).statements).toEqual([
      {
        change: "BROADENED",
        effect: "Allow",
        actions: ["s3:*"],
        resources: ["arn:aws:s3:::photos/*"],
        conditions: [],
        why: "action s3:GetObject became s3:*",
      },
    ]);
  });

  test("statements that stay are not named", () => {
    const other = allow({ Action: "sqs:SendMessage", Resource: "*" });
    const { statements } = compare(
      [other, allow()],
      [allow({ Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] }), other],
    );
    expect(statements.map(({ why }) => why)).toEqual(["with action s3:PutObject, s3:DeleteObject"]);
  });

  test("new statements, and those that go", () => {
    const topic = allow({ Action: "sns:Publish", Resource: "arn:aws:sns:eu-west-1:111122223333:t" });
    expect(compare(allow(), [allow(), topic]).statements).toMatchObject([
      { change: "ADDED", actions: ["sns:Publish"], why: "this statement is new" },
    ]);
    expect(compare([allow(), topic], allow()).statements).toMatchObject([
      { change: "REMOVED", why: "this statement goes" },
    ]);
  });

  test("principals, exceptions and conditions in words", () => {
    const open = policy({
      Effect: "Allow",
      NotPrincipal: { AWS: account },
      NotAction: "s3:Delete*",
      NotResource: "arn:aws:s3:::a",
      Condition: { StringEquals: { "aws:PrincipalOrgID": ["o-1", "o-2"] } },
    });
    expect(compare(null, open, "resource").statements).toMatchObject([
      {
        who: `everyone but ${account}`,
        actions: ["everything but s3:Delete*"],
        resources: ["everything but arn:aws:s3:::a"],
        conditions: ["StringEquals aws:PrincipalOrgID = o-1 | o-2"],
      },
    ]);
  });

  test("a Deny says which way it goes", () => {
    const all = allow({ Action: "s3:*" });
    expect(compare([all, deny()], all).statements).toMatchObject([
      { change: "REMOVED", effect: "Deny", why: "denies less: this statement goes" },
    ]);
    expect(compare(all, [all, deny()]).statements).toMatchObject([
      { change: "ADDED", effect: "Deny", why: "denies more: this statement is new" },
    ]);
  });
});

describe("what cannot be read is UNKNOWN", () => {
  const statement = { Effect: "Allow", Action: "s3:*", Resource: "*" };

  test.each([
    ["no JSON", "{", /JSON/],
    ["no object", "null", /null|Statement/],
    ["no Statement", "{}", /./],
    ["no Effect", JSON.stringify({ Statement: { ...statement, Effect: undefined } }), /Effect/],
    ["an element that IAM does not know", JSON.stringify({ Statement: { ...statement, Actions: "s3:*" } }), /Actions/],
    ["Action and NotAction", JSON.stringify({ Statement: { ...statement, NotAction: "s3:*" } }), /Action/],
    ["no Resource", JSON.stringify({ Statement: { Effect: "Allow", Action: "s3:*" } }), /Resource/],
    [
      "a Principal in an identity's policy",
      JSON.stringify({ Statement: { ...statement, Principal: "*" } }),
      /Principal/,
    ],
  ])("%s", (_, text, reason) => {
    for (const found of [
      comparePolicies(text, policy(allow()), "identity"),
      comparePolicies(policy(allow()), text, "identity"),
      comparePolicies(null, text, "identity"),
    ]) {
      expect(found).toMatchObject({ change: "UNKNOWN", gains: "unknown", losses: "unknown" });
      expect(found.reasons[0]).toMatch(reason);
      expect(found.reasons[0]).toMatch(/^the policy as it (was|will be) cannot be read: /);
    }
  });

  test("a resource's policy without a Principal", () => {
    expect(comparePolicies(null, policy(allow()), "resource").reasons[0]).toMatch(/must have a Principal, got: none/);
  });

  test("what is too involved to tell, and never NONE", () => {
    const tangled = (end: string) =>
      [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => `s3:*${letter}*${letter}*${end}`);
    const found = compare(allow({ Action: tangled("x*y*z") }), allow({ NotAction: tangled("*x?y*z*") }));
    expect(found.change).not.toBe("NONE");
    expect(found.gains).not.toBe(false);
  });
});
