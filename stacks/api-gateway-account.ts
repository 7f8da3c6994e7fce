import type { Construct } from "constructs";
import { Account } from "../constructs/apigateway/account";
import type { BackendConfig } from "../constructs/terraform/backend";
import { Stack } from "../constructs/terraform/stack";
import type { Environment } from "../settings/schema";

export interface ApiGatewayAccountProps {
  readonly region: string;
  readonly accountId?: string;
  readonly backend: BackendConfig;
}

/**
 * API Gateway's logging role for one account and Region. It belongs to no environment: destroying it with one would silence the APIs of
 * all others. Deploy it once, before anything else, unless the account has such a role already: docs/deploying.md.
 */
export class ApiGatewayAccountStack extends Stack {
  constructor(scope: Construct, id: string, { region, accountId, backend }: ApiGatewayAccountProps) {
    super(scope, id, { region, accountId, tags: { project: "gatehouse" }, backend });
    const { roleArn } = new Account(this, "Account", { roleName: `APIGateway-CloudWatchLogs-${region}` });
    this.addOutput(
      "cloudwatch_role_arn",
      roleArn,
      "Role that API Gateway writes logs under in this account and Region",
    );
  }
}

/** The accounts and Regions that the environments are in, each by the name of its stack. */
export function accountsOf(
  environments: readonly Environment[],
): ReadonlyMap<string, { readonly region: string; readonly accountId?: string }> {
  return new Map(
    environments.map(({ settings: { region, accountId } }) => [
      ["api-gateway-account", ...(accountId ? [accountId] : []), region].join("-"),
      { region, accountId },
    ]),
  );
}
