import { escalations } from "../../../plan-review/iam/compare";
import type { Statement } from "./oracle";
import { allow, deny, policy } from "./policies";

const can = (Action: string | readonly string[], Resource = "*", more: Partial<Statement> = {}): Statement =>
  allow({ Action, Resource, ...more });

const of = (...statements: readonly Statement[]): readonly string[] => escalations(policy(...statements), "identity");

const role = "arn:aws:iam::111122223333:role/app";

describe("all rights", () => {
  test.each<[string, Statement]>([
    ["* on *", can("*")],
    ["*:* on *", can("*:*")],
    ["all but a little", allow({ NotAction: "iam:DeleteUser", NotResource: "arn:aws:s3:::a" })],
    ["with MFA", can("*", "*", { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } })],
  ])("%s are an administrator's, and nothing is listed beside them", (_, statement) => {
    expect(of(statement)).toEqual(["*:*"]);
  });

  test("over IAM are named, with what they hold", () => {
    expect(of(can("iam:*"))).toEqual(expect.arrayContaining(["iam:*", "iam:PassRole on *", "iam:CreatePolicyVersion"]));
  });

  test("over other things are none", () => {
    expect(of(can("s3:*"), can("dynamodb:*"), can("*", "arn:aws:s3:::a/b"))).not.toContain("*:*");
    expect(of(can("s3:*"), can("logs:*"), can("dynamodb:*"))).toEqual([]);
  });
});

test.each([
  "iam:CreatePolicyVersion",
  "iam:SetDefaultPolicyVersion",
  "iam:CreateAccessKey",
  "iam:CreateLoginProfile",
  "iam:UpdateLoginProfile",
  "iam:AttachUserPolicy",
  "iam:AttachGroupPolicy",
  "iam:AttachRolePolicy",
  "iam:PutUserPolicy",
  "iam:PutGroupPolicy",
  "iam:PutRolePolicy",
  "iam:AddUserToGroup",
  "iam:UpdateAssumeRolePolicy",
])("%s on anything, even one thing, is a way up", (action) => {
  expect(of(can(action))).toEqual([action]);
  expect(of(can(action.toUpperCase(), role))).toEqual([action]);
  expect(of(can(action), deny({ Action: action, Resource: "*" }))).toEqual([]);
});

test("reading IAM is none", () => {
  expect(of(can(["iam:Get*", "iam:List*"]))).toEqual([]);
});

describe("ways of several actions", () => {
  test("need all of them", () => {
    expect(of(can(["iam:PassRole", "ec2:RunInstances"], role), can("ec2:RunInstances"))).toEqual([
      "iam:PassRole + ec2:RunInstances",
    ]);
    expect(of(can("ec2:RunInstances"))).toEqual([]);
    expect(of(can("iam:PassRole", role))).toEqual([]);
    expect(of(can("iam:PassRole", role), can(["lambda:CreateFunction", "lambda:InvokeFunction"]))).toEqual([
      "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction",
    ]);
    expect(of(can("iam:PassRole", role), can("lambda:CreateFunction"))).toEqual([]);
  });

  test("need a role that may be passed to the service", () => {
    const pass = (service: string) =>
      can("iam:PassRole", role, { Condition: { StringEquals: { "iam:PassedToService": service } } });
    expect(of(pass("ec2.amazonaws.com"), can("ec2:RunInstances"))).toEqual(["iam:PassRole + ec2:RunInstances"]);
    expect(of(pass("lambda.amazonaws.com"), can("ec2:RunInstances"))).toEqual([]);
  });
});

describe("what is a way up on anything alone", () => {
  test.each(["sts:AssumeRole", "lambda:UpdateFunctionCode", "iam:PassRole"])("%s", (action) => {
    expect(of(can(action))).toEqual([`${action} on *`]);
    expect(of(can(action, role))).toEqual([]);
    expect(of(can(action, "${aws_iam_role.app.arn}"))).toEqual([]);
  });

  test("all of a kind are anything, and those of a name are not", () => {
    expect(of(can("sts:AssumeRole", "arn:aws:iam::*:role/*"))).toEqual(["sts:AssumeRole on *"]);
    expect(of(can("sts:AssumeRole", "arn:aws:iam::*:role/deploy-*"))).toEqual([]);
    expect(of(can("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:*"))).toEqual([
      "lambda:UpdateFunctionCode on *",
    ]);
  });
});

test("a user's own things are no way up", () => {
  expect(of(can("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"))).toEqual([]);
  expect(of(can("iam:CreateAccessKey", "arn:aws:iam::*:user/*"))).toEqual(["iam:CreateAccessKey"]);
});

describe("beside the policy of before", () => {
  const opened = (before: readonly Statement[], after: readonly Statement[]) =>
    escalations(policy(...after), "identity", policy(...before));
  const put = can("iam:PutRolePolicy", role);

  test("only what is new counts", () => {
    expect(opened([put], [put, can("s3:*")])).toEqual([]);
    expect(opened([can("*")], [can("*"), put])).toEqual([]);
    expect(opened([], [put])).toEqual(["iam:PutRolePolicy"]);
    expect(escalations(policy(put), "identity", null)).toEqual(["iam:PutRolePolicy"]);
  });

  test("more of it is new", () => {
    expect(opened([put], [can("iam:PutRolePolicy")])).toEqual(["iam:PutRolePolicy"]);
    expect(opened([can("iam:PutRolePolicy")], [put])).toEqual([]);
    expect(
      opened([can("iam:PutRolePolicy"), deny({ Action: "iam:*", Resource: role })], [can("iam:PutRolePolicy")]),
    ).toEqual(["iam:PutRolePolicy"]);
  });

  test("the rest of a way makes it new", () => {
    const pass = can("iam:PassRole", role);
    expect(opened([pass], [pass, can("ec2:RunInstances")])).toEqual(["iam:PassRole + ec2:RunInstances"]);
  });
});

test("other uses, and what is no policy, have none", () => {
  const everything = policy({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" });
  expect(escalations(everything, "resource")).toEqual([]);
  expect(escalations(policy(can("*")), "boundary")).toEqual([]);
  expect(escalations("{", "identity")).toEqual([]);
});
