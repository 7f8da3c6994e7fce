import type { JsonObject } from "../../../plan-review/plan";
import { allowing, configured, entryOf, type Given } from "../plans";
import { detected, lines, reference } from "./detected";

const access = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []) =>
  lines("iam", detected(changes, resources));
const one = (address: string, given: Given) => access([entryOf(address, given)]);

const ACCOUNT = "123456789012";
const stays = (address: string, values: JsonObject) =>
  entryOf(address, { before: values, after: values, actions: ["no-op"] });
const ownAccount = stays("aws_sns_topic.own", { arn: `arn:aws:sns:eu-west-1:${ACCOUNT}:own` });

const P = "aws_iam_role_policy.p";
const inline = (policy: string, role = "writer"): JsonObject => ({ name: "p", role, policy });
const deny = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "s3:*", Resource: "*" }],
});
const get = allowing("s3:GetObject", "arn:aws:s3:::files/*");
const put = allowing("s3:PutObject", "arn:aws:s3:::files/*");
const all = allowing("s3:*", "arn:aws:s3:::files/*");
const admin = allowing("*", "*");

describe("a policy", () => {
  test.each<[string, Given, readonly string[]]>([
    ["that is broader", { before: inline(get), after: inline(all) }, [`high iam-broadened ${P}`]],
    ["that is narrower", { before: inline(all), after: inline(get) }, [`low iam-narrowed ${P}`]],
    ["that gains some and loses some", { before: inline(get), after: inline(put) }, [`high iam-broadened ${P}`]],
    ["that is new on a role that was there", { after: inline(get) }, [`high iam-added ${P}`]],
    ["that goes", { before: inline(get) }, [`low iam-removed ${P}`]],
    ["that makes an administrator", { before: inline(get), after: inline(admin) }, [`critical iam-broadened ${P}`]],
    [
      "that lets one be made",
      { before: inline(get), after: inline(allowing("iam:PutRolePolicy", "*")) },
      [`critical iam-broadened ${P}`],
    ],
    ["that was an administrator's", { before: inline(admin), after: inline(admin) }, []],
    ["that denies no more", { before: inline(deny) }, [`critical iam-removed ${P}`]],
    ["that denies from now on", { after: inline(deny) }, [`low iam-added ${P}`]],
    ["that is no policy", { before: inline(get), after: inline("no JSON") }, [`high iam-unknown ${P}`]],
  ])("%s", (_, given, expected) => {
    expect(one(P, given)).toEqual(expected);
  });

  test("that means the same is told among other updates, all together", () => {
    const [before, after] = [inline(get), inline(JSON.stringify(JSON.parse(get), null, 2))];
    const changes = ["a", "b"].map((name) => entryOf(`aws_iam_role_policy.${name}`, { before, after }));
    const found = detected(changes);
    expect(access(changes)).toEqual([]);
    expect(found.map(({ title, details }) => [title, ...details])).toEqual([
      ["2 policies are written or computed anew, and mean the same", "aws_iam_role_policy.a", "aws_iam_role_policy.b"],
    ]);
  });

  test("says who, what, and since when", () => {
    const role = stays("aws_iam_role.writer", { id: "writer", name: "writer" });
    const [found] = detected([role, entryOf(P, { before: inline(get), after: inline(all) })]);
    expect(found?.iam).toMatchObject({
      change: "BROADENED",
      who: "aws_iam_role.writer",
      statements: [{ effect: "Allow", actions: ["s3:*"], resources: ["arn:aws:s3:::files/*"] }],
    });
    expect(found?.title).toBe("policy BROADENED: s3:*");
    // The statement is shown with whose it is: it is not said twice.
    expect(found?.details).toEqual([]);
  });

  const newRole = entryOf("aws_iam_role.writer", { after: { name: "writer" } });
  test.each<[string, string, string]>([
    ["what it needs", get, "low"],
    ["all of a service on one thing", all, "low"],
    ["all of a service on anything", allowing("s3:*", "*"), "high"],
    ["everything", admin, "critical"],
  ])("of a role that is created with it: %s", (_, policy, severity) => {
    expect(access([newRole, entryOf(P, { after: inline(policy) })])).toEqual([`${severity} iam-added ${P}`]);
  });

  test("goes without a word of its own with the role that has it", () => {
    const gone = entryOf("aws_iam_role.writer", { before: { name: "writer" } });
    expect(access([gone, entryOf(P, { before: inline(deny) })])).toEqual(["low iam-removed-with-holder"]);
  });

  test("that goes from one role to another is new to the other", () => {
    const given = {
      before: inline(get, "reader"),
      after: inline(get, "writer"),
      actions: ["delete", "create"],
      change: { replace_paths: [["role"]] },
    };
    expect(one(P, given)).toEqual([`high iam-added ${P}`]);
  });

  test("whose statements go to another policy of the same role is told once", () => {
    const changes = (target: string, role = "writer") => [
      entryOf("aws_iam_role_policy.a", { before: inline(get) }),
      entryOf("aws_iam_role_policy.b", { after: inline(target, role) }),
    ];
    expect(access(changes(get))).toEqual(["low iam-moved aws_iam_role_policy.a"]);
    const both = ["high iam-added aws_iam_role_policy.b", "low iam-removed aws_iam_role_policy.a"];
    expect(access(changes(all))).toEqual(both);
    expect(access(changes(get, "other"))).toEqual(both);
  });

  test("that only denies says so", () => {
    expect(detected([entryOf(P, { after: inline(deny) })])[0]?.title).toBe("policy ADDED: denies s3:*");
    expect(detected([entryOf(P, { before: inline(deny) })])[0]?.title).toBe("policy REMOVED: denies less: s3:*");
  });

  test("that is sensitive tells its direction alone", () => {
    const change = entryOf(P, {
      before: inline(get),
      after: inline(all),
      change: { before_sensitive: { policy: true }, after_sensitive: { policy: true } },
    });
    const found = detected([change]);
    expect(found.map(({ iam }) => iam?.change)).toEqual(["BROADENED"]);
    expect(JSON.stringify(found)).not.toContain("s3:");
  });

  test("that is a managed one says who has it", () => {
    const changes = (policy: string) => [
      stays("aws_iam_role.writer", { name: "writer" }),
      entryOf("aws_iam_policy.m", { before: { arn: "arn:m", policy: get }, after: { arn: "arn:m", policy } }),
      stays("aws_iam_role_policy_attachment.a", { role: "writer", policy_arn: "arn:m" }),
    ];
    const [found] = detected(changes(all)).filter(({ section }) => section === "iam");
    expect(found).toMatchObject({ severity: "high", rule: "iam-broadened", iam: { who: "aws_iam_role.writer" } });
  });

  test("of a resource is judged as one", () => {
    const allow = (AWS: string): JsonObject => ({
      queue_url: "q",
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS }, Action: "sqs:SendMessage", Resource: "*" }],
      }),
    });
    const Q = "aws_sqs_queue_policy.q";
    const queue = entryOf("aws_sqs_queue.q", { after: { url: "q" } });
    const of = (account: string) => access([ownAccount, queue, entryOf(Q, { after: allow(account) })]);
    expect(of(ACCOUNT)).toEqual([`low iam-added ${Q}`]);
    expect(of("999999999999")).toEqual([`high iam-added ${Q}`]);
    const own = allow(ACCOUNT);
    const whole = { ...own, policy: String(own.policy).replace("sqs:SendMessage", "sqs:*") };
    expect(access([ownAccount, queue, entryOf(Q, { after: whole })])).toEqual([`low iam-added ${Q}`]);
  });
});

