import { AwsError } from "../aws";

/** A refusal of S3's that may bring headers with it. */
export class S3Error extends AwsError {
  /**
   * @param details elements of the error's XML, such as `Key`
   * @param headers headers of the answer, in lower case
   */
  constructor(
    code: string,
    message: string,
    status: number,
    override readonly details: Readonly<Record<string, string>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, status, details);
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const noSuchBucket = (bucketName: string): S3Error =>
  new S3Error("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: bucketName });

export const noSuchKey = (key: string, headers?: Readonly<Record<string, string>>): S3Error =>
  new S3Error("NoSuchKey", "The specified key does not exist.", 404, { Key: key }, headers);

export const noSuchUpload = (uploadId: string): S3Error =>
  new S3Error(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    404,
    { UploadId: uploadId },
  );

export const accessDenied = (message = "Access Denied"): S3Error => new S3Error("AccessDenied", message, 403);

export const invalidRequest = (message: string): S3Error => new S3Error("InvalidRequest", message, 400);

/** What S3 says to Signature Version 2, by which boto3 signs URLs and forms for an endpoint of one's own unless told otherwise. */
export const oldSignature = (): S3Error =>
  invalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");

export const invalidArgument = (message: string, ArgumentName: string, ArgumentValue: string): S3Error =>
  new S3Error("InvalidArgument", message, 400, { ArgumentName, ArgumentValue });

export const preconditionFailed = (Condition: string): S3Error =>
  new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition,
  });

/** What S3 says to a header that it does not do. */
export const headerNotImplemented = (Header: string): S3Error =>
  new S3Error("NotImplemented", "A header you provided implies functionality that is not implemented", 501, { Header });

/** What S3 does and this one does not: it is named, never taken in silence. */
export const notModelled = (what: string, known: readonly string[]): S3Error =>
  new S3Error("NotImplemented", `${what} is not modelled by the local run. It knows ${known.join(", ")}.`, 501);
