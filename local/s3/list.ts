import { type Bucket, byUtf8, type ObjectVersion, type Version } from "./bucket";
import { type BucketCall, isoTime, ownerOf, type S3Answer, type ServiceCall, xmlAnswer } from "./s3-call";
import { invalidArgument } from "./s3-errors";
import type { S3Request } from "./s3-request";
import type { XmlValue } from "./s3-xml";

const MAX_KEYS = 1_000;
const MAX_BUCKETS = 10_000;

type Query = S3Request["query"];

/** @throws S3Error `InvalidArgument` (400) */
export function integer(query: Query, name: string, min: number, max: number, absent: number): number {
  const text = query.get(name);
  if (text === undefined) return absent;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= 2 ** 31 - 1) return Math.min(value, max);
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
}

/**
 * Text as `encoding-type=url` writes it: a space is a plus sign, and `/` and `*` are left.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
const urlEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, "+")
    .replace(/%2F/g, "/");

/** @throws S3Error `InvalidArgument` (400) */
export function encoderOf(query: Query): (text: string) => string {
  const encoding = query.get("encoding-type");
  if (encoding === undefined) return (text) => text;
  if (encoding === "url") return urlEncoded;
  throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding);
}

/** Tokens mean nothing to clients. */
const tokenOf = (last: string): string => Buffer.from(last).toString("base64");

function readToken(query: Query): string | undefined {
  const token = query.get("continuation-token");
  if (token === undefined) return undefined;
  const last = Buffer.from(token, "base64").toString();
  if (token !== "" && tokenOf(last) === token) return last;
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}

/** What a listing holds in the place of a key: its entries, or the beginning that it has in common with others. */
interface Listed<Item> {
  /** Key or common prefix. */
  readonly name: string;
  /** None for a common prefix. */
  readonly items: readonly Item[];
}

interface Page<Item> {
  readonly listed: readonly Listed<Item>[];
  readonly isTruncated: boolean;
}

/** Keys with a prefix, those with the delimiter behind it rolled up, in order; each with its items, if it has any. */
function* listing<Item>(
  keys: readonly string[],
  itemsOf: (key: string) => readonly Item[],
  prefix: string,
  delimiter: string,
): Generator<Listed<Item>> {
  let rolledUp: string | undefined;
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const items = itemsOf(key);
    if (items.length === 0) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) {
      yield { name: key, items };
      continue;
    }
    const common = key.slice(0, end + delimiter.length);
    if (common !== rolledUp) yield { name: common, items: [] };
    rolledUp = common;
  }
}

function pageOf<Item>(all: Iterable<Listed<Item>>, isPast: (name: string) => boolean, max: number): Page<Item> {
  const listed: Listed<Item>[] = [];
  if (max === 0) return { listed, isTruncated: false };
  for (const one of all) {
    if (!isPast(one.name)) continue;
    if (listed.length === max) return { listed, isTruncated: true };
    listed.push(one);
  }
  return { listed, isTruncated: false };
}

const commonPrefixes = (page: Page<unknown>, encode: (text: string) => string): XmlValue =>
  page.listed.filter(({ items }) => items.length === 0).map(({ name }) => ({ Prefix: encode(name) }));

const listContext = (query: Query, maxKeys: number): Record<string, string | undefined> => ({
  "s3:prefix": query.get("prefix") ?? "",
  "s3:delimiter": query.get("delimiter"),
  "s3:max-keys": String(maxKeys),
});

/** Objects as both versions of the listing tell them. */
const contentsOf = (
  page: Page<ObjectVersion>,
  encode: (text: string) => string,
  owner: XmlValue,
): readonly XmlValue[] =>
  page.listed.flatMap(({ items }) =>
    items.map((object) => ({
      Key: encode(object.key),
      LastModified: isoTime(object.lastModified),
      ETag: object.content.etag,
      ...checksumOf(object),
      Size: object.content.body.length,
      Owner: owner,
      StorageClass: "STANDARD",
    })),
  );

const checksumOf = ({ content }: Version): Record<string, XmlValue> =>
  content ? { ChecksumAlgorithm: content.checksum.algorithm, ChecksumType: content.checksum.type } : {};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects({ bucket, request: { query }, place, authorize }: BucketCall): S3Answer {
  const maxKeys = integer(query, "max-keys", 0, MAX_KEYS, MAX_KEYS);
  authorize({ action: "s3:ListBucket", context: listContext(query, maxKeys) });
  const encode = encoderOf(query);
  const [prefix = "", delimiter = "", startAfter = ""] = ["prefix", "delimiter", "start-after"].map((name) =>
    query.get(name),
  );
  const last = readToken(query);
  const objects = (key: string) => [bucket.object(key) ?? []].flat();
  const keys = last === undefined ? bucket.keys().filter((key) => byUtf8(key, startAfter) > 0) : bucket.keys();
  // A common prefix that was the last thing told stands for all keys that begin with it.
  const isPast = (name: string): boolean => last === undefined || byUtf8(name, last) > 0;
  const page = pageOf(listing(keys, objects, prefix, delimiter), isPast, maxKeys);
  const nextToken = page.isTruncated ? tokenOf(page.listed.at(-1)?.name ?? "") : undefined;
  return xmlAnswer("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    MaxKeys: maxKeys,
    EncodingType: query.get("encoding-type"),
    KeyCount: page.listed.length,
    StartAfter: startAfter ? encode(startAfter) : undefined,
    ContinuationToken: query.get("continuation-token"),
    IsTruncated: page.isTruncated,
    NextContinuationToken: nextToken,
    Contents: contentsOf(page, encode, query.get("fetch-owner") === "true" ? ownerOf(place) : undefined),
    CommonPrefixes: commonPrefixes(page, encode),
  });
}

