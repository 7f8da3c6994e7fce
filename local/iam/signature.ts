import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../aws";

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

/** A scope with the day that it is good for, `20260131`. */
export interface DatedScope extends SigningScope {
  readonly date: string;
}

/** What an access key's calls are signed with, and until when. */
export type Secret = Pick<Credentials, "secretAccessKey" | "sessionToken"> & {
  /** Milliseconds since 1970; none for a session that lasts as long as the run. */
  readonly expiration?: number;
};

/** What the two sides of a signature are compared with. */
export interface VerifyOptions {
  /** What goes with an access key; none for a key that nobody was given. */
  readonly secretOf: (accessKeyId: string) => Secret | undefined;
  /** Milliseconds since 1970. A request may be signed up to 15 minutes before or after, a presigned one as long before as it says. */
  readonly now: number;
  /** The Region that requests must be signed for. */
  readonly region: string;
}

/** Who signed, and for what. Whether the service is the one that is called is for the caller to say. */
export interface Verified extends SigningScope {
  readonly accessKeyId: string;
}

/** What a signature covers beside the request itself. */
export interface Coverage {
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** Hash of the body, or the words that stand for one. */
  readonly payloadHash: string;
  /** Whether the signature stands in the query, which it covers but for itself. */
  readonly isPresigned?: boolean;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const TERMINATOR = "aws4_request";

export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/** Compares without telling by the time it takes how much is right. */
export const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(createHash("sha256").update(one).digest(), createHash("sha256").update(other).digest());

export const headerOf = ({ headers }: SignedRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "object" ? value.join(",") : value;
};

/** Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** What cannot be decoded counts as text. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Encodes what is encoded in whatever way as AWS does. */
const reencoded = (text: string): string => encoded(decoded(text));

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

/** Orders text by its characters' codes. */
export const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

const partsOf = (path: string): readonly [path: string, query: string] => {
  const at = path.indexOf("?");
  return at < 0 ? [path, ""] : [path.slice(0, at), path.slice(at + 1)];
};

/** Names and values in the query of a path, decoded, in the order in which they stand there. */
export const queryOf = (path: string): readonly (readonly [name: string, value: string])[] =>
  partsOf(path)[1]
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [decoded(name), decoded(value.join("="))];
    });

const canonicalQuery = (path: string, isPresigned: boolean): string =>
  queryOf(path)
    .filter(([name]) => !(isPresigned && name === "X-Amz-Signature"))
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map((pair) => pair.join("="))
    .join("&");

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request */
export function canonicalRequest(request: SignedRequest, coverage: Coverage): string {
  const { service, signedHeaders, payloadHash, isPresigned = false } = coverage;
  return [
    request.method.toUpperCase(),
    canonicalPath(partsOf(request.path)[0], service),
    canonicalQuery(request.path, isPresigned),
    ...signedHeaders.map((name) => `${name}:${headerOf(request, name)?.trim().replace(/ +/g, " ") ?? ""}`),
    "",
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** `20260131/eu-west-1/s3/aws4_request` */
export const scopeText = ({ date, region, service }: DatedScope): string =>
  [date, region, service, TERMINATOR].join("/");

/** @param timestamp time of signing, as `20260131T120000Z` */
export const stringToSign = (timestamp: string, scope: DatedScope, canonical: string): string =>
  [ALGORITHM, timestamp, scopeText(scope), sha256(canonical)].join("\n");

/** The secret itself signs nothing but the way to a key for one day, region and service. */
export const signatureOf = (secret: string, { date, region, service }: DatedScope, text: string): string =>
  hmac([date, region, service, TERMINATOR].reduce<string | Buffer>(hmac, `AWS4${secret}`), text).toString("hex");

/** `20260131T120000Z` */
export const timestampOf = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");

/** Milliseconds since 1970 of a time such as `20260131T120000Z`; not a number for anything else, and for a day that does not exist. */
export function timeOf(timestamp = ""): number {
  const [, ...fields] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  const [year, month, day, hour, minute, second] = fields;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return !Number.isNaN(time) && timestampOf(time) === timestamp ? time : Number.NaN;
}

/** A `Credential` taken apart: `<access key id>/<date>/<region>/<service>/aws4_request`. None for one that has not five parts. */
export function credentialOf(text: string): (DatedScope & { accessKeyId: string; terminator: string }) | undefined {
  const [accessKeyId = "", date = "", region = "", service = "", terminator, ...rest] = text.split("/");
  return terminator === undefined || rest.length > 0 ? undefined : { accessKeyId, date, region, service, terminator };
}

/** The parts of an `Authorization` header behind its algorithm, by name. */
export function authorizationParts(header: string): ReadonlyMap<string, string> {
  const list = header.replace(/^\S*\s*/, "");
  return new Map(
    list.split(",").map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()];
    }),
  );
}
