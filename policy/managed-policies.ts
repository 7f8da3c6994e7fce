/**
 * AWS's own policies, by the part of their ARN that follows `policy/`.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayPushToCloudWatchLogs.html
 */
export const managedPolicies: Readonly<Record<string, string>> = {
  "service-role/AmazonAPIGatewayPushToCloudWatchLogs": JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
      ],
      Resource: "*",
    },
  }),
};