/**
 * The first version of the listing, which the AWS CLI still asks for in places. A next marker is told only where there is a delimiter: the last key
 * is one otherwise.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
export function listObjectsV1({ bucket, request: { query }, place, authorize }: BucketCall): S3Answer {
  const maxKeys = integer(query, "max-keys", 0, MAX_KEYS, MAX_KEYS);
  authorize({ action: "s3:ListBucket", context: listContext(query, maxKeys) });
  const encode = encoderOf(query);
  const [prefix = "", delimiter = "", marker = ""] = ["prefix", "delimiter", "marker"].map((name) => query.get(name));
  const keys = bucket.keys().filter((key) => byUtf8(key, marker) > 0);
  const objects = (key: string) => [bucket.object(key) ?? []].flat();
  // A common prefix as a marker stands for all keys that begin with it.
  const page = pageOf(listing(keys, objects, prefix, delimiter), (name) => name !== marker, maxKeys);
  return xmlAnswer("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Marker: encode(marker),
    NextMarker: page.isTruncated && delimiter ? encode(page.listed.at(-1)?.name ?? "") : undefined,
    MaxKeys: maxKeys,
    Delimiter: delimiter ? encode(delimiter) : undefined,
    EncodingType: query.get("encoding-type"),
    IsTruncated: page.isTruncated,
    Contents: contentsOf(page, encode, ownerOf(place)),
    CommonPrefixes: commonPrefixes(page, encode),
  });
}

interface ListedVersion {
  readonly version: Version;
  readonly isLatest: boolean;
}

/**
 * Versions and delete markers. A page ends between two keys here, never between two versions of one: `version-id-marker` is not read.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export function listVersions({ bucket, request: { query }, place, authorize }: BucketCall): S3Answer {
  const maxKeys = integer(query, "max-keys", 0, MAX_KEYS, MAX_KEYS);
  authorize({ action: "s3:ListBucketVersions", context: listContext(query, maxKeys) });
  const encode = encoderOf(query);
  const [prefix = "", delimiter = "", keyMarker = ""] = ["prefix", "delimiter", "key-marker"].map((name) =>
    query.get(name),
  );
  const versions = (key: string): readonly ListedVersion[] =>
    bucket.versionsOf(key).map((version, index) => ({ version, isLatest: index === 0 }));
  const page = pageOf(
    listing(bucket.keys(), versions, prefix, delimiter),
    (name) => byUtf8(name, keyMarker) > 0,
    maxKeys,
  );
  const common = ({ version, isLatest }: ListedVersion): Record<string, XmlValue> => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: isoTime(version.lastModified),
    Owner: ownerOf(place),
  });
  const all = page.listed.flatMap(({ items }) => items);
  return xmlAnswer("ListVersionsResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    KeyMarker: encode(keyMarker),
    VersionIdMarker: "",
    MaxKeys: maxKeys,
    EncodingType: query.get("encoding-type"),
    IsTruncated: page.isTruncated,
    NextKeyMarker: page.isTruncated ? encode(page.listed.at(-1)?.name ?? "") : undefined,
    Version: all.flatMap((listed) => {
      const { content } = listed.version;
      if (!content) return [];
      const described = { ETag: content.etag, Size: content.body.length, StorageClass: "STANDARD" };
      return [{ ...common(listed), ...described, ...checksumOf(listed.version) }];
    }),
    DeleteMarker: all.filter(({ version }) => !version.content).map(common),
    CommonPrefixes: commonPrefixes(page, encode),
  });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export function listBuckets({ request: { query }, place }: ServiceCall, buckets: readonly Bucket[]): S3Answer {
  const max = integer(query, "max-buckets", 1, MAX_BUCKETS, MAX_BUCKETS);
  const prefix = query.get("prefix");
  const last = readToken(query) ?? "";
  const isHere = (query.get("bucket-region") ?? place.region) === place.region;
  const found = buckets
    .filter(({ name }) => isHere && name.startsWith(prefix ?? "") && byUtf8(name, last) > 0)
    .sort((one, other) => byUtf8(one.name, other.name));
  const page = found.slice(0, max);
  const isAsked = ["max-buckets", "prefix", "continuation-token", "bucket-region"].some((name) => query.has(name));
  return xmlAnswer("ListAllMyBucketsResult", {
    Owner: ownerOf(place),
    Buckets: {
      Bucket: page.map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: isoTime(createdAt),
        // As S3 does it: only where the request has a parameter.
        BucketRegion: isAsked ? place.region : undefined,
      })),
    },
    ContinuationToken: found.length > max ? tokenOf(page.at(-1)?.name ?? "") : undefined,
    Prefix: prefix,
  });
}
