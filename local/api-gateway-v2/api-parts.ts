import * as z from "zod/mini";
import type { Resource } from "../../terraform/config";
import { ignored, readParts, texts } from "../api-gateway/parts";
import { block } from "../resource-arguments";

/** Repeated blocks: in Terraform's JSON a list, or an object for one alone. */
const blocks = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z._default(
    z.pipe(
      z.transform((value) => (Array.isArray(value) ? value : [value])),
      z.array(schema),
    ),
    [],
  );

const list = z._default(z.array(z.string()), []);

/** A block of throttles that names none sets them to 0, with which every call is refused: so it was seen of the provider and of AWS. */
const throttles = {
  throttling_burst_limit: z._default(z.coerce.number().check(z.int(), z.minimum(0)), 0),
  throttling_rate_limit: z._default(z.coerce.number().check(z.minimum(0)), 0),
  data_trace_enabled: ignored,
  detailed_metrics_enabled: ignored,
  logging_level: ignored,
};

/** Arguments that are modelled, of HTTP APIs and of WebSocket APIs together; each kind refuses what is not its own. */
const shapes = {
  aws_apigatewayv2_api: z.strictObject({
    id: z.string(),
    name: z.string(),
    protocol_type: z.enum(["HTTP", "WEBSOCKET"]),
    route_selection_expression: z.optional(z.string()),
    api_key_selection_expression: ignored,
    cors_configuration: block(
      z.strictObject({
        allow_origins: list,
        allow_methods: list,
        allow_headers: list,
        expose_headers: list,
        // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html#apis-apiid-model-cors
        max_age: z.optional(z.coerce.number().check(z.int(), z.minimum(-1), z.maximum(86_400))),
        allow_credentials: z._default(z.boolean(), false),
      }),
    ),
    description: ignored,
    // Here APIs have no other address.
    disable_execute_api_endpoint: ignored,
    ip_address_type: ignored,
    version: ignored,
  }),
  aws_apigatewayv2_authorizer: z.strictObject({
    id: z.string(),
    api_id: z.string(),
    name: z.string(),
    authorizer_type: z.enum(["REQUEST", "JWT"]),
    authorizer_uri: z.optional(z.string()),
    authorizer_credentials_arn: z.optional(z.string()),
    authorizer_payload_format_version: z.optional(z.enum(["1.0", "2.0"])),
    // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
    authorizer_result_ttl_in_seconds: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(3_600))),
    enable_simple_responses: z._default(z.boolean(), false),
    identity_sources: list,
    jwt_configuration: block(z.strictObject({ audience: list, issuer: z.string() })),
  }),
  aws_apigatewayv2_deployment: z.strictObject({
    id: z.string(),
    api_id: z.string(),
    triggers: ignored,
    description: ignored,
  }),
  aws_apigatewayv2_integration: z.strictObject({
    id: z.string(),
    api_id: z.string(),
    integration_type: z.enum(["AWS_PROXY", "MOCK"]),
    integration_subtype: z.optional(z.literal("SQS-SendMessage")),
    integration_uri: z.optional(z.string()),
    integration_method: z.optional(z.string()),
    credentials_arn: z.optional(z.string()),
    payload_format_version: z._default(z.enum(["1.0", "2.0"]), "1.0"),
    request_parameters: texts,
    request_templates: texts,
    template_selection_expression: z.optional(z.string()),
    timeout_milliseconds: z.optional(z.coerce.number().check(z.int(), z.minimum(50), z.maximum(30_000))),
    connection_type: z.optional(z.literal("INTERNET")),
    passthrough_behavior: z.optional(z.literal("WHEN_NO_MATCH")),
    // A function answers with text, and so does this.
    content_handling_strategy: z.optional(z.literal("CONVERT_TO_TEXT")),
    description: ignored,
  }),
  aws_apigatewayv2_integration_response: z.strictObject({
    api_id: z.string(),
    integration_id: z.string(),
    integration_response_key: z.string(),
    response_templates: texts,
    template_selection_expression: z.optional(z.string()),
  }),
  aws_apigatewayv2_route: z.strictObject({
    id: z.string(),
    api_id: z.string(),
    route_key: z.string(),
    target: z.optional(z.string()),
    authorization_type: z._default(z.enum(["NONE", "AWS_IAM", "CUSTOM", "JWT"]), "NONE"),
    authorizer_id: z.optional(z.string()),
    authorization_scopes: list,
    route_response_selection_expression: z.optional(z.literal("$default")),
    operation_name: ignored,
  }),
  aws_apigatewayv2_route_response: z.strictObject({
    api_id: z.string(),
    route_id: z.string(),
    route_response_key: z.literal("$default"),
  }),
  aws_apigatewayv2_stage: z.strictObject({
    api_id: z.string(),
    name: z.string(),
    auto_deploy: z._default(z.boolean(), false),
    deployment_id: z.optional(z.string()),
    stage_variables: texts,
    access_log_settings: block(z.strictObject({ destination_arn: z.string(), format: z.string() })),
    default_route_settings: block(z.strictObject(throttles)),
    route_settings: blocks(z.strictObject({ route_key: z.string(), ...throttles })),
    // Nothing behind a stage here is called by HTTPS.
    client_certificate_id: ignored,
    description: ignored,
  }),
};

type Shapes = typeof shapes;
export type Part<Type extends keyof Shapes> = z.infer<Shapes[Type]> & { readonly address: string };

/** The evaluated resources of one HTTP or WebSocket API, typed; what is not modelled is an error that names it. */
export class Parts {
  readonly api: Part<"aws_apigatewayv2_api">;
  private readonly byType: ReadonlyMap<string, readonly unknown[]>;

  constructor(resources: readonly Resource[]) {
    this.byType = readParts(shapes, "local/api-gateway-v2/api-parts.ts", resources);
    const [api, another] = this.all("aws_apigatewayv2_api");
    if (!api || another) throw new Error("the resources of one API must hold exactly one aws_apigatewayv2_api");
    this.api = api;
  }

  all<Type extends keyof Shapes>(type: Type): readonly Part<Type>[] {
    return (this.byType.get(type) ?? []) as readonly Part<Type>[];
  }

  /** The integration that a route's target names. @throws Error for a target that is none */
  integrationOf({ address, target }: Part<"aws_apigatewayv2_route">): Part<"aws_apigatewayv2_integration"> | undefined {
    if (!target) return undefined;
    const integration = this.all("aws_apigatewayv2_integration").find(({ id }) => target === `integrations/${id}`);
    if (integration) return integration;
    throw new Error(`${address}: target must be integrations/<id> of an integration of the API, got: ${target}`);
  }

  /** The authorizer of a route. @throws Error for one that is not there or is of another type than the route wants */
  authorizerOf(route: Part<"aws_apigatewayv2_route">, type: "REQUEST" | "JWT"): Part<"aws_apigatewayv2_authorizer"> {
    const { address, authorizer_id: wanted = "", authorization_type: authorization } = route;
    const authorizer = this.all("aws_apigatewayv2_authorizer").find(({ id }) => id === wanted);
    if (!authorizer) throw new Error(`${address}: there is no authorizer ${wanted || "named"} in the API`);
    if (authorizer.authorizer_type === type) return authorizer;
    throw new Error(
      `${address}: authorization_type ${authorization} wants an authorizer of type ${type}, got: ${authorizer.authorizer_type}`,
    );
  }
}
