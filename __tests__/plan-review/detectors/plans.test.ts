import { detect } from "../../../plan-review/detectors";
import { readPlan } from "../../../plan-review/read-plan";
import { planDocument } from "../plans";

const found = (file: string) => detect(readPlan(planDocument(file), file, new Map()));

/** Written by hand from reading the plans. */
const expected: Readonly<Record<string, { readonly lines: readonly string[]; readonly driftNoise: number }>> = {
  "no-change.json": { lines: [], driftNoise: 21 },
  "iam-reordered.json": { lines: [], driftNoise: 21 },
  "code-only.json": { lines: ["low updates code-updated"], driftNoise: 21 },
  "iam-broadened.json": {
    lines: ["high iam iam-broadened aws_iam_role_policy.pipeline_writer-policy_52ED7A61"],
    driftNoise: 21,
  },
  "policy-unknown-until-apply.json": {
    lines: ["high iam iam-broadened aws_iam_role_policy.pipeline_writer-policy_52ED7A61", "low updates created"],
    driftNoise: 21,
  },
  "table-replaced.json": {
    lines: [
      "critical data-loss table-replaced aws_dynamodb_table.pipeline_table_4950B2AC",
      "high delivery mapping-replaced aws_lambda_event_source_mapping.pipeline_publisher-esm_A214228E",
      "low updates policies-same-meaning",
    ],
    driftNoise: 21,
  },
  "recovery-off.json": {
    lines: ["critical data-loss protection-weakened aws_dynamodb_table.pipeline_table_4950B2AC"],
    driftNoise: 21,
  },
  "event-source-disabled.json": {
    lines: ["high delivery mapping-disabled aws_lambda_event_source_mapping.pipeline_writer-esm_6A7AE381"],
    driftNoise: 21,
  },
  "method-made-public.json": {
    lines: [
      "critical public-exposure method-public aws_api_gateway_method.pipeline_post_D253F5A8",
      "low updates replaced aws_api_gateway_deployment.pipeline_deployment_36B8E4BA",
      "low updates updated aws_api_gateway_stage.pipeline_stage_DD16CE26",
    ],
    driftNoise: 21,
  },
  "drift.json": {
    lines: [
      "medium drift drift-reverted aws_dynamodb_table.pipeline_table_4950B2AC",
      "medium drift drift-reverted aws_lambda_function.pipeline_writer-fn_54CE1C18",
      "medium drift drift-reverted aws_sqs_queue.pipeline_queue_F3957051",
    ],
    driftNoise: 18,
  },
  "create.json": {
    lines: [
      "low iam iam-added aws_iam_policy.files_read_0E0E0E0E",
      "low iam iam-added aws_iam_role_policy.pipeline_api-policy_77CBCF9F",
      "low iam iam-added aws_iam_role_policy.pipeline_publisher-policy_DF38D0C6",
      "low iam iam-added aws_iam_role_policy.pipeline_writer-policy_52ED7A61",
      "low iam iam-added aws_lambda_permission.files_invoke_0D0D0D0D",
      "low iam iam-added aws_sqs_queue_policy.pipeline_queue-policy_1A2B3C4D",
      "low iam trust-added aws_iam_role.pipeline_api-role_04728A06",
      "low iam trust-added aws_iam_role.pipeline_publisher-role_63987A62",
      "low iam trust-added aws_iam_role.pipeline_writer-role_516DDED1",
      "low updates created",
      // The plan was made after an emulator forgot what an earlier run had created.
      "medium drift deleted-outside",
      "medium drift deleted-outside aws_cloudwatch_log_group.pipeline_publisher-log_557E6FDD",
      "medium drift deleted-outside aws_cloudwatch_log_group.pipeline_writer-log_7083DA4A",
      "medium drift deleted-outside aws_dynamodb_table.pipeline_table_4950B2AC",
      "medium drift deleted-outside aws_sns_topic.pipeline_topic_86E7630F",
      "medium drift deleted-outside aws_sqs_queue.pipeline_dlq_D9BD956D",
      "medium drift deleted-outside aws_sqs_queue.pipeline_queue_F3957051",
    ],
    driftNoise: 0,
  },
  "destroy.json": {
    lines: [
      "critical data-loss bucket-deleted aws_s3_bucket.files_bucket_0A0A0A0A",
      "critical data-loss log-group-deleted aws_cloudwatch_log_group.pipeline_publisher-log_557E6FDD",
      "critical data-loss log-group-deleted aws_cloudwatch_log_group.pipeline_writer-log_7083DA4A",
      "critical data-loss queue-deleted aws_sqs_queue.pipeline_dlq_D9BD956D",
      "critical data-loss queue-deleted aws_sqs_queue.pipeline_queue_F3957051",
      "critical data-loss table-deleted aws_dynamodb_table.pipeline_table_4950B2AC",
      "critical data-loss topic-deleted aws_sns_topic.pipeline_topic_86E7630F",
      "high delivery api-deleted aws_api_gateway_rest_api.pipeline_api_B6FEF655",
      "high delivery function-deleted aws_lambda_function.pipeline_publisher-fn_66E6E9B4",
      "high delivery function-deleted aws_lambda_function.pipeline_writer-fn_54CE1C18",
      "low delivery mapping-deleted aws_lambda_event_source_mapping.pipeline_publisher-esm_A214228E",
      "low delivery mapping-deleted aws_lambda_event_source_mapping.pipeline_writer-esm_6A7AE381",
      "low delivery stage-deleted aws_api_gateway_stage.pipeline_stage_DD16CE26",
      "low delivery subscription-deleted aws_sns_topic_subscription.pipeline_mail_9E497A41",
      "low iam iam-removed-with-holder",
      "low updates deleted",
    ],
    driftNoise: 0,
  },
};

describe("a real plan", () => {
  test.each(Object.entries(expected))(
    "%s gives what a careful reader of it must know",
    (file, { lines, driftNoise }) => {
      const review = found(file);
      const got = review.detections.map(({ severity, section, rule, address }) =>
        [severity, section, rule, address].filter(Boolean).join(" "),
      );
      expect(got.sort()).toEqual([...lines].sort());
      expect(review.driftNoise).toBe(driftNoise);
    },
  );

  test("tells the cause of a replaced table, and what became of its items", () => {
    const table = found("table-replaced.json").detections.find(({ rule }) => rule === "table-replaced");
    expect(table?.title).toBe("table is replaced; lost: all its items");
    expect(table?.details).toEqual([
      'hash_key: "orderID" → "orderId" forces the replacement',
      "point-in-time recovery is on: AWS keeps a system backup for 35 days",
    ]);
  });

  test("tells what a policy gains whose text is unknown until apply", () => {
    const policy = found("policy-unknown-until-apply.json").detections.find(({ section }) => section === "iam");
    expect(policy?.iam).toMatchObject({
      change: "BROADENED",
      who: "aws_iam_role.pipeline_writer-role_516DDED1",
      statements: [
        {
          change: "ADDED",
          effect: "Allow",
          actions: ["sqs:SendMessage"],
          resources: ["${aws_sqs_queue.audit_queue_11111111.arn}"],
        },
      ],
    });
  });

  test("says of drift what the plan makes of it", () => {
    const queue = found("drift.json").detections.find(({ address }) => address.startsWith("aws_sqs_queue"));
    expect(queue?.details).toEqual(["visibility_timeout_seconds: 60 → 5; the plan: 60"]);
  });
});
