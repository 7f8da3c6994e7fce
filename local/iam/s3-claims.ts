import { AwsError } from "../aws";
import {
  ALGORITHM,
  authorizationParts,
  credentialOf,
  type DatedScope,
  headerOf,
  queryOf,
  type SignedRequest,
  TERMINATOR,
  timeOf,
  type VerifyOptions,
} from "./signature";

/** What a request says about its signature, wherever it says it. */
export interface Claim {
  readonly isPresigned: boolean;
  readonly accessKeyId: string;
  readonly scope: DatedScope;
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly token?: string;
  /** The body's hash, or what stands for it. */
  readonly payload: string;
}

const FIFTEEN_MINUTES = 15 * 60_000;
const SEVEN_DAYS = 604_800;

export const streaming = ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"];
const unsignedPayloads = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"];
export const isHash = (payload: string): boolean => /^[\da-f]{64}$/i.test(payload);

/** The names that a presigned URL must hold, each once. */
const queryNames = ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"].map(
  (name) => `X-Amz-${name}`,
);

const headerMalformed = (message: string, details?: Record<string, string>): AwsError =>
  new AwsError("AuthorizationHeaderMalformed", `The authorization header is malformed; ${message}`, 400, details);

const queryMalformed = (message: string, details?: Record<string, string>): AwsError =>
  new AwsError("AuthorizationQueryParametersError", message, 400, details);

export const invalidArgument = (message: string, name: string, value: string): AwsError =>
  new AwsError("InvalidArgument", message, 400, { ArgumentName: name, ArgumentValue: value });

const serverTime = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}/, "");

type Malformed = (message: string, details?: Record<string, string>) => AwsError;

/** @throws what `malformed` makes of it, for a scope that is not this Region's and S3's */
export function requireCredential(text: string, region: string, malformed: Malformed) {
  const credential = credentialOf(text);
  if (!credential) {
    throw malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  }
  if (Number.isNaN(timeOf(`${credential.date}T000000Z`))) {
    throw malformed(
      `incorrect date format "${credential.date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  }
  if (credential.region !== region) {
    throw malformed(`the region '${credential.region}' is wrong; expecting '${region}'`, { Region: region });
  }
  if (credential.service !== "s3") {
    throw malformed(`incorrect service "${credential.service}". This endpoint belongs to "s3".`);
  }
  if (credential.terminator !== TERMINATOR) {
    throw malformed(`incorrect terminal "${credential.terminator}". This endpoint uses "${TERMINATOR}".`);
  }
  return credential;
}

/** What the headers claim, in the order in which S3 refuses. */
export function headerClaim(request: SignedRequest, { now, region }: VerifyOptions): Claim {
  const header = headerOf(request, "authorization") ?? "";
  if (header.split(" ", 1)[0]?.toUpperCase() !== ALGORITHM) {
    throw invalidArgument("Unsupported Authorization Type", "Authorization", header);
  }
  const payload = headerOf(request, "x-amz-content-sha256");
  if (payload === undefined) {
    throw new AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (![...streaming, ...unsignedPayloads].includes(payload) && !isHash(payload)) {
    const known = [...unsignedPayloads, ...streaming].join(", ");
    const message = `x-amz-content-sha256 must be ${known} or a valid sha256 value.`;
    throw invalidArgument(message, "x-amz-content-sha256", payload);
  }
  const timestamp = headerOf(request, "x-amz-date") ?? "";
  const signed = timeOf(timestamp);
  if (Number.isNaN(signed)) {
    throw new AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403);
  }
  if (Math.abs(signed - now) > FIFTEEN_MINUTES) {
    const message = "The difference between the request time and the current time is too large.";
    const details = {
      RequestTime: timestamp,
      ServerTime: serverTime(now),
      MaxAllowedSkewMilliseconds: String(FIFTEEN_MINUTES),
    };
    throw new AwsError("RequestTimeTooSkewed", message, 403, details);
  }
  const parts = authorizationParts(header);
  const [credential, signedHeaders, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) =>
    parts.get(name),
  );
  if (!credential || !signedHeaders || !signature) {
    throw headerMalformed(
      "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    );
  }
  const { accessKeyId, ...scope } = requireCredential(credential, region, headerMalformed);
  if (scope.date !== timestamp.slice(0, 8)) {
    throw headerMalformed("Invalid credential date. Date is not the same as X-Amz-Date.");
  }
  const token = headerOf(request, "x-amz-security-token");
  const headers = signedHeaders.split(";");
  return { isPresigned: false, accessKeyId, scope, timestamp, signedHeaders: headers, signature, token, payload };
}

/** Seconds for which a presigned URL is good. */
function expiresOf(text: string): number {
  if (!/^[+-]?\d{1,18}$/.test(text)) throw queryMalformed("X-Amz-Expires should be a number");
  const seconds = Number(text);
  if (seconds < 0) throw queryMalformed("X-Amz-Expires must be non-negative");
  if (seconds > SEVEN_DAYS) {
    throw queryMalformed(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${SEVEN_DAYS} seconds`,
    );
  }
  return seconds;
}

/** @throws AwsError `AccessDenied` (403) before and after the time for which a presigned URL is good */
function requireInTime(timestamp: string, expires: string, now: number): void {
  const signed = timeOf(timestamp);
  if (Number.isNaN(signed)) {
    throw queryMalformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  const end = signed + expiresOf(expires) * 1000;
  const times = { Expires: serverTime(end), ServerTime: serverTime(now) };
  if (signed > now + FIFTEEN_MINUTES) {
    throw new AwsError("AccessDenied", "Request is not yet valid", 403, { "X-Amz-Date": String(signed), ...times });
  }
  if (now > end) {
    throw new AwsError("AccessDenied", "Request has expired", 403, { "X-Amz-Expires": expires, ...times });
  }
}

/** What the query claims, in the order in which S3 refuses. */
export function queryClaim(request: SignedRequest, { now, region }: VerifyOptions): Claim {
  const pairs = queryOf(request.path);
  const query = new Map(pairs);
  const textOf = (name: string): string => query.get(name) ?? "";
  if (textOf("X-Amz-Algorithm") !== ALGORITHM) throw queryMalformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  if (!queryNames.every((name) => query.has(name))) {
    throw queryMalformed(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  const given = pairs.map(([name]) => name);
  const repeated = [...queryNames, "X-Amz-Security-Token", "X-Amz-Content-Sha256"].find(
    (name) => given.indexOf(name) !== given.lastIndexOf(name),
  );
  if (repeated) throw queryMalformed(`${repeated} must stand once in the query, got: several`);
  const timestamp = textOf("X-Amz-Date");
  requireInTime(timestamp, textOf("X-Amz-Expires"), now);
  const { accessKeyId, ...scope } = requireCredential(textOf("X-Amz-Credential"), region, (message, details) =>
    queryMalformed(`Error parsing the X-Amz-Credential parameter; ${message}`, details),
  );
  if (scope.date !== timestamp.slice(0, 8)) {
    const message = `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`;
    throw queryMalformed(message);
  }
  return {
    isPresigned: true,
    accessKeyId,
    scope,
    timestamp,
    signedHeaders: textOf("X-Amz-SignedHeaders").split(";"),
    signature: textOf("X-Amz-Signature"),
    token: query.get("X-Amz-Security-Token") ?? headerOf(request, "x-amz-security-token"),
    payload:
      headerOf(request, "x-amz-content-sha256") ??
      query.get("X-Amz-Content-Sha256") ??
      query.get("x-amz-content-sha256") ??
      "UNSIGNED-PAYLOAD",
  };
}
