import { randomBytes } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../api-gateway/api-gateway";
import { withoutAbsent } from "../api-gateway/exchange";
import { type Access, AwsError, anonymous, type Caller, type Clock, type Log, type Place } from "../aws";
import { type AuthType, authorizerOf } from "./authorization";
import type { Bucket } from "./bucket";
import { corsHeaders, preflight } from "./cors";
import { errorAnswer } from "./error-answer";
import { isSigned, postObject, readForm } from "./form-upload";
import { listBuckets } from "./list";
import { operationFor } from "./operations";
import type { BucketCall, S3Answer, ServiceCall } from "./s3-call";
import { accessDenied, noSuchBucket, oldSignature } from "./s3-errors";
import { readRequest, type S3Request } from "./s3-request";

export interface S3EndpointOptions {
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

/** What clients talk to: finds out who asks for what, of which bucket, and answers. */
export class S3Endpoint {
  /** @param buckets those that there are now, by name */
  constructor(
    private readonly options: S3EndpointOptions,
    private readonly buckets: ReadonlyMap<string, Bucket>,
  ) {}

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
    this.requireOwner(request.headers["x-amz-expected-bucket-owner"]);
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
  private requireOwner(expected: string | undefined): void {
    if (expected !== undefined && expected !== this.options.place.accountId) throw accessDenied();
  }

  private bucketCall(call: ServiceCall, bucket: Bucket, authType: AuthType | undefined): BucketCall {
    const { access, place } = this.options;
    const authorize = authorizerOf(access, { call, bucket, authType, accountId: place.accountId });
    const inBucket: BucketCall["inBucket"] = (bucketName, expectedOwner) => {
      this.requireOwner(expectedOwner);
      return this.bucketCall(call, this.bucketOf(bucketName), authType);
    };
    return { ...call, bucket, authorize, inBucket };
  }

  private bucketOf(bucketName: string): Bucket {
    const bucket = this.buckets.get(bucketName);
    if (!bucket) throw noSuchBucket(bucketName);
    return bucket;
  }
}
