import * as jose from "jose";
import { Refusal } from "./refusal";
import type { TokenSettings } from "./settings";

/** What a good token says. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

/**
 * Signatures by a private key that the issuer alone has. None by a shared secret: a public key would pass for one, and anybody has that.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.1
 */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Seconds by which the clocks here and at the issuer may differ. */
const CLOCK_TOLERANCE_SECONDS = 10;

/** Milliseconds that the issuer has to send its keys: API Gateway waits 29 s, and whoever calls does not. */
const JWKS_TIMEOUT = 3_000;

/** Milliseconds that keys are kept. A key that the issuer has withdrawn is good for so long. */
const JWKS_MAX_AGE = 600_000;

/**
 * Milliseconds between two questions for a key that is not among those kept: a rotated key is known after them, and made-up names of keys
 * cost no more.
 */
const JWKS_COOLDOWN = 30_000;

/**
 * Verifies access tokens: signature, issuer, for whom, from when and until when.
 *
 * Cognito's access tokens name the app in `client_id` and have no `aud`; those of other issuers, which have no `token_use`, must have the
 * `aud`. An identity token is refused: it tells an app who its user is, and lets nobody do anything.
 *
 * @returns a function that fails with a `Refusal` where the token is not good, and with another error where that could not be found out
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function tokenVerifier({ issuer, audiences, jwksUri }: TokenSettings): (token: string) => Promise<Claims> {
  const publishedKey = jose.createRemoteJWKSet(jwksUri, {
    timeoutDuration: JWKS_TIMEOUT,
    cacheMaxAge: JWKS_MAX_AGE,
    cooldownDuration: JWKS_COOLDOWN,
  });
  const keyOf: jose.JWTVerifyGetKey = async (header, token) => {
    try {
      return await publishedKey(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      throw new Error(`the keys at ${jwksUri.href} could not be read`, { cause: error });
    }
  };
  return async (token) => {
    const { sub, ...claims } = await verified(token, keyOf, issuer);
    if (typeof sub !== "string" || sub === "") throw new Refusal("sub is not a text");
    if (!isFor(claims, audiences)) throw new Refusal("the token is for another app or API");
    return { ...claims, sub };
  };
}

async function verified(token: string, keyOf: jose.JWTVerifyGetKey, issuer: string): Promise<jose.JWTPayload> {
  try {
    const { payload } = await jose.jwtVerify(token, keyOf, {
      issuer,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ["exp", "sub"],
    });
    return payload;
  } catch (error) {
    // Its message can hold what the token claims; its code cannot.
    if (error instanceof jose.errors.JOSEError) throw new Refusal(reasonOf(error));
    throw error;
  }
}

function reasonOf(error: jose.errors.JOSEError): string {
  const { code } = error;
  return error instanceof jose.errors.JWTClaimValidationFailed ? `${code}: ${error.claim}` : code;
}

const isAboutToken = (error: unknown): boolean =>
  error instanceof jose.errors.JWKSNoMatchingKey || error instanceof jose.errors.JWKSMultipleMatchingKeys;

function isFor({ token_use: use, client_id: clientId, aud }: jose.JWTPayload, audiences: readonly string[]): boolean {
  if (use !== undefined && use !== "access") throw new Refusal("token_use is not access");
  const names = use === "access" ? [clientId] : [aud].flat();
  return names.some((name) => typeof name === "string" && audiences.includes(name));
}
