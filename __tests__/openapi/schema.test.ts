import * as fc from "fast-check";
import * as z from "zod/mini";
import { modelSchema } from "../../constructs/apigateway/model";
import { Order } from "../../handlers/schemas/order";
import { RequestModel } from "../../local/api-gateway/request-model";
import { draft4Schema, openApiSchemas, type Schema, weakenedKeywords } from "../../openapi/schema";

const draft4 = "http://json-schema.org/draft-04/schema#";

/** Whether a body fits a schema, and whether it fits what an import makes of the schema in OpenAPI's words. */
function verdicts(schema: Schema): (body: unknown) => readonly [before: boolean, after: boolean] {
  const before = new RequestModel(JSON.stringify(schema));
  const after = new RequestModel(JSON.stringify(draft4Schema("Model", openApiSchemas({ Model: schema }))));
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

/** Schemas in keywords that OpenAPI has no words for, inside of others. */
const weakenedSchema = fc.letrec<{ schema: Schema; keywords: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom<Schema>({}, { type: "string" }, { type: "null" }, { enum: [1, "a"] }, { required: ["a"] }),
    tie("keywords"),
  ),
  keywords: fc.oneof(
    fc.record({ items: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), additionalItems: fc.boolean() }),
    fc.record({
      patternProperties: fc.dictionary(fc.constantFrom("^a", "^(?!b$)x", "1$"), tie("schema"), {
        minKeys: 1,
        maxKeys: 2,
      }),
      additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
    }),
    fc.record({ dependencies: fc.constantFrom({ a: ["b"] }, { b: { required: ["a"] } }) }),
    fc.record({
      oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
      type: fc.constantFrom("object", "array"),
    }),
    fc.record({ oneOf: fc.array(tie("schema"), { minLength: 2, maxLength: 2 }), anyOf: fc.tuple(tie("schema")) }),
    fc.record({ not: tie("schema"), properties: fc.dictionary(name, tie("schema"), { maxKeys: 2 }) }),
  ) as fc.Arbitrary<Schema>,
})).keywords;

