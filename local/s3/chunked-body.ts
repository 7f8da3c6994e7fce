import { readChunkedBody } from "../iam/aws-chunked";
import { invalidRequest, notModelled, S3Error } from "./s3-errors";

type Headers = Readonly<Record<string, string | undefined>>;

/** Whether a body comes in the chunks that the SDKs send streams in. */
export const isChunked = (headers: Headers): boolean =>
  headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true || encodingsOf(headers).includes("aws-chunked");

/** `Content-Encoding` as a list, in lower case. */
const encodingsOf = (headers: Headers): readonly string[] =>
  (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim().toLowerCase());

/** What is left of `Content-Encoding` once the chunks are put together. */
export function contentEncodingOf(headers: Headers): string | undefined {
  const given = headers["content-encoding"];
  const left = given?.split(",").filter((encoding) => encoding.trim().toLowerCase() !== "aws-chunked");
  return left?.join(",").trim() || undefined;
}

/**
 * Puts together what was sent as `aws-chunked`. Whoever verifies the signature looks at those of the chunks.
 *
 * @returns the bytes, and the fields of the trailer by name in lower case
 * @throws AwsError `IncompleteBody`, `InvalidRequest` (400), `MissingContentLength` (411): lengths or trailer are not as they must be
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function readChunks(sent: Buffer, headers: Headers): { readonly body: Buffer; readonly trailer: Headers } {
  const { chunks, trailers } = readChunkedBody(sent);
  const body = Buffer.concat(chunks.map(({ data }) => data));
  const decodedLength = headers["x-amz-decoded-content-length"];
  if (decodedLength === undefined) {
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
  }
  if (Number(decodedLength) !== body.length) {
    const sentence = "You did not provide the number of bytes specified by the Content-Length HTTP header";
    throw new S3Error("IncompleteBody", sentence, 400);
  }
  return { body, trailer: trailerOf(trailers, headers["x-amz-trailer"]) };
}

/** The announcement is signed and the trailer need not be, so neither may say more than the other. */
function trailerOf(trailers: ReadonlyMap<string, string>, announced: string | undefined): Headers {
  const names = (announced ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.find((name) => !name.startsWith("x-amz-checksum-"));
  if (unknown) throw notModelled(`The trailer ${unknown}`, ["x-amz-checksum-*"]);
  const { "x-amz-trailer-signature": _signature, ...fields } = Object.fromEntries(trailers);
  if (names.sort().join() === Object.keys(fields).sort().join()) return fields;
  throw invalidRequest("The trailer of the request does not have the fields that x-amz-trailer names.");
}
