import { randomBytes } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../api-gateway/api-gateway";
import { withoutAbsent } from "../api-gateway/exchange";
import { type Access, AwsError, anonymous, type Caller, type Clock, type Log, type Place } from "../aws";
import { type AuthType, authorizerOf } from "./authorization";
import { Bucket } from "./bucket";
import {
  ofBucket,
  publicAccessArguments,
  readBucketName,
  readCors,
  readPublicAccessBlock,
  readVersioning,
  requireEncryption,
  requireLifecycle,
  requireOwnership,
} from "./bucket-arguments";
import { requireBucketPolicy } from "./bucket-policy";
import { corsHeaders, preflight } from "./cors";
import { errorAnswer } from "./error-answer";
import { isSigned, postObject, readForm } from "./form-upload";
import { listBuckets } from "./list";
import { operationFor } from "./operations";
import type { BucketCall, S3Answer, ServiceCall } from "./s3-call";
import { accessDenied, noSuchBucket, oldSignature } from "./s3-errors";
import { readRequest, type S3Request } from "./s3-request";

type Arguments = Readonly<Record<string, unknown>>;
type Attributes = Readonly<Record<string, unknown>>;

export interface S3Options {
  readonly place: Place;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Who signed a request, in its headers or its query. Asked only where it is signed.
   * @throws AwsError when the signature is not right
   */
  authenticate(request: HttpRequest): Caller;
  /**
   * Who signed a form's policy; fields by name in lower case. Asked only where it is signed.
   * @throws AwsError when the signature is not right
   */
  authenticateForm(fields: Readonly<Record<string, string>>): Caller;
}

/** An object as whoever watches sees it. */
export interface StoredObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly versionId: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

/** What of S3's resources is accepted and changes nothing here, by type. */
export const unenforcedOfS3: Readonly<Record<string, string>> = {
  aws_s3_bucket_lifecycle_configuration: "nothing expires, moves or is aborted by its rules",
  aws_s3_bucket_public_access_block:
    "what it says of ACLs, which are off in every bucket here; what it says of policies is",
  aws_s3_bucket_server_side_encryption_configuration: "encryption",
};

