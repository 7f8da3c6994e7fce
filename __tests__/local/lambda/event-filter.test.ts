import { eventFilter } from "../../../local/lambda/event-filter";

const matches = (pattern: object, record: unknown): boolean => eventFilter([JSON.stringify(pattern)])(record);

test.each<[object, unknown, boolean]>([
  [{ a: ["x"] }, { a: "x", b: 1 }, true],
  [{ a: ["x", "y"] }, { a: "y" }, true],
  [{ a: ["x"] }, { a: "X" }, false],
  [{ a: ["x"] }, {}, false],
  [{ a: ["1"] }, { a: 1 }, false],
  [{ a: [null] }, { a: null }, true],
  [{ a: [""] }, { a: "" }, true],
  [{ a: ["x"] }, { a: ["y", "x"] }, true],
  [{ a: ["x"], b: ["y"] }, { a: "x", b: "z" }, false],
  [{ a: { b: { c: [true] } } }, { a: { b: { c: true } } }, true],
  [{ a: { b: ["x"] } }, { a: [{ b: "y" }, { b: "x" }] }, true],
  [{ a: { b: ["x"] } }, { a: "x" }, false],
  [{ a: [{ exists: true }] }, { a: null }, true],
  [{ a: [{ exists: true }] }, {}, false],
  [{ a: [{ exists: false }] }, {}, true],
  [{ a: { b: [{ exists: false }] } }, {}, true],
  [{ a: [{ exists: true }] }, { a: {} }, false],
  [{ a: [{ prefix: "or" }] }, { a: "order" }, true],
  [{ a: [{ prefix: "or" }] }, { a: "reorder" }, false],
  [{ a: [{ "anything-but": "x" }] }, { a: "y" }, true],
  [{ a: [{ "anything-but": ["x", 1] }] }, { a: 1 }, false],
  [{ a: [{ "anything-but": ["x"] }] }, {}, false],
  [{ a: [{ "anything-but": { prefix: "x" } }] }, { a: "xy" }, false],
  [{ a: [{ "anything-but": { prefix: "x" } }] }, { a: "y" }, true],
  [{ a: [{ numeric: ["=", 1] }] }, { a: 1 }, true],
  [{ a: [{ numeric: [">", 0, "<=", 10] }] }, { a: 10 }, true],
  [{ a: [{ numeric: [">", 0, "<=", 10] }] }, { a: 0 }, false],
  [{ a: [{ numeric: ["<", 1] }] }, { a: "0" }, false],
])("%j and %j: %s", (pattern, record, expected) => {
  expect(matches(pattern, record)).toBe(expected);
});

test("one of several patterns is enough, and without a pattern everything matches", () => {
  const filter = eventFilter(['{"a":[1]}', '{"b":[1]}']);
  expect([{ a: 1 }, { b: 1 }, { c: 1 }].map(filter)).toEqual([true, true, false]);
  expect(eventFilter([])({ c: 1 })).toBe(true);
});

test.each([
  ["not JSON", "it must be an object with fields"],
  ["{}", "it must be an object with fields"],
  ['{"a":"x"}', "it must be an object with fields"],
  ['{"a":[]}', "an array must not be empty"],
  ['{"a":[{"prefix":1}]}', "prefix must be a string"],
  ['{"a":[{"exists":"yes"}]}', "exists must be true or false"],
  ['{"a":[{"numeric":[">"]}]}', "numeric must have one or two comparisons"],
  ['{"a":[{"numeric":["~",1]}]}', "numeric must be such as"],
  ['{"a":[{"anything-but":[null]}]}', "anything-but must list strings or numbers"],
  ['{"a":[{"prefix":"x","exists":true}]}', "a condition must have one operator"],
  ['{"a":[{"suffix":"x"}]}', "suffix is not modelled by the local run"],
  ['{"a":[{"anything-but":{"suffix":"x"}}]}', "anything-but suffix is not modelled by the local run"],
  ['{"$or":[{"a":[1]}]}', "$or is not modelled by the local run"],
])("refuses %s", (pattern, sentence) => {
  expect(() => eventFilter([pattern])).toThrow(sentence);
});
