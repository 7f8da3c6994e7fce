import { UserPool } from "../constructs/cognito/user-pool";
import { UserPoolClient } from "../constructs/cognito/user-pool-client";
import { Role } from "../constructs/iam/role";
import { NodeFunction } from "../constructs/lambda/function";
import type { Stack } from "../constructs/terraform/stack";
import type { Environment } from "../settings/schema";

/** Whose tokens are taken: those of an issuer that is there already, or, without one, of a user pool that the stack makes. */
export interface Tokens {
  readonly issuer?: string;
  readonly audience?: readonly string[];
  readonly requiredScope?: string;
}

export interface TokenAuthorizerProps {
  /** What names start with, behind the environment's prefix: `orders`. */
  readonly system: string;
  readonly environment: Environment;
  readonly entry: "authorize-token" | "authorize-request";
  readonly tokens: Tokens;
  /**
   * More of the function's environment.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Adds a function that decides who may call a system's API, and the role that API Gateway invokes it under. */
export function addTokenAuthorizer(stack: Stack, props: TokenAuthorizerProps) {
  const { system, environment, entry, tokens, variables } = props;
  const { nameOf, settings } = environment;
  const issued = tokens.issuer
    ? { issuer: tokens.issuer, audience: tokens.audience ?? [] }
    : ownIssuer(stack, system, environment);
  const handler = new NodeFunction(stack, "Authorizer", {
    functionName: nameOf(`${system}-${entry}`),
    description: `Decides who may call the API of ${system}`,
    entry: `handlers/${entry}.ts`,
    roleName: nameOf(`Lambda-Authorize-${system}`),
    environment: {
      ISSUER: issued.issuer,
      AUDIENCE: issued.audience.join(" "),
      ...(tokens.requiredScope && { REQUIRED_SCOPE: tokens.requiredScope }),
      ...variables,
    },
    logRetentionInDays: settings.logRetentionInDays,
  });
  const role = new Role(stack, "ApiGatewayInvokeAuthorizer", {
    roleName: nameOf(`APIGateway-InvokeAuthorizer-${system}`),
    assumedBy: { Service: "apigateway.amazonaws.com" },
    description: `Lets API Gateway ask who may call the API of ${system}`,
  });
  return { handler, role };
}

function ownIssuer(stack: Stack, system: string, environment: Environment) {
  const { userPool, client } = addUserPool(stack, system, environment);
  return { issuer: userPool.issuer, audience: [client.clientId] };
}

/** Adds a pool of the system's own, with an app that its users sign in to. */
export function addUserPool(stack: Stack, system: string, environment: Environment) {
  const userPool = new UserPool(stack, "Users", {
    userPoolName: environment.nameOf(`${system}-users`),
    isDeletionProtected: environment.settings.isDeletionProtected,
  });
  const clientName = environment.nameOf(`${system}-app`);
  const client = new UserPoolClient(stack, "UsersClient", { userPool, clientName });
  stack.addOutput("user_pool_id", userPool.userPoolId, "Pool of the users that may call the API");
  stack.addOutput("user_pool_client_id", client.clientId, "App that users sign in to");
  return { userPool, client };
}
