import type { JsonObject, Plan } from "../../plan-review/plan";
import { type PolicyChange, policyChanges } from "../../plan-review/policies";
import { readPlan } from "../../plan-review/read-plan";
import { allowing, changeOf, configured, documentOf, entryOf, planDocument, planOf } from "./plans";

const policyAddress = "aws_iam_role_policy.p";
const arn = "arn:aws:sqs:eu-west-1:123456789012:inbox";
const statements = (policy: PolicyChange["after"] | undefined): unknown => {
  const document = typeof policy === "string" ? JSON.parse(policy) : policy;
  return document?.Statement;
};

interface Unknown {
  /** What the configuration says of the policy. */
  readonly expression: JsonObject;
  readonly before?: string;
  /** Other resources' changes and configuration. */
  readonly changes?: readonly JsonObject[];
  readonly resources?: readonly JsonObject[];
  readonly parts?: JsonObject;
}

/** A policy of a role that is unknown until apply. */
function unknownPolicy({ expression, before, changes = [], resources = [], parts = {} }: Unknown): PolicyChange {
  const former = before === undefined ? null : { policy: before };
  const entry = entryOf(policyAddress, { before: former, after: { role: "r" }, unknown: { policy: true } });
  const plan = planOf({
    resource_changes: [entry, ...changes],
    configuration: { root_module: { resources: [configured(policyAddress, { policy: expression }), ...resources] } },
    ...parts,
  });
  return only(plan);
}

function only(plan: Plan, address = policyAddress): PolicyChange {
  const [policy, ...others] = policyChanges(plan, changeOf(plan, address));
  if (!policy || others.length > 0) throw new Error("one policy is needed");
  return policy;
}

const resourceOf = (change: PolicyChange): unknown =>
  (statements(change.after) as { Resource: unknown }[])[0]?.Resource;

describe("a policy that Terraform knows", () => {
  const change = (before: JsonObject | null, after: JsonObject | null, address = policyAddress) => {
    const plan = planOf({ resource_changes: [entryOf(address, { before, after })] });
    return policyChanges(plan, changeOf(plan, address));
  };

  test("is given as it stands, with its use", () => {
    const [before, after] = [allowing("sqs:*", arn), allowing("sqs:SendMessage", arn)];
    expect(change({ policy: before }, { policy: after })).toEqual([
      { path: ["policy"], use: "identity", before, after, isSensitive: false },
    ]);
    expect(change({ assume_role_policy: before }, { assume_role_policy: after }, "aws_iam_role.r")).toMatchObject([
      { path: ["assume_role_policy"], use: "trust" },
    ]);
    expect(change(null, { policy: after })).toMatchObject([{ before: null, after }]);
    expect(change({ policy: before }, null)).toMatchObject([{ before, after: null }]);
  });

  test("is no change where the text is the same, or nothing happens", () => {
    const policy = allowing("sqs:*", arn);
    expect(change({ policy, name: "a" }, { policy, name: "b" })).toEqual([]);
    expect(change({ policy: "" }, { policy: null })).toEqual([]);
    const plan = planOf({
      resource_changes: [entryOf(policyAddress, { actions: ["no-op"], before: { policy }, after: { policy: "{}" } })],
    });
    expect(policyChanges(plan, changeOf(plan, policyAddress))).toEqual([]);
  });

  test("is found by what stands in it, in types that are not listed", () => {
    const policy = JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "x:*", Resource: "*" } });
    expect(change(null, { rules: policy, other: '{"a":1}' }, "aws_new_thing.t")).toMatchObject([
      { path: ["rules"], use: "resource", after: policy },
    ]);
    expect(change(null, { policy: '{"rules":[]}' }, "aws_ecr_lifecycle_policy.p")).toEqual([]);
  });

  test("is marked where it is sensitive", () => {
    const plan = planOf({
      resource_changes: [
        entryOf(policyAddress, {
          before: { policy: allowing("a:b", "*") },
          after: { policy: allowing("a:c", "*") },
          change: { after_sensitive: { policy: true } },
        }),
      ],
    });
    expect(only(plan)).toMatchObject({ isSensitive: true });
  });

  test("inline policies of a role are one, whatever their order", () => {
    const [first, second] = [allowing("a:b", "*"), allowing("c:d", "*")];
    const inline = (...policies: readonly string[]) => ({
      inline_policy: policies.map((policy, index) => ({ name: `p${index}`, policy })),
    });
    const [policy] = change(inline(first), inline(second, first), "aws_iam_role.r");
    expect([statements(policy?.before), statements(policy?.after)]).toMatchObject([
      [{ Action: "a:b" }],
      [{ Action: "c:d" }, { Action: "a:b" }],
    ]);
  });

  test("goes unmentioned with the resource that it lets others in to", () => {
    const policy = JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "sqs:*", Resource: "*" } });
    expect(change({ policy }, null, "aws_sqs_queue.q")).toEqual([]);
    expect(change({ policy }, null, "aws_sqs_queue_policy.q")).toMatchObject([{ after: null }]);
  });
});

