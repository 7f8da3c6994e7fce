import { randomUUID } from "node:crypto";
import { type Access, AwsError, type Caller, type Clock, type Log } from "../aws";
import { readEntries, requireModelled, runEntries } from "../protocol/batch";
import { lambdaEvent, type Notification, undelivered } from "./lambda-event";
import type { Mail, Outbox } from "./outbox";
import { MAX_MESSAGE_BYTES, readMessage } from "./sns-input";
import type { Subscription } from "./subscription";
import type { Topic } from "./topic";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/** A message that a topic took, whether or not somebody gets it. */
export interface Publication {
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly at: number;
  /** Mails that it became. */
  readonly mails: number;
}

/** Where messages go beside the outbox. */
export interface Deliveries {
  /**
   * Gives an event to Lambda, which takes it from there.
   * @throws AwsError for a function that is not there, or does not let the topic in
   */
  invoke(call: { readonly topicArn: string; readonly functionArn: string; readonly event: unknown }): void;
  /** Puts a message that could not be delivered into a queue. */
  send(call: { readonly topicArn: string; readonly queueArn: string; readonly body: string }): Promise<void>;
}

/** Parameters that a message has, beside where it goes. */
export const messageParameters = ["Message", "Subject", "MessageStructure", "MessageAttributes"];

/** What happens to messages that are published, from the topic on. */
export class Publishing {
  /** Messages on their way to dead-letter queues. */
  private readonly sending = new Set<Promise<void>>();
  private readonly mailListeners = new Set<(mail: Mail) => void>();
  private readonly publishListeners = new Set<(publication: Publication) => void>();

  constructor(
    private readonly options: {
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      readonly outbox: Outbox;
      keyPolicyOf?(keyArn: string): string | undefined;
      readonly deliveries?: Deliveries;
    },
  ) {}

  /** Tells of each mail, until what it gives is called. */
  onMail(listener: (mail: Mail) => void): () => void {
    this.mailListeners.add(listener);
    return () => this.mailListeners.delete(listener);
  }

  /** Tells of each message that a topic takes, until what it gives is called. */
  onPublish(listener: (publication: Publication) => void): () => void {
    this.publishListeners.add(listener);
    return () => this.publishListeners.delete(listener);
  }

  /**
   * Whoever publishes to a topic that is encrypted with a customer-managed key needs the key's consent, too.
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  requireKey(caller: Caller, topic: Topic | undefined): void {
    const resource = topic?.encryptionKey;
    const resourcePolicy = resource && this.options.keyPolicyOf?.(resource);
    if (!resource || !resourcePolicy) return;
    const context = caller.service ? { "aws:SourceAccount": caller.accountId } : undefined;
    for (const action of ["kms:GenerateDataKey", "kms:Decrypt"]) {
      this.options.access.authorize({ caller, action, resource, resourcePolicy, context });
    }
  }

  /**
   * Takes a message: it is in the outbox, with Lambda or in a dead-letter queue when the promise resolves.
   * @throws AwsError for a message that SNS refuses
   */
  async publish(topic: Topic, input: Parameters): Promise<Result> {
    const result = this.take(topic, input);
    await Promise.all(this.sending);
    return result;
  }

  /** @throws AwsError for a batch that SNS refuses; what it refuses of a batch is in the answer */
  async publishBatch(topic: Topic, input: Parameters): Promise<Result> {
    const entries = readEntries(input.PublishBatchRequestEntries);
    const bytes = entries.reduce(
      (sum, { Message }) => sum + (typeof Message === "string" ? Buffer.byteLength(Message) : 0),
      0,
    );
    if (bytes > MAX_MESSAGE_BYTES) {
      const sentence = "The length of all the messages put together is more than the limit.";
      throw new AwsError("BatchRequestTooLong", sentence);
    }
    const result = runEntries(
      entries,
      ({ code }) => code,
      (entry) => {
        requireModelled("a batch entry", entry, messageParameters);
        return this.take(topic, entry);
      },
    );
    await Promise.all(this.sending);
    return { ...result };
  }

  private take(topic: Topic, input: Parameters): Result {
    const { topicArn, topicName } = topic;
    const message = readMessage(input);
    const messageId = randomUUID();
    const at = this.options.clock.now();
    const attributes = Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, value.StringValue ?? value.BinaryValue ?? ""]),
    );
    const recipients = topic.subscriptions.filter(({ passes }) => passes(message.full, message.attributes));
    const { subject, textFor } = message;
    const common = { topicArn, messageId, at, attributes };
    const mails = recipients
      .filter(({ protocol }) => protocol === "email")
      .map(({ endpoint: to }): Mail => {
        return { ...common, to, subject: subject ?? "AWS Notification Message", text: textFor("email") };
      });
    this.options.outbox.publish(topicArn, mails);
    this.options.log(
      topicName,
      `← ${subject ?? "(no subject)"}, ${recipients.length} of ${topic.subscriptions.length} subscriptions`,
    );

    const publication = { ...common, subject, message: textFor("email"), mails: mails.length };
    for (const listener of this.publishListeners) listener(publication);
    for (const mail of mails) {
      this.options.log("outbox", `← ${mail.to}: ${mail.subject}`);
      for (const listener of this.mailListeners) listener(mail);
    }
    for (const subscription of recipients.filter(({ protocol }) => protocol === "lambda")) {
      const { subscriptionArn } = subscription;
      const text = textFor("lambda");
      const notification = { topicArn, subscriptionArn, messageId, subject, message: text, at };
      this.invoke(subscription, { ...notification, attributes: message.attributes });
    }
    return { MessageId: messageId };
  }

  /**
   * Gives a message to a function. What Lambda refuses is this side's fault and not tried again: it goes to the subscription's dead-letter queue.
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
   */
  private invoke({ endpoint, deadLetterQueueArn }: Subscription, notification: Notification): void {
    const { deliveries, log } = this.options;
    const { topicArn } = notification;
    const topicName = topicArn.split(":").at(-1) ?? "";
    try {
      deliveries?.invoke({ topicArn, functionArn: endpoint, event: lambdaEvent(notification) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      log(topicName, `a message could not be given to ${endpoint}: ${error.message}`);
      if (!deadLetterQueueArn) return;
      const call = { topicArn, queueArn: deadLetterQueueArn, body: undelivered(notification) };
      const sending = (deliveries?.send(call) ?? Promise.resolve())
        .catch((refused: Error) => {
          log(topicName, `nor could it be sent to ${deadLetterQueueArn}, and is lost: ${refused.message}`);
        })
        .finally(() => this.sending.delete(sending));
      this.sending.add(sending);
    }
  }
}
