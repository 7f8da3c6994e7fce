import { Follow, type Seen } from "../../../local/page/follow";
import { someone } from "../../support/local";

const queueArn = "arn:aws:sqs:eu-west-1:123456789012:inbox";
const deadLetterQueueArn = "arn:aws:sqs:eu-west-1:123456789012:inbox-dlq";
const writer = "arn:aws:lambda:eu-west-1:123456789012:function:writer";
const notifier = "arn:aws:lambda:eu-west-1:123456789012:function:notifier";
const first = "00000000-0000-4000-8000-000000000001";
const second = "00000000-0000-4000-8000-000000000002";
const body = '{"orderID":"1","n":2}';

const sent = (messageId: string, text = body): Seen => ({
  ...{ kind: "message sent", queueArn, messageId, body: text, receiveCount: 0 },
});
const invoked = (functionArn: string, requestId: string, ...Records: object[]): Seen => ({
  ...{ kind: "invocation", functionArn, requestId, event: { Records } },
});
const ended = (functionArn: string, requestId: string, result: object = { payload: null }): Seen =>
  ({ kind: "invocation ended", functionArn, requestId, durationMs: 5, result: { requestId, ...result } }) as Seen;
const changed = (orderID: string, eventId: string): Seen => ({
  kind: "item changed",
  tableName: "orders",
  eventName: "INSERT",
  keys: { orderID: { S: orderID } },
  eventId,
  sequenceNumber: "100000000000000000007",
});
const published = (messageId: string, orderID: string): Seen => ({
  ...{ kind: "publication", topicArn: "arn:aws:sns:eu-west-1:123456789012:news", messageId, subject: "New" },
  ...{ message: "", attributes: { orderID }, at: 0, mails: 1 },
});
const mailed = (messageId: string, to = "ops@example.com"): Seen => ({
  ...{ kind: "mail", to, subject: "New", text: "", topicArn: "", messageId, at: 0, attributes: {} },
});
const called = (isAllowed: boolean, action = "s3:GetObject"): Seen => ({
  ...{ kind: "call", caller: someone, action, resource: "arn:aws:s3:::files/a", isAllowed },
});

function follow(text = body): Follow {
  return new Follow(
    "1",
    text,
    () => someone.principalArn,
    () => undefined,
  );
}

function answered(one: Follow, messageId = first): Follow {
  one.answered({ title: "answered 202", status: 202, body: JSON.stringify({ messageId }), requestId: "request-1" });
  return one;
}

const told = ({ steps }: Follow): readonly string[] =>
  steps.map(({ title, state }) => (state === "ok" ? title : `${title} (${state})`));

test("tells the way of an order from its answer to the mail, also what passed before the answer was there", () => {
  const one = follow();
  one.see(sent(first));
  one.see(invoked(writer, "r1", { messageId: first }));
  answered(one);
  one.see(changed("1", "event-1"));
  one.see(ended(writer, "r1"));
  one.see(invoked(notifier, "r2", { eventID: "event-1" }));
  one.see(published(second, "1"));
  one.see(mailed(second));
  one.see(ended(notifier, "r2"));
  expect(told(one)).toEqual([
    ...["in inbox", "writer", "answered 202", "INSERT in orders", "notifier"],
    ...["published to news", "mail to ops@example.com"],
  ]);
  expect(one.steps.map(({ at }) => at)).toEqual(one.steps.map(({ at }) => at).sort((a, b) => a - b));
});

test("takes nothing of another order, though it goes the same way at the same time", () => {
  const one = answered(follow());
  one.see(sent("other", '{"orderID":"2"}'));
  one.see(invoked(writer, "r1", { messageId: "other" }));
  one.see(changed("2", "event-2"));
  one.see(invoked(notifier, "r2", { eventID: "event-2" }));
  one.see(published("message-9", "2"));
  one.see(mailed("message-9"));
  expect(told(one)).toEqual(["answered 202"]);
});

test("takes the same order, sent by somebody else, for another one", () => {
  const one = answered(follow());
  one.see(sent(second));
  one.see(sent(first));
  expect(one.steps.slice(1).map(({ detail }) => detail)).toEqual([`message ${first}`]);
});