describe("a trust policy", () => {
  const trust = (Principal: JsonObject, Condition?: JsonObject): JsonObject => ({
    name: "r",
    assume_role_policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal, ...(Condition ? { Condition } : {}) }],
    }),
  });
  const lambda = trust({ Service: "lambda.amazonaws.com" });
  const R = "aws_iam_role.r";
  test.each<[string, Given, readonly string[]]>([
    ["of a new role", { after: lambda }, [`low trust-added ${R}`]],
    [
      "that lets in one more",
      { before: lambda, after: trust({ Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] }) },
      [`high trust-broadened ${R}`],
    ],
    [
      "that lets in another account's role, new",
      { after: trust({ AWS: "arn:aws:iam::999999999999:root" }) },
      [`high trust-added ${R}`],
    ],
    [
      "that loses its condition",
      { before: trust({ AWS: ACCOUNT }, { StringEquals: { "sts:ExternalId": "a" } }), after: trust({ AWS: ACCOUNT }) },
      [`high trust-broadened ${R}`],
    ],
    [
      "that gets a condition",
      { before: trust({ AWS: ACCOUNT }), after: trust({ AWS: ACCOUNT }, { StringEquals: { "sts:ExternalId": "a" } }) },
      [`low trust-narrowed ${R}`],
    ],
    ["of a role that goes", { before: lambda }, ["low iam-removed-with-holder"]],
  ])("%s", (_, given, expected) => {
    expect(access([ownAccount, entryOf(R, given)])).toEqual(expected);
  });
});

