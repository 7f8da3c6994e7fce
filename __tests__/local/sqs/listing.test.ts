import { AwsError } from "../../../local/aws";
import { Sqs } from "../../../local/sqs/sqs";
import { clock, openAccess, place, silent, someone } from "../../support/local";

const endpoint = "http://127.0.0.1:4566";
const arnOf = (name: string) => `arn:aws:sqs:eu-west-1:123456789012:${name}`;
const urlOf = (name: string) => `${endpoint}/123456789012/${name}`;

let refused: string | undefined;
let sqs: Sqs;
beforeEach(() => {
  refused = undefined;
  const access = openAccess(({ action }) => {
    if (action === refused) throw new AwsError("AccessDeniedException", "no", 403);
  });
  sqs = new Sqs({ place, access, clock, log: silent, endpoint });
  sqs.createQueue({ name: "failed" });
  const redrive_policy = JSON.stringify({ deadLetterTargetArn: arnOf("failed"), maxReceiveCount: 1 });
  for (const name of ["a", "b", "c"]) sqs.createQueue({ name, redrive_policy });
});
afterEach(() => sqs.stop());

const call = (operation: string, input: object = {}) => sqs.call(someone, operation, { ...input });

test.each([
  ["ListQueues", "QueueUrls", { QueueNamePrefix: "" }, ["failed", "a", "b", "c"]],
  ["ListDeadLetterSourceQueues", "queueUrls", { QueueUrl: urlOf("failed") }, ["a", "b", "c"]],
])("%s tells all, or page by page", async (operation, member, input, names) => {
  expect(await call(operation, input)).toEqual({ [member]: names.map(urlOf) });
  const found: unknown[] = [];
  let pages = 0;
  for (let NextToken: unknown, isMore = true; isMore; isMore = NextToken !== undefined) {
    const page = await call(operation, { ...input, MaxResults: 2, NextToken });
    found.push(...(page[member] as readonly unknown[]));
    NextToken = page.NextToken;
    pages += 1;
  }
  expect([found, pages]).toEqual([names.map(urlOf), 2]);
  await expect(call(operation, { ...input, MaxResults: 0 })).rejects.toMatchObject({ code: "InvalidParameterValue" });
});

test("a queue that gets no dead letters has no sources, and who may not ask is told nothing", async () => {
  expect(await call("ListDeadLetterSourceQueues", { QueueUrl: urlOf("a") })).toEqual({ queueUrls: [] });
  refused = "sqs:ListDeadLetterSourceQueues";
  await expect(call("ListDeadLetterSourceQueues", { QueueUrl: urlOf("a") })).rejects.toThrow("no");
});

describe("moves of messages", () => {
  const list = (input: object = {}) => call("ListMessageMoveTasks", { SourceArn: arnOf("failed"), ...input });

  test("are told when they are over, the latest first", async () => {
    expect(await list()).toEqual({ Results: [] });
    await call("SendMessage", { QueueUrl: urlOf("failed"), MessageBody: "x" });
    await call("StartMessageMoveTask", { SourceArn: arnOf("failed"), DestinationArn: arnOf("a") });
    await call("StartMessageMoveTask", { SourceArn: arnOf("failed") });
    const common = { Status: "COMPLETED", SourceArn: arnOf("failed"), StartedTimestamp: expect.any(Number) };
    const [none, one] = [0, 1].map((moved) => ({
      ...common,
      ...{ ApproximateNumberOfMessagesMoved: moved, ApproximateNumberOfMessagesToMove: moved },
    }));
    expect(await list()).toEqual({ Results: [none] });
    expect(await list({ MaxResults: 10 })).toEqual({ Results: [none, { ...one, DestinationArn: arnOf("a") }] });
    await expect(list({ MaxResults: 11 })).rejects.toMatchObject({ code: "InvalidParameterValue" });
  });

  test("are told to who may, of a queue that there is", async () => {
    refused = "sqs:ListMessageMoveTasks";
    await expect(list()).rejects.toThrow("no");
    await expect(list({ SourceArn: arnOf("x") })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });
});

test("the query protocol writes the lists flat", async () => {
  const body = new URLSearchParams({ Action: "ListDeadLetterSourceQueues", QueueUrl: urlOf("failed") }).toString();
  const answer = await sqs.handle(someone, { headers: {}, body });
  expect(answer.body).toContain(`<QueueUrl>${urlOf("a")}</QueueUrl><QueueUrl>${urlOf("b")}</QueueUrl>`);
});
