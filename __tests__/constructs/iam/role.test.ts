import { ManagedPolicy } from "../../../constructs/iam/managed-policy";
import { policyDocument } from "../../../constructs/iam/policy-document";
import { Role } from "../../../constructs/iam/role";
import { policiesOf } from "../../support/policies";
import { countOf, only, synthesize } from "../../support/synth";

const configOf = (roleName: string, policyName = "Read") =>
  synthesize((stack) => {
    const role = new Role(stack, "Role", {
      roleName,
      assumedBy: { Service: "lambda.amazonaws.com" },
      description: "Works",
    });
    const statements = [{ actions: ["sqs:ReceiveMessage"], resources: ["arn"] }];
    new ManagedPolicy(stack, "Read", { policyName, description: "Reads", role, statements });
  });

test("is assumed by one service, and holds its permissions in resources of their own", () => {
  const role = only(configOf("worker"), "aws_iam_role");
  expect(JSON.parse(role.assume_role_policy)).toEqual({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  expect(role).not.toHaveProperty("inline_policy");
  expect(role).not.toHaveProperty("managed_policy_arns");
  expect(policiesOf(configOf("worker"), "Role")).toEqual({
    Read: [{ Effect: "Allow", Action: "sqs:ReceiveMessage", Resource: "arn" }],
  });
});

describe("a grant that is there already", () => {
  const granted = (...resources: readonly string[]) =>
    synthesize((stack) => {
      const role = new Role(stack, "Role", {
        roleName: "worker",
        assumedBy: { Service: "lambda.amazonaws.com" },
        description: "Works",
      });
      for (const resource of resources) role.grant("Send", [{ actions: ["sqs:SendMessage"], resources: [resource] }]);
    });

  test("is there once, so that two routes may lead to one function", () => {
    expect(only(granted("arn", "arn"), "aws_iam_role_policy").name).toBe("Send");
  });

  test("is not taken for another", () => {
    expect(() => granted("arn", "other")).toThrow(
      'id must be of one grant of the role, got: "Send". Take another role for what else it is to do (in test/Role)',
    );
  });
});

test.each(["r", "r".repeat(64), "+=,.@_-"])("takes the role name %s", (roleName) => {
  expect(only(configOf(roleName), "aws_iam_role").name).toBe(roleName);
});

test.each(["", "r".repeat(65), "a b", "a/b"])("refuses the role name %j", (roleName) => {
  expect(() => configOf(roleName)).toThrow(
    `roleName must be 1–64 letters, digits and +=,.@_-, got: "${roleName}" (in test/Role)`,
  );
});

test.each(["p", "p".repeat(128)])("takes the policy name %s", (policyName) => {
  expect(only(configOf("r", policyName), "aws_iam_policy").name).toBe(policyName);
  expect(countOf(configOf("r", policyName), "aws_iam_role_policy_attachment")).toBe(1);
});

test.each(["", "p".repeat(129), "a b"])("refuses the policy name %j", (policyName) => {
  expect(() => configOf("r", policyName)).toThrow(
    `policyName must be 1–128 letters, digits and +=,.@_-, got: "${policyName}" (in test/Read)`,
  );
});

test("writes one value as itself and several as a list, and leaves out what a statement does not have", () => {
  const statement = {
    sid: "S",
    effect: "Deny",
    principal: "*",
    actions: ["a:B", "a:C"],
    resources: ["x", "y"],
  } as const;
  expect(JSON.parse(policyDocument([statement, { actions: ["a:B"] }])).Statement).toEqual([
    { Sid: "S", Effect: "Deny", Principal: "*", Action: ["a:B", "a:C"], Resource: ["x", "y"] },
    { Effect: "Allow", Action: "a:B" },
  ]);
});
