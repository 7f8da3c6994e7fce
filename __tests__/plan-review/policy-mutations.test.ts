import type { JsonObject } from "../../plan-review/plan";
import { entryIn, mutated, verdictOf } from "./mutated";
import { documentOf, entryOf, planDocument } from "./plans";

const POLICY = "aws_iam_role_policy.pipeline_writer";
const ROLE = "aws_iam_role.pipeline_writer";
const files = "arn:aws:s3:::files/*";

const policy = (...statements: readonly JsonObject[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (parts: JsonObject = {}): JsonObject => ({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: files,
  ...parts,
});
const deny = (parts: JsonObject = {}): JsonObject => ({ ...allow(parts), Effect: "Deny" });
const unlike = (parts: JsonObject): JsonObject => ({ Effect: "Allow", ...parts });
const when = (operator: string, ...values: readonly string[]): JsonObject =>
  allow({ Condition: { [operator]: { "aws:SourceVpce": values } } });

const none: readonly string[] = [];
const broadened = ["high iam iam-broadened"];
const critical = ["critical iam iam-broadened"];
const narrowed = ["low iam iam-narrowed"];

test.each<[string, string, string, readonly string[]]>([
  [
    "order, Sid, lists, repetition, case of actions",
    policy(allow({ Sid: "A", Action: ["s3:GetObject", "s3:PutObject"] })),
    policy(allow({ Action: "S3:putobject" }), allow(), allow({ Resource: [files] })),
    none,
  ],
  [
    "case of a condition's key",
    policy(when("StringEquals", "a")),
    policy(allow({ Condition: { StringEquals: { "AWS:sourcevpce": "a" } } })),
    none,
  ],
  ["case of a condition's value", policy(when("StringEquals", "a")), policy(when("StringEquals", "A")), broadened],
  ["case of a resource", policy(allow()), policy(allow({ Resource: files.toUpperCase() })), broadened],
  ["all of S3 to one action", policy(allow({ Action: "s3:*" })), policy(allow()), narrowed],
  ["some gained and some lost", policy(allow()), policy(allow({ Action: "s3:PutObject" })), broadened],
  [
    "NotAction with fewer",
    policy(unlike({ NotAction: ["iam:*", "s3:*"], Resource: files })),
    policy(unlike({ NotAction: "iam:*", Resource: files })),
    broadened,
  ],
  [
    "NotResource with more",
    policy(unlike({ Action: "s3:GetObject", NotResource: files })),
    policy(unlike({ Action: "s3:GetObject", NotResource: [files, "arn:aws:s3:::b"] })),
    narrowed,
  ],
  ["a Deny that goes", policy(allow(), deny({ Action: "s3:DeleteObject" })), policy(allow()), critical],
  [
    "a Deny under a condition",
    policy(allow(), deny()),
    policy(allow(), deny({ Condition: { Bool: { "aws:SecureTransport": "false" } } })),
    critical,
  ],
  ["a Deny that comes", policy(allow({ Action: "s3:*" })), policy(allow({ Action: "s3:*" }), deny()), narrowed],
  ["a value more", policy(when("StringEquals", "a")), policy(when("StringEquals", "a", "b")), broadened],
  [
    "a value more that is excluded",
    policy(when("StringNotEquals", "a")),
    policy(when("StringNotEquals", "a", "b")),
    narrowed,
  ],
  [
    "a value more under Deny",
    policy({ ...when("StringEquals", "a"), Effect: "Deny" }),
    policy({ ...when("StringEquals", "a", "b"), Effect: "Deny" }),
    narrowed,
  ],
  [
    "a value more that is excluded under Deny",
    policy({ ...when("StringNotEquals", "a"), Effect: "Deny" }),
    policy({ ...when("StringNotEquals", "a", "b"), Effect: "Deny" }),
    critical,
  ],
  ["IfExists", policy(when("StringEquals", "a")), policy(when("StringEqualsIfExists", "a")), broadened],
  [
    "ForAllValues",
    policy(when("ForAnyValue:StringEquals", "a")),
    policy(when("ForAllValues:StringEquals", "a")),
    broadened,
  ],
  ["a condition that goes", policy(when("StringEquals", "a")), policy(allow()), broadened],
  [
    "a Version whose variables are read",
    policy(allow({ Resource: `${files}\${aws:username}` })).replace("2012-10-17", "2008-10-17"),
    policy(allow({ Resource: `${files}\${aws:username}` })),
    broadened,
  ],
  ["everything", policy(allow()), policy(allow({ Action: "*", Resource: "*" })), critical],
  [
    "a way to administrator's rights",
    policy(allow()),
    policy(allow(), allow({ Action: "iam:PutRolePolicy", Resource: "*" })),
    critical,
  ],
  ["no policy", policy(allow()), '{"Version"', ["high iam iam-unknown"]],
])("an inline policy: %s", (_, before, after, expected) => {
  const document = mutated({ [POLICY]: { before: { policy: before }, after: { policy: after } } });
  expect(verdictOf(document)).toEqual(["COMPLETE", ...expected]);
});

describe("a trust policy", () => {
  const trusts = (principal: JsonObject | string, parts: JsonObject = {}) =>
    policy({ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", ...parts });
  const lambda = trusts({ Service: "lambda.amazonaws.com" });
  const trusted = ["high iam trust-broadened"];
  const open = ["critical public-exposure policy-public", ...trusted];
  test.each<[string, string, string, readonly string[]]>([
    [
      "an account as its root",
      trusts({ AWS: "123456789012" }),
      trusts({ AWS: "arn:aws:iam::123456789012:root" }),
      none,
    ],
    [
      "an id that only AWS knows",
      trusts({ AWS: "arn:aws:iam::123456789012:role/a" }),
      trusts({ AWS: "AROAEXAMPLEID12345678" }),
      ["high iam trust-unknown"],
    ],
    ["anybody", lambda, trusts("*"), open],
    [
      "anybody of an organization",
      lambda,
      trusts({ AWS: "*" }, { Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }),
      trusted,
    ],
    ["another account", lambda, trusts({ AWS: "999999999999" }), trusted],
    [
      "everybody but one",
      lambda,
      policy({ Effect: "Allow", NotPrincipal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }),
      open,
    ],
  ])("%s", (_, before, after, expected) => {
    const sides = { before: { assume_role_policy: before }, after: { assume_role_policy: after } };
    expect(verdictOf(mutated({ [ROLE]: sides }))).toEqual(["COMPLETE", ...expected]);
  });
});

test("a role that changes otherwise says nothing of inline policies that stay", () => {
  const document = mutated({ [ROLE]: { before: { description: "a" }, after: { description: "b" } } });
  expect(verdictOf(document)).toEqual(["COMPLETE"]);
});

test.each<[string, JsonObject, readonly string[]]>([
  ["goes", { permissions_boundary: null }, ["critical iam boundary-removed"]],
  ["is another", { permissions_boundary: "arn:aws:iam::000000000000:policy/c" }, ["high iam boundary-changed"]],
])("a boundary that %s", (_, after, expected) => {
  const before = { permissions_boundary: "arn:aws:iam::000000000000:policy/b" };
  expect(verdictOf(mutated({ [ROLE]: { before, after } }))).toEqual(["COMPLETE", ...expected]);
});

describe("who may call a function", () => {
  const call = { action: "lambda:InvokeFunction", function_name: "f" };
  const unbound = ["critical public-exposure permission-unbound", "high iam iam-added"];
  test.each<[string, JsonObject, readonly string[]]>([
    ["anybody", { principal: "*" }, ["critical public-exposure permission-public", "high iam iam-added"]],
    ["a service", { principal: "s3.amazonaws.com" }, unbound],
    ["a service for any source", { principal: "s3.amazonaws.com", source_arn: "*" }, unbound],
    [
      "a service for any account's API",
      { principal: "apigateway.amazonaws.com", source_arn: "arn:aws:execute-api:eu-west-1:*:*/*" },
      unbound,
    ],
    [
      "a service for a bucket",
      { principal: "s3.amazonaws.com", source_arn: "arn:aws:s3:::files" },
      ["high iam iam-added"],
    ],
    [
      "a service for an account",
      { principal: "events.amazonaws.com", source_account: "000000000000" },
      ["high iam iam-added"],
    ],
    ["an organization", { principal: "*", principal_org_id: "o-1" }, ["high iam iam-added"]],
  ])("%s", (_, after, expected) => {
    const entry = entryOf("aws_lambda_permission.p", { after: { ...call, ...after } });
    expect(verdictOf(documentOf({ resource_changes: [entry] }))).toEqual(["COMPLETE", ...expected]);
  });
});

test.each<[string, string, readonly string[]]>([
  ["narrows", policy(allow({ Principal: "*" })), ["low iam iam-narrowed"]],
  [
    "lets do more",
    policy(allow({ Principal: "*", Action: "s3:*" })),
    ["critical public-exposure policy-public", ...broadened],
  ],
])("a policy that was public and %s", (_, after, expected) => {
  const before = policy(allow({ Principal: "*", Action: ["s3:GetObject", "s3:PutObject"] }));
  const entry = entryOf("aws_s3_bucket_policy.p", {
    before: { bucket: "b", policy: before },
    after: { bucket: "b", policy: after },
  });
  expect(verdictOf(documentOf({ resource_changes: [entry] }))).toEqual(["COMPLETE", ...expected]);
});

test("a policy that is forgotten goes on denying what it denies", () => {
  const entry = entryOf("aws_iam_role_policy.p", {
    before: { role: "r", policy: policy(deny()) },
    actions: ["forget"],
  });
  expect(verdictOf(documentOf({ resource_changes: [entry] }))).toEqual(["COMPLETE", "low data-loss kept"]);
});

describe("a policy that names a new queue", () => {
  const file = "policy-unknown-until-apply.json";
  const document = planDocument(file);
  const root = (document.configuration as JsonObject).root_module as JsonObject;
  const resources = root.resources as readonly JsonObject[];
  const { address } = entryIn(document, POLICY);
  const expressions = resources.find((one) => one.address === address)?.expressions as {
    policy: { constant_value: string };
  };
  const template = expressions.policy.constant_value;
  const queue = "${aws_sqs_queue.audit_queue_11111111.arn}";
  const withPolicy = (expression: JsonObject): JsonObject => ({
    ...document,
    configuration: {
      root_module: {
        ...root,
        resources: resources.map((one) =>
          one.address === address ? { ...one, expressions: { policy: expression } } : one,
        ),
      },
    },
  });
  const unresolved = ["INCOMPLETE", "high cannot-be-judged policy-unresolved"];

  test.each<[string, JsonObject, readonly string[]]>([
    ["as it is", { constant_value: template }, ["COMPLETE", ...broadened]],
    [
      "and does everything with it",
      { constant_value: template.replace("sqs:SendMessage", "*") },
      ["COMPLETE", ...critical],
    ],
    [
      "beside everything",
      { constant_value: template.replace(queue, "*").replace("sqs:SendMessage", "*") },
      ["COMPLETE", ...critical],
    ],
    [
      "with jsonencode",
      {
        constant_value: `\${jsonencode({Version="2012-10-17",Statement=[{Effect="Allow",Action="sqs:*",Resource=aws_sqs_queue.audit_queue_11111111.arn}]})}`,
      },
      ["COMPLETE", ...broadened],
    ],
    ["by a condition", { constant_value: '${aws_sqs_queue.audit_queue_11111111.arn == "x" ? "a" : "b"}' }, unresolved],
    [
      "in HCL",
      { references: ["aws_sqs_queue.audit_queue_11111111.arn", "aws_sqs_queue.audit_queue_11111111"] },
      unresolved,
    ],
  ])("%s", (_, expression, expected) => {
    expect(verdictOf(withPolicy(expression))).toEqual(expected);
  });
});
