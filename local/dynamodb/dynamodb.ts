import { createHash, randomUUID } from "node:crypto";
import type * as http from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import dynalite from "dynalite";
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
import type { StreamRecord, StreamSource } from "../lambda/event-source-mappings";
import { ResourceArguments } from "../protocol/resource-arguments";

type Json = Record<string, unknown>;

interface Table {
  readonly tableName: string;
  readonly arn: string;
  /** Names of the partition key and, where there is one, of the sort key. */
  readonly keyNames: readonly string[];
  /** Name of the attribute that says, in seconds since 1970, when an item expires. */
  readonly timeToLiveAttribute?: string;
  readonly stream?: {
    readonly arn: string;
    readonly viewType: string;
    readonly records: StreamRecord[];
    readonly listeners: Set<() => void>;
  };
}

/** Operations on items, with the arguments that hold the key of what they change, if they change something. */
const operations: Readonly<Record<string, "Item" | "Key" | undefined>> = {
  PutItem: "Item",
  UpdateItem: "Key",
  DeleteItem: "Key",
  GetItem: undefined,
  Query: undefined,
  Scan: undefined,
  DescribeTable: undefined,
};

/** Arguments of a table that are known here; the others are errors that name them. */
const modelled = [
  ...[
    "name",
    "hash_key",
    "range_key",
    "ttl",
    "attribute",
    "billing_mode",
    "stream_enabled",
    "stream_view_type",
    "tags",
  ],
  ...["server_side_encryption", "point_in_time_recovery", "deletion_protection_enabled"],
];

const MAX_NESTING = 32;
/** DynamoDB takes up to days. */
const EXPIRY_MS = 60_000;
/** Items that expired longer ago are kept: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html */
const OLDEST_EXPIRY_SECONDS = 5 * 365 * 86_400;
/** Who deleted an item, as its record on the stream says. */
const TIME_TO_LIVE = { type: "Service", principalId: "dynamodb.amazonaws.com" } as const;
const SHARD_ID = "shardId-00000000000000000000-00000000";

