import type { ITerraformDependable } from "cdktf";

/** What an outcome of the integration becomes for the client. */
export interface IntegrationResponse {
  /** Status that the client gets. */
  readonly statusCode: string;
  /**
   * Pattern of the integration's HTTP statuses that this answer is for.
   * @default - every status that no other pattern matches
   */
  readonly selectionPattern?: string;
  /** Mapping template of the body that the client gets. */
  readonly template: string;
  /**
   * Headers that the client gets, each with its text.
   * @default - none
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Headers that the template may set, by `$context.responseOverride.header`.
   * @default - none
   */
  readonly templateHeaders?: readonly string[];
}

/** What an integration that calls something has. */
export interface CallingIntegration {
  /**
   * Seconds that API Gateway waits, 0.05 and more: 29 at most, 30 for an HTTP API; more for a REST API where AWS raised the quota.
   * @default - 29; 30 for an HTTP API
   */
  readonly timeoutSeconds?: number;
  /**
   * Stage variables that the URI is made with, each with the values that lead somewhere.
   * @default - none, or any value will do
   */
  readonly variableValues?: Readonly<Record<string, readonly string[]>>;
}

/** Passes the request to an AWS service, rewritten, and rewrites the answer. */
export interface AwsIntegration extends CallingIntegration {
  readonly type: "AWS";
  readonly uri: string;
  /** Role that API Gateway calls under. */
  readonly credentialsArn: string;
  readonly requestParameters: Readonly<Record<string, string>>;
  /** Mapping template of the request, for JSON bodies; any other content type is refused with 415. */
  readonly requestTemplate: string;
  readonly responses: readonly IntegrationResponse[];
  /** What must exist before a call can succeed. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Passes the request to a function, whole, and the function's answer to the client. */
export interface ProxyIntegration extends CallingIntegration {
  readonly type: "AWS_PROXY";
  readonly uri: string;
  /** Role that API Gateway calls under. */
  readonly credentialsArn: string;
  /** What must exist before a call can succeed. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Calls nothing: API Gateway answers by itself. */
export interface MockIntegration {
  readonly type: "MOCK";
  readonly response: IntegrationResponse;
}

/**
 * What API Gateway does with a request.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
 */
export type Integration = AwsIntegration | ProxyIntegration | MockIntegration;
