import { DynamoDb } from "../../../local/dynamodb/dynamodb";
import { KeptRuns } from "../../support/kept-runs";
import { openAccess, place, silent, someone } from "../../support/local";
import { ManualClock } from "../../support/rest-api";

const clock = new ManualClock();
let database: DynamoDb;

beforeEach(() => {
  database = new DynamoDb({ place, access: openAccess(), clock, log: silent });
});

afterEach(async () => {
  await database.stop();
  expect(clock.waitingCount).toBe(0);
});

const table = (more: object = {}) => ({
  name: "clients",
  hash_key: "id",
  attribute: [{ name: "id", type: "S" }],
  stream_enabled: true,
  stream_view_type: "OLD_IMAGE",
  ttl: { attribute_name: "expiresAt", enabled: true },
  ...more,
});

const inSeconds = (seconds: number) => ({ N: String(Math.floor(clock.now() / 1_000) + seconds) });

const put = (id: string, expiresAt?: object) =>
  database.handle(someone, {
    headers: { "x-amz-target": "DynamoDB_20120810.PutItem" },
    body: JSON.stringify({ TableName: "clients", Item: { id: { S: id }, ...(expiresAt && { expiresAt }) } }),
  });

const ids = async () => (await database.items("clients")).map(({ id }) => (id as { S: string }).S).sort();

test("deletes what has expired, within a minute, and keeps all else", async () => {
  const { stream_arn: streamArn } = database.createTable(table());
  await put("now", inSeconds(60));
  await put("later", inSeconds(61));
  await put("never");
  await put("text", { S: "1" });
  await put("long ago", inSeconds(-6 * 365 * 86_400));
  expect(await ids()).toHaveLength(5);
  clock.advance(60_000);
  expect(await ids()).toEqual(["later", "long ago", "never", "text"]);
  const [last] = (await database.getRecords(someone, streamArn, undefined, 10)).slice(-1);
  expect(last).toMatchObject({
    eventName: "REMOVE",
    userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    dynamodb: { Keys: { id: { S: "now" } }, OldImage: { id: { S: "now" } } },
  });
});

test("goes on looking", async () => {
  database.createTable(table());
  await put("a", inSeconds(90));
  clock.advance(60_000);
  expect(await ids()).toEqual(["a"]);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(60_000);
  expect(await ids()).toEqual([]);
});

test("stops looking at the stop, even while it looks", async () => {
  database.createTable(table());
  await put("a", inSeconds(1));
  clock.advance(60_000);
  await database.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.waitingCount).toBe(0);
  database = new DynamoDb({ place, access: openAccess(), clock, log: silent });
});

test("keeps everything where it is off", async () => {
  database.createTable(table({ ttl: { attribute_name: "expiresAt", enabled: false } }));
  await put("a", inSeconds(1));
  clock.advance(600_000);
  expect(await ids()).toEqual(["a"]);
});

test("wants to know the attribute", () => {
  expect(() => database.createTable(table({ ttl: { enabled: true } }))).toThrow(
    "ttl.attribute_name must be given where ttl.enabled is true",
  );
});

test("follows what an update says of it: none, another attribute, and the first again", async () => {
  database.createTable(table({ ttl: undefined }));
  await put("a", inSeconds(30));
  clock.advance(120_000);
  expect(await ids()).toEqual(["a"]);
  database.updateTable(table({ ttl: { attribute_name: "endsAt", enabled: true } }));
  clock.advance(60_000);
  expect(await ids()).toEqual(["a"]);
  database.updateTable(table({ ttl: { attribute_name: "expiresAt", enabled: false } }));
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(60_000);
  expect(await ids()).toEqual(["a"]);
  database.updateTable(table());
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(60_000);
  expect(await ids()).toEqual([]);
});

test("deletes what has expired while no run was there, within a minute of the next start, and puts it on the stream", async () => {
  const runs = new KeptRuns();
  const start = () => new DynamoDb({ place, access: openAccess(), clock, log: silent, journals: runs.next() });
  database = start();
  const { stream_arn: streamArn } = database.createTable(table());
  await put("now", inSeconds(3_600 + 60));
  await put("later", inSeconds(3_600 + 61));
  await database.stop();
  clock.advance(3_600_000);

  database = start();
  database.createTable(table());
  expect(await ids()).toEqual(["later", "now"]);
  clock.advance(60_000);
  expect(await ids()).toEqual(["later"]);
  const [last] = (await database.getRecords(someone, streamArn, undefined, 10)).slice(-1);
  expect(last).toMatchObject({ eventName: "REMOVE", dynamodb: { Keys: { id: { S: "now" } } } });
  await database.stop();

  database = start();
  database.createTable(table());
  expect(await ids()).toEqual(["later"]);
});
