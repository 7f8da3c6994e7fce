import { etagOf, NULL_VERSION, type ObjectContent, type ObjectVersion, type Version } from "./bucket";
import { checksumHeaders, verifyChecksums } from "./checksums";
import { isChunked, readChunks } from "./chunked-body";
import { describe, describedBy, overridesIn, requireKey } from "./object-description";
import { readCondition, requireMatch, requireWriteCondition, writeConditionOf } from "./preconditions";
import {
  encryptionHeader,
  lastModifiedHeader,
  type ObjectCall,
  type S3Answer,
  versionHeader,
  xmlAnswer,
} from "./s3-call";
import { headerNotImplemented, invalidArgument, noSuchKey, S3Error } from "./s3-errors";
import type { S3Request } from "./s3-request";

/** A body as it was meant, put together from its chunks, with the headers that its trailer adds. */
export function bodyOf({ headers, body }: S3Request): Pick<S3Request, "headers" | "body"> {
  if (isChunked(headers)) {
    const { body: whole, trailer } = readChunks(body, headers);
    return { body: whole, headers: { ...headers, ...trailer } };
  }
  if (headers["transfer-encoding"] !== undefined) throw headerNotImplemented("Transfer-Encoding");
  if (headers["content-length"] === undefined) {
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
  }
  return { body, headers };
}

/** Condition keys of a write. */
const writeContext = ({ headers }: S3Request): Readonly<Record<string, string | undefined>> => ({
  "s3:ObjectCreationOperation": "true",
  "s3:if-match": headers["if-match"],
  "s3:if-none-match": headers["if-none-match"],
  "s3:x-amz-acl": headers["x-amz-acl"],
  "s3:x-amz-copy-source": headers["x-amz-copy-source"],
  "s3:x-amz-metadata-directive": headers["x-amz-metadata-directive"],
  "s3:x-amz-server-side-encryption": headers["x-amz-server-side-encryption"],
  "s3:x-amz-storage-class": headers["x-amz-storage-class"],
});

/**
 * What a write that depends on the object's state takes to be allowed: `If-Match` tells the writer about the object, so it takes
 * `s3:GetObject`, too.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function authorizeWrite({ request, key, authorize }: ObjectCall): void {
  authorize({ action: "s3:PutObject", key, context: writeContext(request) });
  if (request.headers["if-match"] !== undefined) authorize({ action: "s3:GetObject", key });
}

/** @throws S3Error where the key is not as the writer wants it */
export function requireWritable({ bucket, request, key }: ObjectCall): void {
  requireWriteCondition(writeConditionOf(request.headers), key, bucket.object(key));
}

