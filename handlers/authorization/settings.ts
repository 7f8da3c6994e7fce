/** Whose tokens are taken, and what they must let their bearer do. */
export interface TokenSettings {
  /** `iss` of every token. */
  readonly issuer: string;
  /** Apps, by client id, or APIs, by name: a token must be for one of them. */
  readonly audiences: readonly string[];
  /** Where the issuer publishes its keys. */
  readonly jwksUri: URL;
  /** Scope that a token must have; without it, its bearer is known but not let in. */
  readonly requiredScope: string | undefined;
  /** Claim that holds the API key whose usage plan the request counts against. */
  readonly apiKeyClaim: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the function's environment:
 *
 * - `ISSUER`: URL of the issuer, exactly as its tokens have it
 * - `AUDIENCE`: client ids or names of APIs, separated by spaces
 * - `JWKS_URI`: where the issuer's keys are; `<ISSUER>/.well-known/jwks.json` if absent
 * - `REQUIRED_SCOPE`: scope that a token must have; none if absent
 * - `API_KEY_CLAIM`: claim that holds an API key, for an API whose key source is `AUTHORIZER`; none if absent
 *
 * @throws Error that names the variable: a function that knows no issuer lets nobody in
 */
export function readTokenSettings(environment: Environment): TokenSettings {
  const issuer = required(environment, "ISSUER", "the URL of an issuer, as its tokens have it");
  secureUrl("ISSUER", issuer);
  const audience = required(environment, "AUDIENCE", "client ids or names of APIs, separated by spaces");
  const jwksUri = optional(environment, "JWKS_URI") ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;
  return {
    issuer,
    audiences: audience.split(/\s+/),
    jwksUri: secureUrl("JWKS_URI", jwksUri),
    requiredScope: optional(environment, "REQUIRED_SCOPE"),
    apiKeyClaim: optional(environment, "API_KEY_CLAIM"),
  };
}

/** The value of a variable; one that is empty counts as absent. */
export const optional = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined;

function required(environment: Environment, name: string, rule: string): string {
  const value = optional(environment, name);
  if (value === undefined) throw new Error(`${name} must be ${rule}, got: nothing`);
  return value;
}

/** Keys that came in the clear could be anybody's. */
function secureUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isLocal = url?.protocol === "http:" && /^(127\.0\.0\.1|\[::1\]|localhost)$/.test(url.hostname);
  if (!url || !(url.protocol === "https:" || isLocal)) {
    throw new Error(`${name} must be an https URL, or an http one of this machine, got: "${value}"`);
  }
  return url;
}
