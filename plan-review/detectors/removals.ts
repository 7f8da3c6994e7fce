/** A type of resource whose absence others feel. */
export interface Removal {
  readonly noun: string;
  /** What stops. */
  readonly stops: string;
  /** Attribute and types of what it serves: where that is deleted, too, nothing is interrupted. */
  readonly serves?: readonly [attribute: string, types: readonly string[]];
  /** What a new one in its place does not give back. @default - a replacement is no interruption to speak of */
  readonly replaced?: string;
}

const REST: Removal["serves"] = ["rest_api_id", ["aws_api_gateway_rest_api"]];
const HTTP: Removal["serves"] = ["api_id", ["aws_apigatewayv2_api"]];

export const removals: Readonly<Record<string, Removal>> = {
  aws_lambda_function: {
    noun: "function",
    stops: "whoever calls it fails",
    replaced: "calls fail until the new one is there",
  },
  aws_lambda_alias: {
    noun: "function's alias",
    stops: "whoever calls the alias fails",
    serves: ["function_name", ["aws_lambda_function"]],
    replaced: "calls fail until the new one is there",
  },
  aws_lambda_function_url: {
    noun: "function's URL",
    stops: "its callers get no answer",
    serves: ["function_name", ["aws_lambda_function"]],
    replaced: "the new one has another address",
  },
  aws_lambda_function_event_invoke_config: {
    noun: "function's handling of failed events",
    stops: "its destinations and retries go back to the defaults",
    serves: ["function_name", ["aws_lambda_function"]],
  },
  aws_sns_topic_subscription: {
    noun: "subscription",
    stops: "the subscriber gets no messages any more",
    serves: ["topic_arn", ["aws_sns_topic"]],
    replaced: "an e-mail or HTTP address has to be confirmed again",
  },
  aws_sqs_queue_redrive_policy: {
    noun: "redrive policy",
    stops: "messages that keep failing are not moved to the dead-letter queue any more",
    serves: ["queue_url", ["aws_sqs_queue"]],
  },
  aws_cloudwatch_event_rule: { noun: "rule", stops: "its targets get no events any more" },
  aws_cloudwatch_event_target: {
    noun: "rule's target",
    stops: "it gets no events any more",
    serves: ["rule", ["aws_cloudwatch_event_rule"]],
  },
  aws_cloudwatch_event_bus: { noun: "event bus", stops: "events sent to it are lost" },
  aws_scheduler_schedule: { noun: "schedule", stops: "what it started does not start any more" },
  aws_pipes_pipe: { noun: "pipe", stops: "events stay at its source, and expire" },
  aws_sfn_state_machine: {
    noun: "state machine",
    stops: "running executions end, and starting one fails",
    replaced: "running executions end, and it has another ARN",
  },
  aws_kinesis_firehose_delivery_stream: { noun: "delivery stream", stops: "records sent to it are lost" },
  aws_kinesis_stream_consumer: { noun: "stream's consumer", stops: "whoever reads through it fails" },
  aws_dynamodb_kinesis_streaming_destination: {
    noun: "table's stream to Kinesis",
    stops: "nothing learns of new items any more",
    serves: ["table_name", ["aws_dynamodb_table"]],
  },
  aws_cloudwatch_log_subscription_filter: {
    noun: "log subscription",
    stops: "log lines no longer go where they went",
    serves: ["log_group_name", ["aws_cloudwatch_log_group"]],
  },
  aws_cloudwatch_metric_alarm: { noun: "alarm", stops: "nobody is told any more" },
  aws_cloudwatch_composite_alarm: { noun: "alarm", stops: "nobody is told any more" },
  aws_cloudwatch_log_metric_filter: {
    noun: "metric from logs",
    stops: "alarms on it see no data",
    serves: ["log_group_name", ["aws_cloudwatch_log_group"]],
  },
  aws_cloudtrail: { noun: "audit trail", stops: "nobody can tell any more who did what" },
  aws_guardduty_detector: { noun: "threat detector", stops: "nobody is told of attacks any more" },
  aws_securityhub_account: { noun: "security hub", stops: "nobody is told of its findings any more" },
  aws_accessanalyzer_analyzer: { noun: "access analyzer", stops: "nobody is told of what becomes public any more" },
  aws_config_configuration_recorder: { noun: "recorder of configurations", stops: "changes are not recorded any more" },
  aws_flow_log: { noun: "network log", stops: "connections are not logged any more" },
  aws_wafv2_web_acl_logging_configuration: { noun: "firewall's log", stops: "requests are not logged any more" },
  aws_api_gateway_rest_api: {
    noun: "API",
    stops: "its callers get no answer",
    replaced: "the new one has another address",
  },
  aws_apigatewayv2_api: {
    noun: "API",
    stops: "its callers get no answer",
    replaced: "the new one has another address",
  },
  aws_api_gateway_stage: {
    noun: "stage",
    stops: "its callers get 403",
    serves: REST,
    replaced: "its callers get 403 until the new one is there",
  },
  aws_apigatewayv2_stage: {
    noun: "stage",
    stops: "its callers get 404",
    serves: HTTP,
    replaced: "its callers get 404 until the new one is there",
  },
  aws_apigatewayv2_route: { noun: "route", stops: "its callers get 404", serves: HTTP },
  aws_apigatewayv2_integration: { noun: "integration", stops: "routes that use it fail", serves: HTTP },
  aws_api_gateway_domain_name: {
    noun: "API's domain",
    stops: "its callers get no answer",
    replaced: "it has another target, to which DNS must point",
  },
  aws_apigatewayv2_domain_name: {
    noun: "API's domain",
    stops: "its callers get no answer",
    replaced: "it has another target, to which DNS must point",
  },
  aws_api_gateway_base_path_mapping: { noun: "domain's path to the API", stops: "its callers get 403" },
  aws_apigatewayv2_api_mapping: { noun: "domain's path to the API", stops: "its callers get 404" },
  aws_api_gateway_usage_plan: {
    noun: "usage plan",
    stops: "API keys in it get 403",
    replaced: "API keys must be put into the new one",
  },
  aws_api_gateway_usage_plan_key: {
    noun: "API key's place in a usage plan",
    stops: "its callers get 403",
    serves: ["key_id", ["aws_api_gateway_api_key"]],
  },
  aws_api_gateway_api_key: { noun: "API key", stops: "its callers get 403", replaced: "the new one has another value" },
  aws_api_gateway_vpc_link: {
    noun: "VPC link",
    stops: "methods that go through it fail",
    replaced: "methods that go through it fail until the new one is there",
  },
  aws_apigatewayv2_vpc_link: {
    noun: "VPC link",
    stops: "routes that go through it fail",
    replaced: "routes that go through it fail until the new one is there",
  },
  aws_api_gateway_account: { noun: "API Gateway's role for logs", stops: "no API of this region writes logs any more" },
  aws_cognito_user_pool_client: {
    noun: "app client",
    stops: "sign-in through it fails",
    replaced: "the new one has another id and secret",
  },
  aws_cognito_user_pool_domain: {
    noun: "sign-in page",
    stops: "sign-in through it fails",
    replaced: "sign-in fails until the new one is there",
  },
  aws_cognito_resource_server: { noun: "resource server", stops: "tokens with its scopes are not issued any more" },
  aws_kms_alias: { noun: "KMS key's alias", stops: "whoever names the key by it fails" },
  aws_route53_record: { noun: "DNS record", stops: "its name is not found any more" },
  aws_route53_zone: {
    noun: "DNS zone",
    stops: "none of its names is found any more",
    replaced: "the new one has other name servers",
  },
  aws_acm_certificate: { noun: "certificate", stops: "what uses it fails" },
  aws_cloudfront_distribution: {
    noun: "distribution",
    stops: "its callers get no answer",
    replaced: "the new one has another domain",
  },
  aws_vpc_endpoint: { noun: "VPC endpoint", stops: "what goes through it fails" },
  aws_nat_gateway: {
    noun: "NAT gateway",
    stops: "private subnets lose the internet",
    replaced: "it has another address",
  },
  aws_internet_gateway: { noun: "internet gateway", stops: "its VPC loses the internet" },
  aws_route: { noun: "route", stops: "traffic that took it is dropped" },
  aws_eip: { noun: "public address", stops: "whoever knows it fails", replaced: "it is another address" },
  aws_lb: { noun: "load balancer", stops: "its callers get no answer", replaced: "the new one has another address" },
  aws_lb_listener: { noun: "listener", stops: "its callers get no answer" },
  aws_lb_target_group: { noun: "target group", stops: "its targets get no calls" },
  aws_ecs_service: { noun: "service", stops: "its tasks stop", replaced: "its tasks stop until the new one is there" },
  aws_ecs_cluster: { noun: "cluster", stops: "its services stop" },
  aws_eks_cluster: { noun: "cluster", stops: "its workloads stop", replaced: "its workloads stop" },
  aws_eks_node_group: { noun: "node group", stops: "its workloads move or stop" },
  aws_autoscaling_group: { noun: "group of instances", stops: "its instances stop" },
  aws_appsync_graphql_api: {
    noun: "GraphQL API",
    stops: "its callers get no answer",
    replaced: "the new one has another address",
  },
  aws_ses_domain_identity: { noun: "mail identity", stops: "mail from it is refused" },
  aws_sesv2_email_identity: { noun: "mail identity", stops: "mail from it is refused" },
  aws_vpc: { noun: "VPC", stops: "what is in it stops" },
  aws_subnet: { noun: "subnet", stops: "what is in it stops" },
};
