import { LambdaIntegration } from "../../constructs/apigateway/integrations/lambda";
import { WebSocketApi, type WebSocketApiProps } from "../../constructs/apigatewayv2/websocket-api";
import type { Role } from "../../constructs/iam/role";
import type { NodeFunction } from "../../constructs/lambda/function";
import type { Stack } from "../../constructs/terraform/stack";
import { functionOf, gatewayRole } from "./api";
import { type Config, synthesize } from "./synth";

/** A WebSocket API, and what its routes lead to. */
export interface WebSocketParts {
  readonly stack: Stack;
  readonly api: WebSocketApi;
  readonly handler: NodeFunction;
  readonly role: Role;
  readonly integration: LambdaIntegration;
}

/** Synthesizes a WebSocket API that has `$connect`, unless `build` adds routes of its own. */
export function webSocketConfig(
  props: Partial<WebSocketApiProps> = {},
  build: (parts: WebSocketParts) => void = ({ api, integration }) => api.addRoute("$connect", integration),
): Config {
  return synthesize((stack) => {
    const handler = functionOf(stack, "Handler");
    const role = gatewayRole(stack, "Invoker");
    const api = new WebSocketApi(stack, "Api", {
      apiName: "chat",
      description: "Talks",
      stageName: "dev",
      executionLogLevel: "INFO",
      logRetentionInDays: 30,
      ...props,
    });
    build({ stack, api, handler, role, integration: new LambdaIntegration({ handler, role }) });
  });
}
