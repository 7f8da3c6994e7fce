import { AwsError } from "../aws";

type Parameters = Readonly<Record<string, unknown>>;

export const invalid = (sentence: string): AwsError => new AwsError("InvalidParameterValue", sentence);

export const missing = (name: string): AwsError =>
  new AwsError("MissingParameter", `The request must contain the parameter ${name}.`);

export function text(input: Parameters, name: string): string {
  const value = input[name];
  if (typeof value !== "string" || value === "") throw missing(name);
  return value;
}

export function texts(input: Parameters, name: string): readonly string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function integer(input: Parameters, name: string, min: number, max: number, absent: number): number {
  const value = input[name] ?? absent;
  const number = Number(value);
  if (value !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalid(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export function messageBody(input: Parameters): string {
  const body = text(input, "MessageBody");
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(body)) {
    throw new AwsError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    );
  }
  return body;
}
