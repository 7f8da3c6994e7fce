import { bucketSettings } from "./bucket-settings";
import { COPY_SOURCE, copyObject, sourceHeaders, uploadPartCopy } from "./copy";
import { deleteObjects } from "./delete-objects";
import { listObjects, listObjectsV1, listVersions } from "./list";
import { listMultipartUploads, listParts } from "./list-uploads";
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload, uploadPart } from "./multipart-upload";
import { descriptionHeaders, overrides } from "./object-description";
import { deleteObject, getObject, getObjectTagging, putObject } from "./objects";
import type { BucketCall, ObjectCall, S3Answer } from "./s3-call";
import { notModelled, S3Error } from "./s3-errors";
import type { S3Request } from "./s3-request";

/** One operation of S3's: how it is told from others, and what of its input is modelled. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly on: "bucket" | "object";
  /** Parameters that must be there for it to be this one. */
  readonly by: readonly string[];
  /** A header that must be there for it to be this one. */
  readonly byHeader?: string;
  readonly query?: readonly string[];
  /** `x-amz-` headers, beside those of every request. */
  readonly headers?: readonly string[];
  readonly run: (call: ObjectCall) => S3Answer;
}

const checksums = ["x-amz-checksum-*", "x-amz-sdk-checksum-algorithm"];
const chunked = ["x-amz-decoded-content-length", "x-amz-trailer"];
const listing = ["prefix", "delimiter", "max-keys", "encoding-type"];
/** The SDKs ask for it, and get what is there anyway: nothing here is restored from an archive. */
const optional = ["x-amz-optional-object-attributes"];

/** Headers that any request may have. Of `x-amz-user-agent` and the like nothing depends. */
const everywhere = [
  ...["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"],
  "x-amz-expected-bucket-owner",
];

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
function headBucket({ authorize, place }: BucketCall): S3Answer {
  authorize({ action: "s3:ListBucket" });
  return { status: 200, headers: { "x-amz-bucket-region": place.region, "content-type": "application/xml" } };
}

/** Those that take more to be told come first. */
const operations: readonly Operation[] = [
  { name: "HeadBucket", method: "HEAD", on: "bucket", by: [], run: headBucket },
  ...bucketSettings.map(
    ({ name, parameter, action, read }): Operation => ({
      name,
      method: "GET",
      on: "bucket",
      by: [parameter],
      run: (call) => {
        call.authorize({ action });
        return read(call);
      },
    }),
  ),
  {
    name: "ListObjectsV2",
    method: "GET",
    on: "bucket",
    by: ["list-type"],
    query: [...listing, "continuation-token", "fetch-owner", "start-after"],
    headers: optional,
    run: listObjects,
  },
  {
    name: "ListObjectVersions",
    method: "GET",
    on: "bucket",
    by: ["versions"],
    query: [...listing, "key-marker"],
    headers: optional,
    run: listVersions,
  },
  {
    name: "ListMultipartUploads",
    method: "GET",
    on: "bucket",
    by: ["uploads"],
    query: ["prefix", "max-uploads", "key-marker", "upload-id-marker", "encoding-type"],
    run: listMultipartUploads,
  },
  {
    name: "ListObjects",
    method: "GET",
    on: "bucket",
    by: [],
    query: [...listing, "marker"],
    headers: optional,
    run: listObjectsV1,
  },
  {
    name: "DeleteObjects",
    method: "POST",
    on: "bucket",
    by: ["delete"],
    headers: [...checksums, ...chunked],
    run: deleteObjects,
  },
  {
    name: "UploadPartCopy",
    method: "PUT",
    on: "object",
    by: ["uploadId", "partNumber"],
    byHeader: COPY_SOURCE,
    headers: [...sourceHeaders, "x-amz-copy-source-range"],
    run: uploadPartCopy,
  },
  {
    name: "UploadPart",
    method: "PUT",
    on: "object",
    by: ["uploadId", "partNumber"],
    headers: [...checksums, ...chunked],
    run: uploadPart,
  },
  {
    name: "CopyObject",
    method: "PUT",
    on: "object",
    by: [],
    byHeader: COPY_SOURCE,
    headers: [
      ...[...sourceHeaders, ...descriptionHeaders, "x-amz-meta-*", "x-amz-checksum-algorithm"],
      ...["x-amz-metadata-directive", "x-amz-tagging-directive"],
    ],
    run: copyObject,
  },
  {
    name: "PutObject",
    method: "PUT",
    on: "object",
    by: [],
    headers: [...descriptionHeaders, ...checksums, ...chunked, "x-amz-meta-*"],
    run: putObject,
  },
  {
    name: "CreateMultipartUpload",
    method: "POST",
    on: "object",
    by: ["uploads"],
    headers: [...descriptionHeaders, "x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-meta-*"],
    run: createMultipartUpload,
  },
  {
    name: "CompleteMultipartUpload",
    method: "POST",
    on: "object",
    by: ["uploadId"],
    headers: checksums,
    run: completeMultipartUpload,
  },
  { name: "AbortMultipartUpload", method: "DELETE", on: "object", by: ["uploadId"], run: abortMultipartUpload },
  {
    name: "ListParts",
    method: "GET",
    on: "object",
    by: ["uploadId"],
    query: ["max-parts", "part-number-marker", "encoding-type"],
    run: listParts,
  },
  {
    name: "GetObjectTagging",
    method: "GET",
    on: "object",
    by: ["tagging"],
    query: ["versionId"],
    run: getObjectTagging,
  },
  { name: "DeleteObject", method: "DELETE", on: "object", by: [], query: ["versionId"], run: deleteObject },
  ...["GET", "HEAD"].map(
    (method): Operation => ({
      name: method === "GET" ? "GetObject" : "HeadObject",
      method,
      on: "object",
      by: [],
      query: ["versionId", ...overrides],
      headers: ["x-amz-checksum-mode"],
      run: getObject,
    }),
  ),
];

