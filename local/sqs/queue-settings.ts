import * as z from "zod/mini";
import type { Place } from "../aws";
import { accepting, flag, integer, json, readArguments } from "../resource-arguments";

export interface QueueSettings {
  readonly queueName: string;
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly delaySeconds: number;
  readonly maxMessageBytes: number;
  readonly messageRetentionSeconds: number;
  readonly receiveWaitTimeSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  readonly isEncryptedBySqs: boolean;
  readonly redrive?: {
    /** JSON, as it was given. */
    readonly policy: string;
    readonly deadLetterTargetArn: string;
    readonly maxReceiveCount: number;
  };
}

/** What the local run takes of `aws_sqs_queue`: no FIFO queue, and no key of one's own. */
const QueueArguments = z.strictObject({
  name: z.string().check(
    z.refine((name) => !name.endsWith(".fifo"), "must not end with .fifo: the local run has standard queues only"),
    z.regex(/^[\w-]{1,80}$/, "must be 1–80 letters, digits, - and _"),
  ),
  fifo_queue: flag.check(z.refine((isFifo) => !isFifo, "must be false: the local run has standard queues only")),
  delay_seconds: z._default(integer(0, 900), 0),
  max_message_size: z._default(integer(1_024, 1_048_576), 262_144),
  message_retention_seconds: z._default(integer(60, 1_209_600), 345_600),
  receive_wait_time_seconds: z._default(integer(0, 20), 0),
  visibility_timeout_seconds: z._default(integer(0, 43_200), 30),
  redrive_policy: json(z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: integer(1, 1_000) })),
  sqs_managed_sse_enabled: flag,
  ...accepting("tags"),
});

/**
 * Reads a queue's settings from the evaluated arguments of `aws_sqs_queue`.
 * @param endpoint where the queues' URLs point to
 * @throws Error for a queue that AWS would not make, or that is not modelled
 */
export function readQueueSettings(
  given: Readonly<Record<string, unknown>>,
  { partition, region, accountId }: Place,
  endpoint: string,
): QueueSettings {
  const queue = readArguments("aws_sqs_queue", QueueArguments, given);
  return {
    queueName: queue.name,
    queueArn: `arn:${partition}:sqs:${region}:${accountId}:${queue.name}`,
    queueUrl: `${endpoint}/${accountId}/${queue.name}`,
    delaySeconds: queue.delay_seconds,
    maxMessageBytes: queue.max_message_size,
    messageRetentionSeconds: queue.message_retention_seconds,
    receiveWaitTimeSeconds: queue.receive_wait_time_seconds,
    visibilityTimeoutSeconds: queue.visibility_timeout_seconds,
    isEncryptedBySqs: queue.sqs_managed_sse_enabled,
    redrive: queue.redrive_policy && { policy: String(given.redrive_policy), ...queue.redrive_policy },
  };
}
