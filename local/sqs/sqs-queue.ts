import { randomBytes, randomUUID } from "node:crypto";
import { AwsError, type Clock } from "../aws";
import type { Tell } from "../traffic";
import type { MessageIndex } from "./message-index";
import type { Message, MessageChange, QueueContents } from "./queue-contents";
import type { QueueSettings } from "./queue-settings";

const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * A standard queue: who may see which of its messages, and when. Oldest first, each message exactly once a receive: AWS promises neither.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class SqsQueue {
  /** JSON of `aws_sqs_queue_policy`. */
  policy?: string;
  /** JSON of `aws_sqs_queue_redrive_allow_policy`. */
  redriveAllowPolicy?: string;
  readonly createdAt: number;
  private modifiedAt: number;
  /** Long polls, each told of every change. */
  private readonly waiting = new Set<() => void>();
  private isStopped = false;

  constructor(
    private configured: QueueSettings,
    private readonly options: {
      readonly clock: Clock;
      readonly log: (message: string) => void;
      readonly tell?: Tell;
      readonly contents: QueueContents;
      /** The queue of an ARN, where there is one now. */
      readonly queueByArn: (queueArn: string) => SqsQueue | undefined;
    },
  ) {
    this.createdAt = options.clock.now();
    this.modifiedAt = this.createdAt;
  }

  get settings(): QueueSettings {
    return this.configured;
  }

  get lastModifiedAt(): number {
    return this.modifiedAt;
  }

  /** Goes on with other settings of the same queue. Messages keep the delay and the visibility timeout that they were given. */
  configure(settings: QueueSettings): void {
    this.configured = settings;
    this.modifiedAt = this.options.clock.now();
    this.wake();
  }

  /** Messages that are held now: those past their retention are gone. */
  messages(): readonly Message[] {
    this.index();
    return [...this.held];
  }

  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    return this.index().counts;
  }

  add(message: Message): void {
    this.options.contents.commit([{ queue: this.settings.queueName, put: message }]);
    this.wake();
  }

  /**
   * Receives up to so many messages. Where there are none, waits for the first, but not for longer than `waitSeconds`.
   */
  async receive(count: number, visibilityTimeoutSeconds: number, waitSeconds: number): Promise<readonly Message[]> {
    const deadline = this.options.clock.now() + waitSeconds * 1_000;
    for (;;) {
      const taken = this.isStopped ? [] : this.take(count, visibilityTimeoutSeconds);
      if (taken.length > 0 || this.isStopped || this.options.clock.now() >= deadline) return taken;
      await this.change(deadline);
    }
  }

  /** Deletes the message, and gives it; one that is already gone, or was received again since, is left as it is, and that is no error. */
  delete(receiptHandle: string): Message | undefined {
    const message = this.messageOf(receiptHandle);
    if (message) this.options.contents.commit([{ queue: this.settings.queueName, removed: [message.messageId] }]);
    else this.options.log("a receipt handle that is not the latest deletes nothing");
    return message;
  }

  /** @throws AwsError when the message is not in flight, or would be hidden for more than 12 hours from its receive on */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.messageOf(receiptHandle);
    const now = this.options.clock.now();
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
    const { messageId } = message;
    this.options.contents.commit([{ queue: this.settings.queueName, changed: { messageId, visibleAt } }]);
    this.wake();
  }

  /** Drops every message. */
  purge(): void {
    this.options.contents.commit([{ queue: this.settings.queueName, removed: "all" }]);
  }

  /**
   * Moves what is visible, as new messages, to the queue that is given for each; what none is given for stays.
   * @returns how many went
   */
  move(destinationOf: (message: Message) => SqsQueue | undefined): number {
    const now = this.options.clock.now();
    const moves = [...this.index().visibleInOrder()].flatMap((message) => {
      const destination = destinationOf(message);
      return destination ? [{ message, destination }] : [];
    });
    const changes = moves.flatMap(({ message, destination }): MessageChange[] => {
      const { body, attributes, senderArn, messageId } = message;
      const fresh = { body, attributes, senderArn, sentAt: now, visibleAt: now, receiveCount: 0 };
      return [
        { queue: destination.settings.queueName, put: { ...fresh, messageId: randomUUID() } },
        { queue: this.settings.queueName, removed: [messageId] },
      ];
    });
    this.options.contents.commit(changes);
    for (const destination of new Set(moves.map((move) => move.destination))) destination.wake();
    return moves.length;
  }

  /** Ends every long poll, empty. */
  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  private get held(): ReturnType<QueueContents["of"]> {
    return this.options.contents.of(this.settings.queueName);
  }

  /** What is to be seen of the messages now, once those past their retention are gone. */
  private index(): MessageIndex {
    const { queueName, messageRetentionSeconds } = this.settings;
    const now = this.options.clock.now();
    const index = this.held.at(now);
    const expired = index.sentUpTo(now - messageRetentionSeconds * 1_000);
    if (expired.length === 0) return index;
    const removed = expired.map(({ messageId }) => messageId);
    this.options.contents.commit([{ queue: queueName, removed }]);
    for (const messageId of removed) {
      this.options.log(`✗ ${messageId} was kept for its ${messageRetentionSeconds} s and is gone`);
    }
    return this.held.at(now);
  }

  /** Receives, and gives up what was received often enough, as one change. */
  private take(count: number, visibilityTimeoutSeconds: number): readonly Message[] {
    const { queueName: queue, queueArn } = this.settings;
    const now = this.options.clock.now();
    const taken: Message[] = [];
    const changes: MessageChange[] = [];
    const givenUp: { readonly messageId: string; readonly receiveCount: number; readonly to: SqsQueue }[] = [];
    for (const message of this.index().visibleInOrder()) {
      if (taken.length === count) break;
      const { messageId, receiptHandle: _handle, ...rest } = message;
      const to = this.givenUpTo(message);
      if (to) {
        const put = { ...rest, messageId, visibleAt: now, deadLetterSourceArn: queueArn };
        changes.push({ queue, removed: [messageId] }, { queue: to.settings.queueName, put });
        givenUp.push({ messageId, receiveCount: message.receiveCount, to });
        continue;
      }
      const changed = {
        messageId,
        visibleAt: now + visibilityTimeoutSeconds * 1_000,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        receivedAt: now,
        receiptHandle: this.newReceiptHandle(messageId),
      };
      changes.push({ queue, changed });
      taken.push({ ...message, ...changed });
    }
    this.options.contents.commit(changes);
    for (const { messageId, receiveCount, to } of givenUp) {
      this.options.log(`→ ${to.settings.queueName}: ${messageId} after ${receiveCount} receives`);
      const { queueArn: deadLetterQueueArn } = to.settings;
      this.options.tell?.({ kind: "message given up", queueArn, deadLetterQueueArn, messageId, receiveCount });
      to.wake();
    }
    return taken;
  }

  /** The dead-letter queue of a message that was received often enough, where that queue is there and lets it in. */
  private givenUpTo({ messageId, receiveCount }: Message): SqsQueue | undefined {
    const { redrive, queueArn } = this.settings;
    if (!redrive || receiveCount < redrive.maxReceiveCount) return undefined;
    const deadLetterQueue = this.options.queueByArn(redrive.deadLetterTargetArn);
    if (deadLetterQueue?.takesFrom(queueArn)) return deadLetterQueue;
    const why = deadLetterQueue
      ? `the redrive allow policy of ${deadLetterQueue.settings.queueName} does not let ${messageId} in`
      : `${messageId} stays: its dead-letter queue ${redrive.deadLetterTargetArn} does not exist`;
    this.options.log(why);
    return undefined;
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
    const now = this.options.clock.now();
    const next = Math.min(deadline, this.index().nextVisibleAt() ?? deadline);
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.waiting.delete(done);
        resolve();
      };
      const cancel = this.options.clock.after(Math.max(1, next - now), done);
      this.waiting.add(done);
    });
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }
}
