import * as z from "zod/mini";
import type { Resource } from "../../terraform/config";

const texts = z.optional(z.record(z.string(), z.string()));
/** Accepted; nothing here depends on it. */
const ignored = z.optional(z.unknown());
const target = { resource_id: z.string(), http_method: z.string(), rest_api_id: z.string() };

/** Arguments that are modelled. What Terraform computes counts as one where something here reads it. */
const shapes = {
  aws_api_gateway_rest_api: z.strictObject({
    id: z.string(),
    root_resource_id: z.string(),
    name: z.string(),
    binary_media_types: z.optional(z.array(z.string())),
    description: ignored,
    endpoint_configuration: ignored,
  }),
  aws_api_gateway_resource: z.strictObject({
    id: z.string(),
    rest_api_id: z.string(),
    parent_id: z.string(),
    path_part: z.string(),
  }),
  aws_api_gateway_method: z.strictObject({
    ...target,
    authorization: z.enum(["AWS_IAM", "NONE"]),
    request_models: texts,
    request_validator_id: z.optional(z.string()),
    // Whether each is required, which only a validator of parameters asks.
    request_parameters: z.optional(z.record(z.string(), z.unknown())),
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
  }),
  aws_api_gateway_gateway_response: z.strictObject({
    rest_api_id: z.string(),
    response_type: z.string(),
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
      metrics_enabled: ignored,
      logging_level: ignored,
      data_trace_enabled: ignored,
    }),
  }),
};

type Shapes = typeof shapes;
export type Part<Type extends keyof Shapes> = z.infer<Shapes[Type]> & { readonly address: string };

/** What Terraform computes and nothing here reads, and tags. */
const withoutMeaning = new Set(["arn", "created_date", "execution_arn", "invoke_url", "path", "tags", "tags_all"]);

const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

/** The evaluated resources of one API, typed; a resource or argument that is not modelled is an error that names it. */
export class Parts {
  private readonly byType = new Map<string, Part<keyof Shapes>[]>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      const parts = this.byType.get(resource.type) ?? [];
      this.byType.set(resource.type, [...parts, read(resource)]);
    }
  }

  all<Type extends keyof Shapes>(type: Type): readonly Part<Type>[] {
    return (this.byType.get(type) ?? []) as unknown as readonly Part<Type>[];
  }
}

function read({ type, address, attributes }: Resource): Part<keyof Shapes> {
  const shape = Object.hasOwn(shapes, type) ? shapes[type as keyof Shapes] : undefined;
  if (!shape)
    throw new Error(
      `${address} is of a type that is not modelled by the local run: local/api-gateway/rest-api-parts.ts says which are`,
    );
  const given = Object.entries(attributes).filter(([name, value]) => !isUnset(value) && !withoutMeaning.has(name));
  // What another resource computes is here for those who read it.
  const known = given.filter(([name]) => name !== "id" || "id" in shape.def.shape);
  const { success, data, error } = shape.safeParse(Object.fromEntries(known));
  if (success) return { ...data, address };
  const issue = error.issues[0];
  const path = [...(issue?.path ?? []), ...(issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    attributes,
  );
  throw new Error(`${address}: ${path.join(".")} is not modelled by the local run, got: ${JSON.stringify(value)}`);
}