describe("a policy that is unknown until apply", () => {
  test("of a real plan is the configuration's template, with what is known put in", () => {
    const plan = readPlan(planDocument("policy-unknown-until-apply.json"), "plan.json", new Map());
    const policy = only(plan, "aws_iam_role_policy.pipeline_writer-policy_52ED7A61");
    expect(statements(policy.after)).toMatchObject([
      { Resource: "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/orders-writer:*" },
      { Action: ["dynamodb:PutItem"], Resource: "arn:aws:dynamodb:eu-west-1:000000000000:table/orders-orders" },
      { Resource: "arn:aws:sqs:eu-west-1:000000000000:orders-queue" },
      { Action: ["sqs:SendMessage"], Resource: "${aws_sqs_queue.audit_queue_11111111.arn}" },
    ]);
  });

  test("of a resource that is replaced names it, before and after alike", () => {
    const plan = readPlan(planDocument("table-replaced.json"), "plan.json", new Map());
    const { before, after } = only(plan, "aws_iam_role_policy.pipeline_writer-policy_52ED7A61");
    const table = "${aws_dynamodb_table.pipeline_table_4950B2AC.arn}";
    expect([statements(before), statements(after)]).toMatchObject([
      [{}, { Resource: table }, {}],
      [{}, { Resource: table }, {}],
    ]);
  });

  test("takes a whole ARN of before for the resource's, and no longer one that begins alike", () => {
    const before = JSON.stringify({
      Statement: { Effect: "Allow", Action: "sqs:*", Resource: [arn, `${arn}-other`, `${arn}/x`, `x${arn}`] },
    });
    const { before: turned } = unknownPolicy({
      expression: { constant_value: allowing("sqs:*", "${aws_sqs_queue.q.arn}"), references: ["aws_sqs_queue.q.arn"] },
      before,
      changes: [
        entryOf("aws_sqs_queue.q", {
          actions: ["delete", "create"],
          before: { arn },
          after: {},
          unknown: { arn: true },
        }),
      ],
    });
    expect(statements(turned)).toMatchObject({
      Resource: ["${aws_sqs_queue.q.arn}", `${arn}-other`, "${aws_sqs_queue.q.arn}/x", `x${arn}`],
    });
  });

  test("that nobody configured is the provider's own, and no change", () => {
    const plan = planOf({
      resource_changes: [entryOf("aws_sqs_queue.q", { after: { name: "q" }, unknown: { policy: true } })],
      configuration: { root_module: { resources: [configured("aws_sqs_queue.q", { name: { constant_value: "q" } })] } },
    });
    expect(policyChanges(plan, changeOf(plan, "aws_sqs_queue.q"))).toEqual([]);
  });

  test("stays unresolved where the configuration holds references alone, as of HCL", () => {
    const { after, unresolved } = unknownPolicy({
      expression: { references: ["aws_sqs_queue.q.arn", "aws_sqs_queue.q", "local.x"] },
      before: allowing("sqs:*", arn),
    });
    expect([after, unresolved]).toEqual([
      null,
      "it is unknown until apply, and refers to aws_sqs_queue.q.arn, local.x",
    ]);
  });

  test.each([
    ["a template that is no document", "${local.policy}", "it is unknown until apply"],
    ["a directive", '%{ if true }{"Statement":[]}%{ endif }', "a template directive"],
    ["no end", '{"Statement":"${aws_sqs_queue.q', "an interpolation has no end"],
    ["a list inside a text", '{"Statement":"x${concat(["a"], ["b"])}"}', "a list or an object stands in the middle"],
  ])("stays unresolved: %s", (_, template, why) => {
    const { after, unresolved } = unknownPolicy({ expression: { constant_value: template } });
    expect([after, unresolved]).toEqual([null, expect.stringContaining(why)]);
  });
});

