import { unenforcedOfS3 } from "./s3/s3";

/**
 * What is accepted and changes nothing here, by type. It is told at start: whoever relies on it has to look for it in AWS.
 */
export const unenforced: Readonly<Record<string, string>> = {
  ...unenforcedOfS3,
  aws_api_gateway_deployment: "triggers: what is here is always deployed",
  aws_api_gateway_method_settings: "metrics, log levels and the encryption of caches",
  aws_api_gateway_rest_api: "endpoint type, but for PRIVATE",
  aws_api_gateway_stage: "tracing",
  aws_apigatewayv2_api: "whether it is called at its own address alone: it has no other here",
  aws_apigatewayv2_deployment: "triggers: what is here is always deployed",
  aws_apigatewayv2_stage: "metrics and execution logs",
  aws_cloudwatch_log_metric_filter: "patterns: no metric is made",
  aws_cloudwatch_log_group: "retention: logs are kept while the run lasts",
  aws_cloudwatch_metric_alarm: "metrics: no alarm rings",
  aws_cognito_user_pool: "users, passwords and sign-in: a token is given to whoever asks for one",
  aws_cognito_user_pool_client: "sign-in; its scopes, its flow of client credentials and its tokens' lifetimes are",
  aws_cognito_user_pool_domain: "the domain: tokens come from the pool's own address",
  aws_dynamodb_table: "encryption and point-in-time recovery",
  aws_kms_key: "encryption and rotation; the key's policy is",
  aws_lambda_alias: "the version: every one runs the code that is here",
  aws_lambda_function: "memory size, architecture, runtime version and tracing",
  aws_sns_topic: "encryption",
  aws_sqs_queue: "encryption",
  aws_vpc_endpoint: "networks: whoever names the endpoint in x-local-vpc-endpoint comes through it",
};
