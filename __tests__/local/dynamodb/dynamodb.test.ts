import { AwsError } from "../../../local/aws";
import { DynamoDb } from "../../../local/dynamodb/dynamodb";
import { clock, openAccess, place, silent, someone } from "../../support/local";

const TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
const table = {
  name: "orders",
  hash_key: "orderID",
  attribute: [{ name: "orderID", type: "S" }],
  stream_enabled: true,
  stream_view_type: "NEW_AND_OLD_IMAGES",
};

let access = openAccess();
let database: DynamoDb;
let streamArn: string;

beforeEach(() => {
  access = openAccess();
  database = new DynamoDb({ place, access, clock, log: silent });
  streamArn = database.createTable(table).stream_arn;
});

afterEach(() => database.stop());

async function call(operation: string, input: object, api = "DynamoDB_20120810") {
  const { status, body } = await database.handle(someone, {
    headers: { "x-amz-target": `${api}.${operation}` },
    body: JSON.stringify(input),
  });
  return { status, body: JSON.parse(body) };
}

const put = (orderID: string, n = "1", more: object = {}) =>
  call("PutItem", { TableName: "orders", Item: { orderID: { S: orderID }, n: { N: n } }, ...more });

const records = (after?: string) => database.getRecords(someone, streamArn, after, 100);

test("makes the table that Terraform describes, with AWS's names", () => {
  const made = database.createTable({ ...table, name: "other", stream_enabled: false });
  expect(made).toMatchObject({ arn: `${TABLE_ARN.replace("orders", "other")}`, id: "other" });
  expect(streamArn).toMatch(/:table\/orders\/stream\/\d{4}-\d\d-\d\dT[\d:.]+$/);
});

test("puts a record on the stream for each change, with the images before and after, in order", async () => {
  await put("a");
  await put("a", "2");
  await put("a", "2");
  await call("DeleteItem", { TableName: "orders", Key: { orderID: { S: "a" } } });
  const found = await records();
  expect(found.map(({ eventName, dynamodb }) => [eventName, dynamodb.OldImage, dynamodb.NewImage])).toEqual([
    ["INSERT", undefined, { orderID: { S: "a" }, n: { N: "1" } }],
    ["MODIFY", { orderID: { S: "a" }, n: { N: "1" } }, { orderID: { S: "a" }, n: { N: "2" } }],
    ["REMOVE", { orderID: { S: "a" }, n: { N: "2" } }, undefined],
  ]);
  expect(found[0]?.dynamodb).toMatchObject({ Keys: { orderID: { S: "a" } }, StreamViewType: "NEW_AND_OLD_IMAGES" });
  expect(await records(found[1]?.dynamodb.SequenceNumber)).toEqual([found[2]]);
});

test("carries only the images that the stream's view has", async () => {
  const { stream_arn } = database.createTable({ ...table, name: "keys", stream_view_type: "KEYS_ONLY" });
  await call("PutItem", { TableName: "keys", Item: { orderID: { S: "a" } } });
  const [record] = await database.getRecords(someone, stream_arn, undefined, 1);
  expect(record?.dynamodb).not.toHaveProperty("NewImage");
});

test("tells whoever listens of new records, until told not to", async () => {
  let told = 0;
  const stop = database.onRecords(streamArn, () => {
    told += 1;
  });
  await put("a");
  stop();
  await put("b");
  expect(told).toBe(1);
});

test("gives the stored item back with a failed condition, to whoever asks for it", async () => {
  await put("a");
  const condition = { ConditionExpression: "attribute_not_exists(orderID)" };
  const { status, body } = await put("a", "2", { ...condition, ReturnValuesOnConditionCheckFailure: "ALL_OLD" });
  expect([status, body.__type.split("#")[1], body.Item]).toEqual([
    400,
    "ConditionalCheckFailedException",
    { orderID: { S: "a" }, n: { N: "1" } },
  ]);
  expect((await put("a", "2", condition)).body).not.toHaveProperty("Item");
  expect(await records()).toHaveLength(1);
});

test("keeps two changes of one item apart: of two writers one wins and one is refused", async () => {
  const both = await Promise.all(
    ["1", "2"].map((n) => put("a", n, { ConditionExpression: "attribute_not_exists(orderID)" })),
  );
  expect(both.map(({ status }) => status)).toEqual([200, 400]);
  expect(await records()).toHaveLength(1);
});

test("refuses an attribute nested more than 32 levels deep", async () => {
  const nested = (levels: number): object => (levels === 0 ? { N: "1" } : { L: [nested(levels - 1)] });
  const attempt = (levels: number) =>
    call("PutItem", { TableName: "orders", Item: { orderID: { S: "a" }, l: nested(levels) } });
  expect((await attempt(32)).status).toBe(200);
  expect((await attempt(33)).body).toMatchObject({ message: "Nesting Levels have exceeded supported limits" });
});

test("asks for permission, each operation by its name, on the table or its stream", async () => {
  await put("a");
  await call("GetItem", { TableName: "orders", Key: { orderID: { S: "a" } } });
  await call("DescribeTable", { TableName: "orders" });
  await call("ListStreams", {}, "DynamoDBStreams_20120810");
  await records();
  expect(access.asked.map(({ action, resource }) => [action, resource])).toEqual([
    ["dynamodb:PutItem", TABLE_ARN],
    ["dynamodb:GetItem", TABLE_ARN],
    ["dynamodb:DescribeTable", TABLE_ARN],
    ["dynamodb:ListStreams", "*"],
    ["dynamodb:GetRecords", streamArn],
  ]);
});

