import type { Caller, Clock, Log, Place } from "../aws";
import { isObject, parsed } from "../protocol/matching";
import { nameOf, partsOf, reportedFailures, tryInvoke } from "./batch-response";
import { eventFilter } from "./event-filter";
import type { InvocationResult, Lambda } from "./lambda";
import type { QueueMappingArguments } from "./lambda-arguments";
import { Polling } from "./polling";

/** What a queue must offer; local/sqs/sqs.ts does. */
export interface QueueSource {
  call(caller: Caller, operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<
      string,
      { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string | Uint8Array }
    >
  >;
}

interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
}

interface Settings {
  readonly mapping: QueueMappingArguments;
  readonly functionArn: string;
  readonly isWanted: (body: string) => boolean;
}

const MAX_RECEIVED = 10;
const LONG_POLL_SECONDS = 20;
/**
 * Lambda begins with five batches at a time and, while that is not enough, adds 300 a minute up to the maximum. Without a maximum it stays here
 * at five. @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const FIRST_BATCHES = 5;
const MS_PER_FURTHER_BATCH = 200;
const PAUSE_AFTER_ERROR_MS = 1_000;

/**
 * A queue that invokes a function, under the function's role.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class QueueMapping {
  private readonly receiving: Polling;
  private readonly working: Polling;
  private readonly batches = new Set<Promise<void>>();
  private readonly queueName: string;
  private readonly queueUrl: string;
  private settings: Settings;
  private complaint?: string;
  /** Batches that there may be at a time by now. */
  private allowed = FIRST_BATCHES;
  /** Since when there are as many, in milliseconds since 1970. */
  private fullSince?: number;

  /** @throws Error for what is not modelled, or breaks a rule; AwsError for a filter that AWS refuses */
  constructor(
    mapping: QueueMappingArguments,
    private readonly options: {
      readonly place: Place;
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "invoke" | "roleOf" | "timeoutOf">;
      readonly queues: QueueSource;
    },
  ) {
    this.settings = readSettings(mapping);
    this.queueName = nameOf(mapping.event_source_arn);
    this.queueUrl = queueUrlOf(mapping.event_source_arn);
    this.receiving = new Polling(options.clock);
    this.working = new Polling(options.clock);
  }

  start(): void {
    this.receiving.run(() => this.poll());
  }

  /** Goes on with other settings, from the next batch on. @throws Error, AwsError as the constructor; it is then as it was */
  update(mapping: QueueMappingArguments): void {
    this.settings = readSettings(mapping);
  }

  /** Ends the polling, and lets batches under way come to their end. */
  async drain(): Promise<void> {
    await this.receiving.stop();
    await Promise.all(this.batches);
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    await Promise.all([this.receiving.stop(), this.working.stop()]);
  }

  private async poll(): Promise<void> {
    if (!(await this.isTimeEnough())) return;
    while (true) {
      await this.untilAllowed();
      const messages = await this.gather();
      const batch = this.working.run(() => this.process(messages)).finally(() => this.batches.delete(batch));
      this.batches.add(batch);
    }
  }

  /** Waits until there may be one more batch: one is over, or there were as many as there may be for so long that there may be more. */
  private async untilAllowed(): Promise<void> {
    const { clock } = this.options;
    const maximum = (): number => this.settings.mapping.scaling_config?.maximum_concurrency ?? FIRST_BATCHES;
    const isFull = (): boolean => this.batches.size >= Math.min(this.allowed, maximum());
    if (!isFull()) this.fullSince = undefined;
    while (isFull()) {
      const ended = Promise.race(this.batches);
      if (this.allowed >= maximum()) {
        await this.receiving.wait(ended);
        continue;
      }
      this.fullSince ??= clock.now();
      const left = this.fullSince + MS_PER_FURTHER_BATCH - clock.now();
      if (left > 0) {
        await this.receiving.pause(left, ended);
      } else {
        this.allowed += 1;
        this.fullSince = undefined;
      }
    }
  }

  /** AWS refuses such a mapping when it is made; here the queue is asked under the role that polls it. */
  private async isTimeEnough(): Promise<boolean> {
    const { functionArn } = this.settings;
    const timeout = this.options.lambda.timeoutOf(functionArn);
    const { Attributes } = await this.ask("GetQueueAttributes", { AttributeNames: ["VisibilityTimeout"] });
    const visibility = Number((Attributes as Record<string, string> | undefined)?.VisibilityTimeout);
    if (visibility >= timeout) return true;
    this.log(
      `does not invoke ${nameOf(functionArn)}: Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds. AWS refuses this mapping.`,
    );
    return false;
  }

  /** A batch: what one receive gives, or what comes within the batching window that the first message begins. */
  private async gather(): Promise<Message[]> {
    const { batch_size, maximum_batching_window_in_seconds } = this.settings.mapping;
    const messages: Message[] = [];
    let end = Number.POSITIVE_INFINITY;
    while (messages.length < batch_size) {
      const left = Math.ceil((end - this.options.clock.now()) / 1_000);
      if (left <= 0) break;
      const { Messages } = await this.ask("ReceiveMessage", {
        MaxNumberOfMessages: Math.min(MAX_RECEIVED, batch_size - messages.length),
        WaitTimeSeconds: Math.min(LONG_POLL_SECONDS, left),
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      });
      messages.push(...((Messages as Message[] | undefined) ?? []));
      if (messages.length > 0 && end === Number.POSITIVE_INFINITY) {
        end = this.options.clock.now() + maximum_batching_window_in_seconds * 1_000;
      }
    }
    return messages;
  }

  private async process(messages: readonly Message[]): Promise<void> {
    const { place, lambda } = this.options;
    const { functionArn, isWanted, mapping } = this.settings;
    await this.delete(messages.filter(({ Body }) => !isWanted(Body)).map(({ ReceiptHandle }) => ReceiptHandle));
    const records = messages
      .filter(({ Body }) => isWanted(Body))
      .map((message) => recordOf(message, mapping.event_source_arn, place.region));
    for (const part of partsOf(records)) {
      const result = await this.working.wait(tryInvoke(lambda, functionArn, { Records: part }));
      const failed = this.failedOf(part, result);
      if (failed.size > 0) {
        const why = "functionError" in result ? `: ${result.functionError.errorMessage}` : "";
        this.log(`${failed.size} of ${part.length} messages failed in ${nameOf(functionArn)}${why}`);
      }
      const done = part.filter(({ messageId }) => !failed.has(messageId));
      await this.delete(done.map(({ receiptHandle }) => receiptHandle));
    }
  }

  private failedOf(records: readonly SqsRecord[], result: InvocationResult): ReadonlySet<string> {
    const ids = records.map(({ messageId }) => messageId);
    if ("functionError" in result) return new Set(ids);
    if (!this.settings.mapping.function_response_types.includes("ReportBatchItemFailures")) return new Set();
    return reportedFailures(result.payload, ids) ?? new Set(ids);
  }

  /** What is not deleted comes back after its visibility timeout, so a failure here is told and nothing more. */
  private async delete(receiptHandles: readonly string[]): Promise<void> {
    const entries = receiptHandles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    for (let at = 0; at < entries.length; at += MAX_RECEIVED) {
      const Entries = entries.slice(at, at + MAX_RECEIVED);
      const answer = this.call("DeleteMessageBatch", { Entries }).catch((error: unknown) => ({
        Failed: Entries,
        error,
      }));
      const { Failed, error } = (await this.working.wait(answer)) as { Failed?: readonly unknown[]; error?: unknown };
      if (Failed?.length) this.log(`${Failed.length} messages could not be deleted${error ? `: ${error}` : ""}`);
    }
  }

  /** Asks the queue until it answers. */
  private async ask(operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    while (true) {
      const asked = this.call(operation, input).catch((error: unknown) => ({ error }));
      const answer = await this.receiving.wait(asked).catch((ended: unknown) => {
        void asked.then((late) => this.putBack(late));
        throw ended;
      });
      if (!("error" in answer)) {
        this.complaint = undefined;
        return answer;
      }
      const complaint = String(answer.error);
      if (complaint !== this.complaint) this.log(`can not be polled: ${complaint}`);
      this.complaint = complaint;
      await this.receiving.pause(PAUSE_AFTER_ERROR_MS);
    }
  }

  /** Makes messages visible that came when the polling had ended: whoever polls next need not wait for them. */
  private async putBack({ Messages = [] }: Record<string, unknown>): Promise<void> {
    for (const { ReceiptHandle } of Messages as readonly Message[]) {
      // What cannot be put back comes back by itself, later.
      await this.call("ChangeMessageVisibility", { ReceiptHandle, VisibilityTimeout: 0 }).catch(() => undefined);
    }
  }

  private async call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    // A change of the function may have given it another role.
    const caller = this.options.lambda.roleOf(this.settings.functionArn);
    return this.options.queues.call(caller, operation, { QueueUrl: this.queueUrl, ...input });
  }

  private log(message: string): void {
    this.options.log(this.queueName, message);
  }
}

