import { bearerToken } from "./bearer";
import type { Fields } from "./fields";
import { requestSource } from "./request-source";
import { optional } from "./settings";
import type { Claims } from "./token-verifier";

const AUTHORIZATION = "method.request.header.Authorization";

/**
 * Reads the rest of the function's environment:
 *
 * - `TOKEN_SOURCE`: where a request has its token; `method.request.header.Authorization` if absent, where it follows `Bearer`, as in any
 *   header. Elsewhere, as in `method.request.querystring.token`, it stands alone.
 * - `CLAIM_SOURCES`: what a request must say as the token does, as `claim=source` separated by spaces:
 *   `custom:tenant=method.request.header.X-Tenant`. None if absent.
 *
 * Each source must be an identity source of the authorizer, too, where it keeps decisions: what is not one is not looked at while a
 * decision is kept.
 *
 * @returns what reads a request's token, and compares the request with its claims
 * @throws Error that names the variable
 */
export function readRequestRule(environment: Readonly<Record<string, string | undefined>>) {
  const tokenSource = optional(environment, "TOKEN_SOURCE") ?? AUTHORIZATION;
  const readToken = requestSource(tokenSource);
  const isHeader = tokenSource.startsWith("method.request.header.");
  const pairs = (optional(environment, "CLAIM_SOURCES")?.split(/\s+/) ?? []).map((pair) => {
    const [, claim, source] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (!claim || !source) throw new Error(`CLAIM_SOURCES must be claim=source, separated by spaces, got: "${pair}"`);
    return { claim, read: requestSource(source) };
  });
  return (event: Fields) => {
    const found = readToken(event);
    const said = pairs.map(({ claim, read }) => ({ claim, value: read(event) }));
    return {
      token: isHeader ? bearerToken(found) : found,
      keepsRules: (claims: Claims): boolean =>
        said.every(({ claim, value }) => Object.hasOwn(claims, claim) && claims[claim] === value),
    };
  };
}
