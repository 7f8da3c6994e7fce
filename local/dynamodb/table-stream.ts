import { createHash } from "node:crypto";
import type { Clock } from "../aws";
import type { StreamRecord } from "../lambda/event-source-mappings";
import type { Item } from "./table-contents";

/** An item before and after a change, and who made it, if DynamoDB did. */
export interface Images extends Pick<StreamRecord, "userIdentity"> {
  readonly before?: Item;
  readonly after?: Item;
}

export const eventNameOf = ({ before, after }: Images): StreamRecord["eventName"] =>
  before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY";

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.DataRetention */
const RETENTION_SECONDS = 86_400;
const MAX_PASSED_RECORDS = 10_000;
/** Number of the first record of a table, less one: all have as many digits. */
const FIRST_SEQUENCE = 10n ** 20n;

/**
 * A table's stream: one shard, records in order, each for 24 hours. What all readers that tell how far they are have passed may go before: of
 * that, no more than the last 10,000 records are kept. While a reader does not tell, all stay for their 24 hours.
 */
export class TableStream {
  readonly listeners = new Set<() => void>();
  private readonly kept: StreamRecord[] = [];
  private readonly passed = new Map<string, bigint>();

  /**
   * @param label the last part of the stream's ARN
   * @param last number of the record before those that are added
   */
  constructor(
    private readonly tableName: string,
    readonly label: string,
    readonly viewType: string,
    private readonly clock: Clock,
    private last: bigint = FIRST_SEQUENCE,
  ) {}

  /** Number of the last record, whether or not it is kept. */
  get lastSequence(): bigint {
    return this.last;
  }

  /** Oldest first. */
  get records(): readonly StreamRecord[] {
    this.trim();
    return this.kept;
  }

  /** Up to so many records after a sequence number, of a record that is kept or not; without one, from the oldest on. */
  after(sequence: string | undefined, limit: number): readonly StreamRecord[] {
    this.trim();
    const start = sequence === undefined ? 0 : this.countUpTo(BigInt(sequence));
    return this.kept.slice(start, start + limit);
  }

  /**
   * The record that a change would have. It is not on the stream before it is added.
   * @param ahead how many others will be added before it
   */
  recordOf(keys: Item, images: Images, ahead = 0): StreamRecord {
    const { before, after, userIdentity } = images;
    const sequence = String(this.last + 1n + BigInt(ahead));
    const has = (image: string): boolean => this.viewType === image || this.viewType === "NEW_AND_OLD_IMAGES";
    const seen = {
      ...(after && has("NEW_IMAGE") ? { NewImage: after } : {}),
      ...(before && has("OLD_IMAGE") ? { OldImage: before } : {}),
    };
    return {
      eventID: createHash("md5").update(`${this.tableName} ${this.label} ${sequence}`).digest("hex"),
      eventName: eventNameOf(images),
      ...(userIdentity && { userIdentity }),
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(this.clock.now() / 1_000),
        Keys: keys,
        ...seen,
        SequenceNumber: sequence,
        SizeBytes: Buffer.byteLength(JSON.stringify({ keys, ...seen })),
        StreamViewType: this.viewType,
      },
    };
  }

  add(record: StreamRecord): void {
    this.kept.push(record);
    this.last = BigInt(record.dynamodb.SequenceNumber);
    this.trim();
  }

  /** Says that a reader is done, for good, with all records up to this one; with none of them yet, where there is no number. */
  checkpoint(reader: string, sequence: string | undefined): void {
    this.passed.set(reader, BigInt(sequence ?? 0));
    this.trim();
  }

  /** Says that there is no such reader any more. */
  leave(reader: string): void {
    this.passed.delete(reader);
  }

  private trim(): void {
    const oldest = this.clock.now() / 1_000 - RETENTION_SECONDS;
    let gone = 0;
    while ((this.kept[gone]?.dynamodb.ApproximateCreationDateTime ?? oldest) < oldest) gone += 1;
    // Who listens reads, too, and may not have told yet.
    const isTold = this.passed.size > 0 && this.passed.size >= this.listeners.size;
    if (isTold && this.kept.length > MAX_PASSED_RECORDS) {
      const passed = Math.min(...[...this.passed.values()].map((sequence) => this.countUpTo(sequence)));
      gone = Math.max(gone, Math.min(passed, this.kept.length - MAX_PASSED_RECORDS));
    }
    if (gone > 0) this.kept.splice(0, gone);
  }

  /** How many of the records have this number or a smaller one: numbers follow each other without a gap. */
  private countUpTo(sequence: bigint): number {
    const older = this.last - BigInt(this.kept.length);
    return Math.min(Math.max(Number(sequence - older), 0), this.kept.length);
  }
}
