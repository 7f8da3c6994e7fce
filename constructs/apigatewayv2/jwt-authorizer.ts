import { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import type { Construct } from "constructs";
import { PropError, requireMatch } from "../terraform/props";
import type { HttpAuthorizer } from "./http-authorizer";
import { requireWithin } from "./http-limits";

export interface JwtAuthorizerProps {
  /** Name, unique in the API: 1–128 letters, digits, `-`, `_` and spaces. */
  readonly authorizerName: string;
  /**
   * `iss` of the tokens, such as `userPool.issuer`. API Gateway reads its keys by `<issuer>/.well-known/openid-configuration`, for the first time
   * when the authorizer is made: the issuer must answer then, within 1.5 seconds.
   */
  readonly issuer: string;
  /** Apps or APIs, 1–50, that tokens may be for, by `aud` or else `client_id`: such as `client.clientId`. */
  readonly audiences: readonly string[];
  /**
   * Where a request has its token, alone or behind `Bearer`: `$request.header.<name>` or `$request.querystring.<name>`.
   * @default "$request.header.Authorization"
   */
  readonly identitySource?: string;
}

/**
 * Lets in who bears a token of an issuer: signed by RSA, for one of the audiences, within its time, and with one of the route's scopes. API
 * Gateway verifies it by itself, without a function.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export class JwtAuthorizer implements HttpAuthorizer {
  readonly authorizationType = "JWT";
  readonly authorizerName: string;
  readonly identitySources: readonly string[];

  constructor(private readonly props: JwtAuthorizerProps) {
    this.authorizerName = props.authorizerName;
    this.identitySources = [props.identitySource ?? "$request.header.Authorization"];
  }

  addTo(api: Construct, id: string, apiId: string): Apigatewayv2Authorizer {
    const { authorizerName, issuer, audiences } = this.props;
    requireMatch(api, "authorizerName", authorizerName, /^[\w -]{1,128}$/, "1–128 letters, digits, -, _ and spaces");
    const url = /^https:\/\/[\w.-]+(:\d+)?(\/[^\s?#]*)?$/;
    requireMatch(api, "issuer", issuer, url, "an https URL without query, exactly as tokens have it");
    if (audiences.length === 0) {
      throw new PropError(api, "audiences", "one or more", audiences, "Name the app that tokens are for");
    }
    requireWithin(api, "audiences", audiences.length, "audiences");
    const source = /^\$request\.(header|querystring)\.[\w.-]+$/;
    const rule = "$request.header.<name> or $request.querystring.<name>";
    for (const one of this.identitySources) requireMatch(api, "identitySource", one, source, rule);
    return new Apigatewayv2Authorizer(api, id, {
      apiId,
      name: authorizerName,
      authorizerType: "JWT",
      identitySources: [...this.identitySources],
      jwtConfiguration: { issuer, audience: [...audiences] },
    });
  }
}
