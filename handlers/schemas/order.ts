import * as z from "zod/mini";

/**
 * Largest order, in bytes of UTF-8 JSON: 256 KiB, less the one byte that makes it a multiple of 3, which is how API Gateway counts.
 *
 * DynamoDB stores at most 400 KB an item and counts differently from JSON: the worst case, a list of one-digit numbers, takes 2 bytes
 * of JSON and 3 bytes of item for each element. 256 KiB × 1.5 still fits, so whatever passes this limit can be stored.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const MAX_ORDER_BYTES = 256 * 1024 - 1;

/** Levels of objects and lists in an order, the order itself included. DynamoDB nests attributes 32 levels deep. */
const MAX_NESTING = 32;

/** DynamoDB's numbers have a magnitude from 1e-130 up, and JavaScript's integers are exact up to 2^53 - 1. */
const SMALLEST = 1e-130;
const LARGEST = Number.MAX_SAFE_INTEGER;

/**
 * DynamoDB's names are not empty and below 64 KB; a character takes at most 4 bytes. `__proto__` would vanish when the SDK copies it into
 * an object.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
const ATTRIBUTE_NAME = /^(?!__proto__$)[\s\S]{1,16383}$/u;

const hasStorableNames = (value: unknown): boolean =>
  typeof value !== "object" || value === null || Object.keys(value).every((name) => ATTRIBUTE_NAME.test(name));

/**
 * Adds the rule for names to an object's schema: as a check of what was sent, since parsing drops `__proto__`, and as JSON schema, which
 * cannot be derived from a function.
 */
const withStorableNames = (schema: z.ZodMiniType): z.ZodMiniType =>
  z.pipe(
    z.unknown().check(z.refine(hasStorableNames, "names must be 1–16,383 characters and not __proto__")),
    schema.check(z.meta({ propertyNames: { pattern: ATTRIBUTE_NAME.source } })),
  );

const scalar = z.union([
  z.string(),
  z.boolean(),
  z.null(),
  z.literal(0),
  z.number().check(z.minimum(SMALLEST), z.maximum(LARGEST)),
  z.number().check(z.minimum(-LARGEST), z.maximum(-SMALLEST)),
]);

function storable(levels: number): z.ZodMiniType {
  if (levels === 0) return scalar;
  const inner = storable(levels - 1);
  return z.union([scalar, z.array(inner), withStorableNames(z.record(z.string(), inner))]);
}

/**
 * An order: `orderID` (1–255 characters) and any other properties, which are kept as sent.
 *
 * One source for two checks: API Gateway's model is generated from it and `write-order` parses with it. It admits only what the table can
 * hold: names of 1–16,383 characters, numbers that are zero or 1e-130 to 2^53 - 1 in magnitude, 32 levels of nesting.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const Order = withStorableNames(
  z.catchall(z.object({ orderID: z.string().check(z.minLength(1), z.maxLength(255)) }), storable(MAX_NESTING - 1)),
);

export type Order = { readonly orderID: string; readonly [property: string]: unknown };
