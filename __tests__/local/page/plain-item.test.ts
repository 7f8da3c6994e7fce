import { plainItem } from "../../../local/page/plain-item";

test("writes an item of every type as plain JSON", () => {
  const item = {
    ...{ text: { S: "<b>" }, number: { N: "1.5" }, yes: { BOOL: true }, nothing: { NULL: true }, bytes: { B: "AA==" } },
    ...{ list: { L: [{ N: "1" }, { M: { inner: { S: "x" } } }] }, texts: { SS: ["a"] }, numbers: { NS: ["1", "2"] } },
  };
  expect(plainItem(item)).toEqual({
    ...{ text: "<b>", number: 1.5, yes: true, nothing: null, bytes: "AA==" },
    ...{ list: [1, { inner: "x" }], texts: ["a"], numbers: [1, 2] },
  });
});

test("keeps a number that JavaScript would round as a text", () => {
  expect(plainItem({ id: { N: "12345678901234567890" } })).toEqual({ id: "12345678901234567890" });
});
