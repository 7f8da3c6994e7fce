import { AwsError } from "../aws";
import { type DatedScope, isSame, scopeText, sha256, signatureOf } from "./signature";

/** A part of a body, with its signature where parts are signed. */
export interface Chunk {
  readonly data: Buffer;
  readonly signature?: string;
}

/** A body in the content encoding `aws-chunked`. */
export interface ChunkedBody {
  /** The last is empty. */
  readonly chunks: readonly Chunk[];
  /** Headers that came after the body, such as its checksum, by name in lower case, in the order of the body. */
  readonly trailers: ReadonlyMap<string, string>;
}

/** What goes on being signed, part by part, after the headers. */
export interface ChunkSigning {
  readonly secretAccessKey: string;
  readonly scope: DatedScope;
  /** Time of signing, as `20260131T120000Z`. */
  readonly timestamp: string;
  /** The signature of the headers, which the first chunk's goes on from. */
  readonly seed: string;
}

const incomplete = (): AwsError => new AwsError("IncompleteBody", "The request body terminated unexpectedly", 400);

/**
 * Takes a body in the content encoding `aws-chunked` apart.
 *
 * @throws AwsError `IncompleteBody` (400): it ends early, or is not in that encoding
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function readChunkedBody(body: Buffer): ChunkedBody {
  const chunks: Chunk[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    const line = lineEnd < 0 ? "" : body.toString("latin1", at, lineEnd);
    const [, length, signature] = /^([\da-f]{1,8})(?:;chunk-signature=([\da-f]{64}))?$/i.exec(line) ?? [];
    if (length === undefined) throw incomplete();
    const start = lineEnd + 2;
    const end = start + Number.parseInt(length, 16);
    chunks.push({ data: body.subarray(start, end), signature });
    if (end === start) return { chunks, trailers: trailersOf(body.toString("latin1", start)) };
    if (body.toString("latin1", end, end + 2) !== "\r\n") throw incomplete();
    at = end + 2;
  }
}

/** Lines of `name:value`; the last is empty. */
function trailersOf(text: string): ReadonlyMap<string, string> {
  if (!text.endsWith("\r\n")) throw incomplete();
  return new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line !== "")
      .map((line) => {
        const colon = line.indexOf(":");
        if (colon < 1) throw incomplete();
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
}

const TRAILER_SIGNATURE = "x-amz-trailer-signature";

/**
 * Verifies the signature of each chunk, and that of the trailers where there must be one.
 *
 * @throws AwsError `SignatureDoesNotMatch` (403): a chunk or a trailer was changed, or its signature is missing
 * @throws AwsError `IncompleteBody` (400)
 */
export function verifyChunks(body: Buffer, signing: ChunkSigning, hasTrailers: boolean): void {
  const { scope, timestamp, secretAccessKey, seed } = signing;
  const { chunks, trailers } = readChunkedBody(body);
  const next = (algorithm: string, previous: string, hashes: readonly string[], given = ""): string => {
    const text = [algorithm, timestamp, scopeText(scope), previous, ...hashes].join("\n");
    if (isSame(given, signatureOf(secretAccessKey, scope, text))) return given;
    throw new AwsError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      403,
      { StringToSign: text, SignatureProvided: given },
    );
  };
  const last = chunks.reduce(
    (previous, { data, signature }) =>
      next("AWS4-HMAC-SHA256-PAYLOAD", previous, [sha256(""), sha256(data)], signature),
    seed,
  );
  if (!hasTrailers) return;
  const lines = [...trailers].filter(([name]) => name !== TRAILER_SIGNATURE).map((pair) => `${pair.join(":")}\n`);
  next("AWS4-HMAC-SHA256-TRAILER", last, [sha256(lines.join(""))], trailers.get(TRAILER_SIGNATURE));
}
