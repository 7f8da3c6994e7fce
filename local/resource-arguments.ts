import * as z from "zod/mini";

type Arguments = Readonly<Record<string, unknown>>;

/** Arguments that are accepted as they are: nothing here depends on them. */
export const accepting = <const Names extends readonly string[]>(...names: Names) =>
  Object.fromEntries(names.map((name) => [name, z.optional(z.unknown())])) as Record<
    Names[number],
    z.ZodMiniOptional<z.ZodMiniUnknown>
  >;

/** Text that is not empty. */
export const text = z.string().check(z.minLength(1));

/** `true` or `false`, also as text, which Terraform takes for it. @default false */
export const flag = z._default(
  z.pipe(
    z.transform((value) => (value === "true" || value === "false" ? value === "true" : value)),
    z.boolean(),
  ),
  false,
);

/** One of these texts; an empty one is none. */
export const choice = <const Values extends readonly string[]>(...values: Values) =>
  z.optional(
    z.pipe(
      z.transform((value) => (value === "" ? undefined : value)),
      z.optional(z.enum(values)),
    ),
  );

/** Terraform takes text such as `"30"` for a number, too. */
const fromText = z.transform((value) =>
  typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value,
);

export const number = z.pipe(fromText, z.number());

/** Both ends of the range are included. */
export const integer = (min: number, max: number) =>
  z.pipe(
    fromText,
    z.custom<number>(
      (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
      `must be an integer from ${min} to ${max}`,
    ),
  );

const one = z.transform((value) => (Array.isArray(value) && value.length < 2 ? value[0] : value));
const many = z.transform((value) => [value ?? []].flat() as unknown);

/** A nested block that stands once: in Terraform's JSON an object, or a list of one. */
export const requiredBlock = <Schema extends z.ZodMiniType>(schema: Schema) => z.pipe(one, schema);

/** A nested block that stands once, or not at all. */
export const block = <Schema extends z.ZodMiniType>(schema: Schema) => z.optional(z.pipe(one, z.optional(schema)));

/** Something that stands once or more often: in Terraform's JSON a list, or one alone. */
export const requiredList = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.pipe(many, z.array(schema).check(z.minLength(1)));

/** Something that may stand more than once, or not at all. @default [] */
export const list = <Schema extends z.ZodMiniType>(schema: Schema) => z._default(z.pipe(many, z.array(schema)), []);

/** JSON as text, such as a policy; what is no JSON is left as it is. */
export const json = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.optional(z.pipe(z.transform(parsed), z.optional(schema)));

/**
 * Reads the evaluated arguments of a resource. An argument that is `null` counts as absent.
 * @param schema a strict object: what is not in it is not modelled
 * @throws Error for an argument that breaks a rule or is not modelled, such as
 *   `aws_sqs_queue of POC-Queue: delay_seconds must be an integer from 0 to 900, got: 901.`
 */
export function readArguments<Schema extends z.ZodMiniType>(
  type: string,
  schema: Schema,
  values: Arguments,
): z.infer<Schema> {
  const given = withoutNulls(values) as Arguments;
  const { success, data, error } = z.safeParse(schema, given, { reportInput: true });
  if (success) return data;
  const [issue] = error.issues;
  throw argumentError(type, given, issue ? faultOf(issue) : error.message);
}

/** An error that says which resource it is about. */
export function argumentError(type: string, values: Arguments, sentence: string): Error {
  const name = values.name ?? values.function_name ?? values.bucket ?? values.endpoint;
  return new Error(`${type}${name ? ` of ${name}` : ""}: ${sentence}.`);
}

/** Empty text is none, as where Terraform was given none. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return value === "" ? undefined : JSON.parse(value);
  } catch {
    return value;
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutNulls(inner)]));
}

function faultOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => [...issue.path, key].join("."));
    const [are, them] = names.length === 1 ? ["is", "it"] : ["are", "them"];
    return `${names.join(", ")} ${are} not modelled by the local run. Leave ${them} out, or run this stack in an account`;
  }
  const { code, input } = issue;
  const isMissing = input === undefined || input === "" || (code === "too_small" && [input].flat().length === 0);
  if (isMissing && code !== "invalid_value") return `${where} must be given`;
  const got = code === "too_big" && Array.isArray(input) ? input.length : input;
  return `${where} ${ruleOf(issue)}, got: ${JSON.stringify(got) ?? "nothing"}`;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return Array.isArray(issue.input) ? "must stand once" : `must be of type ${issue.expected}`;
    case "invalid_value":
      // Where there is no choice, it is not AWS that leaves none.
      return `must be ${inWords(issue.values.map(String))}${issue.values.length === 1 ? " in the local run" : ""}`;
    case "too_small":
      return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

const units: Readonly<Record<string, string>> = { string: " characters", array: " items" };
const unitOf = (origin: string): string => units[origin] ?? "";

/** Such as `A, B or C`. */
const inWords = (values: readonly string[]): string =>
  [values.slice(0, -1).join(", "), values.at(-1) ?? ""].filter((part) => part !== "").join(" or ");
