import { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import type { Construct } from "constructs";
import { invocationOf, type LambdaAuthorizerProps } from "../apigateway/authorizers/authorizer";
import { PropError, requireMatch } from "../terraform/props";

export interface WebSocketAuthorizerProps extends Omit<LambdaAuthorizerProps, "ttlSeconds"> {
  /**
   * Parameters that a request to connect must have, else it is answered with 401 and the function is not called:
   * `route.request.querystring.token`, `route.request.header.Sec-WebSocket-Protocol`, `stageVariables.tenant`, `context.identity.sourceIp`.
   * At least one.
   */
  readonly identitySources: readonly string[];
}

const SOURCE = /^(route\.request\.(header|querystring)\.[\w.-]+|stageVariables\.\w+|context\.\w+(\.\w+)*)$/;

/**
 * Lets a function decide by the request to connect, as for a REST API: it is given the same event. Nothing is kept of its decision, which
 * holds for as long as the connection does: two hours at most.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 */
export class WebSocketAuthorizer {
  readonly identitySources: readonly string[];

  /** @throws PropError that names the function */
  constructor(private readonly props: WebSocketAuthorizerProps) {
    const { handler, authorizerName, identitySources } = props;
    requireMatch(
      handler,
      "authorizerName",
      authorizerName,
      /^[\w -]{1,128}$/,
      "1–128 letters, digits, -, _ and spaces",
    );
    const rule =
      "route.request.header.<name>, route.request.querystring.<name>, stageVariables.<name> or context.<name>";
    for (const source of identitySources) requireMatch(handler, "identitySources", source, SOURCE, rule);
    if (identitySources.length === 0) throw new PropError(handler, "identitySources", "at least one", identitySources);
    this.identitySources = identitySources;
  }

  /** Adds the authorizer to an API. */
  addTo(api: Construct, apiId: string): Apigatewayv2Authorizer {
    const { uri, credentialsArn, dependsOn } = invocationOf(this.props);
    return new Apigatewayv2Authorizer(api, "Authorizer", {
      apiId,
      name: this.props.authorizerName,
      authorizerType: "REQUEST",
      authorizerUri: uri,
      authorizerCredentialsArn: credentialsArn,
      identitySources: [...this.identitySources],
      dependsOn: [...dependsOn],
    });
  }
}
