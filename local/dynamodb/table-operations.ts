import { type Access, AwsError, type Caller, type Clock } from "../aws";
import type { Engine } from "./engine";
import { type ItemOperations, notFound, type Table } from "./items";
import type { TableContents } from "./table-contents";
import { Transactions } from "./transactions";
import type { Turns } from "./turns";

type Json = Record<string, unknown>;

/** One write of a batch. */
interface Write {
  readonly table: Table;
  readonly operation: "PutItem" | "DeleteItem";
  readonly input: Json;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const [MAX_WRITES, MAX_GETS, MAX_TABLES] = [25, 100, 100];

const invalid = (message: string): AwsError => new AwsError("ValidationException", message);

/** What is done with several items, tables or none: batches, reads that belong together, and what tables there are. */
export class TableOperations {
  private readonly operations: Readonly<Record<string, (caller: Caller, input: Json) => Promise<Json>>> = {
    BatchGetItem: (caller, input) => this.batchGet(caller, input),
    BatchWriteItem: (caller, input) => this.batchWrite(caller, input),
    TransactGetItems: (caller, input) => this.transactGet(caller, input),
    TransactWriteItems: (caller, input) => this.transactions.write(caller, input),
    DescribeTimeToLive: async (caller, input) => this.describeTimeToLive(caller, input),
    ListTables: async (caller, input) => this.listTables(caller, input),
  };

  private readonly transactions: Transactions;

  constructor(
    private readonly options: {
      readonly access: Access;
      readonly clock: Clock;
      readonly contents: TableContents;
      readonly engine: Engine;
      readonly turns: Turns;
      readonly items: ItemOperations;
      /** The tables that there are now, by name. */
      readonly tables: ReadonlyMap<string, Table>;
      readonly arnOf: (tableName: string) => string;
    },
  ) {
    const tableOf = (caller: Caller, action: string, written: string) => this.tableOf(caller, action, written);
    this.transactions = new Transactions({ ...options, tableOf });
  }

  /** Names of the operations that are here. */
  get names(): readonly string[] {
    return Object.keys(this.operations);
  }

  /** @throws AwsError as DynamoDB words it */
  async call(caller: Caller, operation: string, input: Json): Promise<Json> {
    const run = Object.hasOwn(this.operations, operation) ? this.operations[operation] : undefined;
    if (!run) throw new AwsError("UnknownOperationException", `${operation} is not modelled in the local run`);
    return run(caller, input);
  }

  private async batchGet(caller: Caller, input: Json): Promise<Json> {
    const asked = Object.entries((input.RequestItems ?? {}) as Record<string, Json>);
    const named = asked.map(([tableName, request]) => [this.nameOf(caller, "BatchGetItem", tableName), request]);
    const batch = { ...input, RequestItems: Object.fromEntries(named) };
    return this.options.turns.take(() => this.options.engine.ask("BatchGetItem", batch));
  }

  /** Writes one after the other; none is left unprocessed. One that DynamoDB refuses ends the batch, and those before it are made: AWS refuses all. */
  private async batchWrite(caller: Caller, input: Json): Promise<Json> {
    const asked = Object.entries((input.RequestItems ?? {}) as Record<string, readonly Json[]>);
    const writes = asked.flatMap(([tableName, requests]) => {
      const table = this.tableOf(caller, "BatchWriteItem", tableName);
      return requests.map((request) => writeIn(table, request));
    });
    if (writes.length < 1 || writes.length > MAX_WRITES) {
      const sentence = `1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Member must have length less than or equal to ${MAX_WRITES} and greater than or equal to 1`;
      throw invalid(sentence);
    }
    const keys = writes.map(({ table, input: written }) => {
      const source = (written.Item ?? written.Key) as Json | undefined;
      return JSON.stringify([table.tableName, ...table.keyNames.map((name) => source?.[name])]);
    });
    if (new Set(keys).size < keys.length) throw invalid("Provided list of item keys contains duplicates");
    for (const { table, operation, input: written } of writes)
      await this.options.items.write(table, operation, written);
    return { UnprocessedItems: {} };
  }

  /** Reads of one moment. */
  private async transactGet(caller: Caller, input: Json): Promise<Json> {
    const gets = ((input.TransactItems ?? []) as readonly { readonly Get?: Json }[]).map(({ Get }) => Get ?? {});
    if (gets.length < 1 || gets.length > MAX_GETS) {
      throw invalid(`TransactItems must hold 1 to ${MAX_GETS} reads, got: ${gets.length}`);
    }
    const named = gets.map((get) => ({ ...get, TableName: this.nameOf(caller, "GetItem", String(get.TableName)) }));
    return this.options.turns.take(async () => {
      const found: Json[] = [];
      for (const get of named) found.push(await this.options.engine.ask("GetItem", { ...get, ConsistentRead: true }));
      return { Responses: found.map(({ Item }) => (Item === undefined ? {} : { Item })) };
    });
  }

  private describeTimeToLive(caller: Caller, { TableName }: Json): Json {
    const { timeToLiveAttribute } = this.tableOf(caller, "DescribeTimeToLive", String(TableName));
    const described =
      timeToLiveAttribute === undefined
        ? { TimeToLiveStatus: "DISABLED" }
        : { TimeToLiveStatus: "ENABLED", AttributeName: timeToLiveAttribute };
    return { TimeToLiveDescription: described };
  }

  private listTables(caller: Caller, { ExclusiveStartTableName: after = "", Limit: limit = MAX_TABLES }: Json): Json {
    this.options.access.authorize({ caller, action: "dynamodb:ListTables", resource: "*" });
    if (!Number.isInteger(limit) || Number(limit) < 1 || Number(limit) > MAX_TABLES) {
      throw invalid(`Limit must be an integer from 1 to ${MAX_TABLES}, got: ${limit}`);
    }
    const following = [...this.options.tables.keys()].sort().filter((name) => name > String(after));
    const page = following.slice(0, Number(limit));
    const isMore = following.length > page.length;
    return { TableNames: page, ...(isMore && { LastEvaluatedTableName: page.at(-1) }) };
  }

  private nameOf(caller: Caller, action: string, written: string): string {
    return this.tableOf(caller, action, written).tableName;
  }

  /** The table of a name or an ARN, if the caller may do this with it. */
  private tableOf(caller: Caller, action: string, written: string): Table {
    const { access, tables, arnOf } = this.options;
    const table = tables.get(written.split("/").at(-1) ?? "");
    access.authorize({ caller, action: `dynamodb:${action}`, resource: table?.arn ?? arnOf(written) });
    if (!table) throw notFound();
    return table;
  }
}

function writeIn(table: Table, { PutRequest: put, DeleteRequest: remove }: Json): Write {
  const TableName = table.tableName;
  if (put && !remove) return { table, operation: "PutItem", input: { TableName, Item: (put as Json).Item } };
  if (remove && !put) return { table, operation: "DeleteItem", input: { TableName, Key: (remove as Json).Key } };
  throw invalid("Supplied AttributeValue has more than one or no write request, must contain exactly one of them");
}
