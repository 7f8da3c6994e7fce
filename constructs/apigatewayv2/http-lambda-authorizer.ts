import { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import type { Construct } from "constructs";
import { invocationOf, type LambdaAuthorizerProps, ttlOf } from "../apigateway/authorizers/authorizer";
import { PropError, requireMatch } from "../terraform/props";
import type { HttpAuthorizer } from "./http-authorizer";
import { requireWithin } from "./http-limits";

export interface HttpLambdaAuthorizerProps extends LambdaAuthorizerProps {
  /**
   * Parameters that a request must have, else it is answered with 401; together they are what a kept decision is found by:
   * `$request.header.Authorization`, `$request.querystring.token`, `$stageVariables.tenant`, `$context.identity.sourceIp`. At least one where
   * decisions are kept.
   *
   * Name everything that the function decides by: a request that differs from the last one in anything else gets the same answer. One that
   * decides by the route needs `$context.routeKey` among them.
   */
  readonly identitySources: readonly string[];
}

const SOURCE = /^\$(request\.(header|querystring)\.[\w.-]+|stageVariables\.\w+|context\.\w+(\.\w+)*)$/;

/**
 * Lets a function decide by the request, in payload format 2.0 and with a simple response, `{ isAuthorized, context }`, as
 * `handlers/authorize-request.ts` does. Whom it does not let in gets 403.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export class HttpLambdaAuthorizer implements HttpAuthorizer {
  readonly authorizationType = "CUSTOM";
  readonly authorizerName: string;
  readonly identitySources: readonly string[];
  private readonly ttlSeconds: number;
  private readonly invocation: ReturnType<typeof invocationOf>;

  /** @throws PropError that names the function */
  constructor(props: HttpLambdaAuthorizerProps) {
    const { handler, authorizerName, identitySources } = props;
    this.ttlSeconds = ttlOf(handler, props);
    const rule = "$request.header.<name>, $request.querystring.<name>, $stageVariables.<name> or $context.<name>";
    for (const source of identitySources) requireMatch(handler, "identitySources", source, SOURCE, rule);
    if (identitySources.length === 0 && this.ttlSeconds > 0) {
      const remedy = "Set ttlSeconds to 0 where a decision depends on no parameter alone";
      throw new PropError(handler, "identitySources", "at least one where decisions are kept", [], remedy);
    }
    const unit = "seconds that a function may take to authorize";
    requireWithin(handler, "timeoutSeconds", handler.timeoutSeconds, unit);
    this.authorizerName = authorizerName;
    this.identitySources = identitySources;
    this.invocation = invocationOf(props);
  }

  addTo(api: Construct, id: string, apiId: string): Apigatewayv2Authorizer {
    const { uri, credentialsArn, dependsOn } = this.invocation;
    return new Apigatewayv2Authorizer(api, id, {
      apiId,
      name: this.authorizerName,
      authorizerType: "REQUEST",
      authorizerUri: uri,
      authorizerCredentialsArn: credentialsArn,
      authorizerPayloadFormatVersion: "2.0",
      enableSimpleResponses: true,
      authorizerResultTtlInSeconds: this.ttlSeconds,
      identitySources: this.identitySources.length > 0 ? [...this.identitySources] : undefined,
      dependsOn: [...dependsOn],
    });
  }
}
