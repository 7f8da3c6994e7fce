import { createHash } from "node:crypto";
import { AwsError } from "../aws";

/** A typed value beside a message's text. `BinaryValue` is base64. */
interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** What differs between the services. */
interface Rules {
  /** Error code of a refusal. */
  readonly code: "InvalidParameterValue" | "ParameterValueInvalid";
  readonly types: RegExp;
}

/** SQS also takes types of one's own, such as `Number.int`. */
export const sqsAttributeRules: Rules = { code: "InvalidParameterValue", types: /^(String|Number|Binary)(\..+)?$/ };
export const snsAttributeRules: Rules = { code: "ParameterValueInvalid", types: /^(String(\.Array)?|Number|Binary)$/ };

/**
 * Message attributes in the shape that the SDKs send.
 *
 * @throws AwsError naming the first attribute that breaks a rule
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
export function readMessageAttributes(value: unknown, rules: Rules): MessageAttributes {
  const entries = Object.entries((value ?? {}) as Record<string, Record<string, unknown> | undefined>);
  return Object.fromEntries(entries.map(([name, given]) => [name, readAttribute(name, given ?? {}, rules)]));
}

function readAttribute(name: string, given: Record<string, unknown>, { code, types }: Rules): MessageAttribute {
  const refuse = (sentence: string): AwsError => new AwsError(code, sentence);
  const fault = nameFault(name);
  if (fault) throw refuse(fault);

  const { DataType, StringValue, BinaryValue } = given;
  if (typeof DataType !== "string" || !types.test(DataType)) {
    throw refuse(`The message attribute '${name}' has an invalid message attribute type: ${String(DataType)}.`);
  }
  if (DataType.startsWith("Binary")) {
    const bytes = BinaryValue instanceof Uint8Array ? Buffer.from(BinaryValue).toString("base64") : BinaryValue;
    if (typeof bytes === "string" && bytes !== "") return { DataType, BinaryValue: bytes };
  } else if (typeof StringValue === "string" && StringValue !== "") {
    const isNumber = StringValue.trim() !== "" && Number.isFinite(Number(StringValue));
    if (!DataType.startsWith("Number") || isNumber) return { DataType, StringValue };
    throw refuse(`Could not cast message attribute '${name}' value to number.`);
  }
  throw refuse(
    `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
  );
}

function nameFault(name: string): string | undefined {
  if (name === "" || Buffer.byteLength(name) > 256) return "Length of message attribute name must be 1 to 256 bytes.";
  if (!/^[\w.-]+$/.test(name)) {
    return `The message attribute name '${name}' can only include alphanumeric characters, hyphens, underscores, or dots.`;
  }
  if (/^\.|\.$|\.\./.test(name)) {
    return `The message attribute name '${name}' can not start or end with '.' or have successive '.' characters.`;
  }
  if (/^(aws|amazon)\./i.test(name)) {
    return `The message attribute name '${name}' can not start with AWS. or Amazon., which are reserved.`;
  }
  return undefined;
}

const bytesOf = ({ StringValue, BinaryValue }: MessageAttribute): Buffer =>
  BinaryValue === undefined ? Buffer.from(StringValue ?? "") : Buffer.from(BinaryValue, "base64");

/** Bytes that count towards a message's size: names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value.DataType) + bytesOf(value).length,
    0,
  );
}

/**
 * The digest that senders and receivers check; absent where there are no attributes.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-attributes-md5-message-digest-calculation.html
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const digest = createHash("md5");
  const add = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    digest.update(length).update(bytes);
  };
  for (const name of names) {
    const value = attributes[name] as MessageAttribute;
    add(Buffer.from(name));
    add(Buffer.from(value.DataType));
    digest.update(Buffer.from([value.BinaryValue === undefined ? 1 : 2]));
    add(bytesOf(value));
  }
  return digest.digest("hex");
}
