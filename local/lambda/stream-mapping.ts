import { randomUUID } from "node:crypto";
import type { Caller, Clock, Log, Place } from "../aws";
import { nameOf, partsOf, reportedFailures, tryInvoke } from "./batch-response";
import type { Checkpoints } from "./checkpoints";
import { eventFilter } from "./event-filter";
import type { InvocationResult, Lambda } from "./lambda";
import type { StreamMappingArguments } from "./lambda-arguments";
import { Polling } from "./polling";
import { type QueueSource, queueUrlOf } from "./queue-mapping";

/** A change of a table's item, as DynamoDB Streams gives it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  /** Of what DynamoDB deleted itself, because it had expired. */
  readonly userIdentity?: { readonly type: "Service"; readonly principalId: string };
  readonly dynamodb: {
    readonly Keys: unknown;
    readonly NewImage?: unknown;
    readonly OldImage?: unknown;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
  };
}

/** What a stream must offer; local/dynamodb/dynamodb.ts does: one shard, records in order. */
export interface StreamSource {
  /** Up to `limit` records after a sequence number (undefined: from the oldest), authorized as GetRecords of the caller. */
  getRecords(
    caller: Caller,
    streamArn: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly StreamRecord[]>;
  /**
   * Calls a listener when there are new records.
   * @returns a way to end that
   */
  onRecords(streamArn: string, listener: () => void): () => void;
  /** Is told how far a reader is: up to this sequence number it never reads again. */
  checkpoint(streamArn: string, reader: string, after: string | undefined): void;
  /** Is told that a reader is no more. */
  leave(streamArn: string, reader: string): void;
}

interface Settings {
  readonly mapping: StreamMappingArguments;
  readonly functionArn: string;
  readonly isWanted: (record: unknown) => boolean;
}

/** Records that are invoked together, in order. */
interface Batch {
  readonly records: readonly StreamRecord[];
  /** Invocations with these records so far. */
  readonly invocations: number;
  /** Of those, retries: what the maximum counts. Splitting a batch is none. */
  readonly retries: number;
  readonly last?: InvocationResult;
}

const SHARD_ID = "shardId-00000000000000000000-00000000";
/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.DataRetention */
const RETENTION_SECONDS = 86_400;
const PAUSE_AFTER_ERROR_MS = 1_000;
const FIRST_RETRY_MS = 50;
const SLOWEST_RETRY_MS = 1_000;

/**
 * A table's stream that invokes a function, under the function's role and in the order of the stream.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
 */
export class StreamMapping {
  private readonly reading: Polling;
  private readonly working: Polling;
  private readonly tableName: string;
  private settings: Settings;
  /** Sequence number of the last record read. */
  private position?: string;
  private complaint?: string;
  private news = Promise.resolve();
  private endNews: () => void = () => undefined;

  /** @throws Error for what is not modelled; AwsError for a filter that AWS refuses */
  constructor(
    mapping: StreamMappingArguments,
    private readonly options: {
      readonly place: Place;
      readonly clock: Clock;
      readonly log: Log;
      readonly lambda: Pick<Lambda, "invoke" | "roleOf">;
      readonly queues: QueueSource;
      readonly streams: StreamSource;
      readonly checkpoints: Checkpoints;
    },
  ) {
    this.settings = readSettings(mapping);
    this.tableName = mapping.event_source_arn.split("/")[1] ?? "";
    this.reading = new Polling(options.clock);
    this.working = new Polling(options.clock);
  }

  start(): void {
    this.reading.run(async () => {
      const { streams } = this.options;
      const forget = streams.onRecords(this.streamArn, () => this.endNews());
      try {
        await this.poll();
      } finally {
        forget();
        streams.leave(this.streamArn, this.settings.functionArn);
      }
    });
  }

  /** Goes on with other settings, from the next batch on. @throws Error, AwsError as the constructor; it is then as it was */
  update(mapping: StreamMappingArguments): void {
    const before = this.settings.functionArn;
    this.settings = readSettings(mapping);
    if (before !== this.settings.functionArn) this.options.streams.leave(this.streamArn, before);
  }

  /** Ends the reading once an invocation under way is over. What did not succeed by then is left to whoever reads on. */
  drain(): Promise<void> {
    return this.reading.stop();
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    await Promise.all([this.reading.stop(), this.working.stop()]);
  }

  private get streamArn(): string {
    return this.settings.mapping.event_source_arn;
  }

