import { byUtf8 } from "./bucket";
import { checksumElement } from "./checksums";
import { encoderOf, integer } from "./list";
import { uploadOf } from "./multipart-upload";
import { type BucketCall, isoTime, type ObjectCall, ownerOf, type S3Answer, xmlAnswer } from "./s3-call";

const MAX_LISTED = 1_000;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export function listParts(call: ObjectCall): S3Answer {
  const { bucket, key, request, place, authorize } = call;
  const { query } = request;
  authorize({ action: "s3:ListMultipartUploadParts", key });
  const { parts, algorithm, checksumType } = uploadOf(call);
  const encode = encoderOf(query);
  const max = integer(query, "max-parts", 0, MAX_LISTED, MAX_LISTED);
  const marker = integer(query, "part-number-marker", 0, 2 ** 31 - 1, 0);
  const following = [...parts].filter(([number]) => number > marker).sort(([one], [other]) => one - other);
  const page = following.slice(0, max);
  const isTruncated = following.length > page.length;
  return xmlAnswer("ListPartsResult", {
    Bucket: bucket.name,
    Key: encode(key),
    UploadId: query.get("uploadId"),
    Initiator: ownerOf(place),
    Owner: ownerOf(place),
    StorageClass: "STANDARD",
    PartNumberMarker: marker,
    // Some SDKs go on as long as there is one.
    NextPartNumberMarker: isTruncated ? page.at(-1)?.[0] : undefined,
    MaxParts: max,
    IsTruncated: isTruncated,
    ChecksumAlgorithm: algorithm,
    ChecksumType: checksumType,
    Part: page.map(([PartNumber, { body, etag, checksum, lastModified }]) => ({
      PartNumber,
      LastModified: isoTime(lastModified),
      ETag: etag,
      Size: body.length,
      [checksumElement(checksum.algorithm)]: checksum.value,
    })),
  });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export function listMultipartUploads({ bucket, request: { query }, place, authorize }: BucketCall): S3Answer {
  const prefix = query.get("prefix") ?? "";
  authorize({ action: "s3:ListBucketMultipartUploads", context: { "s3:prefix": prefix } });
  const encode = encoderOf(query);
  const max = integer(query, "max-uploads", 1, MAX_LISTED, MAX_LISTED);
  const [keyMarker = "", idMarker] = ["key-marker", "upload-id-marker"].map((name) => query.get(name));
  const isPast = (key: string, uploadId: string): boolean => {
    const order = byUtf8(key, keyMarker);
    return order > 0 || (order === 0 && keyMarker !== "" && idMarker !== undefined && uploadId > idMarker);
  };
  const following = [...bucket.uploads]
    .filter(([uploadId, { key }]) => key.startsWith(prefix) && isPast(key, uploadId))
    .sort(([id, one], [otherId, other]) => byUtf8(one.key, other.key) || byUtf8(id, otherId));
  const page = following.slice(0, max);
  const isTruncated = following.length > page.length;
  const [lastId, last] = page.at(-1) ?? [];
  return xmlAnswer("ListMultipartUploadsResult", {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker ?? "",
    NextKeyMarker: isTruncated && last ? encode(last.key) : undefined,
    NextUploadIdMarker: isTruncated ? lastId : undefined,
    Prefix: encode(prefix),
    EncodingType: query.get("encoding-type"),
    MaxUploads: max,
    IsTruncated: isTruncated,
    Upload: page.map(([UploadId, { key, begunAt, algorithm, checksumType }]) => ({
      Key: encode(key),
      UploadId,
      Initiator: ownerOf(place),
      Owner: ownerOf(place),
      StorageClass: "STANDARD",
      Initiated: isoTime(begunAt),
      ChecksumAlgorithm: algorithm,
      ChecksumType: checksumType,
    })),
  });
}
