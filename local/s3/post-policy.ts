import { accessDenied, S3Error } from "./s3-errors";

/** A form's fields, by name in lower case. */
export type FormFields = Readonly<Record<string, string>>;

interface FieldCondition {
  readonly operator: "eq" | "starts-with";
  /** In lower case. */
  readonly field: string;
  readonly value: string;
  /** As messages show it. */
  readonly written: string;
}

interface PostPolicy {
  readonly expiresAt: number;
  readonly conditions: readonly FieldCondition[];
  /** Bytes, both ends included. */
  readonly lengths: readonly { readonly min: number; readonly max: number }[];
}

/** Fields that need no condition, beside those that begin with `x-ignore-`. */
const exempt = new Set(["policy", "x-amz-signature", "file"]);

const invalid = (what: string): S3Error => new S3Error("InvalidPolicyDocument", `Invalid Policy: ${what}`, 400);

const refused = (what: string): S3Error => accessDenied(`Invalid according to Policy: ${what}`);

/**
 * Whether a form is what the policy that was signed with it allows: not expired, every condition fulfilled, every field covered by one.
 *
 * @param fields all that came before the file, `bucket` from the URL among them, and the key as it will be
 * @param size of the file, in bytes
 * @throws S3Error `InvalidPolicyDocument` (400): it cannot be read
 * @throws S3Error `AccessDenied` (403): `Invalid according to Policy: …`
 * @throws S3Error `EntityTooSmall`, `EntityTooLarge` (400): outside of `content-length-range`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function requirePostPolicy(fields: FormFields, size: number, now: number): void {
  const { expiresAt, conditions, lengths } = readPolicy(fields.policy ?? "");
  if (expiresAt <= now) throw refused("Policy expired.");
  const failed = conditions.find((condition) => !isFulfilled(condition, fields[condition.field]));
  if (failed) throw refused(`Policy Condition failed: ${failed.written}`);
  const covered = new Set(conditions.map(({ field }) => field));
  const extra = Object.keys(fields).find(
    (name) => !covered.has(name) && !exempt.has(name) && !name.startsWith("x-ignore-"),
  );
  if (extra) throw refused(`Extra input fields: ${extra}`);
  for (const { min, max } of lengths) requireSize(size, min, max);
}

function requireSize(size: number, min: number, max: number): void {
  const ProposedSize = String(size);
  if (size < min) {
    const sentence = "Your proposed upload is smaller than the minimum allowed size";
    throw new S3Error("EntityTooSmall", sentence, 400, { ProposedSize, MinSizeAllowed: String(min) });
  }
  if (size <= max) return;
  const sentence = "Your proposed upload exceeds the maximum allowed size";
  throw new S3Error("EntityTooLarge", sentence, 400, { ProposedSize, MaxSizeAllowed: String(max) });
}

/** A field that is missing fulfils nothing, not even a beginning that may be empty. */
function isFulfilled({ operator, field, value }: FieldCondition, given: string | undefined): boolean {
  if (given === undefined) return false;
  if (operator === "eq") return given === value;
  const all = field === "content-type" ? given.split(",") : [given];
  return all.every((one) => one.startsWith(value));
}

function readPolicy(base64: string): PostPolicy {
  const { expiration, conditions } = parsed(base64);
  const isTime = typeof expiration === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration);
  const expiresAt = isTime ? Date.parse(expiration) : Number.NaN;
  if (expiration === undefined) throw invalid("Policy missing expiration.");
  if (Number.isNaN(expiresAt)) throw invalid(`Invalid 'expiration' value: '${expiration}'`);
  if (conditions === undefined) throw invalid("Policy missing conditions.");
  if (!Array.isArray(conditions)) throw invalid("Invalid 'conditions' value: must be a List.");
  const read = conditions.map(readCondition);
  return {
    expiresAt,
    conditions: read.filter((one): one is FieldCondition => "field" in one),
    lengths: read.filter((one): one is PostPolicy["lengths"][number] => "min" in one),
  };
}

function parsed(base64: string): Readonly<Record<string, unknown>> {
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(base64, "base64").toString());
  } catch {
    throw invalid("Invalid JSON.");
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) throw invalid("Invalid JSON.");
  const unknown = Object.keys(policy).find((name) => name !== "expiration" && name !== "conditions");
  if (unknown) throw invalid(`Unexpected: '${unknown.toLowerCase()}'`);
  return policy as Record<string, unknown>;
}

type Condition = FieldCondition | PostPolicy["lengths"][number];

function readCondition(condition: unknown): Condition {
  if (Array.isArray(condition)) return readList(condition);
  if (typeof condition !== "object" || condition === null) {
    throw invalid("Invalid condition test: must be a List or Object.");
  }
  const [first, ...others] = Object.entries(condition);
  if (!first || others.length > 0) {
    throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  }
  const [name, value] = first;
  if (typeof value !== "string") throw invalid("Invalid Simple-Condition: value must be a string.");
  return fieldCondition("eq", `$${name}`, value);
}

function readList(condition: readonly unknown[]): Condition {
  const [written, first, second] = condition;
  if (written === undefined) throw invalid("Invalid Condition: missing operation identifier.");
  const operator = String(written).toLowerCase();
  if (condition.length !== 3) throw invalid(`Invalid ${operator}: wrong number of arguments.`);
  if (operator === "content-length-range") {
    const [min, max] = [first, second].map((bound) => (/^\d+$/.test(String(bound)) ? Number(bound) : Number.NaN));
    if (min !== undefined && max !== undefined && min <= max) return { min, max };
    throw refused(`Policy Condition failed: ${shown(condition)}`);
  }
  if (operator !== "eq" && operator !== "starts-with") {
    throw invalid(`Invalid Condition: unknown operation '${operator}'.`);
  }
  if (typeof first !== "string" || typeof second !== "string") throw invalid("Invalid JSON.");
  return fieldCondition(operator, first, second);
}

/** A name without its `$` is that of no field. */
const fieldCondition = (operator: FieldCondition["operator"], name: string, value: string): FieldCondition => ({
  operator,
  field: name.startsWith("$") ? name.slice(1).toLowerCase() : "",
  value,
  written: shown([operator, name, value]),
});

const shown = (condition: readonly unknown[]): string =>
  `[${condition.map((item) => JSON.stringify(item)).join(", ")}]`;