/** Stores what was written, if the key is as the writer wants it. */
function store(call: ObjectCall, content: ObjectContent): ObjectVersion {
  requireWritable(call);
  return call.bucket.put(call.key, content);
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export function putObject(call: ObjectCall): S3Answer {
  requireKey(call.key);
  authorizeWrite(call);
  const { body, headers } = bodyOf(call.request);
  const checksum = verifyChecksums(body, headers);
  const object = store(call, { ...describe(headers), body, checksum, etag: etagOf(body) });
  return {
    status: 200,
    headers: {
      etag: object.content.etag,
      ...encryptionHeader,
      ...checksumHeaders(checksum),
      ...versionHeader(call.bucket, object),
    },
  };
}

/**
 * The version that a reader means; the current one where it names none.
 * @throws S3Error `NoSuchKey`, `NoSuchVersion` (404), `MethodNotAllowed` (405) for a delete marker; `AccessDenied` (403) in place of 404 for
 * whoever may not list the bucket
 */
export function find(call: ObjectCall, versionId: string | undefined): ObjectVersion {
  const { bucket, key, request } = call;
  const version = versionId === undefined ? bucket.versionsOf(key)[0] : requireVersion(call, versionId);
  if (version?.content) return version;
  if (!version || versionId === undefined) requireMayList(call);
  const headers = version && { "x-amz-delete-marker": "true", ...versionHeader(bucket, version) };
  if (!version || versionId === undefined) throw noSuchKey(key, headers);
  throw new S3Error(
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
    405,
    { Method: request.method, ResourceType: "DeleteMarker" },
    { ...headers, allow: "DELETE", "last-modified": lastModifiedHeader(version) },
  );
}

/** Only who may list a bucket hears that something is not in it. */
const requireMayList = ({ authorize }: ObjectCall): void => authorize({ action: "s3:ListBucket" });

function requireVersion(call: ObjectCall, versionId: string): Version {
  const { bucket, key } = call;
  const version = bucket.versionsOf(key).find((one) => one.versionId === versionId);
  if (version) return version;
  requireVersionId(versionId);
  requireMayList(call);
  throw new S3Error("NoSuchVersion", "The specified version does not exist.", 404, { Key: key, VersionId: versionId });
}

function requireVersionId(versionId: string): void {
  if (versionId === NULL_VERSION || /^[\w-]{32}$/.test(versionId)) return;
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}

/**
 * GetObject, and HeadObject, which differs in that its body is not sent.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function getObject(call: ObjectCall): S3Answer {
  const { bucket, key, request, caller, authorize } = call;
  const { headers, query } = request;
  const versionId = query.get("versionId");
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  authorize({ action, key, context: { "s3:versionid": versionId } });
  const overrides = overridesIn(query, caller.isAnonymous === true);
  const object = find(call, versionId);
  const { content } = object;
  const common = { etag: content.etag, "last-modified": lastModifiedHeader(object), ...versionHeader(bucket, object) };
  if (readCondition(headers, object) === "not modified") return { status: 304, headers: common };
  const range = rangeOf(headers.range, content.body.length);
  return {
    status: range ? 206 : 200,
    headers: {
      ...describedBy(content),
      ...overrides,
      ...common,
      ...encryptionHeader,
      "accept-ranges": "bytes",
      // A checksum is of the whole.
      ...(headers["x-amz-checksum-mode"] === "ENABLED" && !range && checksumHeaders(content.checksum)),
      ...(range && { "content-range": `bytes ${range.first}-${range.last}/${content.body.length}` }),
    },
    body: range ? content.body.subarray(range.first, range.last + 1) : content.body,
  };
}

/**
 * The part of an object that is asked for; nothing, and so the whole, for a range that cannot be read or for several.
 * @throws S3Error `InvalidRange` (416)
 */
function rangeOf(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (header === undefined || (from === "" && to === "")) return undefined;
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  const first = from === "" ? Math.max(size - Number(to), 0) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (first <= last) return { first, last };
  throw new S3Error("InvalidRange", "The requested range is not satisfiable", 416, {
    RangeRequested: header,
    ActualObjectSize: String(size),
  });
}

/**
 * The tags of an object. None has any here: no write takes them.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
export function getObjectTagging(call: ObjectCall): S3Answer {
  const { bucket, key, request, authorize } = call;
  const versionId = request.query.get("versionId");
  const action = versionId === undefined ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging";
  authorize({ action, key, context: { "s3:versionid": versionId } });
  const object = find(call, versionId);
  const answer = xmlAnswer("Tagging", { TagSet: "" });
  return { ...answer, headers: { ...answer.headers, ...versionHeader(bucket, object) } };
}

/** What a delete did. */
export interface Deletion {
  /** Of what was deleted for good, or of the delete marker that was made. */
  readonly versionId?: string;
  /** Whether a delete marker was made or deleted. */
  readonly isDeleteMarker: boolean;
}

/**
 * Deletes one object or version, if it is as `ifMatch` says.
 *
 * @throws AwsError `AccessDenied` (403), `PreconditionFailed` (412), `NoSuchKey` (404), `NotImplemented` (501)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function remove(
  { bucket, authorize }: Pick<ObjectCall, "bucket" | "authorize">,
  which: { readonly key: string; readonly versionId?: string; readonly ifMatch?: string },
): Deletion {
  const { key, versionId, ifMatch } = which;
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  authorize({ action, key, context: { "s3:if-match": ifMatch, "s3:versionid": versionId } });
  if (ifMatch !== undefined) {
    // An ETag tells something about the object; that it is there does not take another permission.
    if (ifMatch.trim() !== "*") authorize({ action: "s3:GetObject", key });
    if (versionId !== undefined) throw headerNotImplemented("If-Match");
    requireMatch(ifMatch, key, bucket.object(key));
  }
  if (versionId !== undefined) {
    requireVersionId(versionId);
    const deleted = bucket.deleteVersion(key, versionId);
    return { versionId, isDeleteMarker: deleted !== undefined && !deleted.content };
  }
  const marker = bucket.delete(key);
  return { versionId: marker?.versionId, isDeleteMarker: marker !== undefined };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html */
export function deleteObject(call: ObjectCall): S3Answer {
  const { key, request } = call;
  const versionId = request.query.get("versionId");
  const { versionId: deleted, isDeleteMarker } = remove(call, { key, versionId, ifMatch: request.headers["if-match"] });
  return {
    status: 204,
    headers: {
      "x-amz-version-id": deleted,
      "x-amz-delete-marker": isDeleteMarker ? "true" : undefined,
    },
  };
}
