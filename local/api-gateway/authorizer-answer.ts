import type { NamedPolicy } from "../../policy/evaluate";
import { policyOf } from "../iam/policy-document";
import { GatewayError } from "./gateway-response";

/** What a function said of a caller. */
export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policy: NamedPolicy;
  /** As text, whatever the function gave. */
  readonly context: Readonly<Record<string, string>>;
  /** The API key that the call counts for, where the API takes keys from authorizers. */
  readonly usageIdentifierKey?: string;
}

/** What is wrong with an authorizer: the client learns nothing but that it is. */
export const authorizerMisconfigured = (reason: string): GatewayError =>
  new GatewayError("AUTHORIZER_CONFIGURATION_ERROR", "Internal server error", {
    reason: `Execution failed due to configuration error: ${reason}`,
  });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads what an authorizer's function gave.
 * @throws GatewayError `AUTHORIZER_CONFIGURATION_ERROR` for anything but a principal and a policy, and for a context that holds lists or objects
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function readAuthorizerAnswer(authorizerName: string, payload: unknown): AuthorizerAnswer {
  const refuse = (rule: string, got: unknown): GatewayError =>
    authorizerMisconfigured(`the answer of ${authorizerName} must ${rule}, got: ${JSON.stringify(got) ?? "nothing"}`);
  if (!isObject(payload)) throw refuse("be an object with principalId and policyDocument", payload);
  const { principalId, policyDocument, context = {}, usageIdentifierKey } = payload;
  if (typeof principalId !== "string" || principalId === "") throw refuse("have a text as principalId", principalId);
  if (!isObject(policyDocument)) throw refuse("have a policyDocument", policyDocument);
  if (!isObject(context)) throw refuse("have an object as context", context);
  const wrong = Object.entries(context).find(([, value]) => !["string", "number", "boolean"].includes(typeof value));
  if (wrong) throw refuse(`have texts, numbers and booleans alone in context, which ${wrong[0]} is none of`, wrong[1]);
  if (usageIdentifierKey !== undefined && typeof usageIdentifierKey !== "string")
    throw refuse("have a text as usageIdentifierKey", usageIdentifierKey);
  return {
    principalId,
    policy: readPolicy(authorizerName, policyDocument),
    context: Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)])),
    usageIdentifierKey,
  };
}

function readPolicy(authorizerName: string, policyDocument: unknown): NamedPolicy {
  try {
    return policyOf(`the answer of ${authorizerName}`, JSON.stringify(policyDocument), "identity");
  } catch (error) {
    throw authorizerMisconfigured(`Could not parse policy: ${(error as Error).message}`);
  }
}
