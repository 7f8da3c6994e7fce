import { Logger } from "@aws-lambda-powertools/logger";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod/mini";
import { type Answer, endpoint } from "./http/endpoint";
import { Problem, refusal, type Violation } from "./http/problem";
import { readQuery } from "./http/query";
import type { Request } from "./http/request";
import { MAX_CONTENT_BYTES, WriteObject } from "./schemas/write-object";
import { brokenKeyRule, isWellFormed, sendAbout } from "./storage/object-key";
import { readPreconditions } from "./storage/preconditions";

const bucketName = process.env.BUCKET_NAME;
const logger = new Logger({ serviceName: "write-object" });
const s3 = new S3Client({});

function violationsOf(issue: z.core.$ZodIssue): readonly Violation[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((field) => ({ field, rule: "is not a property of an object to write" }));
  }
  const isWhole = issue.path.length === 0;
  return [{ field: isWhole ? "body" : issue.path.join("."), rule: isWhole ? "must be a JSON object" : issue.message }];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal([{ field: "body", rule: "must be JSON" }]);
  }
}

/** The bytes of the content; nothing where it is not what its encoding says. */
function bytesOf({ content, encoding }: WriteObject): Buffer | undefined {
  if (encoding !== "base64") return isWellFormed(content) ? Buffer.from(content) : undefined;
  const bytes = Buffer.from(content, "base64");
  // The decoder skips what it does not know, so only what it would write itself is base64: padded, without blanks or spare bits.
  return bytes.toString("base64") === content ? bytes : undefined;
}

/**
 * Reads the object to write.
 * @throws Problem 400, or 413 for a content above MAX_CONTENT_BYTES
 */
export function parseObject(body: string): {
  readonly key: string;
  readonly bytes: Buffer;
  readonly contentType: string;
} {
  const parsed = z.safeParse(WriteObject, jsonOf(body));
  if (!parsed.success) throw refusal(parsed.error.issues.flatMap(violationsOf));
  const { key, contentType, encoding } = parsed.data;
  const bytes = bytesOf(parsed.data);
  const keyRule = brokenKeyRule(key);
  const violations: Violation[] = keyRule ? [{ field: "key", rule: keyRule }] : [];
  if (!bytes) {
    const rule =
      encoding === "base64"
        ? "must be base64 with padding, without blanks"
        : "must be well-formed Unicode; other bytes are sent with the encoding base64";
    violations.push({ field: "content", rule });
  }
  if (!bytes || violations.length > 0) throw refusal(violations);
  if (bytes.length > MAX_CONTENT_BYTES) {
    throw new Problem(
      413,
      `content must be at most ${MAX_CONTENT_BYTES} bytes, got: ${bytes.length}; upload larger objects with a presigned URL.`,
    );
  }
  const usual = encoding === "base64" ? "application/octet-stream" : "text/plain; charset=utf-8";
  return { key, bytes, contentType: contentType ?? usual };
}

async function writeObject(request: Request): Promise<Answer> {
  readQuery(request, []);
  const preconditions = readPreconditions(request, { "if-match": "etag", "if-none-match": "*" });
  const { key, bytes, contentType } = parseObject(request.text());
  const command = new PutObjectCommand({
    Bucket: bucketName,
    Key: key,
    Body: bytes,
    ContentType: contentType,
    ...preconditions,
  });
  const { ETag = "", VersionId } = await sendAbout(key, () => s3.send(command, { abortSignal: request.signal }));
  logger.info("Object written", { key, versionId: VersionId, size: bytes.length });
  const collection = request.pathFromHost.replace(/\/+$/, "") || "/objects";
  return {
    status: 201,
    // With its slashes encoded, too, the key is one part of the path, which no client tidies up.
    headers: { location: `${collection}/${encodeURIComponent(key)}`, etag: ETag },
    json: { key, etag: ETag, versionId: VersionId, size: bytes.length },
  };
}

/** `POST /objects` with If-Match or If-None-Match: * */
export const handler = endpoint(logger, writeObject);
