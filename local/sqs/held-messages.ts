import { type Held, MessageIndex } from "./message-index";
import type { Message, MessageChange } from "./queue-contents";

/** The messages of one queue, those that came first before the others. */
export class HeldMessages {
  private readonly held = new Map<string, Held>();
  private places = 0;
  private index?: MessageIndex;

  get size(): number {
    return this.held.size;
  }

  get(messageId: string): Message | undefined {
    return this.held.get(messageId)?.message;
  }

  *[Symbol.iterator](): Generator<Message> {
    for (const { message } of this.held.values()) yield message;
  }

  /** What is to be seen of them at a time, in milliseconds since 1970. */
  at(now: number): MessageIndex {
    if (!this.index || this.index.isWorn(now)) this.index = new MessageIndex(this.held, now);
    this.index.advance(now);
    return this.index;
  }

  apply(change: MessageChange): void {
    if ("put" in change) {
      this.put(change.put);
    } else if ("changed" in change) {
      const message = this.get(change.changed.messageId);
      if (message) this.put({ ...message, ...change.changed });
    } else if (change.removed === "all") {
      this.held.clear();
      this.index = undefined;
    } else {
      for (const messageId of change.removed) this.remove(messageId);
    }
  }

  private put(message: Message): void {
    const before = this.held.get(message.messageId);
    if (before) this.index?.remove(before);
    else this.places += 1;
    const held = { place: before?.place ?? this.places, message };
    this.held.set(message.messageId, held);
    this.index?.add(held);
  }

  private remove(messageId: string): void {
    const held = this.held.get(messageId);
    if (!held) return;
    this.index?.remove(held);
    this.held.delete(messageId);
  }
}
