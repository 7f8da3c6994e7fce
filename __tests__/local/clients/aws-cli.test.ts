import * as fs from "node:fs";
import * as path from "node:path";
import type { Cloud } from "../../../local/cloud";
import { LocalStack } from "../../support/local-stack";
import { aws, testWithPython } from "../../support/python-clients";
import { scratchFolder } from "../../support/scratch-folder";
import { systemFolder } from "../../support/synth";

const BUCKET = "dev-storage-123456789012-eu-west-1";
const variables = { notification_email: "ops@example.com" };
const stacks = [new LocalStack(systemFolder("storage", "dev")), new LocalStack(systemFolder("orders", "dev"))];

let storage: Cloud;
let orders: Cloud;
beforeAll(async () => {
  [storage, orders] = (await Promise.all(stacks.map((stack) => stack.start(undefined, { variables })))) as [
    Cloud,
    Cloud,
  ];
});
afterAll(() => Promise.all(stacks.map((stack) => stack.stopAll())));

describe("version 1 of the AWS CLI", () => {
  testWithPython("copies, moves, syncs and removes objects, in parts where they are large", async () => {
    const cwd = scratchFolder();
    fs.mkdirSync(path.join(cwd, "tree/sub"), { recursive: true });
    fs.writeFileSync(path.join(cwd, "tree/sub/ü b+c&d.txt"), "tea");
    const big = Buffer.from(Array.from({ length: 9_000_000 }, (_, at) => at % 251));
    fs.writeFileSync(path.join(cwd, "tree/big.bin"), big);
    const s3 = (...args: string[]) => aws(storage, ["s3", ...args], { cwd });
    expect(await s3("ls")).toContain(BUCKET);
    await s3("sync", "tree", `s3://${BUCKET}/tree`, "--no-progress");
    expect(await s3("sync", "tree", `s3://${BUCKET}/tree`)).toBe("");
    await s3("cp", `s3://${BUCKET}/tree/big.bin`, `s3://${BUCKET}/copy.bin`);
    await s3("mv", `s3://${BUCKET}/copy.bin`, `s3://${BUCKET}/moved.bin`);
    await s3("cp", `s3://${BUCKET}/moved.bin`, "back.bin");
    expect(fs.readFileSync(path.join(cwd, "back.bin")).equals(big)).toBe(true);
    expect(await s3("cp", `s3://${BUCKET}/tree/sub/ü b+c&d.txt`, "-")).toBe("tea");
    const keys = () => storage.s3.objectsOf(BUCKET).map(({ key }) => key);
    expect(keys()).toEqual(["moved.bin", "tree/big.bin", "tree/sub/ü b+c&d.txt"]);
    expect(await s3("ls", `s3://${BUCKET}/tree/`)).toMatch(/PRE sub\/\n.*9000000 big\.bin/);
    await s3("rm", `s3://${BUCKET}`, "--recursive");
    expect(keys()).toEqual([]);
    await expect(s3("mb", "s3://another")).rejects.toThrow("PUT of a bucket is not modelled by the local run");
  });

  testWithPython("works a queue where it is told the endpoint", async () => {
    const sqs = (...args: string[]) => aws(orders, ["--endpoint-url", orders.endpoint, "sqs", ...args]);
    const url = `${orders.endpoint}/123456789012/dev-POC-Queue-DLQ`;
    expect(JSON.parse(await sqs("list-queues", "--page-size", "1")).QueueUrls).toContain(url);
    await sqs("send-message", "--queue-url", url, "--message-body", "tea");
    const { Messages } = JSON.parse(await sqs("receive-message", "--queue-url", url, "--attribute-names", "All"));
    expect(Messages).toMatchObject([{ Body: "tea", Attributes: { ApproximateReceiveCount: "1" } }]);
    await sqs("delete-message", "--queue-url", url, "--receipt-handle", Messages[0].ReceiptHandle);
    expect(JSON.parse(await sqs("list-dead-letter-source-queues", "--queue-url", url)).queueUrls).toEqual([
      `${orders.endpoint}/123456789012/dev-POC-Queue`,
    ]);
    const source = "arn:aws:sqs:eu-west-1:123456789012:dev-POC-Queue-DLQ";
    expect(JSON.parse(await sqs("list-message-move-tasks", "--source-arn", source)).Results).toEqual([]);
    await expect(
      sqs("send-message", "--queue-url", `${orders.endpoint}/123456789012/dev-POC-Queue`, "--message-body", "x"),
    ).rejects.toThrow("(AccessDenied) when calling the SendMessage operation");
  });

  testWithPython("reads tables, topics, functions and who one is", async () => {
    const read = async (...args: string[]) => JSON.parse(await aws(orders, ["--output", "json", ...args]));
    const item = JSON.stringify({ orderID: { S: "1" } });
    await aws(orders, ["dynamodb", "put-item", "--table-name", "dev-orders", "--item", item]);
    expect((await read("dynamodb", "scan", "--table-name", "dev-orders")).Count).toBe(1);
    expect((await read("dynamodb", "list-tables")).TableNames).toEqual(["dev-orders"]);
    const { Subscriptions } = await read("sns", "list-subscriptions");
    const { Topics } = await read("sns", "list-topics");
    expect([Subscriptions.length > 0, Topics.length > 0]).toEqual([true, true]);
    const { Functions } = await read("lambda", "list-functions");
    expect(Functions.map(({ FunctionName }: { FunctionName: string }) => FunctionName)).toEqual([
      ...["dev-notify-order", "dev-write-order"],
    ]);
    expect((await read("sts", "get-caller-identity")).Arn).toContain("assumed-role/local-operator/");
  });

  testWithPython("invokes a function and reads its log", async () => {
    const cwd = scratchFolder();
    const event = JSON.stringify({ requestContext: { requestId: "a" }, headers: {} });
    const invoked = await aws(
      storage,
      ["lambda", "invoke", "--function-name", "dev-list-buckets", "--payload", event, "out.json"],
      { cwd },
    );
    expect(JSON.parse(invoked)).toEqual({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(JSON.parse(fs.readFileSync(path.join(cwd, "out.json"), "utf8")).statusCode).toBe(200);
    const group = ["--log-group-name", "/aws/lambda/dev-list-buckets"];
    const { events } = JSON.parse(
      await aws(storage, ["logs", "filter-log-events", ...group, "--filter-pattern", "platform.report"]),
    );
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0].message)).toMatchObject({ record: { status: "success" } });
  });

  testWithPython("is told what there is of a service that there is not", async () => {
    await expect(aws(orders, ["cloudwatch", "list-metrics"])).rejects.toThrow(
      "monitoring is not part of the local run; what is: sqs, sns, dynamodb, sts, lambda, logs, s3",
    );
  });
});
