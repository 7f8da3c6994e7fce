import fc from "fast-check";
import type { Clock } from "../../../local/aws";
import { DynamoDb } from "../../../local/dynamodb/dynamodb";
import { forgetting, type Journals } from "../../../local/journal";
import { KeptRuns } from "../../support/kept-runs";
import { openAccess, place, silent, someone } from "../../support/local";

const orders = {
  name: "orders",
  hash_key: "orderID",
  attribute: [{ name: "orderID", type: "S" }],
  stream_enabled: true,
  stream_view_type: "NEW_AND_OLD_IMAGES",
};

/** A time that tests set. */
class SetClock implements Clock {
  time = 1_800_000_000_000;
  now = (): number => this.time;
  after = (): (() => void) => () => undefined;
}

const running: DynamoDb[] = [];

afterEach(async () => {
  for (const database of running.splice(0)) await database.stop();
});

function start(journals: Journals, clock: Clock = new SetClock()) {
  const database = new DynamoDb({ place, access: openAccess(), clock, log: silent, journals });
  running.push(database);
  const call = async (operation: string, input: object) => {
    const { status, body } = await database.handle(someone, {
      headers: { "x-amz-target": `DynamoDB_20120810.${operation}` },
      body: JSON.stringify({ TableName: "orders", ...input }),
    });
    return { status, body: JSON.parse(body) };
  };
  const put = (orderID: string, n = 1) => call("PutItem", { Item: { orderID: { S: orderID }, n: { N: String(n) } } });
  const items = async (tableName = "orders") =>
    [...(await database.items(tableName))].map((item) => JSON.stringify(item)).sort();
  const records = (streamArn: string, after?: string) => database.getRecords(someone, streamArn, after, 1_000);
  return { database, call, put, items, records };
}

/** A run with the table `orders`. */
function run(journals: Journals, clock?: Clock) {
  const started = start(journals, clock);
  const { stream_arn: streamArn } = started.database.createTable(orders);
  return { ...started, streamArn };
}

type Run = ReturnType<typeof run>;

/** Calls by name, each about one of three orders. */
const steps: Readonly<Record<string, (run: Run, orderID: string, number: number) => Promise<unknown>>> = {
  put: ({ put }, orderID, number) => put(orderID, number),
  putNew: ({ call }, orderID) =>
    call("PutItem", { Item: { orderID: { S: orderID } }, ConditionExpression: "attribute_not_exists(orderID)" }),
  update: ({ call }, orderID, number) =>
    call("UpdateItem", {
      Key: { orderID: { S: orderID } },
      UpdateExpression: "ADD n :n",
      ExpressionAttributeValues: { ":n": { N: `${number}.50` } },
    }),
  delete: ({ call }, orderID) => call("DeleteItem", { Key: { orderID: { S: orderID } } }),
};
const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.constantFrom("a", "b", "ö"), fc.nat(3));

test("a run that starts where another was killed has its items and its stream, and goes on as that one would have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step), fc.array(step), async (before, after) => {
      const clock = new SetClock();
      const work = async (run: Run, todo: typeof before) => {
        for (const [name, orderID, number] of todo) await steps[name]?.(run, orderID, number);
        return { items: await run.items(), streamArn: run.streamArn, records: await run.records(run.streamArn) };
      };
      const runs = new KeptRuns();
      const first = run(runs.next(), clock);
      await work(first, before);
      const copy = runs.copy();
      clock.time += 1_000;
      // Twice: the second reads what the first wrote shorter.
      run(copy.next(), clock);
      const second = run(copy.next(), clock);
      expect(await work(second, after)).toEqual(await work(first, after));
    }),
    { numRuns: 50 },
  );
});

test("has no record that became a day old while no run was there, and goes on behind it", async () => {
  const runs = new KeptRuns();
  const clock = new SetClock();
  const first = run(runs.next(), clock);
  await first.put("old");
  clock.time += 1_000;
  await first.put("young");
  clock.time += 86_400_000;
  const { put, records, items, streamArn } = run(runs.next(), clock);
  await put("new");
  const keys = (await records(streamArn)).map(({ dynamodb: { Keys, SequenceNumber } }) => [
    Keys,
    SequenceNumber.slice(-1),
  ]);
  expect(keys).toEqual([
    [{ orderID: { S: "young" } }, "2"],
    [{ orderID: { S: "new" } }, "3"],
  ]);
  expect(await items()).toHaveLength(3);
});

