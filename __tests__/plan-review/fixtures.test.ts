import { ReviewCommand } from "./command";

const command = new ReviewCommand();

/** A finding as a reviewer who read the plan would put it. */
interface Expected {
  readonly severity: "critical" | "high" | "medium" | "low";
  readonly section: string;
  readonly rule: string;
  /** Empty for the whole plan. */
  readonly address?: string;
  /** Words that its lines must have. */
  readonly says?: readonly string[];
}

interface Fixture {
  readonly resources: Readonly<Record<string, number>>;
  /** Findings, in any order; there are no others. */
  readonly findings: readonly Expected[];
  readonly driftNoise?: number;
  readonly incomplete?: readonly string[];
  /** What it ends with by default. */
  readonly code: 0 | 3;
}

const writerPolicy = "aws_iam_role_policy.pipeline_writer-policy_52ED7A61";
const publisherPolicy = "aws_iam_role_policy.pipeline_publisher-policy_DF38D0C6";
const table = "aws_dynamodb_table.pipeline_table_4950B2AC";
const queue = "aws_sqs_queue.pipeline_queue_F3957051";
const deadLetters = "aws_sqs_queue.pipeline_dlq_D9BD956D";
const topic = "aws_sns_topic.pipeline_topic_86E7630F";
const bucket = "aws_s3_bucket.files_bucket_0A0A0A0A";
const writer = "aws_lambda_function.pipeline_writer-fn_54CE1C18";
const publisher = "aws_lambda_function.pipeline_publisher-fn_66E6E9B4";
const writerLog = "aws_cloudwatch_log_group.pipeline_writer-log_7083DA4A";
const publisherLog = "aws_cloudwatch_log_group.pipeline_publisher-log_557E6FDD";
const writerMapping = "aws_lambda_event_source_mapping.pipeline_writer-esm_6A7AE381";
const publisherMapping = "aws_lambda_event_source_mapping.pipeline_publisher-esm_A214228E";
const subscription = "aws_sns_topic_subscription.pipeline_mail_9E497A41";
const stage = "aws_api_gateway_stage.pipeline_stage_DD16CE26";

const low = (section: string, rule: string, address = "", ...says: readonly string[]): Expected => ({
  severity: "low",
  section,
  rule,
  address,
  says,
});
const medium = (section: string, rule: string, address = "", ...says: readonly string[]): Expected => ({
  ...low(section, rule, address, ...says),
  severity: "medium",
});
const high = (section: string, rule: string, address = "", ...says: readonly string[]): Expected => ({
  ...low(section, rule, address, ...says),
  severity: "high",
});
const critical = (section: string, rule: string, address = "", ...says: readonly string[]): Expected => ({
  ...low(section, rule, address, ...says),
  severity: "critical",
});

