import type { UserPoolReference } from "../../cognito/user-pool";
import { PropError } from "../../terraform/props";
import type { CognitoAuthorizerDefinition } from "../definition";
import { type AuthorizerProps, ttlOf } from "./authorizer";

export interface CognitoAuthorizerProps extends AuthorizerProps {
  /** Pools whose users are let in, at most 1,000: `new UserPool(…)`, or `UserPool.fromArn(…)` for one that exists. */
  readonly userPools: readonly [UserPoolReference, ...UserPoolReference[]];
}

/**
 * Lets users of Cognito pools in, by the token in the `Authorization` header: the identity token, or, on methods that name scopes, an
 * access token with one of them. API Gateway verifies it by itself, and does not look at which app it is for.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
 */
export class CognitoAuthorizer implements CognitoAuthorizerDefinition {
  readonly type = "COGNITO_USER_POOLS";
  readonly authorizerName: string;
  readonly ttlSeconds: number;
  readonly userPoolArns: readonly string[];
  // The authorizer refers to the pools by itself.
  readonly dependsOn = [];

  /** @throws PropError that names the first pool */
  constructor(props: CognitoAuthorizerProps) {
    const { authorizerName, userPools } = props;
    const [userPool] = userPools;
    this.ttlSeconds = ttlOf(userPool, props);
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
    if (userPools.length > 1_000) throw new PropError(userPool, "userPools", "at most 1000 pools", userPools.length);
    this.authorizerName = authorizerName;
    this.userPoolArns = userPools.map(({ userPoolArn }) => userPoolArn);
  }
}
