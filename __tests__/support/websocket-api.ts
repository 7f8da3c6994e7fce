import { LambdaIntegration } from "../../constructs/apigateway/integrations/lambda";
import { WebSocketApi, type WebSocketApiProps } from "../../constructs/apigatewayv2/websocket-api";
import { Role } from "../../constructs/iam/role";
import { NodeFunction } from "../../constructs/lambda/function";
import type { Stack } from "../../constructs/terraform/stack";
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
    const handler = new NodeFunction(stack, "Handler", {
      functionName: "handler",
      description: "Answers",
      entry: "handlers/answer-message.ts",
      roleName: "Handler",
      logRetentionInDays: 30,
    });
    const role = new Role(stack, "Invoker", {
      roleName: "Invoker",
      assumedBy: { Service: "apigateway.amazonaws.com" },
      description: "Invokes",
    });
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
