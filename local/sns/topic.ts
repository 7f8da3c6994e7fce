import * as z from "zod/mini";
import type { Place } from "../aws";
import { accepting, flag, readArguments } from "../resource-arguments";
import type { Subscription } from "./subscription";

export interface Topic {
  readonly topicArn: string;
  readonly topicName: string;
  readonly displayName: string;
  readonly encryptionKey?: string;
  readonly subscriptions: Subscription[];
}

/** What the local run takes of `aws_sns_topic`: no FIFO topic, and no policy. */
const TopicArguments = z.strictObject({
  name: z.string().check(
    z.refine((name) => !name.endsWith(".fifo"), "must not end with .fifo: the local run has standard topics only"),
    z.regex(/^[\w-]{1,256}$/, "must be 1–256 letters, digits, - and _"),
  ),
  display_name: z._default(z.string(), ""),
  fifo_topic: flag.check(z.refine((isFifo) => !isFifo, "must be false: the local run has standard topics only")),
  kms_master_key_id: z.optional(z.string()),
  ...accepting("tags"),
});

/**
 * Reads a topic from the evaluated arguments of `aws_sns_topic`.
 * @throws Error for a topic that AWS would not make, or that is not modelled
 */
export function readTopic(
  given: Readonly<Record<string, unknown>>,
  { partition, region, accountId }: Place,
): Omit<Topic, "subscriptions"> {
  const topic = readArguments("aws_sns_topic", TopicArguments, given);
  return {
    topicArn: `arn:${partition}:sns:${region}:${accountId}:${topic.name}`,
    topicName: topic.name,
    displayName: topic.display_name,
    encryptionKey: topic.kms_master_key_id,
  };
}