/**
 * Amazon S3, general purpose buckets.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export class S3 {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly options: S3Options) {}

  /**
   * Makes a bucket of the evaluated arguments of `aws_s3_bucket`.
   * @throws Error for a name that S3 would not take, or an argument that is not modelled
   */
  createBucket(given: Arguments): Attributes {
    const { place, clock } = this.options;
    const bucket = readBucketName(given);
    if (this.buckets.has(bucket)) {
      throw new Error(`aws_s3_bucket "${bucket}": a bucket of this name exists already. Choose another`);
    }
    const arn = `arn:${place.partition}:s3:::${bucket}`;
    this.buckets.set(bucket, new Bucket(bucket, arn, clock.now(), () => clock.now()));
    const suffix = place.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    return {
      id: bucket,
      bucket,
      arn,
      region: place.region,
      bucket_region: place.region,
      bucket_domain_name: `${bucket}.s3.${suffix}`,
      bucket_regional_domain_name: `${bucket}.s3.${place.region}.${suffix}`,
    };
  }

  /**
   * `aws_s3_bucket_policy`. What its statements mean is for whoever decides about calls to check.
   * @throws AwsError `MalformedPolicy` (400), `AccessDenied` (403) for a public policy where such are blocked
   */
  setPolicy(given: Arguments): Attributes {
    const { bucket, arguments: policy } = this.configured("aws_s3_bucket_policy", given, ["policy"]);
    const document = policy.requiredText("policy");
    requireBucketPolicy(document, bucket.arn, bucket.publicAccessBlock.blockPublicPolicy);
    bucket.policy = document;
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_versioning`. */
  setVersioning(given: Arguments): Attributes {
    const { bucket } = this.configured("aws_s3_bucket_versioning", given, ["versioning_configuration"]);
    const status = readVersioning(given);
    if (!status && bucket.versioning) {
      throw new Error(
        `aws_s3_bucket_versioning "${bucket.name}": versioning can be suspended, never be disabled again.`,
      );
    }
    bucket.versioning = status;
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_cors_configuration`. */
  setCors(given: Arguments): Attributes {
    const { bucket } = this.configured("aws_s3_bucket_cors_configuration", given, ["cors_rule"]);
    bucket.cors = readCors(given);
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_public_access_block`. */
  setPublicAccessBlock(given: Arguments): Attributes {
    const type = "aws_s3_bucket_public_access_block";
    const { bucket, arguments: block } = this.configured(type, given, publicAccessArguments);
    bucket.publicAccessBlock = readPublicAccessBlock(block);
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_ownership_controls`: `BucketOwnerEnforced`, which every bucket here has. */
  setOwnershipControls(given: Arguments): Attributes {
    const { bucket } = this.configured("aws_s3_bucket_ownership_controls", given, ["rule"]);
    requireOwnership(given);
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_server_side_encryption_configuration`: `AES256`, which every bucket would have. */
  setEncryption(given: Arguments): Attributes {
    const { bucket } = this.configured("aws_s3_bucket_server_side_encryption_configuration", given, ["rule"]);
    requireEncryption(given);
    return { id: bucket.name };
  }

  /** `aws_s3_bucket_lifecycle_configuration`: read, and not run. */
  setLifecycle(given: Arguments): Attributes {
    const { bucket } = this.configured("aws_s3_bucket_lifecycle_configuration", given, ["rule"]);
    requireLifecycle(given);
    return { id: bucket.name };
  }

  /**
   * What a bucket holds now, in the order of its keys.
   * @throws S3Error `NoSuchBucket` (404)
   */
  objectsOf(bucketName: string): readonly StoredObject[] {
    const bucket = this.bucketOf(bucketName);
    return bucket.keys().flatMap((key) => {
      const object = bucket.object(key);
      if (!object) return [];
      const { body, etag, headers, metadata } = object.content;
      const { versionId, lastModified } = object;
      return [{ key, body, contentType: headers["content-type"] ?? "", metadata, etag, versionId, lastModified }];
    });
  }

  /** Answers a request. What goes wrong becomes an answer. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    const { answer, cors } = this.answerWithCors(request, requestId);
    const headers = {
      "x-amz-request-id": requestId,
      "x-amz-id-2": randomBytes(42).toString("base64"),
      server: "AmazonS3",
      date: new Date(this.options.clock.now()).toUTCString(),
      ...cors,
      ...answer.headers,
    };
    const { body = Buffer.alloc(0), status } = answer;
    return {
      status,
      headers: withoutAbsent({
        ...headers,
        "content-length": status === 204 || status === 304 ? undefined : String(body.length),
      }),
      body: request.method === "HEAD" ? Buffer.alloc(0) : body,
    };
  }

  /** An answer, be it a refusal, and the headers that let a page of another origin read it. */
  private answerWithCors(http: HttpRequest, requestId: string): { answer: S3Answer; cors: S3Answer["headers"] } {
    const resource = http.path.split("?")[0] ?? "/";
    const log = (outcome: string): void => this.options.log("s3", `${http.method} ${resource} ${outcome}`);
    let cors: S3Answer["headers"] = {};
    try {
      const request = readRequest(http);
      const rules = this.buckets.get(request.bucketName ?? "")?.cors ?? [];
      if (request.method !== "OPTIONS") cors = corsHeaders(rules, request);
      const answer = this.answer(http, request);
      log(String(answer.status));
      return { answer, cors };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      log(`${error.status}: ${error.message}`);
      return { answer: errorAnswer(error, { resource, requestId }), cors };
    }
  }

  private answer(http: HttpRequest, request: S3Request): S3Answer {
    if (request.method === "OPTIONS") return preflight(this.buckets.get(request.bucketName ?? "")?.cors, request);
    const { bucketName, key = "", authType } = request;
    if (request.headers.authorization?.startsWith("AWS ") || request.query.has("AWSAccessKeyId")) throw oldSignature();
    const isForm = request.method === "POST" && request.key === undefined && !request.query.has("delete");
    if (isForm && bucketName !== undefined) return this.postForm(http, request, bucketName);
    const caller = authType === undefined ? anonymous : this.options.authenticate(http);
    const call = this.callBy(caller, http, request);
    this.requireOwner(request);
    const operation = operationFor(request);
    if (!operation) return this.listBuckets(call);
    return operation.run({ ...this.bucketCall(call, this.bucketOf(bucketName ?? ""), authType), key });
  }

  private postForm(http: HttpRequest, request: S3Request, bucketName: string): S3Answer {
    const bucket = this.bucketOf(bucketName);
    const form = readForm(request);
    if (form.fields.awsaccesskeyid !== undefined) throw oldSignature();
    const authType = isSigned(form) ? "POST" : undefined;
    const caller = authType ? this.options.authenticateForm(form.fields) : anonymous;
    return postObject(this.bucketCall(this.callBy(caller, http, request), bucket, authType), form);
  }

  private callBy(caller: Caller, { sourceIp }: HttpRequest, request: S3Request): ServiceCall {
    const { place, clock } = this.options;
    return { request, caller: { ...caller, sourceIp }, place, now: clock.now() };
  }

  private listBuckets(call: ServiceCall): S3Answer {
    if (call.caller.isAnonymous) throw accessDenied();
    this.options.access.authorize({ caller: call.caller, action: "s3:ListAllMyBuckets", resource: "*" });
    return listBuckets(call, [...this.buckets.values()]);
  }

  /** The account that a client says the bucket must belong to. */
  private requireOwner({ headers }: S3Request): void {
    const expected = headers["x-amz-expected-bucket-owner"];
    if (expected !== undefined && expected !== this.options.place.accountId) throw accessDenied();
  }

  private bucketCall(call: ServiceCall, bucket: Bucket, authType: AuthType | undefined): BucketCall {
    const { access, place } = this.options;
    const authorize = authorizerOf(access, { call, bucket, authType, accountId: place.accountId });
    return { ...call, bucket, authorize };
  }

  private bucketOf(bucketName: string): Bucket {
    const bucket = this.buckets.get(bucketName);
    if (!bucket) throw noSuchBucket(bucketName);
    return bucket;
  }

  /** The bucket that a resource configures, and its arguments. @throws Error for one that does not exist */
  private configured(type: string, given: Arguments, modelled: readonly string[]) {
    const { bucket: name, arguments: known } = ofBucket(type, given, modelled);
    const bucket = this.buckets.get(name);
    if (!bucket) throw known.error(`bucket names a bucket that does not exist: ${name}`);
    return { bucket, arguments: known };
  }
}
