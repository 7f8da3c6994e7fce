import { Logger } from "@aws-lambda-powertools/logger";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type Answer, endpoint } from "./http/endpoint";
import type { Request } from "./http/request";
import { attachment } from "./presigned-url/content-disposition";
import { type SigningSession, sessionFor } from "./presigned-url/signing-session";
import { readUrlRequest, type UrlRequest } from "./presigned-url/url-request";

const bucketName = process.env.BUCKET_NAME ?? "";
const keyPrefix = process.env.KEY_PREFIX ?? "";
const maxUploadBytes = Number(process.env.MAX_UPLOAD_BYTES);
const logger = new Logger({ serviceName: "generate-presigned-url" });

/** How a client talks to S3: with this method, these headers and, in a form, these fields before the file. */
interface Presigned {
  readonly url: string;
  readonly method: "PUT" | "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

/** When a URL is signed, to the second, as SigV4 counts, and for how many seconds: never past the session's end. */
function lifeOf(
  { expiration }: SigningSession,
  expiresIn: number,
): { readonly signingDate: Date; readonly expiresIn: number } {
  const signingDate = new Date(Math.floor(Date.now() / 1000) * 1000);
  const left = Math.floor((expiration - signingDate.getTime()) / 1000);
  if (left < 1) throw new Error("the session of the signing role ended before a URL could be signed with it");
  return { signingDate, expiresIn: Math.min(expiresIn, left) };
}

async function presignedPut(session: SigningSession, asked: UrlRequest): Promise<Presigned> {
  const life = lifeOf(session, asked.expiresIn);
  const { key, contentType, contentLength } = asked;
  const command = new PutObjectCommand({
    Bucket: bucketName,
    Key: key,
    ContentType: contentType,
    ContentLength: contentLength,
  });
  const url = await getSignedUrl(session.s3, command, {
    ...life,
    // The presigner leaves it out unless told otherwise; and where none is asked for, what the SDK puts there must stay unsigned.
    signableHeaders: contentType === undefined ? undefined : new Set(["content-type"]),
  });
  const headers = {
    ...(contentType !== undefined && { "content-type": contentType }),
    ...(contentLength !== undefined && { "content-length": String(contentLength) }),
  };
  return { url, method: "PUT", headers, expiresAt: endOf(life) };
}

async function presignedGet(session: SigningSession, { key, fileName, expiresIn }: UrlRequest): Promise<Presigned> {
  const life = lifeOf(session, expiresIn);
  const command = new GetObjectCommand({
    Bucket: bucketName,
    Key: key,
    ResponseContentDisposition: fileName === undefined ? undefined : attachment(fileName),
  });
  return { url: await getSignedUrl(session.s3, command, life), method: "GET", headers: {}, expiresAt: endOf(life) };
}

/** A form, whose size and content type S3 itself enforces: a PUT cannot be bounded, only fixed. */
async function presignedPost(session: SigningSession, asked: UrlRequest): Promise<Presigned> {
  const { key, contentType, contentLength } = asked;
  const { url, fields } = await createPresignedPost(session.s3, {
    Bucket: bucketName,
    Key: key,
    Expires: lifeOf(session, asked.expiresIn).expiresIn,
    Conditions: [["content-length-range", contentLength ?? 0, contentLength ?? maxUploadBytes]],
    Fields: contentType === undefined ? {} : { "Content-Type": contentType },
  });
  const policy = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString()) as { readonly expiration: string };
  // The policy counts from a moment later than `lifeOf` did.
  const expiresAt = new Date(Math.min(Date.parse(policy.expiration), session.expiration));
  return { url, method: "POST", headers: {}, fields, expiresAt };
}

const endOf = ({ signingDate, expiresIn }: { readonly signingDate: Date; readonly expiresIn: number }): Date =>
  new Date(signingDate.getTime() + expiresIn * 1000);

const presigners = { upload: presignedPut, download: presignedGet, "upload-form": presignedPost } as const;

async function generatePresignedUrl(request: Request): Promise<Answer> {
  const asked = readUrlRequest(request, keyPrefix, maxUploadBytes);
  const { operation, key, expiresIn } = asked;
  const action = operation === "download" ? "s3:GetObject" : "s3:PutObject";
  const presigned = await presigners[operation](await sessionFor(action, expiresIn, request.signal), asked);
  logger.info("URL signed", { requestId: request.id, operation, key, expiresAt: presigned.expiresAt });
  return { status: 200, json: presigned };
}

/** `GET /presigned-url?operation=&fileKey=` with expiresIn, contentType, contentLength, fileName where they fit the operation. */
export const handler = endpoint(logger, generatePresignedUrl, { "cache-control": "no-store" });
