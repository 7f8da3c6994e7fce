import type { LambdaFunction } from "../support/lambda-function";
import { LiveOrders, messageIn, webSocketEvent } from "../support/live-orders";

let system: LiveOrders;
let answer: LambdaFunction;

beforeAll(async () => {
  system = await LiveOrders.start();
  answer = await system.function("answer-message");
});

afterAll(() => system.stop());

const send = async (body?: unknown) => messageIn(await answer.invoke(webSocketEvent("c-1", "$default", { body })));

test("answers a ping", async () => {
  expect(await send({ action: "ping" })).toEqual({ type: "pong" });
});

test.each([
  ["no action", { orderID: "1" }],
  ["an unknown action", { action: "order" }],
  ["text that is no JSON", "hello"],
  ["JSON that is no object", "[1]"],
  ["null", "null"],
  ["nothing", undefined],
])("tells what there is in answer to %s", async (_, body) => {
  expect(await send(body)).toEqual({
    type: "error",
    error: 'A message must be JSON with an action of "subscribe" or "ping".',
    requestId: "request-of-c-1",
  });
});
