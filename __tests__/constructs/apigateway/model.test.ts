import Ajv from "ajv-draft-04";
import * as z from "zod/mini";
import { modelSchema } from "../../../constructs/apigateway/model";
import { Order } from "../../../handlers/schemas/order";

const nested = (depth: number): unknown =>
  JSON.parse(`{"orderID":"1","l":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);

describe("the order's model and the handler's check agree", () => {
  const validate = new Ajv({ strict: false }).compile(modelSchema(Order));

  test.each<[string, boolean, unknown]>([
    ["the least", true, { orderID: "1" }],
    ["255 characters", true, { orderID: "k".repeat(255) }],
    ["256 characters", false, { orderID: "k".repeat(256) }],
    ["an empty orderID", false, { orderID: "" }],
    ["a number for orderID", false, { orderID: 1 }],
    ["no orderID", false, {}],
    ["a list", false, []],
    ["text", false, "order"],
    ["null", false, null],
    ["anything beside orderID", true, { orderID: "1", a: [{ b: null }, "", false, 0, -0.5], 数: {} }],
    ["32 levels", true, nested(32)],
    ["33 levels", false, nested(33)],
    ["the largest exact integer", true, { orderID: "1", n: Number.MAX_SAFE_INTEGER }],
    ["one more", false, { orderID: "1", n: Number.MAX_SAFE_INTEGER + 1 }],
    ["the lowest exact integer", true, { orderID: "1", n: Number.MIN_SAFE_INTEGER }],
    ["one less", false, { orderID: "1", n: Number.MIN_SAFE_INTEGER - 1 }],
    ["the smallest number", true, { orderID: "1", n: 1e-130 }],
    ["a smaller one", false, { orderID: "1", n: 9e-131 }],
    ["an empty name", false, { orderID: "1", "": 1 }],
    ["an empty name inside", false, { orderID: "1", a: [{ "": 1 }] }],
    ["a name of 16,383 characters", true, { orderID: "1", ["k".repeat(16_383)]: 1 }],
    ["a name of 16,384 characters", false, { orderID: "1", ["k".repeat(16_384)]: 1 }],
    ["constructor", true, { orderID: "1", constructor: { name: "Set" } }],
    ["__proto__", false, JSON.parse('{"orderID":"1","__proto__":1}')],
    ["__proto__ inside", false, JSON.parse('{"orderID":"1","a":{"__proto__":{}}}')],
  ])("%s: %s", (_, accepted, order) => {
    expect(validate(order)).toBe(accepted);
    expect(z.safeParse(Order, order).success).toBe(accepted);
  });

  test("stays far below API Gateway's 400,000 characters, though it nests 32 levels deep", () => {
    expect(JSON.stringify(modelSchema(Order)).length).toBeLessThan(20_000);
  });
});

test("turns names of records into patterns, and keeps the rules of named properties", () => {
  const names = z.meta({ propertyNames: { pattern: "^[a-z]+$" } });
  const record = new Ajv({ strict: false }).compile(modelSchema(z.record(z.string(), z.boolean()).check(names)));
  expect([record({ a: true }), record({ a: 1 }), record({ A: true })]).toEqual([true, false, false]);
  const validate = new Ajv({ strict: false }).compile(
    modelSchema(z.catchall(z.object({ id: z.number() }), z.string()).check(names)),
  );
  expect([
    validate({ id: 1, a: "x" }),
    validate({ id: "x" }),
    validate({ id: 1, A: "x" }),
    validate({ id: 1, ids: 1 }),
  ]).toEqual([true, false, false, false]);
});

test("refuses keywords that API Gateway does not validate by", () => {
  expect(() => modelSchema(z.email())).toThrow(
    "schema must use only keywords that API Gateway validates by, got: format",
  );
  expect(() => modelSchema(z.number().check(z.gt(0)))).toThrow("got: exclusiveMinimum");
});

test("does not take the names of properties for keywords", () => {
  expect(() => modelSchema(z.object({ format: z.string(), $id: z.literal("const") }))).not.toThrow();
});

test("refuses a pattern of names that may match in the middle", () => {
  const names = z.meta({ propertyNames: { pattern: "[a-z]" } });
  expect(() => modelSchema(z.record(z.string(), z.string()).check(names))).toThrow(
    "propertyNames.pattern must start with ^, got: [a-z]",
  );
});
