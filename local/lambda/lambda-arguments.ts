import * as z from "zod/mini";

const integer = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));
/** A nested block: in Terraform's JSON an object, or a list of one. */
export const block = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.optional(
    z.pipe(
      z.transform((value) => (Array.isArray(value) && value.length < 2 ? value[0] : value)),
      z.optional(schema),
    ),
  );
const unused = z.optional(z.unknown());

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
  publish: z._default(z.boolean(), false),
  description: unused,
  tags: unused,
  tags_all: unused,
});
export type FunctionArguments = z.infer<typeof FunctionArguments>;

/** What mappings of every kind take. */
const common = {
  event_source_arn: z.string(),
  function_name: z.string(),
  enabled: z._default(z.boolean(), true),
  maximum_batching_window_in_seconds: z._default(integer(0, 300), 0),
  function_response_types: z._default(z.array(z.literal("ReportBatchItemFailures")), []),
  filter_criteria: block(
    z.strictObject({
      filter: z.pipe(
        z.transform((value) => (Array.isArray(value) ? value : [value])),
        z.array(z.strictObject({ pattern: z.string().check(z.maxLength(4_096)) })).check(z.maxLength(5)),
      ),
    }),
  ),
  tags: unused,
  tags_all: unused,
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
  bisect_batch_on_function_error: z._default(z.boolean(), false),
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

/**
 * Reads the evaluated arguments of a resource. An argument that is `null` counts as absent.
 * @throws Error for an argument that breaks a rule, or that is not modelled
 */
export function readArguments<Schema extends z.ZodMiniType>(
  type: string,
  schema: Schema,
  values: Readonly<Record<string, unknown>>,
): z.infer<Schema> {
  const given = withoutNulls(values);
  const result = z.safeParse(schema, given);
  if (result.success) return result.data;
  throw new Error(`${type} of ${String(values.function_name)}: ${describe(result.error, given)}`);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(given.map(([name, item]) => [name, withoutNulls(item)]));
}

function describe(error: z.core.$ZodError, given: unknown): string {
  const issue = error.issues[0] as z.core.$ZodIssue;
  const where = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => [...issue.path, key].join(".")).join(", ");
    return `${names}: not modelled by the local run here. Leave it out, or run this stack in an account.`;
  }
  const got = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], given);
  return `${where} ${rule(issue)}, got: ${got === undefined ? "nothing" : JSON.stringify(got)}`;
}

function rule(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be of type ${issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(" or ")} in the local run`;
    case "too_small":
      return `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}${issue.origin === "array" ? " items" : ""}`;
    default:
      return issue.message;
  }
}