describe("a permissions boundary", () => {
  const R = "aws_iam_role.r";
  const role = (permissions_boundary: string | null): JsonObject => ({ name: "r", permissions_boundary });
  test.each<[string, Given, readonly string[]]>([
    ["that goes", { before: role("arn:b"), after: role(null) }, [`critical boundary-removed ${R}`]],
    ["that goes, as text", { before: role("arn:b"), after: role("") }, [`critical boundary-removed ${R}`]],
    ["that comes", { before: role(null), after: role("arn:b") }, [`low boundary-added ${R}`]],
    ["that is another", { before: role("arn:b"), after: role("arn:c") }, [`high boundary-changed ${R}`]],
    [
      "that is unknown until apply",
      { before: role("arn:b"), after: {}, unknown: { permissions_boundary: true } },
      [`high boundary-changed ${R}`],
    ],
    ["that stays", { before: { ...role("arn:b"), description: "a" }, after: role("arn:b") }, []],
    ["of a role that goes", { before: role("arn:b") }, []],
  ])("%s", (_, given, expected) => {
    expect(one(R, given)).toEqual(expected);
  });

  test("that is another is compared where the plan holds both", () => {
    const changes = (next: string) => [
      stays("aws_iam_policy.b", { arn: "arn:b", policy: get }),
      stays("aws_iam_policy.c", { arn: "arn:c", policy: next }),
      entryOf(R, { before: role("arn:b"), after: role("arn:c") }),
    ];
    const changeOf = (next: string) => detected(changes(next)).map(({ severity, iam }) => [severity, iam?.change]);
    expect(changeOf(all)).toEqual([["high", "BROADENED"]]);
    expect(changeOf(allowing("s3:GetObject", "arn:aws:s3:::files/a"))).toEqual([["low", "NARROWED"]]);
  });
});

describe("an attachment", () => {
  const A = "aws_iam_role_policy_attachment.a";
  const aws = (name: string) => `arn:aws:iam::aws:policy/${name}`;
  const attached = (policy_arn: string | null, role = "writer"): JsonObject => ({ role, policy_arn });
  test.each<[string, Given, readonly string[]]>([
    [
      "of an administrator's policy",
      { after: attached(aws("AdministratorAccess")) },
      [`critical policy-attached ${A}`],
    ],
    ["of one that can make one", { after: attached(aws("IAMFullAccess")) }, [`critical policy-attached ${A}`]],
    ["of nearly everything", { after: attached(aws("PowerUserAccess")) }, [`critical policy-attached ${A}`]],
    ["of all of a service", { after: attached(aws("AmazonS3FullAccess")) }, [`high policy-attached ${A}`]],
    [
      "to a role that was there",
      { after: attached(aws("service-role/AWSLambdaBasicExecutionRole")) },
      [`high policy-attached ${A}`],
    ],
    [
      "of a policy that the plan does not hold",
      { after: attached("arn:aws:iam::123456789012:policy/x") },
      [`high policy-attached ${A}`],
    ],
    [
      "of a policy that is unknown until apply",
      { after: attached(null), unknown: { policy_arn: true } },
      [`high policy-attached ${A}`],
    ],
    ["that goes", { before: attached(aws("AmazonS3FullAccess")) }, [`low policy-detached ${A}`]],
    ["that goes and denied", { before: attached(aws("AWSDenyAll")) }, [`critical policy-detached ${A}`]],
    [
      "that goes to another role",
      {
        before: attached(aws("AmazonS3FullAccess"), "reader"),
        after: attached(aws("AmazonS3FullAccess")),
        actions: ["delete", "create"],
        change: { replace_paths: [["role"]] },
      },
      [`high policy-attached ${A}`, `low policy-detached ${A}`],
    ],
  ])("%s", (_, given, expected) => {
    expect(one(A, given)).toEqual(expected);
  });

  test("to a role that is created with it is mild, but for administrators", () => {
    const role = entryOf("aws_iam_role.writer", { after: { name: "writer" } });
    const of = (name: string) => access([role, entryOf(A, { after: attached(aws(name)) })]);
    expect(of("service-role/AWSLambdaBasicExecutionRole")).toEqual([`low policy-attached ${A}`]);
    expect(of("AmazonS3FullAccess")).toEqual([`high policy-attached ${A}`]);
    expect(of("AdministratorAccess")).toEqual([`critical policy-attached ${A}`]);
  });

  test("of AWS's own policy is known in any partition", () => {
    const partition = "arn:${data.aws_partition.p.partition}:iam::aws:policy/AdministratorAccess";
    for (const policy of [partition, "arn:aws-cn:iam::aws:policy/AdministratorAccess"]) {
      expect(one(A, { after: attached(policy) })).toEqual([`critical policy-attached ${A}`]);
    }
  });

  test("of a policy in the plan is judged by what that allows", () => {
    const role = stays("aws_iam_role.writer", { name: "writer" });
    const policy = (text: string) => stays("aws_iam_policy.m", { arn: "arn:m", policy: text });
    const of = (text: string, given: Given) => access([role, policy(text), entryOf(A, given)]);
    expect(of(get, { after: attached("arn:m") })).toEqual([`high policy-attached ${A}`]);
    expect(of(admin, { after: attached("arn:m") })).toEqual([`critical policy-attached ${A}`]);
    expect(of(get, { before: attached("arn:m") })).toEqual([`low policy-detached ${A}`]);
    expect(of(deny, { before: attached("arn:m") })).toEqual([`critical policy-detached ${A}`]);
  });

  test("of a policy that is created with it is told with the policy", () => {
    const config = [
      configured(A, { policy_arn: reference("aws_iam_policy.m.arn"), role: reference("aws_iam_role.writer.name") }),
    ];
    const changes = [
      stays("aws_iam_role.writer", { name: "writer" }),
      entryOf("aws_iam_policy.m", { after: { name: "m", policy: get }, unknown: { arn: true } }),
      entryOf(A, { after: { role: "writer" }, unknown: { policy_arn: true } }),
    ];
    expect(access(changes, config)).toEqual(["high iam-added aws_iam_policy.m"]);
  });

  test("that a role lists itself", () => {
    const R = "aws_iam_role.r";
    const role = (...managed_policy_arns: readonly string[]): JsonObject => ({ name: "r", managed_policy_arns });
    expect(one(R, { before: role(), after: role(aws("AdministratorAccess")) })).toEqual([
      `critical policy-attached ${R}`,
    ]);
    expect(one(R, { before: role(aws("ReadOnlyAccess")), after: role() })).toEqual([`low policy-detached ${R}`]);
  });

  test("of several principals tells each that is new", () => {
    const M = "aws_iam_policy_attachment.m";
    const of = (...roles: readonly string[]): JsonObject => ({ policy_arn: aws("AmazonS3FullAccess"), roles });
    expect(one(M, { before: of("a"), after: of("a", "b") })).toEqual([`high policy-attached ${M}`]);
  });
});

