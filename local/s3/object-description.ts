import type { ObjectDescription } from "./bucket";
import { contentEncodingOf } from "./chunked-body";
import { invalidArgument, notModelled, S3Error } from "./s3-errors";

type Headers = Readonly<Record<string, string | undefined>>;

/** Headers that S3 keeps as they are. */
export const keptHeaders = ["cache-control", "content-disposition", "content-language", "content-type", "expires"];

/** Headers of a write that S3 reads and this one does, too; `x-amz-meta-*` and `x-amz-checksum-*` beside them. */
export const descriptionHeaders = ["x-amz-acl", "x-amz-server-side-encryption", "x-amz-storage-class"];

const METADATA = "x-amz-meta-";
const MAX_METADATA_BYTES = 2_048;
const MAX_KEY_BYTES = 1_024;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export function requireKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  const details = { Size: String(bytes), MaxSizeAllowed: String(MAX_KEY_BYTES) };
  throw new S3Error("KeyTooLongError", "Your key is too long", 400, details);
}

/**
 * What a writer says of an object.
 *
 * @throws S3Error `MetadataTooLarge` (400): names and values of metadata take more than 2 KB
 * @throws S3Error `AccessControlListNotSupported` (400): an ACL other than the owner's full control
 * @throws S3Error `NotImplemented` (501): a storage class or an encryption that is not modelled
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function describe(headers: Headers): ObjectDescription {
  requireModelled(headers);
  const kept = keptHeaders.flatMap((name) => {
    const value = headers[name];
    return value ? [[name, value] as const] : [];
  });
  const contentEncoding = contentEncodingOf(headers);
  const metadata = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(METADATA) && value !== undefined ? [[name.slice(METADATA.length), value]] : [],
    ),
  );
  requireMetadataSize(metadata);
  return {
    headers: {
      "content-type": "binary/octet-stream",
      ...Object.fromEntries(kept),
      ...(contentEncoding && { "content-encoding": contentEncoding }),
    },
    metadata,
  };
}

function requireModelled(headers: Headers): void {
  const acl = headers["x-amz-acl"];
  if (acl !== undefined && acl !== "bucket-owner-full-control") {
    throw new S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
  }
  const storageClass = headers["x-amz-storage-class"] ?? "STANDARD";
  if (storageClass !== "STANDARD") throw notModelled(`The storage class ${storageClass}`, ["STANDARD"]);
  const encryption = headers["x-amz-server-side-encryption"] ?? "AES256";
  if (encryption !== "AES256") throw notModelled(`The encryption ${encryption}`, ["AES256"]);
}

function requireMetadataSize(metadata: Readonly<Record<string, string>>): void {
  const size = Object.entries(metadata).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  if (size <= MAX_METADATA_BYTES) return;
  throw new S3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", 400, {
    Size: String(size),
    MaxSizeAllowed: String(MAX_METADATA_BYTES),
  });
}

/**
 * Text that a header can hold, as S3 writes it: what is not ASCII is encoded by RFC 2047.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
function encodedWord(value: string): string {
  if (/^[\x20-\x7e\t]*$/.test(value)) return value;
  const bytes = Buffer.from(value);
  const characters = [...value];
  const readable = characters.filter((character) => /[\x20-\x7e]/.test(character));
  if (readable.length <= characters.length / 2) return `=?UTF-8?B?${bytes.toString("base64")}?=`;
  const quoted = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === " ") return "_";
    return /[A-Za-z0-9]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `=?UTF-8?Q?${quoted.join("")}?=`;
}

/** Headers that tell what was said of an object. */
export const describedBy = ({ headers, metadata }: ObjectDescription): Record<string, string> => ({
  // No header can hold other characters than ISO 8859-1's.
  ...Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e\xa0-\xff\t]/g, " ")]),
  ),
  ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [METADATA + name, encodedWord(value)])),
});

const RESPONSE = "response-";

/** Parameters by which a reader chooses headers of the answer. */
export const overrides = [...keptHeaders, "content-encoding"].map((name) => RESPONSE + name);

/**
 * Headers that the reader asks for in place of the object's own.
 *
 * @throws S3Error `InvalidRequest` (400): nobody signed; `InvalidArgument` (400): not in ISO 8859-1
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 */
export function overridesIn(query: ReadonlyMap<string, string>, isAnonymous: boolean): Record<string, string> {
  const asked = overrides.flatMap((name) => {
    const value = query.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (asked.length > 0 && isAnonymous) {
    const sentence = "Request specific response headers cannot be used for anonymous GET requests.";
    throw new S3Error("InvalidRequest", sentence, 400);
  }
  return Object.fromEntries(
    asked.map(([name, value]) => {
      if (/^[\x20-\x7e\xa0-\xff\t]*$/.test(value)) return [name.slice(RESPONSE.length), value];
      throw invalidArgument("Header value cannot be represented using ISO-8859-1.", name, value);
    }),
  );
}
