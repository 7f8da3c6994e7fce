import { ApiGatewayAccount } from "@cdktf/provider-aws/lib/api-gateway-account";
import { Construct } from "constructs";
import { Role } from "../iam/role";
import { Stack } from "../terraform/stack";

export interface AccountProps {
  /** Name of the role that API Gateway writes logs under, unique in the account. */
  readonly roleName: string;
}

/**
 * The role that API Gateway writes access and execution logs under. There is one such setting in an account and Region, for all APIs
 * there; without it, a stage with logs cannot be made. Destroying it stops the logs of every API in the Region.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export class Account extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { roleName }: AccountProps) {
    super(scope, id);
    const role = new Role(this, "Role", {
      roleName,
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Lets API Gateway write logs",
    });
    const canWriteLogs = role.attach(
      "PushToCloudWatchLogs",
      `arn:${Stack.of(this).partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`,
    );
    this.roleArn = role.roleArn;
    new ApiGatewayAccount(this, "Resource", { cloudwatchRoleArn: role.roleArn, dependsOn: [canWriteLogs] });
  }
}
