import { Logger } from "@aws-lambda-powertools/logger";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Answer, endpoint } from "./http/endpoint";
import { readQuery } from "./http/query";
import type { Request } from "./http/request";
import { keyOf, sendAbout } from "./storage/object-key";
import { readPreconditions } from "./storage/preconditions";

const bucketName = process.env.BUCKET_NAME;
const logger = new Logger({ serviceName: "delete-object" });
const s3 = new S3Client({});

/**
 * Deletes an object, whether or not there is one; with If-Match there must be. In a versioned bucket its versions stay.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
async function deleteObject(request: Request): Promise<Answer> {
  readQuery(request, []);
  const { IfMatch } = readPreconditions(request, { "if-match": "etag or *" });
  const key = keyOf(request);
  const command = new DeleteObjectCommand({ Bucket: bucketName, Key: key, IfMatch });
  const { VersionId } = await sendAbout(key, () => s3.send(command, { abortSignal: request.signal }));
  logger.info("Object deleted", { key, versionId: VersionId });
  return { status: 204 };
}

/** `DELETE /objects/{key+}` with If-Match */
export const handler = endpoint(logger, deleteObject);