describe("in a template", () => {
  const resolved = (resource: string, more: Omit<Unknown, "expression"> = {}) =>
    resourceOf(unknownPolicy({ expression: { constant_value: allowing("a:b", resource) }, ...more }));

  test("IAM's variables and escapes stay what they are", () => {
    expect(resolved("arn:aws:s3:::b/$${aws:username}/%%{x}")).toBe("arn:aws:s3:::b/${aws:username}/%{x}");
  });

  test("variables have their values", () => {
    const parts = { variables: { bucket: { value: "files" }, names: { value: { eu: "e" } } } };
    expect(resolved("${var.bucket}-${var.names.eu}", { parts })).toBe("files-e");
    expect(resolved("${var.none}", { parts })).toBe("${var.none}");
  });

  test("what this review cannot evaluate is itself, with what is known of it", () => {
    const parts = { variables: { a: { value: "x" } } };
    expect(resolved("${sha256(var.a)}/y", { parts })).toBe("${sha256(var.a)}/y");
    expect(resolved("${upper(var.a)}", { parts })).toBe("X");
    expect(resolved("${upper(aws_sqs_queue.q.arn)}")).toBe("${upper(aws_sqs_queue.q.arn)}");
    // Which of both depends on what is not known.
    const either = "${aws_sqs_queue.q.fifo_queue == true ? var.a : aws_sqs_queue.q.arn}";
    expect(resolved(either, { parts })).toBe(
      "${aws_sqs_queue.q.fifo_queue == true ? var.a : aws_sqs_queue.q.arn where var.a = 'x'}",
    );
  });

  test("jsonencode makes a document of what is unknown, too", () => {
    const template =
      '${jsonencode({"Statement" = [{"Effect" = "Allow", "Action" = "a:b", "Resource" = "${aws_sqs_queue.q.arn}/*"}]})}';
    expect(resourceOf(unknownPolicy({ expression: { constant_value: template } }))).toBe("${aws_sqs_queue.q.arn}/*");
  });

  test("indexes find their instance, and each has its own key", () => {
    const known = (address: string, value: string) =>
      entryOf(address, { actions: ["no-op"], before: { arn: value }, after: { arn: value } });
    const changes = [known("aws_sqs_queue.q[0]", "arn:0"), known('aws_sqs_queue.k["a"]', "arn:a")];
    expect(resolved("${aws_sqs_queue.q[0].arn}", { changes })).toBe("arn:0");
    const keyed = `{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"\${aws_sqs_queue.k["a"].arn}"}}`;
    const policy = unknownPolicy({ expression: { constant_value: keyed }, changes });
    expect(statements(policy.after)).toMatchObject({ Resource: "arn:a" });
  });
});

