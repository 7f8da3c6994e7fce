import { randomBytes, randomInt } from "node:crypto";
import { AwsError, type Clock, type Log, type Place, type WireRequest, type WireResponse } from "../aws";
import { ResourceArguments } from "../protocol/resource-arguments";
import { answerIssuer } from "./issuer";
import { type TokenRequest, UserPool } from "./user-pool";
import { readUserPoolClient } from "./user-pool-client";

type Arguments = Readonly<Record<string, unknown>>;

/** Where pools are served. */
export const COGNITO_PATH = "/_aws/cognito";

const lettersAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
const textFrom = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/**
 * Cognito user pools: each an issuer of tokens on this machine. There is no sign-in: a token is given to whoever asks for one.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html
 */
export class Cognito {
  private readonly pools = new Map<string, UserPool>();
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly endpoint: string;

  constructor(options: {
    readonly place: Place;
    readonly clock: Clock;
    readonly log: Log;
    /** `http://127.0.0.1:<port>`. */
    readonly endpoint: string;
  }) {
    this.place = options.place;
    this.clock = options.clock;
    this.log = options.log;
    this.endpoint = options.endpoint;
  }

  /**
   * Makes a pool from the evaluated arguments of `aws_cognito_user_pool`. Its `endpoint` is, as in AWS, its issuer without the scheme.
   * @throws Error for what is not modelled
   */
  createUserPool(given: Arguments) {
    const pool = new ResourceArguments("aws_cognito_user_pool", given, [
      ...["name", "tags", "deletion_protection", "user_pool_tier", "mfa_configuration", "password_policy"],
      ...["account_recovery_setting", "admin_create_user_config", "alias_attributes", "auto_verified_attributes"],
      ...[
        "device_configuration",
        "email_configuration",
        "schema",
        "sign_in_policy",
        "software_token_mfa_configuration",
      ],
      ...["user_attribute_update_settings", "user_pool_add_ons", "username_attributes", "username_configuration"],
      "verification_message_template",
    ]);
    const name = pool.requiredText("name");
    const { partition, region, accountId } = this.place;
    const id = `${region}_${textFrom(lettersAndDigits, 9)}`;
    const arn = `arn:${partition}:cognito-idp:${region}:${accountId}:userpool/${id}`;
    const issuer = `${this.endpoint}${COGNITO_PATH}/${id}`;
    this.pools.set(id, new UserPool(id, arn, issuer, this.clock));
    return { id, arn, name, endpoint: issuer.replace(/^http:\/\//, "") };
  }

  /** Makes an app client from the evaluated arguments of `aws_cognito_user_pool_client`. */
  createClient(given: Arguments) {
    const pool = this.poolOf(String(given.user_pool_id));
    const client = readUserPoolClient(
      given,
      textFrom(lettersAndDigits, 26),
      randomBytes(32).toString("hex").slice(0, 51),
    );
    const unknown = client.allowedScopes.find((scope) => scope.includes("/") && !pool.scopes.has(scope));
    if (unknown !== undefined)
      throw new AwsError("ScopeDoesNotExistException", `Invalid scope requested: ${unknown} is of no resource server`);
    pool.clients.set(client.clientId, client);
    return { id: client.clientId, client_secret: client.clientSecret ?? "" };
  }

  /** Takes the scopes of an `aws_cognito_resource_server`. */
  createResourceServer(given: Arguments) {
    const known = ["identifier", "name", "user_pool_id", "scope"];
    const server = new ResourceArguments("aws_cognito_resource_server", given, known);
    const identifier = server.requiredText("identifier");
    const pool = this.poolOf(String(given.user_pool_id));
    const named = [given.scope ?? []].flat() as unknown as readonly { readonly scope_name: string }[];
    const scopes = named.map(({ scope_name: name }) => `${identifier}/${name}`);
    for (const scope of scopes) pool.scopes.add(scope);
    return { id: `${pool.userPoolId}|${identifier}`, scope_identifiers: scopes };
  }

  /** Accepts an `aws_cognito_user_pool_domain`: tokens come from the pool's own address here. */
  createDomain(given: Arguments) {
    const known = ["domain", "user_pool_id", "certificate_arn", "managed_login_version"];
    const domain = new ResourceArguments("aws_cognito_user_pool_domain", given, known).requiredText("domain");
    this.poolOf(String(given.user_pool_id));
    return { id: domain, cloudfront_distribution: "", cloudfront_distribution_arn: "" };
  }

  /** All pools, the first made first. */
  get userPools(): readonly UserPool[] {
    return [...this.pools.values()];
  }

  /** The pool of an ARN; nothing for one that no stack made. */
  poolByArn(arn: string): UserPool | undefined {
    return this.userPools.find((pool) => pool.arn === arn);
  }

  /**
   * A token of a pool: an identity token, or an access token where scopes are named.
   * @throws AwsError for a pool, client or scope that is not there, naming it
   */
  tokenFor({ userPoolId, ...request }: TokenRequest & { readonly userPoolId: string }): Promise<string> {
    return this.poolOf(userPoolId).tokenFor(request);
  }

  /** Answers what is asked of a pool's own address. */
  async handle(request: WireRequest & { readonly method: string; readonly path: string }): Promise<WireResponse> {
    const url = new URL(request.path, this.endpoint);
    const [, userPoolId = "", rest = ""] = /^\/_aws\/cognito\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const answer = await answerIssuer(this.poolOf(userPoolId), { ...request, path: rest, query: url.searchParams });
    this.log(userPoolId, `${request.method} ${rest} ${answer.status}`);
    return answer;
  }

  private poolOf(userPoolId: string): UserPool {
    const pool = this.pools.get(userPoolId);
    if (pool) return pool;
    throw new AwsError("ResourceNotFoundException", `User pool ${userPoolId} does not exist.`);
  }
}
