import type { Construct } from "constructs";
import * as z from "zod/mini";
import { PropError } from "../terraform/props";
import type { ModelDefinition } from "./definition";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Keywords of JSON schema draft 4 that API Gateway validates by. It refuses a model that holds others, such as `$id` or `const`;
 * `exclusiveMinimum`, `exclusiveMaximum` and `format` it accepts and ignores.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const keywords = new Set([
  ...["$schema", "$ref", "definitions", "title", "description", "type", "enum", "allOf", "anyOf", "oneOf", "not"],
  ...[
    "properties",
    "patternProperties",
    "additionalProperties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
  ],
  ...["items", "additionalItems", "minItems", "maxItems", "uniqueItems"],
  ...["minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf"],
]);

/** Keywords whose value is a map from names that the author chose to schemas. */
const mapsOfSchemas = new Set(["properties", "patternProperties", "definitions", "dependencies"]);

function keywordsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => [
    keyword,
    ...(mapsOfSchemas.has(keyword)
      ? Object.values(value as object).flatMap(keywordsOf)
      : keyword === "enum"
        ? []
        : keywordsOf(value)),
  ]);
}

/** Draft 4 has no `propertyNames`: its pattern becomes that of the only properties allowed. */
function namesAsPattern(json: JsonSchema): void {
  const { propertyNames, additionalProperties = {}, properties } = json;
  delete json.propertyNames;
  if (typeof propertyNames !== "object" || !propertyNames.pattern) return;
  if (!propertyNames.pattern.startsWith("^"))
    throw new Error(`propertyNames.pattern must start with ^, got: ${propertyNames.pattern}`);
  // A pattern is also asked of the properties that have a schema of their own, where additionalProperties would not be.
  const others = Object.keys(properties ?? {}).map((name) => `(?!${name}$)`);
  const pattern = `^${others.join("")}${propertyNames.pattern.slice(1)}`;
  json.patternProperties = { [pattern]: additionalProperties as JsonSchema };
  json.additionalProperties = false;
}

/**
 * The draft-4 schema that API Gateway checks bodies with, from the zod schema that the handler parses with.
 * @throws Error that names the keywords that API Gateway does not know
 */
export function modelSchema(schema: z.ZodMiniType): Record<string, unknown> {
  const known = modelSchemas.get(schema);
  if (known) return known;
  const { "~standard": _, ...json } = z.toJSONSchema(schema, {
    target: "draft-4",
    // Repeated parts are written once and referred to: a schema nested 32 levels deep would double in size with every level.
    reused: "ref",
    override: ({ jsonSchema }) => namesAsPattern(jsonSchema),
  }) as Record<string, unknown>;
  const unknown = [...new Set(keywordsOf(json))].filter((keyword) => !keywords.has(keyword));
  if (unknown.length > 0)
    throw new Error(`schema must use only keywords that API Gateway validates by, got: ${unknown.join(", ")}`);
  modelSchemas.set(schema, json);
  return json;
}

/** Schemas are constants, and one may stand behind many routes. */
const modelSchemas = new WeakMap<z.ZodMiniType, Record<string, unknown>>();

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const MAX_SCHEMA_CHARACTERS = 400_000;

/**
 * The model of a body.
 * @throws PropError where the schema is too long for API Gateway
 * @throws Error that names the keywords that API Gateway does not know
 */
export function modelOf(
  api: Construct,
  modelName: string,
  description: string,
  schema: z.ZodMiniType,
): ModelDefinition {
  const json = JSON.stringify(modelSchema(schema));
  if (json.length > MAX_SCHEMA_CHARACTERS)
    throw new PropError(api, "body", "a schema of at most 400,000 characters of JSON", json.length);
  return { modelName, description, schema: json };
}
