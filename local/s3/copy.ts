import type { ObjectContent, ObjectVersion } from "./bucket";
import { etagOf } from "./bucket";
import { algorithmNamed, type Checksum, checksumElement, checksumOf } from "./checksums";
import { putPart, requirePartNumber, uploadOf } from "./multipart-upload";
import { describe, requireKey } from "./object-description";
import { authorizeWrite, find, requireWritable } from "./objects";
import { readCondition } from "./preconditions";
import { encryptionHeader, isoTime, type ObjectCall, type S3Answer, versionHeader, xmlAnswer } from "./s3-call";
import { invalidArgument, invalidRequest, preconditionFailed } from "./s3-errors";
import type { S3Request } from "./s3-request";
import type { XmlValue } from "./s3-xml";

type Headers = S3Request["headers"];

/** By this header a PUT copies. */
export const COPY_SOURCE = "x-amz-copy-source";

const conditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/** Headers of a copy that are about what is copied. */
export const sourceHeaders = [
  COPY_SOURCE,
  "x-amz-source-expected-bucket-owner",
  ...conditions.map((condition) => `${COPY_SOURCE}-${condition}`),
];

interface Source {
  readonly bucketName: string;
  readonly key: string;
  readonly versionId?: string;
}

/** `bucket/key`, percent-encoded, with or without a slash before it, and a version. */
function sourceIn(headers: Headers): Source {
  const written = headers[COPY_SOURCE] ?? "";
  const [, bucketName = "", key = "", versionId] =
    /^\/?([^/?]+)\/([^?]+)(?:\?versionId=([^&]+))?$/s.exec(written) ?? [];
  try {
    const source = { bucketName: decodeURIComponent(bucketName), key: decodeURIComponent(key), versionId };
    if (source.key !== "" && !source.bucketName.startsWith("arn:")) return source;
  } catch {
    // It is not percent-encoded UTF-8.
  }
  const sentence = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
  throw invalidArgument(sentence, COPY_SOURCE, written);
}

/**
 * What is copied, if the caller may read it and it is as the caller wants it.
 *
 * @throws S3Error `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion` (404), `PreconditionFailed` (412), `InvalidRequest` (400) for a delete marker
 */
function readSource(call: ObjectCall): { readonly source: Source; readonly object: ObjectVersion } {
  const { headers } = call.request;
  const source = sourceIn(headers);
  const { key, versionId } = source;
  const from = call.inBucket(source.bucketName, headers["x-amz-source-expected-bucket-owner"]);
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  from.authorize({ action, key, context: { "s3:versionid": versionId } });
  if (versionId !== undefined && isDeleteMarker(from.bucket.versionsOf(key), versionId)) {
    throw invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.");
  }
  const object = find({ ...from, key }, versionId);
  const asRead = Object.fromEntries(conditions.map((one) => [one, headers[`${COPY_SOURCE}-${one}`]]));
  if (readCondition(asRead, object) === "not modified") throw preconditionFailed(`${COPY_SOURCE}-if-none-match`);
  return { source, object };
}

const isDeleteMarker = (versions: readonly { versionId: string; content?: unknown }[], versionId: string): boolean =>
  versions.some((one) => one.versionId === versionId && !one.content);

/** `COPY`, where nothing is said. */
function directiveIn(headers: Headers, name: string): "COPY" | "REPLACE" {
  const directive = headers[name] ?? "COPY";
  if (directive === "COPY" || directive === "REPLACE") return directive;
  throw invalidArgument("Unknown metadata directive.", name, directive);
}

/**
 * Copies an object with what was said of it, or with what the request says in place of that. Headers and metadata are the copy's only where
 * `x-amz-metadata-directive` is `REPLACE`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function copyObject(call: ObjectCall): S3Answer {
  const { bucket, key, request } = call;
  const { headers } = request;
  requireKey(key);
  authorizeWrite(call);
  const { source, object } = readSource(call);
  const directive = directiveIn(headers, "x-amz-metadata-directive");
  directiveIn(headers, "x-amz-tagging-directive");
  const { body, checksum: before, ...description } = object.content;
  const replaced = describe(headers);
  const isItself = source.bucketName === bucket.name && source.key === key && source.versionId === undefined;
  const changes = ["x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-checksum-algorithm"];
  if (isItself && directive === "COPY" && !changes.some((name) => headers[name] !== undefined)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  requireWritable(call);
  const algorithm = algorithmNamed(headers["x-amz-checksum-algorithm"] ?? before.algorithm);
  const checksum = checksumOf(algorithm, body);
  const said = directive === "COPY" ? description : replaced;
  const content: ObjectContent = { ...said, body, checksum, etag: etagOf(body) };
  const copy = bucket.put(key, content);
  const answer = xmlAnswer("CopyObjectResult", {
    LastModified: isoTime(copy.lastModified),
    ETag: content.etag,
    ...checksumIn(checksum),
    ChecksumType: checksum.type,
  });
  return {
    ...answer,
    headers: { ...answer.headers, ...sourceVersion(object), ...encryptionHeader, ...versionHeader(bucket, copy) },
  };
}

const checksumIn = ({ algorithm, value }: Checksum): Record<string, XmlValue> => ({
  [checksumElement(algorithm)]: value,
});

const sourceVersion = ({ versionId }: ObjectVersion): Record<string, string> =>
  versionId === "null" ? {} : { "x-amz-copy-source-version-id": versionId };

/**
 * Makes a part of an object, or of a range of one.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export function uploadPartCopy(call: ObjectCall): S3Answer {
  const { key, request, authorize } = call;
  authorize({
    action: "s3:PutObject",
    key,
    context: { "s3:ObjectCreationOperation": "false", "s3:x-amz-copy-source": request.headers[COPY_SOURCE] },
  });
  const partNumber = requirePartNumber(request.query.get("partNumber") ?? "");
  uploadOf(call);
  const { object } = readSource(call);
  const part = putPart(call, partNumber, partOf(object.content.body, request.headers));
  const answer = xmlAnswer("CopyPartResult", {
    LastModified: isoTime(part.lastModified),
    ETag: part.etag,
    ...checksumIn(part.checksum),
  });
  return { ...answer, headers: { ...answer.headers, ...sourceVersion(object), ...encryptionHeader } };
}

/** @throws S3Error `InvalidArgument` (400): a range that is not `bytes=<first>-<last>` within the object */
function partOf(body: Buffer, headers: Headers): Buffer {
  const name = `${COPY_SOURCE}-range`;
  const range = headers[name];
  if (range === undefined) return body;
  const [, first = "", last = ""] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === "" || Number(first) > Number(last)) {
    const sentence =
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";
    throw invalidArgument(sentence, name, range);
  }
  if (Number(last) < body.length) return body.subarray(Number(first), Number(last) + 1);
  throw invalidArgument(`Range specified is not valid for source object of size: ${body.length}`, name, range);
}
