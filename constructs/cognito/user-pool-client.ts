import { CognitoUserPoolClient } from "@cdktf/provider-aws/lib/cognito-user-pool-client";
import { Construct } from "constructs";
import { PropError, requireInteger, requireMatch } from "../terraform/props";
import { UserPool, type UserPoolReference } from "./user-pool";

export interface UserPoolClientProps {
  readonly userPool: UserPoolReference;
  /** Name: 1–128 letters, digits, spaces and `+=,.@-_`. */
  readonly clientName: string;
  /**
   * How the app uses the pool's sign-in pages. Tokens with scopes come from there alone.
   * @default - not at all: it asks users itself, by SRP
   */
  readonly signInPages?: SignInPages;
  /**
   * Minutes that an access token is good for, 5–1,440.
   * @default 60
   */
  readonly accessTokenMinutes?: number;
  /**
   * Minutes that an identity token is good for, 5–1,440.
   * @default 60
   */
  readonly idTokenMinutes?: number;
  /**
   * Days until a user must sign in again, 1–3,650.
   * @default 30
   */
  readonly refreshTokenDays?: number;
}

export interface SignInPages {
  /** Where the pages send users who signed in: 1–100 https URLs, or http ones of `localhost`, without a fragment. */
  readonly callbackUrls: readonly string[];
  /**
   * Where the pages send users who signed out: at most 100 URLs, of the same kinds.
   * @default - nowhere
   */
  readonly logoutUrls?: readonly string[];
  /**
   * Scopes, besides `openid`, that the app may ask for: at most 49, such as `userPool.scope("read")`.
   * @default - none
   */
  readonly scopes?: readonly string[];
}

/**
 * An app that runs where its users can look into it, in a browser or on a phone: so it has no secret, and signs in by SRP, which sends no
 * password, or by the authorization code flow with PKCE. Whoever has IAM's leave to may sign users in by their password, too
 * (`AdminInitiateAuth`), as tests do.
 *
 * Users may change their address through the app, and no other attribute: what a token says of them is not theirs to choose.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export class UserPoolClient extends Construct {
  /** What the app calls itself, and what its tokens are for: `AUDIENCE` of a Lambda authorizer. */
  readonly clientId: string;

  constructor(scope: Construct, id: string, props: UserPoolClientProps) {
    super(scope, id);
    const {
      userPool,
      clientName,
      signInPages,
      accessTokenMinutes = 60,
      idTokenMinutes = 60,
      refreshTokenDays = 30,
    } = props;
    const rule = "1–128 letters, digits, spaces and +=,.@-_";
    requireMatch(this, "clientName", clientName, /^[\w\s+=,.@-]{1,128}$/, rule);
    requireInteger(this, "accessTokenMinutes", accessTokenMinutes, 5, 1_440);
    requireInteger(this, "idTokenMinutes", idTokenMinutes, 5, 1_440);
    requireInteger(this, "refreshTokenDays", refreshTokenDays, 1, 3_650);
    if (signInPages) this.requirePages(userPool, signInPages);

    const client = new CognitoUserPoolClient(this, "Resource", {
      userPoolId: userPool.userPoolId,
      name: clientName,
      generateSecret: false,
      explicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
      preventUserExistenceErrors: "ENABLED",
      enableTokenRevocation: true,
      accessTokenValidity: accessTokenMinutes,
      idTokenValidity: idTokenMinutes,
      refreshTokenValidity: refreshTokenDays,
      tokenValidityUnits: [{ accessToken: "minutes", idToken: "minutes", refreshToken: "days" }],
      readAttributes: ["email", "email_verified"],
      writeAttributes: ["email"],
      ...(signInPages && {
        allowedOauthFlowsUserPoolClient: true,
        allowedOauthFlows: ["code"],
        allowedOauthScopes: ["openid", ...(signInPages.scopes ?? [])],
        callbackUrls: [...signInPages.callbackUrls],
        logoutUrls: signInPages.logoutUrls && [...signInPages.logoutUrls],
        supportedIdentityProviders: ["COGNITO"],
      }),
    });
    this.clientId = client.id;
  }

  private requirePages(userPool: UserPoolReference, { callbackUrls, logoutUrls = [], scopes = [] }: SignInPages): void {
    if (userPool instanceof UserPool && !userPool.hasDomain) {
      const remedy = `Set domainPrefix of ${userPool.node.path}`;
      throw new PropError(this, "signInPages", "left out for a pool that has none", "pages", remedy);
    }
    if (callbackUrls.length < 1 || callbackUrls.length > 100)
      throw new PropError(this, "signInPages.callbackUrls", "1–100 URLs", callbackUrls.length);
    if (logoutUrls.length > 100)
      throw new PropError(this, "signInPages.logoutUrls", "at most 100 URLs", logoutUrls.length);
    if (scopes.length > 49) throw new PropError(this, "signInPages.scopes", "at most 49 scopes", scopes.length);
    const url = /^(https:\/\/[^\s#]+|http:\/\/localhost(:\d+)?(\/[^\s#]*)?)$/;
    const rule = "https URLs, or http ones of localhost, without a fragment";
    for (const each of callbackUrls) requireMatch(this, "signInPages.callbackUrls", each, url, rule);
    for (const each of logoutUrls) requireMatch(this, "signInPages.logoutUrls", each, url, rule);
  }
}