/**
 * DynamoDB: dynalite in this process, with what it lacks: streams, the stored item beside a failed condition, the limit on nesting.
 *
 * A stream has one shard and keeps its records for the whole run. Changes of a table are made one after the other, so that the images in its
 * stream are those of just before and just after.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export class DynamoDb implements StreamSource {
  private readonly place: Place;
  private readonly access: Access;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly server: http.Server = dynalite({ createTableMs: 0 });
  private readonly secret = randomUUID();
  private readonly tables = new Map<string, Table>();
  /** The end of all that was asked so far: tables being made, changes under way. */
  private last: Promise<unknown>;
  /** Calls off the next look for what has expired. */
  private cancelExpiry?: () => void;
  private isStopped = false;

  constructor({ place, access, clock, log }: { place: Place; access: Access; clock: Clock; log: Log }) {
    this.place = place;
    this.access = access;
    this.clock = clock;
    this.log = log;
    // dynalite asks nobody for a right: what does not come from here is turned away.
    const [answer] = this.server.listeners("request") as [http.RequestListener];
    this.server.removeAllListeners("request");
    this.server.on("request", (request, response) => {
      if (request.headers["x-local-secret"] === this.secret) answer(request, response);
      else response.writeHead(403).end();
    });
    this.last = new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  /** Makes a table from the evaluated arguments of `aws_dynamodb_table`. */
  createTable(table: Readonly<Json>): { arn: string; id: string; stream_arn: string; stream_label: string } {
    const given = new ResourceArguments("aws_dynamodb_table", table, modelled);
    const tableName = given.requiredText("name");
    const rangeKey = table.range_key ?? undefined;
    const keyNames = [given.requiredText("hash_key"), ...(rangeKey === undefined ? [] : [String(rangeKey)])];
    const attributeNames = (table.attribute as readonly { name: string }[]).map(({ name }) => name);
    if (keyNames.some((name) => !attributeNames.includes(name))) {
      const message = `One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [${keyNames.join(", ")}]`;
      throw new AwsError("ValidationException", message);
    }
    const arn = `arn:${this.place.partition}:dynamodb:${this.place.region}:${this.place.accountId}:table/${tableName}`;
    const label = new Date(this.clock.now()).toISOString().replace("Z", "");
    const streamArn = `${arn}/stream/${label}`;
    const viewType = String(table.stream_view_type);
    this.tables.set(tableName, {
      tableName,
      arn,
      keyNames,
      timeToLiveAttribute: readTimeToLive(table.ttl),
      stream:
        table.stream_enabled === true ? { arn: streamArn, viewType, records: [], listeners: new Set() } : undefined,
    });
    const attributes = (table.attribute as readonly { name: string; type: string }[]).map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    }));
    this.inTurn(() =>
      this.makeTable({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: attributes,
        KeySchema: keyNames.map((name, at) => ({ AttributeName: name, KeyType: at === 0 ? "HASH" : "RANGE" })),
      }),
    );
    if (readTimeToLive(table.ttl) !== undefined && !this.cancelExpiry) this.expireInTime();
    return { arn, id: tableName, stream_arn: streamArn, stream_label: label };
  }

  /** One call, in the JSON protocol that every SDK speaks. */
  async handle(caller: Caller, { headers, body }: WireRequest): Promise<WireResponse> {
    const [api, operation = ""] = String(headers["x-amz-target"]).split(".");
    try {
      const input = inputOf(body);
      const result =
        api === "DynamoDBStreams_20120810"
          ? this.callStreams(caller, operation, input)
          : await this.call(caller, operation, input);
      return answer(200, result);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const item = error instanceof ConditionFailed ? { Item: error.item } : {};
      return answer(error.status === 403 ? 400 : error.status, {
        __type: `com.amazonaws.dynamodb.v20120810#${error.code}`,
        message: error.message,
        ...item,
      });
    }
  }

  /** Every item of a table, as DynamoDB writes it. For the person at the laptop, who needs no grant. */
  async items(tableName: string): Promise<readonly Json[]> {
    const { Items } = await this.inTurn(() => this.ask("Scan", { TableName: tableName }));
    return Items as readonly Json[];
  }

  async getRecords(
    caller: Caller,
    streamArn: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly StreamRecord[]> {
    this.access.authorize({ caller, action: "dynamodb:GetRecords", resource: streamArn });
    const { records } = this.streamOf(streamArn);
    const start = after === undefined ? 0 : records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === after) + 1;
    return records.slice(start, start + limit);
  }

  onRecords(streamArn: string, listener: () => void): () => void {
    const { listeners } = this.streamOf(streamArn);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelExpiry?.();
    await this.last;
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private async call(caller: Caller, operation: string, input: Json): Promise<Json> {
    if (!Object.hasOwn(operations, operation)) {
      throw new AwsError(
        "UnknownOperationException",
        `${operation} is not modelled in the local run: add it to local/dynamodb/dynamodb.ts`,
      );
    }
    const table = this.tables.get(String(input.TableName).split("/").at(-1) ?? "");
    const arn = `arn:${this.place.partition}:dynamodb:${this.place.region}:${this.place.accountId}:table/${input.TableName}`;
    this.access.authorize({ caller, action: `dynamodb:${operation}`, resource: table?.arn ?? arn });
    if (!table) throw new AwsError("ResourceNotFoundException", "Requested resource not found");
    const changed = operations[operation];
    if (!changed) return this.inTurn(() => this.ask(operation, input));
    requireNesting(input.Item);
    return this.inTurn(() => this.change(table, operation, input, keyOf(table, input[changed] as Json)));
  }

  /** Makes a change, and puts what it changed on the stream. */
  private async change(table: Table, operation: string, input: Json, key: Json): Promise<Json> {
    const before = await this.itemAt(table, key);
    const result = await this.ask(operation, input).catch((error: unknown) => {
      const isWanted = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
      throw isWanted && error instanceof AwsError && error.code === "ConditionalCheckFailedException"
        ? new ConditionFailed(error.message, before)
        : error;
    });
    const after = await this.itemAt(table, key);
    if (table.stream && !isDeepStrictEqual(before, after)) this.record(table.stream, key, { before, after });
    return result;
  }

  /** Looks again and again for what has expired, from the first table on whose items can. */
  private expireInTime(): void {
    this.cancelExpiry = this.clock.after(EXPIRY_MS, () => {
      const expired = this.inTurn(() => this.expire()).catch((error: unknown) => {
        this.log("dynamodb", `what has expired could not be deleted: ${error}`);
      });
      void expired.then(() => {
        if (!this.isStopped) this.expireInTime();
      });
    });
  }

  /** Deletes what has expired, and puts that on the streams. */
  private async expire(): Promise<void> {
    for (const table of this.tables.values()) {
      for (const item of await this.expiredIn(table)) {
        const key = keyOf(table, item);
        await this.ask("DeleteItem", { TableName: table.tableName, Key: key });
        if (table.stream) this.record(table.stream, key, { before: item, userIdentity: TIME_TO_LIVE });
      }
    }
  }

  private async expiredIn({ tableName, timeToLiveAttribute }: Table): Promise<readonly Json[]> {
    if (timeToLiveAttribute === undefined) return [];
    const now = Math.floor(this.clock.now() / 1_000);
    const items: Json[] = [];
    let ExclusiveStartKey: unknown;
    do {
      const page = await this.ask("Scan", {
        TableName: tableName,
        ExclusiveStartKey,
        FilterExpression: "attribute_type(#end, :type) AND #end BETWEEN :oldest AND :now",
        ExpressionAttributeNames: { "#end": timeToLiveAttribute },
        ExpressionAttributeValues: {
          ":type": { S: "N" },
          ":oldest": { N: String(now - OLDEST_EXPIRY_SECONDS) },
          ":now": { N: String(now) },
        },
      });
      items.push(...(page.Items as readonly Json[]));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  private async itemAt({ tableName, keyNames }: Table, key: Json): Promise<Json | undefined> {
    // A change with a malformed key is refused by dynalite, with AWS's words.
    if (keyNames.some((name) => key[name] === undefined)) return undefined;
    const found = await this.ask("GetItem", { TableName: tableName, Key: key, ConsistentRead: true }).catch(
      (): Json => ({}),
    );
    return found.Item as Json | undefined;
  }

  private record(
    stream: NonNullable<Table["stream"]>,
    key: Json,
    { before, after, userIdentity }: Pick<StreamRecord, "userIdentity"> & { before?: Json; after?: Json },
  ): void {
    const sequence = String(10n ** 20n + BigInt(stream.records.length + 1));
    const eventName = before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY";
    const has = (image: string): boolean => stream.viewType === image || stream.viewType === "NEW_AND_OLD_IMAGES";
    const images = {
      ...(after && has("NEW_IMAGE") ? { NewImage: after } : {}),
      ...(before && has("OLD_IMAGE") ? { OldImage: before } : {}),
    };
    stream.records.push({
      eventID: createHash("md5").update(sequence).digest("hex"),
      eventName,
      ...(userIdentity && { userIdentity }),
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(this.clock.now() / 1_000),
        Keys: key,
        ...images,
        SequenceNumber: sequence,
        SizeBytes: Buffer.byteLength(JSON.stringify({ key, ...images })),
        StreamViewType: stream.viewType,
      },
    });
    this.log(
      stream.arn.split("/")[1] ?? "",
      `${eventName} ${Object.values(key).map((value) => Object.values(value as Json)[0])}`,
    );
    for (const listener of stream.listeners) listener();
  }

  private callStreams(caller: Caller, operation: string, input: Json): Json {
    if (operation === "ListStreams") {
      this.access.authorize({ caller, action: "dynamodb:ListStreams", resource: "*" });
      const streams = [...this.tables.values()].flatMap(({ tableName, stream }) =>
        stream ? [{ StreamArn: stream.arn, TableName: tableName }] : [],
      );
      return { Streams: streams };
    }
    const iterator =
      operation === "GetRecords"
        ? (JSON.parse(String(input.ShardIterator)) as { arn: string; next: number })
        : undefined;
    const streamArn = iterator?.arn ?? String(input.StreamArn);
    if (!["DescribeStream", "GetShardIterator", "GetRecords"].includes(operation)) {
      throw new AwsError(
        "UnknownOperationException",
        `${operation} is not modelled in the local run: add it to local/dynamodb/dynamodb.ts`,
      );
    }
    this.access.authorize({ caller, action: `dynamodb:${operation}`, resource: streamArn });
    const { records, viewType } = this.streamOf(streamArn);
    if (iterator) {
      const found = records.slice(iterator.next, iterator.next + Number(input.Limit ?? 1_000));
      return {
        Records: found,
        NextShardIterator: JSON.stringify({ arn: streamArn, next: iterator.next + found.length }),
      };
    }
    if (operation === "DescribeStream") {
      const range = { StartingSequenceNumber: records[0]?.dynamodb.SequenceNumber ?? "0".repeat(21) };
      const shards = [{ ShardId: SHARD_ID, SequenceNumberRange: range }];
      return {
        StreamDescription: { StreamArn: streamArn, StreamStatus: "ENABLED", StreamViewType: viewType, Shards: shards },
      };
    }
    return { ShardIterator: JSON.stringify({ arn: streamArn, next: startOf(records, input) }) };
  }

  private streamOf(streamArn: string): NonNullable<Table["stream"]> {
    const stream = [...this.tables.values()].find((table) => table.stream?.arn === streamArn)?.stream;
    if (!stream)
      throw new AwsError("ResourceNotFoundException", `Requested resource not found: Stream: ${streamArn} not found`);
    return stream;
  }

  /** Makes a table and waits until it can be used: dynalite, as DynamoDB, answers before that. */
  private async makeTable(input: Json): Promise<void> {
    await this.ask("CreateTable", input);
    const { TableName } = input;
    for (let status = ""; status !== "ACTIVE"; ) {
      const { Table: table } = await this.ask("DescribeTable", { TableName });
      status = (table as { TableStatus: string }).TableStatus;
    }
  }

  /** Runs one thing after the other. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Asks dynalite. */
  private async ask(operation: string, input: Json): Promise<Json> {
    const { port } = this.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: "POST",
      headers: {
        "x-local-secret": this.secret,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        // dynalite wants to see a signature and does not check it; the real one was checked before.
        authorization:
          "AWS4-HMAC-SHA256 Credential=a/20260101/a/dynamodb/aws4_request, SignedHeaders=host, Signature=a",
        "x-amz-date": "20260101T000000Z",
      },
      body: JSON.stringify(input),
    });
    const body = (await response.json()) as Json;
    if (response.ok) return body;
    throw new AwsError(
      String(body.__type).split("#").at(-1) ?? "",
      String(body.message ?? body.Message),
      response.status,
    );
  }
}

