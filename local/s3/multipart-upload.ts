import { createHash, randomBytes } from "node:crypto";
import { etagOf, type ObjectDescription } from "./bucket";
import {
  algorithmNamed,
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumElement,
  checksumHeaders,
  checksumOf,
  digestOf,
  verifyChecksums,
} from "./checksums";
import { describe, requireKey } from "./object-description";
import { authorizeWrite, bodyOf, requireWritable } from "./objects";
import { encryptionHeader, type ObjectCall, type S3Answer, versionHeader, xmlAnswer } from "./s3-call";
import { invalidArgument, invalidRequest, noSuchUpload, S3Error } from "./s3-errors";
import { childrenOf, readDocument, requiredTextOf, textOf, type XmlElement } from "./s3-xml";

export interface Part {
  readonly body: Buffer;
  readonly etag: string;
  readonly checksum: Checksum;
  /** Milliseconds since 1970, of a whole second. */
  readonly lastModified: number;
}

/** An upload that has begun and has not come to an end. */
export interface MultipartUpload {
  readonly key: string;
  readonly description: ObjectDescription;
  readonly algorithm: ChecksumAlgorithm;
  readonly checksumType: Checksum["type"];
  /** By number. */
  readonly parts: Map<number, Part>;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const [MAX_PARTS, MIN_PART_BYTES] = [10_000, 5 * 1024 * 1024];

/**
 * What an upload's checksum is of: SHA digests can only be of the parts' digests, CRC-64/NVME only of the whole.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#Full-object-checksums
 */
function checksumTypeOf(algorithm: ChecksumAlgorithm, asked: string | undefined): Checksum["type"] {
  const possible: readonly Checksum["type"][] =
    algorithm === "CRC64NVME"
      ? ["FULL_OBJECT"]
      : algorithm.startsWith("SHA")
        ? ["COMPOSITE"]
        : ["COMPOSITE", "FULL_OBJECT"];
  const type = asked === undefined ? possible[0] : possible.find((one) => one === asked.toUpperCase());
  if (type) return type;
  throw invalidRequest(
    `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export function createMultipartUpload({ bucket, key, request, authorize, now }: ObjectCall): S3Answer {
  requireKey(key);
  authorize({ action: "s3:PutObject", key, context: { "s3:ObjectCreationOperation": "false" } });
  const { headers } = request;
  const algorithm = algorithmNamed(headers["x-amz-checksum-algorithm"] ?? "CRC64NVME");
  const checksumType = checksumTypeOf(algorithm, headers["x-amz-checksum-type"]);
  const uploadId = randomBytes(48).toString("base64url");
  bucket.beginUpload(uploadId, { key, description: describe(headers), algorithm, checksumType, begunAt: now });
  const answer = xmlAnswer("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: uploadId });
  const checksum = { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": checksumType };
  return { ...answer, headers: { ...answer.headers, ...encryptionHeader, ...checksum } };
}

/** @throws S3Error `NoSuchUpload` (404) */
export function uploadOf({ bucket, key, request }: ObjectCall): MultipartUpload {
  const uploadId = request.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(uploadId);
  if (upload?.key !== key) throw noSuchUpload(uploadId);
  return upload;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
export function uploadPart(call: ObjectCall): S3Answer {
  const { key, request, authorize } = call;
  authorize({ action: "s3:PutObject", key, context: { "s3:ObjectCreationOperation": "false" } });
  const partNumber = requirePartNumber(request.query.get("partNumber") ?? "");
  const upload = uploadOf(call);
  const { body, headers } = bodyOf(request);
  const given = verifyChecksums(body, headers);
  const part = putPart(call, partNumber, body, given.algorithm === upload.algorithm ? given : undefined);
  const { "x-amz-checksum-type": _, ...ofPart } = checksumHeaders(part.checksum);
  return { status: 200, headers: { etag: part.etag, ...encryptionHeader, ...ofPart } };
}

/** @throws S3Error `InvalidArgument` (400) */
export function requirePartNumber(written: string): number {
  const partNumber = Number(written);
  if (/^\d+$/.test(written) && partNumber >= 1 && partNumber <= MAX_PARTS) return partNumber;
  const sentence = `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`;
  throw invalidArgument(sentence, "partNumber", written);
}

/**
 * Keeps a part.
 * @param given its checksum, where the client sent one of the upload's algorithm
 * @throws S3Error `NoSuchUpload` (404)
 */
export function putPart(call: ObjectCall, partNumber: number, body: Buffer, given?: Checksum): Part {
  const { bucket, request, now } = call;
  const checksum = given ?? checksumOf(uploadOf(call).algorithm, body);
  const part = { body, etag: etagOf(body), checksum, lastModified: Math.floor(now / 1000) * 1000 };
  bucket.putPart(request.query.get("uploadId") ?? "", partNumber, part);
  return part;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export function completeMultipartUpload(call: ObjectCall): S3Answer {
  const { bucket, key, request } = call;
  authorizeWrite(call);
  const upload = uploadOf(call);
  const listed = childrenOf(readDocument(request.body, "CompleteMultipartUpload", ["Part"]), "Part");
  const found = partsOf(upload, listed);
  const parts = found.map(({ part }) => part);
  const checksum = wholeChecksum(upload, parts);
  const claimed = request.headers[`x-amz-checksum-${upload.algorithm.toLowerCase()}`];
  if (claimed !== undefined && claimed !== checksum.value) {
    const sentence = `The ${upload.algorithm} you specified did not match the calculated checksum.`;
    throw new S3Error("BadDigest", sentence, 400);
  }
  const digests = parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), "hex"));
  const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
  const body = Buffer.concat(parts.map((part) => part.body));
  requireWritable(call);
  const partNumbers = found.map(({ partNumber }) => partNumber);
  const content = { ...upload.description, body, etag, checksum };
  const object = bucket.completeUpload(request.query.get("uploadId") ?? "", partNumbers, { key, content });
  const answer = xmlAnswer("CompleteMultipartUploadResult", {
    Location: `http://${request.headers.host ?? ""}/${bucket.name}/${encodeURIComponent(key)}`,
    Bucket: bucket.name,
    Key: key,
    ETag: etag,
    [checksumElement(checksum.algorithm)]: checksum.value,
    ChecksumType: checksum.type,
  });
  return { ...answer, headers: { ...answer.headers, ...encryptionHeader, ...versionHeader(bucket, object) } };
}

