import { randomUUID } from "node:crypto";
import {
  type Access,
  AwsError,
  type Caller,
  type Clock,
  type Log,
  type Place,
  type WireRequest,
  type WireResponse,
} from "../aws";
import { readEntries, requireModelled, runEntries } from "../protocol/batch";
import { readMessageAttributes, sizeOfAttributes, sqsAttributeRules } from "../protocol/message-attributes";
import { ResourceArguments } from "../protocol/resource-arguments";
import { queueAttributes, receivedMessage, requireSystemAttributes, sentMessage } from "./sqs-answers";
import { answer, queryCode } from "./sqs-protocol";
import { type Message, type QueueSettings, SqsQueue } from "./sqs-queue";

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

/** What a queue holds now, for whoever watches. */
export interface QueueContent {
  readonly queueName: string;
  readonly visible: number;
  /** Received and neither deleted nor visible again. */
  readonly inFlight: number;
  readonly messages: readonly { readonly messageId: string; readonly body: string; readonly receiveCount: number }[];
}

const queueArguments = [
  "name",
  "fifo_queue",
  "delay_seconds",
  "max_message_size",
  "message_retention_seconds",
  "receive_wait_time_seconds",
  "visibility_timeout_seconds",
  "redrive_policy",
  "sqs_managed_sse_enabled",
  "tags",
];

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MAX_BATCH_BYTES = 1_048_576;

