import { MAX_MEDIA_TYPE_LENGTH, MEDIA_TYPE } from "../http/media-type";
import { Problem, refusal, type Violation } from "../http/problem";
import { integerOf, readQuery } from "../http/query";
import type { Request } from "../http/request";
import { brokenKeyRule, isWellFormed, MAX_KEY_BYTES, WITHOUT_CONTROLS } from "../storage/object-key";

const operations = ["upload", "download", "upload-form"] as const;
export type Operation = (typeof operations)[number];

/** What a URL is asked for. */
export interface UrlRequest {
  readonly operation: Operation;
  /** Key in the bucket: the prefix and the file's own. */
  readonly key: string;
  readonly expiresIn: number;
  readonly contentType?: string;
  readonly contentLength?: number;
  readonly fileName?: string;
}

/** Longest life of a URL in seconds, which is also the usual one. */
const MAX_SECONDS = 3600;

/** Longest name of a downloaded file, in characters. */
const MAX_FILE_NAME_LENGTH = 255;

const names = ["operation", "fileKey", "expiresIn", "contentType", "contentLength", "fileName"] as const;
type Parameters = Readonly<Partial<Record<(typeof names)[number], string>>>;

const forAll = ["operation", "fileKey", "expiresIn"] as const;
const parametersOf: Readonly<Record<Operation, readonly (keyof Parameters)[]>> = {
  upload: [...forAll, "contentType", "contentLength"],
  "upload-form": [...forAll, "contentType", "contentLength"],
  download: [...forAll, "fileName"],
};

function readOperation({ query }: Request): Operation {
  const [value, another] = query.get("operation") ?? [];
  const operation = operations.find((one) => one === value);
  if (operation && another === undefined) return operation;
  throw new Problem(400, "Invalid operation", {
    message: "Invalid operation",
    errors: [{ field: "operation", rule: `must be one of ${operations.join(", ")}` }],
  });
}

/**
 * Whether S3 would put the uploaded file's name into a field of a form.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
 */
const isReplaced = (operation: Operation, value: string): boolean =>
  operation === "upload-form" && value.includes("${filename}");

const REPLACED = "must not have ${filename} in it, which a form replaces";

/** The rule that a parameter's value breaks, or nothing. */
type Rule = (value: string) => string | undefined;

const isFileName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= MAX_FILE_NAME_LENGTH &&
  WITHOUT_CONTROLS.test(name) &&
  isWellFormed(name) &&
  !/[/\\]/.test(name);

/**
 * Reads what a URL is asked for.
 *
 * @param keyPrefix what the key in the bucket begins with
 * @param maxUploadBytes bound of `contentLength`
 * @throws Problem 400 that names every parameter that is wrong; for the operation, with the message `Invalid operation`
 */
export function readUrlRequest(request: Request, keyPrefix: string, maxUploadBytes: number): UrlRequest {
  const operation = readOperation(request);
  const given = readQuery(request, names);
  const fileKey = given.fileKey ?? "";
  const rules: Readonly<Record<keyof Parameters, Rule>> = {
    operation: () => undefined,
    fileKey: (value) =>
      given.fileKey === undefined
        ? "is required"
        : isReplaced(operation, value)
          ? REPLACED
          : brokenKeyRule(value, MAX_KEY_BYTES - Buffer.byteLength(keyPrefix)),
    expiresIn: (value) =>
      integerOf(value, 1, MAX_SECONDS) ? undefined : `must be a whole number of seconds, 1–${MAX_SECONDS}`,
    contentType: (value) => {
      if (value.length > MAX_MEDIA_TYPE_LENGTH || !MEDIA_TYPE.test(value)) {
        return "must be a media type, such as image/png";
      }
      return isReplaced(operation, value) ? REPLACED : undefined;
    },
    contentLength: (value) =>
      integerOf(value, 0, maxUploadBytes) === undefined
        ? `must be a whole number of bytes, 0–${maxUploadBytes}`
        : undefined,
    fileName: (value) =>
      isFileName(value)
        ? undefined
        : `must be 1–${MAX_FILE_NAME_LENGTH} characters without control characters and slashes`,
  };
  const violations = names.flatMap((field): Violation[] => {
    const value = field === "fileKey" ? fileKey : given[field];
    if (value === undefined) return [];
    const rule = parametersOf[operation].includes(field) ? rules[field](value) : `is not for ${operation}`;
    return rule ? [{ field, rule }] : [];
  });
  if (violations.length > 0) throw refusal(violations);
  return {
    operation,
    key: keyPrefix + fileKey,
    expiresIn: Number(given.expiresIn ?? MAX_SECONDS),
    contentType: given.contentType,
    contentLength: given.contentLength === undefined ? undefined : Number(given.contentLength),
    fileName: given.fileName,
  };
}
