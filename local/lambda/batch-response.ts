import { randomUUID } from "node:crypto";
import { AwsError } from "../aws";
import { isObject } from "../protocol/matching";
import type { InvocationResult, Lambda } from "./lambda";

/** A whole event may have 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching */
const MAX_BATCH_BYTES = 6_291_456;
const ENVELOPE_BYTES = Buffer.byteLength('{"Records":[]}');

/** Splits records, in order, so that each part fits an event. A record too large for any event is a part of its own. */
export function partsOf<Item>(records: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  let room = 0;
  for (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record)) + 1;
    const last = parts.at(-1);
    if (last && size <= room) {
      last.push(record);
      room -= size;
    } else {
      parts.push([record]);
      room = MAX_BATCH_BYTES - ENVELOPE_BYTES - size;
    }
  }
  return parts;
}

/**
 * Which records a function reports as failed: none for an empty answer.
 *
 * @param ids of the batch's records
 * @returns `undefined` for an answer by which the whole batch failed
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function reportedFailures(payload: unknown, ids: readonly string[]): ReadonlySet<string> | undefined {
  if (payload === null || payload === "") return new Set();
  if (!isObject(payload)) return undefined;
  const { batchItemFailures } = payload;
  if (batchItemFailures === null || batchItemFailures === undefined) return new Set();
  if (!Array.isArray(batchItemFailures)) return undefined;
  const failed: unknown[] = batchItemFailures.map((item) => (isObject(item) ? item.itemIdentifier : undefined));
  const isKnown = (id: unknown): id is string => typeof id === "string" && ids.includes(id);
  return failed.every(isKnown) ? new Set(failed) : undefined;
}

/** Invokes a function; what Lambda refuses counts as failed. */
export async function tryInvoke(
  lambda: Pick<Lambda, "invoke">,
  functionArn: string,
  event: unknown,
): Promise<InvocationResult> {
  try {
    return await lambda.invoke(functionArn, event);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { requestId: randomUUID(), functionError: { errorType: error.code, errorMessage: error.message } };
  }
}

/** The last part of an ARN. */
export const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);
