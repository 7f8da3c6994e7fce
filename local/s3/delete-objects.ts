import { AwsError } from "../aws";
import { verifyChecksums } from "./checksums";
import { codeOf } from "./error-answer";
import { requireKey } from "./object-description";
import { bodyOf, remove } from "./objects";
import { type BucketCall, type S3Answer, xmlAnswer } from "./s3-call";
import { invalidRequest, notModelled, S3Error } from "./s3-errors";
import { childrenOf, readDocument, requiredTextOf, textOf, type XmlElement, type XmlValue } from "./s3-xml";

const MAX_KEYS = 1_000;
const elements = ["Key", "VersionId", "ETag"];

/**
 * Deletes up to 1,000 objects, each by itself: each is authorized, and some may fail while others succeed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export function deleteObjects(call: BucketCall): S3Answer {
  const { body, headers } = bodyOf(call.request);
  const hasDigest = Object.keys(headers).some((name) => name === "content-md5" || /^x-amz-checksum-/.test(name));
  if (!hasDigest) throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  verifyChecksums(body, headers);
  const request = readDocument(body, "Delete", ["Object", "Quiet"]);
  const objects = childrenOf(request, "Object");
  if (objects.length === 0 || objects.length > MAX_KEYS) {
    const sentence = "The XML you provided was not well-formed or did not validate against our published schema";
    throw new S3Error("MalformedXML", sentence, 400);
  }
  const isQuiet = textOf(request, "Quiet") === "true";
  const results = objects.map((object) => deleteOne(call, object));
  return xmlAnswer("DeleteResult", {
    Deleted: isQuiet ? [] : results.flatMap(({ deleted }) => (deleted ? [deleted] : [])),
    Error: results.flatMap(({ error }) => (error ? [error] : [])),
  });
}

interface Result {
  readonly deleted?: XmlValue;
  readonly error?: XmlValue;
}

function deleteOne(call: BucketCall, object: XmlElement): Result {
  const unknown = object.children.find(({ name }) => !elements.includes(name));
  if (unknown) throw notModelled(`${unknown.name} of DeleteObjects`, elements);
  const [Key, VersionId] = [requiredTextOf(object, "Key"), textOf(object, "VersionId")];
  try {
    requireKey(Key);
    const { versionId, isDeleteMarker } = remove(call, {
      key: Key,
      versionId: VersionId,
      ifMatch: textOf(object, "ETag"),
    });
    const marker = isDeleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {};
    return { deleted: { Key, VersionId, ...marker } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { error: { Key, VersionId, Code: codeOf(error), Message: error.message } };
  }
}
