import type { Authorization } from "../../constructs/apigateway/definition";
import type { RestApiProps } from "../../constructs/apigateway/rest-api";
import type { Role } from "../../constructs/iam/role";
import type { NodeFunction } from "../../constructs/lambda/function";
import type { Stack } from "../../constructs/terraform/stack";
import { functionOf, gatewayRole, synthesizeApi, toFunction } from "./api";
import type { Config } from "./synth";

/** An API with a route for each authorization, `GET /a0`, `GET /a1`, … */
export const authorizedApi = (
  authorizations: (stack: Stack) => readonly Authorization[],
  changes: Partial<RestApiProps> = {},
): Config =>
  synthesizeApi((api, stack) => {
    for (const [at, authorization] of authorizations(stack).entries())
      api.addRoute("GET", `/a${at}`, toFunction, { authorization });
  }, changes);

/** A function that decides, and the role that it is invoked under. */
export const authorizerFunction = (stack: Stack): { readonly handler: NodeFunction; readonly role: Role } => ({
  handler: functionOf(stack, "Authorize"),
  role: gatewayRole(stack, "Invoker"),
});
