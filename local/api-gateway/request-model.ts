import type { ErrorObject, ValidateFunction } from "ajv";
import Ajv from "ajv-draft-04";
import { exampleOf } from "./example-body";

/**
 * A model: the JSON schema, draft 4, that a body must follow.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
 */
export class RequestModel {
  private readonly schema: unknown;
  private readonly validate: ValidateFunction;

  /** @throws Error where the schema is no JSON, or refers to what is outside of it */
  constructor(schema: string) {
    // Formats are not checked by AWS. Its patterns are of a time before the flag u: they count UTF-16 units.
    // With allErrors, a large body with many faults takes minutes.
    const ajv = new Ajv({
      // __proto__ is a name like any other.
      ownProperties: true,
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
      validateSchema: false,
      meta: false,
      verbose: true,
      logger: false,
      // A quarter of the time that a start takes would go into shorter code, for a few bodies.
      code: { optimize: false },
    });
    this.schema = JSON.parse(schema);
    this.validate = ajv.compile(this.schema as object);
  }

  /** A body that fits the schema, as JSON; nothing where none was found. */
  example(): string | undefined {
    const body = JSON.stringify(exampleOf(this.schema));
    return this.problemOf(body) === undefined ? body : undefined;
  }

  /** What is wrong with a body, as `$context.error.validationErrorString` says it; nothing when it is as it must be. */
  problemOf(body: string): string | undefined {
    if (body === "") return "[the body is missing]";
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch (error) {
      return `[the body is not JSON: ${(error as Error).message}]`;
    }
    if (this.validate(value)) return undefined;
    // What failed inside of anyOf and oneOf comes before them.
    const error = this.validate.errors?.at(-1);
    return `[${error ? messageOf(error) : "the body does not match the model"}]`;
  }
}

/** A value as JSON; of a long one the beginning, so that logs stay readable. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text;
}

/** AWS's words are those of the library json-schema-validator. Its messages say no place. */
const messages: Readonly<Record<string, (error: ErrorObject) => string>> = {
  required: ({ params }) => `object has missing required properties (${json([params.missingProperty])})`,
  type: ({ params, data }) =>
    `instance type (${typeOf(data)}) does not match any allowed primitive type (allowed: ${json([params.type].flat())})`,
  additionalProperties: ({ params }) =>
    `object instance has properties which are not allowed by the schema: ${json([params.additionalProperty])}`,
  minLength: ({ params, data }) =>
    `string ${json(data)} is too short (length: ${[...String(data)].length}, required minimum: ${params.limit})`,
  maxLength: ({ params, data }) =>
    `string ${json(data)} is too long (length: ${[...String(data)].length}, maximum allowed: ${params.limit})`,
  minimum: ({ params, data }) =>
    `numeric instance is lower than the required minimum (minimum: ${params.limit}, found: ${data})`,
  maximum: ({ params, data }) =>
    `numeric instance is greater than the required maximum (maximum: ${params.limit}, found: ${data})`,
  pattern: ({ params, data }) => `ECMA 262 regex ${json(params.pattern)} does not match input string ${json(data)}`,
  enum: ({ params, data }) =>
    `instance value (${json(data)}) not found in enum (possible values: ${json(params.allowedValues)})`,
  anyOf: ({ schema }) => `instance failed to match at least one required schema among ${(schema as unknown[]).length}`,
};

const messageOf = (error: ErrorObject): string =>
  messages[error.keyword]?.(error) ?? `${error.keyword}: ${error.message ?? "not met"}`;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
