import { EMPTY_MODEL } from "./api";

export type Schema = Readonly<Record<string, unknown>>;

/** Component that stands for JSON's null, for which OpenAPI 3.0 has no type. */
export const NULL = "Null";

/** What is of none of the other types. API Gateway ignores OpenAPI's `nullable` when it makes a model, and understands this. */
const nullSchema: Schema = {
  not: {
    anyOf: [
      { type: "string" },
      { type: "number" },
      { type: "boolean" },
      { type: "object" },
      { type: "array", items: {} },
    ],
  },
};

const mapsOfSchemas = new Set(["properties", "patternProperties"]);
const schemasInside = new Set(["additionalProperties", "additionalItems", "items", "allOf", "anyOf", "oneOf", "not"]);

/** What a schema may hold in OpenAPI 3.0, of what draft 4 knows; draft 4 ignores what it does not know. */
const openApiKeywords = new Set([
  ...["title", "description", "default", "format", "type", "enum", "allOf", "anyOf", "oneOf", "not"],
  ...["multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern"],
  ...["items", "minItems", "maxItems", "uniqueItems"],
  ...["properties", "additionalProperties", "required", "minProperties", "maxProperties"],
]);

/** A schema with the schemas inside of it replaced. Names of properties and values of `enum` are left alone, whatever they look like. */
export function withInner(schema: Schema, replace: (inner: unknown) => unknown): Schema {
  const replaced = (keyword: string, value: unknown): unknown => {
    if (mapsOfSchemas.has(keyword))
      return Object.fromEntries(Object.entries(Object(value)).map(([name, one]) => [name, replace(one)]));
    if (!schemasInside.has(keyword)) return value;
    return Array.isArray(value) ? value.map(replace) : replace(value);
  };
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, replaced(keyword, value)]));
}

/**
 * JSON schemas of draft 4, by the names of their models, in the words of OpenAPI 3.0: in the order of the names, each with the components that
 * its definitions become, since a schema of OpenAPI's has no place for them. What cannot be said is left out, so that nothing is refused that was
 * admitted.
 * @throws Error for a reference to what is none of the definitions
 * @see https://spec.openapis.org/oas/v3.0.3#schema-object
 */
export function openApiSchemas(models: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  const modelNames = Object.keys(models).sort();
  // A definition of one model must not take the place of another model, or of a definition of that.
  const taken = new Set([...modelNames, NULL, EMPTY_MODEL]);
  const schemas: Record<string, Schema> = {};
  let usesNull = false;
  for (const modelName of modelNames) {
    const root = models[modelName] ?? {};
    const definitions = Object.entries(definitionsOf(root));
    const names = new Map(definitions.map(([name]) => [pointerTo(name), componentName(modelName, name, taken)]));
    const conversion = new Conversion(root, (reference) => {
      const name = reference === "#" ? modelName : names.get(reference);
      if (name !== undefined) return name;
      throw new Error(`the model ${modelName} must refer to # or to one of its definitions, got: ${reference}`);
    });
    schemas[modelName] = conversion.convert(root) as Schema;
    for (const [name, one] of definitions)
      schemas[names.get(pointerTo(name)) as string] = conversion.convert(one) as Schema;
    usesNull ||= conversion.usesNull;
  }
  return usesNull ? { ...schemas, [NULL]: nullSchema } : schemas;
}

/** Keywords of a draft-4 schema that OpenAPI 3.0 has no words for. Without them, it admits more. */
export const weakenedKeywords = (schema: Schema): readonly string[] => [...lossesOf(schema, schema)].sort();

const definitionsOf = (root: Schema): Schema => Object(root.definitions) as Schema;

/** How a schema refers to one of its definitions. */
const pointerTo = (name: string): string => `#/definitions/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** A name of letters and digits, which is all that API Gateway takes, that no component has yet. */
function componentName(modelName: string, definition: string, taken: Set<string>): string {
  const words = definition.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
  const base = words.startsWith(modelName) ? words : `${modelName}${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  let component = base;
  for (let count = 2; taken.has(component); count += 1) component = `${base}${count}`;
  taken.add(component);
  return component;
}

/** Keywords without words in a schema, and in what it refers to. */
function lossesOf(schema: unknown, root: Schema, losses = new Set<string>(), seen = new Set<unknown>()): Set<string> {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return losses;
  seen.add(schema);
  const { $ref, dependencies, items, patternProperties } = schema as Schema;
  if (typeof $ref === "string") {
    const found = Object.entries(definitionsOf(root)).find(([name]) => pointerTo(name) === $ref);
    return lossesOf(found ? found[1] : root, root, losses, seen);
  }
  if (dependencies) losses.add("dependencies");
  if (Array.isArray(items)) losses.add("items");
  if (Object.keys(Object(patternProperties)).length > 0) losses.add("patternProperties");
  withInner(schema as Schema, (inner) => lossesOf(inner, root, losses, seen));
  return losses;
}

/**
 * The draft-4 schema of a model, whole in itself, from the components of a document.
 * @throws Error that names a component that is missing
 */
export function draft4Schema(modelName: string, schemas: Readonly<Record<string, Schema>>): Schema {
  const definitions = new Map<string, unknown>();
  const referenceTo = (component: string): Schema => {
    if (component === NULL) return { type: "null" };
    if (component === modelName) return { $ref: "#" };
    const schema = Object.hasOwn(schemas, component) ? schemas[component] : undefined;
    if (!schema) throw new Error(`components.schemas must have ${component}, which ${modelName} refers to`);
    if (!definitions.has(component)) {
      // A schema may refer to itself.
      definitions.set(component, undefined);
      definitions.set(component, withReferences(schema, referenceTo));
    }
    return { $ref: `#/definitions/${component}` };
  };
  const own = withReferences(schemas[modelName], referenceTo) as Schema;
  return {
    $schema: "http://json-schema.org/draft-04/schema#",
    ...own,
    ...(definitions.size > 0 && { definitions: Object.fromEntries(definitions) }),
  };
}

