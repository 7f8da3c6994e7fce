import type { DynamoDBBatchResponse } from "aws-lambda";
import { Sns } from "../support/aws-servers";
import { insertEvent } from "../support/events";
import { LambdaFunction } from "../support/lambda-function";

let topic: Sns;
let notifier: LambdaFunction;

beforeAll(async () => {
  topic = await Sns.start();
  const environment = { TOPIC_ARN: "arn:aws:sns:eu-west-1:123456789012:orders", AWS_ENDPOINT_URL_SNS: topic.url };
  notifier = await LambdaFunction.start("handlers/notify-order.ts", environment);
});

beforeEach(() => {
  topic.published.length = 0;
});

afterAll(async () => {
  await notifier.stop();
  await topic.stop();
});

/** Invokes the notifier; gives the records that it reports as failed, or "all" where the invocation fails. */
async function notify(...orders: Record<string, unknown>[]): Promise<readonly string[] | "all"> {
  const result = await notifier.invoke<DynamoDBBatchResponse>(insertEvent(...orders)).catch((error) => {
    if (!String(error).includes("FullBatchFailureError")) throw error;
    return "all" as const;
  });
  return result === "all" ? result : result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** Name, type and value of each message attribute of a published message. */
function attributesOf(input: URLSearchParams | undefined): Record<string, readonly [string, string]> {
  const entries = [...(input?.entries() ?? [])].filter(([key]) => key.endsWith(".Name"));
  return Object.fromEntries(
    entries.map(([key, name]) => {
      const at = key.replace(".Name", ".Value");
      return [name, [input?.get(`${at}.DataType`) ?? "", input?.get(`${at}.StringValue`) ?? ""]];
    }),
  );
}

test("publishes each inserted order in readable text, in the stream's order", async () => {
  expect(await notify({ orderID: "1", item: "tea" }, { orderID: "2" })).toEqual([]);
  expect(topic.published.map((input) => input.get("Subject"))).toEqual(["New order 1", "New order 2"]);
  const [first] = topic.published;
  expect(first?.get("TopicArn")).toBe("arn:aws:sns:eu-west-1:123456789012:orders");
  expect(first?.get("Message")).toContain("New order 1\n\n{");
  expect(first?.get("Message")).toContain('"item": "tea"');
});

test("gives subscribers attributes to filter on: the orderID and up to nine other plain values", async () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`p${String(at).padStart(2, "0")}`, at]));
  await notify(
    { orderID: "1", total: 9.5, express: true, country: "IE", note: "", lines: [1], "not allowed": "x", "AWS.x": "x" },
    { orderID: "2", ...many },
  );
  expect(attributesOf(topic.published[0])).toEqual({
    orderID: ["String", "1"],
    country: ["String", "IE"],
    express: ["String", "true"],
    total: ["Number", "9.5"],
  });
  expect(Object.keys(attributesOf(topic.published[1]))).toHaveLength(10);
});

test("makes a subject that SNS takes of any orderID", async () => {
  await notify({ orderID: "Zoë\n数" }, { orderID: "x".repeat(255) });
  expect(topic.published.map((input) => input.get("Subject"))).toEqual([
    "New order Zo???",
    `New order ${"x".repeat(89)}`,
  ]);
});

test("stays below what SNS takes, however large the order", async () => {
  const wide = { orderID: "wide", list: Array.from({ length: 60_000 }, () => 1) };
  const long = { orderID: "long", text: "é".repeat(130_000) };
  await notify(wide, long);
  const [compact, cut] = topic.published.map((input) => input.get("Message") ?? "");
  expect(compact?.slice(-12).trim()).toBe("1,1,1,1,1]}");
  expect(cut).toMatch(/é\n\n\(cut here: the whole order is in the table, under its orderID, "long"\)\n$/);
  for (const message of [compact, cut]) expect(Buffer.byteLength(message ?? "")).toBeLessThan(256 * 1024);
});

test("stops at the first failure, so that nothing behind it is notified twice", async () => {
  topic.refusals.push(false, true);
  expect(await notify({ orderID: "1" }, { orderID: "2" }, { orderID: "3" })).toEqual(["s1", "s2"]);
  expect(topic.published.map((input) => input.get("Subject"))).toEqual(["New order 1"]);
});

test("fails as a whole when the first record fails, so that Lambda halves the batch and not all wait for one", async () => {
  topic.refusals.push(true);
  expect(await notify({ orderID: "1" }, { orderID: "2" })).toBe("all");
  expect(topic.published).toEqual([]);
});

test("lets no order break its message or add lines to it", async () => {
  await notify({ orderID: "a\n\nb\u0000", note: "\u0001", lone: "\ud800", tiny: 1e-130, fine: "é\t" });
  expect(topic.published[0]?.get("Message")?.split("\n").slice(0, 4)).toEqual([
    "New order a??b?",
    "",
    "{",
    '  "orderID": "a\\n\\nb\\u0000",',
  ]);
  expect(attributesOf(topic.published[0])).toEqual({ fine: ["String", "é\t"] });
});

test("publishes nothing for changes and removals", async () => {
  const { Records } = insertEvent({ orderID: "1" }, { orderID: "2" }) as { Records: { eventName: string }[] };
  const others = Records.map((record, at) => ({ ...record, eventName: at === 0 ? "MODIFY" : "REMOVE" }));
  expect(await notifier.invoke({ Records: others })).toEqual({ batchItemFailures: [] });
  expect(topic.published).toEqual([]);
});
