type Attributes = Readonly<Record<string, unknown>>;

/** Blocks of a name: an object, or a list of them. */
const blocks = (value: unknown): readonly Attributes[] => [(value ?? []) as Attributes | readonly Attributes[]].flat();

/** The only block of a name; nothing where there is none. */
const block = (value: unknown): Attributes | undefined => blocks(value)[0];

/**
 * What the API says of a function: the evaluated attributes of `aws_lambda_function`, in its words.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
 */
export function functionConfiguration(attributes: Attributes) {
  const logging = block(attributes.logging_config);
  const name = String(attributes.function_name);
  return {
    FunctionName: name,
    FunctionArn: String(attributes.arn),
    Runtime: attributes.runtime,
    Role: attributes.role,
    Handler: attributes.handler,
    CodeSize: attributes.source_code_size,
    CodeSha256: attributes.source_code_hash ?? undefined,
    Description: attributes.description ?? "",
    Timeout: attributes.timeout ?? 3,
    MemorySize: attributes.memory_size ?? 128,
    Version: "$LATEST",
    Environment: { Variables: block(attributes.environment)?.variables ?? {} },
    TracingConfig: { Mode: block(attributes.tracing_config)?.mode ?? "PassThrough" },
    PackageType: "Zip",
    Architectures: attributes.architectures ?? ["x86_64"],
    State: "Active",
    LastUpdateStatus: "Successful",
    LoggingConfig: {
      LogFormat: logging?.log_format ?? "Text",
      ApplicationLogLevel: logging?.application_log_level ?? undefined,
      SystemLogLevel: logging?.system_log_level ?? undefined,
      LogGroup: logging?.log_group ?? `/aws/lambda/${name}`,
    },
  };
}

/**
 * What the API says of a mapping: the evaluated attributes of `aws_lambda_event_source_mapping`, in its words.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
 */
export function mappingConfiguration(attributes: Attributes, functionArn: string) {
  const source = String(attributes.event_source_arn);
  const isStream = source.split(":")[2] === "dynamodb";
  const onFailure = block(block(attributes.destination_config)?.on_failure)?.destination_arn;
  const concurrency = block(attributes.scaling_config)?.maximum_concurrency;
  const filters = blocks(block(attributes.filter_criteria)?.filter);
  return {
    UUID: String(attributes.uuid),
    EventSourceArn: source,
    FunctionArn: functionArn,
    State: attributes.enabled === false ? "Disabled" : "Enabled",
    BatchSize: attributes.batch_size ?? (isStream ? 100 : 10),
    MaximumBatchingWindowInSeconds: attributes.maximum_batching_window_in_seconds ?? 0,
    FunctionResponseTypes: attributes.function_response_types ?? [],
    ...(filters.length > 0 && { FilterCriteria: { Filters: filters.map(({ pattern }) => ({ Pattern: pattern })) } }),
    ...(concurrency != null && { ScalingConfig: { MaximumConcurrency: concurrency } }),
    ...(onFailure != null && { DestinationConfig: { OnFailure: { Destination: onFailure } } }),
    ...(isStream && {
      StartingPosition: attributes.starting_position,
      BisectBatchOnFunctionError: attributes.bisect_batch_on_function_error ?? false,
      MaximumRetryAttempts: attributes.maximum_retry_attempts ?? -1,
      MaximumRecordAgeInSeconds: attributes.maximum_record_age_in_seconds ?? -1,
    }),
  };
}