/** Replaces the references to components in a schema. */
function withReferences(value: unknown, replace: (component: string) => Schema): unknown {
  if (Array.isArray(value)) return value.map((one) => withReferences(one, replace));
  if (typeof value !== "object" || value === null) return value;
  const component = /^#\/components\/schemas\/(.+)$/.exec(String((value as Schema).$ref))?.[1];
  if (component !== undefined) return replace(component);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withReferences(inner, replace)]));
}

class Conversion {
  usesNull = false;

  /** @param root the schema that references lead into */
  constructor(
    private readonly root: Schema,
    private readonly componentOf: (reference: string) => string,
  ) {}

  /** Converts a schema, or the true or false that may stand in place of one. */
  readonly convert = (schema: unknown): unknown => {
    if (typeof schema !== "object" || schema === null) return schema;
    const { $ref, type, ...keywords } = schema as Schema;
    if (typeof $ref === "string") return { $ref: `#/components/schemas/${this.componentOf($ref)}` };
    const inner = withInner(this.withoutWeakened(keywords), this.convert);
    const { patternProperties, additionalItems, ...rest } = inner;
    const named = withNames(type, rest, patternProperties);
    const converted = said(withItems(named, additionalItems));
    if (type === "null") return this.onlyNull(converted);
    return this.withTypes([type ?? []].flat() as string[], converted);
  };

  /** What admits more than it did must neither be refused, nor refuse what another admits. */
  private withoutWeakened({ not, oneOf, ...schema }: Schema): Schema {
    const isWeakened = (one: unknown): boolean => lossesOf(one, this.root).size > 0;
    const kept = not === undefined || isWeakened(not) ? schema : { ...schema, not };
    if (!Array.isArray(oneOf)) return kept;
    return oneOf.some(isWeakened) ? { ...kept, ...also(kept, "anyOf", oneOf) } : { ...kept, oneOf };
  }

  private onlyNull({ title: _, description: __, ...schema }: Schema): Schema {
    if (Object.keys(schema).length === 0) return this.null();
    return { ...schema, allOf: [...((schema.allOf ?? []) as unknown[]), this.null()] };
  }

  private null(): Schema {
    this.usesNull = true;
    return { $ref: `#/components/schemas/${NULL}` };
  }

  /** OpenAPI knows one type a schema, and none of null's; it has arrays only with their items. */
  private withTypes(types: readonly string[], schema: Schema): Schema {
    const [type, another] = types;
    if (type === undefined) return schema;
    const typed = (one: string): Schema => (one === "array" ? { type: one, items: {} } : { type: one });
    if (another === undefined) return { ...typed(type), ...schema };
    const choices = types.map((one) => (one === "null" ? this.null() : typed(one)));
    return { ...schema, ...also(schema, "anyOf", choices) };
  }
}

/** A schema without what OpenAPI has no keyword for. */
const said = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => openApiKeywords.has(keyword)));

/** Elements that differ by their place may be any of those. */
function withItems(schema: Schema, additionalItems: unknown): Schema {
  if (!Array.isArray(schema.items)) return schema;
  const { items, ...others } = schema;
  const allowed = additionalItems === false ? items : [...items, anything(additionalItems)];
  return allowed.length === 0 ? { ...others, maxItems: 0 } : { ...others, items: anyOf(allowed) };
}

/** A property of any name may be what one of some name may be. Names that a pattern shuts out one by one stay out. */
function withNames(type: unknown, schema: Schema, patternProperties: unknown): Schema {
  const patterns = Object.entries(Object(patternProperties) as Schema);
  if (patterns.length === 0) return schema;
  const { additionalProperties, properties } = schema;
  const values = patterns.map(([, value]) => value);
  if (additionalProperties !== false)
    return { ...schema, additionalProperties: anyOf([...values, anything(additionalProperties)]) };
  const [pattern = "", ...others] = patterns.map(([name]) => name);
  const refused = others.length === 0 && type === "object" ? refusedNames(pattern) : [];
  const missing = refused
    .filter((name) => !Object.hasOwn(Object(properties), name))
    .map((name) => ({ required: [name] }));
  return {
    ...schema,
    additionalProperties: anyOf(values),
    ...(missing.length > 0 && also(schema, "not", anyOf(missing))),
  };
}

/** A list of choices takes schemas alone, and no true. */
const anything = (schema: unknown): unknown => (schema === undefined || schema === true ? {} : schema);

const anyOf = (schemas: readonly unknown[]): unknown => (schemas.length === 1 ? schemas[0] : { anyOf: schemas });

/** A keyword beside those of a schema; one that the schema has already stays as it is. */
function also(schema: Schema, keyword: string, value: unknown): Schema {
  if (!Object.hasOwn(schema, keyword)) return { [keyword]: value };
  return { allOf: [...((schema.allOf ?? []) as unknown[]), { [keyword]: value }] };
}

/** Names that a pattern refuses one by one, as `(?!name$)` at its beginning. */
function refusedNames(pattern: string): readonly string[] {
  const lookaheads = /^\^((?:\(\?![\w-]+\$\))*)/.exec(pattern)?.[1] ?? "";
  return [...lookaheads.matchAll(/\(\?!([\w-]+)\$\)/g)].map(([, name]) => name as string);
}
