import type { Bucket } from "./bucket";
import { isPublic } from "./bucket-policy";
import { type BucketCall, type S3Answer, xmlAnswer } from "./s3-call";
import { S3Error } from "./s3-errors";

/** What asks for a bucket's configuration, which the stacks alone change. */
interface Setting {
  readonly name: string;
  /** The query's parameter that asks for it. */
  readonly parameter: string;
  readonly action: string;
  readonly read: (call: BucketCall) => S3Answer;
}

const missing = (code: string, message: string, { name }: Bucket): S3Error =>
  new S3Error(code, message, 404, { BucketName: name });

/** @throws S3Error `NoSuchBucketPolicy` (404) */
function policyOf({ bucket }: BucketCall): string {
  if (bucket.policy !== undefined) return bucket.policy;
  throw missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket);
}

function cors({ bucket }: BucketCall): S3Answer {
  if (bucket.cors.length === 0) {
    throw missing("NoSuchCORSConfiguration", "The CORS configuration does not exist", bucket);
  }
  return xmlAnswer("CORSConfiguration", {
    CORSRule: bucket.cors.map((rule) => ({
      AllowedMethod: rule.allowedMethods,
      AllowedOrigin: rule.allowedOrigins,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  });
}

function publicAccessBlock({ bucket }: BucketCall): S3Answer {
  const block = bucket.publicAccessBlock;
  if (!block) {
    const sentence = "The public access block configuration was not found";
    throw missing("NoSuchPublicAccessBlockConfiguration", sentence, bucket);
  }
  return xmlAnswer("PublicAccessBlockConfiguration", {
    BlockPublicAcls: block.blockPublicAcls,
    IgnorePublicAcls: block.ignorePublicAcls,
    BlockPublicPolicy: block.blockPublicPolicy,
    RestrictPublicBuckets: block.restrictPublicBuckets,
  });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html, and its neighbours */
export const bucketSettings: readonly Setting[] = [
  {
    name: "GetBucketLocation",
    parameter: "location",
    action: "s3:GetBucketLocation",
    read: ({ place }) => xmlAnswer("LocationConstraint", place.region === "us-east-1" ? "" : place.region),
  },
  {
    name: "GetBucketVersioning",
    parameter: "versioning",
    action: "s3:GetBucketVersioning",
    read: ({ bucket }) => xmlAnswer("VersioningConfiguration", { Status: bucket.versioning }),
  },
  {
    name: "GetBucketPolicy",
    parameter: "policy",
    action: "s3:GetBucketPolicy",
    read: (call) => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(policyOf(call)),
    }),
  },
  {
    name: "GetBucketPolicyStatus",
    parameter: "policyStatus",
    action: "s3:GetBucketPolicyStatus",
    read: (call) => xmlAnswer("PolicyStatus", { IsPublic: isPublic(policyOf(call)) }),
  },
  { name: "GetBucketCors", parameter: "cors", action: "s3:GetBucketCORS", read: cors },
  {
    name: "GetBucketEncryption",
    parameter: "encryption",
    action: "s3:GetEncryptionConfiguration",
    read: () =>
      xmlAnswer("ServerSideEncryptionConfiguration", {
        Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
      }),
  },
  {
    name: "GetPublicAccessBlock",
    parameter: "publicAccessBlock",
    action: "s3:GetBucketPublicAccessBlock",
    read: publicAccessBlock,
  },
  {
    name: "GetBucketOwnershipControls",
    parameter: "ownershipControls",
    action: "s3:GetBucketOwnershipControls",
    read: () => xmlAnswer("OwnershipControls", { Rule: { ObjectOwnership: "BucketOwnerEnforced" } }),
  },
];
