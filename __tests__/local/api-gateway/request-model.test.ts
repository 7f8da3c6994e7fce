import { RequestModel } from "../../../local/api-gateway/request-model";

const problem = (schema: object, body: string): string | undefined =>
  new RequestModel(JSON.stringify(schema)).problemOf(body);
const order = {
  type: "object",
  required: ["orderID"],
  properties: { orderID: { type: "string", minLength: 1, maxLength: 3 } },
  additionalProperties: false,
};

test.each(['{"orderID":"1"}', '{"orderID":"123"}', '{"orderID":"😀😀😀"}'])("takes %s", (body) => {
  expect(problem(order, body)).toBeUndefined();
});

test.each([
  ["{}", '[object has missing required properties (["orderID"])]'],
  ["[]", '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]'],
  ["null", '[instance type (null) does not match any allowed primitive type (allowed: ["object"])]'],
  ['{"orderID":1}', '[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]'],
  ['{"orderID":""}', '[string "" is too short (length: 0, required minimum: 1)]'],
  ['{"orderID":"1234"}', '[string "1234" is too long (length: 4, maximum allowed: 3)]'],
  ['{"orderID":"1","a":1}', '[object instance has properties which are not allowed by the schema: ["a"]]'],
  ["", "[the body is missing]"],
])("refuses %s", (body, expected) => {
  expect(problem(order, body)).toBe(expected);
});

test("says so when a body is no JSON", () => {
  expect(problem(order, "{")).toMatch(/^\[the body is not JSON: .+\]$/);
});

test.each<[object, string, string]>([
  [{ minimum: 1 }, "0", "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]"],
  [{ maximum: 1 }, "1.5", "[numeric instance is greater than the required maximum (maximum: 1, found: 1.5)]"],
  [{ pattern: "^a$" }, '"b"', '[ECMA 262 regex "^a$" does not match input string "b"]'],
  [{ enum: [0] }, "1", "[instance value (1) not found in enum (possible values: [0])]"],
  [
    { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    "[1]",
    "[instance failed to match at least one required schema among 2]",
  ],
  [{ minItems: 1 }, "[]", "[minItems: must NOT have fewer than 1 items]"],
])("%j refuses %s", (schema, body, expected) => {
  expect(problem(schema, body)).toBe(expected);
});

test("shows the beginning of what is long", () => {
  expect(problem({ maxLength: 1 }, JSON.stringify("x".repeat(5_000)))?.length).toBeLessThan(1_200);
});

test("does not check formats, as AWS does not", () => {
  expect(problem({ format: "email" }, '"x"')).toBeUndefined();
});

test("a large body with a fault at each place is refused at once", () => {
  const items = { anyOf: [{ type: "string" }, { type: "boolean" }] };
  const startedAt = performance.now();
  expect(problem({ items }, JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i)))).toBeDefined();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test("fails for a schema that refers to another model", () => {
  expect(() => new RequestModel('{"$ref":"https://apigateway.amazonaws.com/restapis/a/models/B"}')).toThrow(
    "can't resolve reference",
  );
});
