import { TableStream } from "../../../local/dynamodb/table-stream";

const DAY_MS = 86_400_000;

function stream() {
  const clock = { time: 1_800_000_000_000, now: () => clock.time, after: () => () => undefined };
  const stream = new TableStream("orders", "2026-11-21T00:00:00.000", "KEYS_ONLY", clock);
  const add = (count = 1): void => {
    for (let at = 0; at < count; at += 1) stream.add(stream.recordOf({ orderID: { S: "a" } }, { after: {} }));
  };
  /** Sequence number of the n-th record that was added, from 1 on. */
  const sequence = (n: number): string => String(10n ** 20n + BigInt(n));
  /** Which records there are after a sequence number. */
  const after = (sequence: string | undefined, limit = 100_000): readonly number[] =>
    stream.after(sequence, limit).map(({ dynamodb }) => Number(BigInt(dynamodb.SequenceNumber) - 10n ** 20n));
  return { stream, clock, add, sequence, after };
}

test("gives records after a sequence number, up to a limit", () => {
  const { add, after, sequence } = stream();
  add(5);
  expect(after(undefined)).toEqual([1, 2, 3, 4, 5]);
  expect(after(undefined, 2)).toEqual([1, 2]);
  expect(after(sequence(2))).toEqual([3, 4, 5]);
  expect(after(sequence(5))).toEqual([]);
  expect(after(sequence(9))).toEqual([]);
});

test("keeps records for 24 hours, and goes on behind one that is gone", () => {
  const { add, after, sequence, clock } = stream();
  add(2);
  clock.time += DAY_MS / 2;
  add(2);
  clock.time += DAY_MS / 2;
  expect(after(undefined)).toEqual([1, 2, 3, 4]);
  clock.time += 1_000;
  expect(after(undefined)).toEqual([3, 4]);
  expect(after(sequence(1))).toEqual([3, 4]);
  expect(after(sequence(3))).toEqual([4]);
  clock.time += DAY_MS;
  expect(after(sequence(1))).toEqual([]);
  add();
  expect(after(sequence(1))).toEqual([5]);
  expect(after(sequence(4))).toEqual([5]);
});

test("drops what every reader has passed but for the last 10,000 records, and nothing else", () => {
  const { stream: one, add, after, sequence } = stream();
  one.checkpoint("first", undefined);
  add(10_000);
  one.checkpoint("first", sequence(10_000));
  expect(after(undefined)).toHaveLength(10_000);
  add(500);
  expect(after(undefined)[0]).toBe(501);
  one.checkpoint("second", sequence(600));
  add(10_000);
  expect(after(undefined)[0]).toBe(601);
  one.leave("second");
  add();
  expect(after(undefined)[0]).toBe(10_001);
  one.checkpoint("first", sequence(20_501));
  expect(after(undefined)[0]).toBe(10_502);
});

test("drops nothing before its time while somebody listens who tells nothing", () => {
  const { stream: one, add, after, sequence } = stream();
  one.listeners.add(() => undefined).add(() => undefined);
  one.checkpoint("first", sequence(0));
  add(10_100);
  one.checkpoint("first", sequence(10_100));
  expect(after(undefined)).toHaveLength(10_100);
  one.checkpoint("second", sequence(50));
  expect(after(undefined)[0]).toBe(51);
});

test("drops nothing before its time where nobody reads", () => {
  const { add, after } = stream();
  add(10_100);
  expect(after(undefined)).toHaveLength(10_100);
});
