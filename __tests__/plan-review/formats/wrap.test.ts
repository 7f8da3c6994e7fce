import * as fc from "fast-check";
import { displayWidth, wrapped } from "../../../plan-review/formats/wrap";

it("counts wide characters twice and marks not at all", () => {
  expect([displayWidth("abc"), displayWidth("注文"), displayWidth("🚀"), displayWidth("e\u0301")]).toEqual([
    3, 4, 2, 1,
  ]);
});

it("folds at spaces, and breaks only a word that no line holds", () => {
  expect(wrapped("one two three", 11, "  ")).toEqual(["  one two", "  three"]);
  expect(wrapped("abcdefghijklmnop", 12, "", "  ")).toEqual(["abcdefgh", "  ijklmnop"]);
  expect(wrapped("", 80, "  ")).toEqual([]);
});

it("starts no line with ::", () => {
  expect(wrapped("::error::x", 80, "  ")).toEqual(["  · ::error::x"]);
});

it("keeps every line within its columns, whatever the words", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), (text) => {
      for (const line of wrapped(text, 80, " ".repeat(12))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(80);
        expect(line).not.toMatch(/^\s*::/);
      }
    }),
  );
});
