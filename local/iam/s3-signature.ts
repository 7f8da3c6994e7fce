import { AwsError } from "../aws";
import { verifyChunks } from "./aws-chunked";
import {
  type Claim,
  headerClaim,
  invalidArgument,
  isHash,
  queryClaim,
  requireCredential,
  streaming,
} from "./s3-claims";
import {
  ALGORITHM,
  canonicalRequest,
  headerOf,
  isSame,
  queryOf,
  type Secret,
  type SignedRequest,
  sha256,
  signatureOf,
  stringToSign,
  timeOf,
  type Verified,
  type VerifyOptions,
} from "./signature";

/** Whether S3 wants a header signed if it is there at all. */
const mustBeSigned = (name: string): boolean =>
  name === "host" || name === "content-md5" || (name.startsWith("x-amz-") && name !== "x-amz-content-sha256");

function requireSignedHeaders({ headers }: SignedRequest, signedHeaders: readonly string[]): void {
  const unsigned = Object.keys(headers)
    .filter((name) => headers[name] !== undefined && mustBeSigned(name) && !signedHeaders.includes(name))
    .sort();
  // A request without a host would have to be signed with one all the same.
  if (unsigned.length === 0 && signedHeaders.includes("host")) return;
  throw new AwsError("AccessDenied", "There were headers present in the request which were not signed", 403, {
    HeadersNotSigned: unsigned.length > 0 ? unsigned.join(", ") : "host",
  });
}

/** @throws AwsError for an access key that nobody was given, and for a session token that is another's or has expired */
function requireSecret(accessKeyId: string, token: string | undefined, { secretOf, now }: VerifyOptions): Secret {
  const secret = secretOf(accessKeyId);
  // Without its token S3 does not know a session's access key.
  if (!secret || (token === undefined && secret.sessionToken !== "")) {
    const message = "The AWS Access Key Id you provided does not exist in our records.";
    throw new AwsError("InvalidAccessKeyId", message, 403, { AWSAccessKeyId: accessKeyId });
  }
  if (!isSame(token ?? "", secret.sessionToken)) {
    throw new AwsError("InvalidToken", "The provided token is malformed or otherwise invalid.", 400);
  }
  if (secret.expiration !== undefined && now >= secret.expiration) {
    throw new AwsError("ExpiredToken", "The provided token has expired.", 400);
  }
  return secret;
}

function mismatch(details: Readonly<Record<string, string>>): AwsError {
  const message =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
  return new AwsError("SignatureDoesNotMatch", message, 403, details);
}

/** The body is what the signature says it is. */
function requireBody({ body }: SignedRequest, claim: Claim, { secretAccessKey }: Secret): void {
  const { payload, scope, timestamp, signature: seed } = claim;
  if (streaming.includes(payload)) {
    verifyChunks(body, { secretAccessKey, scope, timestamp, seed }, payload.endsWith("-TRAILER"));
  }
  if (!isHash(payload)) return;
  const computed = sha256(body);
  if (payload.toLowerCase() === computed) return;
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const details = { ClientComputedContentSHA256: payload, S3ComputedContentSHA256: computed };
  throw new AwsError("XAmzContentSHA256Mismatch", message, 400, details);
}

/**
 * Verifies the signature of a request to S3, in its `Authorization` header or in its query, and refuses as S3 does, in its order.
 *
 * @throws AwsError with S3's codes
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function verifyS3(request: SignedRequest, options: VerifyOptions): Verified {
  const header = headerOf(request, "authorization");
  const isPresigned = queryOf(request.path).some(([name]) => name === "X-Amz-Algorithm");
  if (header !== undefined && isPresigned) {
    const message =
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
    throw invalidArgument(message, "Authorization", header);
  }
  const claim = isPresigned ? queryClaim(request, options) : headerClaim(request, options);
  const { accessKeyId, scope, timestamp, signedHeaders, signature, token } = claim;
  requireSignedHeaders(request, signedHeaders);
  const secret = requireSecret(accessKeyId, token, options);
  const coverage = { service: "s3", signedHeaders, payloadHash: claim.payload, isPresigned };
  const canonical = canonicalRequest(request, coverage);
  const text = stringToSign(timestamp, scope, canonical);
  if (!isSame(signature, signatureOf(secret.secretAccessKey, scope, text))) {
    throw mismatch({
      AWSAccessKeyId: accessKeyId,
      StringToSign: text,
      SignatureProvided: signature,
      CanonicalRequest: canonical,
    });
  }
  requireBody(request, claim, secret);
  return { accessKeyId, region: scope.region, service: scope.service };
}

/**
 * Verifies the signature of a POST policy: the fields of a form by which a browser uploads. Whether the policy still holds, and whether the
 * form keeps to it, is not asked here.
 *
 * @param fields the form's fields but the file, by name in lower case
 * @throws AwsError `InvalidArgument` (400): a field is missing or not as it must be
 * @throws AwsError `InvalidAccessKeyId` (403), `InvalidToken` (400), `ExpiredToken` (400), `SignatureDoesNotMatch` (403)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export function verifyPostPolicy(fields: Readonly<Record<string, string>>, options: VerifyOptions): Verified {
  const textOf = (name: string): string => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value) return value;
    const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
    throw invalidArgument(message, name, "");
  };
  const policy = textOf("policy");
  const algorithm = textOf("x-amz-algorithm");
  if (algorithm !== ALGORITHM) {
    throw invalidArgument(`X-Amz-Algorithm only supports "${ALGORITHM}"`, "x-amz-algorithm", algorithm);
  }
  const credential = textOf("x-amz-credential");
  const { accessKeyId, ...scope } = requireCredential(credential, options.region, (message) =>
    invalidArgument(`Error parsing the X-Amz-Credential parameter; ${message}`, "x-amz-credential", credential),
  );
  const timestamp = textOf("x-amz-date");
  if (Number.isNaN(timeOf(timestamp)) || timestamp.slice(0, 8) !== scope.date) {
    const message = `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'", on the day of X-Amz-Credential`;
    throw invalidArgument(message, "x-amz-date", timestamp);
  }
  const signature = textOf("x-amz-signature");
  const token = Object.hasOwn(fields, "x-amz-security-token") ? fields["x-amz-security-token"] : undefined;
  const { secretAccessKey } = requireSecret(accessKeyId, token, options);
  if (!isSame(signature, signatureOf(secretAccessKey, scope, policy))) {
    throw mismatch({ AWSAccessKeyId: accessKeyId, StringToSign: policy, SignatureProvided: signature });
  }
  return { accessKeyId, region: scope.region, service: scope.service };
}
