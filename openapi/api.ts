import type { Schema } from "./schema";

/** A REST API, as OpenAPI documents and Terraform resources can both say it. Texts may hold references of Terraform's. */
export interface Api {
  readonly name: string;
  readonly description?: string;
  readonly apiKeySource?: string;
  readonly binaryMediaTypes?: readonly string[];
  readonly minimumCompressionSize?: number;
  /** Endpoints of a private API. */
  readonly vpcEndpointIds?: readonly string[];
  /** The resource policy's document, with resources that begin with `execute-api:/`; or a reference to it. */
  readonly policy?: object | string;
  /** In any order, with names that stay apart where spaces count as `-`. */
  readonly authorizers: readonly Authorizer[];
  /** Schemas by name, in the words of OpenAPI 3.0: models, and what they refer to. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly validators: Readonly<Record<string, Validator>>;
  readonly gatewayResponses: Readonly<Record<string, GatewayResponse>>;
  readonly methods: readonly Method[];
}

export type Texts = Readonly<Record<string, string>>;

export interface Validator {
  readonly validateRequestBody: boolean;
  readonly validateRequestParameters: boolean;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.gatewayResponse.html */
export interface GatewayResponse {
  readonly statusCode?: string;
  readonly responseTemplates?: Texts;
  readonly responseParameters?: Texts;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html */
export interface Authorizer {
  readonly name: string;
  readonly type: "COGNITO_USER_POOLS" | "REQUEST" | "TOKEN";
  /** Mapping expressions, separated by commas; empty where a REQUEST authorizer keeps no decision. */
  readonly identitySource: string;
  readonly authorizerUri?: string;
  readonly authorizerCredentials?: string;
  readonly authorizerResultTtlInSeconds?: number;
  readonly identityValidationExpression?: string;
  readonly providerARNs?: readonly string[];
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html */
export interface Integration {
  readonly type: string;
  readonly httpMethod?: string;
  readonly uri?: string;
  readonly credentials?: string;
  readonly requestParameters?: Texts;
  readonly requestTemplates?: Texts;
  readonly passthroughBehavior?: string;
  readonly contentHandling?: string;
  readonly timeoutInMillis?: number;
  readonly cacheKeyParameters?: readonly string[];
  /** By the pattern of the integration's statuses; `default` is for those that no pattern matches. */
  readonly responses?: Readonly<Record<string, IntegrationResponse>>;
}

export interface IntegrationResponse {
  readonly statusCode: string;
  readonly responseTemplates?: Texts;
  readonly responseParameters?: Texts;
  readonly contentHandling?: string;
}

export interface Method {
  /** Such as `/objects/{key+}`. */
  readonly path: string;
  /** `ANY` is every method that the path has no other for. */
  readonly httpMethod: string;
  /** `NONE`, `AWS_IAM`, or the name of an authorizer. */
  readonly authorization: "NONE" | "AWS_IAM" | { readonly authorizer: string; readonly scopes: readonly string[] };
  readonly isApiKeyRequired: boolean;
  /** Whether each parameter, named as in mappings (`method.request.querystring.limit`), is required. */
  readonly requestParameters: Readonly<Record<string, boolean>>;
  /** Names of models by content type. */
  readonly requestModels: Texts;
  /** Name of the validator. */
  readonly validator?: string;
  readonly responses: readonly MethodResponse[];
  readonly integration: Integration;
}

export interface MethodResponse {
  readonly statusCode: string;
  /** Names of the headers that the answer may have. */
  readonly headers: readonly string[];
  /** Names of models by content type. */
  readonly models: Texts;
}

/** The model that API Gateway gives every API: an object with anything in it. */
export const EMPTY_MODEL = "Empty";
