import * as z from "zod/mini";
import { AwsError, type Clock, type Log, type Place, type WireRequest, type WireResponse } from "../aws";
import { forgetting, type Journals } from "../journal";
import { accepting, list, readArguments, text } from "../resource-arguments";
import { answerIssuer } from "./issuer";
import { PoolIdentities } from "./pool-identities";
import { type TokenRequest, UserPool } from "./user-pool";
import { readUserPoolClient, type UserPoolClient } from "./user-pool-client";

type Arguments = Readonly<Record<string, unknown>>;

/** Where pools are served. */
export const COGNITO_PATH = "/_aws/cognito";

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacingOfCognito: Readonly<Record<string, readonly string[]>> = {
  aws_cognito_user_pool: ["name", "alias_attributes", "username_attributes", "username_configuration"],
  aws_cognito_user_pool_client: ["user_pool_id", "generate_secret"],
  aws_cognito_user_pool_domain: ["domain", "user_pool_id"],
  aws_cognito_resource_server: ["identifier", "user_pool_id"],
};

const PoolArguments = z.strictObject({
  name: text,
  ...accepting("tags", "deletion_protection", "user_pool_tier", "mfa_configuration", "password_policy"),
  ...accepting("account_recovery_setting", "admin_create_user_config", "alias_attributes", "auto_verified_attributes"),
  ...accepting("device_configuration", "email_configuration", "schema", "sign_in_policy"),
  ...accepting("software_token_mfa_configuration", "user_attribute_update_settings", "user_pool_add_ons"),
  ...accepting("username_attributes", "username_configuration", "verification_message_template"),
});

const ServerArguments = z.strictObject({
  identifier: text,
  user_pool_id: text,
  scope: list(z.strictObject({ scope_name: text, ...accepting("scope_description") })),
  ...accepting("name"),
});

const DomainArguments = z.strictObject({
  domain: text,
  user_pool_id: text,
  ...accepting("certificate_arn", "managed_login_version"),
});

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
  private readonly identities: PoolIdentities;

  /** @throws Error for a journal that cannot be read */
  constructor(options: {
    readonly place: Place;
    readonly clock: Clock;
    readonly log: Log;
    /** `http://127.0.0.1:<port>`. */
    readonly endpoint: string;
    /** Where keys, ids, secrets and users' ids are written down. @default - nowhere */
    readonly journals?: Journals;
  }) {
    this.place = options.place;
    this.clock = options.clock;
    this.log = options.log;
    this.endpoint = options.endpoint;
    this.identities = new PoolIdentities(options.place.region, options.journals ?? forgetting);
  }

  /**
   * Makes a pool from the evaluated arguments of `aws_cognito_user_pool`. Its `endpoint` is, as in AWS, its issuer without the scheme.
   * @throws Error for what is not modelled
   */
  createUserPool(given: Arguments) {
    const name = readPoolName(given);
    const { partition, region, accountId } = this.place;
    const id = this.identities.claimPool(name);
    const arn = `arn:${partition}:cognito-idp:${region}:${accountId}:userpool/${id}`;
    const issuer = `${this.endpoint}${COGNITO_PATH}/${id}`;
    this.pools.set(id, new UserPool(id, arn, issuer, this.clock, this.identities));
    return this.poolAttributes(id, name);
  }

  /**
   * Changes a pool, of which nothing that may change decides about tokens.
   * @throws Error, AwsError as `createUserPool`, and for a pool that is not there
   */
  updateUserPool(userPoolId: string, given: Arguments) {
    const name = readPoolName(given);
    return this.poolAttributes(this.poolOf(userPoolId).userPoolId, name);
  }

  /** Deletes a pool, with its clients and its key: its tokens are worth nothing from now on. */
  deleteUserPool(userPoolId: string): void {
    this.pools.delete(userPoolId);
    this.identities.forgetPool(userPoolId);
  }

  /** Makes an app client from the evaluated arguments of `aws_cognito_user_pool_client`. */
  createClient(given: Arguments) {
    const pool = this.poolOf(String(given.user_pool_id));
    requireScopes(pool, readUserPoolClient(given, "", ""));
    const { clientId, clientSecret } = this.identities.claimClient(pool.userPoolId, String(given.name));
    return putClient(pool, readUserPoolClient(given, clientId, clientSecret));
  }

  /**
   * Changes a client, whose id and secret stay. Tokens that it has stay what they are.
   * @throws Error, AwsError as `createClient`, and for a client that is not there
   */
  updateClient(clientId: string, given: Arguments) {
    const pool = this.poolOf(String(given.user_pool_id));
    const { clientSecret = "" } = pool.clientOf(clientId);
    const client = readUserPoolClient(given, clientId, clientSecret);
    requireScopes(pool, client);
    this.identities.nameClient(pool.userPoolId, String(given.name), { clientId, clientSecret });
    return putClient(pool, client);
  }

  /** Deletes a client; where its pool is gone, so is the client. */
  deleteClient(userPoolId: string, clientId: string): void {
    this.pools.get(userPoolId)?.clients.delete(clientId);
    this.identities.forgetClient(userPoolId, clientId);
  }

  /** Takes the scopes of an `aws_cognito_resource_server`, in place of those that it had. */
  createResourceServer(given: Arguments) {
    const { identifier, ...server } = readArguments("aws_cognito_resource_server", ServerArguments, given);
    const pool = this.poolOf(server.user_pool_id);
    const scopes = server.scope.map(({ scope_name: name }) => `${identifier}/${name}`);
    pool.scopes.set(identifier, scopes);
    return { id: `${pool.userPoolId}|${identifier}`, scope_identifiers: scopes };
  }

  /** Takes the scopes of a resource server away; where its pool is gone, so are they. */
  removeResourceServer(userPoolId: string, identifier: string): void {
    this.pools.get(userPoolId)?.scopes.delete(identifier);
  }

  /** Accepts an `aws_cognito_user_pool_domain`: tokens come from the pool's own address here. */
  createDomain(given: Arguments) {
    const { domain, user_pool_id: pool } = readArguments("aws_cognito_user_pool_domain", DomainArguments, given);
    this.poolOf(pool);
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

  private poolAttributes(id: string, name: string) {
    const { arn, issuer } = this.poolOf(id);
    return { id, arn, name, endpoint: issuer.replace(/^http:\/\//, "") };
  }

  private poolOf(userPoolId: string): UserPool {
    const pool = this.pools.get(userPoolId);
    if (pool) return pool;
    throw new AwsError("ResourceNotFoundException", `User pool ${userPoolId} does not exist.`);
  }
}

/** @throws Error for what is not modelled */
const readPoolName = (given: Arguments): string => readArguments("aws_cognito_user_pool", PoolArguments, given).name;

/** @throws AwsError `ScopeDoesNotExistException` (400) */
function requireScopes(pool: UserPool, { allowedScopes }: UserPoolClient): void {
  const scopes = [...pool.scopes.values()].flat();
  const unknown = allowedScopes.find((scope) => scope.includes("/") && !scopes.includes(scope));
  if (unknown === undefined) return;
  throw new AwsError("ScopeDoesNotExistException", `Invalid scope requested: ${unknown} is of no resource server`);
}

function putClient(pool: UserPool, client: UserPoolClient) {
  pool.clients.set(client.clientId, client);
  return { id: client.clientId, client_secret: client.clientSecret ?? "" };
}
