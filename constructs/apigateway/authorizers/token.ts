import { Token } from "cdktf";
import type { Construct } from "constructs";
import { PropError, requireMatch } from "../../terraform/props";
import type { TokenAuthorizerDefinition } from "../definition";
import { invocationOf, type LambdaAuthorizerProps, ttlOf } from "./authorizer";

export interface TokenAuthorizerProps extends LambdaAuthorizerProps {
  /**
   * Header that has the token: letters, digits and `._-`. A request without it is answered with 401.
   * @default "Authorization"
   */
  readonly header?: string;
  /**
   * Regular expression of the whole header, such as `^Bearer [\w.-]+$`. What does not match is answered with 401, and the function is not
   * called.
   * @default - any text comes to the function
   */
  readonly validationExpression?: string;
}

/**
 * Lets a function decide by the token in one header. A decision is kept for the token, whichever method it was shown for: the function
 * must decide about all of them, as `handlers/authorize-token.ts` does.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export class TokenAuthorizer implements TokenAuthorizerDefinition {
  readonly type = "TOKEN";
  readonly authorizerName: string;
  readonly ttlSeconds: number;
  readonly header: string;
  readonly validationExpression?: string;
  readonly uri: string;
  readonly credentialsArn: string;
  readonly dependsOn: TokenAuthorizerDefinition["dependsOn"];

  /** @throws PropError that names the function */
  constructor(props: TokenAuthorizerProps) {
    const { handler, authorizerName, header = "Authorization", validationExpression } = props;
    this.ttlSeconds = ttlOf(handler, props);
    requireMatch(handler, "header", header, /^[\w.-]+$/, "the name of a header: letters, digits and ._-");
    if (validationExpression !== undefined) requireExpression(handler, validationExpression);
    this.authorizerName = authorizerName;
    this.header = header;
    this.validationExpression = validationExpression;
    const { uri, credentialsArn, dependsOn } = invocationOf(props);
    this.uri = uri;
    this.credentialsArn = credentialsArn;
    this.dependsOn = dependsOn;
  }
}

function requireExpression(construct: Construct, expression: string): void {
  if (Token.isUnresolved(expression)) return;
  try {
    new RegExp(expression);
  } catch {
    throw new PropError(construct, "validationExpression", "a regular expression", expression);
  }
}
