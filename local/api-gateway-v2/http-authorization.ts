import { requireAllow } from "../api-gateway/authorization";
import { type AuthorizerAnswer, authorizerMisconfigured, readAuthorizerAnswer } from "../api-gateway/authorizer-answer";
import { AuthorizerCache } from "../api-gateway/authorizer-cache";
import { GatewayError, unauthorized } from "../api-gateway/gateway-response";
import { accessDenied, authenticateSigner, requireInvoke } from "../api-gateway/iam-authorization";
import { identityValueOf } from "../api-gateway/identity-sources";
import { invokeAuthorizer, setVariables } from "../api-gateway/lambda-authorizer";
import { decideUnsigned } from "../api-gateway/resource-policy";
import { type Claims, ExpiredTokenError } from "../cognito/jwt";
import type { UserPool } from "../cognito/user-pool";
import { isObject } from "../protocol/matching";
import type { ConnectAuthorizationOptions } from "./connect-authorization";
import type { FunctionAuthorizer, HttpAuthorization, JwtAuthorizer } from "./http-authorizers";
import { commonEvent, eventV1 } from "./http-event";
import type { HttpExchange } from "./http-exchange";

/** Whoever issues a user pool's tokens. */
export type Issuer = Pick<UserPool, "userPoolId" | "arn" | "issuer" | "claimsOf">;

export interface HttpAuthorizationOptions extends ConnectAuthorizationOptions {
  /** The pools of all stacks. */
  readonly userPools: () => readonly Issuer[];
}

/** What an authorizer's function said: yes or no, or a policy that decides about each route. */
interface Decided {
  readonly isAuthorized?: boolean;
  readonly answer?: AuthorizerAnswer;
  /** As functions get it. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** A token that is refused, with what the client is told of it in `WWW-Authenticate`. */
export class TokenRefused extends GatewayError {
  constructor(
    reason: string,
    readonly challenge: string,
  ) {
    super("UNAUTHORIZED", "Unauthorized", { reason });
  }
}

/**
 * Who may call the routes of an HTTP API.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 */
export class HttpAuthorizations {
  private readonly cache: AuthorizerCache<Decided>;

  constructor(private readonly options: HttpAuthorizationOptions) {
    this.cache = new AuthorizerCache(options.clock);
  }

  /** @throws Error for tokens of an issuer that does not run here */
  requireIssuer({ authorizerName, issuer }: JwtAuthorizer): void {
    if (this.issuerOf(issuer)) return;
    throw new Error(
      `the authorizer ${authorizerName} takes tokens of ${issuer}, which is no user pool in the stacks that run here: the local run has no other issuers`,
    );
  }

  /**
   * Lets a request in; what is known of the caller then stands in the exchange.
   * @throws GatewayError for whoever may not
   */
  async authorize(exchange: HttpExchange, authorization: HttpAuthorization): Promise<void> {
    if (authorization === "NONE") return;
    const { access, authenticate } = this.options;
    if (authorization === "AWS_IAM") {
      requireInvoke(authenticateSigner(exchange, authenticate), exchange.request, {
        access,
        resource: this.routeArn(exchange),
      });
      exchange.authorizer = { iam: signerOf(exchange) };
    } else if (authorization.type === "JWT") {
      await this.requireToken(exchange, authorization);
    } else {
      await this.askFunction(exchange, authorization);
    }
  }

  private async requireToken(exchange: HttpExchange, authorizer: JwtAuthorizer): Promise<void> {
    const { identitySource, audience, scopes, issuer } = authorizer;
    const token = (identityValueOf(exchange, identitySource) ?? "").replace(/^Bearer\s+/i, "").trim();
    if (token === "") throw new TokenRefused(`the request has no ${identitySource.name}`, "Bearer");
    const claims = await this.claimsOf(token, issuer);
    const meant = [claims.aud ?? claims.client_id].flat().map(String);
    if (!meant.some((one) => audience.includes(one)))
      throw invalid(`the token is for ${meant.join(", ")}`, "the token does not have a valid audience");
    const granted = String(claims.scope ?? claims.scp ?? "").split(/[ ,]/);
    const found = scopes.filter((scope) => granted.includes(scope));
    if (scopes.length > 0 && found.length === 0)
      throw accessDenied(`the token has none of the scopes ${scopes.join(", ")}, got: ${granted.join(", ")}`);
    const texts = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
    exchange.authorizer = { jwt: { claims: texts, scopes: scopes.length > 0 ? found : null } };
    for (const [name, value] of Object.entries(texts)) exchange.variables[`authorizer.claims.${name}`] = value;
  }

