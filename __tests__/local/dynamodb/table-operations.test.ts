import { AwsError } from "../../../local/aws";
import { DynamoDb } from "../../../local/dynamodb/dynamodb";
import { clock, openAccess, place, silent, someone } from "../../support/local";

const TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
const table = {
  ...{ name: "orders", hash_key: "orderID", attribute: [{ name: "orderID", type: "S" }] },
  ...{ stream_enabled: true, stream_view_type: "KEYS_ONLY" },
};

let refused: string | undefined;
let access = openAccess();
let database: DynamoDb;
let streamArn: string;
beforeEach(() => {
  refused = undefined;
  access = openAccess(({ action }) => {
    if (action === refused) throw new AwsError("AccessDeniedException", "no", 403);
  });
  database = new DynamoDb({ place, access, clock, log: silent });
  streamArn = database.createTable(table).stream_arn;
});
afterEach(() => database.stop());

async function call(operation: string, input: object) {
  const { status, body } = await database.handle(someone, {
    headers: { "x-amz-target": `DynamoDB_20120810.${operation}` },
    body: JSON.stringify(input),
  });
  return { status, body: JSON.parse(body) };
}

const item = (orderID: string) => ({ orderID: { S: orderID } });
const put = (orderID: string) => ({ PutRequest: { Item: item(orderID) } });
const write = (requests: readonly object[], name = "orders") =>
  call("BatchWriteItem", { RequestItems: { [name]: requests } });
const ids = async () => (await database.items("orders")).map(({ orderID }) => (orderID as { S: string }).S).sort();

describe("BatchWriteItem", () => {
  test("puts and deletes, and each change is on the stream", async () => {
    await write([put("a"), put("b")]);
    expect(await write([put("c"), { DeleteRequest: { Key: item("a") } }])).toEqual({
      ...{ status: 200, body: { UnprocessedItems: {} } },
    });
    expect(await ids()).toEqual(["b", "c"]);
    const records = await database.getRecords(someone, streamArn, undefined, 10);
    expect(records.map(({ eventName }) => eventName)).toEqual(["INSERT", "INSERT", "INSERT", "REMOVE"]);
  });

  test("takes 1 to 25 writes of different items, each a put or a delete", async () => {
    const many = (count: number) => write(Array.from({ length: count }, (_, at) => put(String(at))));
    expect([(await many(25)).status, (await many(26)).status, (await write([])).status]).toEqual([200, 400, 400]);
    expect((await write([put("x"), { DeleteRequest: { Key: item("x") } }])).body).toMatchObject({
      __type: "com.amazonaws.dynamodb.v20120810#ValidationException",
      message: "Provided list of item keys contains duplicates",
    });
    expect((await write([{}])).body.message).toContain("must contain exactly one of them");
    expect(await ids()).toHaveLength(25);
  });

  test("takes its own grant, on each table", async () => {
    await write([put("a")], TABLE_ARN);
    expect(access.asked).toEqual([{ caller: someone, action: "dynamodb:BatchWriteItem", resource: TABLE_ARN }]);
    refused = "dynamodb:BatchWriteItem";
    expect((await write([put("b")])).body.__type).toContain("AccessDeniedException");
    refused = undefined;
    expect((await write([put("b")], "nope")).body.__type).toContain("ResourceNotFoundException");
    expect(await ids()).toEqual(["a"]);
  });
});

describe("reads of several items", () => {
  const get = (orderID: string, name = "orders") => ({ Get: { TableName: name, Key: item(orderID) } });

  test("come in batches", async () => {
    await write([put("a"), put("b")]);
    const Keys = [item("a"), item("x")];
    const { body } = await call("BatchGetItem", { RequestItems: { orders: { Keys } } });
    expect(body).toEqual({ Responses: { orders: [item("a")] }, UnprocessedKeys: {} });
    expect(access.asked.at(-1)).toMatchObject({ action: "dynamodb:BatchGetItem", resource: TABLE_ARN });
    const nowhere = await call("BatchGetItem", { RequestItems: { nope: { Keys } } });
    expect(nowhere.body.__type).toContain("ResourceNotFoundException");
  });

  test("come as a transaction, in their order, with nothing for what is not there", async () => {
    await write([put("a"), put("b")]);
    const { body } = await call("TransactGetItems", { TransactItems: [get("b"), get("x"), get("a")] });
    expect(body).toEqual({ Responses: [{ Item: item("b") }, {}, { Item: item("a") }] });
    expect(access.asked.at(-1)).toMatchObject({ action: "dynamodb:GetItem", resource: TABLE_ARN });
    for (const TransactItems of [[], Array.from({ length: 101 }, () => get("a"))]) {
      expect((await call("TransactGetItems", { TransactItems })).status).toBe(400);
    }
  });
});

test("tables are listed, page by page", async () => {
  database.createTable({ ...table, name: "more" });
  expect((await call("ListTables", {})).body).toEqual({ TableNames: ["more", "orders"] });
  expect((await call("ListTables", { Limit: 1 })).body).toEqual({
    ...{ TableNames: ["more"], LastEvaluatedTableName: "more" },
  });
  expect((await call("ListTables", { ExclusiveStartTableName: "more" })).body).toEqual({ TableNames: ["orders"] });
  expect((await call("ListTables", { Limit: 101 })).body.message).toBe(
    "Limit must be an integer from 1 to 100, got: 101",
  );
  expect(access.asked.at(-1)).toEqual({ caller: someone, action: "dynamodb:ListTables", resource: "*" });
});

test("a table says whether and by what its items expire", async () => {
  const describe = (TableName: string) => call("DescribeTimeToLive", { TableName });
  database.createTable({ ...table, name: "expiring", ttl: { attribute_name: "at", enabled: true } });
  expect((await describe("orders")).body.TimeToLiveDescription).toEqual({ TimeToLiveStatus: "DISABLED" });
  expect((await describe("expiring")).body.TimeToLiveDescription).toEqual({
    ...{ TimeToLiveStatus: "ENABLED", AttributeName: "at" },
  });
  expect((await describe("nope")).body.__type).toContain("ResourceNotFoundException");
});
