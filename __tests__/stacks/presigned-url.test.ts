import type { Settings } from "../../settings/schema";
import { policiesOf } from "../support/policies";
import { type Config, countOf, environmentOf, only, systemConfig } from "../support/synth";

const configs: Record<"dev" | "prod", Config> = {
  dev: systemConfig("presigned-url", "dev"),
  prod: systemConfig("presigned-url", "prod"),
};
const { prod } = configs;

const changed = (changes: Partial<Settings["presignedUrl"]>): Config =>
  systemConfig("presigned-url", "prod", {
    presignedUrl: { ...environmentOf("prod").settings.presignedUrl, ...changes },
  });

describe("addresses and names", () => {
  test("keeps the addresses of what holds data: a changed one destroys it", () => {
    const addresses = ["aws_s3_bucket", "aws_sns_topic", "aws_kms_key"].flatMap((type) =>
      Object.keys(prod.resource[type] ?? {}).map((name) => `${type}.${name}`),
    );
    expect(addresses).toEqual(["aws_s3_bucket.Files", "aws_sns_topic.Alarms", "aws_kms_key.AlarmsKey"]);
  });

  test.each([
    ["prod", ""],
    ["dev", "dev-"],
  ] as const)('%s carries the documents\' names with the prefix "%s"', (environment, prefix) => {
    const config = configs[environment];
    expect(only(config, "aws_lambda_function").function_name).toBe(`${prefix}GeneratePresignedURLFunction`);
    expect(only(config, "aws_api_gateway_stage").stage_name).toBe(environment);
    expect(only(config, "aws_api_gateway_resource").path_part).toBe("presigned-url");
    expect(only(config, "aws_s3_bucket").bucket).toBe(
      `${prefix}presigned-url-\${data.aws_caller_identity.CallerIdentity.account_id}-eu-west-1`,
    );
  });
});

describe("permissions", () => {
  test("the function may log and trace, and nothing else: it signs as another role", () => {
    expect(policiesOf(prod, "GeneratePresignedUrl_Role")).toEqual({
      WriteLogs: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: "${aws_cloudwatch_log_group.GeneratePresignedUrl_Logs.arn}:*",
        },
      ],
      WriteTraces: [{ Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" }],
    });
  });

  test("the signer trusts the function's role alone, and may read and write objects under the prefix", () => {
    const config = changed({ keyPrefix: "files/" });
    expect(policiesOf(config, "Signer")).toEqual({
      UseObjects: [
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject"],
          Resource: "${aws_s3_bucket.Files.arn}/files/*",
        },
      ],
    });
    expect(JSON.parse(config.resource.aws_iam_role?.Signer?.assume_role_policy).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { AWS: "${aws_iam_role.GeneratePresignedUrl_Role.arn}" },
        Action: "sts:AssumeRole",
      },
    ]);
  });

  test("API Gateway's role may invoke the function and nothing else", () => {
    expect(policiesOf(prod, "ApiGatewayInvokeLambda")).toEqual({
      InvokeGeneratePresignedUrl: [
        {
          Effect: "Allow",
          Action: "lambda:InvokeFunction",
          Resource: "${aws_lambda_function.GeneratePresignedUrl.arn}",
        },
      ],
    });
    expect(Object.keys(prod.resource.aws_iam_role ?? {})).toEqual([
      "ApiGatewayInvokeLambda",
      "GeneratePresignedUrl_Role",
      "Signer",
    ]);
  });
});

describe("settings", () => {
  test("reach the function", () => {
    const config = changed({
      keyPrefix: "files/",
      maxUploadBytes: 5,
      api: { allowOrigins: ["https://a.example", "https://b.example"] },
    });
    expect(only(config, "aws_lambda_function").environment.variables).toEqual({
      BUCKET_NAME: "${aws_s3_bucket.Files.bucket}",
      KEY_PREFIX: "files/",
      MAX_UPLOAD_BYTES: "5",
      ALLOWED_ORIGINS: "https://a.example https://b.example",
      SIGNING_ROLE_ARN:
        "arn:${data.aws_partition.Partition.partition}:iam::${data.aws_caller_identity.CallerIdentity.account_id}:role/S3-PresignedURL-Signer",
    });
    expect(config.resource.aws_iam_role?.Signer?.name).toBe("S3-PresignedURL-Signer");
  });

  test("open the API and the bucket to pages of the same origins, or to none", () => {
    const allowOrigins = ["https://a.example"];
    const open = changed({ api: { allowOrigins } });
    expect(only(open, "aws_s3_bucket_cors_configuration").cors_rule[0].allowed_origins).toEqual(allowOrigins);
    expect(open.resource.aws_api_gateway_method?.["Api_presigned-url_OPTIONS"]?.authorization).toBe("NONE");
    expect(countOf(prod, "aws_s3_bucket_cors_configuration")).toBe(0);
    expect(countOf(prod, "aws_api_gateway_method")).toBe(1);
  });

  test("choose who may ask for a URL: whoever signs, unless they say anyone", () => {
    const authorizationOf = (config: Config) => only(config, "aws_api_gateway_method").authorization;
    expect(authorizationOf(prod)).toBe("AWS_IAM");
    expect(authorizationOf(changed({ api: { authorization: { type: "NONE" } } }))).toBe("NONE");
  });
});

test.each(["dev", "prod"] as const)("%s alarms on errors, throttles, 5XX and latency, and keeps every log", (name) => {
  const config = configs[name];
  const { settings } = environmentOf(name);
  const prefix = name === "dev" ? "dev-" : "";
  const alarms = Object.values(config.resource.aws_cloudwatch_metric_alarm ?? {});
  expect(alarms.map(({ alarm_name, threshold }) => [alarm_name, threshold]).sort()).toEqual([
    [`${prefix}presigned-url-generate-presigned-url-errors`, settings.alarms.functionErrors],
    [`${prefix}presigned-url-generate-presigned-url-throttles`, settings.alarms.functionThrottles],
    [`${prefix}presigned-url-latency`, settings.alarms.latencyMilliseconds],
    [`${prefix}presigned-url-server-errors`, settings.alarms.serverErrors],
    [`${prefix}presigned-url-throttled`, settings.alarms.throttledRequests],
  ]);
  const groups = Object.values(config.resource.aws_cloudwatch_log_group ?? {});
  expect(groups.map((group) => [group.name, group.retention_in_days]).sort()).toEqual([
    [`/aws/apigateway/${prefix}presigned-url-api/${name}`, settings.logRetentionInDays],
    [`/aws/lambda/${prefix}GeneratePresignedURLFunction`, settings.logRetentionInDays],
    [`API-Gateway-Execution-Logs_\${aws_api_gateway_rest_api.Api.id}/${name}`, settings.logRetentionInDays],
  ]);
});

test("prints what console, CLI and SDK each need", () => {
  expect(Object.keys(prod.output ?? {})).toEqual([
    "access_log_group",
    "alarm_topic_arn",
    "api_console_url",
    "api_id",
    "bucket_arn",
    "bucket_console_url",
    "bucket_name",
    "dashboard_console_url",
    "execution_log_group",
    "function_log_group",
    "function_name",
    "presigned_url_url",
    "signing_role_arn",
  ]);
});