describe("aws_iam_policy_document", () => {
  const data = "data.aws_iam_policy_document.d";
  const expression = { constant_value: `\${${data}.json}`, references: [`${data}.json`, data] };
  const statement = (more: JsonObject = {}): JsonObject => ({
    actions: { constant_value: ["sqs:SendMessage"] },
    resources: { constant_value: ["${aws_sqs_queue.q.arn}"], references: ["aws_sqs_queue.q.arn"] },
    ...more,
  });

  test("that is read while planning is known", () => {
    const values = { json: allowing("a:b", "c") };
    const state = {
      values: {
        root_module: { resources: [{ address: data, mode: "data", type: "aws_iam_policy_document", values }] },
      },
    };
    expect(resourceOf(unknownPolicy({ expression, parts: { prior_state: state } }))).toBe("c");
  });

  test("that is read while applying is what the configuration says", () => {
    const resources = [
      configured(data, {
        statement: [
          statement({
            sid: { constant_value: "S" },
            principals: [
              { type: { constant_value: "AWS" }, identifiers: { constant_value: ["*"] } },
              { type: { constant_value: "Service" }, identifiers: { constant_value: ["sns.amazonaws.com"] } },
            ],
            condition: [
              {
                test: { constant_value: "StringLike" },
                variable: { constant_value: "aws:username" },
                values: { constant_value: ["&{aws:x}"] },
              },
            ],
          }),
          statement({
            effect: { constant_value: "Deny" },
            principals: [{ type: { constant_value: "*" }, identifiers: { constant_value: ["*"] } }],
          }),
        ],
      }),
    ];
    expect(unknownPolicy({ expression, resources }).after).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["sqs:SendMessage"],
          Resource: ["${aws_sqs_queue.q.arn}"],
          Principal: { AWS: ["*"], Service: ["sns.amazonaws.com"] },
          Condition: { StringLike: { "aws:username": ["${aws:x}"] } },
        },
        { Effect: "Deny", Action: ["sqs:SendMessage"], Resource: ["${aws_sqs_queue.q.arn}"], Principal: "*" },
      ],
    });
  });

  test("of HCL is what the plan says, with what is unknown left open", () => {
    const resources = [
      configured(data, { statement: [{ actions: {}, resources: { references: ["aws_sqs_queue.q.arn"] } }] }),
    ];
    const planned = { statement: [{ actions: ["a:b"], resources: ["known", null] }] };
    const unknown = { json: true, statement: [{ resources: [false, true] }] };
    const changes = [entryOf(data, { actions: ["read"], after: planned, unknown })];
    const { after } = unknownPolicy({ expression: { references: [`${data}.json`, data] }, resources, changes });
    expect(after).toMatchObject({
      Statement: [{ Action: ["a:b"], Resource: ["known", `\${${data}.statement.0.resources.1}`] }],
    });
  });

  test("that takes others in is not told from a part of it", () => {
    const resources = [
      configured(data, { statement: [statement()], source_policy_documents: { references: ["local.others"] } }),
    ];
    expect(unknownPolicy({ expression, resources }).unresolved).toMatch(/^it is unknown until apply, and refers to/);
  });
});

describe("in modules", () => {
  const address = 'module.m["eu"].aws_iam_role_policy.p';
  const plan = planOf({
    resource_changes: [
      entryOf(address, {
        before: { policy: allowing("a:b", "*") },
        after: {},
        unknown: { policy: true },
        entry: { module_address: 'module.m["eu"]' },
      }),
      entryOf('module.m["eu"].aws_sqs_queue.q', {
        actions: ["no-op"],
        before: { arn: "arn:eu" },
        after: { arn: "arn:eu" },
      }),
      entryOf('module.m["us"].aws_sqs_queue.q', {
        actions: ["no-op"],
        before: { arn: "arn:us" },
        after: { arn: "arn:us" },
      }),
    ],
    variables: { given: { value: "top" } },
    configuration: {
      root_module: {
        module_calls: {
          m: {
            for_each_expression: { constant_value: { eu: 1, us: 2 } },
            expressions: { passed: { constant_value: "${var.given}/x", references: ["var.given"] } },
            module: {
              variables: { passed: {}, standard: { default: "d" } },
              resources: [
                configured("aws_iam_role_policy.p", {
                  policy: {
                    constant_value: JSON.stringify({
                      Statement: {
                        Effect: "Allow",
                        Action: "a:b",
                        Resource: [
                          "${aws_sqs_queue.q.arn}",
                          "${var.passed}",
                          "${var.standard}",
                          "${module.inner.out}",
                          "${aws_sqs_queue.new.arn}",
                        ],
                      },
                    }),
                    references: ["aws_sqs_queue.q.arn"],
                  },
                }),
              ],
              module_calls: {
                inner: { module: { outputs: { out: { expression: { constant_value: "from-inner" } } } } },
              },
            },
          },
        },
      },
    },
  });

  test("references are those of the instance, and names are absolute", () => {
    expect(statements(only(plan, address).after)).toMatchObject({
      Resource: ["arn:eu", "top/x", "d", "from-inner", "${module.m['eu'].aws_sqs_queue.new.arn}"],
    });
  });
});

