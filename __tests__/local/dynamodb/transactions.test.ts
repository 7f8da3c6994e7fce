import { DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { AwsError, type Clock } from "../../../local/aws";
import { DynamoDb } from "../../../local/dynamodb/dynamodb";
import { forgetting, type Journals } from "../../../local/journal";
import { DynamoDbServer } from "../../support/aws-servers";
import { KeptRuns } from "../../support/kept-runs";
import { openAccess, place, silent, someone } from "../../support/local";

const key = { hash_key: "id", attribute: [{ name: "id", type: "S" }] };
const streaming = { stream_enabled: true, stream_view_type: "NEW_AND_OLD_IMAGES" };

let now = 0;
const clock: Clock = { now: () => now, after: () => () => undefined };
const running: DynamoDb[] = [];
beforeEach(() => {
  now = 1_800_000_000_000;
});
afterEach(async () => {
  for (const database of running.splice(0)) await database.stop();
});

/** A run with the tables `orders`, which has a stream, and `stock`, which has none. */
function run(journals: Journals = forgetting, access = openAccess()) {
  const database = new DynamoDb({ place, access, clock, log: silent, journals });
  running.push(database);
  const { stream_arn: streamArn } = database.createTable({ name: "orders", ...key, ...streaming });
  database.createTable({ name: "stock", ...key });
  const call = async (operation: string, input: object) => {
    const { status, body } = await database.handle(someone, {
      headers: { "x-amz-target": `DynamoDB_20120810.${operation}` },
      body: JSON.stringify(input),
    });
    return { status, body: JSON.parse(body) };
  };
  const write = (TransactItems: readonly object[], ClientRequestToken?: string) =>
    call("TransactWriteItems", { TransactItems, ClientRequestToken });
  const held = async () => ({ orders: await database.items("orders"), stock: await database.items("stock") });
  const records = async () =>
    (await database.getRecords(someone, streamArn, undefined, 100)).map(({ eventName }) => eventName);
  return { database, access, call, write, held, records };
}

const item = (id: string, n?: number) => ({ id: { S: id }, ...(n !== undefined && { n: { N: String(n) } }) });
const put = (id: string, more: object = {}) => ({ Put: { TableName: "orders", Item: item(id), ...more } });
const isNew = { ConditionExpression: "attribute_not_exists(id)" };
const take = (count: number) => ({
  Update: {
    ...{ TableName: "stock", Key: item("tea"), UpdateExpression: "SET n = n - :c" },
    ...{ ConditionExpression: "n >= :c", ExpressionAttributeValues: { ":c": { N: String(count) } } },
  },
});
const remove = (id: string) => ({ Delete: { TableName: "orders", Key: item(id) } });
const check = (id: string, ConditionExpression: string) => ({
  ConditionCheck: { TableName: "orders", Key: item(id), ConditionExpression },
});

const stocked = async (journals?: Journals, access?: ReturnType<typeof openAccess>) => {
  const started = run(journals, access);
  await started.call("PutItem", { TableName: "stock", Item: item("tea", 3) });
  await started.call("PutItem", { TableName: "orders", Item: item("old") });
  return started;
};

test("writes all, in tables with a stream and without", async () => {
  const { write, held, records } = await stocked();
  expect(await write([put("a", isNew), take(2), remove("old"), check("b", "attribute_not_exists(id)")])).toEqual({
    ...{ status: 200, body: {} },
  });
  expect(await held()).toEqual({ orders: [item("a")], stock: [item("tea", 1)] });
  expect(await records()).toEqual(["INSERT", "INSERT", "REMOVE"]);
});

test("writes nothing where one condition fails, and says of each write why", async () => {
  const { call, write, held, records } = await stocked();
  const before = await held();
  const wants = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
  const { status, body } = await write([put("a"), put("old", { ...isNew, ...wants }), take(4), remove("none")]);
  expect(status).toBe(400);
  expect(body).toEqual({
    __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    message:
      "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, None]",
    CancellationReasons: [
      { Code: "None" },
      { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: item("old") },
      { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
      { Code: "None" },
    ],
  });
  expect(await held()).toEqual(before);
  expect(await records()).toEqual(["INSERT"]);
  expect((await call("GetItem", { TableName: "orders", Key: item("a") })).body).toEqual({});
});

test.each([
  ["an item that is there", "old", "attribute_exists(id)", "attribute_not_exists(id)"],
  ["an item that is not there", "none", "attribute_not_exists(id)", "attribute_exists(id)"],
])("checks %s, and changes nothing of it", async (_, id, holds, fails) => {
  const { write, held, records } = await stocked();
  expect((await write([check(id, fails), put("a")])).body.CancellationReasons).toMatchObject([
    ...[{ Code: "ConditionalCheckFailed" }, { Code: "None" }],
  ]);
  expect((await write([check(id, holds), put("a")])).status).toBe(200);
  expect((await held()).orders).toEqual([item("old"), item("a")]);
  expect(await records()).toEqual(["INSERT", "INSERT"]);
});

test("a write that DynamoDB refuses is a reason, too", async () => {
  const { write, held } = await stocked();
  const { body } = await write([put("a"), { Put: { TableName: "orders", Item: { id: { N: "1" } } } }]);
  expect(body.CancellationReasons).toEqual([
    { Code: "None" },
    { Code: "ValidationError", Message: expect.stringContaining("Type mismatch for key") },
  ]);
  expect((await held()).orders).toEqual([item("old")]);
});

describe("is refused", () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => put(String(at)));
  test("for no write and for more than 100", async () => {
    const { write } = run();
    expect((await write([])).body.message).toBe("TransactItems must hold 1 to 100 writes, got: 0");
    expect((await write(many(101))).body.message).toBe("TransactItems must hold 1 to 100 writes, got: 101");
    expect((await write(many(100))).status).toBe(200);
  });

  test.each<[string, readonly object[], string]>([
    ["two writes of one item", [put("a"), remove("a")], "cannot include multiple operations on one item"],
    ["no kind of write", [{}], "can only contain one of Check, Put, Update or Delete"],
    ["two kinds in one", [{ ...put("a"), ...remove("b") }], "can only contain one of Check, Put, Update or Delete"],
    ["a check of nothing", [{ ConditionCheck: { TableName: "orders", Key: item("a") } }], "must be given"],
    ["a table that is not there", [{ Put: { TableName: "x", Item: item("a") } }], "Requested resource not found"],
  ])("for %s", async (_, writes, message) => {
    const { write, held } = run();
    const { status, body } = await write(writes);
    expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    expect((await held()).orders).toEqual([]);
  });

  test.each(["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"])("without a grant of %s", async (action) => {
    const access = openAccess((asked) => {
      if (asked.action === `dynamodb:${action}` && isOver) throw new AwsError("AccessDeniedException", "no", 403);
    });
    let isOver = false;
    const { write, held } = await stocked(forgetting, access);
    isOver = true;
    const { body } = await write([put("a"), take(1), remove("old"), check("b", "attribute_not_exists(id)")]);
    expect(body.message).toBe("no");
    expect((await held()).orders).toEqual([item("old")]);
  });
});

