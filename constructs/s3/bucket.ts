import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketCorsConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-cors-configuration";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { Construct } from "constructs";
import { policyDocument } from "../iam/policy-document";
import { PropError, requireInteger } from "../terraform/props";
import { Stack } from "../terraform/stack";

export interface BucketProps {
  /**
   * Start of the name: lower-case letters, digits and `-`. The account and the Region follow, as bucket names are unique in the world; with
   * them the name has at most 63 characters.
   */
  readonly bucketNamePrefix: string;
  /** Days that a version is kept after another took its place or it was deleted, 1–2,147,483,647. */
  readonly noncurrentVersionDays: number;
  /**
   * Whether Terraform refuses to delete the bucket while there are objects in it.
   * @default true
   */
  readonly isDeletionProtected?: boolean;
  /**
   * Origins whose pages may read and write objects by presigned URLs from a browser.
   * @default - none
   */
  readonly allowOrigins?: readonly string[];
}

const ACCOUNT_ID_LENGTH = 12;
const MAX_NAME_LENGTH = 63;

/**
 * A bucket that only this account's identities can use, and only over TLS: versioned, encrypted, without ACLs.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export class Bucket extends Construct {
  readonly bucketArn: string;
  readonly bucketName: string;

  constructor(scope: Construct, id: string, props: BucketProps) {
    super(scope, id);
    const { noncurrentVersionDays, allowOrigins = [] } = props;
    const { account, region } = Stack.of(this);
    this.requireName(props.bucketNamePrefix, region);
    requireInteger(this, "noncurrentVersionDays", noncurrentVersionDays, 1, 2_147_483_647);

    const bucket = new S3Bucket(this, "Resource", {
      bucket: `${props.bucketNamePrefix}-${account}-${region}`,
      forceDestroy: !(props.isDeletionProtected ?? true),
    });
    this.bucketArn = bucket.arn;
    this.bucketName = bucket.bucket;
    const target = { bucket: bucket.bucket };

    const accessBlock = new S3BucketPublicAccessBlock(this, "PublicAccessBlock", {
      ...target,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "OwnershipControls", {
      ...target,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "Encryption", {
      ...target,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const versioning = new S3BucketVersioningA(this, "Versioning", {
      ...target,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "Lifecycle", {
      ...target,
      rule: [
        {
          id: "remove-what-nobody-reads",
          status: "Enabled",
          // All objects. AWS wants the filter even so.
          filter: [{}],
          noncurrentVersionExpiration: [{ noncurrentDays: noncurrentVersionDays }],
          expiration: [{ expiredObjectDeleteMarker: true }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
      ],
      // Rules for old versions are refused, or mean something else, while there are none.
      dependsOn: [versioning],
    });
    new S3BucketPolicy(this, "Policy", {
      ...target,
      policy: this.policy(account),
      // S3 refuses changes of both at once.
      dependsOn: [accessBlock],
    });
    if (allowOrigins.length > 0) {
      new S3BucketCorsConfiguration(this, "Cors", {
        ...target,
        corsRule: [
          {
            allowedMethods: ["GET", "HEAD", "POST", "PUT"],
            allowedOrigins: [...allowOrigins],
            allowedHeaders: ["content-type"],
            exposeHeaders: ["ETag", "x-amz-version-id"],
            maxAgeSeconds: 600,
          },
        ],
      });
    }
  }

  /** Both statements spare the account itself, its root included, so nobody can lock it out. */
  private policy(account: string): string {
    const everything = {
      principal: "*",
      actions: ["s3:*"],
      resources: [this.bucketArn, `${this.bucketArn}/*`],
    } as const;
    return policyDocument([
      {
        sid: "DenyInsecureTransport",
        effect: "Deny",
        ...everything,
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        sid: "DenyOtherAccounts",
        effect: "Deny",
        ...everything,
        // A caller without an account, such as an anonymous one, is denied as well: a key that is absent equals nothing.
        conditions: { StringNotEquals: { "aws:PrincipalAccount": account } },
      },
    ]);
  }

  private requireName(prefix: string, region: string): void {
    const longest = MAX_NAME_LENGTH - ACCOUNT_ID_LENGTH - region.length - 2;
    if (prefix.length <= longest && /^[a-z0-9][a-z0-9-]{2,}$/.test(prefix)) return;
    throw new PropError(
      this,
      "bucketNamePrefix",
      `3–${longest} lower-case letters, digits and -, starting with a letter or digit`,
      prefix,
      `The account's 12 digits and ${region} follow, and a bucket's name has at most ${MAX_NAME_LENGTH} characters: shorten namePrefix or nameSuffix in settings`,
    );
  }
}
