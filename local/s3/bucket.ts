import { createHash, randomBytes } from "node:crypto";
import type { Checksum } from "./checksums";
import type { CorsRule } from "./cors";
import type { MultipartUpload } from "./multipart-upload";

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

export interface PublicAccessBlock {
  readonly blockPublicPolicy: boolean;
  readonly restrictPublicBuckets: boolean;
}

/** A version's id in a bucket that has no versioning. */
export const NULL_VERSION = "null";

/** MD5 of the bytes, in quotes. */
export const etagOf = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`;

/** Keys in the order of their UTF-8 bytes, which differs from that of JavaScript's strings where there are surrogates. */
export const byUtf8 = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** One bucket: its configuration, and every version of every key. */
export class Bucket {
  versioning?: "Enabled" | "Suspended";
  /** JSON. */
  policy?: string;
  cors: readonly CorsRule[] = [];
  publicAccessBlock: PublicAccessBlock = { blockPublicPolicy: false, restrictPublicBuckets: false };
  /** Under way, by upload id. */
  readonly uploads = new Map<string, MultipartUpload>();
  /** Newest first. */
  private readonly versions = new Map<string, readonly Version[]>();

  constructor(
    readonly name: string,
    readonly arn: string,
    readonly createdAt: number,
    private readonly now: () => number,
  ) {}

  /** Keys that have a version, were it only a delete marker, in the order in which S3 lists them. */
  keys(): readonly string[] {
    return [...this.versions.keys()].sort(byUtf8);
  }

  /** All versions of a key, newest first. */
  versionsOf(key: string): readonly Version[] {
    return this.versions.get(key) ?? [];
  }

  /** What stands under a key now; nothing where it was deleted. */
  object(key: string): ObjectVersion | undefined {
    const [current] = this.versionsOf(key);
    return current?.content ? current : undefined;
  }

  put(key: string, content: ObjectContent): ObjectVersion {
    const version = { ...this.newVersion(key), content };
    this.add(version);
    return version;
  }

  /** Deletes what is current. With versioning it stays, beneath a delete marker, which is returned. */
  delete(key: string): DeleteMarker | undefined {
    if (this.versioning) {
      const marker: DeleteMarker = this.newVersion(key);
      this.add(marker);
      return marker;
    }
    this.versions.delete(key);
    return undefined;
  }

  /** Deletes one version for good, and returns it. */
  deleteVersion(key: string, versionId: string): Version | undefined {
    const found = this.versionsOf(key).find((version) => version.versionId === versionId);
    this.keep(
      key,
      this.versionsOf(key).filter((version) => version !== found),
    );
    return found;
  }

  private newVersion(key: string): VersionOfKey {
    const versionId = this.versioning === "Enabled" ? randomBytes(24).toString("base64url") : NULL_VERSION;
    return { key, versionId, lastModified: Math.floor(this.now() / 1000) * 1000 };
  }

  /** Of versions that were made without versioning there is one at most. */
  private add(version: Version): void {
    const others = this.versionsOf(version.key).filter(({ versionId }) => versionId !== version.versionId);
    this.keep(version.key, [version, ...others]);
  }

  private keep(key: string, versions: readonly Version[]): void {
    if (versions.length > 0) this.versions.set(key, versions);
    else this.versions.delete(key);
  }
}
