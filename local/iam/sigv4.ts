import { AwsError, type Credentials } from "../aws";
import { verifyS3 } from "./s3-signature";
import {
  ALGORITHM,
  authorizationParts,
  canonicalRequest,
  compare,
  credentialOf,
  type DatedScope,
  headerOf,
  isSame,
  queryOf,
  type Secret,
  type SignedRequest,
  type SigningScope,
  scopeText,
  sha256,
  signatureOf,
  stringToSign,
  TERMINATOR,
  timeOf,
  timestampOf,
  type Verified,
  type VerifyOptions,
} from "./signature";

export { verifyPostPolicy } from "./s3-signature";
export type { SignedRequest, Verified, VerifyOptions } from "./signature";

/** What a request says about its signature, by the names that both the header and the query have for it. */
interface Claim {
  readonly isPresigned: boolean;
  readonly accessKeyId: string;
  readonly scope: DatedScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly timestamp?: string;
  readonly token?: string;
}

const FIFTEEN_MINUTES = 15 * 60_000;

/** What a signature cannot cover: it is made, or changed on the way, after signing. */
const neverSigned = new Set(["authorization", "connection", "expect", "transfer-encoding", "user-agent"]);

/** The codes that services of AWS's JSON protocols use in place of the others. */
const jsonCodes: Readonly<Record<string, string>> = {
  ExpiredToken: "ExpiredTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

const codeFor = (request: SignedRequest, code: string): string =>
  headerOf(request, "x-amz-target") === undefined ? code : (jsonCodes[code] ?? code);

const incomplete = (request: SignedRequest, message: string): AwsError =>
  new AwsError(codeFor(request, "IncompleteSignature"), message, 400);

const mismatch = (request: SignedRequest, message: string): AwsError =>
  new AwsError(codeFor(request, "SignatureDoesNotMatch"), message, 403);

const lowerCaseName = <Value>([name, value]: readonly [string, Value]): [string, Value] => [name.toLowerCase(), value];

/** What a request holds about its signature, as it stands there; none for one that is not signed. */
function credentialIn(
  request: SignedRequest,
): { readonly credential?: string; readonly isPresigned: boolean } | undefined {
  const header = headerOf(request, "authorization");
  if (header) return { credential: authorizationParts(header).get("Credential"), isPresigned: false };
  const query = new Map(queryOf(request.path));
  return query.has("X-Amz-Algorithm") ? { credential: query.get("X-Amz-Credential"), isPresigned: true } : undefined;
}

/** Takes the signature's parts out of the header or out of the query. */
function claimOf(request: SignedRequest, isPresigned: boolean): Claim {
  const header = headerOf(request, "authorization") ?? "";
  const query = new Map(queryOf(request.path));
  const algorithm = isPresigned ? query.get("X-Amz-Algorithm") : header.split(/\s/, 1)[0];
  const place = isPresigned ? "X-Amz-Algorithm" : "Authorization header";
  if (algorithm !== ALGORITHM) throw incomplete(request, `${place} must start with ${ALGORITHM}, got: ${algorithm}`);
  const parts = authorizationParts(header);
  const textOf = (name: string): string => (isPresigned ? query.get(`X-Amz-${name}`) : parts.get(name)) ?? "";
  const needed = isPresigned
    ? ["Credential", "Signature", "SignedHeaders", "Date"]
    : ["Credential", "Signature", "SignedHeaders"];
  const missing = needed.filter((name) => !textOf(name));
  if (missing.length > 0) {
    const sentences = missing.map((name) =>
      isPresigned
        ? `AWS query-string parameters must include 'X-Amz-${name}'.`
        : `Authorization header requires '${name}' parameter.`,
    );
    throw incomplete(request, sentences.join(" "));
  }
  const text = textOf("Credential");
  const { accessKeyId = "", terminator, ...scope } = credentialOf(text) ?? {};
  const { date, region, service } = scope as DatedScope;
  if (!accessKeyId || !date || !region || !service || terminator !== TERMINATOR) {
    throw incomplete(
      request,
      `Credential must be <access key id>/<date>/<region>/<service>/${TERMINATOR}, got: ${text}`,
    );
  }
  return {
    isPresigned,
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: textOf("SignedHeaders").split(";"),
    signature: textOf("Signature"),
    timestamp: isPresigned ? textOf("Date") : headerOf(request, "x-amz-date"),
    token: isPresigned ? query.get("X-Amz-Security-Token") : headerOf(request, "x-amz-security-token"),
  };
}

/** The time of signing, if it is near enough. */
function requireTimestamp(request: SignedRequest, { timestamp, scope }: Claim, now: number): string {
  const signed = timeOf(timestamp);
  if (!timestamp || Number.isNaN(signed)) {
    throw incomplete(request, `X-Amz-Date must be a time such as 20260131T235959Z, got: ${timestamp ?? "none"}`);
  }
  if (timestamp.slice(0, 8) !== scope.date) {
    throw mismatch(
      request,
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  const earliest = now - FIFTEEN_MINUTES;
  const latest = now + FIFTEEN_MINUTES;
  if (signed < earliest) {
    throw mismatch(
      request,
      `Signature expired: ${timestamp} is now earlier than ${timestampOf(earliest)} (${timestampOf(now)} - 15 min.)`,
    );
  }
  if (signed > latest) {
    throw mismatch(
      request,
      `Signature not yet current: ${timestamp} is still later than ${timestampOf(latest)} (${timestampOf(now)} + 15 min.)`,
    );
  }
  return timestamp;
}

function requireSecret(request: SignedRequest, { accessKeyId, token }: Claim, options: VerifyOptions): Secret {
  const secret = options.secretOf(accessKeyId);
  if (!secret || !isSame(token ?? "", secret.sessionToken)) {
    throw new AwsError(
      codeFor(request, "InvalidClientTokenId"),
      "The security token included in the request is invalid.",
      403,
    );
  }
  if (secret.expiration !== undefined && options.now >= secret.expiration) {
    throw new AwsError(codeFor(request, "ExpiredToken"), "The security token included in the request is expired", 403);
  }
  return secret;
}

/** The body's hash, which a request may claim and not choose. */
function payloadHashOf(request: SignedRequest): string {
  const claimed = headerOf(request, "x-amz-content-sha256");
  const hash = sha256(request.body);
  if (claimed === undefined || claimed === hash) return hash;
  throw mismatch(request, `x-amz-content-sha256 must be the body's hash ${hash}, got: ${claimed}`);
}

/**
 * Verifies the signature of a request, in its `Authorization` header or in the query of a presigned URL: AWS Signature Version 4.
 *
 * A request to S3 is refused in S3's words. For every other service, error codes are those of AWS's Query protocol; for a request with
 * `x-amz-target`, those of its JSON protocols (in brackets). A URL that was presigned for another service is good for 15 minutes, whatever
 * its `X-Amz-Expires` says.
 *
 * @throws AwsError `MissingAuthenticationToken` (`…Exception`, 403): no signature, whichever the service
 * @throws AwsError `IncompleteSignature` (`…Exception`, 400): a part of it is missing or not as it must be
 * @throws AwsError `InvalidClientTokenId` (`UnrecognizedClientException`, 403): unknown access key, or not its session token
 * @throws AwsError `ExpiredToken` (`…Exception`, 403): the session is over
 * @throws AwsError `SignatureDoesNotMatch` (`InvalidSignatureException`, 403): something was changed, was signed too long ago, or for another
 * Region
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function verify(request: SignedRequest, options: VerifyOptions): Verified {
  const found = credentialIn(request);
  if (!found) {
    throw new AwsError(codeFor(request, "MissingAuthenticationToken"), "Missing Authentication Token", 403);
  }
  const { credential, isPresigned } = found;
  const called = credentialOf(credential ?? "")?.service;
  if (called === "s3" || (isPresigned && called === undefined)) return verifyS3(request, options);
  const claim = claimOf(request, isPresigned);
  const { accessKeyId, scope, signedHeaders, signature } = claim;
  const timestamp = requireTimestamp(request, claim, options.now);
  if (scope.region !== options.region) {
    throw mismatch(request, `Credential should be scoped to a valid region, got: ${scope.region}`);
  }
  const secret = requireSecret(request, claim, options);
  if (!signedHeaders.includes("host")) {
    throw mismatch(request, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const coverage = { service: scope.service, signedHeaders, payloadHash: payloadHashOf(request), isPresigned };
  const canonical = canonicalRequest(request, coverage);
  const text = stringToSign(timestamp, scope, canonical);
  if (!isSame(signature, signatureOf(secret.secretAccessKey, scope, text))) {
    throw mismatch(
      request,
      `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${text}'\n`,
    );
  }
  return { accessKeyId, region: scope.region, service: scope.service };
}

/**
 * Signs a request, `host` and every other header that it already has included.
 *
 * @param scope.now time of signing, in milliseconds since 1970
 * @returns all headers to send, in lower case
 * @throws Error for a request without `host`
 */
export function sign(
  request: SignedRequest,
  credentials: Credentials,
  { region, service, now }: SigningScope & { readonly now: number },
): Record<string, string> {
  const lowered = { ...request, headers: Object.fromEntries(Object.entries(request.headers).map(lowerCaseName)) };
  if (headerOf(lowered, "host") === undefined) throw new Error("A request must have the header host to be signed");
  const timestamp = timestampOf(now);
  const scope = { region, service, date: timestamp.slice(0, 8) };
  const payloadHash = sha256(request.body);
  const given = Object.keys(lowered.headers).flatMap((name) => {
    const value = headerOf(lowered, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const headers: Record<string, string> = {
    ...Object.fromEntries(given),
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": timestamp,
    "x-amz-security-token": credentials.sessionToken,
  };
  const signedHeaders = Object.keys(headers)
    .filter((name) => !neverSigned.has(name))
    .sort(compare);
  const canonical = canonicalRequest({ ...request, headers }, { service, signedHeaders, payloadHash });
  const signature = signatureOf(credentials.secretAccessKey, scope, stringToSign(timestamp, scope, canonical));
  const credential = `${credentials.accessKeyId}/${scopeText(scope)}`;
  headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return headers;
}
