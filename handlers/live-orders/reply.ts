import type { Logger } from "@aws-lambda-powertools/logger";
import type { APIGatewayProxyResult, APIGatewayProxyWebsocketEventV2, Context } from "aws-lambda";

/** A message that is not understood, or asks for what cannot be. Its text is for the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A message out of a route's function: API Gateway sends the body to the client where the route has a response. */
export const reply = (message: object): APIGatewayProxyResult => ({ statusCode: 200, body: JSON.stringify(message) });

/**
 * A handler for a route that answers. Whatever `answer` throws becomes a message `{"type":"error","error":…,"requestId":…}`; what is this
 * service's fault goes to the log under that id.
 */
export const answering =
  (logger: Logger, answer: (event: APIGatewayProxyWebsocketEventV2, context: Context) => Promise<object>) =>
  async (event: APIGatewayProxyWebsocketEventV2, context: Context): Promise<APIGatewayProxyResult> => {
    const { requestId, connectionId } = event.requestContext;
    try {
      return reply(await answer(event, context));
    } catch (error) {
      if (error instanceof Refusal) {
        logger.info("Refused", { requestId, connectionId, reason: error.message });
        return reply({ type: "error", error: error.message, requestId });
      }
      logger.error("Message failed", { requestId, connectionId, error: error as Error });
      return reply({
        type: "error",
        error: "The service failed to answer; connect again, and go on from there.",
        requestId,
      });
    }
  };

/** The object in a message's JSON; anything else has no properties. */
export function messageOf({ body }: Pick<APIGatewayProxyWebsocketEventV2, "body">): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(body ?? "");
    if (typeof message === "object" && message !== null && !Array.isArray(message))
      return message as Record<string, unknown>;
  } catch {
    // told by whoever looks for a property
  }
  return {};
}
