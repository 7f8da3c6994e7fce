import { Apigatewayv2Deployment } from "@cdktf/provider-aws/lib/apigatewayv2-deployment";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { addressesOf, triggersOf } from "../apigateway/deployment";

export interface DeploymentProps {
  readonly apiId: string;
  /** What must exist before the deployment is made, so that it is in the copy. Is asked for when the stack is written. */
  readonly parts: () => readonly ITerraformDependable[];
}

/** What a deployment copies. */
const deployed = new Set([
  "aws_apigatewayv2_api",
  "aws_apigatewayv2_authorizer",
  "aws_apigatewayv2_integration",
  "aws_apigatewayv2_integration_response",
  "aws_apigatewayv2_model",
  "aws_apigatewayv2_route",
  "aws_apigatewayv2_route_response",
]);

/**
 * A copy of an HTTP or WebSocket API, which its stage serves. It is replaced whenever anything that it copies changes; the new copy is made
 * before a route that was removed is deleted, so that route is served until the next one.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-websocket-deployment.html
 */
export class Deployment extends Construct {
  readonly deploymentId: string;

  /** @param scope the API, in which everything stands that the deployment copies */
  constructor(scope: Construct, id: string, { apiId, parts }: DeploymentProps) {
    super(scope, id);
    const resource = new Apigatewayv2Deployment(this, "Resource", {
      apiId,
      triggers: triggersOf(scope, deployed),
      // The stage points at the old one until the new one is there.
      lifecycle: { createBeforeDestroy: true },
    });
    this.deploymentId = resource.id;
    resource.dependsOn = addressesOf(parts);
  }
}
