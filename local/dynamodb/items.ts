import { isDeepStrictEqual } from "node:util";
import { type Access, AwsError, type Caller, type Clock, type Log } from "../aws";
import type { StreamRecord } from "../lambda/event-source-mappings";
import type { Tell } from "../traffic";
import type { Engine } from "./engine";
import { requireNesting } from "./input";
import type { Item, TableContents } from "./table-contents";
import { eventNameOf, type Images } from "./table-stream";
import { expiredOf } from "./time-to-live";
import type { Turns } from "./turns";

type Json = Record<string, unknown>;

/** A table that was made in this run. */
export interface Table {
  readonly tableName: string;
  readonly arn: string;
  /** Names of the partition key and, where there is one, of the sort key. */
  readonly keyNames: readonly string[];
  /** Name of the attribute that says, in seconds since 1970, when an item expires. */
  timeToLiveAttribute?: string;
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

/** Who deleted an item, as its record on the stream says. */
const TIME_TO_LIVE = { type: "Service", principalId: "dynamodb.amazonaws.com" } as const;

/** A condition that failed, and what it failed of, where the caller asked for that. */
export class ConditionFailed extends AwsError {
  constructor(
    message: string,
    readonly item: Json | undefined,
  ) {
    super("ConditionalCheckFailedException", message);
  }
}

/** What is done with the items of tables: the engine does it, and what it changed is kept and put on the table's stream. */
export class ItemOperations {
  constructor(
    private readonly options: {
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      readonly tell?: Tell;
      readonly engine: Engine;
      readonly contents: TableContents;
      readonly turns: Turns;
      /** The tables that there are now, by name. */
      readonly tables: ReadonlyMap<string, Table>;
      readonly arnOf: (tableName: string) => string;
    },
  ) {}

  /** @throws AwsError as DynamoDB words it; `ConditionFailed` with what a condition failed of */
  async call(caller: Caller, operation: string, input: Json): Promise<Json> {
    if (!Object.hasOwn(operations, operation)) {
      throw new AwsError(
        "UnknownOperationException",
        `${operation} is not modelled in the local run: add it to local/dynamodb/items.ts`,
      );
    }
    const table = this.options.tables.get(String(input.TableName).split("/").at(-1) ?? "");
    const arn = table?.arn ?? this.options.arnOf(String(input.TableName));
    this.options.access.authorize({ caller, action: `dynamodb:${operation}`, resource: arn });
    if (!table) throw notFound();
    const changed = operations[operation];
    if (operation === "DescribeTable") return this.describeTable(table, input);
    if (!changed) return this.options.turns.take(() => this.options.engine.ask(operation, input));
    return this.write(table, operation, input);
  }

  /** Makes one change, which the caller was asked about before. @throws AwsError as `call` */
  async write(table: Table, operation: string, input: Json): Promise<Json> {
    requireNesting(input.Item);
    return this.options.turns.take(() => this.change(table, operation, input));
  }

  /** dynalite knows neither the account nor streams. */
  private async describeTable({ tableName, arn }: Table, input: Json): Promise<Json> {
    const { Table: described } = await this.options.turns.take(() => this.options.engine.ask("DescribeTable", input));
    const stream = this.options.contents.of(tableName)?.stream;
    const streaming = stream && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
      LatestStreamArn: `${arn}/stream/${stream.label}`,
      LatestStreamLabel: stream.label,
    };
    return { Table: { ...(described as Json), TableArn: arn, ...streaming } };
  }

  /** Makes a change, and puts what it changed on the stream. */
  private async change(table: Table, operation: string, input: Json): Promise<Json> {
    const { result, images } = await this.attempt(table, operation, input);
    if (images) await this.keep(table, images);
    return result;
  }

