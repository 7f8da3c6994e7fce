import * as fc from "fast-check";
import * as z from "zod/mini";
import { modelSchema } from "../../constructs/apigateway/model";
import { Order } from "../../handlers/schemas/order";
import { RequestModel } from "../../local/api-gateway/request-model";
import { draft4Schema, openApiSchemas, type Schema } from "../../openapi/schema";

const draft4 = "http://json-schema.org/draft-04/schema#";

/** Whether a body fits a schema, and whether it fits what an import makes of the schema in OpenAPI's words. */
function verdicts(schema: Schema): (body: unknown) => readonly [before: boolean, after: boolean] {
  const before = new RequestModel(JSON.stringify(schema));
  const after = new RequestModel(JSON.stringify(draft4Schema("Model", openApiSchemas("Model", schema).schemas)));
  const fits = (model: RequestModel, body: unknown): boolean => model.problemOf(JSON.stringify(body)) === undefined;
  return (body) => [fits(before, body), fits(after, body)];
}

/** Names and values that schemas below speak of, so that bodies meet them. */
const name = fc.constantFrom("a", "b", "x-1");
const body = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 0, 1.5, -1, "", "a", "abc"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  ),
})).value;

const type = fc.constantFrom("string", "number", "integer", "boolean", "null", "array", "object");

/** Schemas in keywords that OpenAPI 3.0 has words for. */
const schema = fc.letrec<{ schema: Schema; keywords: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 1 },
    fc.constantFrom<Schema>({}, { $ref: "#/definitions/one" }, { $ref: "#/definitions/other" }, { type: "null" }),
    tie("keywords"),
  ),
  keywords: fc.record(
    {
      type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
      enum: fc.constantFrom([1, "a", null], [{ a: 1 }], ["abc", true]),
      minLength: fc.nat(3),
      maximum: fc.integer({ min: -1, max: 2 }),
      pattern: fc.constantFrom("^a", "^\\$\\{", "c$"),
      minItems: fc.nat(2),
      uniqueItems: fc.boolean(),
      items: tie("schema"),
      properties: fc.dictionary(name, tie("schema"), { maxKeys: 2 }),
      required: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
      allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
      anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
      oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
      not: tie("schema"),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Schema>,
})).keywords;

test("a schema admits the same in OpenAPI's words, and says in them what they are", () => {
  fc.assert(
    fc.property(schema, schema, fc.array(body, { minLength: 5, maxLength: 20 }), (own, one, bodies) => {
      // A definition that refers to itself without an end means nothing.
      const finite = JSON.parse(JSON.stringify(one).replaceAll("#/definitions/one", "#/definitions/other"));
      const definitions = { one: finite, other: { type: "string" } };
      const given = { $schema: draft4, ...own, definitions };
      expect(openApiSchemas("Model", given).weakened).toEqual([]);
      const verdict = verdicts(given);
      for (const value of bodies) {
        const [before, after] = verdict(value);
        expect([value, after]).toEqual([value, before]);
      }
    }),
    { numRuns: 200 },
  );
});

test("every type becomes one that OpenAPI has", () => {
  const { schemas } = openApiSchemas("Model", {
    $schema: draft4,
    type: ["string", "null", "array"],
    properties: { list: { type: "array" }, nothing: { type: "null" } },
  });
  expect(schemas).toEqual({
    Model: {
      anyOf: [{ type: "string" }, { $ref: "#/components/schemas/Null" }, { type: "array", items: {} }],
      properties: { list: { type: "array", items: {} }, nothing: { $ref: "#/components/schemas/Null" } },
    },
    Null: {
      not: {
        anyOf: [
          { type: "string" },
          { type: "number" },
          { type: "boolean" },
          { type: "object" },
          { type: "array", items: {} },
        ],
      },
    },
  });
});

test("definitions become components of their own, with names of letters and digits that no other has", () => {
  const { schemas } = openApiSchemas("POSTOrders", {
    type: "object",
    properties: {
      a: { $ref: "#/definitions/__schema0" },
      b: { $ref: "#/definitions/schema0" },
      self: { $ref: "#" },
      c: { $ref: "#/definitions/POSTOrdersLine" },
    },
    definitions: { __schema0: { type: "string" }, schema0: { type: "number" }, POSTOrdersLine: { type: "boolean" } },
  });
  expect(schemas).toEqual({
    POSTOrders: {
      type: "object",
      properties: {
        a: { $ref: "#/components/schemas/POSTOrdersSchema0" },
        b: { $ref: "#/components/schemas/POSTOrdersSchema02" },
        self: { $ref: "#/components/schemas/POSTOrders" },
        c: { $ref: "#/components/schemas/POSTOrdersLine" },
      },
    },
    POSTOrdersSchema0: { type: "string" },
    POSTOrdersSchema02: { type: "number" },
    POSTOrdersLine: { type: "boolean" },
  });
});

