import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { SQSBatchResponse } from "aws-lambda";
import { MAX_ORDER_BYTES } from "../../handlers/schemas/order";
import { DynamoDbServer } from "../support/aws-servers";
import { sqsEvent } from "../support/events";
import { LambdaFunction } from "../support/lambda-function";

let database: DynamoDbServer;
let writer: LambdaFunction;

beforeAll(async () => {
  database = await DynamoDbServer.start();
  const attribute = [{ name: "orderID", type: "S" }];
  database.database.createTable({ name: "orders", hash_key: "orderID", attribute });
  const environment = { TABLE_NAME: "orders", AWS_ENDPOINT_URL_DYNAMODB: database.url };
  writer = await LambdaFunction.start("handlers/write-order.ts", environment);
});

afterAll(async () => {
  await writer.stop();
  await database.stop();
});

/** Invokes the writer; gives the messages that go back to the queue: those it reports, or all where the invocation fails. */
async function write(...bodies: string[]): Promise<readonly string[]> {
  const all = bodies.map((_, at) => ({ itemIdentifier: `m${at}` }));
  const { batchItemFailures } = await writer.invoke<SQSBatchResponse>(sqsEvent(...bodies)).catch((error) => {
    if (!String(error).includes("FullBatchFailureError")) throw error;
    return { batchItemFailures: all };
  });
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

async function stored(id: string): Promise<unknown> {
  const items = await database.database.items("orders");
  const item = items.find(({ orderID }) => (orderID as { S: string }).S === id);
  return item && unmarshall(item as Parameters<typeof unmarshall>[0]);
}

/** Lists in lists: `depth` levels, the order itself included. */
const nested = (orderID: string, depth: number): string =>
  `{"orderID":"${orderID}","list":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

/** The order that takes most room in the table for its size in JSON: a list of one-digit numbers. */
function denseOrder(orderID: string, bytes: number): string {
  const empty = `{"orderID":"${orderID}","l":[]}`.length;
  const numbers = "1,".repeat((bytes - empty) / 2).slice(0, -1);
  return `{"orderID":"${orderID}","l":[${numbers}]}`.padEnd(bytes);
}

test("stores every order of a batch, with all its properties as sent", async () => {
  const order = { orderID: "kept", customer: { name: "Zoë", tags: ["a", "", null, true, 0, -1.5, 1e-7] }, 数量: 3 };
  expect(await write(JSON.stringify(order), '{"orderID":"other"}')).toEqual([]);
  expect(await stored("kept")).toEqual(order);
  expect(await stored("other")).toEqual({ orderID: "other" });
});

test("takes the same order again for a success, and leaves the stored one alone", async () => {
  const order = '{"orderID":"twice","n":-0,"lines":[{"b":1,"a":2}]}';
  expect(await write(order)).toEqual([]);
  expect(await write('{"lines":[{"a":2,"b":1}],"orderID":"twice","n":-0}', order)).toEqual([]);
  expect(await stored("twice")).toEqual({ orderID: "twice", n: 0, lines: [{ a: 2, b: 1 }] });
});

test("fails another order under a taken orderID, and keeps the first", async () => {
  await write('{"orderID":"taken","n":1}');
  expect(await write('{"orderID":"taken","n":2}')).toEqual(["m0"]);
  expect(await stored("taken")).toEqual({ orderID: "taken", n: 1 });
  expect(writer.log.join("")).toContain("orderID is taken by a different order: taken");
});

test("fails only the messages that no retry can help, and stores what is between them", async () => {
  expect(await write("not JSON", '{"orderID":"between"}', "[]", '{"orderID":""}', '{"no":"id"}')).toEqual([
    "m0",
    "m2",
    "m3",
    "m4",
  ]);
  expect(await stored("between")).toEqual({ orderID: "between" });
});

test("fails the invocation when all of a batch fail, which is what the error alarm counts", async () => {
  await expect(writer.invoke(sqsEvent("{", "}"))).rejects.toThrow("FullBatchFailureError");
});

test("fails the messages that DynamoDB is not available for", async () => {
  database.faults.push({ status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError" });
  const failed = await write('{"orderID":"fault-a"}', '{"orderID":"fault-b"}');
  expect(failed).toHaveLength(1);
  expect(await write('{"orderID":"fault-a"}', '{"orderID":"fault-b"}')).toEqual([]);
});

test("asks DynamoDB for nothing but PutItem", () => {
  expect(new Set(database.calls)).toEqual(new Set(["PutItem"]));
});

describe("stores all that it accepts, up to each limit", () => {
  const key = (length: number): string => "k".repeat(length);
  test.each([
    ["an orderID of 255 characters", JSON.stringify({ orderID: key(255) }), key(255)],
    ["32 levels", nested("deep", 32), "deep"],
    ["the densest order of the largest size", denseOrder("dense", MAX_ORDER_BYTES), "dense"],
    ["a name of 16,383 characters", `{"orderID":"name","${key(16_383)}":1}`, "name"],
    [
      "names that mean something in JavaScript",
      '{"orderID":"js","constructor":"x","m":{"constructor":{"name":"Set"},"toString":[{"constructor":1}]}}',
      "js",
    ],
    ["the largest exact integer", `{"orderID":"large","n":${Number.MAX_SAFE_INTEGER}}`, "large"],
    ["the smallest number", '{"orderID":"small","n":[1e-130,-1e-130,0]}', "small"],
  ])("%s", async (_, body, orderID) => {
    expect(await write(body)).toEqual([]);
    expect(await stored(orderID)).toEqual(JSON.parse(body));
  });
});

describe("fails what is beyond a limit, and stores nothing of it", () => {
  test.each([
    ["an orderID of 256 characters", JSON.stringify({ orderID: "k".repeat(256) })],
    ["33 levels", nested("beyond", 33)],
    ["one byte too many", denseOrder("beyond", MAX_ORDER_BYTES).concat(" ")],
    ["a name of 16,384 characters", `{"orderID":"beyond","${"k".repeat(16_384)}":1}`],
    ["an empty name", '{"orderID":"beyond","":1}'],
    ["an empty name inside", '{"orderID":"beyond","a":{"":1}}'],
    ["a name that would vanish", '{"orderID":"beyond","a":{"__proto__":{"b":1}}}'],
    ["a name that would vanish, on top", '{"orderID":"beyond","__proto__":1}'],
    ["an integer that is not exact", `{"orderID":"beyond","n":${2 ** 53}}`],
    ["a number too small to store", '{"orderID":"beyond","n":1e-131}'],
    ["a number too large to store", '{"orderID":"beyond","n":1e126}'],
  ])("%s", async (_, body) => {
    expect(await write(body)).toEqual(["m0"]);
    expect(await stored("beyond")).toBeUndefined();
  });
});
