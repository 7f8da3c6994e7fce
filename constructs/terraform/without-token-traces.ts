/**
 * Runs `build` without the stack traces that cdktf takes for every token and never shows: they are half of its time.
 * With `GATEHOUSE_DEBUG` set they are kept, for whoever looks for the origin of a token. Traces of errors are always kept.
 */
export function withoutTokenTraces(build: () => void): void {
  const { captureStackTrace } = Error;
  if (!process.env.GATEHOUSE_DEBUG) Error.captureStackTrace = () => undefined;
  try {
    build();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
