import { javaString } from "../../../local/api-gateway/java-string";

test.each<[string, string, unknown[], unknown]>([
  ["abc", "length", [], 3],
  ["", "isEmpty", [], true],
  ["a", "equals", ["a"], true],
  ["a", "equals", ["A"], false],
  ["a", "equalsIgnoreCase", ["A"], true],
  ["abc", "contains", ["bc"], true],
  ["abc", "startsWith", ["ab"], true],
  ["abc", "endsWith", ["ab"], false],
  ["abcabc", "indexOf", ["c"], 2],
  ["abcabc", "lastIndexOf", ["c"], 5],
  ["abc", "charAt", [1], "b"],
  ["abc", "substring", [1], "bc"],
  ["abc", "substring", [1, 2], "b"],
  ["abc", "substring", [3], ""],
  ["aB", "toLowerCase", [], "ab"],
  ["aB", "toUpperCase", [], "AB"],
  [" a ", "trim", [], "a"],
  ["a", "concat", ["b"], "ab"],
  ["a.b.c", "replace", [".", "$&"], "a$&b$&c"],
  ["a.b.c", "replaceAll", [".", "x"], "xxxxx"],
  ["2026-08", "replaceAll", ["(\\d+)-(\\d+)", "$2/$1"], "08/2026"],
  ["it\\'s", "replaceAll", ["\\\\'", "'"], "it's"],
  ["aa", "replaceAll", ["a", "\\$1"], "$1$1"],
  ["aa", "replaceFirst", ["a", "b"], "ba"],
  ["abc", "matches", ["b"], false],
  ["abc", "matches", [".b."], true],
  ["a,b,,", "split", [","], ["a", "b"]],
])("%j.%s(%j) is %j", (text, name, args, expected) => {
  expect(javaString(text, name, args)).toEqual(expected);
});

test("fails for a method that is not modelled, and names it", () => {
  expect(() => javaString("a", "codePointAt", [0])).toThrow("codePointAt() of a text is not modelled");
  expect(() => javaString("a", "constructor", [])).toThrow("constructor() of a text is not modelled");
});

test.each([
  [-1, 0],
  [0, 4],
  [2, 1],
])("fails for a part from %i to %i of three characters", (start, end) => {
  expect(() => javaString("abc", "substring", [start, end])).toThrow("there is no such part");
});
