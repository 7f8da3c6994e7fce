import { type Access, AwsError, type Caller } from "../aws";
import type { ContextVariables } from "./context-template";
import type { Exchange, HttpRequest } from "./exchange";
import { GatewayError, type GatewayResponseType } from "./gateway-response";
import { callerFrom, conditionsOf } from "./resource-policy";

/** What decides about a call. */
export interface Decider {
  readonly access: Access;
  /** ARN of the method that is called. */
  readonly resource: string;
  /** JSON of the API's own policy. */
  readonly resourcePolicy?: string;
  /** @default "execute-api:Invoke" */
  readonly action?: string;
}

/**
 * Asks who signed a request. The caller then stands in the exchange.
 * @throws GatewayError for a request that nobody signed, or not rightly
 */
export function authenticateSigner(
  exchange: Pick<Exchange, "request" | "variables" | "caller">,
  authenticate: (request: HttpRequest) => Caller,
): Caller {
  const { request, variables } = exchange;
  const caller = refusedAs(signatureRefusal, () => authenticate(request));
  exchange.caller = caller;
  Object.assign(variables, {
    "identity.userArn": caller.sessionArn ?? caller.principalArn,
    "identity.accountId": caller.accountId,
    "identity.caller": caller.userId,
    "identity.user": caller.userId,
    "identity.accessKey": /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? "")?.[1],
  } satisfies ContextVariables);
  return caller;
}

/**
 * Asks whether a caller may invoke a method, or do what else is asked with an API.
 * @throws GatewayError `ACCESS_DENIED` in IAM's words
 */
export function requireInvoke(
  caller: Caller,
  request: HttpRequest,
  { access, resource, resourcePolicy, action = "execute-api:Invoke" }: Decider,
): void {
  const asked = { caller: callerFrom(request, caller), action, resource, resourcePolicy };
  refusedAs(
    ({ message }) => accessDenied(message),
    () => access.authorize({ ...asked, context: conditionsOf(request) }),
  );
}

/**
 * Whether whoever signed a request may have a kept answer replaced. Who did not sign never may.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html#invalidate-method-caching
 */
export function mayInvalidateCache(
  { caller, request }: Pick<Exchange, "caller" | "request">,
  { access, resource, resourcePolicy }: Decider,
): boolean {
  if (!caller) return false;
  const asked = {
    caller: callerFrom(request, caller),
    action: "execute-api:InvalidateCache",
    resource,
    resourcePolicy,
  };
  try {
    access.authorize({ ...asked, context: conditionsOf(request) });
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Runs what may throw an AwsError, and turns that into a refusal. */
function refusedAs<Result>(refusal: (error: AwsError) => GatewayError, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof AwsError ? refusal(error) : error;
  }
}

/** How API Gateway calls the ways a signature can be wrong; codes differ from protocol to protocol. */
const signatureErrors: Readonly<Record<string, readonly [GatewayResponseType, errorType: string]>> = {
  MissingAuthenticationToken: ["MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException"],
  IncompleteSignature: ["INVALID_SIGNATURE", "IncompleteSignatureException"],
  InvalidClientTokenId: ["INVALID_SIGNATURE", "UnrecognizedClientException"],
  UnrecognizedClient: ["INVALID_SIGNATURE", "UnrecognizedClientException"],
  ExpiredToken: ["EXPIRED_TOKEN", "ExpiredTokenException"],
};

function signatureRefusal({ code, message }: AwsError): GatewayError {
  const known = signatureErrors[code.replace(/Exception$/, "")];
  const [responseType, errorType] = known ?? ["INVALID_SIGNATURE", "InvalidSignatureException"];
  const said = responseType === "MISSING_AUTHENTICATION_TOKEN" ? "Missing Authentication Token" : message;
  return new GatewayError(responseType, said, { reason: message, errorType });
}

/**
 * A caller who may not. Of the account that owns the API, clients see the last four digits, as in captured answers.
 * @see https://repost.aws/knowledge-center/api-gateway-access-denied
 */
export function accessDenied(reason: string): GatewayError {
  const message = reason.replace(/(on resource: arn:[\w-]+:execute-api:[\w-]+:)\d{8}/, "$1********");
  return new GatewayError("ACCESS_DENIED", message, { reason });
}
