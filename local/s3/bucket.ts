import { createHash, randomBytes } from "node:crypto";
import type { BucketContents } from "./bucket-contents";
import type { Checksum } from "./checksums";
import type { CorsRule } from "./cors";
import type { MultipartUpload, Part } from "./multipart-upload";

/** What a client says of an object and gets back with it. */
export interface ObjectDescription {
  /** `Content-Type` and the like, by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What came as `x-amz-meta-<name>`, by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object's bytes and all that belongs to them. */
export interface ObjectContent extends ObjectDescription {
  readonly body: Buffer;
  /** In quotes, as headers and XML have it. */
  readonly etag: string;
  readonly checksum: Checksum;
}

interface VersionOfKey {
  readonly key: string;
  /** `null` where the bucket had no versioning. */
  readonly versionId: string;
  /** Milliseconds since 1970, of a whole second: HTTP's dates have no more. */
  readonly lastModified: number;
}

export interface ObjectVersion extends VersionOfKey {
  readonly content: ObjectContent;
}

/** Stands for an object that was deleted while the bucket had versioning. */
export interface DeleteMarker extends VersionOfKey {
  readonly content?: undefined;
}

export type Version = ObjectVersion | DeleteMarker;

/** ACLs are off in every bucket here, so what it says of them only has to be told. */
export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean;
  readonly ignorePublicAcls: boolean;
  readonly blockPublicPolicy: boolean;
  readonly restrictPublicBuckets: boolean;
}

/** A version's id in a bucket that has no versioning. */
export const NULL_VERSION = "null";

/** MD5 of the bytes, in quotes. */
export const etagOf = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`;

/** Keys in the order of their UTF-8 bytes, which differs from that of JavaScript's strings where there are surrogates. */
export const byUtf8 = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** One bucket: its configuration, and every version of every key, which belong to its name. */
export class Bucket {
  versioning?: "Enabled" | "Suspended";
  /** JSON. */
  policy?: string;
  cors: readonly CorsRule[] = [];
  /** Blocks nothing where there is none. */
  publicAccessBlock?: PublicAccessBlock;

  constructor(
    readonly name: string,
    readonly arn: string,
    readonly createdAt: number,
    private readonly now: () => number,
    private readonly contents: BucketContents,
  ) {}

  /** Keys that have a version, were it only a delete marker, in the order in which S3 lists them. */
  keys(): readonly string[] {
    return [...this.contents.of(this.name).versions.keys()].sort(byUtf8);
  }

  /** All versions of a key, newest first. */
  versionsOf(key: string): readonly Version[] {
    return this.contents.of(this.name).versions.get(key) ?? [];
  }

  /** What stands under a key now; nothing where it was deleted. */
  object(key: string): ObjectVersion | undefined {
    const [current] = this.versionsOf(key);
    return current?.content ? current : undefined;
  }

  put(key: string, content: ObjectContent): ObjectVersion {
    const put = { ...this.newVersion(key), content };
    this.contents.commit(this.name, { put });
    return put;
  }

  /** Deletes what is current. With versioning it stays, beneath a delete marker, which is returned. */
  delete(key: string): DeleteMarker | undefined {
    if (this.versioning) {
      const put: DeleteMarker = this.newVersion(key);
      this.contents.commit(this.name, { put });
      return put;
    }
    if (this.versionsOf(key).length > 0) this.contents.commit(this.name, { removed: { key } });
    return undefined;
  }

  /** Deletes one version for good, and returns it. */
  deleteVersion(key: string, versionId: string): Version | undefined {
    const found = this.versionsOf(key).find((version) => version.versionId === versionId);
    if (found) this.contents.commit(this.name, { removed: { key, versionId } });
    return found;
  }

  /** Uploads that have begun and have not come to an end, by upload id. */
  get uploads(): ReadonlyMap<string, MultipartUpload> {
    return this.contents.of(this.name).uploads;
  }

  beginUpload(uploadId: string, upload: Omit<MultipartUpload, "parts">): void {
    this.contents.commit(this.name, { begun: { uploadId, ...upload } });
  }

  /** Takes a part, in place of an earlier one of its number. */
  putPart(uploadId: string, partNumber: number, part: Part): void {
    this.contents.commit(this.name, { part: { uploadId, partNumber, ...part } });
  }

  /** Ends an upload: its object is what these parts hold, one behind the other. */
  completeUpload(
    uploadId: string,
    partNumbers: readonly number[],
    { key, content }: Pick<ObjectVersion, "key" | "content">,
  ): ObjectVersion {
    const put = { ...this.newVersion(key), content };
    this.contents.commit(this.name, { completed: { uploadId, partNumbers, put } });
    return put;
  }

  /** Ends an upload without an object. */
  abortUpload(uploadId: string): void {
    this.contents.commit(this.name, { aborted: { uploadId } });
  }

  /** Deletes everything that it holds, for good. */
  empty(): void {
    this.contents.commit(this.name, { emptied: true });
  }

  private newVersion(key: string): VersionOfKey {
    const versionId = this.versioning === "Enabled" ? randomBytes(24).toString("base64url") : NULL_VERSION;
    return { key, versionId, lastModified: Math.floor(this.now() / 1000) * 1000 };
  }
}
