import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export type Claims = Readonly<Record<string, unknown>>;

/** A token that was right once. */
export class ExpiredTokenError extends Error {
  override readonly name = "ExpiredTokenError";
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JSON Web Token, signed as Cognito signs: RS256. @see https://www.rfc-editor.org/rfc/rfc7519 */
export function signJwt(claims: Claims, { kid, privateKey }: { kid: string; privateKey: KeyObject }): string {
  const content = `${encoded({ kid, alg: "RS256" })}.${encoded(claims)}`;
  return `${content}.${sign("RSA-SHA256", Buffer.from(content), privateKey).toString("base64url")}`;
}

export interface Expected {
  readonly issuer: string;
  readonly kid: string;
  readonly publicKey: KeyObject;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The claims of a token.
 * @throws ExpiredTokenError for one that is over
 * @throws Error that says what else is wrong with it
 */
export function verifyJwt(token: string, { issuer, kid, publicKey, now }: Expected): Claims {
  const [head = "", body = "", signature = "", ...rest] = token.split(".");
  const header = decoded(head);
  if (rest.length > 0 || signature === "" || !header) throw new Error("it is no JSON Web Token");
  // What signs is not the token's to say: any other algorithm, "none" included, is refused.
  if (header.alg !== "RS256" || header.kid !== kid) throw new Error("it was not signed with the pool's key");
  const content = Buffer.from(`${head}.${body}`);
  if (!verify("RSA-SHA256", content, publicKey, Buffer.from(signature, "base64url")))
    throw new Error("its signature is wrong");
  const claims = decoded(body);
  if (claims?.iss !== issuer) throw new Error(`its issuer must be ${issuer}, got: ${String(claims?.iss)}`);
  if (typeof claims.exp !== "number" || claims.exp * 1_000 <= now) throw new ExpiredTokenError("it is over");
  return claims;
}

function decoded(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** The public half of a key, as a JSON Web Key Set has it. @see https://www.rfc-editor.org/rfc/rfc7517 */
export const publicJwk = (privateKey: KeyObject, kid: string): Readonly<Record<string, unknown>> => ({
  ...createPublicKey(privateKey).export({ format: "jwk" }),
  kid,
  alg: "RS256",
  use: "sig",
});
