import { randomUUID } from "node:crypto";
import { type Access, AwsError, type Caller, type Clock, type Log, type Place } from "../aws";
import { readEntries, requireModelled, runEntries } from "../protocol/batch";
import { readMessageAttributes, sizeOfAttributes, sqsAttributeRules } from "../protocol/message-attributes";
import type { Tell } from "../traffic";
import type { Message } from "./queue-contents";
import { queueAttributes, receivedMessage, requireSystemAttributes, sentMessage } from "./sqs-answers";
import { integer, invalid, messageBody, missing, text, texts } from "./sqs-input";
import { queryCode } from "./sqs-protocol";
import type { SqsQueue } from "./sqs-queue";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

interface Call {
  readonly caller: Caller;
  readonly input: Parameters;
}

interface QueueCall extends Call {
  readonly queue: SqsQueue;
}

interface Operation<On extends Call> {
  /** Parameters that are modelled, beside `QueueUrl` where the operation is about a queue. */
  readonly parameters: readonly string[];
  readonly run: (call: On) => Result | Promise<Result>;
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MAX_BATCH_BYTES = 1_048_576;
/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html */
const MAX_MOVES = 10;

/**
 * What SQS does for its callers, each asked whether it may.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export class SqsOperations {
  private readonly purgedAt = new WeakMap<SqsQueue, number>();
  /** What was moved out of a dead-letter queue, the latest first. */
  private readonly moves = new WeakMap<SqsQueue, readonly Result[]>();

  private readonly onQueue: Readonly<Record<string, Operation<QueueCall>>> = {
    SendMessage: {
      parameters: ["MessageBody", "DelaySeconds", "MessageAttributes"],
      run: (call) => this.send(call),
    },
    SendMessageBatch: { parameters: ["Entries"], run: (call) => this.sendBatch(call) },
    ReceiveMessage: {
      parameters: [
        "MaxNumberOfMessages",
        "WaitTimeSeconds",
        "VisibilityTimeout",
        "AttributeNames",
        "MessageSystemAttributeNames",
        "MessageAttributeNames",
      ],
      run: (call) => this.receive(call),
    },
    DeleteMessage: { parameters: ["ReceiptHandle"], run: (call) => this.delete(call) },
    DeleteMessageBatch: {
      parameters: ["Entries"],
      run: (call) => batch(call, ["ReceiptHandle"], (entry) => this.delete(entry)),
    },
    ChangeMessageVisibility: {
      parameters: ["ReceiptHandle", "VisibilityTimeout"],
      run: (call) => this.changeVisibility(call),
    },
    ChangeMessageVisibilityBatch: {
      parameters: ["Entries"],
      run: (call) => batch(call, ["ReceiptHandle", "VisibilityTimeout"], (entry) => this.changeVisibility(entry)),
    },
    GetQueueAttributes: {
      parameters: ["AttributeNames"],
      run: ({ queue, input }) => queueAttributes(queue, texts(input, "AttributeNames")),
    },
    PurgeQueue: { parameters: [], run: (call) => this.purge(call) },
    ListDeadLetterSourceQueues: {
      parameters: ["MaxResults", "NextToken"],
      run: ({ queue, input }) => {
        const { urls, ...more } = pageOf(this.sourcesOf(queue), input);
        return { queueUrls: urls, ...more };
      },
    },
  };

