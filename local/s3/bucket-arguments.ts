import { ResourceArguments } from "../protocol/resource-arguments";
import type { PublicAccessBlock } from "./bucket";
import type { CorsRule } from "./cors";

type Arguments = Readonly<Record<string, unknown>>;

/** A block that stands once may be written as an object or as a list of one. */
const blocks = (value: unknown): readonly Arguments[] => [(value ?? []) as Arguments | readonly Arguments[]].flat();

const texts = (value: unknown): readonly string[] => [value ?? []].flat().map(String);

/** Arguments of a resource, or of a block in it; errors call it by its bucket. */
const argumentsOf = (
  type: string,
  bucket: unknown,
  values: Arguments,
  modelled: readonly string[],
): ResourceArguments => new ResourceArguments(type, { ...values, name: bucket }, ["name", ...modelled]);

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

/** `aws_s3_bucket`. @throws Error for a name that S3 would not take */
export function readBucketName(given: Arguments): string {
  const bucket = argumentsOf("aws_s3_bucket", given.bucket, given, ["bucket", "force_destroy", "tags"]);
  const name = bucket.requiredText("bucket");
  const broken = nameRules.find(([pattern]) => !pattern.test(name));
  if (broken) throw bucket.error(`bucket ${broken[1]}, got: ${name}`);
  return name;
}

/** The bucket that a resource of any other type is about, and what else it says. */
export function ofBucket(
  type: string,
  given: Arguments,
  modelled: readonly string[],
): { readonly bucket: string; readonly arguments: ResourceArguments } {
  const known = argumentsOf(type, given.bucket, given, ["bucket", ...modelled]);
  return { bucket: known.requiredText("bucket"), arguments: known };
}

function onlyBlock(type: string, given: Arguments, name: string): Arguments {
  const [values, ...others] = blocks(given[name]);
  if (values && others.length === 0) return values;
  throw new Error(`${type} "${given.bucket}": ${name} must stand once.`);
}

/** `versioning_configuration` of `aws_s3_bucket_versioning`. */
export function readVersioning(given: Arguments): "Enabled" | "Suspended" | undefined {
  const type = "aws_s3_bucket_versioning";
  const values = onlyBlock(type, given, "versioning_configuration");
  const configuration = argumentsOf(`${type}.versioning_configuration`, given.bucket, values, ["status"]);
  const status = configuration.requiredText("status");
  if (status === "Enabled" || status === "Suspended") return status;
  if (status === "Disabled") return undefined;
  throw configuration.error(`status must be Enabled, Suspended or Disabled, got: ${status}`);
}

const corsMethods = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const corsArguments = [
  ...["id", "allowed_headers", "allowed_methods", "allowed_origins", "expose_headers", "max_age_seconds"],
];

/**
 * `cors_rule` of `aws_s3_bucket_cors_configuration`.
 * @throws Error for what S3 refuses: no rule or more than 100, a method that it has not, two `*` in an origin or header
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export function readCors(given: Arguments): readonly CorsRule[] {
  const type = "aws_s3_bucket_cors_configuration";
  const rules = blocks(given.cors_rule);
  if (rules.length < 1 || rules.length > 100) {
    throw new Error(`${type} "${given.bucket}": cors_rule must stand 1–100 times, got: ${rules.length}.`);
  }
  return rules.map((values) => {
    const rule = argumentsOf(`${type}.cors_rule`, given.bucket, values, corsArguments);
    const [allowedMethods, allowedOrigins] = [texts(values.allowed_methods), texts(values.allowed_origins)];
    const [allowedHeaders, exposeHeaders] = [texts(values.allowed_headers), texts(values.expose_headers)];
    if (allowedMethods.length === 0) throw rule.error("allowed_methods must be given");
    if (allowedOrigins.length === 0) throw rule.error("allowed_origins must be given");
    const method = allowedMethods.find((one) => !corsMethods.includes(one));
    if (method) throw rule.error(`allowed_methods must be of ${corsMethods.join(", ")}, got: ${method}`);
    const wild = [...allowedOrigins, ...allowedHeaders].find((one) => one.split("*").length > 2);
    if (wild) throw rule.error(`allowed_origins and allowed_headers must have one * at most, got: ${wild}`);
    const exposed = exposeHeaders.find((one) => one.includes("*"));
    if (exposed) throw rule.error(`expose_headers must not have a *, got: ${exposed}`);
    const maxAgeSeconds =
      (values.max_age_seconds ?? undefined) === undefined
        ? undefined
        : rule.integer("max_age_seconds", 0, 2 ** 31 - 1, 0);
    return { allowedMethods, allowedOrigins, allowedHeaders, exposeHeaders, maxAgeSeconds };
  });
}

/** ACLs are off in every bucket here, so nothing is left to block or to ignore of them. */
export const publicAccessArguments = [
  ...["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"],
];

