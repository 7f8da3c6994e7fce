import { withoutAbsent } from "../api-gateway/exchange";
import type { Access } from "../aws";
import { timeOf } from "../iam/signature";
import type { Bucket } from "./bucket";
import { isPublic } from "./bucket-policy";
import type { BucketCall, ServiceCall } from "./s3-call";
import { accessDenied } from "./s3-errors";

/** How a request is signed, as `s3:authType` says it. */
export type AuthType = "REST-HEADER" | "REST-QUERY-STRING" | "POST";

interface Asked {
  readonly call: ServiceCall;
  readonly bucket: Bucket;
  /** None where nobody signed. */
  readonly authType: AuthType | undefined;
  readonly accountId: string;
}

/**
 * What decides about one request to a bucket, by the policies of whoever sent it and by the bucket's own.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
 */
export function authorizerOf(access: Access, { call, bucket, authType, accountId }: Asked): BucketCall["authorize"] {
  const { caller, request, now } = call;
  const signedAt = timeOf(request.headers["x-amz-date"]);
  const ofRequest = {
    "s3:authType": authType,
    "s3:signatureversion": authType && "AWS4-HMAC-SHA256",
    "s3:signatureAge": Number.isNaN(signedAt) ? undefined : String(now - signedAt),
    "s3:x-amz-content-sha256": request.headers["x-amz-content-sha256"],
    "s3:ResourceAccount": accountId,
  };
  return ({ action, key, context }) => {
    const { policy, publicAccessBlock } = bucket;
    // A policy that was public before it was forbidden stays, and lets nobody in from outside.
    if (caller.isAnonymous && policy && publicAccessBlock?.restrictPublicBuckets && isPublic(policy)) {
      throw accessDenied();
    }
    access.authorize({
      caller,
      action,
      resource: key === undefined ? bucket.arn : `${bucket.arn}/${key}`,
      resourcePolicy: policy,
      context: withoutAbsent({ ...ofRequest, ...context }),
    });
  };
}
