import { isDeepStrictEqual } from "node:util";
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
import type { StreamRecord, StreamSource } from "../lambda/event-source-mappings";
import type { Tell } from "../traffic";
import { Engine } from "./engine";
import { inputOf } from "./input";
import { ConditionFailed, ItemOperations, notFound, type Table } from "./items";
import { type NamedStream, Streams } from "./streams";
import { readTable, type TableDescription, tableError } from "./table-arguments";
import { type Item, type KeyElement, TableContents } from "./table-contents";
import { TableOperations } from "./table-operations";
import { TransactionCanceled } from "./transactions";
import { Turns } from "./turns";

type Json = Record<string, unknown>;

/** Between looks for what has expired; DynamoDB takes up to days. */
const EXPIRY_MS = 60_000;

/** What Terraform knows of a table that is there. */
interface TableAttributes {
  readonly arn: string;
  /** The table's name. */
  readonly id: string;
  /** Empty where there is no stream. */
  readonly stream_arn: string;
  readonly stream_label: string;
}

/** Arguments that no update changes, by type: with another value Terraform makes another table, and the items are gone. */
export const replacingOfDynamoDb: Readonly<Record<string, readonly string[]>> = {
  aws_dynamodb_table: ["name", "hash_key", "range_key"],
};

/**
 * DynamoDB: dynalite in this process, with what it lacks: streams, the stored item beside a failed condition, the limit on nesting.
 *
 * A stream has one shard. Changes are made one after the other, so that the images in a stream are those of just before and just after. Items and
 * streams belong to a table's name: a table that is made again, in this run or in a later one with the same journals, has those that were there,
 * under the stream's ARN of then, unless it was deleted.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export class DynamoDb implements StreamSource {
  private readonly place: Place;
  private readonly access: Access;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly engine = new Engine();
  private readonly contents: TableContents;
  private readonly streams: Streams;
  private readonly tables = new Map<string, Table>();
  /** What of them the engine has. */
  private readonly tablesInEngine = new Map<string, Table>();
  private readonly operations: ItemOperations;
  private readonly tableOperations: TableOperations;
  /** Tables being made, changes under way. */
  private readonly turns = new Turns();
  /** Calls off the next look for what has expired. */
  private cancelExpiry?: () => void;
  private isStopped = false;

  /**
   * @param options `journals` is where items and stream records are written down, by default nowhere
   * @throws Error for a journal that cannot be read
   */
  constructor(options: {
    readonly place: Place;
    readonly access: Access;
    readonly clock: Clock;
    readonly log: Log;
    readonly journals?: Journals;
    readonly tell?: Tell;
  }) {
    const { place, access, clock, log, journals = forgetting, tell } = options;
    this.place = place;
    this.access = access;
    this.clock = clock;
    this.log = log;
    this.contents = new TableContents(journals, clock);
    const { engine, contents, tables, turns } = this;
    const arnOf = (tableName: string): string => this.arnOf(tableName);
    this.operations = new ItemOperations({ access, clock, log, tell, engine, contents, tables, turns, arnOf });
    const items = this.operations;
    this.tableOperations = new TableOperations({ access, clock, engine, contents, turns, items, tables, arnOf });
    this.streams = new Streams({ access, streams: () => this.namedStreams() });
  }

  /**
   * Makes a table from the evaluated arguments of `aws_dynamodb_table`.
   * @returns the attributes that Terraform computes
   * @throws Error for what is not modelled, and for items of an earlier run that have another key
   */
  createTable(arguments_: Readonly<Json>): TableAttributes {
    const read = readTable(arguments_);
    const { tableName, keySchema } = read;
    if (this.tables.has(tableName)) throw tableError(tableName, "a table of this name exists already");
    const hasSameKey = isDeepStrictEqual(this.contents.of(tableName)?.keySchema, keySchema);
    if (!hasSameKey) {
      this.requireNoItems(read);
      this.contents.make(tableName, keySchema);
    }
    const keyNames = keySchema.map(({ name }) => name);
    this.tables.set(tableName, { tableName, arn: this.arnOf(tableName), keyNames });
    this.followInEngine(tableName, "made");
    return this.configure(read);
  }

  /**
   * Goes on with other arguments of a table, and all that it holds; `replacingOfDynamoDb` names those that cannot change. A stream that comes, or
   * changes what it shows, is a new one, with an ARN of its own.
   * @returns what `createTable` does
   * @throws Error as `createTable` does, for another key, and for a name that no table has: the table is as it was then
   */
  updateTable(arguments_: Readonly<Json>): TableAttributes {
    const read = readTable(arguments_);
    const { tableName, keySchema } = read;
    if (!this.tables.has(tableName)) throw tableError(tableName, "there is no table of this name to update");
    const held = this.contents.of(tableName)?.keySchema ?? [];
    if (isDeepStrictEqual(held, keySchema)) return this.configure(read);
    throw tableError(
      tableName,
      `the key ${describe(held)} cannot become ${describe(keySchema)}: a table keeps the key that it was made with. Give the new one another name`,
    );
  }

  /** Deletes a table, its items and its stream for good, if it is there. A change that is under way is refused. */
  deleteTable(tableName: string): void {
    this.contents.delete(tableName);
    if (this.tables.delete(tableName)) this.followInEngine(tableName, "deleted");
  }

  /**
   * Takes a table away so that another of its name can be made, empty. What it holds is kept until `forgetAside`, through a kill as well.
   * @returns puts it back, in place of the other; nothing may be awaited until then
   */
  setAside(tableName: string): () => void {
    const table = this.tables.get(tableName);
    this.contents.setAside(tableName);
    this.tables.delete(tableName);
    return () => {
      this.contents.putBack(tableName);
      if (table) this.tables.set(tableName, table);
      this.followInEngine(tableName, "put back");
    };
  }

  /** Deletes what a table held that was set aside, for good. @throws Error where that cannot be written down: it is still set aside then */
  forgetAside(tableName: string): void {
    this.contents.forgetAside(tableName);
  }

  /** What earlier runs left in tables that nobody has made in this one, such as `table orders: 3 items`. It is kept. */
  unclaimed(): readonly string[] {
    const left = this.contents.names().filter((tableName) => !this.tables.has(tableName));
    return left.flatMap((tableName) => {
      const size = this.contents.of(tableName)?.items.size ?? 0;
      return size > 0 ? [`table ${tableName}: ${size} ${size === 1 ? "item" : "items"}`] : [];
    });
  }

  /** One call, in the JSON protocol that every SDK speaks. */
  async handle(caller: Caller, { headers, body }: WireRequest): Promise<WireResponse> {
    const [api, operation = ""] = String(headers["x-amz-target"]).split(".");
    try {
      const input = inputOf(body);
      const result =
        api === "DynamoDBStreams_20120810"
          ? this.streams.call(caller, operation, input)
          : await (this.tableOperations.names.includes(operation) ? this.tableOperations : this.operations).call(
              caller,
              operation,
              input,
            );
      return answer(200, result);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const item = error instanceof ConditionFailed ? { Item: error.item } : {};
      const canceled = error instanceof TransactionCanceled ? { CancellationReasons: error.reasons } : {};
      return answer(error.status === 403 ? 400 : error.status, {
        __type: `com.amazonaws.dynamodb.v20120810#${error.code}`,
        message: error.message,
        ...item,
        ...canceled,
      });
    }
  }

  /** Every item of a table, as DynamoDB writes it. For the person at the laptop, who needs no grant. */
  async items(tableName: string): Promise<readonly Item[]> {
    return this.turns.take(async () => {
      const content = this.contents.of(tableName);
      if (!content || !this.tables.has(tableName)) throw notFound();
      return [...content.items.values()];
    });
  }

  async getRecords(
    caller: Caller,
    streamArn: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly StreamRecord[]> {
    this.access.authorize({ caller, action: "dynamodb:GetRecords", resource: streamArn });
    return this.streams.find(streamArn).after(after, limit);
  }

  onRecords(streamArn: string, listener: () => void): () => void {
    const { listeners } = this.streams.find(streamArn);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * Says how far a reader of a stream is, for good: what all readers that listen have said so of may go before its 24 hours are over, but for the
   * last 10,000 records.
   * @param reader any name that is the reader's own
   * @param after sequence number of the last record that it is done with; none while it is done with none
   */
  checkpoint(streamArn: string, reader: string, after: string | undefined): void {
    this.streamAt(streamArn)?.checkpoint(reader, after);
  }

  /** Says that a reader that gave checkpoints is no more. */
  leave(streamArn: string, reader: string): void {
    this.streamAt(streamArn)?.leave(reader);
  }

  /** Ends what is under way, and looks for nothing that has expired any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelExpiry?.();
    await this.turns.end();
  }

  /** Looks again and again for what has expired, from the first table on whose items can. */
  private expireInTime(): void {
    this.cancelExpiry = this.clock.after(EXPIRY_MS, () => {
      const expired = this.turns
        .take(() => this.operations.expire())
        .catch((error: unknown) => {
          this.log("dynamodb", `what has expired could not be deleted: ${error}`);
        });
      void expired.then(() => {
        if (!this.isStopped) this.expireInTime();
      });
    });
  }

  /** What of a table follows its arguments. */
  private configure({ tableName, timeToLiveAttribute, streamViewType }: TableDescription): TableAttributes {
    if (this.contents.of(tableName)?.stream?.viewType !== streamViewType) {
      this.contents.setStream(tableName, streamViewType);
    }
    const table = this.tables.get(tableName);
    if (table) table.timeToLiveAttribute = timeToLiveAttribute;
    if (timeToLiveAttribute !== undefined && !this.cancelExpiry) this.expireInTime();
    const label = this.contents.of(tableName)?.stream?.label;
    const arn = this.arnOf(tableName);
    return { arn, id: tableName, stream_arn: label ? `${arn}/stream/${label}` : "", stream_label: label ?? "" };
  }

  /** @throws Error for items that a table of another key cannot have */
  private requireNoItems({ tableName, keySchema }: TableDescription): void {
    const { items, keySchema: held } = this.contents.of(tableName) ?? { items: new Map(), keySchema: [] };
    if (items.size === 0) return;
    throw tableError(
      tableName,
      `an earlier run left ${items.size} items with the key ${describe(held)}, which cannot become ${describe(keySchema)}. Give the table the key that it had, or start with another --data folder`,
    );
  }

  private namedStreams(): readonly NamedStream[] {
    return [...this.tables.values()].flatMap(({ tableName, arn }) => {
      const stream = this.contents.of(tableName)?.stream;
      return stream ? [{ streamArn: `${arn}/stream/${stream.label}`, tableName, stream }] : [];
    });
  }

  private streamAt(streamArn: string) {
    return this.namedStreams().find((one) => one.streamArn === streamArn)?.stream;
  }

  private arnOf(tableName: string): string {
    return `arn:${this.place.partition}:dynamodb:${this.place.region}:${this.place.accountId}:table/${tableName}`;
  }

  /** Has the engine, in turn, make the table of a name what it is by then; of one that was put back by then it has seen nothing. */
  private followInEngine(tableName: string, what: "deleted" | "made" | "put back"): void {
    const follow = async (): Promise<void> => {
      const [table, before] = [this.tables.get(tableName), this.tablesInEngine.get(tableName)];
      if (table === before) return;
      if (before) await this.engine.deleteTable(tableName);
      this.tablesInEngine.delete(tableName);
      const content = this.contents.of(tableName);
      if (!table || !content) return;
      await this.engine.makeTable(tableName, content.keySchema, [...content.items.values()]);
      this.tablesInEngine.set(tableName, table);
    };
    const failure = `${tableName} could not be ${what}`;
    this.turns.take(follow).catch((error: unknown) => this.log("dynamodb", `${failure}: ${error}`));
  }
}

const answer = (status: number, body: object): WireResponse => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: JSON.stringify(body),
});

/** Such as `orderID (S)`. */
const describe = (keySchema: readonly KeyElement[]): string =>
  keySchema.map(({ name, type }) => `${name} (${type})`).join(", ");
