import type { RouteDescription } from "./api-gateway/api-gateway";
import type { AuthorizedBy } from "./api-gateway/rest-api";
import type { UserPool } from "./cognito/user-pool";

/** Who calls, in the commands that are printed. */
const USERNAME = "you@example.com";

/** Text that a shell leaves as it is. */
const VALUE = "<value>";

/**
 * What a curl command needs for an authorizer to let it in: a fresh token of a user pool, fetched by the command itself, where the authorizer
 * looks for it. For a function it is an access token. Where there is none, and for whatever else a function looks at, whoever runs the command has
 * to put in a value.
 * @param pools whose tokens the API may take
 */
export function authorizationArguments(
  pools: readonly UserPool[],
  { authorizedBy }: Pick<RouteDescription, "authorizedBy">,
): readonly string[] {
  if (!authorizedBy) return [];
  const { authorizer } = authorizedBy;
  const token = tokenCommand(pools, authorizedBy);
  switch (authorizer.type) {
    case "COGNITO_USER_POOLS":
      return [headerWith(authorizer.header, token)];
    case "TOKEN":
      return [headerWith(authorizer.header, `Bearer ${token}`)];
    case "REQUEST":
      return authorizer.identitySources.flatMap(({ location, name }, at) => {
        const value = at === 0 ? token : VALUE;
        if (location === "header") return [headerWith(name, at === 0 ? `Bearer ${value}` : value)];
        return location === "querystring" ? [`--url-query "${name}=${value}"`] : [];
      });
  }
}

const headerWith = (name: string, value: string): string => `-H "${name}: ${value}"`;

function tokenCommand(pools: readonly UserPool[], authorizedBy: AuthorizedBy): string {
  const asked = tokenRequestOf(pools, authorizedBy);
  if (!asked) return VALUE;
  const { issuer, clientId, username, scopes } = asked;
  return `$(curl -s '${issuer}/token?${new URLSearchParams({ client_id: clientId, username, scope: scopes.join(" ") })}')`;
}

/**
 * How to get a token from a pool that has a client for it: an identity token for a Cognito authorizer without scopes, an access token with one of
 * its scopes, or, for a function, with all that there are.
 */
export function tokenRequestOf(pools: readonly UserPool[], authorizedBy: AuthorizedBy) {
  const { authorizer } = authorizedBy;
  const taken = pools.filter(
    ({ arn }) => authorizer.type !== "COGNITO_USER_POOLS" || authorizer.userPoolArns.includes(arn),
  );
  for (const { userPoolId, clients, issuer } of taken) {
    for (const { clientId, allowedScopes } of clients.values()) {
      const wanted = scopesFor(authorizedBy, allowedScopes);
      if (wanted) return { userPoolId, issuer, clientId, username: USERNAME, scopes: wanted };
    }
  }
  return undefined;
}

/** The scopes that a client's token must have, none for an identity token; nothing where the client may have none that will do. */
function scopesFor({ authorizer, scopes }: AuthorizedBy, allowed: readonly string[]): readonly string[] | undefined {
  if (authorizer.type !== "COGNITO_USER_POOLS")
    return ["aws.cognito.signin.user.admin", ...allowed.filter((scope) => scope.includes("/"))];
  const wanted = scopes.filter((scope) => allowed.includes(scope)).slice(0, 1);
  return wanted.length > 0 || scopes.length === 0 ? wanted : undefined;
}
