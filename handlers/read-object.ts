import { Logger } from "@aws-lambda-powertools/logger";
import { GetObjectCommand, type GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type Answer, endpoint } from "./http/endpoint";
import { readQuery } from "./http/query";
import type { Request } from "./http/request";
import { keyOf, sendAbout } from "./storage/object-key";
import { readPreconditions } from "./storage/preconditions";

const bucketName = process.env.BUCKET_NAME;
const logger = new Logger({ serviceName: "read-object" });
// A checksum would wrap the body in a stream that does not pass on that it is given up; and without one to ask for, the SDK sends that of the
// request's own empty body unless it is told not to.
const s3 = new S3Client({
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
});

/**
 * Bytes that Lambda hands back from a synchronous invocation, all of the answer's JSON included.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_RESPONSE_BYTES = 6_291_556;

/** Seconds that the URL of a large object is good for: the client follows the redirect at once. */
const URL_SECONDS = 300;

const headersOf = ({
  ContentType,
  ContentEncoding,
  ETag,
  LastModified,
}: GetObjectCommandOutput): Record<string, string> => ({
  "content-type": ContentType || "application/octet-stream",
  ...(ContentEncoding && { "content-encoding": ContentEncoding }),
  ...(ETag && { etag: ETag }),
  ...(LastModified && { "last-modified": LastModified.toUTCString() }),
  // Whoever may write objects must not have scripts run as the API's own pages.
  "content-security-policy": "sandbox",
  "x-content-type-options": "nosniff",
});

/** Whether the answer with so many bytes in base64 fits into what Lambda hands back; some 100 bytes are for the names around it. */
function fits(bytes: number, headers: Readonly<Record<string, string>>): boolean {
  const around = Buffer.byteLength(JSON.stringify({ statusCode: 200, headers, body: "", isBase64Encoded: true }));
  return around + Math.ceil(bytes / 3) * 4 <= MAX_RESPONSE_BYTES;
}

/** Reads an object: its bytes, or, where they are too many, a redirect to a presigned URL of the same version. */
async function readObject(request: Request): Promise<Answer> {
  readQuery(request, []);
  readPreconditions(request, {}, true);
  const key = keyOf(request);
  const object = { Bucket: bucketName, Key: key };
  const command = new GetObjectCommand(object);
  const found = await sendAbout(key, () => s3.send(command, { abortSignal: request.signal }));
  const headers = headersOf(found);
  if (found.Body && fits(found.ContentLength ?? Number.POSITIVE_INFINITY, headers)) {
    return { status: 200, headers, base64: await found.Body.transformToString("base64") };
  }
  (found.Body as Partial<NodeJS.ReadableStream & { destroy(): void }> | undefined)?.destroy?.();
  const location = await getSignedUrl(s3, new GetObjectCommand({ ...object, VersionId: found.VersionId }), {
    expiresIn: URL_SECONDS,
  });
  return { status: 303, headers: { location, "cache-control": "no-store" } };
}

/** `GET /objects/{key+}` */
export const handler = endpoint(logger, readObject);
