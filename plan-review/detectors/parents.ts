import type { Change } from "../plan";
import type { PlanIndex } from "./plan-index";

type Link = readonly [attribute: string, parents: readonly string[]];

const FUNCTION: Link = ["function_name", ["aws_lambda_function", "aws_lambda_alias"]];
const BUCKET: Link = ["bucket", ["aws_s3_bucket", "aws_s3_directory_bucket"]];
const QUEUE: Link = ["queue_url", ["aws_sqs_queue"]];
const ROLE: Link = ["role", ["aws_iam_role"]];
const USER: Link = ["user", ["aws_iam_user"]];
const GROUP: Link = ["group", ["aws_iam_group"]];
const LOG_GROUP: Link = ["log_group_name", ["aws_cloudwatch_log_group"]];
const REPOSITORY: Link = ["repository", ["aws_ecr_repository", "aws_ecrpublic_repository"]];
const DOMAIN: Link = ["domain_name", ["aws_opensearch_domain", "aws_elasticsearch_domain"]];

/** Resources that are a part of another in AWS, and go with it: who the other is. */
const links: Readonly<Record<string, Link>> = {
  aws_lambda_permission: FUNCTION,
  aws_lambda_function_url: FUNCTION,
  aws_lambda_alias: FUNCTION,
  aws_lambda_function_event_invoke_config: FUNCTION,
  aws_lambda_provisioned_concurrency_config: FUNCTION,
  aws_sqs_queue_policy: QUEUE,
  aws_sqs_queue_redrive_policy: QUEUE,
  aws_sqs_queue_redrive_allow_policy: QUEUE,
  aws_sns_topic_policy: ["arn", ["aws_sns_topic"]],
  aws_sns_topic_subscription: ["topic_arn", ["aws_sns_topic"]],
  aws_s3_bucket_policy: BUCKET,
  aws_s3_bucket_acl: BUCKET,
  aws_s3_bucket_cors_configuration: BUCKET,
  aws_s3_bucket_lifecycle_configuration: BUCKET,
  aws_s3_bucket_logging: BUCKET,
  aws_s3_bucket_notification: BUCKET,
  aws_s3_bucket_object_lock_configuration: BUCKET,
  aws_s3_bucket_ownership_controls: BUCKET,
  aws_s3_bucket_public_access_block: BUCKET,
  aws_s3_bucket_replication_configuration: BUCKET,
  aws_s3_bucket_server_side_encryption_configuration: BUCKET,
  aws_s3_bucket_versioning: BUCKET,
  aws_s3_bucket_website_configuration: BUCKET,
  aws_iam_role_policy: ROLE,
  aws_iam_role_policy_attachment: ROLE,
  aws_iam_instance_profile: ROLE,
  aws_iam_user_policy: USER,
  aws_iam_user_policy_attachment: USER,
  aws_iam_user_login_profile: USER,
  aws_iam_access_key: USER,
  aws_iam_user_group_membership: USER,
  aws_iam_group_policy: GROUP,
  aws_iam_group_policy_attachment: GROUP,
  aws_iam_group_membership: GROUP,
  aws_kms_key_policy: ["key_id", ["aws_kms_key"]],
  aws_secretsmanager_secret_policy: ["secret_arn", ["aws_secretsmanager_secret"]],
  aws_ecr_repository_policy: REPOSITORY,
  aws_ecr_lifecycle_policy: REPOSITORY,
  aws_ecrpublic_repository_policy: ["repository_name", ["aws_ecrpublic_repository"]],
  aws_api_gateway_rest_api_policy: ["rest_api_id", ["aws_api_gateway_rest_api"]],
  aws_cloudwatch_event_bus_policy: ["event_bus_name", ["aws_cloudwatch_event_bus"]],
  aws_cloudwatch_event_permission: ["event_bus_name", ["aws_cloudwatch_event_bus"]],
  aws_cloudwatch_event_target: ["rule", ["aws_cloudwatch_event_rule"]],
  aws_cloudwatch_log_subscription_filter: LOG_GROUP,
  aws_cloudwatch_log_metric_filter: LOG_GROUP,
  aws_cloudwatch_log_destination_policy: ["destination_name", ["aws_cloudwatch_log_destination"]],
  aws_dynamodb_resource_policy: ["resource_arn", ["aws_dynamodb_table"]],
  aws_dynamodb_kinesis_streaming_destination: ["table_name", ["aws_dynamodb_table"]],
  aws_kinesis_resource_policy: ["resource_arn", ["aws_kinesis_stream"]],
  aws_opensearch_domain_policy: DOMAIN,
  aws_elasticsearch_domain_policy: DOMAIN,
  aws_efs_file_system_policy: ["file_system_id", ["aws_efs_file_system"]],
  aws_backup_vault_policy: ["backup_vault_name", ["aws_backup_vault"]],
  aws_ssoadmin_permission_set_inline_policy: ["permission_set_arn", ["aws_ssoadmin_permission_set"]],
  aws_ssoadmin_managed_policy_attachment: ["permission_set_arn", ["aws_ssoadmin_permission_set"]],
  aws_ssoadmin_customer_managed_policy_attachment: ["permission_set_arn", ["aws_ssoadmin_permission_set"]],
};

/** The resource that this one is a part of, where it is in the plan. */
export function parentOf(index: PlanIndex, change: Change): Change | undefined {
  const link = linkOf(change);
  if (!link) return undefined;
  const [attribute, types] = link;
  const parent = index.target(change, attribute, types);
  return parent === change ? undefined : parent;
}

const NONE: readonly string[] = [];

/** What types the resource may be of that this one is a part of. */
export const parentTypes = (change: Change): readonly string[] => linkOf(change)?.[1] ?? NONE;

const linkOf = ({ type }: Change): Link | undefined => (Object.hasOwn(links, type) ? links[type] : undefined);

/** The parent as the plan writes it: its address, else the value that names it; undefined for a resource that is no part of another. */
export const parentName = (index: PlanIndex, change: Change): string | undefined =>
  nameOfParent(change, parentOf(index, change));

/** As `parentName`, of a parent that was looked up already. */
export function nameOfParent(change: Change, parent: Change | undefined): string | undefined {
  if (parent) return parent.address;
  const attribute = linkOf(change)?.[0];
  if (!attribute) return undefined;
  const value = change.after?.[attribute] ?? change.before?.[attribute];
  return typeof value === "string" && value ? value : undefined;
}

/** Whether a resource becomes a part of another one than it was. */
export function changesParent(change: Change): boolean {
  const attribute = change.before && change.after ? linkOf(change)?.[0] : undefined;
  if (!attribute || !change.before || !change.after) return false;
  const [before, after] = [change.before[attribute], change.after[attribute]];
  // Unknown, it is the same one replaced, or cannot be told: its policy is judged by what changes in it.
  return typeof before === "string" && typeof after === "string" && before !== after;
}
