import { Bucket, type BucketProps } from "../../../constructs/s3/bucket";
import { type Config, countOf, only, synthesize } from "../../support/synth";

const configOf = (changes: Partial<BucketProps> = {}, region = "eu-west-1"): Config =>
  synthesize(
    (stack) => new Bucket(stack, "Files", { bucketNamePrefix: "files", noncurrentVersionDays: 30, ...changes }),
    { region },
  );

test("is named after its account and Region, and closed in every way that S3 has", () => {
  const config = configOf();
  expect(only(config, "aws_s3_bucket")).toMatchObject({
    bucket: "files-${data.aws_caller_identity.CallerIdentity.account_id}-eu-west-1",
    force_destroy: false,
  });
  expect(only(config, "aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  expect(only(config, "aws_s3_bucket_ownership_controls").rule).toEqual({ object_ownership: "BucketOwnerEnforced" });
});

test("keeps old versions for a while, and nothing that was never finished", () => {
  const config = configOf({ noncurrentVersionDays: 7 });
  expect(only(config, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
  expect(only(config, "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
    { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
  ]);
  const lifecycle = only(config, "aws_s3_bucket_lifecycle_configuration");
  expect(lifecycle.rule).toEqual([
    {
      id: "remove-what-nobody-reads",
      status: "Enabled",
      filter: [{}],
      noncurrent_version_expiration: [{ noncurrent_days: 7 }],
      expiration: [{ expired_object_delete_marker: true }],
      abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
    },
  ]);
  expect(lifecycle.depends_on).toEqual(["aws_s3_bucket_versioning.Files_Versioning"]);
});

test("denies what comes without TLS or from another account, and spares the account itself", () => {
  const policy = only(configOf(), "aws_s3_bucket_policy");
  const everything = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: ["${aws_s3_bucket.Files.arn}", "${aws_s3_bucket.Files.arn}/*"],
  };
  expect(JSON.parse(policy.policy)).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "DenyInsecureTransport", ...everything, Condition: { Bool: { "aws:SecureTransport": "false" } } },
      {
        Sid: "DenyOtherAccounts",
        ...everything,
        Condition: {
          StringNotEquals: { "aws:PrincipalAccount": "${data.aws_caller_identity.CallerIdentity.account_id}" },
        },
      },
    ],
  });
  expect(policy.depends_on).toEqual(["aws_s3_bucket_public_access_block.Files_PublicAccessBlock"]);
});

test("goes with its objects where deletion protection is off", () => {
  expect(only(configOf({ isDeletionProtected: false }), "aws_s3_bucket").force_destroy).toBe(true);
  expect(only(configOf({ isDeletionProtected: true }), "aws_s3_bucket").force_destroy).toBe(false);
});

test("lets the pages of named origins in, and none unless there are any", () => {
  const cors = only(
    configOf({ allowOrigins: ["https://a.example", "https://b.example"] }),
    "aws_s3_bucket_cors_configuration",
  );
  expect(cors.cors_rule).toEqual([
    {
      allowed_headers: ["content-type"],
      allowed_methods: ["GET", "HEAD", "POST", "PUT"],
      allowed_origins: ["https://a.example", "https://b.example"],
      expose_headers: ["ETag", "x-amz-version-id"],
      max_age_seconds: 600,
    },
  ]);
  expect(countOf(configOf({ allowOrigins: [] }), "aws_s3_bucket_cors_configuration")).toBe(0);
  expect(countOf(configOf(), "aws_s3_bucket_cors_configuration")).toBe(0);
});

describe("limits", () => {
  test.each([
    ["abc", "eu-west-1"],
    ["a".repeat(40), "eu-west-1"],
    ["a".repeat(35), "ap-southeast-1"],
    ["0-x", "eu-west-1"],
  ])("takes the name prefix %s in %s", (bucketNamePrefix, region) => {
    expect(only(configOf({ bucketNamePrefix }, region), "aws_s3_bucket").bucket).toContain(`${bucketNamePrefix}-`);
  });

  test.each([
    ["ab", "eu-west-1", "3–40"],
    ["a".repeat(41), "eu-west-1", "3–40"],
    ["a".repeat(36), "ap-southeast-1", "3–35"],
    ["-files", "eu-west-1", "3–40"],
    ["Files", "eu-west-1", "3–40"],
    ["fi.les", "eu-west-1", "3–40"],
  ])("refuses the name prefix %s in %s", (bucketNamePrefix, region, length) => {
    expect(() => configOf({ bucketNamePrefix }, region)).toThrow(
      `bucketNamePrefix must be ${length} lower-case letters, digits and -, starting with a letter or digit, got: "${bucketNamePrefix}". The account's 12 digits and ${region} follow`,
    );
  });

  test.each([1, 2_147_483_647])("keeps old versions for %i days", (noncurrentVersionDays) => {
    const [rule] = only(configOf({ noncurrentVersionDays }), "aws_s3_bucket_lifecycle_configuration").rule;
    expect(rule.noncurrent_version_expiration).toEqual([{ noncurrent_days: noncurrentVersionDays }]);
  });

  test.each([0, 1.5, 2_147_483_648])("does not keep old versions for %d days", (noncurrentVersionDays) => {
    expect(() => configOf({ noncurrentVersionDays })).toThrow(
      `noncurrentVersionDays must be an integer from 1 to 2147483647, got: ${noncurrentVersionDays} (in test/Files)`,
    );
  });
});
