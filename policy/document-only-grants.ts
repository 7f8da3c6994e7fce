/** A grant that the systems' documents ask for and nothing here uses. */
export interface DocumentOnlyGrant {
  /** The documented policy that holds it. */
  readonly policy: string;
  /** Its actions; none where the policy is AWS's own. */
  readonly actions: readonly string[];
  readonly reason: string;
}

/**
 * The only grants that nothing uses. Every other action that a policy of this project grants is used by some part of it; what is
 * neither used nor listed here is a mistake.
 */
export const documentOnlyGrants: readonly DocumentOnlyGrant[] = [
  {
    policy: "Lambda-Write-DynamoDB",
    actions: ["dynamodb:DescribeTable"],
    reason: "The document lists it; the SDK writes an item without describing the table.",
  },
  {
    policy: "Lambda-Read-SQS",
    actions: ["sqs:ChangeMessageVisibility"],
    reason: "The document lists it; Lambda leaves failed messages to the queue's visibility timeout.",
  },
  {
    policy: "Lambda-SNS-Publish",
    actions: ["sns:GetTopicAttributes", "sns:ListTopics"],
    reason: "The document lists them; publishing takes the topic's ARN, which the function is given.",
  },
  {
    policy: "AmazonAPIGatewayPushToCloudWatchLogs",
    actions: [],
    reason:
      "The document puts it on APIGateway-SQS; API Gateway logs under the account's role, not under the integration's.",
  },
];
