import type { RouteDescription } from "./api-gateway/api-gateway";
import type { Cognito } from "./cognito/cognito";
import type { UserPool } from "./cognito/user-pool";

/** Who calls, in the commands that are printed. */
const USERNAME = "you@example.com";

/**
 * What a curl command needs for an authorizer to let it in: a header with a fresh token of a user pool, fetched by the command itself. For a
 * function it is an access token of the first pool that there is; where there is none, whoever runs the command has to put in a value.
 */
export function authorizationArguments(cognito: Cognito, { authorizedBy }: RouteDescription): readonly string[] {
  if (!authorizedBy) return [];
  const { authorizer, scopes } = authorizedBy;
  switch (authorizer.type) {
    case "COGNITO_USER_POOLS": {
      const pools = authorizer.userPoolArns.flatMap((arn) => cognito.poolByArn(arn) ?? []);
      return [headerWith(authorizer.header, "", tokenCommand(pools, scopes))];
    }
    case "TOKEN":
      return [headerWith(authorizer.header, "Bearer ", tokenCommand(cognito.userPools, undefined))];
    case "REQUEST":
      return authorizer.identitySources
        .filter(({ location }) => location === "header")
        .map(({ name }) =>
          name.toLowerCase() === "authorization"
            ? headerWith(name, "Bearer ", tokenCommand(cognito.userPools, undefined))
            : headerWith(name, "", undefined),
        );
  }
}

const headerWith = (name: string, before: string, command: string | undefined): string =>
  command === undefined ? `-H '${name}: ${before}<value>'` : `-H "${name}: ${before}$(${command})"`;

/**
 * Gets a token from a pool that has a client for it.
 * @param scopes of which the token must have one; an identity token for none, an access token with all that there are where it is left open
 */
function tokenCommand(pools: readonly UserPool[], scopes: readonly string[] | undefined): string | undefined {
  for (const { clients, issuer } of pools) {
    for (const { clientId, allowedScopes } of clients.values()) {
      const wanted = scopes?.filter((scope) => allowedScopes.includes(scope)).slice(0, 1) ?? [
        "aws.cognito.signin.user.admin",
        ...allowedScopes.filter((scope) => scope.includes("/")),
      ];
      if (scopes && scopes.length > 0 && wanted.length === 0) continue;
      const query = new URLSearchParams({ client_id: clientId, username: USERNAME, scope: wanted.join(" ") });
      return `curl -s '${issuer}/token?${query}'`;
    }
  }
  return undefined;
}
