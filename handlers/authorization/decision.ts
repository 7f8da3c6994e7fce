import type { APIGatewayAuthorizerResult, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import type { TokenSettings } from "./settings";
import type { Claims } from "./token-verifier";

/** From the API to its stage, in the ARN of a method: `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/dev/GET/orders`. */
const STAGE = /^arn:[\w-]+:execute-api:[\w-]+:\d{12}:\w+\/[\w-]+(?=\/)/;

/** What is said to API Gateway about a bearer; HTTP APIs take a simple one, which opens or closes every route alike. */
export type Decision = APIGatewayAuthorizerResult | SimpleDecision;

export interface SimpleDecision extends APIGatewaySimpleAuthorizerResult {
  /** @default - nobody is known */
  readonly context?: Readonly<Record<string, string>>;
}

interface Asked extends Pick<TokenSettings, "requiredScope"> {
  /** Of a verified token. */
  readonly claims: Claims;
  /** Whether the request keeps the rules that go beyond the token's being good. */
  readonly keepsRules: boolean;
}

interface AskedOfMethod extends Asked, Pick<TokenSettings, "apiKeyClaim"> {
  /** ARN of the method that is called. */
  readonly methodArn: unknown;
}

/**
 * What API Gateway is told of a bearer: that all of the stage is open, or nothing. Never of the one method that is asked for: API Gateway
 * keeps the answer for the next request with the same token, which may be for another.
 *
 * @throws Error where the ARN is not one of a method: what it would open is unknown
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function decide({ methodArn, apiKeyClaim, ...asked }: AskedOfMethod): APIGatewayAuthorizerResult {
  const { claims } = asked;
  const [stage] = (typeof methodArn === "string" && STAGE.exec(methodArn)) || [];
  if (!stage) throw new Error("methodArn must be the ARN of a method of a REST API");
  const apiKey = apiKeyClaim === undefined ? undefined : textOf(claims[apiKeyClaim]);
  return {
    principalId: claims.sub,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        { Action: "execute-api:Invoke", Effect: isAllowed(asked) ? "Allow" : "Deny", Resource: `${stage}/*` },
      ],
    },
    context: contextOf(claims),
    ...(apiKey !== undefined && { usageIdentifierKey: apiKey }),
  };
}

/**
 * The same for an HTTP API.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export const decideSimply = (asked: Asked): SimpleDecision => ({
  isAuthorized: isAllowed(asked),
  context: contextOf(asked.claims),
});

const isAllowed = ({ claims, keepsRules, requiredScope }: Asked): boolean =>
  keepsRules && (requiredScope === undefined || scopesOf(claims).includes(requiredScope));

/** Who the bearer is. API Gateway takes no lists or objects here. */
function contextOf({ sub, scope, username }: Claims): Readonly<Record<string, string>> {
  return {
    sub,
    ...(typeof scope === "string" && { scope }),
    ...(typeof username === "string" && { username }),
  };
}

const scopesOf = ({ scope }: Claims): readonly string[] => textOf(scope)?.split(" ") ?? [];

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