  private readonly others: Readonly<Record<string, Operation<Call>>> = {
    GetQueueUrl: { parameters: ["QueueName", "QueueOwnerAWSAccountId"], run: (call) => this.queueUrl(call) },
    ListQueues: { parameters: ["QueueNamePrefix", "MaxResults", "NextToken"], run: (call) => this.listQueues(call) },
    StartMessageMoveTask: { parameters: ["SourceArn", "DestinationArn"], run: (call) => this.moveMessages(call) },
    ListMessageMoveTasks: { parameters: ["SourceArn", "MaxResults"], run: (call) => this.moveTasks(call) },
  };

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      readonly tell?: Tell;
      /** The queues that there are, by ARN. */
      readonly queues: ReadonlyMap<string, SqsQueue>;
      /** @throws AwsError `QueueDoesNotExist` */
      readonly find: (queueUrl: string) => SqsQueue;
    },
  ) {}

  /**
   * One operation, in the shape of the SDK's input and output.
   * @throws AwsError with the error name of the JSON protocol, such as `QueueDoesNotExist`
   */
  async call(caller: Caller, operation: string, input: Parameters): Promise<Result> {
    const other = Object.hasOwn(this.others, operation) ? this.others[operation] : undefined;
    if (other) {
      requireModelled(operation, input, other.parameters);
      return other.run({ caller, input });
    }
    const onQueue = Object.hasOwn(this.onQueue, operation) ? this.onQueue[operation] : undefined;
    if (!onQueue) {
      const modelled = [...Object.keys(this.onQueue), ...Object.keys(this.others)].join(", ");
      throw new AwsError(
        "UnsupportedOperation",
        `${operation} is not modelled by the local run. It knows ${modelled}.`,
      );
    }
    requireModelled(operation, input, ["QueueUrl", ...onQueue.parameters]);
    const queue = this.options.find(text(input, "QueueUrl"));
    // AWS has no permissions of their own for batches.
    this.authorize(caller, operation.replace(/Batch$/, ""), queue);
    return onQueue.run({ caller, input, queue });
  }

  private authorize(caller: Caller, action: string, { settings, policy }: SqsQueue): void {
    const resource = settings.queueArn;
    this.options.access.authorize({ caller, action: `sqs:${action}`, resource, resourcePolicy: policy });
  }

  private log(queue: SqsQueue, message: string): void {
    this.options.log(queue.settings.queueName, message);
  }

  private tell(kind: "message sent" | "message received" | "message deleted", on: SqsQueue, message: Message): void {
    const { messageId, body, receiveCount } = message;
    this.options.tell?.({ kind, queueArn: on.settings.queueArn, messageId, body, receiveCount });
  }

  private send({ caller, input, queue }: QueueCall): Result {
    const { maxMessageBytes, delaySeconds } = queue.settings;
    const body = messageBody(input);
    const attributes = readMessageAttributes(input.MessageAttributes, sqsAttributeRules);
    if (Object.keys(attributes).length > 10) {
      throw invalid("Number of message attributes is greater than the allowed limit of 10.");
    }
    const bytes = Buffer.byteLength(body) + sizeOfAttributes(attributes);
    if (bytes > maxMessageBytes) {
      throw invalid(
        `One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
      );
    }
    const sentAt = this.options.clock.now();
    const message: Message = {
      messageId: randomUUID(),
      body,
      attributes,
      senderArn: caller.principalArn,
      sentAt,
      visibleAt: sentAt + integer(input, "DelaySeconds", 0, 900, delaySeconds) * 1_000,
      receiveCount: 0,
    };
    queue.add(message);
    this.log(queue, `← ${message.messageId}, ${bytes} bytes`);
    this.tell("message sent", queue, message);
    return sentMessage(message);
  }

  private sendBatch(call: QueueCall): Result {
    const bytes = readEntries(call.input.Entries).reduce((sum, { MessageBody }) => sum + byteLength(MessageBody), 0);
    if (bytes > MAX_BATCH_BYTES) {
      const sentence = `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`;
      throw new AwsError("BatchRequestTooLong", sentence);
    }
    return batch(call, ["MessageBody", "DelaySeconds", "MessageAttributes"], (entry) => this.send(entry));
  }

  private async receive({ input, queue }: QueueCall): Promise<Result> {
    const { receiveWaitTimeSeconds, visibilityTimeoutSeconds } = queue.settings;
    const count = integer(input, "MaxNumberOfMessages", 1, 10, 1);
    const wait = integer(input, "WaitTimeSeconds", 0, 20, receiveWaitTimeSeconds);
    const visibility = integer(input, "VisibilityTimeout", 0, 43_200, visibilityTimeoutSeconds);
    const names = [...texts(input, "AttributeNames"), ...texts(input, "MessageSystemAttributeNames")];
    requireSystemAttributes(names);

    const messages = await queue.receive(count, visibility, wait);
    if (messages.length === 0) return {};
    this.log(queue, `→ ${messages.map(({ messageId }) => messageId).join(", ")}`);
    for (const message of messages) this.tell("message received", queue, message);
    return {
      Messages: messages.map((message) => receivedMessage(message, names, texts(input, "MessageAttributeNames"))),
    };
  }

  private delete({ input, queue }: QueueCall): Result {
    const deleted = queue.delete(text(input, "ReceiptHandle"));
    if (deleted) this.tell("message deleted", queue, deleted);
    return {};
  }

  private changeVisibility({ input, queue }: QueueCall): Result {
    if (input.VisibilityTimeout === undefined) throw missing("VisibilityTimeout");
    const seconds = integer(input, "VisibilityTimeout", 0, 43_200, 0);
    queue.changeVisibility(text(input, "ReceiptHandle"), seconds);
    return {};
  }

  private purge({ queue }: QueueCall): Result {
    const now = this.options.clock.now();
    if (now - (this.purgedAt.get(queue) ?? Number.NEGATIVE_INFINITY) < 60_000) {
      const sentence = `Only one PurgeQueue operation on ${queue.settings.queueName} is allowed every 60 seconds.`;
      throw new AwsError("PurgeQueueInProgress", sentence, 403);
    }
    this.purgedAt.set(queue, now);
    queue.purge();
    this.log(queue, "purged");
    return {};
  }

  private queueUrl({ caller, input }: Call): Result {
    const accountId = input.QueueOwnerAWSAccountId ?? this.options.place.accountId;
    const queue = this.options.find(`${accountId}/${text(input, "QueueName")}`);
    this.authorize(caller, "GetQueueUrl", queue);
    return { QueueUrl: queue.settings.queueUrl };
  }

  private listQueues({ caller, input }: Call): Result {
    this.options.access.authorize({ caller, action: "sqs:ListQueues", resource: "*" });
    const prefix = String(input.QueueNamePrefix ?? "");
    const found = [...this.options.queues.values()].filter(({ settings }) => settings.queueName.startsWith(prefix));
    const { urls, ...more } = pageOf(found, input);
    return urls.length > 0 ? { QueueUrls: urls, ...more } : {};
  }

  /**
   * Moves what is visible in a dead-letter queue, at once, as new messages: to where each failed, or to the queue that is named.
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   */
  private moveMessages({ caller, input }: Call): Result {
    const source = this.byArnOf(input, "SourceArn");
    for (const action of ["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]) {
      this.authorize(caller, action, source);
    }
    const sources = this.sourcesOf(source);
    if (sources.length === 0) throw invalid("Source queue must be configured as a Dead Letter Queue.");
    const named = input.DestinationArn === undefined ? undefined : this.byArnOf(input, "DestinationArn");
    for (const queue of named ? [named] : sources) this.authorize(caller, "SendMessage", queue);

    const destinationOf = ({ deadLetterSourceArn }: Message): SqsQueue | undefined =>
      named ?? this.options.queues.get(deadLetterSourceArn ?? "");
    const moved = source.move(destinationOf);
    const left = source.counts().visible;
    const why = left > 0 ? `; ${left} did not come from another queue and stay: name a DestinationArn` : "";
    this.log(source, `${moved} messages moved back${why}`);
    const task = {
      Status: "COMPLETED",
      SourceArn: source.settings.queueArn,
      ...(named && { DestinationArn: named.settings.queueArn }),
      ApproximateNumberOfMessagesMoved: moved,
      ApproximateNumberOfMessagesToMove: moved,
      StartedTimestamp: this.options.clock.now(),
    };
    this.moves.set(source, [task, ...(this.moves.get(source) ?? [])].slice(0, MAX_MOVES));
    return { TaskHandle: Buffer.from(`${randomUUID()} ${source.settings.queueArn}`).toString("base64") };
  }

  /** Tasks are over at once here, so none has a handle to be cancelled by. */
  private moveTasks({ caller, input }: Call): Result {
    const source = this.byArnOf(input, "SourceArn");
    for (const action of ["ListMessageMoveTasks", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]) {
      this.authorize(caller, action, source);
    }
    return { Results: (this.moves.get(source) ?? []).slice(0, integer(input, "MaxResults", 1, MAX_MOVES, 1)) };
  }

  /** Queues whose dead letters a queue gets. */
  private sourcesOf({ settings: { queueArn } }: SqsQueue): readonly SqsQueue[] {
    return [...this.options.queues.values()].filter(
      ({ settings }) => settings.redrive?.deadLetterTargetArn === queueArn,
    );
  }

  private byArnOf(input: Parameters, name: "SourceArn" | "DestinationArn"): SqsQueue {
    const queue = this.options.queues.get(text(input, name));
    if (queue) return queue;
    const sentence = `The resource that you specified for the ${name} parameter doesn't exist.`;
    throw new AwsError("ResourceNotFoundException", sentence, 404);
  }
}

/** A page of queues where the caller asks for pages, else all. */
function pageOf(queues: readonly SqsQueue[], input: Parameters): { urls: readonly string[]; NextToken?: string } {
  if (input.MaxResults === undefined) return { urls: queues.map(({ settings }) => settings.queueUrl) };
  const after = Buffer.from(String(input.NextToken ?? ""), "base64").toString();
  const start = after === "" ? 0 : queues.findIndex(({ settings }) => settings.queueName === after) + 1;
  const page = queues.slice(start, start + integer(input, "MaxResults", 1, 1_000, 1_000));
  const last = page.at(-1);
  return {
    urls: page.map(({ settings }) => settings.queueUrl),
    ...(last && queues.at(-1) !== last && { NextToken: Buffer.from(last.settings.queueName).toString("base64") }),
  };
}

const byteLength = (value: unknown): number => (typeof value === "string" ? Buffer.byteLength(value) : 0);

function batch({ input, ...call }: QueueCall, parameters: readonly string[], run: (call: QueueCall) => Result): Result {
  const { Successful, Failed } = runEntries(readEntries(input.Entries), queryCode, (entry) => {
    requireModelled("a batch entry", entry, parameters);
    return run({ ...call, input: entry });
  });
  return { Successful, ...(Failed.length > 0 ? { Failed } : {}) };
}
