import type { Logger } from "@aws-lambda-powertools/logger";
import { type Decision, decide, decideSimply } from "./decision";
import { type Fields, fieldsOf } from "./fields";
import { Refusal } from "./refusal";
import type { TokenSettings } from "./settings";
import { type Claims, tokenVerifier } from "./token-verifier";

/** What is read out of an event before it is decided upon. */
interface Asked {
  readonly token: string;
  /** Rules beyond the token's being good. @default - none */
  readonly keepsRules?: (claims: Claims) => boolean;
}

/**
 * A handler for a Lambda authorizer of a REST API, and of an HTTP API with payload format 2.0 and simple responses. It lets nobody in but by a
 * verified token:
 *
 * - a token that is missing or not good → "Unauthorized", which API Gateway answers with 401 and does not keep
 * - a good one that does not allow the request → a Deny, 403, kept
 * - whatever keeps it from finding out → an error, 500, not kept
 *
 * HTTP APIs know no 401 by a function: a token that is missing or not good is 403 there, too, and kept.
 *
 * The log says why, and never holds a token.
 *
 * The function's errors count a REST API's refusals, too: there is no other way to a 401.
 *
 * @param read takes out of the event what is asked; fails with a `Refusal` where it is not there
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function authorizer(
  logger: Logger,
  settings: TokenSettings,
  read: (event: Fields) => Asked,
): (event: unknown) => Promise<Decision> {
  const verify = tokenVerifier(settings);
  return async (event) => {
    const fields = fieldsOf(event);
    // Only a REQUEST event has it.
    const { requestId } = fieldsOf(fields.requestContext);
    // REST APIs send no version; nothing in a request gets there.
    const isSimple = fields.version === "2.0";
    try {
      const { token, keepsRules = () => true } = read(fields);
      const claims = await verify(token);
      const asked = { ...settings, claims, keepsRules: keepsRules(claims) };
      const decision = isSimple ? decideSimply(asked) : decide({ ...asked, methodArn: fields.methodArn });
      logger.info("Decided", { requestId, sub: claims.sub, effect: effectOf(decision) });
      return decision;
    } catch (error) {
      if (error instanceof Refusal) {
        logger.info("Refused", { requestId, reason: error.message });
        if (isSimple) return { isAuthorized: false };
        // These words, and no others, are a 401.
        throw new Error("Unauthorized");
      }
      logger.error("Not decided", { requestId, error: error as Error });
      throw error;
    }
  };
}

function effectOf(decision: Decision): string | undefined {
  if ("isAuthorized" in decision) return decision.isAuthorized ? "Allow" : "Deny";
  return decision.policyDocument.Statement[0]?.Effect;
}
