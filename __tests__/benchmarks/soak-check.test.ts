import { type Fate, percentile, violationsOf } from "../../benchmarks/soak-check";

const well: Fate = {
  orderID: "o",
  isAccepted: true,
  stored: "as sent",
  inserts: 1,
  isWaiting: false,
  deadLetters: 0,
  mails: 1,
};

describe("an order has had what it should", () => {
  test.each<[string, Partial<Fate>]>([
    ["when it was stored once and notified of", {}],
    ["when it was notified of more than once", { mails: 3 }],
    ["when it ended in the dead-letter queue", { stored: "not", inserts: 0, deadLetters: 1, mails: 0 }],
    ["when it was stored, and its message ended in the dead-letter queue all the same", { deadLetters: 1 }],
    ["when it still waits in the queue", { stored: "not", inserts: 0, isWaiting: true, mails: 0 }],
    ["when it was refused and is nowhere", { isAccepted: false, stored: "not", inserts: 0, mails: 0 }],
  ])("%s", (_, change) => {
    expect(violationsOf({ ...well, ...change })).toEqual([]);
  });
});

describe("an order has not", () => {
  test.each<[string, Partial<Fate>, string]>([
    [
      "when it was accepted and is lost",
      { stored: "not", inserts: 0, mails: 0 },
      "o was accepted and is neither in the table nor in the dead-letter queue",
    ],
    ["when another one is in its place", { stored: "otherwise" }, "o is in the table, and not as it was sent"],
    ["when it came into the table twice", { inserts: 2 }, "o came new into the table 2 times"],
    ["when nobody was notified", { mails: 0 }, "o is in the table and nobody was notified of it"],
    [
      "when somebody was notified and it is not there",
      { stored: "not", inserts: 0, deadLetters: 1 },
      "o is not in the table and was notified of",
    ],
  ])("%s", (_, change, violation) => {
    expect(violationsOf({ ...well, ...change })).toEqual([violation]);
  });
});

test.each([
  [[], 50, Number.NaN],
  [[7], 99, 7],
  [[3, 1, 2], 50, 2],
  [[4, 3, 2, 1], 50, 2],
  [Array.from({ length: 100 }, (_, index) => index + 1), 99, 99],
])("the percentile is a value that so many are not above: of %j, %d", (values, percent, expected) => {
  expect(percentile(values, percent)).toBe(expected);
});
