import { type Claims, ExpiredTokenError } from "../cognito/jwt";
import type { CognitoAuthorizer } from "./authorizers";
import type { Exchange } from "./exchange";
import { unauthorized } from "./gateway-response";

/** Whoever issues a user pool's tokens. */
export interface TokenIssuer {
  readonly arn: string;
  /**
   * The claims of a token that it issued and that is not over.
   * @throws Error that says what is wrong with any other
   */
  claimsOf(token: string): Promise<Claims>;
}

/**
 * Asks for a token of one of the pools: an identity token, or an access token with one of the scopes where the method names scopes. Its
 * claims then stand in the exchange.
 *
 * @throws GatewayError `UNAUTHORIZED` for any other, and for none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
 * @see https://repost.aws/knowledge-center/api-gateway-cognito-401-unauthorized
 */
export async function authenticateUser(
  exchange: Exchange,
  { header, validation, authorizerName }: CognitoAuthorizer,
  { issuers, scopes }: { readonly issuers: readonly TokenIssuer[]; readonly scopes: readonly string[] },
): Promise<void> {
  const token = (exchange.params.header[header] ?? "").replace(/^Bearer\s+/i, "").trim();
  if (token === "") throw unauthorized(`the request has no ${header}`);
  const claims = await claimsOf(token, issuers);
  const wanted = scopes.length > 0 ? "access" : "id";
  if (claims.token_use !== wanted)
    throw unauthorized(`the method names ${scopes.length > 0 ? "" : "no "}scopes: it takes ${wanted} tokens`);
  const granted = String(claims.scope ?? "").split(" ");
  if (scopes.length > 0 && !scopes.some((scope) => granted.includes(scope)))
    throw unauthorized(`the token has none of the scopes ${scopes.join(", ")}, got: ${granted.join(", ")}`);
  if (validation && !validation.test(String(claims.aud ?? claims.client_id)))
    throw unauthorized(`the token is for a client that ${authorizerName} does not take`);
  const texts = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(name, value)]));
  exchange.authorizer = { claims: texts };
  for (const [name, value] of Object.entries(texts)) exchange.variables[`authorizer.claims.${name}`] = value;
}

/** The claims, by whichever pool issued the token. */
async function claimsOf(token: string, issuers: readonly TokenIssuer[]): Promise<Claims> {
  const reasons: string[] = [];
  for (const issuer of issuers) {
    try {
      return await issuer.claimsOf(token);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof ExpiredTokenError) throw unauthorized(why, "The incoming token has expired");
      reasons.push(`${issuer.arn}: ${why}`);
    }
  }
  throw unauthorized(reasons.join("; "));
}

/**
 * A claim as API Gateway gives it: times as dates in words, lists with commas, everything as text.
 * @see https://github.com/amazon-archives/amazon-cognito-identity-js/issues/92
 */
function claimText(name: string, value: unknown): string {
  if ((name === "exp" || name === "iat") && typeof value === "number") return dateInWords(value * 1_000);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** `Fri Jul 29 18:52:53 UTC 2016`. */
function dateInWords(milliseconds: number): string {
  const [weekday = "", day, month, year, time] = new Date(milliseconds).toUTCString().split(" ");
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`;
}
