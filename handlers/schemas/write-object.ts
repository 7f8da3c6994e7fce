import * as z from "zod/mini";
import { MAX_MEDIA_TYPE_LENGTH, MEDIA_TYPE } from "../http/media-type";
import { MAX_KEY_BYTES, WITHOUT_CONTROLS } from "../storage/object-key";

/** Bytes of the event that Lambda takes in a synchronous invocation. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/**
 * Bytes of the event that are not the body. A REST API takes 10,240 bytes of request line and headers; the event has them twice, and JSON may
 * write one byte as six. The rest is for the request's context.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const OTHER_EVENT_BYTES = 128 * 1024;

/** Bytes of the body that are not the content: a key of 1,024 bytes, each written as six, a content type likewise, and the names. */
const OTHER_BODY_BYTES = 8 * 1024;

/** Bytes that fit into so many characters of base64. */
const bytesInBase64 = (characters: number): number => Math.floor(characters / 4) * 3;

/**
 * Largest content, in bytes, that can always be written: 3,459,072. The client sends it as base64 in JSON, API Gateway puts that into Lambda's
 * event as base64 once more, and the event has 6 MB. Plain text may be sent as it is, up to the same size.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_CONTENT_BYTES = bytesInBase64(bytesInBase64(MAX_EVENT_BYTES - OTHER_EVENT_BYTES) - OTHER_BODY_BYTES);

const text = z.string({ error: ({ input }) => (input === undefined ? "is required" : "must be a string") });
const keyLength = `must be 1–${MAX_KEY_BYTES} bytes of UTF-8`;

/**
 * An object to write: `key` (1–1024 bytes of UTF-8 without control characters), `content`, and, where they are given, `contentType` (up to 255
 * characters) and `encoding`, which says how the content is written down: `utf-8` (the default) or `base64`.
 *
 * What JSON schema cannot say, the handler adds: that lengths count bytes, that text is well-formed, that base64 is strict.
 */
export const WriteObject = z.strictObject({
  key: text.check(
    z.minLength(1, keyLength),
    z.maxLength(MAX_KEY_BYTES, { error: keyLength, abort: true }),
    z.regex(WITHOUT_CONTROLS, "must not have control characters"),
  ),
  content: text,
  contentType: z.optional(
    text.check(
      // What is too long is not looked into.
      z.maxLength(MAX_MEDIA_TYPE_LENGTH, {
        error: `must have at most ${MAX_MEDIA_TYPE_LENGTH} characters`,
        abort: true,
      }),
      z.regex(MEDIA_TYPE, "must be a media type, such as text/plain"),
    ),
  ),
  encoding: z.optional(z.enum(["utf-8", "base64"], "must be utf-8 or base64")),
});

export type WriteObject = z.infer<typeof WriteObject>;
