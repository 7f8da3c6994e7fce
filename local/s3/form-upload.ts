import { etagOf } from "./bucket";
import { verifyChecksums } from "./checksums";
import { describe, keptHeaders, requireKey } from "./object-description";
import { type FormFields, requirePostPolicy } from "./post-policy";
import { type BucketCall, encryptionHeader, type S3Answer, versionHeader } from "./s3-call";
import { invalidArgument, S3Error } from "./s3-errors";
import type { S3Request } from "./s3-request";
import { xmlDocument } from "./s3-xml";

/** A form as a browser sends it to a bucket. */
export interface UploadForm {
  /** Those before the file, by name in lower case. */
  readonly fields: FormFields;
  readonly file: Buffer;
  /** As the browser calls it, without the folder; none where it does not say. */
  readonly filename?: string;
}

/** Of all that comes before the file. */
const MAX_FIELD_BYTES = 20_480;

/** The fields of a signature: all, or none. */
const signatureFields = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "Policy", "X-Amz-Signature"];

const malformed = (): S3Error =>
  new S3Error("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.", 400);

const missingField = (name: string): S3Error =>
  invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    name,
    "",
  );

/**
 * Reads a form whose file comes last: what comes behind it is not looked at.
 *
 * @throws S3Error `PreconditionFailed` (412): no form; `MalformedPOSTRequest`, `MaxPostPreDataLengthExceeded`, `InvalidArgument` (400)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export function readForm({ headers, body }: Pick<S3Request, "headers" | "body">): UploadForm {
  const contentType = headers["content-type"] ?? "";
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
      Condition: "Bucket POST must be of the enclosure-type multipart/form-data",
    });
  }
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw malformed();
  const fields: Record<string, string> = Object.create(null);
  for (const part of partsOf(body, boundary)) {
    if (part.name.toLowerCase() === "file") return { fields, file: part.content, filename: part.filename };
    fields[part.name.toLowerCase()] = part.content.toString();
    if (part.end > MAX_FIELD_BYTES) {
      const sentence = "Your POST request fields preceeding the upload file was too large.";
      throw new S3Error("MaxPostPreDataLengthExceeded", sentence, 400, {
        MaxPostPreDataLengthBytes: String(MAX_FIELD_BYTES),
      });
    }
  }
  throw invalidArgument("POST requires exactly one file upload per request.", "file", "0");
}

interface FormPart {
  readonly name: string;
  readonly filename?: string;
  readonly content: Buffer;
  /** Where it ends in the body. */
  readonly end: number;
}

/** @see https://www.rfc-editor.org/rfc/rfc7578 */
function* partsOf(body: Buffer, boundary: string): Generator<FormPart> {
  const delimiter = `\r\n--${boundary}`;
  let at = body.indexOf(delimiter.slice(2));
  if (at < 0) throw malformed();
  at += delimiter.length - 2;
  for (;;) {
    if (body.toString("latin1", at, at + 2) === "--") return;
    const start = body.indexOf("\r\n", at);
    const headersEnd = body.indexOf("\r\n\r\n", start);
    const end = body.indexOf(delimiter, headersEnd);
    if (start < 0 || headersEnd < 0 || end < 0) throw malformed();
    const headers = body.toString("utf8", start, headersEnd);
    const [, disposition = ""] = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers) ?? [];
    const name = parameterOf(disposition, "name");
    if (name === undefined) throw malformed();
    const filename = parameterOf(disposition, "filename")?.replace(/^.*[\\/]/s, "");
    yield { name, filename, content: body.subarray(headersEnd + 4, end), end };
    at = end + delimiter.length;
  }
}

