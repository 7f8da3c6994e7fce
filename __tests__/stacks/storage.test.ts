import { policiesOf } from "../support/policies";
import { type Attributes, type Config, countOf, environmentOf, only, systemConfig } from "../support/synth";

const configs: Record<"dev" | "prod", Config> = {
  dev: systemConfig("storage", "dev"),
  prod: systemConfig("storage", "prod"),
};
const { dev, prod } = configs;
const functions = ["DeleteObject", "ListBuckets", "ListObjects", "ReadObject", "WriteObject"];

const allow = (Action: string | readonly string[], Resource: string): Attributes => ({
  Effect: "Allow",
  Action,
  Resource,
});
const bucket = "${aws_s3_bucket.Objects.arn}";
const objects = `${bucket}/*`;

describe("addresses and names", () => {
  test("keeps the addresses of what holds data: a changed one destroys it", () => {
    const addresses = ["aws_s3_bucket", "aws_sns_topic", "aws_kms_key"].flatMap((type) =>
      Object.keys(prod.resource[type] ?? {}).map((name) => `${type}.${name}`),
    );
    expect(addresses).toEqual(["aws_s3_bucket.Objects", "aws_sns_topic.Alarms", "aws_kms_key.AlarmsKey"]);
  });

  test.each([
    ["prod", ""],
    ["dev", "dev-"],
  ] as const)('%s carries the documents\' names with the prefix "%s"', (environment, prefix) => {
    const { resource } = configs[environment];
    expect(resource.aws_iam_role?.ApiGatewayInvokeLambda?.name).toBe(`${prefix}APIGatewayInvokeLambdaRole`);
    expect(resource.aws_s3_bucket?.Objects?.bucket).toBe(
      `${prefix}storage-\${data.aws_caller_identity.CallerIdentity.account_id}-eu-west-1`,
    );
    expect(only(configs[environment], "aws_api_gateway_stage").stage_name).toBe(environment);
  });

  test("has lower-case bucket names whatever the case of the prefix", () => {
    const { bucket: name } = only(systemConfig("storage", "dev", { namePrefix: "QA-" }), "aws_s3_bucket");
    expect(name).toMatch(/^qa-storage-/);
  });
});

