import { createHash } from "node:crypto";
import { type Access, AwsError, type Caller, type Clock } from "../aws";
import { requireNesting } from "./input";
import { ConditionFailed, type ItemOperations, keyOf, notFound, type Table } from "./items";
import type { TableContents, TransactionToken } from "./table-contents";
import type { Images } from "./table-stream";
import type { Turns } from "./turns";

type Json = Record<string, unknown>;

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_WRITES = 100;
/** What a write of a transaction is made by, and what the caller must be allowed to do, by its name. */
const kinds = {
  Put: { operation: "PutItem", action: "PutItem" },
  Update: { operation: "UpdateItem", action: "UpdateItem" },
  Delete: { operation: "DeleteItem", action: "DeleteItem" },
  ConditionCheck: { operation: undefined, action: "ConditionCheckItem" },
} as const;

/** One write of a transaction. */
interface Write {
  readonly table: Table;
  /** None for a check alone. */
  readonly operation: "PutItem" | "UpdateItem" | "DeleteItem" | undefined;
  readonly input: Json;
  readonly key: Json;
}

/** A write that dynalite has made. */
interface Made {
  readonly table: Table;
  readonly key: Json;
  readonly images: Images;
}

/** Why a write could not be made; `None` where it could. */
interface CancellationReason {
  readonly Code: "None" | "ConditionalCheckFailed" | "ValidationError";
  readonly Message?: string;
  /** What a condition failed of, where the caller asked for that. */
  readonly Item?: Json;
}

const reasonCodes: Readonly<Record<string, CancellationReason["Code"]>> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ValidationException: "ValidationError",
};

/** A transaction of which nothing was made, with a reason for each of its writes. */
export class TransactionCanceled extends AwsError {
  constructor(readonly reasons: readonly CancellationReason[]) {
    const codes = reasons.map(({ Code }) => Code).join(", ");
    super(
      "TransactionCanceledException",
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    );
  }
}

const invalid = (message: string): AwsError => new AwsError("ValidationException", message);

/**
 * Writes of several items, of which all are made or none is, be the run killed at any moment. Nobody sees a part of them: they are made in one turn.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
export class Transactions {
  constructor(
    private readonly options: {
      readonly access: Access;
      readonly clock: Clock;
      readonly contents: TableContents;
      readonly turns: Turns;
      readonly items: ItemOperations;
      /** The table of a name or an ARN. @throws AwsError where the caller may not do this with it, or there is none */
      readonly tableOf: (caller: Caller, action: string, written: string) => Table;
    },
  ) {}

  /** `TransactWriteItems`. @throws AwsError as DynamoDB words it; `TransactionCanceled` where a condition fails */
  async write(caller: Caller, { TransactItems: items = [], ClientRequestToken: token }: Json): Promise<Json> {
    const asked = items as readonly Json[];
    if (asked.length < 1 || asked.length > MAX_WRITES) {
      throw invalid(`TransactItems must hold 1 to ${MAX_WRITES} writes, got: ${asked.length}`);
    }
    const writes = asked.map((item) => this.writeIn(caller, item));
    const keys = writes.map(({ table, key }) => JSON.stringify([table.tableName, Object.values(key)]));
    if (new Set(keys).size < keys.length) {
      throw invalid("Transaction request cannot include multiple operations on one item");
    }
    const digest = createHash("sha256").update(JSON.stringify(asked)).digest("hex");
    return this.options.turns.take(async () => {
      const known = typeof token === "string" ? this.options.contents.transactionOf(token) : undefined;
      if (known && known.digest !== digest) {
        const sentence =
          "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.";
        throw new AwsError("IdempotentParameterMismatchException", sentence);
      }
      if (!known) {
        const at = this.options.clock.now();
        await this.make(writes, typeof token === "string" ? { token, digest, at } : undefined);
      }
      return {};
    });
  }

  private writeIn(caller: Caller, item: Json): Write {
    const [[kind, given] = [], ...others] = Object.entries(item);
    if (kind === undefined || !Object.hasOwn(kinds, kind) || others.length > 0) {
      throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
    }
    const { operation, action } = kinds[kind as keyof typeof kinds];
    const input = (given ?? {}) as Json;
    if (!operation && input.ConditionExpression === undefined) {
      throw invalid("The ConditionExpression of a ConditionCheck must be given");
    }
    requireNesting(input.Item);
    const table = this.options.tableOf(caller, action, String(input.TableName));
    const key = keyOf(table, (operation === "PutItem" ? input.Item : input.Key) as Json);
    return { table, operation, input: { ...input, TableName: table.tableName }, key };
  }

  /** All conditions are looked at, so that each write has its reason; what dynalite has made then is taken back. */
  private async make(writes: readonly Write[], token: TransactionToken | undefined): Promise<void> {
    const made: Made[] = [];
    const records = await this.keep(writes, made, token).catch(async (error: unknown) => {
      for (const { table, key, images } of made) {
        if (this.options.items.isThere(table)) await this.options.items.takeBack(table, key, images);
      }
      throw error;
    });
    made.forEach(({ table, images }, at) => {
      this.options.items.announce(table, images, records[at]);
    });
  }

  private async keep(writes: readonly Write[], made: Made[], token: TransactionToken | undefined) {
    const reasons: CancellationReason[] = [];
    for (const write of writes) reasons.push(await this.attempt(write, made));
    if (reasons.some(({ Code }) => Code !== "None")) throw new TransactionCanceled(reasons);
    if (!made.every(({ table }) => this.options.items.isThere(table))) throw notFound();
    const changes = made.map(({ table, key, images }) => ({ table: table.tableName, key, images }));
    return this.options.contents.changeAll(changes, token);
  }

  private async attempt(write: Write, made: Made[]): Promise<CancellationReason> {
    const { items } = this.options;
    const { table, key } = write;
    try {
      const { operation, input } = write.operation ? { ...write, operation: write.operation } : await this.check(write);
      const { images } = await items.attempt(table, operation, input);
      if (images) made.push({ table, key, images });
      return { Code: "None" };
    } catch (error) {
      const Code = error instanceof AwsError ? reasonCodes[error.code] : undefined;
      if (!(error instanceof AwsError) || !Code) throw error;
      const item = error instanceof ConditionFailed ? error.item : undefined;
      return { Code, Message: error.message, ...(item && { Item: item }) };
    }
  }

  /** dynalite knows no checks: a write that changes nothing is one. */
  private async check({ table, input, key }: Write): Promise<{ operation: "PutItem" | "DeleteItem"; input: Json }> {
    const { Key: _, ...condition } = input;
    const item = await this.options.items.itemAt(table, key);
    return item ? { operation: "PutItem", input: { ...condition, Item: item } } : { operation: "DeleteItem", input };
  }
}
