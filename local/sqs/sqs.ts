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
import { forgetting, type Journals } from "../journal";
import { argumentError } from "../resource-arguments";
import type { Tell } from "../traffic";
import { type Message, QueueContents } from "./queue-contents";
import { type QueueSettings, readQueueSettings } from "./queue-settings";
import { SqsOperations } from "./sqs-operations";
import { answer } from "./sqs-protocol";
import { SqsQueue } from "./sqs-queue";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/** What a queue holds now, for whoever watches. */
export interface QueueContent {
  readonly queueName: string;
  readonly visible: number;
  /** Received and neither deleted nor visible again. */
  readonly inFlight: number;
  readonly delayed: number;
  /** Oldest first; `visibleAt` and `sentAt` in milliseconds since 1970. */
  readonly messages: readonly Pick<
    Message,
    "attributes" | "body" | "deadLetterSourceArn" | "messageId" | "receiveCount" | "sentAt" | "visibleAt"
  >[];
}

/** What Terraform knows of a queue that is there. */
interface QueueAttributes {
  readonly arn: string;
  /** The queue's URL. */
  readonly id: string;
  readonly url: string;
}

/** Arguments that no update changes, by type: with another value Terraform makes another resource, and its messages are not this one's. */
export const replacingOfSqs: Readonly<Record<string, readonly string[]>> = {
  aws_sqs_queue: ["name", "fifo_queue"],
  aws_sqs_queue_policy: ["queue_url"],
  aws_sqs_queue_redrive_allow_policy: ["queue_url"],
};

