import type { Apigatewayv2Authorizer } from "@cdktf/provider-aws/lib/apigatewayv2-authorizer";
import type { Construct } from "constructs";

/** Decides who may call routes of an HTTP API. */
export interface HttpAuthorizer {
  /** Name, unique in the API: 1–128 letters, digits, `-`, `_` and spaces. */
  readonly authorizerName: string;
  /** What a route that it decides about has as its type of authorization. */
  readonly authorizationType: "JWT" | "CUSTOM";
  /** Where a request has what is decided by: `$request.header.Authorization`. */
  readonly identitySources: readonly string[];
  /**
   * Adds the authorizer to an API.
   * @throws PropError
   */
  addTo(api: Construct, id: string, apiId: string): Apigatewayv2Authorizer;
}

/** A route that an authorizer decides about. */
export interface HttpAuthorizedBy {
  readonly authorizer: HttpAuthorizer;
  /**
   * Scopes of which the token must have one, at most 10; JWT only.
   * @default - none: any good token for the audience will do, identity tokens too
   */
  readonly scopes?: readonly string[];
}

/**
 * Who may call a route. `AWS_IAM`: whoever signs the request and may invoke it; `NONE`: anyone; else whom an authorizer lets in.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 */
export type HttpAuthorization = "AWS_IAM" | "NONE" | HttpAuthorizedBy;