test("a schema admits the same in OpenAPI's words, and says in them what they are", () => {
  fc.assert(
    fc.property(schema, schema, fc.array(body, { minLength: 5, maxLength: 20 }), (own, one, bodies) => {
      // A definition that refers to itself without an end means nothing.
      const finite = JSON.parse(JSON.stringify(one).replaceAll("#/definitions/one", "#/definitions/other"));
      const definitions = { one: finite, other: { type: "string" } };
      const given = { $schema: draft4, ...own, definitions };
      expect(weakenedKeywords(given)).toEqual([]);
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
  const schemas = openApiSchemas({
    Model: {
      $schema: draft4,
      type: ["string", "null", "array"],
      properties: { list: { type: "array" }, nothing: { type: "null" } },
    },
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
  const schemas = openApiSchemas({
    POSTOrders: {
      type: "object",
      properties: {
        a: { $ref: "#/definitions/__schema0" },
        b: { $ref: "#/definitions/schema0" },
        self: { $ref: "#" },
        c: { $ref: "#/definitions/POSTOrdersLine" },
      },
      definitions: { __schema0: { type: "string" }, schema0: { type: "number" }, POSTOrdersLine: { type: "boolean" } },
    },
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

test("a definition takes the place of no other model, nor of a definition of that, in whatever order they are given", () => {
  const one = {
    $ref: "#/definitions/ItemLine",
    definitions: { Item: { type: "string" }, ItemLine: { type: "number" } },
  };
  const other = { $ref: "#/definitions/Line", definitions: { Line: { type: "boolean" } } };
  const schemas = openApiSchemas({ POSTOrders: one, POSTOrdersItem: other });
  expect(schemas).toEqual({
    POSTOrders: { $ref: "#/components/schemas/POSTOrdersItemLine" },
    POSTOrdersItem2: { type: "string" },
    POSTOrdersItemLine: { type: "number" },
    POSTOrdersItem: { $ref: "#/components/schemas/POSTOrdersItemLine2" },
    POSTOrdersItemLine2: { type: "boolean" },
  });
  expect(JSON.stringify(openApiSchemas({ POSTOrdersItem: other, POSTOrders: one }))).toBe(JSON.stringify(schemas));
});

test("a reference leads to its definition, whatever signs the name has, and to nothing that is none", () => {
  const definitions = { "a/b~c": { type: "string" } };
  expect(openApiSchemas({ Model: { $ref: "#/definitions/a~1b~0c", definitions } })).toEqual({
    Model: { $ref: "#/components/schemas/ModelABC" },
    ModelABC: { type: "string" },
  });
  const given = { properties: { a: { type: "string" }, b: { $ref: "#/properties/a" } } };
  expect(() => openApiSchemas({ Model: given })).toThrow(
    "the model Model must refer to # or to one of its definitions, got: #/properties/a",
  );
});

test("keywords that neither draft 4 nor OpenAPI knows are left out, of a schema and not of what it names", () => {
  const given = { id: "a", const: 1, examples: [1], type: "object", properties: { id: { const: 2 }, enum: {} } };
  expect(openApiSchemas({ Model: given })).toEqual({ Model: { type: "object", properties: { id: {}, enum: {} } } });
  expect(openApiSchemas({ Model: { enum: [{ const: 1 }], default: { id: 1 } } })).toEqual({
    Model: { enum: [{ const: 1 }], default: { id: 1 } },
  });
});

test.each<[schema: Schema, converted: Schema]>([
  [
    { type: "array", items: [], additionalItems: false },
    { type: "array", items: {}, maxItems: 0 },
  ],
  [
    { type: "array", items: [{ type: "string" }], additionalItems: true },
    { type: "array", items: { anyOf: [{ type: "string" }, {}] } },
  ],
  [
    { patternProperties: { a: { type: "string" } }, additionalProperties: true },
    { additionalProperties: { anyOf: [{ type: "string" }, {}] } },
  ],
])("%j becomes a choice of schemas, none empty and none a mere true", (given, converted) => {
  expect(openApiSchemas({ Model: given })).toEqual({ Model: converted });
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
    expect(weakenedKeywords(given)).toEqual([keyword]);
    const verdict = verdicts(given);
    for (const value of admitted) expect([value, verdict(value)[1]]).toEqual([value, true]);
    for (const value of refused) expect([value, ...verdict(value)]).toEqual([value, false, false]);
  });

  test("a choice of one among such schemas is one of some, and what one of them forbids is let pass", () => {
    const pair = (...types: readonly string[]): Schema => ({ type: "array", items: types.map((type) => ({ type })) });
    const definitions = {
      one: pair("string", "number"),
      names: { allOf: [{ patternProperties: { "^a": { not: {} } } }] },
    };
    const choice = verdicts({
      oneOf: [{ $ref: "#/definitions/one" }, pair("number", "string"), { type: "null" }],
      definitions,
    });
    expect([["a", 1], [1, "a"], null, [true], 1].map(choice)).toEqual([
      [true, true],
      [true, true],
      [true, true],
      [false, true],
      [false, false],
    ]);
    const forbidden = verdicts({ type: "object", not: { $ref: "#/definitions/names" }, definitions });
    expect([{ a: 1 }, { b: 1 }, 1].map(forbidden)).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect(openApiSchemas({ Model: { oneOf: [{ type: "string" }], not: { type: "null" } } })).toMatchObject({
      Model: { oneOf: [{ type: "string" }], not: { $ref: "#/components/schemas/Null" } },
    });
  });

  test("whatever stands around it", () => {
    fc.assert(
      fc.property(weakenedSchema, fc.array(body, { minLength: 5, maxLength: 20 }), (own, bodies) => {
        const verdict = verdicts({ $schema: draft4, ...own });
        for (const value of bodies) {
          const [before, after] = verdict(value);
          expect([value, before && !after]).toEqual([value, false]);
        }
      }),
      { numRuns: 200 },
    );
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
  expect(weakenedKeywords(given)).toEqual([]);
  expect(verdict({ a: null, c: {} })).toEqual([true, true]);
  expect(verdict({ a: "a", b: "x", c: { d: true } })).toEqual([true, true]);
  expect(verdict({ a: 1, c: {} })).toEqual([false, false]);
  expect(verdict({ a: null, c: { d: 1 } })).toEqual([false, false]);
});
