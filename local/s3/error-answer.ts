import type { AwsError } from "../aws";
import type { S3Answer } from "./s3-call";
import { S3Error } from "./s3-errors";
import { xmlDocument } from "./s3-xml";

/** S3 has a name of its own for what IAM refuses. */
export const codeOf = ({ code }: AwsError): string => (code === "AccessDeniedException" ? "AccessDenied" : code);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
export function errorAnswer(
  error: AwsError,
  { resource, requestId }: { readonly resource: string; readonly requestId: string },
): S3Answer {
  const said = { Code: codeOf(error), Message: error.message, ...error.details };
  const headers = error instanceof S3Error ? error.headers : {};
  return {
    status: error.status,
    headers: { "content-type": "application/xml", ...headers },
    body: xmlDocument("Error", { ...said, Resource: resource, RequestId: requestId }, false),
  };
}