describe("aws_lambda_permission", () => {
  const address = "aws_lambda_permission.p";
  const permission = { action: "lambda:InvokeFunction", function_name: "f", principal: "apigateway.amazonaws.com" };
  const policyOf = (
    before: JsonObject | null,
    after: JsonObject | null,
    more: JsonObject = {},
    expressions: JsonObject = {},
  ) => {
    const plan = planOf({
      resource_changes: [entryOf(address, { before, after, ...more })],
      configuration: { root_module: { resources: [configured(address, expressions)] } },
    });
    return policyChanges(plan, changeOf(plan, address));
  };

  test("is one statement", () => {
    const after = { ...permission, source_arn: "arn:x", source_account: "1", qualifier: "live" };
    expect(policyOf(null, after)).toMatchObject([
      {
        use: "resource",
        before: null,
        after: {
          Statement: [
            {
              Principal: { Service: "apigateway.amazonaws.com" },
              Action: "lambda:InvokeFunction",
              Resource: "f:live",
              Condition: { ArnLike: { "aws:SourceArn": "arn:x" }, StringEquals: { "aws:SourceAccount": "1" } },
            },
          ],
        },
      },
    ]);
    expect(policyOf(null, { ...permission, principal: "*" })).toMatchObject([
      { after: { Statement: [{ Principal: "*" }] } },
    ]);
    expect(policyOf(null, { ...permission, principal: "123456789012" })).toMatchObject([
      { after: { Statement: [{ Principal: { AWS: "123456789012" } }] } },
    ]);
  });

  test("that changes nothing but its id is none", () => {
    expect(policyOf({ ...permission, statement_id: "a" }, { ...permission, statement_id: "b" })).toEqual([]);
  });

  test("with a source that is unknown has the configuration's; without one there, it is unresolved", () => {
    const unknown = { unknown: { source_arn: true } };
    const template = { source_arn: { constant_value: "${aws_api_gateway_rest_api.a.execution_arn}/*" } };
    expect(policyOf(null, permission, unknown, template)).toMatchObject([
      {
        after: {
          Statement: [{ Condition: { ArnLike: { "aws:SourceArn": "${aws_api_gateway_rest_api.a.execution_arn}/*" } } }],
        },
      },
    ]);
    const hcl = { source_arn: { references: ["aws_api_gateway_rest_api.a.execution_arn"] } };
    expect(policyOf(null, permission, unknown, hcl)).toMatchObject([
      { after: null, unresolved: "source_arn is unknown until apply" },
    ]);
  });
});

test("of a plan without configuration, a policy that is unknown stays unresolved", () => {
  const document = documentOf({
    configuration: null,
    resource_changes: [entryOf(policyAddress, { after: {}, unknown: { policy: true } })],
  });
  const plan = readPlan(document, "plan.json", new Map());
  expect(policyChanges(plan, changeOf(plan, policyAddress))).toMatchObject([
    { after: null, unresolved: "it is unknown until apply, and the plan has no configuration" },
  ]);
});

test("a template that names a sensitive variable is as sensitive as what Terraform makes of it", () => {
  const sensitiveVariable = (sensitive: boolean) =>
    planOf({
      variables: { v: { value: "abc" } },
      resource_changes: [
        entryOf(policyAddress, { before: { policy: allowing("a:b", "*") }, after: {}, unknown: { policy: true } }),
      ],
      configuration: {
        root_module: {
          variables: { v: sensitive ? { sensitive } : {} },
          resources: [
            configured(policyAddress, {
              policy: { constant_value: allowing("a:b", "${var.v}"), references: ["var.v"] },
            }),
          ],
        },
      },
    });
  expect([true, false].map((sensitive) => only(sensitiveVariable(sensitive)).isSensitive)).toEqual([true, false]);
});
