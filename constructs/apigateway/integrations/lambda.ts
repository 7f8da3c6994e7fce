import type { Role } from "../../iam/role";
import type { NodeFunction } from "../../lambda/function";
import type { ProxyIntegration } from "../integration";

export interface LambdaIntegrationProps {
  readonly handler: NodeFunction;
  /** Role that API Gateway invokes under. The integration grants it `lambda:InvokeFunction` on this one function. */
  readonly role: Role;
}

/**
 * Passes each request to a function and its answer back. API Gateway invokes under a role, so the function needs no resource-based permission.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export class LambdaIntegration implements ProxyIntegration {
  readonly type = "AWS_PROXY";
  readonly uri: string;
  readonly credentialsArn: string;
  readonly dependsOn: ProxyIntegration["dependsOn"];

  constructor({ handler, role }: LambdaIntegrationProps) {
    this.uri = handler.invokeArn;
    this.credentialsArn = role.roleArn;
    this.dependsOn = [
      role.grant(`Invoke${handler.node.id}`, [
        { actions: ["lambda:InvokeFunction"], resources: [handler.functionArn] },
      ]),
    ];
  }
}
