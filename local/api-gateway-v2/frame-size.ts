import type { Duplex } from "node:stream";

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MAX_FRAME_BYTES = 32_768;

const MASK_BYTES = 4;
/** Bytes of the length behind the second byte, where that byte says 126 or 127. */
const extendedBytes: Readonly<Record<number, number>> = { 126: 2, 127: 8 };

/**
 * Sizes of a client's frames, read from their headers as bytes come.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class FrameSizes {
  private header = Buffer.alloc(0);
  private left = 0;

  /** Takes further bytes, and gives the sizes of the frames that begin in them. */
  read(chunk: Buffer): readonly number[] {
    const sizes: number[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      const skipped = Math.min(this.left, rest.length);
      this.left -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length === 0) break;
      const known = this.header.length;
      this.header = Buffer.concat([this.header, rest]);
      const size = sizeIn(this.header);
      if (size === undefined) break;
      rest = rest.subarray(headerBytes(this.header) - known);
      this.header = Buffer.alloc(0);
      this.left = size;
      sizes.push(size);
    }
    return sizes;
  }
}

const headerBytes = (header: Buffer): number => 2 + (extendedBytes[(header[1] ?? 0) & 0x7f] ?? 0) + MASK_BYTES;

/** The payload's size, once the header is whole. */
function sizeIn(header: Buffer): number | undefined {
  if (header.length < 2 || header.length < headerBytes(header)) return undefined;
  const length = (header[1] ?? 0) & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? Number(header.readBigUInt64BE(2)) : length;
}

/** Tells of a frame that is too large before `ws` makes a message of it: `ws` knows a limit of messages alone. */
export function onTooLargeFrame(raw: Duplex, tell: () => void): void {
  const sizes = new FrameSizes();
  raw.prependListener("data", (chunk: Buffer) => {
    if (sizes.read(chunk).some((size) => size > MAX_FRAME_BYTES)) tell();
  });
}
