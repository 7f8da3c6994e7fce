import type { Caller } from "./aws";
import type { InvocationResult } from "./lambda/lambda";

interface QueueMessage {
  readonly queueArn: string;
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
}

/** Something that passed through the run, as the service that it passed through saw it. Names and ARNs are the physical ones. */
export type Happening =
  | {
      readonly kind: "request";
      readonly apiId: string;
      /** Such as `POST /orders` or `$connect`; none where no route took it. */
      readonly route?: string;
      readonly status: number;
      readonly requestId: string;
    }
  | {
      /** A call that IAM decided about. */
      readonly kind: "call";
      readonly caller: Caller;
      readonly action: string;
      readonly resource: string;
      readonly isAllowed: boolean;
    }
  | {
      readonly kind: "invocation";
      readonly functionArn: string;
      readonly requestId: string;
      readonly event: unknown;
    }
  | {
      readonly kind: "invocation ended";
      readonly functionArn: string;
      readonly requestId: string;
      readonly durationMs: number;
      readonly result: InvocationResult;
    }
  | ({ readonly kind: "message sent" } & QueueMessage)
  | ({ readonly kind: "message received" } & QueueMessage)
  | ({ readonly kind: "message deleted" } & QueueMessage)
  | {
      /** A message that was received too often, and now is in the dead-letter queue. */
      readonly kind: "message given up";
      readonly queueArn: string;
      readonly deadLetterQueueArn: string;
      readonly messageId: string;
      readonly receiveCount: number;
    }
  | {
      readonly kind: "item changed";
      readonly tableName: string;
      readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
      /** As DynamoDB writes them: `{"orderID": {"S": "1"}}`. */
      readonly keys: Readonly<Record<string, unknown>>;
      /** Of its record on the table's stream, where it has one. */
      readonly eventId?: string;
      readonly sequenceNumber?: string;
    };

/** Tells whoever watches of something that passes through the run. */
export type Tell = (happening: Happening) => void;

/** Hands what passes through the run to whoever watches, as it happens; keeps nothing. */
export class Traffic {
  private readonly listeners = new Set<Tell>();

  /** For the services. A function of its own, so that it can be handed on. */
  readonly tell: Tell = (happening) => {
    for (const listener of this.listeners) listener(happening);
  };

  /**
   * Calls a listener with everything that happens from now on, within the call that makes it happen: a listener must be quick and must not throw.
   * @returns a way to end that
   */
  listen(listener: Tell): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
