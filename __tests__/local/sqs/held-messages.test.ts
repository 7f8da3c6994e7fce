import fc from "fast-check";
import { HeldMessages } from "../../../local/sqs/held-messages";
import type { Message, MessageChange } from "../../../local/sqs/queue-contents";

const ids = ["a", "b", "c", "d", "e", "f"];

const message = (messageId: string, sentAt: number, visibleAt: number, isReceived = false): Message => ({
  messageId,
  ...{ body: "", attributes: {}, senderArn: "", receiveCount: 0, sentAt, visibleAt },
  ...(isReceived && { receiptHandle: "handle" }),
});

/** Looks at every message for each answer, which is as simple as it is slow. */
class ScannedMessages {
  private readonly held = new Map<string, Message>();

  apply(change: MessageChange): void {
    if ("put" in change) this.held.set(change.put.messageId, change.put);
    else if ("changed" in change) {
      const before = this.held.get(change.changed.messageId);
      if (before) this.held.set(before.messageId, { ...before, ...change.changed });
    } else if (change.removed === "all") this.held.clear();
    else for (const messageId of change.removed) this.held.delete(messageId);
  }

  seenAt(now: number) {
    const all = [...this.held.values()];
    const hidden = all.filter(({ visibleAt }) => visibleAt > now);
    const inFlight = hidden.filter(({ receiptHandle }) => receiptHandle).length;
    return {
      all,
      visible: all.filter(({ visibleAt }) => visibleAt <= now),
      counts: { visible: all.length - hidden.length, inFlight, delayed: hidden.length - inFlight },
      next: hidden.length > 0 ? Math.min(...hidden.map(({ visibleAt }) => visibleAt)) : undefined,
      old: all.filter(({ sentAt }) => sentAt <= now - 20),
    };
  }
}

function seenAt(held: HeldMessages, now: number) {
  const index = held.at(now);
  // Who takes some of the visible messages leaves the others where they are.
  for (const _first of index.visibleInOrder()) break;
  return {
    all: [...held],
    visible: [...index.visibleInOrder()],
    counts: index.counts,
    next: index.nextVisibleAt(),
    old: index.sentUpTo(now - 20),
  };
}

const queue = "orders";
const id = fc.constantFrom(...ids);
const time = fc.nat(60);
const change: fc.Arbitrary<MessageChange> = fc.oneof(
  fc.tuple(id, time, time, fc.boolean()).map((values) => ({ queue, put: message(...values) })),
  fc
    .tuple(id, time)
    .map(([messageId, visibleAt]) => ({ queue, changed: { messageId, visibleAt, receiptHandle: "handle" } })),
  fc.subarray(ids, { maxLength: 3 }).map((removed) => ({ queue, removed })),
  fc.constant({ queue, removed: "all" as const }),
);

test("what is visible, hidden and old is what a look at every message finds, whatever changes, at times that go back as well", () => {
  const step = fc.tuple(fc.array(change, { maxLength: 4 }), time);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [held, scanned] = [new HeldMessages(), new ScannedMessages()];
      for (const [changes, now] of steps) {
        for (const one of changes) {
          held.apply(one);
          scanned.apply(one);
        }
        expect(seenAt(held, now)).toEqual(scanned.seenAt(now));
      }
    }),
    { numRuns: 500 },
  );
});

test("what was changed often enough for a new index is the same as before", () => {
  const [held, scanned] = [new HeldMessages(), new ScannedMessages()];
  for (let now = 0; now < 5_000; now += 1) {
    const messageId = ids[now % ids.length] ?? "";
    const one: MessageChange =
      now < ids.length
        ? { queue, put: message(messageId, now, now) }
        : { queue, changed: { messageId, visibleAt: now + 3, receiptHandle: "handle" } };
    held.apply(one);
    scanned.apply(one);
    if (now % 7 === 0) expect(seenAt(held, now)).toEqual(scanned.seenAt(now));
  }
});

test("those that were put again keep their place", () => {
  const held = new HeldMessages();
  for (const messageId of ["a", "b", "a"]) held.apply({ queue, put: message(messageId, 0, 0) });
  expect([...held.at(0).visibleInOrder()].map(({ messageId }) => messageId)).toEqual(["a", "b"]);
});