test("writes a change and its record as one entry, so that a kill cannot part them", async () => {
  const entries: object[] = [];
  const { put } = run({ open: () => ({ append: (entry) => void entries.push(entry as object) }) });
  await put("a");
  expect(entries.map((entry) => Object.keys(entry))).toEqual([
    ["table", "keySchema"],
    ["table", "stream"],
    ["table", "put", "record"],
  ]);
});

test("what cannot be written down does not happen, and no condition finds it", async () => {
  let isFull = false;
  const append = (): void => {
    if (isFull) throw new Error("no room");
  };
  const { call, put, items, records, streamArn } = run({ open: () => ({ append }) });
  await put("a", 1);
  isFull = true;
  await expect(put("a", 2)).rejects.toThrow("no room");
  await expect(put("b")).rejects.toThrow("no room");
  await expect(call("DeleteItem", { Key: { orderID: { S: "a" } } })).rejects.toThrow("no room");
  isFull = false;
  const { body } = await call("Scan", {});
  expect(body.Items).toEqual([{ orderID: { S: "a" }, n: { N: "1" } }]);
  expect(await items()).toHaveLength(1);
  expect(await records(streamArn)).toHaveLength(1);
  const fresh = { Item: { orderID: { S: "b" } }, ConditionExpression: "attribute_not_exists(orderID)" };
  expect(await call("PutItem", fresh)).toMatchObject({ status: 200 });
});

test("gives all items to a table that is made again, of every kind of key", async () => {
  const runs = new KeptRuns();
  const table = {
    name: "lines",
    hash_key: "order",
    range_key: "line",
    attribute: [
      { name: "order", type: "B" },
      { name: "line", type: "N" },
    ],
  };
  const first = start(runs.next());
  first.database.createTable(table);
  for (let line = 0; line < 60; line += 1) {
    const Item = {
      order: { B: "AAE=" },
      line: { N: `${line}.0` },
      tags: { SS: ["é"] },
      at: { M: { x: { NULL: true } } },
    };
    await first.call("PutItem", { TableName: "lines", Item });
  }
  await first.call("DeleteItem", { TableName: "lines", Key: { order: { B: "AAE=" }, line: { N: "1e1" } } });

  const second = start(runs.next());
  second.database.createTable(table);
  const { body } = await second.call("Query", {
    TableName: "lines",
    KeyConditionExpression: "#o = :o",
    ExpressionAttributeNames: { "#o": "order" },
    ExpressionAttributeValues: { ":o": { B: "AAE=" } },
  });
  expect(body.Count).toBe(59);
  expect(body.Items[10]).toEqual({
    order: { B: "AAE=" },
    line: { N: "11" },
    tags: { SS: ["é"] },
    at: { M: { x: { NULL: true } } },
  });
});

test("gives large items back, whose JSON is larger than they are", async () => {
  const runs = new KeptRuns();
  const { call } = run(runs.next());
  for (let at = 0; at < 12; at += 1) {
    const text = "\u0001".repeat(300_000);
    expect(await call("PutItem", { Item: { orderID: { S: String(at) }, text: { S: text } } })).toMatchObject({
      status: 200,
    });
  }
  const again = run(runs.next());
  for (let at = 0; at < 12; at += 1) {
    const { body } = await again.call("GetItem", { Key: { orderID: { S: String(at) } } });
    expect(body.Item.text.S).toHaveLength(300_000);
  }
});

describe("a table that comes with another key", () => {
  const changed = { ...orders, hash_key: "customerID", attribute: [{ name: "customerID", type: "N" }] };

  test("is refused while there are items of the old one, and they stay", async () => {
    const runs = new KeptRuns();
    await run(runs.next()).put("a");
    expect(() => start(runs.next()).database.createTable(changed)).toThrow(
      "aws_dynamodb_table of orders: an earlier run left 1 items with the key orderID (S), which cannot become customerID (N). Give the table the key that it had, or start with another --data folder",
    );
    expect(await run(runs.next()).items()).toHaveLength(1);
  });

  test("is made where there are none", async () => {
    const runs = new KeptRuns();
    run(runs.next());
    const { database, call } = start(runs.next());
    database.createTable(changed);
    expect(await call("PutItem", { Item: { customerID: { N: "1" } } })).toMatchObject({ status: 200 });
  });

  test("is not the result of an update", () => {
    const { database } = run(forgetting);
    expect(() => database.updateTable(changed)).toThrow(
      "the key orderID (S) cannot become customerID (N): a table keeps the key that it was made with",
    );
  });
});

