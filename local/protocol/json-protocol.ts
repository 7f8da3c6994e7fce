import { randomUUID } from "node:crypto";
import { AwsError, type WireResponse } from "../aws";

const headers = () => ({ "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() });

/**
 * The input of a call in AWS's JSON protocol.
 * @throws AwsError `SerializationException` (400)
 */
export function readJson(body: string): Readonly<Record<string, unknown>> {
  let input: unknown;
  try {
    input = JSON.parse(body || "{}");
  } catch {
    throw new AwsError("SerializationException", "The body is not JSON.");
  }
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  throw new AwsError("SerializationException", "The body is no JSON object.");
}

export const jsonResult = (result: Readonly<Record<string, unknown>>): WireResponse => ({
  status: 200,
  headers: headers(),
  body: JSON.stringify(result),
});

/** What is refused: denials, too, with status 400. */
export const jsonError = ({ code, message, status }: AwsError): WireResponse => ({
  status: status === 403 ? 400 : status,
  headers: headers(),
  body: JSON.stringify({ __type: code, message }),
});
