import { PropError, requireMatch } from "../../terraform/props";
import type { RequestAuthorizerDefinition } from "../definition";
import { invocationOf, type LambdaAuthorizerProps, ttlOf } from "./authorizer";

export interface RequestAuthorizerProps extends LambdaAuthorizerProps {
  /**
   * Parameters that a request must have, else it is answered with 401; together they are what a kept decision is found by:
   * `method.request.header.Authorization`, `method.request.querystring.token`, `stageVariables.tenant`, `context.identity.sourceIp`.
   * At least one where decisions are kept.
   *
   * Name everything that the function decides by: a request that differs from the last one in anything else gets the same answer.
   */
  readonly identitySources: readonly string[];
}

const SOURCE = /^(method\.request\.(header|querystring)\.[\w.-]+|stageVariables\.\w+|context\.\w+(\.\w+)*)$/;

/**
 * In place of none: every request has it, so none is refused for it. API Gateway may do without identity sources where it keeps no
 * decisions; but the AWS provider takes an absent one for the `Authorization` header, and sends an empty one as such, which API Gateway
 * refuses.
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/39689
 */
const ALWAYS_THERE = "context.identity.sourceIp";

/**
 * Lets a function decide by the request: headers, query, stage variables and context.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
 */
export class RequestAuthorizer implements RequestAuthorizerDefinition {
  readonly type = "REQUEST";
  readonly authorizerName: string;
  readonly ttlSeconds: number;
  readonly identitySources: readonly string[];
  readonly uri: string;
  readonly credentialsArn: string;
  readonly dependsOn: RequestAuthorizerDefinition["dependsOn"];

  /** @throws PropError that names the function */
  constructor(props: RequestAuthorizerProps) {
    const { handler, authorizerName, identitySources } = props;
    this.ttlSeconds = ttlOf(handler, props);
    const rule =
      "method.request.header.<name>, method.request.querystring.<name>, stageVariables.<name> or context.<name>";
    for (const source of identitySources) requireMatch(handler, "identitySources", source, SOURCE, rule);
    if (identitySources.length === 0 && this.ttlSeconds > 0) {
      const remedy = "Set ttlSeconds to 0 where a decision depends on no parameter alone";
      throw new PropError(handler, "identitySources", "at least one where decisions are kept", [], remedy);
    }
    this.authorizerName = authorizerName;
    this.identitySources = identitySources.length > 0 ? identitySources : [ALWAYS_THERE];
    const { uri, credentialsArn, dependsOn } = invocationOf(props);
    this.uri = uri;
    this.credentialsArn = credentialsArn;
    this.dependsOn = dependsOn;
  }
}
