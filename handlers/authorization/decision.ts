import type { APIGatewayAuthorizerResult } from "aws-lambda";
import type { TokenSettings } from "./settings";
import type { Claims } from "./token-verifier";

/** From the API to its stage, in the ARN of a method: `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/dev/GET/orders`. */
const STAGE = /^arn:[\w-]+:execute-api:[\w-]+:\d{12}:\w+\/[\w-]+(?=\/)/;

interface Asked extends Pick<TokenSettings, "requiredScope" | "apiKeyClaim"> {
  /** ARN of the method that is called. */
  readonly methodArn: unknown;
  /** Of a verified token. */
  readonly claims: Claims;
  /** Whether the request keeps the rules that go beyond the token's being good. */
  readonly keepsRules: boolean;
}

/**
 * What API Gateway is told of a bearer: that all of the stage is open, or nothing. Never of the one method that is asked for: API Gateway
 * keeps the answer for the next request with the same token, which may be for another.
 *
 * @throws Error where the ARN is not one of a method: what it would open is unknown
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function decide({
  methodArn,
  claims,
  keepsRules,
  requiredScope,
  apiKeyClaim,
}: Asked): APIGatewayAuthorizerResult {
  const [stage] = (typeof methodArn === "string" && STAGE.exec(methodArn)) || [];
  if (!stage) throw new Error("methodArn must be the ARN of a method of a REST API");
  const isAllowed = keepsRules && (requiredScope === undefined || scopesOf(claims).includes(requiredScope));
  const username = textOf(claims.username);
  const scope = textOf(claims.scope);
  const apiKey = apiKeyClaim === undefined ? undefined : textOf(claims[apiKeyClaim]);
  return {
    principalId: claims.sub,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: isAllowed ? "Allow" : "Deny", Resource: `${stage}/*` }],
    },
    // API Gateway takes no lists or objects here.
    context: { sub: claims.sub, ...(scope !== undefined && { scope }), ...(username !== undefined && { username }) },
    ...(apiKey !== undefined && { usageIdentifierKey: apiKey }),
  };
}

const scopesOf = ({ scope }: Claims): readonly string[] => textOf(scope)?.split(" ") ?? [];

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
