import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AwsError, type Credentials } from "../aws";

/** An HTTP request as far as its signature covers it. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they go over the wire, percent-encoded. */
  readonly path: string;
  /** By name; in lower case where they are verified. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** What a signature is good for. */
export interface SigningScope {
  readonly region: string;
  /** As credentials name it, such as `sqs` or `execute-api`. */
  readonly service: string;
}

/** Who signed, and for what. Whether the region and the service are those that are called is for the caller to say. */
export interface Verified extends SigningScope {
  readonly accessKeyId: string;
}

interface Authorization extends Verified {
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
const FIFTEEN_MINUTES = 15 * 60_000;

/** What a signature cannot cover: it is made, or changed on the way, after signing. */
const neverSigned = new Set(["authorization", "connection", "expect", "transfer-encoding", "user-agent"]);

/** The codes that services of AWS's JSON protocols use in place of the others. */
const jsonCodes: Readonly<Record<string, string>> = {
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/** Compares without telling by the time it takes how much is right. */
const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(createHash("sha256").update(one).digest(), createHash("sha256").update(other).digest());

const headerOf = ({ headers }: SignedRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "object" ? value.join(",") : value;
};

const codeFor = (request: SignedRequest, code: string): string =>
  headerOf(request, "x-amz-target") === undefined ? code : (jsonCodes[code] ?? code);

const incomplete = (request: SignedRequest, message: string): AwsError =>
  new AwsError(codeFor(request, "IncompleteSignature"), message, 400);

const mismatch = (request: SignedRequest, message: string): AwsError =>
  new AwsError(codeFor(request, "SignatureDoesNotMatch"), message, 403);

const lowerCaseName = <Value>([name, value]: readonly [string, Value]): [string, Value] => [name.toLowerCase(), value];

/** Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Encodes what is encoded in whatever way as AWS does; what cannot be decoded counts as text. */
function reencoded(text: string): string {
  try {
    return encoded(decodeURIComponent(text));
  } catch {
    return encoded(text);
  }
}

function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}${kept.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

/** A path keeps its slashes. S3 takes it as it is; every other service removes dot segments and encodes it once more. */
const canonicalPath = (path: string, service: string): string =>
  service === "s3"
    ? path.split("/").map(reencoded).join("/")
    : withoutDotSegments(path).split("/").map(encoded).join("/");

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

function canonicalQuery(query: string): string {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return pairs
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [reencoded(name), reencoded(value.join("="))] as const;
    })
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map((pair) => pair.join("="))
    .join("&");
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request */
function canonicalRequest(
  request: SignedRequest,
  service: string,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const [, path = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(request.path) ?? [];
  return [
    request.method.toUpperCase(),
    canonicalPath(path, service),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${headerOf(request, name)?.trim().replace(/ +/g, " ") ?? ""}`),
    "",
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

const stringToSign = (timestamp: string, { region, service }: SigningScope, canonical: string): string =>
  [ALGORITHM, timestamp, [timestamp.slice(0, 8), region, service, TERMINATOR].join("/"), sha256(canonical)].join("\n");

/** The secret itself signs nothing but the way to a key for one day, region and service. */
const signatureOf = (secret: string, date: string, { region, service }: SigningScope, text: string): string =>
  hmac([date, region, service, TERMINATOR].reduce<string | Buffer>(hmac, `AWS4${secret}`), text).toString("hex");

/** Takes the Authorization header apart. */
function authorizationOf(request: SignedRequest): Authorization {
  const header = headerOf(request, "authorization");
  if (!header) {
    const isPresigned = /[?&]X-Amz-Signature=/i.test(request.path);
    throw new AwsError(
      codeFor(request, "MissingAuthenticationToken"),
      isPresigned
        ? "Presigned URLs are not modelled. Sign with an Authorization header, or add them to local/sigv4.ts"
        : "Missing Authentication Token",
      403,
    );
  }
  const [, algorithm, list = ""] = /^(\S*)\s*(.*)$/s.exec(header) ?? [];
  if (algorithm !== ALGORITHM) {
    throw incomplete(request, `Authorization header must start with ${ALGORITHM}, got: ${algorithm}`);
  }
  const parts = new Map(
    list.split(",").map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()];
    }),
  );
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => !parts.get(name));
  if (missing.length > 0) {
    throw incomplete(request, missing.map((name) => `Authorization header requires '${name}' parameter.`).join(" "));
  }
  const credential = parts.get("Credential") ?? "";
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || terminator !== TERMINATOR || rest.length > 0) {
    throw incomplete(
      request,
      `Credential must be <access key id>/<date>/<region>/<service>/${TERMINATOR}, got: ${credential}`,
    );
  }
  const signedHeaders = (parts.get("SignedHeaders") ?? "").split(";");
  return { accessKeyId, date, region, service, signedHeaders, signature: parts.get("Signature") ?? "" };
}

const timestampOf = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");

/** The time of signing, as `x-amz-date` says it, if it is near enough. */
function requireTimestamp(request: SignedRequest, { date }: Authorization, now: number): string {
  const timestamp = headerOf(request, "x-amz-date");
  const [, ...fields] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp ?? "") ?? [];
  const [year, month, day, hour, minute, second] = fields;
  const signed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!timestamp || Number.isNaN(signed)) {
    throw incomplete(request, `X-Amz-Date must be a time such as 20260131T235959Z, got: ${timestamp ?? "none"}`);
  }
  if (timestamp.slice(0, 8) !== date) {
    throw mismatch(
      request,
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
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

/** The body's hash, or what stands for it where S3 lets a body go unsigned. */
function payloadHashOf(request: SignedRequest, service: string): string {
  const claimed = headerOf(request, "x-amz-content-sha256");
  if (claimed === "UNSIGNED-PAYLOAD" && service === "s3") return claimed;
  const hash = sha256(request.body);
  if (claimed === undefined || claimed === hash) return hash;
  if (claimed.startsWith("STREAMING-")) {
    throw new AwsError("NotImplemented", `x-amz-content-sha256: ${claimed} is not modelled. See local/sigv4.ts`, 501);
  }
  throw service === "s3"
    ? new AwsError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      )
    : mismatch(request, `x-amz-content-sha256 must be the body's hash ${hash}, got: ${claimed}`);
}

/** What the two sides of a signature are compared with. */
export interface VerifyOptions {
  /** The secret and the token that go with an access key; none for a key that nobody was given. */
  readonly secretOf: (accessKeyId: string) => Pick<Credentials, "secretAccessKey" | "sessionToken"> | undefined;
  /** Milliseconds since 1970. A request may be signed up to 15 minutes before or after. */
  readonly now: number;
}

/**
 * Verifies the signature in a request's `Authorization` header: AWS Signature Version 4.
 *
 * Error codes are those of AWS's Query protocol; for a request with `x-amz-target`, those of its JSON protocols (in brackets).
 *
 * @throws AwsError `MissingAuthenticationToken` (`…Exception`, 403): no such header
 * @throws AwsError `IncompleteSignature` (`…Exception`, 400): the header or `x-amz-date` is not as it must be
 * @throws AwsError `InvalidClientTokenId` (`UnrecognizedClientException`, 403): unknown access key, or not its session token
 * @throws AwsError `SignatureDoesNotMatch` (`InvalidSignatureException`, 403): something was changed, or was signed too long ago
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function verify(request: SignedRequest, { secretOf, now }: VerifyOptions): Verified {
  const authorization = authorizationOf(request);
  const { accessKeyId, region, service, date, signedHeaders, signature } = authorization;
  const timestamp = requireTimestamp(request, authorization, now);
  const secret = secretOf(accessKeyId);
  if (!secret || !isSame(headerOf(request, "x-amz-security-token") ?? "", secret.sessionToken)) {
    throw new AwsError(
      codeFor(request, "InvalidClientTokenId"),
      "The security token included in the request is invalid.",
      403,
    );
  }
  if (!signedHeaders.includes("host")) {
    throw mismatch(request, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const canonical = canonicalRequest(request, service, signedHeaders, payloadHashOf(request, service));
  const text = stringToSign(timestamp, { region, service }, canonical);
  if (!isSame(signature, signatureOf(secret.secretAccessKey, date, { region, service }, text))) {
    throw mismatch(
      request,
      `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${text}'\n`,
    );
  }
  return { accessKeyId, region, service };
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
  scope: SigningScope & { readonly now: number },
): Record<string, string> {
  const lowered = { ...request, headers: Object.fromEntries(Object.entries(request.headers).map(lowerCaseName)) };
  if (headerOf(lowered, "host") === undefined) throw new Error("A request must have the header host to be signed");
  const timestamp = timestampOf(scope.now);
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
  const canonical = canonicalRequest({ ...request, headers }, scope.service, signedHeaders, payloadHash);
  const date = timestamp.slice(0, 8);
  const text = stringToSign(timestamp, scope, canonical);
  const signature = signatureOf(credentials.secretAccessKey, date, scope, text);
  const credential = [credentials.accessKeyId, date, scope.region, scope.service, TERMINATOR].join("/");
  headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return headers;
}