describe("a table that is set aside for another of its name", () => {
  const other = { ...orders, hash_key: "customerID", attribute: [{ name: "customerID", type: "N" }] };
  const putOther = { Item: { customerID: { N: "1" } } };

  test("is there in a run that starts before it is forgotten", async () => {
    const runs = new KeptRuns();
    const { database, put, streamArn } = run(runs.next());
    await put("a");
    database.setAside("orders");
    database.createTable(other);
    const killed = run(runs.copy().next());
    expect([await killed.items(), killed.streamArn]).toEqual([[expect.stringContaining('"a"')], streamArn]);
  });

  test("is as it was once it is put back, with what was written meanwhile; the other is gone", async () => {
    const runs = new KeptRuns();
    const { database, call, put, items, records, streamArn } = run(runs.next());
    await put("a");
    const writing = put("b");
    const putBack = database.setAside("orders");
    database.createTable(other);
    putBack();
    for (const written of [writing, put("c")]) expect(await written).toMatchObject({ status: 200 });
    expect(await call("PutItem", putOther)).toMatchObject({ status: 400 });
    expect((await call("Scan", {})).body.Items).toHaveLength(3);
    expect([(await items()).length, (await records(streamArn)).length]).toEqual([3, 3]);
    const next = run(runs.next());
    expect([await next.items(), next.streamArn]).toEqual([await items(), streamArn]);
  });

  test("is gone once it is forgotten, and the other is in its place in later runs, too", async () => {
    const runs = new KeptRuns();
    const { database, call, put } = run(runs.next());
    await put("a");
    database.setAside("orders");
    const { stream_arn } = database.createTable(other);
    database.forgetAside("orders");
    expect(await put("a")).toMatchObject({ status: 400 });
    expect(await call("PutItem", putOther)).toMatchObject({ status: 200 });
    const next = start(runs.next());
    expect(next.database.createTable(other)).toMatchObject({ stream_arn });
    expect([await next.items(), (await next.records(stream_arn)).length]).toEqual([[JSON.stringify(putOther.Item)], 1]);
  });

  test("is kept where there is no room to write that it is forgotten, and the other takes nothing before that is written", async () => {
    let isFull = false;
    const written: unknown[] = [];
    const append = (entry: unknown): void => {
      if (isFull) throw new Error("no room");
      written.push(entry);
    };
    const { database, call, put } = run({ open: () => ({ append }) });
    await put("a");
    database.setAside("orders");
    database.createTable(other);
    isFull = true;
    expect(() => database.forgetAside("orders")).toThrow("no room");
    await expect(call("PutItem", putOther)).rejects.toThrow("no room");
    isFull = false;
    const before = written.length;
    expect(await call("PutItem", putOther)).toMatchObject({ status: 200 });
    expect(written.slice(before)).toEqual([
      { together: [expect.objectContaining({ deleted: true }), expect.anything(), expect.anything()] },
      expect.objectContaining({ put: putOther.Item }),
    ]);
  });
});

describe("a table that no stack makes any more", () => {
  test("keeps its items, which are told of, until a stack makes it again", async () => {
    const runs = new KeptRuns();
    const { put, streamArn } = run(runs.next());
    expect(start(runs.copy().next()).database.unclaimed()).toEqual([]);
    await put("a");
    for (const _run of [1, 2]) expect(start(runs.next()).database.unclaimed()).toEqual(["table orders: 1 item"]);
    const { database, streamArn: again, records } = run(runs.next());
    expect([database.unclaimed(), again]).toEqual([[], streamArn]);
    expect(await records(streamArn)).toHaveLength(1);
  });

  test("is empty when it comes again, once it was deleted, and its stream is another", async () => {
    const runs = new KeptRuns();
    const clock = new SetClock();
    const { database, put, call, items, records, streamArn } = run(runs.next(), clock);
    await put("a");
    const late = put("b");
    database.deleteTable("orders");
    database.deleteTable("orders");
    expect(await late).toMatchObject({ status: 400, body: { __type: expect.stringMatching("ResourceNotFound") } });
    expect(await call("Scan", {})).toMatchObject({ status: 400 });
    await expect(records(streamArn)).rejects.toMatchObject({ code: "ResourceNotFoundException" });
    const { stream_arn } = database.createTable(orders);
    expect(stream_arn).not.toBe(streamArn);
    expect([await items(), await records(stream_arn)]).toEqual([[], []]);
    expect((await call("Scan", {})).body.Items).toEqual([]);
    expect(await run(runs.next(), clock).items()).toEqual([]);
  });
});

