import { AwsError, type WireRequest, type WireResponse } from "../aws";
import type { UserPool } from "./user-pool";

/** A request to a pool's own address. */
export interface IssuerRequest extends WireRequest {
  readonly method: string;
  /** From the pool on, such as `/.well-known/jwks.json`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Answers as a pool's issuer does. `/token` is of the local run alone: it gives a token to whoever asks for one.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 */
export async function answerIssuer(pool: UserPool, request: IssuerRequest): Promise<WireResponse> {
  const { issuer } = pool;
  switch (`${request.method} ${request.path}`) {
    case "GET /.well-known/jwks.json":
      return json(200, await pool.jwks());
    case "GET /.well-known/openid-configuration":
      return json(200, {
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
        token_endpoint: `${issuer}/oauth2/token`,
        id_token_signing_alg_values_supported: ["RS256"],
        response_types_supported: ["code", "token"],
        subject_types_supported: ["public"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      });
    case "POST /oauth2/token":
      return grantClientCredentials(pool, request);
    case "GET /token":
      return { status: 200, headers: { "content-type": "text/plain" }, body: await tokenBy(pool, request.query) };
    default:
      throw new AwsError("UnknownOperation", `${request.method} ${request.path} is not part of the local run`, 404);
  }
}

/** `/token?client_id=…&username=…&scope=…`. */
function tokenBy(pool: UserPool, query: URLSearchParams): Promise<string> {
  const scopes = (query.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  return pool.tokenFor({
    clientId: query.get("client_id") ?? "",
    username: query.get("username") ?? undefined,
    scopes,
  });
}

/** An access token for a client that shows its secret. */
async function grantClientCredentials(pool: UserPool, { headers, body }: IssuerRequest): Promise<WireResponse> {
  const form = new URLSearchParams(body);
  const [, basic = ""] = /^Basic (.+)$/i.exec(headers.authorization ?? "") ?? [];
  const [, id, secret] = /^(.*?):(.*)$/.exec(Buffer.from(basic, "base64").toString()) ?? [];
  const client = pool.clients.get(id ?? form.get("client_id") ?? "");
  if (form.get("grant_type") !== "client_credentials") return refused("unsupported_grant_type");
  if (!client?.clientSecret || client.clientSecret !== (secret ?? form.get("client_secret")))
    return refused("invalid_client");
  if (!client.allowedFlows.includes("client_credentials")) return refused("unauthorized_client");
  const asked = (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  const scopes = asked.length > 0 ? asked : client.allowedScopes;
  if (!scopes.every((scope) => client.allowedScopes.includes(scope))) return refused("invalid_scope");
  const access_token = await pool.tokenFor({ clientId: client.clientId, scopes });
  return json(200, { access_token, expires_in: client.accessTokenSeconds, token_type: "Bearer" });
}

const json = (status: number, value: unknown): WireResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

const refused = (error: string): WireResponse => json(400, { error });
