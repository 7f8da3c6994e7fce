import type { GatewayResponse, Integration, Texts, Validator } from "./api";
import type { Schema } from "./schema";

/**
 * What stands in the OpenAPI documents that are written and read here.
 * @see https://spec.openapis.org/oas/v3.0.3
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly description?: string; readonly version: string };
  readonly servers?: readonly Server[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Response>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
  readonly "x-amazon-apigateway-api-key-source"?: string;
  readonly "x-amazon-apigateway-binary-media-types"?: readonly string[];
  readonly "x-amazon-apigateway-minimum-compression-size"?: number;
  readonly "x-amazon-apigateway-policy"?: object | string;
  readonly "x-amazon-apigateway-request-validators"?: Readonly<Record<string, Validator>>;
  readonly "x-amazon-apigateway-gateway-responses"?: Readonly<Record<string, GatewayResponse>>;
}

export interface Server {
  readonly url: string;
  readonly description?: string;
  readonly variables?: Readonly<
    Record<string, { readonly default: string; readonly enum?: readonly string[]; readonly description?: string }>
  >;
  readonly "x-amazon-apigateway-endpoint-configuration"?: { readonly vpcEndpointIds: readonly string[] };
}

export interface Operation {
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly "x-amazon-apigateway-request-validator"?: string;
  readonly "x-amazon-apigateway-integration"?: Integration;
}

export interface Parameter {
  readonly name: string;
  readonly in: "header" | "path" | "query";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface SecurityScheme {
  readonly type: "apiKey";
  readonly name: string;
  readonly in: "header" | "query";
  readonly description?: string;
  readonly "x-amazon-apigateway-authtype"?: string;
  readonly "x-amazon-apigateway-authorizer"?: AuthorizerExtension;
}

export interface AuthorizerExtension {
  readonly type: "cognito_user_pools" | "request" | "token";
  readonly identitySource?: string;
  readonly authorizerUri?: string;
  readonly authorizerCredentials?: string;
  readonly authorizerResultTtlInSeconds?: number;
  readonly identityValidationExpression?: string;
  readonly providerARNs?: readonly string[];
}

/** References to models by content type. */
export const contentOf = (models: Texts): Content =>
  Object.fromEntries(
    Object.entries(models).map(([contentType, name]) => [
      contentType,
      { schema: { $ref: `#/components/schemas/${name}` } },
    ]),
  );
