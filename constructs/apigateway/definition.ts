import type { ITerraformDependable } from "cdktf";
import type { Statement } from "../iam/policy-document";
import type { Integration } from "./integration";

export const httpMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** What every authorizer has. */
interface AnyAuthorizer {
  /** Name, unique in the API: 1–128 letters, digits, `-`, `_` and spaces. */
  readonly authorizerName: string;
  /** Seconds that a decision is kept for the same identity sources; 0 keeps none. */
  readonly ttlSeconds: number;
  /** What must exist before a call can be authorized. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Users of Cognito pools, by their tokens. */
export interface CognitoAuthorizerDefinition extends AnyAuthorizer {
  readonly type: "COGNITO_USER_POOLS";
  readonly userPoolArns: readonly string[];
}

/** A function that is given a token out of one header. */
export interface TokenAuthorizerDefinition extends AnyAuthorizer {
  readonly type: "TOKEN";
  /** What API Gateway calls to invoke the function. */
  readonly uri: string;
  /** Role that API Gateway invokes under. */
  readonly credentialsArn: string;
  /** Name of the header. */
  readonly header: string;
  /**
   * Expression that a token must match to come to the function at all.
   * @default - any token comes
   */
  readonly validationExpression?: string;
}

/** A function that is given the request. */
export interface RequestAuthorizerDefinition extends AnyAuthorizer {
  readonly type: "REQUEST";
  readonly uri: string;
  readonly credentialsArn: string;
  /** Parameters that a request must have, and that a kept decision is found by: `method.request.header.X-Tenant`, `context.…`, `stageVariables.…`. */
  readonly identitySources: readonly string[];
}

export type AuthorizerDefinition =
  | CognitoAuthorizerDefinition
  | TokenAuthorizerDefinition
  | RequestAuthorizerDefinition;

/** A method that an authorizer decides about. */
export interface AuthorizedBy {
  readonly authorizer: AuthorizerDefinition;
  /**
   * Scopes of which the access token must have one; Cognito only.
   * @default - none: the identity token is taken
   */
  readonly scopes?: readonly string[];
}

/**
 * Who may call a method. `AWS_IAM`: whoever signs the request and may invoke it; `NONE`: anyone; else whom an authorizer lets in.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
 */
export type Authorization = "AWS_IAM" | "NONE" | AuthorizedBy;

/** What a JSON body must look like. */
export interface ModelDefinition {
  /** Name: letters and digits. */
  readonly modelName: string;
  readonly description: string;
  /** The schema's JSON, draft 4. */
  readonly schema: string;
}

/** One method of one path. */
export interface RouteDefinition {
  readonly httpMethod: HttpMethod;
  /** Such as `/objects/{key+}`. */
  readonly path: string;
  readonly authorization: Authorization;
  readonly isApiKeyRequired: boolean;
  readonly integration: Integration;
  /** @default - any body */
  readonly body?: ModelDefinition;
  /** Parameters that a request must have, as mappings name them: `method.request.querystring.limit`. */
  readonly requiredParameters: readonly string[];
  /** Parameters, named alike, that tell cached answers apart; none where nothing is cached. */
  readonly cacheKeyParameters: readonly string[];
}

/** What API Gateway says by itself to one kind of refusal. */
export interface GatewayResponseDefinition {
  /** Id of the construct. */
  readonly id: string;
  /** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
  readonly responseType: string;
  /** @default - API Gateway's own */
  readonly statusCode?: string;
  /** Template of the JSON body. It knows `$context` and no VTL. */
  readonly template: string;
  /** Each with its text. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What holds for an API as a whole. */
export interface ApiSettings {
  readonly apiName: string;
  readonly description: string;
  /** @default - none: bodies are text */
  readonly binaryMediaTypes?: readonly string[];
  /** Bytes from which on answers are compressed. @default - never */
  readonly minimumCompressionSizeBytes?: number;
  readonly apiKeySource: "HEADER" | "AUTHORIZER";
  readonly endpoint: Endpoint;
  /**
   * Who may call at all. Its resources are paths of the API from the stage on: `dev/GET/orders`, or `*`. Is asked for when the stack is written,
   * as it follows the routes.
   * @default - whoever the methods let in
   */
  readonly policy?: () => readonly Statement[];
}

/**
 * Where an API can be reached: from everywhere, or through endpoints in a VPC alone.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
 */
export type Endpoint =
  | { readonly type: "REGIONAL" }
  | { readonly type: "PRIVATE"; readonly vpcEndpointIds: readonly string[] };
