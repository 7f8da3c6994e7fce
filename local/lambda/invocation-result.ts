import type { Answer, FunctionError } from "./lambda-environment";

/** How an invocation ended for its caller. */
export type InvocationResult = { readonly requestId: string } & (
  | { readonly payload: unknown }
  | { readonly functionError: FunctionError }
);

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_RESPONSE_BYTES = 6_291_556;

/** What the caller gets of a function's answer. */
export function resultOf(answer: Answer, requestId: string, timeoutSeconds: number): InvocationResult {
  const failure = (errorType: string, errorMessage: string) => ({
    requestId,
    functionError: { errorType, errorMessage },
  });
  switch (answer.kind) {
    case "error":
      return { requestId, functionError: answer.error };
    case "exit":
      return failure("Runtime.ExitError", `RequestId: ${requestId} Error: ${answer.reason}`);
    case "timeout": {
      const message = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      return failure("Sandbox.Timedout", message);
    }
    case "payload":
      if (Buffer.byteLength(answer.payload) <= MAX_RESPONSE_BYTES)
        return { requestId, payload: JSON.parse(answer.payload) };
      return failure(
        "Function.ResponseSizeTooLarge",
        `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
      );
    case "ready":
      throw new Error("an execution environment answered an event with being ready");
  }
}
