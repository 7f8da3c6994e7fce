import { Logger } from "@aws-lambda-powertools/logger";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type Answer, endpoint } from "./http/endpoint";
import { refusal } from "./http/problem";
import { readQuery } from "./http/query";
import type { Request } from "./http/request";
import { isWellFormed, MAX_KEY_BYTES } from "./storage/object-key";
import { askForPage, readPage } from "./storage/page";

const bucketName = process.env.BUCKET_NAME;
const logger = new Logger({ serviceName: "list-objects" });
const s3 = new S3Client({});

/** S3's encoding of keys in a list: as in a form, a space is a plus. */
const decodedKey = (key: string): string => decodeURIComponent(key.replaceAll("+", "%20"));

/** Lists objects in the order of their keys' bytes. A prefix is any beginning of keys; S3 may have keys that this API would not write. */
async function listObjects(request: Request): Promise<Answer> {
  const { prefix = "", ...page } = readQuery(request, ["prefix", "limit", "cursor"]);
  const { limit, cursor } = readPage(page);
  if (Buffer.byteLength(prefix) > MAX_KEY_BYTES || !isWellFormed(prefix)) {
    throw refusal([
      { field: "prefix", rule: `must be well-formed Unicode of at most ${MAX_KEY_BYTES} bytes of UTF-8` },
    ]);
  }
  const command = new ListObjectsV2Command({
    Bucket: bucketName,
    Prefix: prefix || undefined,
    MaxKeys: limit,
    ContinuationToken: cursor,
    // XML cannot hold every character that a key can.
    EncodingType: "url",
  });
  const found = await askForPage(cursor, () => s3.send(command, { abortSignal: request.signal }));
  const objects = (found.Contents ?? []).map(({ Key = "", Size, ETag, LastModified }) => ({
    key: decodedKey(Key),
    size: Size,
    etag: ETag,
    lastModified: LastModified,
  }));
  return { status: 200, json: { objects, cursor: found.NextContinuationToken } };
}

/** `GET /objects?prefix=&limit=&cursor=` */
export const handler = endpoint(logger, listObjects);