/** @throws Error for a block without an attribute */
function readTimeToLive(block: unknown): string | undefined {
  const [ttl] = [block ?? []].flat() as readonly { readonly attribute_name?: string; readonly enabled?: boolean }[];
  if (ttl?.enabled !== true) return undefined;
  if (ttl.attribute_name) return ttl.attribute_name;
  throw new Error("ttl: attribute_name must be given where enabled is true");
}

class ConditionFailed extends AwsError {
  constructor(
    message: string,
    readonly item: Json | undefined,
  ) {
    super("ConditionalCheckFailedException", message);
  }
}

const answer = (status: number, body: object): WireResponse => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: JSON.stringify(body),
});

/** The input of a call: an object in JSON, whatever else is in it. */
function inputOf(body: string): Json {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === "object" && input !== null) return input as Json;
  } catch {
    // told below, like every other body that is no object
  }
  throw new AwsError("SerializationException", "The body must be an object in JSON");
}

const keyOf = ({ keyNames }: Table, source: Json | null = {}): Json =>
  Object.fromEntries(keyNames.map((name) => [name, source?.[name]]));

/** Levels of maps and lists in an attribute value. */
function nestingOf(value: unknown): number {
  const { M: map, L: list } = (value ?? {}) as { M?: Json; L?: unknown[] };
  const inner = map ? Object.values(map) : list;
  return inner ? 1 + inner.reduce<number>((deepest, item) => Math.max(deepest, nestingOf(item)), 0) : 0;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
function requireNesting(item: unknown): void {
  if (Object.values((item ?? {}) as Json).some((value) => nestingOf(value) > MAX_NESTING)) {
    throw new AwsError("ValidationException", "Nesting Levels have exceeded supported limits");
  }
}

/** Place of the record that an iterator starts at. */
function startOf(
  records: readonly StreamRecord[],
  { ShardIteratorType: type, SequenceNumber: sequence }: Json,
): number {
  const at = records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === sequence);
  if (type === "LATEST") return records.length;
  if (type === "AT_SEQUENCE_NUMBER") return at;
  if (type === "AFTER_SEQUENCE_NUMBER") return at + 1;
  return 0;
}
