import type { ObjectVersion } from "./bucket";
import { headerNotImplemented, noSuchKey, preconditionFailed } from "./s3-errors";

type Headers = Readonly<Record<string, string | undefined>>;

const unquoted = (etag: string): string => etag.trim().replace(/^"(.*)"$/, "$1");

const isListed = (list: string, etag: string): boolean =>
  list.split(",").some((one) => one.trim() === "*" || unquoted(one) === unquoted(etag));

/** A date of HTTP's; nothing where there is none, or none that can be read. */
function dateOf(header: string | undefined): number | undefined {
  const date = Date.parse(header ?? "");
  return Number.isNaN(date) ? undefined : date;
}

/**
 * Whether a reader gets the object, or only hears that it has not changed.
 *
 * @throws S3Error `PreconditionFailed` (412)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function readCondition(headers: Headers, object: ObjectVersion): "read" | "not modified" {
  const { etag } = object.content;
  const ifMatch = headers["if-match"];
  const unmodifiedSince = dateOf(headers["if-unmodified-since"]);
  if (ifMatch !== undefined) {
    if (!isListed(ifMatch, etag)) throw preconditionFailed("If-Match");
  } else if (unmodifiedSince !== undefined && object.lastModified > unmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return isListed(ifNoneMatch, etag) ? "not modified" : "read";
  const modifiedSince = dateOf(headers["if-modified-since"]);
  return modifiedSince !== undefined && object.lastModified <= modifiedSince ? "not modified" : "read";
}

/** How a writer wants the key to be. */
export type WriteCondition = { readonly ifMatch: string } | { readonly mustBeNew: true };

/**
 * @throws S3Error `NotImplemented` (501) for what S3 does not do: both headers, `If-Match: *`, `If-None-Match` with an ETag
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function writeConditionOf(headers: Headers): WriteCondition | undefined {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  if (ifMatch !== undefined) {
    if (ifNoneMatch !== undefined || ifMatch.trim() === "*") throw headerNotImplemented("If-Match");
    return { ifMatch };
  }
  if (ifNoneMatch === undefined) return undefined;
  if (ifNoneMatch.trim() !== "*") throw headerNotImplemented("If-None-Match");
  return { mustBeNew: true };
}

/** @throws S3Error `PreconditionFailed` (412); `NoSuchKey` (404) where there is nothing for `If-Match` to match */
export function requireWriteCondition(
  condition: WriteCondition | undefined,
  key: string,
  current: ObjectVersion | undefined,
): void {
  if (!condition) return;
  if ("mustBeNew" in condition) {
    if (current) throw preconditionFailed("If-None-Match");
    return;
  }
  requireMatch(condition.ifMatch, key, current);
}

/**
 * `If-Match` of a writer or of a deleter. What S3 answers where the object is missing differs from its guide, which says 412 for a delete
 * marker: as measured, 404 in either case.
 *
 * @throws S3Error `PreconditionFailed` (412), `NoSuchKey` (404)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 * @see https://github.com/ministackorg/ministack/issues/1475
 */
export function requireMatch(ifMatch: string, key: string, current: ObjectVersion | undefined): void {
  if (!current) throw noSuchKey(key);
  if (!isListed(ifMatch, current.content.etag)) throw preconditionFailed("If-Match");
}
