import type { Caller, Place } from "../aws";
import type { Bucket, ObjectVersion, Version } from "./bucket";
import { NULL_VERSION } from "./bucket";
import type { S3Request } from "./s3-request";
import { type XmlValue, xmlDocument } from "./s3-xml";

/** What goes back, but for what every answer has. */
export interface S3Answer {
  readonly status: number;
  /** By name in lower case; those without a value are left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Buffer;
}

/** What is asked to be allowed. */
export interface Allowance {
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** The object that it is about; the bucket where there is none. */
  readonly key?: string;
  /** Condition keys beyond those of every request. */
  readonly context?: Readonly<Record<string, string | undefined>>;
}

/** A request to S3 by somebody. */
export interface ServiceCall {
  readonly request: S3Request;
  readonly caller: Caller;
  readonly place: Place;
  readonly now: number;
}

/** One that is about a bucket. */
export interface BucketCall extends ServiceCall {
  readonly bucket: Bucket;
  /** @throws AwsError `AccessDenied` (403) */
  authorize(allowance: Allowance): void;
  /**
   * The same call about another bucket.
   * @param expectedOwner the account that the client says it must belong to
   * @throws S3Error `NoSuchBucket` (404), `AccessDenied` (403) for another owner
   */
  inBucket(bucketName: string, expectedOwner: string | undefined): BucketCall;
}

/** One that is about an object. */
export interface ObjectCall extends BucketCall {
  readonly key: string;
}

export const xmlAnswer = (root: string, content: Exclude<XmlValue, undefined>): S3Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: xmlDocument(root, content),
});

/** `2026-01-31T23:59:59.000Z` */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The account's id stands for its canonical user id, which is 64 hexadecimal digits in AWS. */
export const ownerOf = ({ accountId }: Place): XmlValue => ({ ID: accountId });

/** The id of a version, where its bucket ever had versioning. */
export const versionHeader = ({ versioning }: Bucket, { versionId }: Version): Record<string, string> =>
  versioning === undefined && versionId === NULL_VERSION ? {} : { "x-amz-version-id": versionId };

/** Every object is encrypted by S3's own keys, or would be. */
export const encryptionHeader = { "x-amz-server-side-encryption": "AES256" } as const;

export const lastModifiedHeader = ({ lastModified }: Pick<ObjectVersion, "lastModified">): string =>
  new Date(lastModified).toUTCString();
