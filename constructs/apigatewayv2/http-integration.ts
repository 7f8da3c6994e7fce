import type { ITerraformDependable } from "cdktf";
import type { ProxyIntegration } from "../apigateway/integration";

/** Sends a message to a queue, as API Gateway does it for HTTP APIs: no template, and SQS's own answer to the client. */
export interface SendMessageIntegration {
  readonly type: "SQS-SendMessage";
  /** Role that API Gateway sends under. */
  readonly credentialsArn: string;
  /** Parameters of SQS's action, each a text or an expression such as `$request.body`. */
  readonly requestParameters: Readonly<Record<string, string>>;
  /**
   * Seconds that API Gateway waits, 0.05–30.
   * @default 30
   */
  readonly timeoutSeconds?: number;
  /** What must exist before a call can succeed. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * What an HTTP API does with a request. A function gets it in payload format 2.0.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
 */
export type HttpIntegration = ProxyIntegration | SendMessageIntegration;
