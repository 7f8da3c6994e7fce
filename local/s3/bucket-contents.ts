import type { Journal, Journals } from "../journal";
import type { Version } from "./bucket";
import { type ContentEntry, EntryReader, entriesOf } from "./content-entries";
import type { MultipartUpload, Part } from "./multipart-upload";

/** Something that happens to what a bucket holds. */
export type ContentChange =
  | { readonly put: Version }
  /** One version of a key, or all of it. */
  | { readonly removed: { readonly key: string; readonly versionId?: string } }
  | { readonly begun: Omit<MultipartUpload, "parts"> & { readonly uploadId: string } }
  | { readonly part: Part & { readonly uploadId: string; readonly partNumber: number } }
  /** The object's body is that of the parts, one behind the other. */
  | {
      readonly completed: { readonly uploadId: string; readonly partNumbers: readonly number[]; readonly put: Version };
    }
  | { readonly aborted: { readonly uploadId: string } }
  | { readonly emptied: true };

/** What one bucket holds. */
interface Held {
  /** Newest first. */
  readonly versions: Map<string, readonly Version[]>;
  /** Under way, by upload id. */
  readonly uploads: Map<string, MultipartUpload>;
}

/**
 * What the buckets of an account hold, by the buckets' names: objects outlive the bucket that a run makes of its arguments, and are there when it
 * is made again.
 */
export class BucketContents {
  private readonly held = new Map<string, Held>();
  private readonly journal: Journal<ContentEntry>;

  /** @throws Error for a journal that cannot be read */
  constructor(journals: Journals) {
    const reader = new EntryReader((bucket, uploadId) => this.of(bucket).uploads.get(uploadId));
    this.journal = journals.open<ContentEntry>("s3", {
      replay: (entry) => {
        const read = reader.read(entry);
        if (read) this.apply(read.bucket, read.change);
      },
      snapshot: () => this.snapshot(),
    });
  }

  /** Names of the buckets that hold something. */
  names(): readonly string[] {
    return [...this.held.keys()];
  }

  of(bucket: string): Held {
    return this.held.get(bucket) ?? { versions: new Map(), uploads: new Map() };
  }

  /**
   * Makes a change.
   * @throws Error where it cannot be written down; it is not made then
   */
  commit(bucket: string, change: ContentChange): void {
    for (const entry of entriesOf(bucket, change)) this.journal.append(entry);
    this.apply(bucket, change);
  }

  private apply(bucket: string, change: ContentChange): void {
    const held = this.of(bucket);
    applyTo(held, change);
    if (held.versions.size + held.uploads.size > 0) this.held.set(bucket, held);
    else this.held.delete(bucket);
  }

  private *snapshot(): Iterable<ContentEntry> {
    for (const [bucket, { versions, uploads }] of this.held) {
      for (const ofKey of versions.values()) {
        for (const put of [...ofKey].reverse()) yield* entriesOf(bucket, { put });
      }
      for (const [uploadId, { parts, ...upload }] of uploads) {
        yield* entriesOf(bucket, { begun: { ...upload, uploadId } });
        for (const [partNumber, part] of parts) yield* entriesOf(bucket, { part: { ...part, uploadId, partNumber } });
      }
    }
  }
}

function applyTo({ versions, uploads }: Held, change: ContentChange): void {
  if ("put" in change) {
    keep(versions, change.put);
  } else if ("removed" in change) {
    const { key, versionId } = change.removed;
    const left = (versions.get(key) ?? []).filter((one) => versionId !== undefined && one.versionId !== versionId);
    if (left.length > 0) versions.set(key, left);
    else versions.delete(key);
  } else if ("begun" in change) {
    const { uploadId, ...upload } = change.begun;
    uploads.set(uploadId, { ...upload, parts: new Map() });
  } else if ("part" in change) {
    const { uploadId, partNumber, ...part } = change.part;
    uploads.get(uploadId)?.parts.set(partNumber, part);
  } else if ("completed" in change) {
    uploads.delete(change.completed.uploadId);
    keep(versions, change.completed.put);
  } else if ("aborted" in change) {
    uploads.delete(change.aborted.uploadId);
  } else {
    versions.clear();
    uploads.clear();
  }
}

/** Of versions that were made without versioning there is one at most. */
function keep(versions: Held["versions"], version: Version): void {
  const others = (versions.get(version.key) ?? []).filter(({ versionId }) => versionId !== version.versionId);
  versions.set(version.key, [version, ...others]);
}