  private get caller(): Caller {
    // A change of the function may have given it another role.
    return this.options.lambda.roleOf(this.settings.functionArn);
  }

  private async poll(): Promise<void> {
    const { checkpoints } = this.options;
    const { mapping, functionArn } = this.settings;
    const checkpoint = checkpoints.get(functionArn, this.streamArn);
    this.position = checkpoint?.after;
    let isBehind = !checkpoint && mapping.starting_position === "LATEST";
    while (isBehind) isBehind = (await this.read(mapping.batch_size)).length > 0;
    this.checkpoint(this.position);
    while (true) {
      for (const records of partsOf(await this.gather())) {
        await this.process(records);
        this.checkpoint(records.at(-1)?.dynamodb.SequenceNumber);
      }
    }
  }

  private checkpoint(after: string | undefined): void {
    const { checkpoints, streams } = this.options;
    const { functionArn } = this.settings;
    try {
      checkpoints.set(functionArn, this.streamArn, { after });
      streams.checkpoint(this.streamArn, functionArn, after);
    } catch (error) {
      this.log(`how far it is read could not be kept, so that a later run reads again: ${error}`);
    }
  }

  /** A batch: what one read gives, or what comes within the batching window that the first record begins. */
  private async gather(): Promise<StreamRecord[]> {
    const { batch_size, maximum_batching_window_in_seconds } = this.settings.mapping;
    const { clock } = this.options;
    const records: StreamRecord[] = [];
    let end = Number.POSITIVE_INFINITY;
    while (records.length < batch_size && clock.now() < end) {
      const read = await this.read(batch_size - records.length);
      records.push(...read.filter((record) => this.settings.isWanted(this.eventOf(record))));
      if (records.length > 0 && end === Number.POSITIVE_INFINITY) {
        end = clock.now() + maximum_batching_window_in_seconds * 1_000;
      }
      if (read.length > 0) continue;
      if (end === Number.POSITIVE_INFINITY) await this.reading.wait(this.news);
      else await this.reading.pause(end - clock.now(), this.news);
    }
    return records;
  }

  /** Reads on in the stream; asks until it answers. */
  private async read(limit: number): Promise<readonly StreamRecord[]> {
    while (true) {
      this.news = new Promise((resolve) => {
        this.endNews = resolve;
      });
      const answer = this.ask(limit).catch((error: unknown) => ({ error }));
      const records = await this.reading.wait(answer);
      if (!("error" in records)) {
        this.complaint = undefined;
        this.position = records.at(-1)?.dynamodb.SequenceNumber ?? this.position;
        return records;
      }
      const complaint = `stream can not be read: ${records.error}`;
      if (complaint !== this.complaint) this.log(complaint);
      this.complaint = complaint;
      await this.reading.pause(PAUSE_AFTER_ERROR_MS);
    }
  }

  private async ask(limit: number): Promise<readonly StreamRecord[]> {
    return this.options.streams.getRecords(this.caller, this.streamArn, this.position, limit);
  }

  /** Brings a batch to its end, part by part if need be. What comes after it in the stream waits. */
  private async process(records: readonly StreamRecord[]): Promise<void> {
    const pending: Batch[] = [{ records, invocations: 0, retries: 0 }];
    for (let batch = pending.shift(); batch; batch = pending.shift()) pending.unshift(...(await this.attempt(batch)));
  }

  /** Gives up what is too old and invokes the function with the rest. Returns what is left to do, in order. */
  private async attempt(batch: Batch): Promise<readonly Batch[]> {
    const expired = batch.records.filter((record) => this.isTooOld(record));
    if (expired.length > 0) await this.giveUp({ ...batch, records: expired }, "RecordAgeExceeded");
    const records = batch.records.slice(expired.length);
    if (records.length === 0) return [];

    const { functionArn } = this.settings;
    const event = { Records: records.map((record) => this.eventOf(record)) };
    const last = await this.working.wait(tryInvoke(this.options.lambda, functionArn, event));
    const checkpoint = this.firstFailed(records, last);
    if (checkpoint === records.length) return [];
    const why = "functionError" in last ? `: ${last.functionError.errorMessage}` : "";
    const failed = records.slice(checkpoint);
    this.log(`${failed.length} of ${records.length} records failed in ${nameOf(functionArn)}${why}`);
    return this.again({ ...batch, records: failed, invocations: batch.invocations + 1, last }, checkpoint > 0);
  }

