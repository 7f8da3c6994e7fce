import { Table, type TableProps } from "../../../constructs/dynamodb/table";
import { only, synthesize } from "../../support/synth";

const tableOf = (props: Partial<TableProps> = {}) =>
  only(
    synthesize((stack) => {
      new Table(stack, "Table", { tableName: "orders", partitionKey: "orderID", ...props });
    }),
    "aws_dynamodb_table",
  );

test("is paid by request, encrypted, recoverable and protected, with a text key and no stream", () => {
  expect(tableOf()).toMatchObject({
    billing_mode: "PAY_PER_REQUEST",
    hash_key: "orderID",
    attribute: [{ name: "orderID", type: "S" }],
    server_side_encryption: { enabled: true },
    point_in_time_recovery: { enabled: true },
    deletion_protection_enabled: true,
    stream_enabled: false,
  });
  expect(tableOf()).not.toHaveProperty("stream_view_type");
});

test("has a stream when asked to, and is unprotected only when asked to", () => {
  expect(tableOf({ stream: "NEW_AND_OLD_IMAGES", isDeletionProtected: false })).toMatchObject({
    stream_enabled: true,
    stream_view_type: "NEW_AND_OLD_IMAGES",
    deletion_protection_enabled: false,
  });
});

test("has a sort key and lets items expire when asked to", () => {
  expect(tableOf({ sortKey: "at", timeToLiveAttribute: "expiresAt" })).toMatchObject({
    hash_key: "orderID",
    range_key: "at",
    attribute: [
      { name: "orderID", type: "S" },
      { name: "at", type: "S" },
    ],
    ttl: { attribute_name: "expiresAt", enabled: true },
  });
  expect(tableOf()).not.toHaveProperty("range_key");
  expect(tableOf()).not.toHaveProperty("ttl");
});

test.each([["t".repeat(3)], ["t".repeat(255)], ["a.b-c_d"]])("takes the name %s", (tableName) => {
  expect(tableOf({ tableName }).name).toBe(tableName);
});

test.each<[Partial<TableProps>, string]>([
  [{ tableName: "tt" }, 'tableName must be 3–255 letters, digits, ., - and _, got: "tt" (in test/Table)'],
  [{ tableName: "t".repeat(256) }, "tableName must be 3–255 letters"],
  [{ partitionKey: "" }, 'partitionKey must be 1–255 characters, got: ""'],
  [{ partitionKey: "k".repeat(256) }, "partitionKey must be 1–255 characters"],
  [{ sortKey: "" }, "sortKey must be 1–255 characters"],
  [{ sortKey: "k".repeat(256) }, "sortKey must be 1–255 characters"],
  [{ sortKey: "orderID" }, 'sortKey must be another attribute than partitionKey, got: "orderID"'],
  [{ timeToLiveAttribute: "" }, "timeToLiveAttribute must be 1–255 characters"],
  [{ timeToLiveAttribute: "k".repeat(256) }, "timeToLiveAttribute must be 1–255 characters"],
])("refuses %j", (props, message) => {
  expect(() => tableOf(props)).toThrow(message);
});