const fixtures: Readonly<Record<string, Fixture>> = {
  // Nothing happens; what `resource_drift` has is all the provider's own: null beside [], "" and {}.
  "no-change": { resources: { noOp: 32 }, driftNoise: 21, findings: [], code: 0 },
  "iam-reordered": { resources: { noOp: 32 }, driftNoise: 21, findings: [], code: 0 },
  "code-only": {
    resources: { update: 1, noOp: 31 },
    driftNoise: 21,
    findings: [low("updates", "code-updated", "", "1 function gets other code", writer)],
    code: 0,
  },
  "iam-broadened": {
    resources: { update: 1, noOp: 31 },
    driftNoise: 21,
    findings: [high("iam", "iam-broadened", writerPolicy, "dynamodb:PutItem", "dynamodb:*", "table/orders-orders")],
    code: 0,
  },
  "policy-unknown-until-apply": {
    resources: { create: 1, update: 1, noOp: 31 },
    driftNoise: 21,
    findings: [
      high("iam", "iam-broadened", writerPolicy, "sqs:SendMessage", "${aws_sqs_queue.audit_queue_11111111.arn}"),
      low("updates", "created", "", "aws_sqs_queue.audit_queue_11111111"),
    ],
    code: 0,
  },
  // Its two policies name the table by reference: they mean the same afterwards.
  "table-replaced": {
    resources: { replace: 2, update: 2, noOp: 28 },
    driftNoise: 21,
    findings: [
      critical("data-loss", "table-replaced", table, "all its items", 'hash_key: "orderID" → "orderId" forces'),
      high("delivery", "mapping-replaced", publisherMapping, "LATEST", "event_source_arn", "are never read"),
      low("updates", "policies-same-meaning", "", writerPolicy, publisherPolicy),
    ],
    code: 3,
  },
  "recovery-off": {
    resources: { update: 1, noOp: 31 },
    driftNoise: 21,
    findings: [critical("data-loss", "protection-weakened", table, "point-in-time recovery", "true → false")],
    code: 3,
  },
  "event-source-disabled": {
    resources: { update: 1, noOp: 31 },
    driftNoise: 21,
    findings: [high("delivery", "mapping-disabled", writerMapping, "enabled: true → false")],
    code: 0,
  },
  "method-made-public": {
    resources: { replace: 1, update: 2, noOp: 29 },
    driftNoise: 21,
    findings: [
      critical(
        "public-exposure",
        "method-public",
        "aws_api_gateway_method.pipeline_post_D253F5A8",
        'authorization: "AWS_IAM" → "NONE"',
        "POST",
      ),
      low("updates", "replaced", "aws_api_gateway_deployment.pipeline_deployment_36B8E4BA", "triggers"),
      low("updates", "updated", stage, "deployment_id"),
    ],
    code: 3,
  },
  // Three of 21 entries are no normalisation.
  drift: {
    resources: { update: 3, noOp: 29 },
    driftNoise: 18,
    findings: [
      medium("drift", "drift-reverted", table, "point_in_time_recovery[0].enabled", "true → false"),
      medium("drift", "drift-reverted", writer, "timeout: 10 → 3"),
      medium("drift", "drift-reverted", queue, "visibility_timeout_seconds: 60 → 5"),
    ],
    code: 0,
  },
  // All that was there before went behind Terraform's back: 25 entries of drift.
  create: {
    resources: { create: 32 },
    findings: [
      medium("drift", "deleted-outside", "", "19 resources were deleted outside Terraform"),
      medium("drift", "deleted-outside", table, "all its items"),
      medium("drift", "deleted-outside", queue),
      medium("drift", "deleted-outside", deadLetters),
      medium("drift", "deleted-outside", topic),
      medium("drift", "deleted-outside", writerLog),
      medium("drift", "deleted-outside", publisherLog),
      low(
        "iam",
        "iam-added",
        "aws_iam_policy.files_read_0E0E0E0E",
        "s3:GetObject",
        "s3:ListBucket",
        `\${${bucket}.arn}`,
      ),
      low(
        "iam",
        "iam-added",
        "aws_iam_role_policy.pipeline_api-policy_77CBCF9F",
        "sqs:SendMessage",
        `\${${queue}.arn}`,
      ),
      low("iam", "iam-added", publisherPolicy, "sns:Publish", `\${${table}.stream_arn}`),
      low("iam", "iam-added", writerPolicy, "dynamodb:PutItem", `\${${table}.arn}`),
      low("iam", "iam-added", "aws_sqs_queue_policy.pipeline_queue-policy_1A2B3C4D", "Deny", "sqs:*"),
      low(
        "iam",
        "iam-added",
        "aws_lambda_permission.files_invoke_0D0D0D0D",
        "apigateway.amazonaws.com",
        "aws:SourceArn",
      ),
      low("iam", "trust-added", "aws_iam_role.pipeline_api-role_04728A06", "apigateway.amazonaws.com"),
      low("iam", "trust-added", "aws_iam_role.pipeline_publisher-role_63987A62", "lambda.amazonaws.com"),
      low("iam", "trust-added", "aws_iam_role.pipeline_writer-role_516DDED1", "lambda.amazonaws.com"),
      low("updates", "created", "", "32 resources are created"),
    ],
    code: 0,
  },
  destroy: {
    resources: { delete: 32 },
    findings: [
      critical("data-loss", "table-deleted", table, "all its items"),
      critical("data-loss", "bucket-deleted", bucket, "force_destroy is off"),
      critical("data-loss", "topic-deleted", topic),
      critical("data-loss", "queue-deleted", queue),
      critical("data-loss", "queue-deleted", deadLetters),
      critical("data-loss", "log-group-deleted", writerLog),
      critical("data-loss", "log-group-deleted", publisherLog),
      high("delivery", "api-deleted", "aws_api_gateway_rest_api.pipeline_api_B6FEF655"),
      high("delivery", "function-deleted", writer),
      high("delivery", "function-deleted", publisher),
      low("delivery", "mapping-deleted", writerMapping),
      low("delivery", "mapping-deleted", publisherMapping),
      low("delivery", "subscription-deleted", subscription),
      low("delivery", "stage-deleted", stage),
      low("iam", "iam-removed-with-holder", "", "9 policies"),
      low("updates", "deleted", "", "11 resources are deleted"),
    ],
    code: 3,
  },
  // terraform_data alone: moved, import and removed blocks, -replace, a tainted resource, a failing and an unknown check.
  "moved-imported-removed": {
    resources: { create: 1, update: 1, replace: 2, delete: 1, forget: 1, noOp: 3, import: 1, move: 1 },
    findings: [
      high("cannot-be-judged", "check-failed", "check.fails", "kept must be z"),
      high("cannot-be-judged", "check-unknown", "check.unknown"),
      low("updates", "created", "", "terraform_data.fresh"),
      low("updates", "deleted", "", "terraform_data.removed"),
      low("updates", "replaced", "terraform_data.requested", "-replace asks for it"),
      low("updates", "replaced", "terraform_data.tainted", "tainted"),
      low("updates", "updated", "terraform_data.secret"),
      low("data-loss", "kept", "terraform_data.dropped", "no longer managed"),
      low("housekeeping", "moved", "", "terraform_data.old", "terraform_data.new"),
      low("housekeeping", "imported", "", "terraform_data.imported"),
      low("housekeeping", "outputs-changed", "", "p"),
    ],
    incomplete: ["check.fails: a check fails", "check.unknown: a check has no result before apply"],
    code: 0,
  },
  // The same, but that a precondition of terraform_data.bad fails: what depends on it was never planned.
  errored: {
    resources: { create: 1, update: 1, replace: 1, delete: 1, forget: 1, noOp: 4, import: 1, move: 1 },
    findings: [
      high("cannot-be-judged", "plan-errored", "", "only what was planned before the error"),
      high("cannot-be-judged", "check-failed", "check.fails", "kept must be z"),
      high("cannot-be-judged", "check-failed", "terraform_data.bad", "condition", "no"),
      high("cannot-be-judged", "check-unknown", "check.unknown"),
      low("updates", "created", "", "terraform_data.fresh"),
      low("updates", "deleted", "", "terraform_data.removed"),
      low("updates", "replaced", "terraform_data.tainted", "tainted"),
      low("updates", "updated", "terraform_data.secret", "input.n 1 → 2"),
      low("data-loss", "kept", "terraform_data.dropped", "no longer managed"),
      low("housekeeping", "moved", "", "terraform_data.old", "terraform_data.new"),
      low("housekeeping", "imported", "", "terraform_data.imported", "some-id"),
      low("housekeeping", "outputs-changed", "", "p"),
    ],
    incomplete: [
      "check.fails: a check fails",
      "check.unknown: a check has no result before apply",
      "planning failed half-way: the plan holds only what was planned before the error",
      "terraform_data.bad: a condition fails",
    ],
    code: 0,
  },
  // Nothing of it holds data. When all is destroyed Terraform evaluates no check: it says that they are unknown.
  "destroy-with-checks": {
    resources: { delete: 7 },
    findings: [
      high("cannot-be-judged", "check-unknown", "check.fails"),
      high("cannot-be-judged", "check-unknown", "check.unknown"),
      low("updates", "deleted", "", "7 terraform_data"),
      low("housekeeping", "outputs-changed", "", 'o: "a" → removed'),
    ],
    incomplete: [
      "check.fails: a check has no result before apply",
      "check.unknown: a check has no result before apply",
    ],
    code: 0,
  },
};

