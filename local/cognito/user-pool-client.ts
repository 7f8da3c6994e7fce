import { ResourceArguments } from "../protocol/resource-arguments";

type Arguments = Readonly<Record<string, unknown>>;

/** An app client, as far as it decides about tokens. */
export interface UserPoolClient {
  readonly clientId: string;
  /** @default - none: it keeps no secret */
  readonly clientSecret?: string;
  readonly allowedFlows: readonly string[];
  readonly allowedScopes: readonly string[];
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
}

const secondsOf: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
const FIVE_MINUTES = 300;
const HOUR = 3_600;
const DAY = 86_400;

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/**
 * Reads an app client from the evaluated arguments of `aws_cognito_user_pool_client`.
 * @throws Error for what is not modelled, or a lifetime that Cognito refuses
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export function readUserPoolClient(given: Arguments, clientId: string, clientSecret: string): UserPoolClient {
  const client = new ResourceArguments("aws_cognito_user_pool_client", given, [
    ...["name", "user_pool_id", "generate_secret", "explicit_auth_flows", "supported_identity_providers"],
    ...["allowed_oauth_flows", "allowed_oauth_scopes", "allowed_oauth_flows_user_pool_client"],
    ...["callback_urls", "default_redirect_uri", "logout_urls", "read_attributes", "write_attributes"],
    ...["access_token_validity", "id_token_validity", "refresh_token_validity", "token_validity_units"],
    ...["auth_session_validity", "enable_token_revocation", "prevent_user_existence_errors"],
  ]);
  client.requiredText("name");
  const units = ([given.token_validity_units].flat()[0] ?? {}) as Readonly<Record<string, string | undefined>>;
  const lifetime = (kind: "access_token" | "id_token"): number => {
    const validity = given[`${kind}_validity`] ?? undefined;
    if (validity === undefined) return HOUR;
    const unit = units[kind] ?? "hours";
    const seconds = Number(validity) * (secondsOf[unit] ?? Number.NaN);
    if (seconds >= FIVE_MINUTES && seconds <= DAY) return seconds;
    throw client.error(`${kind}_validity must be five minutes to a day, got: ${validity} ${unit}`);
  };
  return {
    clientId,
    clientSecret: client.isTrue("generate_secret") ? clientSecret : undefined,
    allowedFlows: list(given.allowed_oauth_flows),
    allowedScopes: list(given.allowed_oauth_scopes),
    accessTokenSeconds: lifetime("access_token"),
    idTokenSeconds: lifetime("id_token"),
  };
}
