import { Fn } from "cdktf";

/** `eu-west-1` → `eu-west-1.console.aws.amazon.com`: China and GovCloud have consoles of their own. */
function host(region: string): string {
  if (region.startsWith("cn-")) return `${region}.console.amazonaws.cn`;
  if (region.startsWith("us-gov-")) return `${region}.console.amazonaws-us-gov.com`;
  return `${region}.console.aws.amazon.com`;
}

/** S3's console is not a Region's. */
const s3Host = (region: string): string => host(region).replace(`${region}.`, "s3.");

/** Links into the AWS console. The arguments may be references, which Terraform encodes where a link needs it. */
export const consoleUrl = {
  api: (region: string, restApiId: string, stageName: string): string =>
    `https://${host(region)}/apigateway/main/apis/${restApiId}/stages?api=${restApiId}&region=${region}&stage=${stageName}`,
  bucket: (region: string, bucketName: string): string =>
    `https://${s3Host(region)}/s3/buckets/${bucketName}?region=${region}`,
  dashboard: (region: string, dashboardName: string): string =>
    `https://${host(region)}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`,
  queue: (region: string, queueUrl: string): string =>
    `https://${host(region)}/sqs/v3/home?region=${region}#/queues/${Fn.urlencode(queueUrl)}`,
  table: (region: string, tableName: string): string =>
    `https://${host(region)}/dynamodbv2/home?region=${region}#item-explorer?table=${tableName}`,
  topic: (region: string, topicArn: string): string =>
    `https://${host(region)}/sns/v3/home?region=${region}#/topic/${topicArn}`,
};
