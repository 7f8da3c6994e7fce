import { type Access, AwsError, type Caller } from "../aws";
import type { StreamRecord } from "../lambda/event-source-mappings";
import type { TableStream } from "./table-stream";

type Json = Record<string, unknown>;

/** A stream that can be read now. */
export interface NamedStream {
  readonly streamArn: string;
  readonly tableName: string;
  readonly stream: TableStream;
}

const SHARD_ID = "shardId-00000000000000000000-00000000";
const MAX_RECORDS = 1_000;
const operations = ["DescribeStream", "GetShardIterator", "GetRecords"];

/**
 * DynamoDB Streams, as the SDKs call it: every stream is one shard, which never ends.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
export class Streams {
  constructor(
    private readonly options: {
      readonly access: Access;
      readonly streams: () => readonly NamedStream[];
    },
  ) {}

  /** @throws AwsError `ResourceNotFoundException` */
  find(streamArn: string): TableStream {
    const found = this.options.streams().find((one) => one.streamArn === streamArn);
    if (found) return found.stream;
    throw new AwsError("ResourceNotFoundException", `Requested resource not found: Stream: ${streamArn} not found`);
  }

  /** @throws AwsError as DynamoDB Streams words it */
  call(caller: Caller, operation: string, input: Json): Json {
    if (operation === "ListStreams") {
      this.options.access.authorize({ caller, action: "dynamodb:ListStreams", resource: "*" });
      return {
        Streams: this.options
          .streams()
          .map(({ streamArn, tableName }) => ({ StreamArn: streamArn, TableName: tableName })),
      };
    }
    if (!operations.includes(operation)) {
      throw new AwsError(
        "UnknownOperationException",
        `${operation} is not modelled in the local run: add it to local/dynamodb/streams.ts`,
      );
    }
    const iterator = operation === "GetRecords" ? readIterator(input.ShardIterator) : undefined;
    const streamArn = iterator?.streamArn ?? String(input.StreamArn);
    this.options.access.authorize({ caller, action: `dynamodb:${operation}`, resource: streamArn });
    const stream = this.find(streamArn);
    if (iterator) return getRecords(stream, iterator, input);
    if (operation === "DescribeStream") return describe(streamArn, stream);
    return { ShardIterator: JSON.stringify({ streamArn, after: startOf(stream, input) }) };
  }
}

/** Where a reader is: behind the record with this sequence number, which may be gone, or at the oldest. */
interface Iterator {
  readonly streamArn: string;
  readonly after?: string;
}

function readIterator(text: unknown): Iterator {
  try {
    const { streamArn, after } = JSON.parse(String(text)) as Iterator;
    if (typeof streamArn === "string" && (after === undefined || /^\d+$/.test(after))) return { streamArn, after };
  } catch {
    // told below, like every other text that is no iterator
  }
  throw new AwsError("ValidationException", "Invalid ShardIterator");
}

function getRecords(stream: TableStream, { streamArn, after }: Iterator, { Limit = MAX_RECORDS }: Json): Json {
  const records = stream.after(after, Number(Limit));
  const next: Iterator = { streamArn, after: sequenceOf(records.at(-1)) ?? after };
  return { Records: records, NextShardIterator: JSON.stringify(next) };
}

function describe(streamArn: string, { records, viewType }: TableStream): Json {
  const range = { StartingSequenceNumber: sequenceOf(records[0]) ?? "0".repeat(21) };
  return {
    StreamDescription: {
      StreamArn: streamArn,
      StreamStatus: "ENABLED",
      StreamViewType: viewType,
      Shards: [{ ShardId: SHARD_ID, SequenceNumberRange: range }],
    },
  };
}

/** The sequence number that an iterator reads behind; none at the oldest record. */
function startOf(
  { records, lastSequence }: TableStream,
  { ShardIteratorType: type, SequenceNumber: sequence }: Json,
): string | undefined {
  if (type === "LATEST") return String(lastSequence);
  if (type !== "AT_SEQUENCE_NUMBER" && type !== "AFTER_SEQUENCE_NUMBER") return undefined;
  const at = records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === sequence);
  if (at < 0) {
    throw new AwsError(
      "TrimmedDataAccessException",
      `The operation attempted to read past the oldest stream record in a shard. ${sequence} is none of its records`,
    );
  }
  return String(BigInt(String(sequence)) - (type === "AT_SEQUENCE_NUMBER" ? 1n : 0n));
}

const sequenceOf = (record: StreamRecord | undefined): string | undefined => record?.dynamodb.SequenceNumber;
