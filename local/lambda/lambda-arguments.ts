import * as z from "zod/mini";
import { accepting, block, flag, integer, list } from "../resource-arguments";

/** What the local run takes of `aws_lambda_function`. Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const FunctionArguments = z.strictObject({
  function_name: z.string().check(z.regex(/^[\w-]{1,64}$/, "must be 1–64 letters, digits, - and _")),
  filename: z.string(),
  handler: z.string().check(z.regex(/^[^.\s]+\.[^.\s]+$/, "must be a file and an export, such as index.handler")),
  runtime: z.string().check(z.regex(/^nodejs\d+\.x$/, "must be a Node.js runtime: the local run has no other")),
  role: z.string(),
  timeout: z._default(integer(1, 900), 3),
  memory_size: z._default(integer(128, 10_240), 128),
  environment: block(z.strictObject({ variables: z._default(z.record(z.string(), z.coerce.string()), {}) })),
  source_code_hash: z.optional(z.string()),
  logging_config: block(
    z.strictObject({
      log_format: z.enum(["JSON", "Text"]),
      log_group: z.optional(z.string()),
      application_log_level: z.optional(z.enum(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])),
      system_log_level: z.optional(z.literal("INFO")),
    }),
  ),
  tracing_config: block(z.strictObject({ mode: z.enum(["Active", "PassThrough"]) })),
  architectures: z.optional(z.array(z.string())),
  package_type: z.optional(z.literal("Zip")),
  publish: flag,
  ...accepting("description", "tags", "tags_all"),
});
export type FunctionArguments = z.infer<typeof FunctionArguments>;

/** What mappings of every kind take. */
const common = {
  event_source_arn: z.string(),
  function_name: z.string(),
  enabled: z._default(flag, true),
  maximum_batching_window_in_seconds: z._default(integer(0, 300), 0),
  function_response_types: list(z.literal("ReportBatchItemFailures")),
  filter_criteria: block(
    z.strictObject({
      filter: list(z.strictObject({ pattern: z.string().check(z.maxLength(4_096)) })).check(z.maxLength(5)),
    }),
  ),
  ...accepting("tags", "tags_all"),
};

/** What the local run takes of `aws_lambda_event_source_mapping` for a queue. */
export const QueueMappingArguments = z.strictObject({
  ...common,
  batch_size: z._default(integer(1, 10_000), 10),
  scaling_config: block(z.strictObject({ maximum_concurrency: z.optional(integer(2, 1_000)) })),
});
export type QueueMappingArguments = z.infer<typeof QueueMappingArguments>;

/** What the local run takes of `aws_lambda_event_source_mapping` for a table's stream. */
export const StreamMappingArguments = z.strictObject({
  ...common,
  batch_size: z._default(integer(1, 10_000), 100),
  starting_position: z.enum(["TRIM_HORIZON", "LATEST"]),
  bisect_batch_on_function_error: flag,
  maximum_retry_attempts: z._default(integer(-1, 10_000), -1),
  maximum_record_age_in_seconds: z._default(
    integer(-1, 604_800).check(z.refine((age) => age === -1 || age >= 60, "must be -1 or at least 60")),
    -1,
  ),
  destination_config: block(z.strictObject({ on_failure: block(z.strictObject({ destination_arn: z.string() })) })),
  parallelization_factor: z.optional(z.literal(1)),
  tumbling_window_in_seconds: z.optional(z.literal(0)),
});
export type StreamMappingArguments = z.infer<typeof StreamMappingArguments>;
