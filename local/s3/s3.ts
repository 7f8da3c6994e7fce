import type * as z from "zod/mini";
import type { HttpRequest, HttpResponse } from "../api-gateway/api-gateway";
import { forgetting, type Journals } from "../journal";
import { argumentError, readArguments } from "../resource-arguments";
import { Bucket } from "./bucket";
import {
  CorsArguments,
  corsRulesOf,
  EncryptionArguments,
  LifecycleArguments,
  OwnershipArguments,
  PolicyArguments,
  PublicAccessBlockArguments,
  publicAccessBlockOf,
  readBucketName,
  VersioningArguments,
} from "./bucket-arguments";
import { BucketContents } from "./bucket-contents";
import { requireBucketPolicy } from "./bucket-policy";
import { S3Endpoint, type S3EndpointOptions } from "./s3-endpoint";
import { noSuchBucket } from "./s3-errors";

type Arguments = Readonly<Record<string, unknown>>;
type Attributes = Readonly<Record<string, unknown>>;

export interface S3Options extends S3EndpointOptions {
  /** Where objects and uploads are written down. @default - nowhere */
  readonly journals?: Journals;
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

/** Arguments that no update changes, by type: with another value Terraform makes another resource, and its objects are not this one's. */
export const replacingOfS3: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [
    ...["", "_policy", "_versioning", "_cors_configuration", "_public_access_block", "_ownership_controls"],
    ...["_server_side_encryption_configuration", "_lifecycle_configuration"],
  ].map((configuration) => [`aws_s3_bucket${configuration}`, ["bucket"]]),
);