/** Browsers write quotes and line ends in names as `%22`, `%0D`, `%0A`; other clients write a backslash before a quote. */
function parameterOf(disposition: string, name: string): string | undefined {
  const pattern = new RegExp(`(?:^|;)\\s*${name}=(?:"((?:\\\\"|[^"])*)"|([^;\\s]*))`, "i");
  const [, quoted, bare] = pattern.exec(disposition) ?? [];
  return (quoted ?? bare)?.replace(/\\"/g, '"').replace(/%22/g, '"').replace(/%0d/gi, "\r").replace(/%0a/gi, "\n");
}

/**
 * Whether a form is signed.
 * @throws S3Error `InvalidArgument` (400): it has some of the fields of a signature, and not all
 */
export function isSigned({ fields }: UploadForm): boolean {
  const missing = signatureFields.filter((name) => fields[name.toLowerCase()] === undefined);
  const unsigned = signatureFields.filter((name) => name !== "Policy");
  if (unsigned.every((name) => missing.includes(name))) return false;
  const [first] = missing;
  if (first) throw missingField(first);
  return true;
}

/** The key that a form asks for, with the file's name in the place of `${filename}`. */
export function keyOf({ fields, filename }: UploadForm): string {
  const key = fields.key;
  if (!key) throw missingField("key");
  const named = filename === undefined ? key : key.split("${filename}").join(filename);
  if (named === "") throw missingField("key");
  requireKey(named);
  return named;
}

/** Fields that mean what the headers of a PutObject mean; `x-amz-meta-*` and `x-amz-checksum-*` beside them. */
const formFields = new Set([
  ...["key", "bucket", "policy", "acl", "success_action_redirect", "redirect", "success_action_status"],
  ...["content-encoding", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"],
  ...["x-amz-security-token", "x-amz-server-side-encryption", "x-amz-storage-class", ...keptHeaders],
]);

/** @throws S3Error `NotImplemented` (501) for a field that S3 reads and this one does not */
function requireModelled(fields: FormFields): void {
  const other = Object.keys(fields).find(
    (name) => !formFields.has(name) && /^(x-amz-(?!meta-|checksum-)|tagging$)/.test(name),
  );
  if (other === undefined) return;
  throw new S3Error("NotImplemented", `The field ${other} of a form is not modelled by the local run.`, 501);
}

/**
 * Stores what a form holds.
 *
 * @param call by whoever signed the form
 * @throws S3Error what `requirePostPolicy` throws, and what is wrong with the object
 */
export function postObject(call: BucketCall, form: UploadForm): S3Answer {
  const { bucket, now, authorize } = call;
  const { fields, file } = form;
  const key = keyOf(form);
  requireModelled(fields);
  if (isSigned(form)) {
    requirePostPolicy({ ...fields, key, bucket: bucket.name }, file.length, now);
  }
  const context = { "s3:ObjectCreationOperation": "true", "s3:x-amz-acl": fields.acl };
  authorize({ action: "s3:PutObject", key, context });
  const headers = { ...fields, "x-amz-acl": fields.acl };
  const checksum = verifyChecksums(file, headers);
  const object = bucket.put(key, { ...describe(headers), body: file, checksum, etag: etagOf(file) });
  const location = `http://${call.request.headers.host ?? ""}/${bucket.name}/${encodeURIComponent(key)}`;
  const common = { etag: object.content.etag, location, ...encryptionHeader, ...versionHeader(bucket, object) };
  return { ...outcome(fields, { bucket: bucket.name, key, etag: object.content.etag, location }, common) };
}

interface Stored {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly location: string;
}

/** What the form wants to be answered; 204 where it does not say, or not in a way that there is. */
function outcome(fields: FormFields, stored: Stored, headers: Readonly<Record<string, string>>): S3Answer {
  const redirect = fields.success_action_redirect ?? fields.redirect ?? "";
  if (/^https?:\/\/[\x21-\x7e]+$/.test(redirect)) {
    const { bucket, key, etag } = stored;
    const told = new URLSearchParams({ bucket, key, etag });
    const location = `${redirect}${redirect.includes("?") ? "&" : "?"}${told}`;
    return { status: 303, headers: { ...headers, location } };
  }
  if (fields.success_action_status === "200") return { status: 200, headers };
  if (fields.success_action_status !== "201") return { status: 204, headers };
  const { location: Location, bucket: Bucket, key: Key, etag: ETag } = stored;
  return {
    status: 201,
    headers: { ...headers, "content-type": "application/xml" },
    body: xmlDocument("PostResponse", { Location, Bucket, Key, ETag }, false),
  };
}
