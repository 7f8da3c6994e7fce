import * as z from "zod/mini";
import {
  accepting,
  argumentError,
  block,
  choice,
  flag,
  list,
  number,
  readArguments,
  text,
} from "../resource-arguments";

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

const TYPE = "aws_cognito_user_pool_client";

const secondsOf = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;
const FIVE_MINUTES = 300;
const HOUR = 3_600;
const DAY = 86_400;

const unit = choice("seconds", "minutes", "hours", "days");
const validity = z.optional(number);

const ClientArguments = z.strictObject({
  name: text,
  user_pool_id: text,
  generate_secret: flag,
  allowed_oauth_flows: list(z.string()),
  allowed_oauth_scopes: list(z.string()),
  access_token_validity: validity,
  id_token_validity: validity,
  token_validity_units: block(z.strictObject({ access_token: unit, id_token: unit, ...accepting("refresh_token") })),
  ...accepting("allowed_oauth_flows_user_pool_client", "explicit_auth_flows", "supported_identity_providers"),
  ...accepting("callback_urls", "default_redirect_uri", "logout_urls", "read_attributes", "write_attributes"),
  ...accepting("refresh_token_validity", "auth_session_validity", "enable_token_revocation"),
  ...accepting("prevent_user_existence_errors"),
});

/**
 * Reads an app client from the evaluated arguments of `aws_cognito_user_pool_client`.
 * @throws Error for what is not modelled, or a lifetime that Cognito refuses
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export function readUserPoolClient(
  given: Readonly<Record<string, unknown>>,
  clientId: string,
  clientSecret: string,
): UserPoolClient {
  const client = readArguments(TYPE, ClientArguments, given);
  const lifetime = (kind: "access_token" | "id_token"): number => {
    const length = client[`${kind}_validity`];
    if (length === undefined) return HOUR;
    const unit = client.token_validity_units?.[kind] ?? "hours";
    const seconds = length * secondsOf[unit];
    if (seconds >= FIVE_MINUTES && seconds <= DAY) return seconds;
    throw argumentError(TYPE, given, `${kind}_validity must be five minutes to a day, got: ${length} ${unit}`);
  };
  return {
    clientId,
    clientSecret: client.generate_secret ? clientSecret : undefined,
    allowedFlows: client.allowed_oauth_flows,
    allowedScopes: client.allowed_oauth_scopes,
    accessTokenSeconds: lifetime("access_token"),
    idTokenSeconds: lifetime("id_token"),
  };
}
