import { type PolicyStatement, type StatementCondition, statementsOf } from "../../policy/document";
import { wildcardPattern } from "../../policy/pattern";
import { accessDenied, S3Error } from "./s3-errors";

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html */
const MAX_POLICY_BYTES = 20 * 1024;

/** Actions that are about objects; all others are about the bucket. */
const objectAction =
  /^s3:((?!\w*Bucket)\w*Object\w*|AbortMultipartUpload|ListMultipartUploadParts|ReplicateDelete|ReplicateTags|BypassGovernanceRetention|ObjectOwnerOverrideToBucketOwner)$/i;

const malformed = (message: string): S3Error => new S3Error("MalformedPolicy", message, 400);

/**
 * Reads a bucket's policy as S3 takes it.
 *
 * @throws S3Error `MalformedPolicy` (400): more than 20 KB, a resource of another bucket, or an action that none of the resources is for
 * @throws S3Error `AccessDenied` (403): the policy is public, and the bucket blocks such
 */
export function requireBucketPolicy(document: string, bucketArn: string, blocksPublic: boolean): void {
  const size = Buffer.byteLength(document);
  if (size > MAX_POLICY_BYTES) {
    throw malformed(`Policies must not be larger than ${MAX_POLICY_BYTES} bytes, got: ${size}. Leave statements out`);
  }
  for (const { sid, resources, notResources, actions } of statementsOf(document)) {
    const foreign = [...resources, ...notResources].find(
      (one) => !isBucket(one, bucketArn) && !isObject(one, bucketArn),
    );
    if (foreign) {
      throw malformed(`Policy has invalid resource: ${foreign}. It must be ${bucketArn} or begin with ${bucketArn}/`);
    }
    const idle = actions.find((action) => {
      const isMeant = objectAction.test(action) ? isObject : isBucket;
      return !action.includes("*") && !resources.some((resource) => isMeant(resource, bucketArn));
    });
    if (idle && resources.length > 0) {
      throw malformed(`Action does not apply to any resource(s) in statement ${sid ?? ""}: ${idle}`);
    }
  }
  if (blocksPublic && isPublic(document)) {
    throw accessDenied(
      "Access Denied: the policy makes the bucket public, which block_public_policy of its aws_s3_bucket_public_access_block prevents",
    );
  }
}

const isBucket = (resource: string, bucketArn: string): boolean =>
  wildcardPattern(resource, "resource").test(bucketArn);

const isObject = (resource: string, bucketArn: string): boolean =>
  resource.startsWith(`${bucketArn}/`) || wildcardPattern(resource, "resource").test(`${bucketArn}/key`);

/** Condition keys by which a statement is about somebody in particular, if their values are fixed. */
const narrowing = new Set(
  [
    ...["PrincipalArn", "PrincipalAccount", "PrincipalOrgID", "PrincipalServiceName", "SourceIp", "SourceArn"],
    ...["SourceVpc", "SourceVpce", "SourceOwner", "SourceAccount", "userid"],
  ]
    .map((key) => `aws:${key}`.toLowerCase())
    .concat("s3:dataaccesspointarn", "s3:dataaccesspointaccount"),
);

const positive = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$/;

/** Ranges of addresses that S3 takes for the whole world: wider than /8, or /32 where they are IPv6's. */
const wideRange = /^(\d+\.\d+\.\d+\.\d+\/[0-7]|[\da-f:]*:[\da-f:]*\/([12]?\d|3[01]))$/i;

/** Whether every value names somebody: no wildcards, no variables. */
const isFixed = ({ operator, key, values }: StatementCondition): boolean =>
  narrowing.has(key.toLowerCase()) &&
  positive.test(operator) &&
  values.every((value) => !/[*?]|\$\{/.test(value) && !wideRange.test(value));

const isAnyone = ({ principals }: PolicyStatement): boolean =>
  principals.some(({ value }) => wildcardPattern(value, "text").test("arn:aws:iam::000000000000:root"));

/**
 * Whether a policy lets anybody in: an Allow for everyone without a condition that fixes who that is.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export const isPublic = (document: string): boolean =>
  statementsOf(document).some(
    (statement) => statement.effect === "Allow" && isAnyone(statement) && !statement.conditions.some(isFixed),
  );