/**
 * Amazon S3, general purpose buckets. Objects belong to a bucket's name: a bucket that is made again in a later run with the same journals has
 * those that were there, and uploads under way, unless it was deleted.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export class S3 {
  private readonly buckets = new Map<string, Bucket>();
  private readonly contents: BucketContents;
  private readonly endpoint: S3Endpoint;

  /** @throws Error for a journal that cannot be read */
  constructor(private readonly options: S3Options) {
    this.contents = new BucketContents(options.journals ?? forgetting);
    this.endpoint = new S3Endpoint(options, this.buckets);
  }

  /**
   * Makes a bucket of the evaluated arguments of `aws_s3_bucket`.
   * @throws Error for a name that S3 would not take, or an argument that is not modelled
   */
  createBucket(given: Arguments): Attributes {
    const { place, clock } = this.options;
    const name = readBucketName(given);
    if (this.buckets.has(name)) {
      throw argumentError("aws_s3_bucket", given, "a bucket of this name exists already. Choose another");
    }
    const arn = `arn:${place.partition}:s3:::${name}`;
    const bucket = new Bucket(name, arn, clock.now(), () => clock.now(), this.contents);
    this.buckets.set(name, bucket);
    return this.attributesOf(bucket);
  }

  /**
   * Goes on with other arguments of a bucket, and all that it holds.
   * @returns what `createBucket` does
   * @throws Error as `createBucket` does, and for a name that no bucket has
   */
  updateBucket(given: Arguments): Attributes {
    const name = readBucketName(given);
    const bucket = this.buckets.get(name);
    if (!bucket) throw argumentError("aws_s3_bucket", given, "there is no bucket of this name to update");
    return this.attributesOf(bucket);
  }

  /** Deletes a bucket and what it holds, for good, be it protected or not: `force_destroy` is not asked. */
  deleteBucket(bucketName: string): void {
    this.buckets.get(bucketName)?.empty();
    this.buckets.delete(bucketName);
  }

  /**
   * `aws_s3_bucket_policy`. What its statements mean is for whoever decides about calls to check.
   * @throws AwsError `MalformedPolicy` (400), `AccessDenied` (403) for a public policy where such are blocked
   */
  setPolicy(given: Arguments): Attributes {
    const { bucket, read } = this.configured("aws_s3_bucket_policy", PolicyArguments, given);
    requireBucketPolicy(read.policy, bucket.arn, bucket.publicAccessBlock?.blockPublicPolicy === true);
    bucket.policy = read.policy;
    return { id: bucket.name };
  }

  /** Takes a bucket's policy away. Here as in all that is taken away: where the bucket is gone, so is this. */
  removePolicy(bucketName: string): void {
    this.change(bucketName, (bucket) => {
      bucket.policy = undefined;
    });
  }

  /** `aws_s3_bucket_versioning`, made or changed. */
  setVersioning(given: Arguments): Attributes {
    const { bucket, read } = this.configured("aws_s3_bucket_versioning", VersioningArguments, given);
    const { status } = read.versioning_configuration;
    if (status === "Disabled" && bucket.versioning) {
      const sentence = "versioning can be suspended, never be disabled again";
      throw argumentError("aws_s3_bucket_versioning", given, sentence);
    }
    bucket.versioning = status === "Disabled" ? undefined : status;
    return { id: bucket.name };
  }

  /** Takes the configuration of versioning away, as Terraform does: versions stay, and no further ones are made. */
  removeVersioning(bucketName: string): void {
    this.change(bucketName, (bucket) => {
      if (bucket.versioning) bucket.versioning = "Suspended";
    });
  }

  /** `aws_s3_bucket_cors_configuration`, made or changed. */
  setCors(given: Arguments): Attributes {
    const { bucket, read } = this.configured("aws_s3_bucket_cors_configuration", CorsArguments, given);
    bucket.cors = corsRulesOf(read);
    return { id: bucket.name };
  }

  removeCors(bucketName: string): void {
    this.change(bucketName, (bucket) => {
      bucket.cors = [];
    });
  }

  /** `aws_s3_bucket_public_access_block`, made or changed. */
  setPublicAccessBlock(given: Arguments): Attributes {
    const { bucket, read } = this.configured("aws_s3_bucket_public_access_block", PublicAccessBlockArguments, given);
    bucket.publicAccessBlock = publicAccessBlockOf(read);
    return { id: bucket.name };
  }

  removePublicAccessBlock(bucketName: string): void {
    this.change(bucketName, (bucket) => {
      bucket.publicAccessBlock = undefined;
    });
  }

  /** `aws_s3_bucket_ownership_controls`: `BucketOwnerEnforced`, which every bucket here has. */
  setOwnershipControls(given: Arguments): Attributes {
    return { id: this.configured("aws_s3_bucket_ownership_controls", OwnershipArguments, given).bucket.name };
  }

  /** `aws_s3_bucket_server_side_encryption_configuration`: `AES256`, which every bucket would have. */
  setEncryption(given: Arguments): Attributes {
    return {
      id: this.configured("aws_s3_bucket_server_side_encryption_configuration", EncryptionArguments, given).bucket.name,
    };
  }

  /** `aws_s3_bucket_lifecycle_configuration`: read, and not run. */
  setLifecycle(given: Arguments): Attributes {
    return { id: this.configured("aws_s3_bucket_lifecycle_configuration", LifecycleArguments, given).bucket.name };
  }

  /** What earlier runs left in buckets that nobody has made in this one, such as `bucket files: 3 keys`. It is kept. */
  unclaimed(): readonly string[] {
    const left = this.contents.names().filter((name) => !this.buckets.has(name));
    return left.map((name) => `bucket ${name}: ${this.contents.of(name).versions.size} keys`);
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
  handle(request: HttpRequest): Promise<HttpResponse> {
    return this.endpoint.handle(request);
  }

  private attributesOf({ name: bucket, arn }: Bucket): Attributes {
    const { partition, region } = this.options.place;
    const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    return {
      id: bucket,
      bucket,
      arn,
      region,
      bucket_region: region,
      bucket_domain_name: `${bucket}.s3.${suffix}`,
      bucket_regional_domain_name: `${bucket}.s3.${region}.${suffix}`,
    };
  }

  private change(bucketName: string, change: (bucket: Bucket) => void): void {
    const bucket = this.buckets.get(bucketName);
    if (bucket) change(bucket);
  }

  private bucketOf(bucketName: string): Bucket {
    const bucket = this.buckets.get(bucketName);
    if (!bucket) throw noSuchBucket(bucketName);
    return bucket;
  }

  /** The bucket that a resource configures, and its arguments. @throws Error for one that does not exist */
  private configured<Schema extends z.ZodMiniType<{ readonly bucket: string }>>(
    type: string,
    schema: Schema,
    given: Arguments,
  ) {
    const read = readArguments(type, schema, given);
    const bucket = this.buckets.get(read.bucket);
    if (!bucket) throw argumentError(type, given, `bucket names a bucket that does not exist: ${read.bucket}`);
    return { bucket, read };
  }
}
