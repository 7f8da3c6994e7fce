import * as z from "zod/mini";
import {
  accepting,
  flag,
  integer,
  list,
  readArguments,
  requiredBlock,
  requiredList,
  text,
} from "../resource-arguments";
import type { PublicAccessBlock } from "./bucket";
import type { CorsRule } from "./cors";

type Arguments = Readonly<Record<string, unknown>>;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const nameRules: readonly (readonly [RegExp, rule: string])[] = [
  [/^.{3,63}$/, "must have 3–63 characters"],
  [/^[a-z0-9.-]*$/, "must have lower-case letters, digits, - and . only"],
  [/^[a-z0-9].*[a-z0-9]$/, "must begin and end with a letter or a digit"],
  [/^(?!.*\.\.)/, "must not have two periods side by side"],
  [/^(?!\d+\.\d+\.\d+\.\d+$)/, "must not look like an IP address"],
  [/^(?!xn--|sthree-|amzn-s3-demo-)/, "must not begin with xn--, sthree- or amzn-s3-demo-, which are reserved"],
  [
    /^(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)/,
    "must not end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3, which are reserved",
  ],
];

const BucketArguments = z.strictObject({
  bucket: z.string().check(...nameRules.map(([pattern, rule]) => z.regex(pattern, rule))),
  ...accepting("force_destroy", "tags"),
});

/** `aws_s3_bucket`. @throws Error for a name that S3 would not take */
export const readBucketName = (given: Arguments): string =>
  readArguments("aws_s3_bucket", BucketArguments, given).bucket;

const withOneWildcard = z.string().check(z.refine((value) => value.split("*").length <= 2, "must have one * at most"));

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
const CorsRuleBlock = z.strictObject({
  allowed_methods: requiredList(z.enum(["GET", "PUT", "HEAD", "POST", "DELETE"])),
  allowed_origins: requiredList(withOneWildcard),
  allowed_headers: list(withOneWildcard),
  expose_headers: list(z.string().check(z.refine((value) => !value.includes("*"), "must not have a *"))),
  max_age_seconds: z.optional(integer(0, 2 ** 31 - 1)),
  ...accepting("id"),
});

const encryptionByDefault = z.strictObject({ sse_algorithm: z.literal("AES256") });

const lifecycleActions = [
  ...(["expiration", "transition", "abort_incomplete_multipart_upload"] as const),
  ...(["noncurrent_version_expiration", "noncurrent_version_transition"] as const),
] as const;

/** `aws_s3_bucket_policy`. What its statements mean is for others to check. */
export const PolicyArguments = z.strictObject({ bucket: text, policy: text });

/** `aws_s3_bucket_versioning`. */
export const VersioningArguments = z.strictObject({
  bucket: text,
  versioning_configuration: requiredBlock(z.strictObject({ status: z.enum(["Enabled", "Suspended", "Disabled"]) })),
});

/** `aws_s3_bucket_cors_configuration`. */
export const CorsArguments = z.strictObject({
  bucket: text,
  cors_rule: requiredList(CorsRuleBlock).check(z.maxLength(100)),
});

/** `aws_s3_bucket_public_access_block`. */
export const PublicAccessBlockArguments = z.strictObject({
  bucket: text,
  block_public_acls: flag,
  block_public_policy: flag,
  ignore_public_acls: flag,
  restrict_public_buckets: flag,
});

/** `aws_s3_bucket_ownership_controls`: any other ownership would need ACLs. */
export const OwnershipArguments = z.strictObject({
  bucket: text,
  rule: requiredBlock(z.strictObject({ object_ownership: z.literal("BucketOwnerEnforced") })),
});

/** `aws_s3_bucket_server_side_encryption_configuration`: S3's own keys. */
export const EncryptionArguments = z.strictObject({
  bucket: text,
  rule: requiredList(
    z.strictObject({
      apply_server_side_encryption_by_default: list(encryptionByDefault),
      ...accepting("bucket_key_enabled"),
    }),
  ),
});

/** `aws_s3_bucket_lifecycle_configuration`. Rules are read, and not run. */
export const LifecycleArguments = z.strictObject({
  bucket: text,
  rule: requiredList(
    z
      .strictObject({
        id: text,
        status: z.enum(["Enabled", "Disabled"]),
        ...accepting("filter", ...lifecycleActions),
      })
      .check(
        z.refine(
          (rule) => lifecycleActions.some((action) => [rule[action] ?? []].flat().length > 0),
          `must have one of ${lifecycleActions.join(", ")}`,
        ),
      ),
  ),
});

/** The rules of an `aws_s3_bucket_cors_configuration`. */
export const corsRulesOf = (read: z.infer<typeof CorsArguments>): readonly CorsRule[] =>
  read.cors_rule.map((rule) => ({
    allowedMethods: rule.allowed_methods,
    allowedOrigins: rule.allowed_origins,
    allowedHeaders: rule.allowed_headers,
    exposeHeaders: rule.expose_headers,
    maxAgeSeconds: rule.max_age_seconds,
  }));

/** What an `aws_s3_bucket_public_access_block` blocks. */
export const publicAccessBlockOf = (read: z.infer<typeof PublicAccessBlockArguments>): PublicAccessBlock => ({
  blockPublicAcls: read.block_public_acls,
  ignorePublicAcls: read.ignore_public_acls,
  blockPublicPolicy: read.block_public_policy,
  restrictPublicBuckets: read.restrict_public_buckets,
});
