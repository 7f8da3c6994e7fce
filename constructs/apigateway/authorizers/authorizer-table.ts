import type { Construct } from "constructs";
import { PropError, requireMatch } from "../../terraform/props";
import type { Authorization, AuthorizedBy, AuthorizerDefinition } from "../definition";

/** The authorizers of one API by their names. */
export class AuthorizerNames<Authorizer extends { readonly authorizerName: string }> {
  private readonly byName = new Map<string, Authorizer>();

  constructor(private readonly api: Construct) {}

  /** @throws PropError for an authorizer whose name another has, since the later would take its place */
  add(authorizer: Authorizer): void {
    // Spaces do not tell Terraform addresses apart.
    const name = authorizer.authorizerName.replaceAll(" ", "");
    const known = this.byName.get(name) ?? authorizer;
    if (known !== authorizer) {
      const remedy = "Share one authorizer between methods, or name them apart by more than spaces";
      throw new PropError(this.api, "authorizerName", "unique in the API", authorizer.authorizerName, remedy);
    }
    this.byName.set(name, authorizer);
  }
}

/**
 * Checks scopes that a token must have one of. An empty list would let in whoever has an identity token.
 * @param prop the prop's name as the user wrote it
 * @throws PropError
 */
export function requireScopes(api: Construct, prop: string, scopes: readonly string[]): void {
  if (scopes.length === 0)
    throw new PropError(api, prop, "at least one scope", scopes, "Leave it out to take identity tokens");
  const rule = "scopes, such as orders/read: 1–256 characters without spaces";
  for (const scope of scopes) requireMatch(api, prop, scope, /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, rule);
}

/** The authorizers of one API, which its methods name. */
export class AuthorizerTable {
  private readonly names: AuthorizerNames<AuthorizerDefinition>;

  constructor(private readonly api: Construct) {
    this.names = new AuthorizerNames(api);
  }

  /**
   * Takes note of who may call a method.
   * @throws PropError for an authorizer whose name another has, since the later would take its place; and for scopes that nobody would look at
   */
  add(authorization: Authorization): void {
    if (typeof authorization === "string") return;
    this.names.add(authorization.authorizer);
    this.requireScopes(authorization);
  }

  /**
   * Only a Cognito authorizer looks at scopes, so on any other they would open what they seem to close.
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
   */
  private requireScopes({ authorizer, scopes }: AuthorizedBy): void {
    if (!scopes) return;
    const prop = "authorization.scopes";
    if (authorizer.type !== "COGNITO_USER_POOLS") {
      const rule = `left out with a ${authorizer.type} authorizer, whose function decides by itself`;
      throw new PropError(this.api, prop, rule, scopes, "Set REQUIRED_SCOPE of the function");
    }
    requireScopes(this.api, prop, scopes);
  }
}