describe("a token", () => {
  test("has a transaction made once, in a later run, too, for ten minutes", async () => {
    const runs = new KeptRuns();
    const first = await stocked(runs.next());
    expect((await first.write([take(1)], "t")).status).toBe(200);
    expect((await first.write([take(1)], "t")).status).toBe(200);
    const later = run(runs.next());
    now += 599_999;
    expect((await later.write([take(1)], "t")).status).toBe(200);
    expect((await later.held()).stock).toEqual([item("tea", 2)]);
    now += 1;
    expect((await later.write([take(1)], "t")).status).toBe(200);
    expect((await later.held()).stock).toEqual([item("tea", 1)]);
  });

  test("is for one payload", async () => {
    const { write } = await stocked();
    await write([take(1)], "t");
    expect((await write([take(2)], "t")).body.__type).toContain("#IdempotentParameterMismatchException");
  });

  test("of a transaction that was cancelled may come again", async () => {
    const { call, write, held } = await stocked();
    expect((await write([take(4)], "t")).status).toBe(400);
    await call("PutItem", { TableName: "stock", Item: item("tea", 4) });
    expect((await write([take(4)], "t")).status).toBe(200);
    expect((await held()).stock).toEqual([item("tea", 0)]);
  });
});

test("is one entry, so that a kill cannot split it", async () => {
  const entries: object[] = [];
  const { write } = run({ open: () => ({ append: (entry) => void entries.push(entry as object) }) });
  await write([put("a"), put("b")]);
  expect(entries.slice(3)).toEqual([
    {
      together: [
        { table: "orders", put: item("a"), record: expect.objectContaining({ eventName: "INSERT" }) },
        { table: "orders", put: item("b"), record: expect.objectContaining({ eventName: "INSERT" }) },
      ],
    },
  ]);
});

test("a run that starts where another was killed has its items, and its records in order", async () => {
  const runs = new KeptRuns();
  const first = await stocked(runs.next());
  await first.write([put("a"), take(1), put("b")]);
  const copy = runs.copy();
  run(copy.next());
  const second = run(copy.next());
  expect(await second.held()).toEqual(await first.held());
  await second.write([remove("a"), put("c")]);
  expect(await second.records()).toEqual(["INSERT", "INSERT", "INSERT", "REMOVE", "INSERT"]);
});

test("what cannot be written down does not happen, and no condition finds it", async () => {
  let isFull = false;
  const append = (): void => {
    if (isFull) throw new Error("no room");
  };
  const { call, write, held } = await stocked({ open: () => ({ append }) });
  const before = await held();
  isFull = true;
  await expect(write([put("a"), take(1), remove("old")])).rejects.toThrow("no room");
  isFull = false;
  expect(await held()).toEqual(before);
  expect((await call("Scan", { TableName: "orders" })).body.Items).toEqual([item("old")]);
  expect((await write([put("a", isNew), take(3)])).status).toBe(200);
});

test("the SDK reads the reasons of one that was cancelled", async () => {
  const server = await DynamoDbServer.start();
  server.database.createTable({ name: "orders", ...key });
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const client = new DynamoDBClient({ endpoint: server.url, region: place.region, credentials, maxAttempts: 1 });
  const writing = (id: string) => client.send(new TransactWriteItemsCommand({ TransactItems: [put(id, isNew)] }));
  await writing("a");
  await expect(writing("a")).rejects.toMatchObject({
    ...{ name: "TransactionCanceledException", CancellationReasons: [{ Code: "ConditionalCheckFailed" }] },
  });
  client.destroy();
  await server.stop();
});
