import { exampleOf } from "../../../local/api-gateway/example-body";
import { RequestModel } from "../../../local/api-gateway/request-model";

test.each<[string, object, unknown]>([
  [
    "required properties only",
    { type: "object", properties: { a: { type: "string" }, b: {} }, required: ["a"] },
    { a: "1" },
  ],
  ["least lengths", { type: "string", minLength: 3 }, "111"],
  ["least numbers", { type: "integer", minimum: 5 }, 5],
  ["a number", { type: "number" }, 1],
  ["a boolean", { type: "boolean" }, true],
  ["null", { type: "null" }, null],
  ["an empty list", { type: "array", items: { type: "string" } }, []],
  ["a list of the least size", { type: "array", items: { type: "string" }, minItems: 2 }, ["1", "1"]],
  ["the first of an enumeration", { enum: ["x", "y"] }, "x"],
  ["the first choice", { anyOf: [{ type: "boolean" }, { type: "string" }] }, true],
  ["the first of several types", { type: ["string", "null"] }, "1"],
  ["a reference", { $ref: "#/definitions/a", definitions: { a: { type: "boolean" } } }, true],
  ["an unknown property", { type: "object", required: ["a"] }, { a: {} }],
])("an example has %s", (_, schema, example) => {
  expect(exampleOf(schema)).toEqual(example);
});

test("a schema that refers to itself ends", () => {
  const schema = {
    $ref: "#/definitions/a",
    definitions: { a: { type: "object", required: ["a"], properties: { a: { $ref: "#/definitions/a" } } } },
  };
  expect(JSON.stringify(exampleOf(schema))).toMatch(/^(\{"a":){9}null\}{9}$/);
});

test("a model tells only an example that it would take", () => {
  expect(new RequestModel('{"type":"object","required":["a"]}').example()).toBe('{"a":{}}');
  expect(new RequestModel('{"type":"string","pattern":"^x$"}').example()).toBeUndefined();
});
