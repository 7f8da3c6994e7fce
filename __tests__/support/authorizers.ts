import type { ApiGatewayOptions } from "../../local/api-gateway/api-gateway";
import type { Resource } from "../../terraform/config";
import { changed, gatewayOf, type Outcome, type ProxyEvent, proxyApi, resource } from "./rest-api";

const authorizerFunction = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer";

/** What the local run needs of a function's authorizer. */
export const lambdaAuthorizer = {
  id: "authorizer-1",
  name: "callers",
  authorizer_uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${authorizerFunction}/invocations`,
  authorizer_credentials: "arn:aws:iam::123456789012:role/authorizer-invoker",
};

/** An API of functions with these routes, each for whom an authorizer lets in. */
export function authorizedApi(
  routes: readonly string[],
  authorizer: Readonly<Record<string, unknown>>,
  method: Readonly<Record<string, unknown>> = {},
): readonly Resource[] {
  const isCognito = authorizer.type === "COGNITO_USER_POOLS";
  const authorization = isCognito ? "COGNITO_USER_POOLS" : "CUSTOM";
  const id = String(authorizer.id ?? lambdaAuthorizer.id);
  return [
    ...changed(proxyApi(routes), "method", { authorization, authorizer_id: id, ...method }),
    resource("authorizer", "Authorizer", { ...(isCognito ? { id, name: "users" } : lambdaAuthorizer), ...authorizer }),
  ];
}

/** A policy on calls, as an authorizer's function gives it. */
export const invokePolicy = (Effect: "Allow" | "Deny", Resource: string | readonly string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect, Action: "execute-api:Invoke", Resource }],
});

/** What a function gives for a caller who may call everything. */
export const allowed = { principalId: "someone", policyDocument: invokePolicy("Allow", "*") };

/** What an authorizer's function is given, of either type. */
export interface AuthorizerEvent {
  readonly type: "TOKEN" | "REQUEST";
  readonly methodArn: string;
  readonly authorizationToken?: string;
}

/** A gateway whose authorizer's function answers as told, and whose other function answers with its event. */
export function authorizedGateway(
  resources: readonly Resource[],
  authorizer: (event: AuthorizerEvent) => Outcome = () => ({ payload: allowed }),
  options: Partial<ApiGatewayOptions> = {},
) {
  const made = gatewayOf(resources, {
    result: async (event) => {
      const given: object = event;
      if ("methodArn" in given) return authorizer(given as AuthorizerEvent);
      return { payload: { statusCode: 200, body: JSON.stringify(event) } };
    },
    ...options,
  });
  return {
    ...made,
    /** Events that the authorizer's function got. */
    asks: () => made.invoked.filter(({ functionArn }) => functionArn === authorizerFunction),
  };
}

/** The event that a function answered with. */
export const eventIn = ({
  body,
}: {
  readonly body: string;
}): ProxyEvent & Record<"requestContext", { authorizer?: unknown }> => JSON.parse(body);
