import type { ITerraformDependable } from "cdktf";

/** What a status of the integration becomes for the client. */
export interface IntegrationResponse {
  /** Status that the client gets. */
  readonly statusCode: string;
  /**
   * Pattern of the integration's HTTP statuses that this answer is for.
   * @default - every status that no other pattern matches
   */
  readonly selectionPattern?: string;
  /** Mapping template of the JSON body that the client gets. */
  readonly template: string;
}

/** What API Gateway does with a request: passes it to an AWS service, rewritten, and rewrites the answer. */
export interface Integration {
  readonly uri: string;
  readonly credentialsArn: string;
  readonly requestParameters: Readonly<Record<string, string>>;
  /** Mapping template of the request, for JSON bodies; any other content type is refused with 415. */
  readonly requestTemplate: string;
  readonly responses: readonly IntegrationResponse[];
  /** What must exist before a call can succeed. */
  readonly dependsOn: readonly ITerraformDependable[];
}
