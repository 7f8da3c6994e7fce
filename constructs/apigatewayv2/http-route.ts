import { Apigatewayv2Integration } from "@cdktf/provider-aws/lib/apigatewayv2-integration";
import { Apigatewayv2Route } from "@cdktf/provider-aws/lib/apigatewayv2-route";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { httpMethods } from "../apigateway/definition";
import { requireTimeout } from "../apigateway/limits";
import { requirePath } from "../apigateway/route-table";
import { PropError } from "../terraform/props";
import type { RouteAuthorization } from "./http-authorizers";
import type { HttpIntegration } from "./http-integration";
import { LONGEST_INTEGRATION } from "./http-limits";

/** What a route answers: one method of one path, all methods of it (`ANY`), or what no other route does (`$default`). */
export interface RouteKey {
  readonly httpMethod: string;
  readonly path: string;
}

/**
 * Reads a route key: `GET /orders/{id}`, `ANY /{proxy+}` or `$default`.
 * @param api is named in errors
 * @throws PropError
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function readRouteKey(api: Construct, routeKey: string): RouteKey {
  if (routeKey === "$default") return { httpMethod: "ANY", path: "$default" };
  const [, httpMethod = "", path = ""] = /^([A-Z]+) (.*)$/s.exec(routeKey) ?? [];
  const methods: readonly string[] = ["ANY", ...httpMethods];
  if (!methods.includes(httpMethod)) {
    const rule = `$default, or one of ${methods.join(", ")} with a path behind it, such as GET /orders`;
    throw new PropError(api, "routeKey", rule, routeKey);
  }
  requirePath(api, path);
  return { httpMethod, path };
}

export interface HttpRouteProps {
  readonly apiId: string;
  readonly routeKey: string;
  readonly integration: HttpIntegration;
  readonly authorization: RouteAuthorization;
}

/** One route of an HTTP API, and what it leads to. */
export class HttpRoute extends Construct {
  /** What must exist for the route to work. */
  readonly parts: readonly ITerraformDependable[];

  /** @throws PropError */
  constructor(api: Construct, id: string, { apiId, routeKey, integration, authorization }: HttpRouteProps) {
    super(api, id);
    const { timeoutSeconds, credentialsArn, dependsOn } = integration;
    requireTimeout(this, timeoutSeconds, LONGEST_INTEGRATION);
    const target = new Apigatewayv2Integration(this, "Integration", {
      apiId,
      integrationType: "AWS_PROXY",
      ...(integration.type === "AWS_PROXY"
        ? { integrationUri: integration.uri, integrationMethod: "POST", payloadFormatVersion: "2.0" }
        : {
            integrationSubtype: integration.type,
            requestParameters: { ...integration.requestParameters },
            payloadFormatVersion: "1.0",
          }),
      credentialsArn,
      timeoutMilliseconds: timeoutSeconds === undefined ? undefined : Math.round(timeoutSeconds * 1_000),
      dependsOn: [...dependsOn],
    });
    const route = new Apigatewayv2Route(this, "Resource", {
      apiId,
      routeKey,
      target: `integrations/${target.id}`,
      ...authorization,
    });
    this.parts = [route, target];
  }
}
