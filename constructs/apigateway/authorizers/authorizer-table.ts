import type { Construct } from "constructs";
import { PropError, requireMatch } from "../../terraform/props";
import type { Authorization, AuthorizedBy, AuthorizerDefinition } from "../definition";

/** The authorizers of one API, which its methods name. */
export class AuthorizerTable {
  private readonly byName = new Map<string, AuthorizerDefinition>();

  constructor(private readonly api: Construct) {}

  /**
   * Takes note of who may call a method.
   * @throws PropError for an authorizer whose name another has, since the later would take its place; and for scopes that nobody would look at
   */
  add(authorization: Authorization): void {
    if (typeof authorization === "string") return;
    const { authorizer } = authorization;
    // Spaces do not tell Terraform addresses apart.
    const name = authorizer.authorizerName.replaceAll(" ", "");
    const known = this.byName.get(name) ?? authorizer;
    if (known !== authorizer) {
      const remedy = "Share one authorizer between methods, or name them apart by more than spaces";
      throw new PropError(this.api, "authorizerName", "unique in the API", authorizer.authorizerName, remedy);
    }
    this.byName.set(name, authorizer);
    this.requireScopes(authorization);
  }

  /**
   * Only a Cognito authorizer looks at scopes, so on any other they would open what they seem to close; and an empty list would let in
   * whoever has an identity token.
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
   */
  private requireScopes({ authorizer, scopes }: AuthorizedBy): void {
    if (!scopes) return;
    const prop = "authorization.scopes";
    if (authorizer.type !== "COGNITO_USER_POOLS") {
      const rule = `left out with a ${authorizer.type} authorizer, whose function decides by itself`;
      throw new PropError(this.api, prop, rule, scopes, "Set REQUIRED_SCOPE of the function");
    }
    if (scopes.length === 0)
      throw new PropError(this.api, prop, "at least one scope", scopes, "Leave it out to take identity tokens");
    const rule = "scopes, such as orders/read: 1–256 characters without spaces";
    for (const scope of scopes) requireMatch(this.api, prop, scope, /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, rule);
  }
}