/**
 * Amazon SQS, standard queues. Messages belong to a queue's name: a queue that is made again, in this run or in a later one with the same
 * journals, has those that were there, in flight or not, unless it was deleted.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export class Sqs {
  private readonly byArn = new Map<string, SqsQueue>();
  private readonly contents: QueueContents;
  private readonly operations: SqsOperations;

  /**
   * @param options `endpoint` is where the queues' URLs point to, such as `http://127.0.0.1:4566`; `journals` is where messages are written
   * down, by default nowhere
   * @throws Error for a journal that cannot be read
   */
  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      readonly endpoint: string;
      readonly journals?: Journals;
      readonly tell?: Tell;
    },
  ) {
    const { place, access, clock, log, tell, journals = forgetting } = options;
    this.contents = new QueueContents(journals);
    const find = (queueUrl: string): SqsQueue => this.find(queueUrl);
    this.operations = new SqsOperations({ place, access, clock, log, tell, queues: this.byArn, find });
  }

  /**
   * Makes a queue of the evaluated arguments of `aws_sqs_queue`. A dead-letter queue must be there before its source.
   * @returns the attributes that Terraform computes
   * @throws Error for a queue that AWS would not make, or that is not modelled: FIFO, a key of one's own
   */
  createQueue(arguments_: Parameters): QueueAttributes {
    const settings = this.readSettings(arguments_);
    const { queueArn, queueName } = settings;
    if (this.byArn.has(queueArn))
      throw argumentError("aws_sqs_queue", arguments_, "a queue of this name exists already");
    const { clock, log, tell } = this.options;
    const queue = new SqsQueue(settings, {
      clock,
      log: (message) => log(queueName, message),
      tell,
      contents: this.contents,
      queueByArn: (arn) => this.byArn.get(arn),
    });
    this.byArn.set(queueArn, queue);
    return attributesOf(settings);
  }

  /**
   * Goes on with other arguments of a queue, and all that it holds; `replacingOfSqs` names those that cannot change.
   * @returns what `createQueue` does
   * @throws Error as `createQueue` does, and for a name that no queue has: the queue is as it was then
   */
  updateQueue(arguments_: Parameters): QueueAttributes {
    const settings = this.readSettings(arguments_);
    const queue = this.byArn.get(settings.queueArn);
    if (!queue) throw argumentError("aws_sqs_queue", arguments_, "there is no queue of this name to update");
    queue.configure(settings);
    return attributesOf(settings);
  }

  /**
   * Deletes a queue and what it holds, for good. Long polls end empty.
   * @throws AwsError `QueueDoesNotExist`
   */
  deleteQueue(queueUrl: string): void {
    const queue = this.find(queueUrl);
    queue.purge();
    queue.stop();
    this.byArn.delete(queue.settings.queueArn);
  }

  /**
   * Puts a policy on a queue, in place of the one that it has: `aws_sqs_queue_policy`.
   * @throws AwsError `QueueDoesNotExist`
   */
  setPolicy(queueUrl: string, policy: string): void {
    this.find(queueUrl).policy = policy;
  }

  /** Takes a queue's policy away; where the queue is gone, so is its policy. */
  removePolicy(queueUrl: string): void {
    const queue = this.queueAt(queueUrl);
    if (queue) queue.policy = undefined;
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

  /**
   * Says which queues may use a queue for their dead letters: `aws_sqs_queue_redrive_allow_policy`.
   * @throws AwsError `QueueDoesNotExist`
   */
  setRedriveAllowPolicy(queueUrl: string, policy: string): void {
    this.find(queueUrl).redriveAllowPolicy = policy;
  }

  /** Lets every queue use this one for its dead letters again. */
  removeRedriveAllowPolicy(queueUrl: string): void {
    const queue = this.queueAt(queueUrl);
    if (queue) queue.redriveAllowPolicy = undefined;
  }

  /** What earlier runs left in queues that nobody has made in this one, such as `queue POC-Queue: 3 messages`. It is kept. */
  unclaimed(): readonly string[] {
    const made = new Set([...this.byArn.values()].map(({ settings }) => settings.queueName));
    const left = this.contents.names().filter((queueName) => !made.has(queueName));
    return left.map((queueName) => {
      const { size } = this.contents.of(queueName);
      return `queue ${queueName}: ${size} ${size === 1 ? "message" : "messages"}`;
    });
  }

  /**
   * One operation, in the shape of the SDK's input and output.
   * @throws AwsError with the error name of the JSON protocol, such as `QueueDoesNotExist`
   */
  call(caller: Caller, operation: string, input: Parameters): Promise<Result> {
    return this.operations.call(caller, operation, input);
  }

  /** Answers the JSON protocol, and the query protocol in XML or, with `accept: application/json`, in JSON. */
  handle(caller: Caller, request: WireRequest): Promise<WireResponse> {
    return answer(request, (operation, input) => this.call(caller, operation, input));
  }

  /** What each queue holds now. */
  queues(): readonly QueueContent[] {
    return [...this.byArn.values()].map((queue) => ({
      queueName: queue.settings.queueName,
      ...queue.counts(),
      // Copied only for who looks: the page asks for the counts ten times a second.
      get messages() {
        return queue.messages().map(({ receiptHandle: _, ...message }) => message);
      },
    }));
  }

  /** Ends every long poll, empty; later ones do not wait. */
  stop(): void {
    for (const queue of this.byArn.values()) queue.stop();
  }

  private readSettings(arguments_: Parameters): QueueSettings {
    const { place, endpoint } = this.options;
    const settings = readQueueSettings(arguments_, place, endpoint);
    const deadLetterArn = settings.redrive?.deadLetterTargetArn;
    if (deadLetterArn !== undefined && !this.byArn.has(deadLetterArn)) {
      const sentence = `redrive_policy names a queue that does not exist: ${deadLetterArn}`;
      throw argumentError("aws_sqs_queue", arguments_, sentence);
    }
    return settings;
  }

  private queueAt(queueUrl: string): SqsQueue | undefined {
    const { partition, region, accountId } = this.options.place;
    const [account, queueName] = queueUrl.split("/").slice(-2);
    return account === accountId
      ? this.byArn.get(`arn:${partition}:sqs:${region}:${accountId}:${queueName}`)
      : undefined;
  }

  private find(queueUrl: string): SqsQueue {
    const found = this.queueAt(queueUrl);
    if (found) return found;
    throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  }
}

const attributesOf = ({ queueArn, queueUrl }: QueueSettings): QueueAttributes => ({
  arn: queueArn,
  id: queueUrl,
  url: queueUrl,
});
