import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { AwsError, type Clock } from "../aws";
import { type Claims, publicJwk, signJwt, verifyJwt } from "./jwt";
import type { PoolIdentities } from "./pool-identities";
import type { UserPoolClient } from "./user-pool-client";

/** What a token is asked for. */
export interface TokenRequest {
  readonly clientId: string;
  /** @default - none: a client's own access token, as the grant of client credentials gives it */
  readonly username?: string;
  /**
   * Scopes of an access token, each of which the client must allow. A user's may always be `aws.cognito.signin.user.admin`, which says no more
   * than that it is the token of a user who signed in.
   * @default - none: an identity token
   */
  readonly scopes?: readonly string[];
  /** Groups that the user is in, as `cognito:groups` says them. @default - none */
  readonly groups?: readonly string[];
  /** Further claims, such as `custom:tenant`. @default - none */
  readonly claims?: Claims;
}

/** What Cognito puts into every access token of a user who signed in by its API, whatever the client allows. */
const SIGNED_IN = "aws.cognito.signin.user.admin";

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * A user pool: its clients, and the key that signs its tokens. Users need not be made: whoever a token is asked for is one.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
 */
export class UserPool {
  readonly clients = new Map<string, UserPoolClient>();
  /** Scopes of its resource servers, such as `orders/read`, by the servers' identifiers. */
  readonly scopes = new Map<string, readonly string[]>();
  private key?: Promise<SigningKey>;

  constructor(
    readonly userPoolId: string,
    readonly arn: string,
    /** URL, reachable from here, that stands in its tokens as `iss`. */
    readonly issuer: string,
    private readonly clock: Clock,
    private readonly identities: PoolIdentities,
  ) {}

  /**
   * Makes a token.
   * @throws AwsError `ResourceNotFoundException` (400) for a client that is not the pool's, `InvalidParameterException` (400) for a scope that the
   *   client does not allow
   */
  async tokenFor(request: TokenRequest): Promise<string> {
    const { clientId, username, scopes = [] } = request;
    const client = this.clientOf(clientId);
    const allowed = [...client.allowedScopes, ...(username === undefined ? [] : [SIGNED_IN])];
    const refused = scopes.find((scope) => !allowed.includes(scope));
    if (refused !== undefined) {
      const sentence = `scopes must be among ${allowed.join(", ") || "none"}, got: ${refused}`;
      throw new AwsError("InvalidParameterException", sentence);
    }
    const isIdentity = scopes.length === 0 && username !== undefined;
    const issuedAt = Math.floor(this.clock.now() / 1_000);
    const lifetime = isIdentity ? client.idTokenSeconds : client.accessTokenSeconds;
    return signJwt(
      {
        sub: username === undefined ? clientId : this.identities.subjectOf(this.userPoolId, username),
        ...(isIdentity ? identityClaims(request) : accessClaims(request)),
        iss: this.issuer,
        auth_time: issuedAt,
        iat: issuedAt,
        exp: issuedAt + lifetime,
        jti: randomUUID(),
        ...request.claims,
      },
      await this.signingKey(),
    );
  }

  /**
   * The claims of a token that the pool issued and that is not over.
   * @throws Error that says what is wrong with any other
   */
  async claimsOf(token: string): Promise<Claims> {
    return verifyJwt(token, { issuer: this.issuer, now: this.clock.now(), ...(await this.signingKey()) });
  }

  /** What verifies its tokens. */
  async jwks(): Promise<{ readonly keys: readonly unknown[] }> {
    const { privateKey, kid } = await this.signingKey();
    return { keys: [publicJwk(privateKey, kid)] };
  }

  /** @throws AwsError `ResourceNotFoundException` (400) */
  clientOf(clientId: string): UserPoolClient {
    const client = this.clients.get(clientId);
    if (client) return client;
    throw new AwsError(
      "ResourceNotFoundException",
      `clientId must be of a client of ${this.userPoolId}: ${[...this.clients.keys()].join(", ") || "it has none"}, got: ${clientId}`,
    );
  }

  private signingKey(): Promise<SigningKey> {
    this.key ??= this.identities.keyOf(this.userPoolId).then(({ kid, privateKey }) => ({
      kid,
      privateKey: createPrivateKey(privateKey),
      publicKey: createPublicKey(privateKey),
    }));
    return this.key;
  }
}

function identityClaims({ clientId, username = "", groups }: TokenRequest): Claims {
  return {
    token_use: "id",
    aud: clientId,
    "cognito:username": username,
    ...(groups && { "cognito:groups": groups }),
    ...(username.includes("@") && { email: username, email_verified: true }),
  };
}

const accessClaims = ({ clientId, username, scopes = [], groups }: TokenRequest): Claims => ({
  token_use: "access",
  client_id: clientId,
  scope: scopes.join(" "),
  version: 2,
  ...(username !== undefined && { username }),
  ...(groups && { "cognito:groups": groups }),
});
