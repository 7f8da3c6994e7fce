import { AwsError } from "../aws";

type Json = Record<string, unknown>;

const MAX_NESTING = 32;

/**
 * The input of a call: an object in JSON, whatever else is in it.
 * @throws AwsError `SerializationException`
 */
export function inputOf(body: string): Json {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === "object" && input !== null) return input as Json;
  } catch {
    // told below, like every other body that is no object
  }
  throw new AwsError("SerializationException", "The body must be an object in JSON");
}

/** Levels of maps and lists in an attribute value. */
function nestingOf(value: unknown): number {
  const { M: map, L: list } = (value ?? {}) as { M?: Json; L?: unknown[] };
  const inner = map ? Object.values(map) : list;
  return inner ? 1 + inner.reduce<number>((deepest, item) => Math.max(deepest, nestingOf(item)), 0) : 0;
}

/**
 * @throws AwsError `ValidationException` for an item with too many levels of maps and lists
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export function requireNesting(item: unknown): void {
  if (Object.values((item ?? {}) as Json).some((value) => nestingOf(value) > MAX_NESTING)) {
    throw new AwsError("ValidationException", "Nesting Levels have exceeded supported limits");
  }
}
