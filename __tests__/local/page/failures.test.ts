import { Failures } from "../../../local/page/failures";
import type { Happening } from "../../../local/traffic";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:writer";

function invoke(failures: Failures, requestId: string, ids: readonly string[], result: object): void {
  const event = { Records: ids.map((messageId) => ({ messageId })) };
  failures.see({ kind: "invocation", functionArn, requestId, event });
  const ended = { kind: "invocation ended", functionArn, requestId, durationMs: 1, result: { requestId, ...result } };
  failures.see(ended as Happening);
}

const error = (errorMessage: string) => ({ functionError: { errorType: "Error", errorMessage } });

const failure = (why: string, requestId: string) => ({ functionName: "writer", why, requestId });

test("remembers what a function failed with, for each message of the batch", () => {
  const failures = new Failures();
  invoke(failures, "r1", ["a", "b"], error("no room"));
  expect([failures.of("a"), failures.of("b"), failures.of("c")]).toEqual([
    ...[failure("no room", "r1"), failure("no room", "r1"), undefined],
  ]);
});

test("remembers of a batch what the function reports, and forgets it when it succeeds", () => {
  const failures = new Failures();
  invoke(failures, "r1", ["a", "b"], { payload: { batchItemFailures: [{ itemIdentifier: "b" }] } });
  expect([failures.of("a"), failures.of("b")]).toEqual([
    ...[undefined, failure("the function reports it as failed", "r1")],
  ]);
  invoke(failures, "r2", ["b"], { payload: null });
  expect(failures.of("b")).toBeUndefined();
});

test("remembers the last 1,000, and takes nonsense for no report", () => {
  const failures = new Failures();
  invoke(failures, "r0", ["odd"], { payload: { batchItemFailures: "all" } });
  expect(failures.of("odd")).toBeUndefined();
  for (let at = 0; at <= 1_000; at += 1) invoke(failures, `r${at}`, [`m${at}`], error("no"));
  expect([failures.of("m0"), failures.of("m1")]).toEqual([undefined, failure("no", "r1")]);
});
