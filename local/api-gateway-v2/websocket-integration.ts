import type { Answer } from "../api-gateway/answer";
import { BinaryMediaTypes } from "../api-gateway/binary-media-types";
import { proxyAnswer } from "../api-gateway/proxy-answer";
import { invokeIntegration } from "../api-gateway/proxy-integration";
import type { ConnectAuthorizationOptions } from "./connect-authorization";
import type { WebSocketVariables } from "./context-variables";
import type { Stage } from "./stage";
import { answerMock } from "./websocket-mock";
import type { WebSocketRoute } from "./websocket-routes";

/** What is handed to a route. */
export interface Handed {
  readonly route: WebSocketRoute | undefined;
  readonly stage: Stage;
  readonly variables: WebSocketVariables;
  /** What a function gets. */
  readonly event: unknown;
  /** The client's message, which templates read. */
  readonly body: string;
}

const textOnly = new BinaryMediaTypes([]);

/**
 * What a route's integration answers; nothing where there is none.
 * @throws GatewayError for a function that fails or may not be invoked
 */
export async function askIntegration(
  { route, stage, variables, event, body }: Handed,
  { clock, assume, invoke, place, executionArn }: Omit<ConnectAuthorizationOptions, "access" | "authenticate">,
): Promise<Answer | undefined> {
  const integration = route?.integration;
  if (!integration) return undefined;
  if (integration.type === "MOCK") {
    const text = answerMock(integration, { body, context: variables, stageVariables: stage.variables });
    return { status: 200, headers: {}, body: Buffer.from(text) };
  }
  const sourceArn = `${executionArn}/${stage.stageName}/${route.routeKey}`;
  const options = { clock, assume, invoke, accountId: place.accountId, sourceArn };
  const payload = await invokeIntegration({ variables, stage }, integration, options, event);
  const answer = proxyAnswer(payload, { headers: {} }, textOnly);
  variables["integration.status"] = String(answer.status);
  return answer;
}