interface Found extends Expected {
  readonly address: string;
  readonly title: string;
  readonly details: readonly string[];
  readonly iam: object | null;
}

const keyOf = ({ severity, section, rule, address = "" }: Expected): string =>
  [severity, section, rule, address].join(" ").trim();

describe.each(Object.entries(fixtures))("%s.json", (name, expected) => {
  const { code, output } = command.review(`${name}.json`, "--format", "json");
  const review = JSON.parse(output);
  const findings = review.findings as readonly Found[];

  test("counts what happens, and what is noise", () => {
    const counts = Object.fromEntries(Object.entries(review.resources).filter(([, count]) => count !== 0));
    expect(counts).toEqual(expected.resources);
    expect(review.hidden.driftNoise).toBe(expected.driftNoise ?? 0);
    expect([review.isComplete, review.incompleteReasons]).toEqual([!expected.incomplete, expected.incomplete ?? []]);
  });

  test("has what a reader of the plan finds, and nothing else", () => {
    expect(findings.map(keyOf).sort()).toEqual(expected.findings.map(keyOf).sort());
  });

  test("says what a reviewer must read", () => {
    for (const wanted of expected.findings) {
      const found = findings.find((finding) => keyOf(finding) === keyOf(wanted));
      const text = [found?.title, ...(found?.details ?? []), found?.iam ? JSON.stringify(found.iam) : ""].join("\n");
      for (const words of wanted.says ?? []) expect(text).toContain(words);
    }
  });

  test("says each statement once", () => {
    const text = command.review(`${name}.json`).output;
    const titled = text
      .split("\n")
      .filter((line) => /^ {12}(ADDED|BROADENED|NARROWED|REMOVED) (Allow|Deny) /.test(line));
    expect(new Set(titled).size).toBe(titled.length);
  });

  test("ends as the gate says", () => {
    expect(code).toBe(expected.code);
  });
});