/** The SDKs name each operation in its query. */
const SDK_NAME = "x-id";

/**
 * The operation that a request asks for; nothing where it asks for the account's buckets.
 *
 * @throws S3Error `NotImplemented` (501): S3 has it, and this one has not, or not with this parameter or header
 * @throws S3Error `MethodNotAllowed` (405)
 */
export function operationFor(request: S3Request): Operation | undefined {
  const { method, bucketName, key, query } = request;
  if (bucketName === undefined) {
    if (method !== "GET") throw methodNotAllowed(method, "SERVICE");
    const known = ["max-buckets", "continuation-token", "prefix", "bucket-region"];
    requireModelled(request, { name: "ListBuckets", by: [], query: known });
    return undefined;
  }
  const on = key === undefined ? "bucket" : "object";
  const possible = operations.filter((operation) => operation.method === method && operation.on === on);
  const operation = possible.find(
    ({ by, byHeader }) =>
      by.every((name) => query.has(name)) && (byHeader === undefined || request.headers[byHeader] !== undefined),
  );
  if (!operation || asksForMore(operation, query)) {
    if (possible.length === 0 && !(method === "PUT" || method === "DELETE")) {
      throw methodNotAllowed(method, on.toUpperCase());
    }
    const names = [...query.keys()].filter((name) => name !== SDK_NAME);
    const what = `${method} of ${on === "bucket" ? "a bucket" : "an object"}${names.length > 0 ? ` with ${names.join(", ")}` : ""}`;
    throw notModelled(what, operations.map(({ name }) => name).concat("ListBuckets"));
  }
  requireModelled(request, operation);
  return operation;
}

/** Whether a request names something of the bucket or object, such as `?acl`, that the operation is not about. */
const asksForMore = ({ by, query: parameters = [] }: Operation, query: S3Request["query"]): boolean =>
  by.length === 0 && [...query].some(([name, value]) => value === "" && !parameters.includes(name));

const methodNotAllowed = (Method: string, ResourceType: string): S3Error =>
  new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, {
    Method,
    ResourceType,
  });

/** Nothing is dropped in silence: what is not known is refused by name. */
function requireModelled(request: S3Request, operation: Pick<Operation, "name" | "by" | "query" | "headers">): void {
  const { name, by, query = [], headers = [] } = operation;
  const parameters = [...by, ...query];
  const parameter = [...request.query.keys()].find((one) => one !== SDK_NAME && !parameters.includes(one));
  if (parameter !== undefined) {
    throw notModelled(`${parameter} of ${name}`, parameters.length > 0 ? parameters : ["no parameters here"]);
  }
  const known = [...everywhere, ...headers];
  const isKnown = (header: string): boolean =>
    known.some((one) => (one.endsWith("*") ? header.startsWith(one.slice(0, -1)) : header === one));
  const header = Object.keys(request.headers).find((one) => one.startsWith("x-amz-") && !isKnown(one));
  if (header !== undefined) throw notModelled(`${header} of ${name}`, known);
}
