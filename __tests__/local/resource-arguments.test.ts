import * as z from "zod/mini";
import {
  accepting,
  argumentError,
  block,
  choice,
  flag,
  integer,
  json,
  list,
  number,
  readArguments,
  requiredBlock,
  requiredList,
  text,
} from "../../local/resource-arguments";

const TYPE = "aws_thing";
const read = <Schema extends z.ZodMiniType>(schema: Schema, given: object) =>
  readArguments(TYPE, z.strictObject({ name: text, of: schema }), { name: "a", ...given });
const inner = z.strictObject({ size: integer(1, 2) });

describe("an argument is read as Terraform takes it", () => {
  test.each<[string, z.ZodMiniType, unknown, unknown]>([
    ["an integer at its lower end", integer(1, 3), 1, 1],
    ["an integer at its upper end", integer(1, 3), 3, 3],
    ["an integer as text", integer(-1, 3), "-1", -1],
    ["a number as text", number, "0.5", 0.5],
    ["a flag", flag, true, true],
    ["a flag as text", flag, "true", true],
    ["a flag that is off, as text", flag, "false", false],
    ["a flag that is not given", flag, null, false],
    ["a choice", choice("x", "y"), "y", "y"],
    ["a choice that is empty", choice("x", "y"), "", undefined],
    ["a block", block(inner), { size: 1 }, { size: 1 }],
    ["a block in a list", block(inner), [{ size: "2" }], { size: 2 }],
    ["no block", block(inner), [], undefined],
    ["a block that must stand once", requiredBlock(inner), [{ size: 1, other: null }], { size: 1 }],
    ["one of a list", list(inner), { size: 1 }, [{ size: 1 }]],
    ["none of a list", list(inner), undefined, []],
    ["a list that is not empty", requiredList(z.string()), ["x", "y"], ["x", "y"]],
    ["JSON", json(inner), '{"size":1}', { size: 1 }],
    ["no JSON", json(inner), "", undefined],
  ])("%s", (_, schema, value, expected) => {
    expect(read(schema, { of: value })).toEqual(expected === undefined ? { name: "a" } : { name: "a", of: expected });
  });

  test("what nothing depends on may be anything, or not there", () => {
    const schema = z.strictObject({ name: text, ...accepting("tags", "description") });
    expect(readArguments(TYPE, schema, { name: "a", tags: { b: [1] }, description: null })).toEqual({
      ...{ name: "a", tags: { b: [1] } },
    });
  });
});

describe("an argument that breaks a rule is an error that says which, of what, and what was got", () => {
  test.each<[string, z.ZodMiniType, object, string]>([
    ["below its range", integer(1, 3), { of: 0 }, "of must be an integer from 1 to 3, got: 0."],
    ["above its range", integer(1, 3), { of: 4 }, "of must be an integer from 1 to 3, got: 4."],
    ["no integer", integer(1, 3), { of: "1.5" }, "of must be an integer from 1 to 3, got: 1.5."],
    ["text for a number", number, { of: "x" }, 'of must be of type number, got: "x".'],
    ["text for a flag", flag, { of: "yes" }, 'of must be of type boolean, got: "yes".'],
    ["no choice", choice("x", "y", "z"), { of: "w" }, 'of must be x, y or z, got: "w".'],
    ["where there is no choice", z.literal("x"), { of: "y" }, 'of must be x in the local run, got: "y".'],
    ["missing", text, {}, "of must be given."],
    ["empty", text, { of: "" }, "of must be given."],
    ["null", requiredBlock(inner), { of: null }, "of must be given."],
    ["an empty list", requiredList(inner), { of: [] }, "of must be given."],
    ["two blocks", block(z.object({})), { of: [{}, {}] }, "of must stand once, got: [{},{}]."],
    ["text for a block", block(inner), { of: "x" }, 'of must be of type object, got: "x".'],
    ["inside a block", block(inner), { of: [{ size: 3 }] }, "of.size must be an integer from 1 to 2, got: 3."],
    ["inside a list", list(inner), { of: [{ size: 1 }, {}] }, "of.1.size must be given."],
    ["too long", z.string().check(z.maxLength(2)), { of: "abc" }, 'of must be at most 2 characters, got: "abc".'],
    ["too many", list(text).check(z.maxLength(1)), { of: ["a", "b"] }, "of must be at most 1 items, got: 2."],
    ["text that is no JSON", json(inner), { of: "{" }, 'of must be of type object, got: "{".'],
    ["inside JSON", json(inner), { of: '{"size":0}' }, "of.size must be an integer from 1 to 2, got: 0."],
    ["unknown", accepting("x").x, { y: 1 }, "y is not modelled by the local run. Leave it out, or run this stack"],
    ["unknown, too", accepting("x").x, { y: 1, z: 2 }, "y, z are not modelled by the local run. Leave them out,"],
    ["unknown in a block", block(inner), { of: { size: 1, y: 1 } }, "of.y is not modelled by the local run."],
  ])("%s", (_, schema, given, sentence) => {
    expect(() => read(schema, given)).toThrow(`aws_thing of a: ${sentence}`);
  });

  test.each([
    [{ name: "a", function_name: "f" }, "aws_thing of a: no."],
    [{ function_name: "f" }, "aws_thing of f: no."],
    [{ bucket: "b" }, "aws_thing of b: no."],
    [{ endpoint: "e" }, "aws_thing of e: no."],
    [{}, "aws_thing: no."],
  ])("a resource with %j is named", (given, message) => {
    expect(argumentError(TYPE, given, "no").message).toBe(message);
  });
});
