type Schema = Readonly<Record<string, unknown>>;

/** Deeper than any body that a person would type; a schema may refer to itself. */
const MAX_DEPTH = 8;

/**
 * A small value of a JSON schema: of objects the required properties, of choices the first. It need not fit: patterns and what schemas say beside
 * types, enumerations and least sizes are not read.
 */
export function exampleOf(schema: unknown): unknown {
  const { definitions = {} } = Object(schema) as { definitions?: Readonly<Record<string, unknown>> };
  return exampleIn(Object(schema) as Schema, definitions, 0);
}

function exampleIn(given: Schema, definitions: Readonly<Record<string, unknown>>, depth: number): unknown {
  const schema = resolved(given, definitions);
  if (depth > MAX_DEPTH) return null;
  const inner = (one: unknown): unknown => exampleIn(Object(one) as Schema, definitions, depth + 1);
  const {
    enum: values,
    anyOf,
    oneOf,
    allOf,
    type,
    required,
    properties,
    items,
  } = schema as {
    readonly [keyword in "enum" | "anyOf" | "oneOf" | "allOf" | "required"]?: readonly unknown[];
  } & { readonly type?: unknown; readonly properties?: Schema; readonly items?: unknown };
  if (values) return values[0];
  const choice = (anyOf ?? oneOf ?? allOf)?.[0];
  if (choice !== undefined && type === undefined) return inner(choice);
  switch ([type].flat()[0]) {
    case "string":
      return "1".repeat(Math.max(1, Number(schema.minLength ?? 1)));
    case "integer":
    case "number":
      return Number(schema.minimum ?? 1);
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return Array.from({ length: Number(schema.minItems ?? 0) }, () => inner(items));
    default:
      return Object.fromEntries((required ?? []).map((name) => [name, inner(properties?.[String(name)])]));
  }
}

/** A reference within the same document is followed. */
function resolved(schema: Schema, definitions: Readonly<Record<string, unknown>>): Schema {
  const name = /^#\/definitions\/(.+)$/.exec(String(schema.$ref))?.[1];
  return name === undefined ? schema : (Object(definitions[name]) as Schema);
}