test("answers a refusal as AWS does, and changes nothing", async () => {
  await database.stop();
  access = openAccess(({ action }) => {
    throw new AwsError("AccessDeniedException", `not authorized to perform: ${action}`, 403);
  });
  database = new DynamoDb({ place, access, clock, log: silent });
  database.createTable(table);
  const { status, body } = await put("a");
  expect([status, body.__type.split("#")[1], body.message]).toEqual([
    400,
    "AccessDeniedException",
    "not authorized to perform: dynamodb:PutItem",
  ]);
  expect(await database.items("orders")).toEqual([]);
});

test("lets a client read the stream as the SDK does", async () => {
  await put("a");
  await put("b");
  const streams = (operation: string, input: object) =>
    call(operation, input, "DynamoDBStreams_20120810").then(({ body }) => body);
  expect((await streams("ListStreams", {})).Streams).toEqual([{ StreamArn: streamArn, TableName: "orders" }]);
  const { StreamDescription } = await streams("DescribeStream", { StreamArn: streamArn });
  const [{ ShardId, SequenceNumberRange }] = StreamDescription.Shards;
  const from = (ShardIteratorType: string, SequenceNumber?: string) =>
    streams("GetShardIterator", { StreamArn: streamArn, ShardId, ShardIteratorType, SequenceNumber });
  const idsFrom = async (type: string, sequence?: string) =>
    (await streams("GetRecords", await from(type, sequence))).Records.map(
      (record: { dynamodb: { Keys: { orderID: { S: string } } } }) => record.dynamodb.Keys.orderID.S,
    );
  expect(await idsFrom("TRIM_HORIZON")).toEqual(["a", "b"]);
  expect(await idsFrom("AT_SEQUENCE_NUMBER", SequenceNumberRange.StartingSequenceNumber)).toEqual(["a", "b"]);
  expect(await idsFrom("AFTER_SEQUENCE_NUMBER", SequenceNumberRange.StartingSequenceNumber)).toEqual(["b"]);
  expect(await idsFrom("LATEST")).toEqual([]);
});

test.each<[string, () => Promise<{ status: number; body: { __type: string; message: string } }>, string]>([
  ["an unknown table", () => call("GetItem", { TableName: "none", Key: {} }), "Requested resource not found"],
  [
    "an unknown stream",
    () => call("DescribeStream", { StreamArn: "none" }, "DynamoDBStreams_20120810"),
    "Stream: none not found",
  ],
  [
    "a stream iterator that is none",
    () => call("GetRecords", { ShardIterator: '{"after":1}' }, "DynamoDBStreams_20120810"),
    "Invalid ShardIterator",
  ],
  [
    "a record that is not on the stream any more",
    () => {
      const input = { StreamArn: streamArn, ShardIteratorType: "AT_SEQUENCE_NUMBER", SequenceNumber: "1" };
      return call("GetShardIterator", input, "DynamoDBStreams_20120810");
    },
    "The operation attempted to read past the oldest stream record in a shard",
  ],
  [
    "what is not modelled",
    () => call("ExecuteStatement", { Statement: "SELECT * FROM orders" }),
    "ExecuteStatement is not modelled in the local run",
  ],
  [
    "a malformed key",
    () => call("PutItem", { TableName: "orders", Item: { orderID: { N: "1" } } }),
    "Type mismatch for key",
  ],
])("refuses %s", async (_, attempt, message) => {
  const { status, body } = await attempt();
  expect(status).toBe(400);
  expect(body.message).toContain(message);
});

test("refuses a table with what it cannot hold", () => {
  expect(() => database.createTable({ ...table, global_secondary_index: "x" })).toThrow(
    "aws_dynamodb_table of orders: global_secondary_index is not modelled by the local run. Leave it out, or run this stack in an account.",
  );
});

test("keeps items of one partition apart by their sort key, and their changes on the stream", async () => {
  const attribute = ["topic", "cursor"].map((name) => ({ name, type: "S" }));
  const log = { name: "log", hash_key: "topic", range_key: "cursor", attribute };
  const made = database.createTable({ ...log, stream_enabled: true, stream_view_type: "KEYS_ONLY" });
  const key = (cursor: string) => ({ topic: { S: "all" }, cursor: { S: cursor } });
  for (const cursor of ["2", "1"]) await call("PutItem", { TableName: "log", Item: key(cursor) });
  await call("DeleteItem", { TableName: "log", Key: key("2") });
  const found = await database.getRecords(someone, made.stream_arn, undefined, 10);
  expect(found.map(({ eventName, dynamodb }) => [eventName, dynamodb.Keys])).toEqual([
    ["INSERT", key("2")],
    ["INSERT", key("1")],
    ["REMOVE", key("2")],
  ]);
  expect(await database.items("log")).toEqual([key("1")]);
});

test("refuses a table whose sort key has no type", () => {
  expect(() => database.createTable({ ...table, range_key: "at" })).toThrow(
    "Some index key attributes are not defined in AttributeDefinitions. Keys: [orderID, at]",
  );
});
