import * as fc from "fast-check";
import { cursorAt, earlierOf, settledAt, timeOf } from "../../../handlers/live-orders/cursor";

const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 / 10 });
const tieBreaker = fc.uuid();

test("cursors sort by time, whatever else they hold, and tell their time", () => {
  fc.assert(
    fc.property(time, time, tieBreaker, tieBreaker, (one, other, a, b) => {
      expect(timeOf(cursorAt(one, a))).toBe(one);
      if (one < other) expect(cursorAt(one, a) < cursorAt(other, b)).toBe(true);
      expect(cursorAt(one) < cursorAt(one, a)).toBe(true);
    }),
  );
});

test("two orders of one millisecond have cursors of their own", () => {
  expect(cursorAt(1, "m-1")).not.toBe(cursorAt(1, "m-2"));
});

test.each([
  [60_000, 0],
  [61_000, 1_000],
  [59_999, 0],
])("at %i the log is settled up to %i", (now, settled) => {
  expect(settledAt(now)).toBe(cursorAt(settled));
});

test("the earlier of two cursors is the same whichever comes first", () => {
  fc.assert(
    fc.property(time, time, tieBreaker, tieBreaker, (one, other, a, b) => {
      const cursors = [cursorAt(one, a), cursorAt(other, b)] as const;
      expect(timeOf(earlierOf(...cursors))).toBe(Math.min(one, other));
      expect(earlierOf(cursors[1], cursors[0])).toBe(earlierOf(...cursors));
    }),
  );
});

test.each([
  [undefined],
  [1],
  [""],
  ["1"],
  ["0".repeat(14)],
  ["0".repeat(16)],
  [`${"0".repeat(15)}-`],
  [`${"0".repeat(15)}-a b`],
])("%j is no cursor", (text) => {
  expect(timeOf(text)).toBeUndefined();
});