describe("an update", () => {
  test("keeps the items, and the stream where that stays as it is", async () => {
    const { database, put, items, records, streamArn } = run(forgetting);
    await put("a");
    const ttl = [{ attribute_name: "expiresAt", enabled: true }];
    const label = streamArn.split("/")[3];
    const arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
    expect(database.updateTable({ ...orders, ttl })).toEqual({
      arn,
      id: "orders",
      stream_arn: streamArn,
      stream_label: label,
    });
    expect([(await items()).length, (await records(streamArn)).length]).toEqual([1, 1]);
  });

  test("of what the stream shows begins a new one, in later runs, too", async () => {
    const runs = new KeptRuns();
    const { database, put, records, streamArn } = run(runs.next());
    await put("a");
    const keysOnly = { ...orders, stream_view_type: "KEYS_ONLY" };
    const { stream_arn } = database.updateTable(keysOnly);
    expect(stream_arn).not.toBe(streamArn);
    await put("b");
    await expect(records(streamArn)).rejects.toThrow("not found");
    expect((await records(stream_arn)).map(({ dynamodb }) => [dynamodb.Keys, dynamodb.NewImage])).toEqual([
      [{ orderID: { S: "b" } }, undefined],
    ]);
    expect(start(runs.next()).database.createTable(keysOnly).stream_arn).toBe(stream_arn);
  });

  test("ends the stream, and begins another", async () => {
    const { database, put, records, streamArn } = run(forgetting);
    const { stream_arn: none, stream_label } = database.updateTable({ ...orders, stream_enabled: false });
    expect([none, stream_label]).toEqual(["", ""]);
    await put("a");
    const { stream_arn } = database.updateTable(orders);
    expect(stream_arn).not.toBe(streamArn);
    expect(await records(stream_arn)).toEqual([]);
  });

  test("of a table that is not there is refused", () => {
    const { database } = run(forgetting);
    expect(() => database.updateTable({ ...orders, name: "others" })).toThrow(
      "there is no table of this name to update",
    );
    expect(() => database.createTable(orders)).toThrow("a table of this name exists already");
  });
});

test.each<[object, string]>([
  [{ name: "ab" }, "name must be 3–255 letters, digits, -, _ and ."],
  [{ attribute: [{ name: "orderID", type: "BOOL" }] }, 'attribute.0.type must be S, N or B, got: "BOOL"'],
  [
    { stream_view_type: "ALL" },
    'stream_view_type must be KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES, got: "ALL"',
  ],
  [{ stream_view_type: null }, "stream_view_type must be given"],
])("a table with %j is refused", (changes, message) => {
  expect(() => start(forgetting).database.createTable({ ...orders, ...changes })).toThrow(message);
});

test("describes the table with its own ARN and its stream", async () => {
  const { database, call, streamArn } = run(forgetting);
  expect((await call("DescribeTable", {})).body.Table).toMatchObject({
    TableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
    TableStatus: "ACTIVE",
    LatestStreamArn: streamArn,
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  });
  database.updateTable({ ...orders, stream_enabled: false });
  expect((await call("DescribeTable", {})).body.Table).not.toHaveProperty("LatestStreamArn");
});

test("whoever watches is told of each change, with its record", async () => {
  const told: object[] = [];
  const database = new DynamoDb({
    place,
    access: openAccess(),
    clock: new SetClock(),
    log: silent,
    tell: (one) => told.push(one),
  });
  running.push(database);
  const { stream_arn } = database.createTable(orders);
  const body = JSON.stringify({ TableName: "orders", Item: { orderID: { S: "a" } } });
  await database.handle(someone, { headers: { "x-amz-target": "DynamoDB_20120810.PutItem" }, body });
  const [record] = await database.getRecords(someone, stream_arn, undefined, 1);
  expect(told).toEqual([
    {
      kind: "item changed",
      tableName: "orders",
      eventName: "INSERT",
      keys: { orderID: { S: "a" } },
      eventId: record?.eventID,
      sequenceNumber: record?.dynamodb.SequenceNumber,
    },
  ]);
});
