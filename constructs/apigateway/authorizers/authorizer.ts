import type { Construct } from "constructs";
import type { Role } from "../../iam/role";
import type { NodeFunction } from "../../lambda/function";
import { requireInteger, requireMatch } from "../../terraform/props";

export interface AuthorizerProps {
  /** Name, unique in the API: 1–128 letters, digits, `-`, `_` and spaces. */
  readonly authorizerName: string;
  /**
   * Seconds that a decision is kept for whoever shows the same again, 0–3,600; 0 keeps none. For so long a decision outlives the end of its
   * token, and whatever changes about its user.
   * @default 300
   */
  readonly ttlSeconds?: number;
}

export interface LambdaAuthorizerProps extends AuthorizerProps {
  /** Function that decides, such as `handlers/authorize-token.ts`. */
  readonly handler: NodeFunction;
  /** Role that API Gateway invokes under. The authorizer grants it `lambda:InvokeFunction` on this one function. */
  readonly role: Role;
}

/**
 * Checks what every authorizer has.
 * @returns the seconds that a decision is kept
 * @throws PropError
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
 */
export function ttlOf(construct: Construct, { authorizerName, ttlSeconds = 300 }: AuthorizerProps): number {
  const rule = "1–128 letters, digits, -, _ and spaces";
  requireMatch(construct, "authorizerName", authorizerName, /^[\w -]{1,128}$/, rule);
  requireInteger(construct, "ttlSeconds", ttlSeconds, 0, 3_600);
  return ttlSeconds;
}

/** How API Gateway invokes a function that decides: under a role, so that the function needs no resource-based permission. */
export function invocationOf({ handler, role }: LambdaAuthorizerProps) {
  const statement = { actions: ["lambda:InvokeFunction"], resources: [handler.functionArn] };
  return {
    uri: handler.invokeArn,
    credentialsArn: role.roleArn,
    dependsOn: [role.grant(`Invoke${handler.node.id}`, [statement])],
  };
}
