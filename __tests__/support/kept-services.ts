// Runs a queue and a table on a data folder, in a process that is to be killed: reads calls from stdin, a line each, and answers each on stdout
// once it is done. Started by killed-runs.test.ts.
import { createInterface } from "node:readline";
import { DataFolder } from "../../local/data-folder";
import { DynamoDb } from "../../local/dynamodb/dynamodb";
import { Sqs } from "../../local/sqs/sqs";
import { clock, openAccess, place, silent, someone } from "./local";

/** A call: what the client names it, and what it asks for. */
export interface KeptCall {
  readonly id: string;
  readonly service: "sqs" | "dynamodb";
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** The queue and the table, as one run makes them. */
export function keptServices(folder: string) {
  // So small that journals are written anew again and again.
  const data = DataFolder.open(folder, { smallest: 10_000 });
  const options = { place, access: openAccess(), clock, log: silent, journals: data };
  const sqs = new Sqs({ ...options, endpoint: "http://127.0.0.1:4566" });
  const dynamodb = new DynamoDb(options);
  const { url } = sqs.createQueue({ name: "orders", visibility_timeout_seconds: 60 });
  const { stream_arn: streamArn } = dynamodb.createTable({
    name: "orders",
    hash_key: "orderID",
    attribute: [{ name: "orderID", type: "S" }],
    stream_enabled: true,
    stream_view_type: "NEW_IMAGE",
  });
  const call = async ({ service, operation, input }: KeptCall): Promise<Record<string, unknown>> => {
    if (service === "sqs") return sqs.call(someone, operation, { QueueUrl: url, ...input });
    const headers = { "x-amz-target": `DynamoDB_20120810.${operation}` };
    const body = JSON.stringify({ TableName: "orders", ...input });
    return JSON.parse((await dynamodb.handle(someone, { headers, body })).body);
  };
  return { data, sqs, dynamodb, streamArn, call };
}

if (require.main === module) {
  const { call } = keptServices(process.argv[2] ?? "");
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const asked = JSON.parse(line) as KeptCall;
    console.log(JSON.stringify({ id: asked.id, result: await call(asked) }));
  });
  console.log("ready");
}
