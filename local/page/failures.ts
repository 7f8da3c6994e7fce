import type { Happening } from "../traffic";
import { sentEvent } from "./meters";

/** Messages whose last failure is remembered. */
const MOST = 1_000;

const nameOf = (arn: string): string => arn.split(":").at(-1) ?? arn;

/** Why a function says that it could not work on one of several records; nothing where it says that it could. */
export function whyFailed(
  result: Extract<Happening, { kind: "invocation ended" }>["result"],
  ids: readonly string[],
): string | undefined {
  if ("functionError" in result) return result.functionError.errorMessage;
  const { batchItemFailures } = Object(result.payload) as { readonly batchItemFailures?: unknown };
  const items: readonly unknown[] = Array.isArray(batchItemFailures) ? batchItemFailures : [];
  const failed = items.map((item) => (Object(item) as { readonly itemIdentifier?: unknown }).itemIdentifier);
  return ids.some((id) => failed.includes(id)) ? "the function reports it as failed" : undefined;
}

/** How a function failed with a message last. */
export interface Failure {
  /** Whose log says more. */
  readonly functionName: string;
  readonly why: string;
  readonly requestId: string;
}

/** Remembers why functions failed with messages, for whoever finds one in a dead-letter queue. */
export class Failures {
  /** Ids of the messages that an invocation works on, by the invocation's. */
  private readonly working = new Map<string, readonly string[]>();
  /** By the message's id; the last failure last. */
  private readonly last = new Map<string, Failure>();

  see(happening: Happening): void {
    if (happening.kind === "invocation") {
      const ids = (sentEvent(happening.event).Records ?? []).flatMap(({ messageId }) => messageId ?? []);
      if (ids.length > 0) this.working.set(happening.requestId, ids);
    } else if (happening.kind === "invocation ended") {
      const ids = this.working.get(happening.requestId) ?? [];
      this.working.delete(happening.requestId);
      for (const id of ids) this.take(id, happening);
    }
  }

  /** What went wrong with a message last. */
  of(messageId: string): Failure | undefined {
    return this.last.get(messageId);
  }

  private take(messageId: string, ended: Extract<Happening, { kind: "invocation ended" }>): void {
    const why = whyFailed(ended.result, [messageId]);
    this.last.delete(messageId);
    if (why === undefined) return;
    this.last.set(messageId, { functionName: nameOf(ended.functionArn), why, requestId: ended.requestId });
    const [oldest] = this.last.keys();
    if (this.last.size > MOST && oldest !== undefined) this.last.delete(oldest);
  }
}
