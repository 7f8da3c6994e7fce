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

interface Components {
  /** Schemas by name: the model's own under the model's name, and those that it refers to. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Keywords of draft 4 that OpenAPI 3.0 has no words for. Without them, the schema admits more. */
  readonly weakened: readonly string[];
}

/**
 * A JSON schema of draft 4 in the words of OpenAPI 3.0. Definitions become components, since a schema of OpenAPI's has no place for them. What
 * cannot be said is left out, so that nothing is refused that was admitted.
 * @see https://spec.openapis.org/oas/v3.0.3#schema-object
 */
export function openApiSchemas(modelName: string, schema: Schema): Components {
  const definitions = Object(schema.definitions) as Schema;
  const names = new Map<string, string>();
  const taken = new Set([modelName, NULL]);
  for (const name of Object.keys(definitions)) {
    const words = name.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
    const base = words.startsWith(modelName) ? words : `${modelName}${words.charAt(0).toUpperCase()}${words.slice(1)}`;
    let component = base;
    for (let count = 2; taken.has(component); count += 1) component = `${base}${count}`;
    taken.add(component);
    names.set(`#/definitions/${name}`, component);
  }
  const conversion = new Conversion((reference) => names.get(reference) ?? modelName);
  const schemas = Object.fromEntries([
    [modelName, conversion.convert(schema)],
    ...Object.entries(definitions).map(([name, one]) => [names.get(`#/definitions/${name}`), conversion.convert(one)]),
  ]) as Record<string, Schema>;
  return {
    schemas: conversion.usesNull ? { ...schemas, [NULL]: nullSchema } : schemas,
    weakened: [...conversion.weakened].sort(),
  };
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
  readonly weakened = new Set<string>();
  usesNull = false;

  constructor(private readonly componentOf: (reference: string) => string) {}

  /** Converts a schema, or the true or false that may stand in place of one. */
  readonly convert = (schema: unknown): unknown => {
    if (typeof schema !== "object" || schema === null) return schema;
    const { $schema: _, definitions: __, $ref, type, ...keywords } = schema as Schema;
    if (typeof $ref === "string") return { $ref: `#/components/schemas/${this.componentOf($ref)}` };
    const converted = this.withNames(type, this.withItems(this.inner(keywords)));
    if (type === "null") return this.onlyNull(converted);
    return this.withTypes([type ?? []].flat() as string[], converted);
  };

  private onlyNull({ title: _, description: __, ...schema }: Schema): Schema {
    if (Object.keys(schema).length === 0) return this.null();
    return { ...schema, allOf: [...((schema.allOf ?? []) as unknown[]), this.null()] };
  }

  private null(): Schema {
    this.usesNull = true;
    return { $ref: `#/components/schemas/${NULL}` };
  }

  /** Converts the schemas inside of a schema. */
  private inner(keywords: Schema): Schema {
    const convertMap = (map: unknown) =>
      Object.fromEntries(Object.entries(Object(map)).map(([name, one]) => [name, this.convert(one)]));
    const converters: Readonly<Record<string, (value: unknown) => unknown>> = {
      properties: convertMap,
      patternProperties: convertMap,
      additionalProperties: this.convert,
      additionalItems: this.convert,
      items: (items) => (Array.isArray(items) ? items.map(this.convert) : this.convert(items)),
      allOf: (schemas) => (schemas as unknown[]).map(this.convert),
      anyOf: (schemas) => (schemas as unknown[]).map(this.convert),
      oneOf: (schemas) => (schemas as unknown[]).map(this.convert),
      not: this.convert,
    };
    const { dependencies, ...rest } = keywords;
    if (dependencies) this.weakened.add("dependencies");
    return Object.fromEntries(
      Object.entries(rest).map(([keyword, value]) => [keyword, converters[keyword]?.(value) ?? value]),
    );
  }

  /** Elements that differ by their place may be any of those. */
  private withItems({ additionalItems = {}, ...schema }: Schema): Schema {
    if (!Array.isArray(schema.items)) return schema;
    this.weakened.add("items");
    const allowed = additionalItems === false ? schema.items : [...schema.items, additionalItems];
    return { ...schema, items: anyOf(allowed) };
  }

  /** A property of any name may be what one of some name may be. Names that a pattern shuts out one by one stay out. */
  private withNames(type: unknown, { patternProperties, ...schema }: Schema): Schema {
    const patterns = Object.entries(Object(patternProperties) as Schema);
    if (patterns.length === 0) return schema;
    this.weakened.add("patternProperties");
    const { additionalProperties = {}, properties } = schema;
    const values = patterns.map(([, value]) => value);
    if (additionalProperties !== false)
      return { ...schema, additionalProperties: anyOf([...values, additionalProperties]) };
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