test("a component that is missing is named", () => {
  expect(() => draft4Schema("A", { A: { $ref: "#/components/schemas/B" } })).toThrow(
    "components.schemas must have B, which A refers to",
  );
});

describe("what OpenAPI has no words for is weakened, never refused", () => {
  test.each<[keywords: string, schema: Schema, admitted: readonly unknown[], refused: readonly unknown[]]>([
    [
      "patternProperties",
      { type: "object", patternProperties: { "^(?!__proto__$)a": { type: "string" } }, additionalProperties: false },
      [{ a: "x" }, { b: "x" }, {}],
      [{ a: 1 }, JSON.parse('{"__proto__":"x"}'), []],
    ],
    [
      "patternProperties",
      {
        patternProperties: { "^a": { type: "string" }, "^b": { type: "null" } },
        additionalProperties: { type: "number" },
      },
      [{ a: "x", b: null, c: 1 }, { c: "x" }],
      [{ a: true }],
    ],
    ["patternProperties", { patternProperties: { "^a": { type: "string" } } }, [{ a: "x", b: 1 }, { a: 1 }], []],
    ["items", { type: "array", items: [{ type: "string" }, { type: "number" }] }, [["a", 1, true]], [{}]],
    [
      "items",
      { type: "array", items: [{ type: "string" }, { type: "number" }], additionalItems: false },
      [
        ["a", 1],
        [1, "a", 2],
      ],
      [[true]],
    ],
    ["dependencies", { dependencies: { a: ["b"] } }, [{ a: 1, b: 1 }, { a: 1 }], []],
  ])("%s of %j", (keyword, given, admitted, refused) => {
    expect(openApiSchemas("Model", given).weakened).toEqual([keyword]);
    const verdict = verdicts(given);
    for (const value of admitted) expect([value, verdict(value)[1]]).toEqual([value, true]);
    for (const value of refused) expect([value, ...verdict(value)]).toEqual([value, false, false]);
  });

  test("a property named beside a pattern stays what it is", () => {
    const verdict = verdicts({
      type: "object",
      properties: { id: { type: "number" } },
      not: { required: ["b"] },
      patternProperties: { "^(?!id$)(?!x$)": { type: "string" } },
      additionalProperties: false,
    });
    expect([{ id: 1, a: "a" }, { id: "1" }, { x: "a" }, { b: "b" }].map((value) => verdict(value)[1])).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("an order is checked but for the length of its names", () => {
    const verdict = verdicts(modelSchema(Order));
    const orders: readonly (readonly [unknown, boolean])[] = [
      [{ orderID: "1", lines: [{ article: "tea", count: 2, gift: null }] }, true],
      [{ orderID: "" }, false],
      [{ item: "tea" }, false],
      [{ orderID: "1", price: 1e300 }, false],
      [JSON.parse('{"orderID":"1","a":{"__proto__":1}}'), false],
    ];
    for (const [order, fits] of orders) expect([order, ...verdict(order)]).toEqual([order, fits, fits]);
    expect(verdict({ orderID: "1", "": 1 })).toEqual([false, true]);
  });
});

test("schemas of zod's come through", () => {
  const given = modelSchema(
    z.object({
      a: z.nullable(z.string()),
      b: z.optional(z.union([z.int(), z.literal("x")])),
      c: z.record(z.string(), z.boolean()),
    }),
  );
  const verdict = verdicts(given);
  expect(openApiSchemas("Model", given).weakened).toEqual([]);
  expect(verdict({ a: null, c: {} })).toEqual([true, true]);
  expect(verdict({ a: "a", b: "x", c: { d: true } })).toEqual([true, true]);
  expect(verdict({ a: 1, c: {} })).toEqual([false, false]);
  expect(verdict({ a: null, c: { d: 1 } })).toEqual([false, false]);
});
