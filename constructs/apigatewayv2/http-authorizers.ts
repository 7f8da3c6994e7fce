import type { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import type { Construct } from "constructs";
import { AuthorizerNames, requireScopes } from "../apigateway/authorizers/authorizer-table";
import { PropError } from "../terraform/props";
import type { HttpAuthorization, HttpAuthorizedBy, HttpAuthorizer } from "./http-authorizer";
import { requireWithin } from "./http-limits";

/** Who may call a route, as the route has it. */
export interface RouteAuthorization {
  readonly authorizationType: "AWS_IAM" | "NONE" | HttpAuthorizer["authorizationType"];
  readonly authorizerId?: string;
  readonly authorizationScopes?: string[];
}

/** The authorizers of one HTTP API. Each is made once, when the first of its routes comes. */
export class HttpAuthorizers {
  private readonly names: AuthorizerNames<HttpAuthorizer>;
  private readonly made = new Map<HttpAuthorizer, Apigatewayv2Authorizer>();

  constructor(
    private readonly api: Construct,
    private readonly apiId: string,
  ) {
    this.names = new AuthorizerNames(api);
  }

  get all(): readonly HttpAuthorizer[] {
    return [...this.made.keys()];
  }

  /** What a deployment must wait for. */
  get parts(): readonly Apigatewayv2Authorizer[] {
    return [...this.made.values()];
  }

  /** @throws PropError */
  routeAuthorization(authorization: HttpAuthorization): RouteAuthorization {
    if (typeof authorization === "string") return { authorizationType: authorization };
    const { authorizer, scopes } = authorization;
    this.requireScopes(authorization);
    this.names.add(authorizer);
    const id = `Authorizer_${authorizer.authorizerName.replaceAll(" ", "")}`;
    const made = this.made.get(authorizer) ?? authorizer.addTo(this.api, id, this.apiId);
    this.made.set(authorizer, made);
    return {
      authorizationType: authorizer.authorizationType,
      authorizerId: made.id,
      authorizationScopes: scopes && [...scopes],
    };
  }

  /** Only a JWT authorizer looks at scopes, so on any other they would open what they seem to close. */
  private requireScopes({ authorizer, scopes }: HttpAuthorizedBy): void {
    if (!scopes) return;
    const prop = "authorization.scopes";
    if (authorizer.authorizationType !== "JWT") {
      const rule = "left out with a Lambda authorizer, whose function decides by itself";
      throw new PropError(this.api, prop, rule, scopes, "Set REQUIRED_SCOPE of the function");
    }
    requireScopes(this.api, prop, scopes);
    requireWithin(this.api, prop, scopes.length, "scopes");
  }
}
