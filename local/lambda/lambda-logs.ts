import type { FunctionError } from "./lambda-environment";

/** A finished invocation. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  /** Milliseconds from event to answer. */
  readonly durationMs: number;
  /** Milliseconds that loading the handler took: only of a cold start. */
  readonly initDurationMs?: number;
  readonly billedDurationMs: number;
  readonly memorySizeMb: number;
  readonly maxMemoryUsedMb: number;
  readonly error?: FunctionError;
}

/** A line of a function's log. */
export interface LogLine {
  readonly text: string;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** Lines of all functions are numbered as they come. */
  readonly number: number;
}

/** What Lambda writes to a function's log when an invocation starts. */
export function startLines(isJson: boolean, requestId: string, now: number): string[] {
  if (!isJson) return [`START RequestId: ${requestId} Version: $LATEST`];
  return [platformLine("platform.start", { requestId, version: "$LATEST" }, now)];
}

/**
 * What Lambda writes to a function's log when an invocation is over.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function reportLines(isJson: boolean, invocation: Invocation, now: number): string[] {
  const { requestId, error, initDurationMs } = invocation;
  const status = error?.errorType === "Sandbox.Timedout" ? "timeout" : "error";
  if (isJson) {
    const metrics = {
      durationMs: rounded(invocation.durationMs),
      billedDurationMs: invocation.billedDurationMs,
      memorySizeMB: invocation.memorySizeMb,
      maxMemoryUsedMB: invocation.maxMemoryUsedMb,
      ...(initDurationMs !== undefined && { initDurationMs: rounded(initDurationMs) }),
    };
    const outcome = error ? { status, errorType: error.errorType } : { status: "success" };
    return [platformLine("platform.report", { requestId, metrics, ...outcome }, now)];
  }
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${invocation.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${invocation.billedDurationMs} ms`,
    `Memory Size: ${invocation.memorySizeMb} MB`,
    `Max Memory Used: ${invocation.maxMemoryUsedMb} MB`,
  ];
  if (initDurationMs !== undefined) parts.push(`Init Duration: ${initDurationMs.toFixed(2)} ms`);
  if (error) parts.push(`Status: ${status}`);
  if (error && status === "error") parts.push(`Error Type: ${error.errorType}`);
  return [`END RequestId: ${requestId}`, parts.join("\t")];
}

function platformLine(type: string, record: object, now: number): string {
  return JSON.stringify({ time: new Date(now).toISOString(), type, record });
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1_000) / 1_000;
