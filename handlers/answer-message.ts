import { Logger } from "@aws-lambda-powertools/logger";
import { answering, messageOf, Refusal } from "./live-orders/reply";

const logger = new Logger({ serviceName: "answer-message" });

/**
 * `$default`: whatever is no other route's. `{"action":"ping"}` is answered with `{"type":"pong"}`: by that a client keeps its connection open,
 * and sees that it is; anything else is told what there is.
 */
export const handler = answering(logger, async (event) => {
  if (messageOf(event).action === "ping") return { type: "pong" };
  throw new Refusal('A message must be JSON with an action of "subscribe" or "ping".');
});