  /**
   * How to go on with failed records. A split is no retry, so that it always comes down to the one record at fault.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html#streams-batchfailurereporting-bisect
   */
  private async again(batch: Batch, isSplit: boolean): Promise<readonly Batch[]> {
    const { bisect_batch_on_function_error: bisects, maximum_retry_attempts: maximum } = this.settings.mapping;
    const { records, retries } = batch;
    if (bisects && isSplit) return [{ ...batch, retries: 0 }];
    if (bisects && records.length > 1) {
      const middle = Math.ceil(records.length / 2);
      return [records.slice(0, middle), records.slice(middle)].map((half) => ({ ...batch, records: half, retries: 0 }));
    }
    if (maximum >= 0 && retries >= maximum) {
      await this.giveUp(batch, "RetryAttemptsExhausted");
      return [];
    }
    await this.reading.pause(Math.min(FIRST_RETRY_MS * 2 ** retries, SLOWEST_RETRY_MS));
    return [{ ...batch, retries: retries + 1 }];
  }

  /** Where the records that did not succeed begin; their number, if all did. */
  private firstFailed(records: readonly StreamRecord[], result: InvocationResult): number {
    if ("functionError" in result) return 0;
    if (!this.settings.mapping.function_response_types.includes("ReportBatchItemFailures")) return records.length;
    const ids = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
    const failed = reportedFailures(result.payload, ids);
    if (!failed) return 0;
    const first = ids.findIndex((id) => failed.has(id));
    return first < 0 ? records.length : first;
  }

  private isTooOld({ dynamodb }: StreamRecord): boolean {
    const { maximum_record_age_in_seconds: maximum } = this.settings.mapping;
    const seconds = maximum < 0 ? RETENTION_SECONDS : Math.min(maximum, RETENTION_SECONDS);
    return this.options.clock.now() / 1_000 - dynamodb.ApproximateCreationDateTime > seconds;
  }

  /** Tells the on-failure queue where the records are: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
  private async giveUp(
    { records, invocations, last }: Batch,
    condition: "RecordAgeExceeded" | "RetryAttemptsExhausted",
  ): Promise<void> {
    const { clock, queues } = this.options;
    const { functionArn, mapping } = this.settings;
    this.log(`${records.length} records given up: ${condition}`);
    const destination = mapping.destination_config?.on_failure?.destination_arn;
    if (!destination) return;
    const [first, end] = [records[0]?.dynamodb, records.at(-1)?.dynamodb];
    const functionError = last && "functionError" in last ? "Unhandled" : null;
    const body = {
      requestContext: {
        requestId: last?.requestId ?? randomUUID(),
        functionArn,
        condition,
        approximateInvokeCount: invocations,
      },
      ...(last && { responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError } }),
      version: "1.0",
      timestamp: new Date(clock.now()).toISOString(),
      DDBStreamBatchInfo: {
        shardId: SHARD_ID,
        startSequenceNumber: first?.SequenceNumber,
        endSequenceNumber: end?.SequenceNumber,
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(end),
        batchSize: records.length,
        streamArn: this.streamArn,
      },
    };
    const message = { QueueUrl: queueUrlOf(destination), MessageBody: JSON.stringify(body) };
    const send = async () => queues.call(this.caller, "SendMessage", message);
    const sent = send().catch((error: unknown) => {
      this.log(`on-failure message could not be sent to ${nameOf(destination)} and is lost: ${error}`);
    });
    await this.working.wait(sent);
  }

  private eventOf({ eventID, eventName, userIdentity, dynamodb }: StreamRecord) {
    return {
      eventID,
      eventName,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: this.options.place.region,
      ...(userIdentity && { userIdentity }),
      dynamodb,
      eventSourceARN: this.streamArn,
    };
  }

  private log(message: string): void {
    this.options.log(this.tableName, message);
  }
}

function readSettings(mapping: StreamMappingArguments): Settings {
  const destination = mapping.destination_config?.on_failure?.destination_arn;
  if (destination !== undefined && destination.split(":")[2] !== "sqs") {
    throw new Error(`destination_config must name a queue in the local run, got: ${destination}`);
  }
  const isWanted = eventFilter(mapping.filter_criteria?.filter.map(({ pattern }) => pattern) ?? []);
  return { mapping, functionArn: mapping.function_name, isWanted };
}

/** Whole seconds, as AWS writes it. */
const arrival = (record: StreamRecord["dynamodb"] | undefined): string =>
  new Date((record?.ApproximateCreationDateTime ?? 0) * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
