import * as z from "zod/mini";
import type { Resource } from "../../terraform/config";
import { block } from "../resource-arguments";
import { ignored, readParts, texts } from "./parts";

const target = { resource_id: z.string(), http_method: z.string(), rest_api_id: z.string() };

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
const responseTypes = [
  ...["ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"],
  ...["BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN"],
  ...["INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE"],
  ...["MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED"],
  ...["UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"],
];

/** Arguments that are modelled. What Terraform computes counts as one where something here reads it. */
const shapes = {
  aws_api_gateway_rest_api: z.strictObject({
    id: z.string(),
    root_resource_id: z.string(),
    name: z.string(),
    binary_media_types: z.optional(z.array(z.string())),
    api_key_source: z._default(z.enum(["HEADER", "AUTHORIZER"]), "HEADER"),
    // -1 is no compression, as for the provider.
    minimum_compression_size: z.optional(z.coerce.number().check(z.int(), z.minimum(-1), z.maximum(10_485_760))),
    description: ignored,
    policy: z.optional(z.string()),
    endpoint_configuration: block(
      z.strictObject({
        types: z.array(z.enum(["EDGE", "REGIONAL", "PRIVATE"])),
        // Names for a private API in Route 53: who may call is the policy's.
        vpc_endpoint_ids: z.optional(z.array(z.string())),
        ip_address_type: ignored,
      }),
    ),
  }),
  aws_api_gateway_rest_api_policy: z.strictObject({ rest_api_id: z.string(), policy: z.string() }),
  aws_api_gateway_authorizer: z.strictObject({
    id: z.string(),
    rest_api_id: z.string(),
    name: z.string(),
    type: z._default(z.enum(["TOKEN", "REQUEST", "COGNITO_USER_POOLS"]), "TOKEN"),
    authorizer_uri: z.optional(z.string()),
    authorizer_credentials: z.optional(z.string()),
    // https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
    authorizer_result_ttl_in_seconds: z._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(3600)), 300),
    // What the provider sends where nothing is said.
    identity_source: z._default(z.string(), "method.request.header.Authorization"),
    identity_validation_expression: z.optional(z.string()),
    provider_arns: z.optional(z.array(z.string())),
  }),
  aws_api_gateway_resource: z.strictObject({
    id: z.string(),
    rest_api_id: z.string(),
    parent_id: z.string(),
    path_part: z.string(),
  }),
  aws_api_gateway_method: z.strictObject({
    ...target,
    authorization: z.enum(["AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "NONE"]),
    authorizer_id: z.optional(z.string()),
    authorization_scopes: z.optional(z.array(z.string())),
    request_models: texts,
    request_validator_id: z.optional(z.string()),
    // Whether each is required, which only a validator of parameters asks.
    request_parameters: z.optional(z.record(z.string(), z.unknown())),
    api_key_required: z.optional(z.boolean()),
  }),
  aws_api_gateway_method_response: z.strictObject({
    ...target,
    status_code: z.coerce.number(),
    response_models: ignored,
    // Whether each is required, which is for SDKs.
    response_parameters: z.optional(z.record(z.string(), z.unknown())),
  }),
  aws_api_gateway_integration: z.strictObject({
    ...target,
    type: z.enum(["AWS", "AWS_PROXY", "MOCK"]),
    integration_http_method: z.optional(z.string()),
    uri: z.optional(z.string()),
    credentials: z.optional(z.string()),
    request_parameters: texts,
    request_templates: texts,
    passthrough_behavior: z.optional(z.enum(["NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES"])),
    content_handling: z.optional(z.literal("CONVERT_TO_TEXT")),
    cache_key_parameters: z.optional(z.array(z.string())),
    cache_namespace: z.optional(z.string()),
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    timeout_milliseconds: z._default(z.coerce.number().check(z.int(), z.minimum(50), z.maximum(29_000)), 29_000),
  }),
  aws_api_gateway_integration_response: z.strictObject({
    ...target,
    status_code: z.coerce.number(),
    selection_pattern: z.optional(z.string()),
    response_templates: texts,
    response_parameters: texts,
    content_handling: z.optional(z.literal("CONVERT_TO_TEXT")),
  }),
  aws_api_gateway_model: z.strictObject({
    rest_api_id: z.string(),
    name: z.string(),
    content_type: ignored,
    schema: z.string(),
    description: ignored,
  }),
  aws_api_gateway_request_validator: z.strictObject({
    id: z.string(),
    rest_api_id: z.string(),
    name: ignored,
    validate_request_body: z.optional(z.boolean()),
    validate_request_parameters: z.optional(z.boolean()),
  }),
  aws_api_gateway_gateway_response: z.strictObject({
    rest_api_id: z.string(),
    response_type: z.enum(responseTypes),
    status_code: z.optional(z.coerce.number()),
    response_templates: texts,
    response_parameters: texts,
  }),
  aws_api_gateway_deployment: z.strictObject({
    id: z.string(),
    rest_api_id: z.string(),
    triggers: ignored,
    description: ignored,
  }),
  aws_api_gateway_stage: z.strictObject({
    rest_api_id: z.string(),
    stage_name: z.string(),
    deployment_id: z.string(),
    variables: texts,
    access_log_settings: z.optional(z.strictObject({ destination_arn: z.string(), format: z.string() })),
    cache_cluster_enabled: z.optional(z.boolean()),
    canary_settings: block(
      z.strictObject({
        deployment_id: z.string(),
        percent_traffic: z._default(z.coerce.number().check(z.minimum(0), z.maximum(100)), 0),
        stage_variable_overrides: texts,
        use_stage_cache: z.optional(z.boolean()),
      }),
    ),
    // Nothing behind a stage here is called by HTTPS.
    client_certificate_id: ignored,
    cache_cluster_size: ignored,
    description: ignored,
    xray_tracing_enabled: ignored,
  }),
  aws_api_gateway_method_settings: z.strictObject({
    rest_api_id: z.string(),
    stage_name: z.string(),
    method_path: z.string(),
    settings: z.strictObject({
      throttling_rate_limit: z.optional(z.coerce.number()),
      throttling_burst_limit: z.optional(z.coerce.number()),
      caching_enabled: z.optional(z.boolean()),
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
      cache_ttl_in_seconds: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(3_600))),
      cache_data_encrypted: ignored,
      require_authorization_for_cache_control: z.optional(z.boolean()),
      unauthorized_cache_control_header_strategy: z.optional(
        z.enum(["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]),
      ),
      metrics_enabled: ignored,
      logging_level: ignored,
      data_trace_enabled: ignored,
    }),
  }),
};

type Shapes = typeof shapes;
export type Part<Type extends keyof Shapes> = z.infer<Shapes[Type]> & { readonly address: string };

/** The evaluated resources of one API, typed; a resource or argument that is not modelled is an error that names it. */
export class Parts {
  private readonly byType: ReadonlyMap<string, readonly unknown[]>;

  constructor(resources: readonly Resource[]) {
    this.byType = readParts(shapes, "local/api-gateway/rest-api-parts.ts", resources);
  }

  all<Type extends keyof Shapes>(type: Type): readonly Part<Type>[] {
    return (this.byType.get(type) ?? []) as readonly Part<Type>[];
  }
}