  private async claimsOf(token: string, issuer: string): Promise<Claims> {
    try {
      const pool = this.issuerOf(issuer);
      if (!pool) throw new Error(`there is no issuer ${issuer}`);
      return await pool.claimsOf(token);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw error instanceof ExpiredTokenError ? invalid(why, "the token has expired") : invalid(why);
    }
  }

  private async askFunction(exchange: HttpExchange, authorizer: FunctionAuthorizer): Promise<void> {
    const { clock, place } = this.options;
    const values = authorizer.identitySources.map((source) => identityValueOf(exchange, source));
    const missing = authorizer.identitySources.find((_, index) => values[index] === undefined);
    if (missing) throw unauthorized(`the request has no ${missing.location} ${missing.name}`);
    const key = JSON.stringify([authorizer.authorizerId, exchange.stage.stageName, ...values]);
    let decided = this.cache.find(key);
    if (!decided) {
      decided = await invokeAuthorizer(
        exchange,
        authorizer,
        { ...this.options, accountId: place.accountId },
        { event: this.eventFor(exchange, authorizer, values), read: (payload) => read(authorizer, payload) },
      );
      this.cache.keep(key, decided, authorizer.ttlSeconds);
    }
    const { answer, context, isAuthorized } = decided;
    exchange.authorizer = { lambda: context };
    setVariables(exchange, {
      ...Object.fromEntries(Object.entries(context).map(([name, value]) => [name, claimText(value)])),
      ...(answer && { principalId: answer.principalId }),
    });
    if (answer) {
      const call = { resource: this.routeArn(exchange), request: exchange.request };
      requireAllow(decideUnsigned(call, { clock, region: place.region }, { authorizer: answer.policy }));
    } else if (!isAuthorized) {
      throw accessDenied(`${authorizer.authorizerName} says no`);
    }
  }

  private eventFor(exchange: HttpExchange, { version }: FunctionAuthorizer, values: readonly (string | undefined)[]) {
    const arn = this.routeArn(exchange);
    if (version === "2.0")
      return { version, type: "REQUEST", routeArn: arn, identitySource: values, ...commonEvent(exchange) };
    const { body: _, isBase64Encoded: __, ...event } = eventV1(exchange);
    const identity = values.join(",");
    return { type: "REQUEST", methodArn: arn, identitySource: identity, authorizationToken: identity, ...event };
  }

  /** What policies name a call by. */
  private routeArn({ stage, request, path }: HttpExchange): string {
    return `${this.options.executionArn}/${stage.stageName}/${request.method}${path}`;
  }

  /** A pool by its issuer in AWS, or by its address here, whichever the scheme: nothing here speaks TLS. */
  issuerOf(issuer: string): Issuer | undefined {
    const bare = (url: string): string => url.replace(/^https?:\/\//, "");
    return this.options
      .userPools()
      .find(
        (pool) =>
          bare(pool.issuer) === bare(issuer) ||
          (/^https:\/\/cognito-idp\./.test(issuer) && issuer.endsWith(`/${pool.userPoolId}`)),
      );
  }
}

const invalid = (reason: string, description?: string): TokenRefused =>
  new TokenRefused(
    reason,
    `Bearer error="invalid_token"${description === undefined ? "" : `, error_description="${description}"`}`,
  );

/**
 * Reads what an authorizer's function gave; its context may hold lists and objects.
 * @throws GatewayError `AUTHORIZER_CONFIGURATION_ERROR` for an answer of another form
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html#http-api-lambda-authorizer.payload-format-response
 */
function read({ authorizerName, isSimple }: FunctionAuthorizer, payload: unknown): Decided {
  const context = isObject(payload) ? (payload.context ?? {}) : undefined;
  const got = JSON.stringify(payload);
  if (!isObject(payload) || !isObject(context))
    throw authorizerMisconfigured(
      `the answer of ${authorizerName} must be an object, and its context too, got: ${got}`,
    );
  if (!isSimple) return { context, answer: readAuthorizerAnswer(authorizerName, { ...payload, context: {} }) };
  if (typeof payload.isAuthorized === "boolean") return { context, isAuthorized: payload.isAuthorized };
  throw authorizerMisconfigured(`the answer of ${authorizerName} must have isAuthorized, true or false, got: ${got}`);
}

/** A claim as text; a list as Go prints it, in which functions were seen to get it: `[a b]`. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(" ")}]`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
const signerOf = ({ variables }: HttpExchange) => ({
  accessKey: variables["identity.accessKey"],
  accountId: variables["identity.accountId"],
  callerId: variables["identity.caller"],
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: variables["identity.userArn"],
  userId: variables["identity.user"],
});