export const readPublicAccessBlock = (given: ResourceArguments): PublicAccessBlock => ({
  blockPublicPolicy: given.isTrue("block_public_policy"),
  restrictPublicBuckets: given.isTrue("restrict_public_buckets"),
});

/** `rule` of `aws_s3_bucket_ownership_controls`. @throws Error for an ownership that needs ACLs */
export function requireOwnership(given: Arguments): void {
  const type = "aws_s3_bucket_ownership_controls";
  const values = onlyBlock(type, given, "rule");
  const rule = argumentsOf(`${type}.rule`, given.bucket, values, ["object_ownership"]);
  const ownership = rule.requiredText("object_ownership");
  if (ownership === "BucketOwnerEnforced") return;
  throw rule.error(
    `object_ownership ${ownership} is not modelled by the local run, which has no ACLs. Use BucketOwnerEnforced`,
  );
}

/** `rule` of `aws_s3_bucket_server_side_encryption_configuration`. @throws Error for keys that are not S3's own */
export function requireEncryption(given: Arguments): void {
  const type = "aws_s3_bucket_server_side_encryption_configuration";
  const rules = blocks(given.rule);
  if (rules.length === 0) throw new Error(`${type} "${given.bucket}": rule must be given.`);
  for (const values of rules) {
    argumentsOf(`${type}.rule`, given.bucket, values, [
      "apply_server_side_encryption_by_default",
      "bucket_key_enabled",
    ]);
    for (const byDefault of blocks(values.apply_server_side_encryption_by_default)) {
      const encryption = argumentsOf(`${type}.rule.apply_server_side_encryption_by_default`, given.bucket, byDefault, [
        "sse_algorithm",
      ]);
      const algorithm = encryption.requiredText("sse_algorithm");
      if (algorithm === "AES256") continue;
      throw encryption.error(`sse_algorithm ${algorithm} is not modelled by the local run. Use AES256`);
    }
  }
}

const lifecycleRule = [
  ...["id", "status", "filter", "expiration", "transition", "abort_incomplete_multipart_upload"],
  ...["noncurrent_version_expiration", "noncurrent_version_transition"],
];

/** `rule` of `aws_s3_bucket_lifecycle_configuration`. Rules are read, and not run. @throws Error for one without a status or an action */
export function requireLifecycle(given: Arguments): void {
  const type = "aws_s3_bucket_lifecycle_configuration";
  const rules = blocks(given.rule);
  if (rules.length === 0) throw new Error(`${type} "${given.bucket}": rule must be given.`);
  for (const values of rules) {
    const rule = argumentsOf(`${type}.rule`, given.bucket, values, lifecycleRule);
    rule.requiredText("id");
    const status = rule.requiredText("status");
    if (status !== "Enabled" && status !== "Disabled") {
      throw rule.error(`status must be Enabled or Disabled, got: ${status}`);
    }
    const actions = lifecycleRule.slice(3);
    if (!actions.some((action) => blocks(values[action]).length > 0)) {
      throw rule.error(`one of ${actions.join(", ")} must be given`);
    }
  }
}