  /**
   * Has dynalite make a change, which is neither kept nor told of yet. To be called in turn.
   * @returns `images` where something changed
   * @throws AwsError as `call`; nothing has changed then
   */
  async attempt(table: Table, operation: string, input: Json): Promise<{ result: Json; images?: Images }> {
    const key = keyOf(table, input[operations[operation] ?? "Key"] as Json);
    const before = await this.itemAt(table, key);
    const result = await this.options.engine.ask(operation, input).catch((error: unknown) => {
      const isWanted = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
      throw isWanted && error instanceof AwsError && error.code === "ConditionalCheckFailedException"
        ? new ConditionFailed(error.message, before)
        : error;
    });
    const after = await this.itemAt(table, key);
    return isDeepStrictEqual(before, after) ? { result } : { result, images: { before, after } };
  }

  /** Has dynalite take a change back: what cannot be kept must not stay with it, where a condition would find it. */
  async takeBack({ tableName }: Table, key: Item, { before }: Images): Promise<void> {
    if (before) await this.options.engine.ask("PutItem", { TableName: tableName, Item: before });
    else await this.options.engine.ask("DeleteItem", { TableName: tableName, Key: key });
  }

  /** Deletes what has expired, and puts that on the streams. */
  async expire(): Promise<void> {
    const now = this.options.clock.now();
    for (const table of this.options.tables.values()) {
      const { tableName, timeToLiveAttribute } = table;
      const items = this.options.contents.of(tableName)?.items.values() ?? [];
      for (const item of expiredOf([...items], timeToLiveAttribute, now)) {
        await this.options.engine.ask("DeleteItem", { TableName: tableName, Key: keyOf(table, item) });
        await this.keep(table, { before: item, userIdentity: TIME_TO_LIVE });
      }
    }
  }

  /** The item of a key, where there is one. To be called in turn. */
  async itemAt({ tableName, keyNames }: Table, key: Json): Promise<Json | undefined> {
    // A change with a malformed key is refused by dynalite, with AWS's words.
    if (keyNames.some((name) => key[name] === undefined)) return undefined;
    const found = await this.options.engine
      .ask("GetItem", { TableName: tableName, Key: key, ConsistentRead: true })
      .catch((): Json => ({}));
    return found.Item as Json | undefined;
  }

  /** Keeps a change that dynalite has made, and tells of it. */
  private async keep(table: Table, images: Images): Promise<void> {
    const keys = keyOf(table, images.after ?? images.before);
    // Deleted while dynalite was at it.
    if (!this.isThere(table)) throw notFound();
    this.announce(table, images, await this.commit(table, keys, images));
  }

  /** Whether a table was not deleted meanwhile. */
  isThere(table: Table): boolean {
    return this.options.tables.get(table.tableName) === table;
  }

  /** Tells of a change that is kept. */
  announce(table: Table, images: Images, record: StreamRecord | undefined): void {
    const { tableName } = table;
    const keys = keyOf(table, images.after ?? images.before);
    const eventName = eventNameOf(images);
    this.options.log(tableName, `${eventName} ${Object.values(keys).map((value) => Object.values(value as Json)[0])}`);
    const { eventID: eventId, dynamodb: { SequenceNumber: sequenceNumber } = {} } = record ?? {};
    this.options.tell?.({ kind: "item changed", tableName, eventName, keys, eventId, sequenceNumber });
    if (record) for (const listener of this.options.contents.of(tableName)?.stream?.listeners ?? []) listener();
  }

  private async commit(table: Table, key: Item, images: Images): Promise<StreamRecord | undefined> {
    try {
      return this.options.contents.change(table.tableName, key, images);
    } catch (error) {
      await this.takeBack(table, key, images);
      throw error;
    }
  }
}

export const notFound = (): AwsError => new AwsError("ResourceNotFoundException", "Requested resource not found");

/** The key in an item, or in what names one. */
export const keyOf = ({ keyNames }: Table, source: Item | null = {}): Json =>
  Object.fromEntries(keyNames.map((name) => [name, source?.[name]]));
