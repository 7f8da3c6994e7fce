import { AwsError } from "../aws";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/**
 * Refuses parameters that are not modelled: none is dropped in silence.
 * @throws AwsError `UnsupportedOperation` that names the first
 */
export function requireModelled(operation: string, input: Parameters, parameters: readonly string[]): void {
  const other = Object.keys(input).find((name) => input[name] !== undefined && !parameters.includes(name));
  if (other === undefined) return;
  const known = parameters.length > 0 ? `It knows ${parameters.join(", ")}` : "It knows no parameters here";
  throw new AwsError("UnsupportedOperation", `${other} of ${operation} is not modelled by the local run. ${known}.`);
}

/**
 * Entries of a batch: 1–10, each with an `Id` of its own.
 * @throws AwsError
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 * @see https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
 */
export function readEntries(value: unknown): readonly Parameters[] {
  const entries: readonly Parameters[] = Array.isArray(value) ? value : [];
  if (entries.length === 0) throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > 10) {
    const sentence = `Maximum number of entries per request are 10. You have sent ${entries.length}.`;
    throw new AwsError("TooManyEntriesInBatchRequest", sentence);
  }
  const ids = entries.map(({ Id }) => String(Id ?? ""));
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) {
    const sentence =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new AwsError("InvalidBatchEntryId", sentence);
  }
  const repeated = ids.find((id, at) => ids.indexOf(id) !== at);
  if (repeated !== undefined) throw new AwsError("BatchEntryIdsNotDistinct", `Id ${repeated} repeated.`);
  return entries;
}

/** Runs each entry by itself: some may fail while others succeed. */
export function runEntries(
  entries: readonly Parameters[],
  codeOf: (error: AwsError) => string,
  run: (entry: Parameters) => Result,
): { readonly Successful: readonly Result[]; readonly Failed: readonly Result[] } {
  const Successful: Result[] = [];
  const Failed: Result[] = [];
  for (const { Id, ...entry } of entries) {
    try {
      Successful.push({ Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id, SenderFault: error.status < 500, Code: codeOf(error), Message: error.message });
    }
  }
  return { Successful, Failed };
}
