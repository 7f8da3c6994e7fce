import * as z from "zod/mini";

/** Accepted; nothing here depends on it. */
const ignored = z.optional(z.unknown());
const texts = z.optional(z.record(z.string(), z.string()));
const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.strictObject({ schema: z.strictObject({ $ref: z.string() }) }));

const operation = z.strictObject({
  description: ignored,
  parameters: z._default(
    z.array(
      z.strictObject({
        name: z.string(),
        in: z.enum(["header", "path", "query"]),
        required: z._default(z.boolean(), false),
        schema: ignored,
      }),
    ),
    [],
  ),
  requestBody: z.optional(z.strictObject({ required: ignored, content })),
  responses: z._default(
    z.record(
      z.string(),
      z.strictObject({
        description: ignored,
        headers: z._default(z.record(z.string(), z.unknown()), {}),
        content: z._default(content, {}),
      }),
    ),
    {},
  ),
  security: z._default(z.array(z.record(z.string(), z.array(z.string()))), []),
  "x-amazon-apigateway-request-validator": z.optional(z.string()),
  "x-amazon-apigateway-integration": z.optional(
    z.strictObject({
      type: z.string(),
      httpMethod: z.optional(z.string()),
      uri: z.optional(z.string()),
      credentials: z.optional(z.string()),
      requestParameters: texts,
      requestTemplates: texts,
      passthroughBehavior: z.optional(z.string()),
      contentHandling: z.optional(z.string()),
      timeoutInMillis: z.optional(z.number()),
      cacheKeyParameters: z.optional(z.array(z.string())),
      responses: z._default(
        z.record(
          z.string(),
          z.strictObject({
            statusCode: z.string(),
            responseTemplates: texts,
            responseParameters: texts,
            contentHandling: z.optional(z.string()),
          }),
        ),
        {},
      ),
    }),
  ),
});

const securityScheme = z.strictObject({
  type: z.literal("apiKey"),
  name: z.string(),
  in: z.enum(["header", "query"]),
  description: ignored,
  "x-amazon-apigateway-authtype": z.optional(z.string()),
  "x-amazon-apigateway-authorizer": z.optional(
    z.strictObject({
      type: z.enum(["cognito_user_pools", "request", "token"]),
      identitySource: z.optional(z.string()),
      authorizerUri: z.optional(z.string()),
      authorizerCredentials: z.optional(z.string()),
      authorizerResultTtlInSeconds: z.optional(z.number()),
      identityValidationExpression: z.optional(z.string()),
      providerARNs: z.optional(z.array(z.string())),
    }),
  ),
});

/** What of an API's OpenAPI document is modelled: what the constructs write, and API Gateway's extensions as far as the local run has them. */
const document = z.strictObject({
  openapi: z.string().check(z.regex(/^3\.0\./)),
  info: z.strictObject({ title: z.string(), description: z.optional(z.string()), version: ignored }),
  // Names for a private API in Route 53.
  servers: ignored,
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z._default(
    z.strictObject({
      schemas: z._default(z.record(z.string(), schema), {}),
      securitySchemes: z._default(z.record(z.string(), securityScheme), {}),
    }),
    { schemas: {}, securitySchemes: {} },
  ),
  "x-amazon-apigateway-api-key-source": z.optional(z.string()),
  "x-amazon-apigateway-binary-media-types": z.optional(z.array(z.string())),
  "x-amazon-apigateway-minimum-compression-size": z.optional(z.number()),
  "x-amazon-apigateway-policy": z.optional(z.record(z.string(), z.unknown())),
  "x-amazon-apigateway-request-validators": z._default(
    z.record(z.string(), z.strictObject({ validateRequestBody: z.boolean(), validateRequestParameters: z.boolean() })),
    {},
  ),
  "x-amazon-apigateway-gateway-responses": z._default(
    z.record(
      z.string(),
      z.strictObject({ statusCode: z.optional(z.string()), responseTemplates: texts, responseParameters: texts }),
    ),
    {},
  ),
});

export type OpenApi = z.infer<typeof document>;
export type Operation = z.infer<typeof operation>;
export type SecurityScheme = z.infer<typeof securityScheme>;

/**
 * Reads the body of an API.
 * @throws Error that names the place in the document of what is not modelled
 */
export function parseDocument(address: string, body: string): OpenApi {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new Error(`${address}: body must be JSON in the local run, got: ${(error as Error).message}`);
  }
  const { success, data, error } = document.safeParse(json);
  if (success) return data;
  const issue = error.issues[0];
  const path = [...(issue?.path ?? []), ...(issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  const value = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], json);
  throw new Error(
    `${address}: body: ${path.join(".")} is not modelled by the local run, got: ${JSON.stringify(value) ?? "nothing"}`,
  );
}