describe("permissions", () => {
  const common = (id: string): Attributes => ({
    WriteLogs: [allow(["logs:CreateLogStream", "logs:PutLogEvents"], `\${aws_cloudwatch_log_group.${id}_Logs.arn}:*`)],
    WriteTraces: [allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")],
  });

  test.each<[string, readonly Attributes[]]>([
    ["ListBuckets", [allow("s3:ListAllMyBuckets", "*")]],
    ["ListObjects", [allow("s3:ListBucket", bucket)]],
    ["WriteObject", [allow(["s3:PutObject", "s3:GetObject"], objects)]],
    ["ReadObject", [allow(["s3:GetObject", "s3:GetObjectVersion"], objects), allow("s3:ListBucket", bucket)]],
    ["DeleteObject", [allow(["s3:DeleteObject", "s3:GetObject"], objects)]],
  ])("%s may do its one thing", (id, statements) => {
    expect(policiesOf(prod, `${id}_Role`)).toEqual({ ...common(id), [id]: statements });
  });

  test("APIGatewayInvokeLambdaRole is API Gateway's, and may invoke these functions and nothing else", () => {
    const invoke = (id: string) => [
      `Invoke${id}`,
      [allow("lambda:InvokeFunction", `\${aws_lambda_function.${id}.arn}`)],
    ];
    expect(policiesOf(prod, "ApiGatewayInvokeLambda")).toEqual(Object.fromEntries(functions.map(invoke)));
    expect(JSON.parse(prod.resource.aws_iam_role?.ApiGatewayInvokeLambda?.assume_role_policy).Statement).toEqual([
      { Effect: "Allow", Principal: { Service: "apigateway.amazonaws.com" }, Action: "sts:AssumeRole" },
    ]);
    expect(countOf(prod, "aws_lambda_permission")).toBe(0);
  });

  test("has no role but these, and no policy of AWS's own", () => {
    expect(Object.keys(prod.resource.aws_iam_role ?? {})).toEqual([
      "ApiGatewayInvokeLambda",
      ...functions.map((id) => `${id}_Role`),
    ]);
    expect(countOf(prod, "aws_iam_role_policy_attachment")).toBe(0);
  });
});

describe("the API", () => {
  test("passes each route to its own function, for signed requests only", () => {
    const methods = Object.entries(prod.resource.aws_api_gateway_method ?? {}).map(([name, { authorization }]) => {
      const { type, uri, credentials } = prod.resource.aws_api_gateway_integration?.[`${name}_Integration`] ?? {};
      return [name, authorization, type, uri, credentials];
    });
    const route = (name: string, id: string) => [
      name,
      "AWS_IAM",
      "AWS_PROXY",
      `\${aws_lambda_function.${id}.invoke_arn}`,
      "${aws_iam_role.ApiGatewayInvokeLambda.arn}",
    ];
    expect(methods).toEqual([
      route("Api_buckets_GET", "ListBuckets"),
      route("Api_objects_GET", "ListObjects"),
      route("Api_objects_POST", "WriteObject"),
      route("Api_objects__key__DELETE", "DeleteObject"),
      route("Api_objects__key__GET", "ReadObject"),
    ]);
    expect(Object.values(prod.resource.aws_api_gateway_resource ?? {}).map(({ path_part }) => path_part)).toEqual([
      "buckets",
      "objects",
      "{key+}",
    ]);
  });

  test("is for pages of the origins that settings name: preflights, and the answers of every function", () => {
    const settings = environmentOf("prod").settings.storage;
    const allowOrigins = ["https://a.example", "https://b.example"];
    const open = systemConfig("storage", "prod", { storage: { ...settings, api: { allowOrigins } } });
    const variablesOf = (config: Config, id: string) =>
      config.resource.aws_lambda_function?.[id]?.environment?.variables;
    for (const id of functions) {
      expect(variablesOf(open, id)?.ALLOWED_ORIGINS).toBe("https://a.example https://b.example");
      expect(variablesOf(prod, id)?.ALLOWED_ORIGINS).toBeUndefined();
    }
    // An empty block would show in every plan.
    expect(prod.resource.aws_lambda_function?.ListBuckets).not.toHaveProperty("environment");
    expect(countOf(open, "aws_api_gateway_method") - countOf(prod, "aws_api_gateway_method")).toBe(3);
  });

  test("carries bytes", () => {
    expect(only(prod, "aws_api_gateway_rest_api").binary_media_types).toEqual(["*/*"]);
  });

  test("is throttled for the stage and for methods of its own, as settings say", () => {
    const { api } = environmentOf("prod").settings;
    const config = systemConfig("storage", "prod", {
      storage: {
        api: { methodThrottles: { "DELETE /objects/{key+}": { rateLimit: 3, burstLimit: 4 } } },
        noncurrentVersionDays: 1,
      },
    });
    const throttles = Object.values(config.resource.aws_api_gateway_method_settings ?? {}).map(
      ({ method_path: path, settings }) => [path, settings.throttling_rate_limit, settings.throttling_burst_limit],
    );
    expect(throttles).toEqual([
      ["*/*", api.throttle.rateLimit, api.throttle.burstLimit],
      ["~1objects~1{key+}/DELETE", 3, 4],
    ]);
  });

  test("refuses a throttle for a route that it does not have", () => {
    const storage = {
      api: { methodThrottles: { "PUT /objects": { rateLimit: 3, burstLimit: 4 } } },
      noncurrentVersionDays: 1,
    };
    expect(() => systemConfig("storage", "prod", { storage })).toThrow(
      'methodThrottles must be for routes of the API: GET /buckets, GET /objects, POST /objects, GET /objects/{key+}, DELETE /objects/{key+}, got: "PUT /objects" (in storage-prod/Api), as storage.api in settings/prod.json has it',
    );
  });
});

describe.each(["dev", "prod"] as const)("%s", (name) => {
  const config = configs[name];
  const { settings } = environmentOf(name);
  const prefix = name === "dev" ? "dev-" : "";

  test("alarms on errors and throttles of each function, and on throttling, 5XX and latency of the API", () => {
    const alarms = Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {});
    const shown = alarms.map(({ alarm_name, metric_name, threshold }) => [alarm_name, metric_name, threshold]);
    const names = ["delete-object", "list-buckets", "list-objects", "read-object", "write-object"];
    const ofFunctions = names.flatMap((one) => [
      [`${prefix}storage-${one}-errors`, "Errors", settings.alarms.functionErrors],
      [`${prefix}storage-${one}-throttles`, "Throttles", settings.alarms.functionThrottles],
    ]);
    const ofApi = [
      [`${prefix}storage-latency`, "Latency", settings.alarms.latencyMilliseconds],
      [`${prefix}storage-server-errors`, "5XXError", settings.alarms.serverErrors],
      [`${prefix}storage-throttled`, `${prefix}storage-throttled`, settings.alarms.throttledRequests],
    ];
    expect(shown.sort()).toEqual([...ofFunctions, ...ofApi].sort());
    for (const alarm of alarms) expect(alarm.alarm_actions).toEqual(["${aws_sns_topic.Alarms.arn}"]);
  });

  test("takes each threshold from settings", () => {
    const given = {
      functionErrors: 11,
      functionThrottles: 12,
      throttledRequests: 13,
      serverErrors: 14,
      latencyMilliseconds: 15,
    };
    const changed = systemConfig("storage", name, { alarms: { ...settings.alarms, ...given } });
    const thresholds = Object.values(changed.resource.aws_cloudwatch_metric_alarm ?? {}).map(
      ({ threshold }) => threshold,
    );
    expect([...new Set(thresholds)].sort()).toEqual([11, 12, 13, 14, 15]);
  });

  test("logs executions, accesses and each function, for as long as settings say", () => {
    const groups = Object.values(config.resource.aws_cloudwatch_log_group ?? {}).map((group) => [
      group.name,
      group.retention_in_days,
    ]);
    const days = settings.logRetentionInDays;
    expect(groups.sort()).toEqual([
      [`/aws/apigateway/${prefix}storage-api/${name}`, days],
      ...["delete-object", "list-buckets", "list-objects", "read-object", "write-object"].map((one) => [
        `/aws/lambda/${prefix}${one}`,
        days,
      ]),
      [`API-Gateway-Execution-Logs_\${aws_api_gateway_rest_api.Api.id}/${name}`, days],
    ]);
    expect(config.resource.aws_api_gateway_method_settings?.Api_Stage_AllMethods?.settings).toMatchObject({
      logging_level: settings.api.executionLogLevel,
      metrics_enabled: true,
      data_trace_enabled: false,
    });
    expect(only(config, "aws_api_gateway_stage").access_log_settings.destination_arn).toBe(
      "${aws_cloudwatch_log_group.Api_Stage_AccessLogs.arn}",
    );
  });

  test("keeps or gives up its objects as settings protect them", () => {
    expect(only(config, "aws_s3_bucket").force_destroy).toBe(!settings.isDeletionProtected);
    const [rule] = only(config, "aws_s3_bucket_lifecycle_configuration").rule;
    expect(rule.noncurrent_version_expiration).toEqual([{ noncurrent_days: settings.storage.noncurrentVersionDays }]);
  });
});

test("prints what console, CLI and SDK each need", () => {
  expect(dev.output?.storage_url?.value).toBe("${aws_api_gateway_stage.Api_Stage.invoke_url}");
  expect(Object.keys(dev.output ?? {})).toEqual(
    expect.arrayContaining([
      "access_log_group",
      "alarm_topic_arn",
      "api_console_url",
      "api_id",
      "bucket_arn",
      "bucket_console_url",
      "bucket_name",
      "execution_log_group",
      "read_object_function_name",
      "read_object_log_group",
      "storage_url",
    ]),
  );
});