/** The parts that the object is put together from, as the client lists them. */
function partsOf(
  { parts }: MultipartUpload,
  listed: readonly XmlElement[],
): readonly { readonly partNumber: number; readonly part: Part }[] {
  let last = 0;
  const found = listed.map((one) => {
    const number = Number(requiredTextOf(one, "PartNumber"));
    if (number <= last) {
      const sentence = "The list of parts was not in ascending order. Parts must be ordered by part number.";
      throw new S3Error("InvalidPartOrder", sentence, 400);
    }
    last = number;
    const part = parts.get(number);
    if (!part || !isSame(part, one)) {
      const sentence =
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
      throw new S3Error("InvalidPart", sentence, 400, { PartNumber: String(number) });
    }
    return { partNumber: number, part };
  });
  if (found.length === 0) {
    const sentence = "You must specify at least one part";
    throw new S3Error("MalformedXML", sentence, 400);
  }
  const small = found.slice(0, -1).find(({ part }) => part.body.length < MIN_PART_BYTES);
  if (!small) return found;
  throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, {
    ProposedSize: String(small.part.body.length),
    MinSizeAllowed: String(MIN_PART_BYTES),
  });
}

function isSame({ etag, checksum }: Part, listed: XmlElement): boolean {
  const claims = checksumAlgorithms.flatMap((algorithm) => {
    const value = textOf(listed, checksumElement(algorithm));
    return value === undefined ? [] : [algorithm === checksum.algorithm && value === checksum.value];
  });
  return requiredTextOf(listed, "ETag").replace(/"/g, "") === etag.slice(1, -1) && claims.every(Boolean);
}

function wholeChecksum({ algorithm, checksumType }: MultipartUpload, parts: readonly Part[]): Checksum {
  if (checksumType === "FULL_OBJECT") return checksumOf(algorithm, Buffer.concat(parts.map(({ body }) => body)));
  const digests = Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum.value, "base64")));
  const value = `${digestOf(algorithm, digests).toString("base64")}-${parts.length}`;
  return { algorithm, value, type: "COMPOSITE" };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export function abortMultipartUpload(call: ObjectCall): S3Answer {
  const { bucket, key, request, authorize } = call;
  authorize({ action: "s3:AbortMultipartUpload", key });
  uploadOf(call);
  bucket.abortUpload(request.query.get("uploadId") ?? "");
  return { status: 204 };
}
