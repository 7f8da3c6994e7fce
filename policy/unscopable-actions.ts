/**
 * Actions that AWS lets nobody scope to a resource, each with the page that says so: the only ones that may be granted on `*`.
 */
export const unscopableActions: Readonly<Record<string, string>> = {
  "dynamodb:ListStreams": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
  "s3:ListAllMyBuckets": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
  "sns:ListTopics": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
  "xray:PutTraceSegments": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html",
  "xray:PutTelemetryRecords": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html",
};
