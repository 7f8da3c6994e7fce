import { createHash } from "node:crypto";
import { AwsError } from "../aws";
import { md5OfAttributes } from "../protocol/message-attributes";
import type { Message } from "./queue-contents";
import type { SqsQueue } from "./sqs-queue";

type Result = Record<string, unknown>;

/** A message as its sender is told of it. */
export function sentMessage({ messageId, body, attributes }: Message): Result {
  const digest = md5OfAttributes(attributes);
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(body),
    ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest }),
  };
}

const systemAttributes = [
  "All",
  "SenderId",
  "SentTimestamp",
  "ApproximateReceiveCount",
  "ApproximateFirstReceiveTimestamp",
  "DeadLetterQueueSourceArn",
  // Those that no message has here.
  "AWSTraceHeader",
  "MessageDeduplicationId",
  "MessageGroupId",
  "SequenceNumber",
];

/** @throws AwsError `InvalidAttributeName` for a name that SQS does not know */
export function requireSystemAttributes(names: readonly string[]): void {
  const unknown = names.find((name) => !systemAttributes.includes(name));
  if (unknown !== undefined) throw unknownAttribute(unknown);
}

/**
 * A message as a receiver gets it.
 * @param systemNames names of SQS's own attributes, or `All`
 * @param names names of the sender's attributes, `prefix.*`, or `All`
 */
export function receivedMessage(message: Message, systemNames: readonly string[], names: readonly string[]): Result {
  const system = {
    SenderId: message.senderArn,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
  };
  const Attributes = pick(system, (name) => systemNames.includes("All") || systemNames.includes(name));
  const MessageAttributes = pick(message.attributes, (name) => names.some((asked) => isAsked(asked, name)));
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
    ...(Object.keys(MessageAttributes).length > 0
      ? { MD5OfMessageAttributes: md5OfAttributes(MessageAttributes), MessageAttributes }
      : {}),
  };
}

/**
 * What `GetQueueAttributes` gives for these names; `All` stands for every one.
 * @throws AwsError `InvalidAttributeName`
 */
export function queueAttributes(queue: SqsQueue, names: readonly string[]): Result {
  const { settings, createdAt, lastModifiedAt, policy, redriveAllowPolicy } = queue;
  const { visible, inFlight, delayed } = queue.counts();
  const all: Readonly<Record<string, string | number | boolean | undefined>> = {
    QueueArn: settings.queueArn,
    ApproximateNumberOfMessages: visible,
    ApproximateNumberOfMessagesNotVisible: inFlight,
    ApproximateNumberOfMessagesDelayed: delayed,
    CreatedTimestamp: Math.floor(createdAt / 1_000),
    LastModifiedTimestamp: Math.floor(lastModifiedAt / 1_000),
    DelaySeconds: settings.delaySeconds,
    MaximumMessageSize: settings.maxMessageBytes,
    MessageRetentionPeriod: settings.messageRetentionSeconds,
    ReceiveMessageWaitTimeSeconds: settings.receiveWaitTimeSeconds,
    VisibilityTimeout: settings.visibilityTimeoutSeconds,
    SqsManagedSseEnabled: settings.isEncryptedBySqs,
    Policy: policy,
    RedrivePolicy: settings.redrive?.policy,
    RedriveAllowPolicy: redriveAllowPolicy,
  };
  const unknown = names.find((name) => name !== "All" && !Object.hasOwn(all, name));
  if (unknown !== undefined) throw unknownAttribute(unknown);
  const asked = pick(all, (name) => names.includes("All") || names.includes(name));
  const Attributes = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, String(value)]));
  return names.length > 0 ? { Attributes } : {};
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

const unknownAttribute = (name: string): AwsError => new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);

function isAsked(asked: string, name: string): boolean {
  if (asked === "All" || asked === ".*" || asked === name) return true;
  return asked.endsWith(".*") && name.startsWith(asked.slice(0, -1));
}

function pick<Value>(
  values: Readonly<Record<string, Value | undefined>>,
  isPicked: (name: string) => boolean,
): Record<string, Value> {
  const entries = Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => isPicked(name)));
}
