import type { Clock } from "../aws";
import type { Journal, Journals } from "../journal";
import type { StreamRecord } from "../lambda/event-source-mappings";
import { type Images, TableStream } from "./table-stream";

/** An item, or the key of one, as DynamoDB writes it: `{"orderID": {"S": "1"}}`. */
export type Item = Readonly<Record<string, unknown>>;

/** An attribute of a table's key. */
export interface KeyElement {
  readonly name: string;
  /** `S`, `N` or `B`. */
  readonly type: string;
}

interface Content {
  readonly keySchema: readonly KeyElement[];
  readonly items: Map<string, Item>;
  readonly stream?: TableStream;
}

/** What a table holds. */
export type TableContent = Omit<Content, "items"> & { readonly items: ReadonlyMap<string, Item> };

/** An item was put, in place of the one with its key, or removed; of what was put before, there are records without an item. */
interface ItemChange {
  readonly table: string;
  readonly put?: Item;
  readonly removed?: Item;
  readonly record?: StreamRecord;
}

/** Something that happens to a table, which is named. */
type TableChange =
  | ItemChange
  | ({ readonly table: string } & (
      | { readonly keySchema: readonly KeyElement[] }
      | { readonly deleted: true }
      /** `last`: number of the record before those that follow; a new stream has none. */
      | { readonly stream: { readonly label: string; readonly viewType: string; readonly last?: string } | null }
    ));

/** What a client calls a transaction, so as not to have it made twice. */
export interface TransactionToken {
  readonly token: string;
  /** What was asked for under the token. */
  readonly digest: string;
  /** When it was made, in milliseconds since 1970. */
  readonly at: number;
}

/** Changes of which a kill leaves all or none. */
interface Transaction {
  readonly together: readonly TableChange[];
  readonly token?: TransactionToken;
}

/** A change of an item, before it is made. */
export interface Change {
  readonly table: string;
  readonly key: Item;
  readonly images: Images;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const TOKEN_MS = 600_000;

/**
 * What the tables of an account hold, by the tables' names: items and streams outlive the table that a run makes of its arguments, and are there
 * when it is made again.
 */
export class TableContents {
  private readonly tables = new Map<string, Content>();
  /** What was set aside for an empty table: of those tables the journal knows this alone. */
  private readonly aside = new Map<string, Content>();
  private readonly journal: Journal<TableChange | Transaction>;
  private readonly tokens = new Map<string, TransactionToken>();
  /** Milliseconds since 1970. */
  private lastLabelAt = 0;

  /** @throws Error for a journal that cannot be read */
  constructor(
    journals: Journals,
    private readonly clock: Clock,
  ) {
    this.journal = journals.open<TableChange | Transaction>("dynamodb", {
      replay: (entry) => ("together" in entry ? this.applyAll(entry) : this.apply(entry)),
      snapshot: () => this.snapshot(),
    });
  }

  /** Names of the tables that were made and not deleted, in this run or an earlier one. */
  names(): readonly string[] {
    return [...this.tables.keys()];
  }

  of(table: string): TableContent | undefined {
    return this.tables.get(table);
  }

  /** Makes an empty table, without a stream. */
  make(table: string, keySchema: readonly KeyElement[]): void {
    this.commit({ table, keySchema });
  }

  delete(table: string): void {
    if (this.tables.has(table)) this.commit({ table, deleted: true });
  }

  /** Makes room for an empty table of the same name. A kill before `forgetAside` takes nothing of what there was. */
  setAside(table: string): void {
    const content = this.tables.get(table);
    if (!content) return;
    this.aside.set(table, content);
    this.tables.delete(table);
  }

  /** Takes what was set aside in place of the table that was made since. */
  putBack(table: string): void {
    const content = this.aside.get(table);
    if (!content) return;
    this.tables.set(table, content);
    this.aside.delete(table);
  }

  /**
   * Deletes what was set aside, for good: the table that was made since takes its place for later runs, too.
   * @throws Error where it cannot be written down: it is still set aside then
   */
  forgetAside(table: string): void {
    if (!this.aside.has(table)) return;
    this.journal.append({ together: [{ table, deleted: true }, ...this.changesOf(table, this.tables.get(table))] });
    this.aside.delete(table);
  }

  /** Begins a new stream, in place of the one that there is; with a view type of none, ends that. */
  setStream(table: string, viewType: string | undefined): void {
    this.commit({ table, stream: viewType === undefined ? null : { label: this.newLabel(), viewType } });
  }

