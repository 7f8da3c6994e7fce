import { randomBytes } from "node:crypto";
import { AwsError, type Clock } from "../aws";
import type { MessageAttributes } from "../protocol/message-attributes";

/** A message as a queue holds it; times are milliseconds since 1970. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderArn: string;
  readonly sentAt: number;
  /** Hidden before this time: delayed, or in flight once it has a receipt handle. */
  readonly visibleAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt?: number;
  readonly receivedAt?: number;
  /** The latest one; older ones are worth nothing. */
  readonly receiptHandle?: string;
  /** The queue that it failed in. */
  readonly deadLetterSourceArn?: string;
}

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
  readonly redrive?: { readonly policy: string; readonly deadLetterQueue: SqsQueue; readonly maxReceiveCount: number };
}

const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * What a standard queue holds, and when who may see it. Oldest first, each message exactly once a receive: AWS promises neither.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class SqsQueue {
  /** JSON of `aws_sqs_queue_policy`. */
  policy?: string;
  /** JSON of `aws_sqs_queue_redrive_allow_policy`. */
  redriveAllowPolicy?: string;
  readonly createdAt: number;
  private readonly held = new Map<string, Message>();
  /** Long polls, each told of every change. */
  private readonly waiting = new Set<() => void>();
  private isStopped = false;

  constructor(
    readonly settings: QueueSettings,
    private readonly clock: Clock,
    private readonly log: (message: string) => void,
  ) {
    this.createdAt = clock.now();
  }

  /** Messages that are held now: those past their retention are gone. */
  messages(): readonly Message[] {
    const oldest = this.clock.now() - this.settings.messageRetentionSeconds * 1_000;
    for (const { messageId, sentAt } of this.held.values()) {
      if (sentAt > oldest) continue;
      this.held.delete(messageId);
      this.log(`✗ ${messageId} was kept for its ${this.settings.messageRetentionSeconds} s and is gone`);
    }
    return [...this.held.values()];
  }

  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const messages = this.messages();
    const hidden = messages.filter(({ visibleAt }) => visibleAt > this.clock.now());
    const delayed = hidden.filter(({ receiptHandle }) => !receiptHandle).length;
    return { visible: messages.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  add(message: Message): void {
    this.held.set(message.messageId, message);
    this.wake();
  }

  /**
   * Receives up to so many messages. Where there are none, waits for the first, but not for longer than `waitSeconds`.
   */
  async receive(count: number, visibilityTimeoutSeconds: number, waitSeconds: number): Promise<readonly Message[]> {
    const deadline = this.clock.now() + waitSeconds * 1_000;
    for (;;) {
      const taken = this.isStopped ? [] : this.take(count, visibilityTimeoutSeconds);
      if (taken.length > 0 || this.isStopped || this.clock.now() >= deadline) return taken;
      await this.change(deadline);
    }
  }

  /** Deletes the message; one that is already gone, or was received again since, is left as it is, and that is no error. */
  delete(receiptHandle: string): void {
    const message = this.messageOf(receiptHandle);
    if (message) this.held.delete(message.messageId);
    else this.log("a receipt handle that is not the latest deletes nothing");
  }

  /** @throws AwsError when the message is not in flight, or would be hidden for more than 12 hours from its receive on */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.messageOf(receiptHandle);
    const now = this.clock.now();
    if (!message || message.visibleAt <= now) {
      throw new AwsError("MessageNotInflight", "The specified message isn't in flight.");
    }
    const visibleAt = now + seconds * 1_000;
    if (visibleAt - (message.receivedAt ?? now) > MAX_VISIBILITY_SECONDS * 1_000) {
      throw new AwsError(
        "InvalidParameterValue",
        `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
      );
    }
    this.held.set(message.messageId, { ...message, visibleAt });
    this.wake();
  }

  purge(): void {
    this.held.clear();
  }

  /** Takes every visible message out, for good. */
  drain(isTaken: (message: Message) => boolean): readonly Message[] {
    const drained = this.messages().filter((message) => message.visibleAt <= this.clock.now() && isTaken(message));
    for (const { messageId } of drained) this.held.delete(messageId);
    return drained;
  }

  /** Ends every long poll, empty. */
  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  private take(count: number, visibilityTimeoutSeconds: number): readonly Message[] {
    const now = this.clock.now();
    const taken: Message[] = [];
    for (const message of this.messages()) {
      if (taken.length === count) break;
      if (message.visibleAt > now || this.giveUp(message)) continue;
      const received: Message = {
        ...message,
        visibleAt: now + visibilityTimeoutSeconds * 1_000,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        receivedAt: now,
        receiptHandle: this.newReceiptHandle(message.messageId),
      };
      this.held.set(message.messageId, received);
      taken.push(received);
    }
    return taken;
  }

  /** Hands a message that was received often enough to the dead-letter queue; its age goes with it. */
  private giveUp(message: Message): boolean {
    const { redrive, queueArn } = this.settings;
    if (!redrive || message.receiveCount < redrive.maxReceiveCount) return false;
    const { deadLetterQueue, maxReceiveCount } = redrive;
    if (!deadLetterQueue.takesFrom(queueArn)) {
      this.log(
        `the redrive allow policy of ${deadLetterQueue.settings.queueName} does not let ${message.messageId} in`,
      );
      return false;
    }
    this.held.delete(message.messageId);
    const { receiptHandle: _handle, ...rest } = message;
    deadLetterQueue.add({ ...rest, visibleAt: this.clock.now(), deadLetterSourceArn: queueArn });
    this.log(`→ ${deadLetterQueue.settings.queueName}: ${message.messageId} after ${maxReceiveCount} receives`);
    return true;
  }

  private takesFrom(queueArn: string): boolean {
    const { redrivePermission = "allowAll", sourceQueueArns = [] } = JSON.parse(this.redriveAllowPolicy ?? "{}");
    return redrivePermission === "allowAll" || (redrivePermission === "byQueue" && sourceQueueArns.includes(queueArn));
  }

  private newReceiptHandle(messageId: string): string {
    const parts = [this.settings.queueName, messageId, randomBytes(12).toString("base64url")];
    return Buffer.from(parts.join(" ")).toString("base64");
  }

  private messageOf(receiptHandle: string): Message | undefined {
    const [queueName, messageId = "", nonce] = Buffer.from(receiptHandle, "base64").toString().split(" ");
    if (queueName !== this.settings.queueName || !nonce) {
      throw new AwsError(
        "ReceiptHandleIsInvalid",
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
      );
    }
    const message = this.held.get(messageId);
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }

  /** Resolves when a message came, was released or becomes visible, and at the deadline at the latest. */
  private change(deadline: number): Promise<void> {
    const now = this.clock.now();
    const next = this.messages().reduce(
      (time, { visibleAt }) => (visibleAt > now ? Math.min(time, visibleAt) : time),
      deadline,
    );
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.waiting.delete(done);
        resolve();
      };
      const cancel = this.clock.after(Math.max(1, next - now), done);
      this.waiting.add(done);
    });
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }
}
