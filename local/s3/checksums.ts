import { createHash } from "node:crypto";
import { invalidRequest, notModelled, S3Error } from "./s3-errors";

/** A checksum of an object's bytes, in base64. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  /** `COMPOSITE`: of the checksums of the parts. */
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

/** A table-driven CRC of up to 32 bits, reflected. */
function crc32Of(polynomial: number): (bytes: Buffer) => Buffer {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    table[index] = value;
  }
  return (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number);
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
    return digest;
  };
}

/** CRC-64/NVME, in two halves: BigInt would take seconds for some megabytes. */
function crc64Nvme(): (bytes: Buffer) => Buffer {
  const [polynomialHigh, polynomialLow] = [0x9a6c9329, 0xac4bc9b5];
  const [highs, lows] = [new Uint32Array(256), new Uint32Array(256)];
  for (let index = 0; index < 256; index += 1) {
    let [high, low] = [0, index];
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = low & 1;
      low = ((low >>> 1) | (high << 31)) >>> 0;
      high >>>= 1;
      if (isOdd) [high, low] = [(high ^ polynomialHigh) >>> 0, (low ^ polynomialLow) >>> 0];
    }
    highs[index] = high;
    lows[index] = low;
  }
  return (bytes) => {
    let high = 0xffffffff;
    let low = 0xffffffff;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lows[index] as number);
      high = (high >>> 8) ^ (highs[index] as number);
    }
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE(~high >>> 0, 0);
    digest.writeUInt32BE(~low >>> 0, 4);
    return digest;
  };
}

const sha =
  (name: string) =>
  (bytes: Buffer): Buffer =>
    createHash(name).update(bytes).digest();

const digests = {
  CRC32: crc32Of(0xedb88320),
  CRC32C: crc32Of(0x82f63b78),
  CRC64NVME: crc64Nvme(),
  SHA1: sha("sha1"),
  SHA256: sha("sha256"),
} as const;

export type ChecksumAlgorithm = keyof typeof digests;

export const checksumAlgorithms = Object.keys(digests) as readonly ChecksumAlgorithm[];

/** What stands before the algorithm's name in headers. */
const PREFIX = "x-amz-checksum-";
/** Headers that begin like checksums and are none. */
const otherHeaders = new Set(["mode", "algorithm", "type"].map((name) => PREFIX + name));

export const checksumHeader = (algorithm: ChecksumAlgorithm): string => PREFIX + algorithm.toLowerCase();

/** The name of the algorithm in the elements of XML: `ChecksumCRC32`. */
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`;

export const digestOf = (algorithm: ChecksumAlgorithm, bytes: Buffer): Buffer => digests[algorithm](bytes);

/** @throws S3Error `NotImplemented` (501) for one that S3 has and this one has not */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithms.find((one) => one === name.toUpperCase());
  if (!algorithm) throw notModelled(`The checksum algorithm ${name}`, checksumAlgorithms);
  return algorithm;
}

/** Whether text is base64 of so many bytes, written in the one way that there is. */
export function isBase64Of(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, "base64");
  return decoded.length === bytes && decoded.toString("base64") === text;
}

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Compares a body with the digests that came with it, in headers or in the trailer of a chunked body.
 *
 * @returns the checksum that was given; S3's own, CRC-64/NVME, where none was
 * @throws S3Error `BadDigest`, `InvalidDigest`, `InvalidRequest` (400), `NotImplemented` (501)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function verifyChecksums(body: Buffer, headers: Headers): Checksum {
  verifyContentMd5(body, headers["content-md5"]);
  const [given, ...others] = Object.keys(headers).filter(
    (name) => name.startsWith(PREFIX) && !otherHeaders.has(name) && headers[name] !== undefined,
  );
  if (others.length > 0) {
    throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  if (given === undefined) {
    const announced = headers["x-amz-sdk-checksum-algorithm"];
    if (announced === undefined) return checksumOf("CRC64NVME", body);
    algorithmNamed(announced);
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  const algorithm = algorithmNamed(given.slice(PREFIX.length));
  const value = headers[given] ?? "";
  const checksum = checksumOf(algorithm, body);
  if (!isBase64Of(value, Buffer.from(checksum.value, "base64").length)) {
    throw invalidRequest(`Value for ${given} header is invalid.`);
  }
  if (value === checksum.value) return checksum;
  throw new S3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`, 400);
}

function verifyContentMd5(body: Buffer, contentMd5: string | undefined): void {
  if (contentMd5 === undefined) return;
  if (!isBase64Of(contentMd5, 16)) {
    const sentence = "The Content-MD5 you specified was invalid.";
    throw new S3Error("InvalidDigest", sentence, 400, { "Content-MD5": contentMd5 });
  }
  const CalculatedDigest = createHash("md5").update(body).digest("base64");
  if (contentMd5 === CalculatedDigest) return;
  const sentence = "The Content-MD5 you specified did not match what we received.";
  throw new S3Error("BadDigest", sentence, 400, { ExpectedDigest: contentMd5, CalculatedDigest });
}

export const checksumOf = (algorithm: ChecksumAlgorithm, bytes: Buffer): Checksum => ({
  algorithm,
  value: digestOf(algorithm, bytes).toString("base64"),
  type: "FULL_OBJECT",
});

/** Headers that tell of a checksum. */
export const checksumHeaders = ({ algorithm, value, type }: Checksum): Record<string, string> => ({
  [checksumHeader(algorithm)]: value,
  [`${PREFIX}type`]: type,
});