/**
 * Amazon SQS, standard queues.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export class Sqs {
  private readonly byArn = new Map<string, SqsQueue>();
  private readonly purgedAt = new Map<SqsQueue, number>();

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
  };

  private readonly others: Readonly<Record<string, Operation<Call>>> = {
    GetQueueUrl: { parameters: ["QueueName", "QueueOwnerAWSAccountId"], run: (call) => this.queueUrl(call) },
    ListQueues: { parameters: ["QueueNamePrefix"], run: (call) => this.listQueues(call) },
    StartMessageMoveTask: { parameters: ["SourceArn", "DestinationArn"], run: (call) => this.moveMessages(call) },
  };

  /** @param options `endpoint` is where the queues' URLs point to, such as `http://127.0.0.1:4566` */
  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      readonly endpoint: string;
    },
  ) {}

  /**
   * Makes a queue of the evaluated arguments of `aws_sqs_queue`. A dead-letter queue must be there before its source.
   * @returns the attributes that Terraform computes
   * @throws Error for a queue that AWS would not make, or that is not modelled: FIFO, a key of one's own
   */
  createQueue(arguments_: Parameters): { readonly arn: string; readonly id: string; readonly url: string } {
    const settings = this.settingsOf(new ResourceArguments("aws_sqs_queue", arguments_, queueArguments));
    const { queueArn, queueName, queueUrl } = settings;
    const log = (message: string): void => this.options.log(queueName, message);
    this.byArn.set(queueArn, new SqsQueue(settings, this.options.clock, log));
    return { arn: queueArn, id: queueUrl, url: queueUrl };
  }

  /** Puts a policy on a queue: `aws_sqs_queue_policy`. */
  setPolicy(queueUrl: string, policy: string): void {
    this.find(queueUrl).policy = policy;
  }

  /** The policy of a queue, where it has one. */
  policyOf(queueArn: string): string | undefined {
    return this.byArn.get(queueArn)?.policy;
  }

  /**
   * Seconds that a received message stays hidden.
   * @throws AwsError `QueueDoesNotExist`
   */
  visibilityOf(queueArn: string): number {
    const queue = this.byArn.get(queueArn);
    if (queue) return queue.settings.visibilityTimeoutSeconds;
    throw new AwsError("QueueDoesNotExist", `The specified queue does not exist: ${queueArn}`);
  }

  /** Says which queues may use a queue for their dead letters: `aws_sqs_queue_redrive_allow_policy`. */
  setRedriveAllowPolicy(queueUrl: string, policy: string): void {
    this.find(queueUrl).redriveAllowPolicy = policy;
  }

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
    const queue = this.find(text(input, "QueueUrl"));
    // AWS has no permissions of their own for batches.
    this.authorize(caller, operation.replace(/Batch$/, ""), queue);
    return onQueue.run({ caller, input, queue });
  }

  /** Answers the JSON protocol, and the query protocol in XML or, with `accept: application/json`, in JSON. */
  handle(caller: Caller, request: WireRequest): Promise<WireResponse> {
    return answer(request, (operation, input) => this.call(caller, operation, input));
  }

  /** What each queue holds now. */
  queues(): readonly QueueContent[] {
    return [...this.byArn.values()].map((queue) => {
      const { visible, inFlight } = queue.counts();
      const messages = queue.messages().map(({ messageId, body, receiveCount }) => ({ messageId, body, receiveCount }));
      return { queueName: queue.settings.queueName, visible, inFlight, messages };
    });
  }

  /** Ends every long poll, empty; later ones do not wait. */
  stop(): void {
    for (const queue of this.byArn.values()) queue.stop();
  }

  private settingsOf(given: ResourceArguments): QueueSettings {
    const queueName = given.requiredText("name");
    if (given.isTrue("fifo_queue") || queueName.endsWith(".fifo")) {
      throw given.error("fifo_queue is not modelled by the local run, which has standard queues only");
    }
    if (!/^[\w-]{1,80}$/.test(queueName)) throw given.error("name must be 1–80 letters, digits, - and _");
    const { partition, region, accountId } = this.options.place;
    const queueArn = `arn:${partition}:sqs:${region}:${accountId}:${queueName}`;
    if (this.byArn.has(queueArn)) throw given.error("a queue of this name exists already");
    return {
      queueName,
      queueArn,
      queueUrl: `${this.options.endpoint}/${accountId}/${queueName}`,
      delaySeconds: given.integer("delay_seconds", 0, 900, 0),
      maxMessageBytes: given.integer("max_message_size", 1_024, 1_048_576, 262_144),
      messageRetentionSeconds: given.integer("message_retention_seconds", 60, 1_209_600, 345_600),
      receiveWaitTimeSeconds: given.integer("receive_wait_time_seconds", 0, 20, 0),
      visibilityTimeoutSeconds: given.integer("visibility_timeout_seconds", 0, 43_200, 30),
      isEncryptedBySqs: given.isTrue("sqs_managed_sse_enabled"),
      redrive: this.redriveOf(given),
    };
  }

  private redriveOf(given: ResourceArguments): QueueSettings["redrive"] {
    const policy = given.text("redrive_policy");
    if (!policy) return undefined;
    const { deadLetterTargetArn, maxReceiveCount: count } = JSON.parse(policy);
    const deadLetterQueue = this.byArn.get(deadLetterTargetArn);
    if (!deadLetterQueue) throw given.error(`redrive_policy names a queue that does not exist: ${deadLetterTargetArn}`);
    const maxReceiveCount = Number(count);
    if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1_000) {
      throw given.error(`maxReceiveCount of redrive_policy must be an integer from 1 to 1000, got: ${count}`);
    }
    return { policy, deadLetterQueue, maxReceiveCount };
  }

  private find(queueUrl: string): SqsQueue {
    const [accountId, queueName] = queueUrl.split("/").slice(-2);
    const found = [...this.byArn.values()].find(({ settings }) => settings.queueName === queueName);
    if (!found || accountId !== this.options.place.accountId) {
      throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
    }
    return found;
  }

  private authorize(caller: Caller, action: string, { settings, policy }: SqsQueue): void {
    const resource = settings.queueArn;
    this.options.access.authorize({ caller, action: `sqs:${action}`, resource, resourcePolicy: policy });
  }

  private log(queue: SqsQueue, message: string): void {
    this.options.log(queue.settings.queueName, message);
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
    this.log(queue, `← ${message.messageId}, ${bytes} bytes`);
    queue.add(message);
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
    return {
      Messages: messages.map((message) => receivedMessage(message, names, texts(input, "MessageAttributeNames"))),
    };
  }

  private delete({ input, queue }: QueueCall): Result {
    queue.delete(text(input, "ReceiptHandle"));
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
    const queue = this.find(`${accountId}/${text(input, "QueueName")}`);
    this.authorize(caller, "GetQueueUrl", queue);
    return { QueueUrl: queue.settings.queueUrl };
  }

  private listQueues({ caller, input }: Call): Result {
    this.options.access.authorize({ caller, action: "sqs:ListQueues", resource: "*" });
    const prefix = String(input.QueueNamePrefix ?? "");
    const found = [...this.byArn.values()].filter(({ settings }) => settings.queueName.startsWith(prefix));
    return found.length > 0 ? { QueueUrls: found.map(({ settings }) => settings.queueUrl) } : {};
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
    const sources = [...this.byArn.values()].filter(({ settings }) => settings.redrive?.deadLetterQueue === source);
    if (sources.length === 0) throw invalid("Source queue must be configured as a Dead Letter Queue.");
    const named = input.DestinationArn === undefined ? undefined : this.byArnOf(input, "DestinationArn");
    for (const queue of named ? [named] : sources) this.authorize(caller, "SendMessage", queue);

    const destinationOf = ({ deadLetterSourceArn }: Message): SqsQueue | undefined =>
      named ?? this.byArn.get(deadLetterSourceArn ?? "");
    const moved = source.drain((message) => destinationOf(message) !== undefined);
    const now = this.options.clock.now();
    for (const message of moved) {
      const { body, attributes, senderArn } = message;
      const fresh = { body, attributes, senderArn, sentAt: now, visibleAt: now, receiveCount: 0 };
      destinationOf(message)?.add({ ...fresh, messageId: randomUUID() });
    }
    const left = source.counts().visible;
    const why = left > 0 ? `; ${left} did not come from another queue and stay: name a DestinationArn` : "";
    this.log(source, `${moved.length} messages moved back${why}`);
    return { TaskHandle: Buffer.from(`${randomUUID()} ${source.settings.queueArn}`).toString("base64") };
  }

  private byArnOf(input: Parameters, name: "SourceArn" | "DestinationArn"): SqsQueue {
    const queue = this.byArn.get(text(input, name));
    if (queue) return queue;
    const sentence = `The resource that you specified for the ${name} parameter doesn't exist.`;
    throw new AwsError("ResourceNotFoundException", sentence, 404);
  }
}

const invalid = (sentence: string): AwsError => new AwsError("InvalidParameterValue", sentence);

const missing = (name: string): AwsError =>
  new AwsError("MissingParameter", `The request must contain the parameter ${name}.`);

function text(input: Parameters, name: string): string {
  const value = input[name];
  if (typeof value !== "string" || value === "") throw missing(name);
  return value;
}

function texts(input: Parameters, name: string): readonly string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

function integer(input: Parameters, name: string, min: number, max: number, absent: number): number {
  const value = input[name] ?? absent;
  const number = Number(value);
  if (value !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalid(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
function messageBody(input: Parameters): string {
  const body = text(input, "MessageBody");
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(body)) {
    throw new AwsError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    );
  }
  return body;
}

const byteLength = (value: unknown): number => (typeof value === "string" ? Buffer.byteLength(value) : 0);

function batch({ input, ...call }: QueueCall, parameters: readonly string[], run: (call: QueueCall) => Result): Result {
  const { Successful, Failed } = runEntries(readEntries(input.Entries), queryCode, (entry) => {
    requireModelled("a batch entry", entry, parameters);
    return run({ ...call, input: entry });
  });
  return { Successful, ...(Failed.length > 0 ? { Failed } : {}) };
}