describe("other access", () => {
  test.each<[string, Given, string | undefined]>([
    ["aws_iam_access_key", { after: { user: "u" } }, "high access-added"],
    ["aws_iam_access_key", { before: { user: "u" } }, "low access-removed"],
    [
      "aws_iam_group_membership",
      { before: { group: "g", users: ["a"] }, after: { group: "g", users: ["a", "b"] } },
      "high access-broadened",
    ],
    [
      "aws_iam_group_membership",
      { before: { group: "g", users: ["a", "b"] }, after: { group: "g", users: ["a"] } },
      "low access-narrowed",
    ],
    ["aws_kms_grant", { after: { grantee_principal: "arn:r", operations: ["Decrypt"] } }, "high access-added"],
    ["aws_ssoadmin_account_assignment", { after: { principal_id: "p" } }, "high access-added"],
    ["aws_iam_openid_connect_provider", { after: { url: "https://example.com" } }, "high access-added"],
    ["aws_lambda_function", { before: { role: "arn:a" }, after: { role: "arn:b" } }, "high runs-as-another-role"],
    ["aws_lambda_function", { before: { role: "arn:a", timeout: 1 }, after: { role: "arn:a", timeout: 2 } }, undefined],
    ["aws_api_gateway_integration", { before: { credentials: "arn:a" }, after: { credentials: null } }, undefined],
  ])("by a %s: %j", (type, given, expected) => {
    expect(one(`${type}.x`, given)).toEqual(expected ? [`${expected} ${type}.x`] : []);
  });

  test("is the same where the role is created anew", () => {
    const F = "aws_lambda_function.f";
    const changes = (before: JsonObject) => [
      entryOf("aws_iam_role.r", {
        before: { arn: "arn:a" },
        after: {},
        unknown: { arn: true },
        actions: ["delete", "create"],
      }),
      entryOf(F, { before, after: {}, unknown: { role: true } }),
    ];
    const config = [configured(F, { role: reference("aws_iam_role.r.arn") })];
    expect(access(changes({ role: "arn:a" }), config)).toEqual([]);
    expect(access(changes({ role: "arn:z" }), config)).toEqual([`high runs-as-another-role ${F}`]);
  });

  test("by a permission to call a function", () => {
    const L = "aws_lambda_permission.l";
    const of = (source_arn: string): JsonObject => ({
      action: "lambda:InvokeFunction",
      function_name: "f",
      principal: "sns.amazonaws.com",
      source_arn,
    });
    const [a, b] = ["a", "b"].map((topic) => of(`arn:aws:sns:eu-west-1:${ACCOUNT}:${topic}`));
    expect(one(L, { after: a })).toEqual([`high iam-added ${L}`]);
    expect(one(L, { before: a, after: b, actions: ["delete", "create"] })).toEqual([`high iam-broadened ${L}`]);
    expect(one(L, { before: a })).toEqual([`low iam-removed ${L}`]);
  });
});