  /**
   * Changes an item, and puts that on the table's stream, where it has one: after a kill both are there, or neither.
   * @returns the record
   * @throws Error where it cannot be written down: nothing has changed then
   */
  change(table: string, key: Item, images: Images): StreamRecord | undefined {
    const change = this.itemChange({ table, key, images });
    this.commit(change);
    return change.record;
  }

  /**
   * Makes changes of different items: after a kill all are there with their records, or none is.
   * @param token by which `transactionOf` knows that they were made
   * @returns the record of each
   * @throws Error where they cannot be written down: nothing has changed then
   */
  changeAll(changes: readonly Change[], token?: TransactionToken): readonly (StreamRecord | undefined)[] {
    const together = changes.map((change, at) => {
      const ahead = changes.slice(0, at).filter(({ table }) => table === change.table).length;
      return this.itemChange(change, ahead);
    });
    const transaction = { together, ...(token && { token }) };
    this.journal.append(transaction);
    this.applyAll(transaction);
    return together.map(({ record }) => record);
  }

  /** The transaction of a token, for ten minutes. */
  transactionOf(token: string): TransactionToken | undefined {
    const known = this.tokens.get(token);
    return known && this.isFresh(known) ? known : undefined;
  }

  private itemChange({ table, key, images }: Change, ahead = 0): ItemChange {
    // Where the journal has no room it still holds what was set aside, and an item of this table would be put into that.
    this.forgetAside(table);
    const record = this.tables.get(table)?.stream?.recordOf(key, images, ahead);
    return { table, ...(images.after ? { put: images.after } : { removed: key }), ...(record && { record }) };
  }

  private isFresh({ at }: TransactionToken): boolean {
    return this.clock.now() - at < TOKEN_MS;
  }

  private commit(change: TableChange): void {
    if (!this.aside.has(change.table)) this.journal.append(change);
    this.apply(change);
  }

  private applyAll({ together, token }: Transaction): void {
    for (const change of together) this.apply(change);
    if (!token) return;
    for (const old of this.tokens.values()) if (!this.isFresh(old)) this.tokens.delete(old.token);
    this.tokens.set(token.token, token);
  }

  private apply(change: TableChange): void {
    const { table } = change;
    if ("keySchema" in change) {
      this.tables.set(table, { keySchema: change.keySchema, items: new Map() });
      return;
    }
    if ("deleted" in change) {
      this.tables.delete(table);
      return;
    }
    const content = this.tables.get(table);
    if (!content) return;
    const { stream, ...rest } = content;
    if ("stream" in change) {
      this.tables.set(table, { ...rest, ...(change.stream && { stream: this.streamOf(table, change.stream) }) });
      return;
    }
    const { put, removed, record } = change;
    if (removed) content.items.delete(keyOf(content, removed));
    if (put) content.items.set(keyOf(content, put), put);
    if (record) stream?.add(record);
  }

  private streamOf(
    table: string,
    { label, viewType, last }: { readonly label: string; readonly viewType: string; readonly last?: string },
  ): TableStream {
    this.lastLabelAt = Math.max(this.lastLabelAt, Date.parse(`${label}Z`));
    return new TableStream(table, label, viewType, this.clock, last === undefined ? undefined : BigInt(last));
  }

  /** The time, as AWS writes it. No label comes twice: readers know by it how far they are. */
  private newLabel(): string {
    return new Date(Math.max(this.clock.now(), this.lastLabelAt + 1)).toISOString().replace("Z", "");
  }

  private *snapshot(): Iterable<TableChange | Transaction> {
    for (const token of this.tokens.values()) if (this.isFresh(token)) yield { together: [], token };
    for (const [table, content] of new Map([...this.tables, ...this.aside])) yield* this.changesOf(table, content);
  }

  /** Changes that make a table what it is. */
  private *changesOf(table: string, content: Content | undefined): Iterable<TableChange> {
    if (!content) return;
    const { keySchema, items, stream } = content;
    yield { table, keySchema };
    for (const put of items.values()) yield { table, put };
    if (!stream) return;
    const { label, viewType, records, lastSequence } = stream;
    yield { table, stream: { label, viewType, last: String(lastSequence - BigInt(records.length)) } };
    for (const record of records) yield { table, record };
  }
}

/** An item's key, as text. */
function keyOf({ keySchema }: Content, item: Item): string {
  return JSON.stringify(keySchema.map(({ name }) => item[name]));
}
