import type { Journal, Journals } from "../journal";
import type { MessageAttributes } from "../protocol/message-attributes";
import { HeldMessages } from "./held-messages";

/** A message as a queue holds it; times are milliseconds since 1970. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderArn: string;
  readonly sentAt: number;
  /** Hidden before this time: delayed, or in flight once it has a receipt handle. */
  readonly visibleAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt?: number;
  readonly receivedAt?: number;
  /** The latest one; older ones are worth nothing. */
  readonly receiptHandle?: string;
  /** The queue that it failed in. */
  readonly deadLetterSourceArn?: string;
}

/** Something that happens to the messages of a queue, which is named. */
export type MessageChange = { readonly queue: string } & (
  | { readonly put: Message }
  | { readonly changed: Pick<Message, "messageId"> & Partial<Message> }
  /** Messages by id. */
  | { readonly removed: readonly string[] }
  | { readonly removed: "all" }
);

/**
 * What the queues of an account hold, by the queues' names: messages outlive the queue that a run makes of its arguments, and are there when it is
 * made again.
 */
export class QueueContents {
  private readonly held = new Map<string, HeldMessages>();
  private readonly journal: Journal<readonly MessageChange[]>;

  /** @throws Error for a journal that cannot be read */
  constructor(journals: Journals) {
    this.journal = journals.open<readonly MessageChange[]>("sqs", {
      replay: (changes) => this.apply(changes),
      snapshot: () => this.snapshot(),
    });
  }

  /** Names of the queues that hold something. */
  names(): readonly string[] {
    return [...this.held.keys()];
  }

  /** The messages of a queue as they are now; after a change it has to be asked for again. */
  of(queue: string): Omit<HeldMessages, "apply"> {
    return this.held.get(queue) ?? new HeldMessages();
  }

  /**
   * Makes changes that belong together: after a kill all of them are there, or none.
   * @throws Error where they cannot be written down; none of them is made then
   */
  commit(changes: readonly MessageChange[]): void {
    if (changes.length === 0) return;
    this.journal.append(changes);
    this.apply(changes);
  }

  private apply(changes: readonly MessageChange[]): void {
    for (const change of changes) {
      const messages = this.held.get(change.queue) ?? new HeldMessages();
      messages.apply(change);
      if (messages.size > 0) this.held.set(change.queue, messages);
      else this.held.delete(change.queue);
    }
  }

  private *snapshot(): Iterable<readonly MessageChange[]> {
    for (const [queue, messages] of this.held) for (const put of messages) yield [{ queue, put }];
  }
}
