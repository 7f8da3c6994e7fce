import type { Authorization } from "../../constructs/apigateway/definition";
import type { ProxyIntegration } from "../../constructs/apigateway/integration";
import { RestApi, type RestApiProps } from "../../constructs/apigateway/rest-api";
import { Role } from "../../constructs/iam/role";
import { NodeFunction } from "../../constructs/lambda/function";
import type { Stack } from "../../constructs/terraform/stack";
import { type Config, synthesize } from "./synth";

const integration: ProxyIntegration = { type: "AWS_PROXY", uri: "function", credentialsArn: "role", dependsOn: [] };

/** An API with a route for each authorization, `GET /a0`, `GET /a1`, … */
export const authorizedApi = (
  authorizations: (stack: Stack) => readonly Authorization[],
  changes: Partial<RestApiProps> = {},
): Config =>
  synthesize((stack) => {
    const api = new RestApi(stack, "Api", {
      apiName: "a",
      description: "a",
      stageName: "dev",
      logRetentionInDays: 30,
      executionLogLevel: "OFF",
      ...changes,
    });
    for (const [at, authorization] of authorizations(stack).entries())
      api.addRoute("GET", `/a${at}`, integration, { authorization });
  });

/** A function that decides, and the role that it is invoked under. */
export function authorizerFunction(stack: Stack): { readonly handler: NodeFunction; readonly role: Role } {
  const handler = new NodeFunction(stack, "Authorize", {
    functionName: "authorize",
    description: "Decides",
    entry: "handlers/authorize-token.ts",
    roleName: "Authorize",
    logRetentionInDays: 1,
  });
  const role = new Role(stack, "Invoker", {
    roleName: "Invoker",
    assumedBy: { Service: "apigateway.amazonaws.com" },
    description: "Invokes",
  });
  return { handler, role };
}
