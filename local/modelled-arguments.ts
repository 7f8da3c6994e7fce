/** Arguments of the types that no service reads by itself. Any other is an error that names it. */
export const modelledArguments: Readonly<Record<string, readonly string[]>> = {
  aws_cloudwatch_log_group: ["name", "retention_in_days", "tags"],
  aws_cloudwatch_log_metric_filter: ["name", "pattern", "log_group_name", "metric_transformation"],
  aws_cloudwatch_metric_alarm: [
    ...[
      "alarm_name",
      "alarm_description",
      "namespace",
      "metric_name",
      "dimensions",
      "statistic",
      "extended_statistic",
      "period",
      "threshold",
    ],
    ...["evaluation_periods", "comparison_operator", "treat_missing_data", "alarm_actions", "ok_actions", "tags"],
  ],
  aws_iam_policy: ["name", "description", "policy", "tags"],
  aws_iam_role: ["name", "description", "assume_role_policy", "max_session_duration", "tags"],
  aws_iam_role_policy: ["name", "role", "policy"],
  aws_iam_role_policy_attachment: ["role", "policy_arn"],
  aws_kms_key: ["description", "enable_key_rotation", "policy", "tags"],
  aws_sqs_queue_policy: ["queue_url", "policy"],
  aws_sqs_queue_redrive_allow_policy: ["queue_url", "redrive_allow_policy"],
  aws_vpc_endpoint: [
    ...["service_name", "vpc_id", "vpc_endpoint_type", "subnet_ids", "security_group_ids", "private_dns_enabled"],
    ...["ip_address_type", "tags"],
  ],
};
