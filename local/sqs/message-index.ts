import { Heap } from "./heap";
import type { Message } from "./queue-contents";

/** A message as it is now, and how many came to its queue before it. Every change of a message makes another one of it. */
export interface Held {
  readonly place: number;
  readonly message: Message;
}

/** Heaps hold what was changed or removed since until it comes up. More of that than of messages, and so many, and it is time for a new index. */
const STALE = 1_000;

/**
 * Which messages of a queue are visible at a time, which come back when, and which are the oldest: each answer costs by what it holds, and not by
 * what the queue does.
 */
export class MessageIndex {
  private readonly visible = new Heap<Held>((one, other) => one.place - other.place);
  private readonly hidden = new Heap<Held>((one, other) => one.message.visibleAt - other.message.visibleAt);
  private readonly bySentAt = new Heap<Held>((one, other) => one.message.sentAt - other.message.sentAt);
  private visibleCount = 0;
  private inFlightCount = 0;
  private delayedCount = 0;

  /**
   * @param held the messages by id, which the index is told of every change of
   * @param now in milliseconds since 1970
   */
  constructor(
    private readonly held: ReadonlyMap<string, Held>,
    private now: number,
  ) {
    for (const one of held.values()) this.add(one);
  }

  /** Whether a new index would be the smaller one, or has to be made for a time that is over. */
  isWorn(now: number): boolean {
    const kept = this.visible.size + this.hidden.size + this.bySentAt.size;
    return now < this.now || kept > 4 * this.held.size + STALE;
  }

  /** Goes on to a time, which is not before the one that it is at. */
  advance(now: number): void {
    for (let next = this.nextHidden(); next && next.message.visibleAt <= now; next = this.nextHidden()) {
      this.hidden.pop();
      this.count(next, -1);
      this.visible.push(next);
      this.visibleCount += 1;
    }
    this.now = now;
  }

  /** Takes in a message, as it is now. */
  add(held: Held): void {
    this.bySentAt.push(held);
    (this.isVisible(held) ? this.visible : this.hidden).push(held);
    this.count(held, 1);
  }

  /** Leaves out a message that is about to be changed or removed. */
  remove(held: Held): void {
    this.count(held, -1);
  }

  get counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    return { visible: this.visibleCount, inFlight: this.inFlightCount, delayed: this.delayedCount };
  }

  /** Visible messages, those that came first before the others. Nothing may be changed before the last of them was looked at. */
  *visibleInOrder(): Generator<Message> {
    const seen: Held[] = [];
    try {
      for (let next = this.visible.pop(); next; next = this.visible.pop()) {
        if (!this.isHeld(next)) continue;
        seen.push(next);
        yield next.message;
      }
    } finally {
      for (const one of seen) this.visible.push(one);
    }
  }

  /** When the first of the hidden messages becomes visible. */
  nextVisibleAt(): number | undefined {
    return this.nextHidden()?.message.visibleAt;
  }

  /** Messages that were sent at a time or before, those that came first before the others. */
  sentUpTo(time: number): readonly Message[] {
    const found: Held[] = [];
    for (let first = this.bySentAt.peek(); first && first.message.sentAt <= time; first = this.bySentAt.peek()) {
      this.bySentAt.pop();
      if (this.isHeld(first)) found.push(first);
    }
    for (const one of found) this.bySentAt.push(one);
    return found.sort((one, other) => one.place - other.place).map(({ message }) => message);
  }

  private nextHidden(): Held | undefined {
    for (let first = this.hidden.peek(); first; first = this.hidden.peek()) {
      if (this.isHeld(first)) return first;
      this.hidden.pop();
    }
    return undefined;
  }

  private isHeld(held: Held): boolean {
    return this.held.get(held.message.messageId) === held;
  }

  private isVisible({ message }: Held): boolean {
    return message.visibleAt <= this.now;
  }

  private count(held: Held, by: 1 | -1): void {
    if (this.isVisible(held)) this.visibleCount += by;
    else if (held.message.receiptHandle) this.inFlightCount += by;
    else this.delayedCount += by;
  }
}