function readSettings(mapping: QueueMappingArguments): Settings {
  const queueName = nameOf(mapping.event_source_arn);
  if (queueName.endsWith(".fifo")) throw new Error(`${queueName}: FIFO queues are not modelled by the local run.`);
  if (mapping.batch_size > MAX_RECEIVED && mapping.maximum_batching_window_in_seconds === 0) {
    throw new Error(
      `aws_lambda_event_source_mapping of ${queueName}: maximum_batching_window_in_seconds must be at least 1 where batch_size is above ${MAX_RECEIVED}, got: 0`,
    );
  }
  const isWanted = bodyFilter(mapping.filter_criteria?.filter.map(({ pattern }) => pattern) ?? []);
  return { mapping, functionArn: mapping.function_name, isWanted };
}

/** Messages can be filtered by their body only: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html */
function bodyFilter(patterns: readonly string[]): (body: string) => boolean {
  const filters = patterns.map((pattern) => {
    const fields = parsed(pattern);
    const names = isObject(fields) ? Object.keys(fields) : [];
    if (names.some((name) => name !== "body")) {
      throw new Error(`filter_criteria: messages of a queue can be filtered by their body only, got: ${pattern}`);
    }
    const isForText = isObject(fields) && Array.isArray(fields.body);
    const matches = eventFilter([pattern]);
    return (text: string): boolean => {
      const json = parsed(text);
      if (isForText) return json === undefined && matches({ body: text });
      return json !== undefined && matches({ body: json });
    };
  });
  return (body) => filters.length === 0 || filters.some((matches) => matches(body));
}

function recordOf(message: Message, eventSourceARN: string, awsRegion: string) {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => {
    const { DataType: dataType, StringValue: stringValue, BinaryValue } = attribute;
    const binaryValue = BinaryValue instanceof Uint8Array ? Buffer.from(BinaryValue).toString("base64") : BinaryValue;
    return [name, { stringValue, binaryValue, stringListValues: [], binaryListValues: [], dataType }];
  });
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion,
  };
}

/** The URL of a queue. Its host says nothing here. */
export function queueUrlOf(queueArn: string): string {
  const [, , , region, accountId, queueName] = queueArn.split(":");
  return `https://sqs.${region}.amazonaws.com/${accountId}/${queueName}`;
}
