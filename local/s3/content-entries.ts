import type { ObjectContent, Version } from "./bucket";
import type { ContentChange } from "./bucket-contents";
import type { MultipartUpload } from "./multipart-upload";

/** A body goes before the entry that it belongs to, in pieces: neither writing nor reading takes much more memory than the body itself. */
interface Piece {
  /** Base64. */
  readonly bytes: string;
  readonly at: number;
  readonly of: number;
}

/** What stands in the place of a body: its length in bytes. */
type Bodiless<Content extends { readonly body: Buffer }> = Omit<Content, "body"> & { readonly size: number };

type WrittenVersion = Omit<Version, "content"> & { readonly content?: Bodiless<ObjectContent> };

type PartChange = Extract<ContentChange, { readonly part: unknown }>["part"];
type Completion = Extract<ContentChange, { readonly completed: unknown }>["completed"];

/** A change as it is written down. */
type WrittenChange =
  | Exclude<ContentChange, { readonly put: unknown } | { readonly part: unknown } | { readonly completed: unknown }>
  | { readonly put: WrittenVersion }
  | { readonly part: Bodiless<PartChange> }
  | { readonly completed: Omit<Completion, "put"> & { readonly put: WrittenVersion } };

/** What the journal of S3 is made of. */
export type ContentEntry = Piece | ({ readonly bucket: string } & WrittenChange);

/** Of a piece, so that a line of the journal has a megabyte. */
const PIECE_BYTES = 786_432;

/** A change, behind the pieces of its body. */
export function* entriesOf(bucket: string, change: ContentChange): Iterable<ContentEntry> {
  if ("put" in change) {
    if (change.put.content) yield* piecesOf(change.put.content.body);
    yield { bucket, put: written(change.put) };
  } else if ("part" in change) {
    yield* piecesOf(change.part.body);
    yield { bucket, part: withoutBody(change.part) };
  } else if ("completed" in change) {
    yield { bucket, completed: { ...change.completed, put: written(change.completed.put) } };
  } else {
    yield { bucket, ...change };
  }
}

function* piecesOf(body: Buffer): Iterable<Piece> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    yield {
      at,
      of: body.length,
      // Asked for where something is written down, and not elsewhere.
      get bytes() {
        return body.toString("base64", at, at + PIECE_BYTES);
      },
    };
  }
}

const withoutBody = <Content extends { readonly body: Buffer }>({ body, ...content }: Content): Bodiless<Content> => ({
  ...content,
  size: body.length,
});

const written = ({ content, ...version }: Version): WrittenVersion => ({
  ...version,
  ...(content && { content: withoutBody(content) }),
});

/** Puts changes together again. */
export class EntryReader {
  private body = Buffer.alloc(0);

  /** @param uploadOf the upload that a completion is of, as it is at that time */
  constructor(private readonly uploadOf: (bucket: string, uploadId: string) => MultipartUpload | undefined) {}

  /** @returns nothing for a piece, which the next change is of */
  read(entry: ContentEntry): { readonly bucket: string; readonly change: ContentChange } | undefined {
    if ("bytes" in entry) {
      if (entry.at === 0) this.body = Buffer.alloc(entry.of);
      this.body.write(entry.bytes, entry.at, "base64");
      return undefined;
    }
    const { bucket, ...change } = entry;
    if ("put" in change) return { bucket, change: { put: this.version(change.put, () => this.taken()) } };
    if ("part" in change) {
      const { size, ...part } = change.part;
      return { bucket, change: { part: { ...part, body: size > 0 ? this.taken() : Buffer.alloc(0) } } };
    }
    if (!("completed" in change)) return { bucket, change };
    const { uploadId, partNumbers } = change.completed;
    const parts = this.uploadOf(bucket, uploadId)?.parts;
    const bodies = partNumbers.flatMap((number) => parts?.get(number)?.body ?? []);
    const put = this.version(change.completed.put, () => Buffer.concat(bodies));
    return { bucket, change: { completed: { uploadId, partNumbers, put } } };
  }

  private taken(): Buffer {
    const { body } = this;
    this.body = Buffer.alloc(0);
    return body;
  }

  private version({ content, ...version }: WrittenVersion, bodyOf: () => Buffer): Version {
    if (!content) return version;
    const { size, ...described } = content;
    return { ...version, content: { ...described, body: size > 0 ? bodyOf() : Buffer.alloc(0) } };
  }
}