test("knows its message by the body where the answer does not name it, and one alone", () => {
  const one = follow();
  one.answered({ title: "answered 202", status: 202, body: "", requestId: "request-1" });
  for (const messageId of [first, second]) one.see(sent(messageId));
  expect(one.steps.slice(1).map(({ detail }) => detail)).toEqual([`message ${first}`]);
});

test("tells of each attempt, why it failed, and of the dead-letter queue", () => {
  const one = answered(follow());
  one.see(sent(first));
  for (const requestId of ["r1", "r2"]) {
    one.see(invoked(writer, requestId, { messageId: first }));
    one.see(ended(writer, requestId, { functionError: { errorType: "Error", errorMessage: "no room" } }));
  }
  one.see({ kind: "message given up", queueArn, deadLetterQueueArn, messageId: first, receiveCount: 2 });
  expect(told(one).slice(2)).toEqual(["writer (failed)", "writer (failed)", "inbox → inbox-dlq (failed)"]);
  expect(one.steps[3]?.detail).toMatch(/^no room · attempt 2, request r2 · 5 ms/);
  expect(one.steps[4]?.detail).toBe("given up after 2 receives");
});

test("tells a message that the function reports as failed from others of its batch", () => {
  const failures = { payload: { batchItemFailures: [{ itemIdentifier: second }] } };
  const one = answered(follow());
  one.see(invoked(writer, "r1", { messageId: first }, { messageId: second }));
  one.see(ended(writer, "r1", failures));
  const other = answered(follow(), second);
  other.see(invoked(writer, "r1", { messageId: first }, { messageId: second }));
  other.see(ended(writer, "r1", failures));
  expect([told(one)[1], told(other)[1]]).toEqual(["writer", "writer (failed)"]);
  expect(one.steps[1]?.detail).toContain("2 records together");
});

test("finds what a stream's mapping gave up by the range of its records", () => {
  const about = (first: string, last: string) =>
    sent(
      `gave-up-${first}`,
      JSON.stringify({ DDBStreamBatchInfo: { startSequenceNumber: first, endSequenceNumber: last } }),
    );
  const one = answered(follow());
  one.see(changed("1", "event-1"));
  one.see(about("100000000000000000001", "100000000000000000006"));
  one.see(about("100000000000000000005", "100000000000000000009"));
  expect(one.steps.filter(({ state }) => state === "failed").map(({ detail }) => detail)).toEqual([
    "message gave-up-100000000000000000005",
  ]);
});

test("takes a call as its own while nothing else works under the role, and never when something does", () => {
  const one = answered(follow());
  one.see(called(true));
  one.see(invoked(writer, "r1", { messageId: first }));
  one.see(called(true));
  one.see(called(false, "sqs:SendMessage"));
  one.see(called(true, "logs:PutLogEvents"));
  one.see(invoked(writer, "r2", { messageId: "other" }));
  one.see(called(true));
  expect(told(one)).toEqual(["answered 202", "writer (running)", "s3:GetObject", "sqs:SendMessage denied (failed)"]);
});

test("takes no call as its own while an invocation that began before it works under the role", () => {
  const working = new Map([[someone.principalArn, new Set(["earlier"])]]);
  const one = new Follow(
    "1",
    body,
    () => someone.principalArn,
    () => undefined,
    working,
  );
  answered(one).see(invoked(writer, "r1", { messageId: first }));
  one.see(called(true));
  one.see(ended(writer, "earlier"));
  one.see(called(true, "s3:ListBucket"));
  expect(told(one)).toEqual(["answered 202", "writer (running)", "s3:ListBucket"]);
});

test("finds the function behind a route by the id of the request", () => {
  const one = answered(follow("not json"));
  one.see({
    kind: "invocation",
    functionArn: writer,
    requestId: "r1",
    event: { requestContext: { requestId: "request-1" } },
  });
  one.see({ kind: "invocation", functionArn: writer, requestId: "r2", event: null });
  one.see({ kind: "item changed", tableName: "orders", eventName: "INSERT", keys: { orderID: { S: "1" } } });
  expect(told(one)).toEqual(["answered 202", "writer (running)"]);
});

test("keeps at most 200 steps", () => {
  const one = answered(follow());
  for (let at = 0; at < 300; at += 1) one.see(invoked(writer, `r${at}`, { messageId: first }));
  expect(one.steps).toHaveLength(200);
});
