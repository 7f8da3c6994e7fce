import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { childProgram } from "../support/child";
import { type KeptCall, keptServices } from "../support/kept-services";
import { someone } from "../support/local";
import { scratchFolder } from "../support/scratch-folder";

const KILLS = 25;
/** Calls that a client has under way at once. */
const CLIENTS = 4;

const program = childProgram("kept-services.ts", scratchFolder());

/** What the client was told, over all runs. */
class Client {
  /** Messages that were sent, by id; those of them that may have been deleted, and those that were. */
  readonly sent = new Set<string>();
  readonly given = new Set<string>();
  readonly deleted = new Set<string>();
  /** Of each order the number that was put last, and the one that may have been. */
  readonly put = new Map<string, number>();
  readonly tried = new Map<string, number>();
  answers = 0;
  private count = 0;

  /** Sends, receives and deletes messages, or puts an order with the next number; one of a few orders, each at most once at a time. */
  async work(orderID: string, call: (asked: KeptCall) => Promise<Record<string, unknown>>): Promise<never> {
    const ask = async (service: KeptCall["service"], operation: string, input: Record<string, unknown>) => {
      this.count += 1;
      const result = await call({ id: String(this.count), service, operation, input });
      this.answers += 1;
      return result;
    };
    for (;;) {
      const { MessageId } = await ask("sqs", "SendMessage", { MessageBody: orderID.padEnd(300, "x") });
      this.sent.add(String(MessageId));

      const number = (this.tried.get(orderID) ?? 0) + 1;
      this.tried.set(orderID, number);
      await ask("dynamodb", "PutItem", { Item: { orderID: { S: orderID }, number: { N: String(number) } } });
      this.put.set(orderID, number);

      if (this.sent.size - this.deleted.size < 20) continue;
      const { Messages = [] } = await ask("sqs", "ReceiveMessage", {});
      for (const message of Messages as readonly { MessageId: string; ReceiptHandle: string }[]) {
        this.given.add(message.MessageId);
        await ask("sqs", "DeleteMessage", { ReceiptHandle: message.ReceiptHandle });
        this.deleted.add(message.MessageId);
      }
    }
  }
}

/** Starts a run on a folder, lets the client work, and kills it after so many answers. */
async function runAndKill(folder: string, client: Client, answers: number): Promise<void> {
  const child = spawn(process.execPath, [program.file, folder], {
    env: program.env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined); // it was killed
  const waiting = new Map<string, (result: Record<string, unknown>) => void>();
  const call = (asked: KeptCall): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    return new Promise((resolve) => waiting.set(asked.id, resolve));
  };
  const enough = client.answers + answers;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line === "ready") {
      for (let at = 0; at < CLIENTS; at += 1) void client.work(`order-${at}`, call);
      return;
    }
    const { id, result } = JSON.parse(line);
    waiting.get(id)?.(result);
    if (client.answers >= enough) child.kill("SIGKILL");
  });
  await closed;
}

test(`what was acknowledged is there after ${KILLS} kills at any moment, and an item and its record are never parted`, async () => {
  const folder = scratchFolder();
  const client = new Client();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await runAndKill(folder, client, Math.floor(Math.random() * 150));

    const { data, sqs, dynamodb, streamArn } = keptServices(folder);
    const held = new Set(sqs.queues()[0]?.messages.map(({ messageId }) => messageId));
    expect([...client.sent].filter((id) => !held.has(id) && !client.given.has(id))).toEqual([]);
    expect([...client.deleted].filter((id) => held.has(id))).toEqual([]);

    const records = await dynamodb.getRecords(someone, streamArn, undefined, Number.POSITIVE_INFINITY);
    const latest = new Map(records.map(({ dynamodb: { Keys, NewImage } }) => [JSON.stringify(Keys), NewImage]));
    const items = await dynamodb.items("orders");
    expect(new Map(items.map((item) => [JSON.stringify({ orderID: item.orderID }), item]))).toEqual(latest);
    for (const [orderID, number] of client.put) {
      const item = items.find((one) => (one.orderID as { S: string }).S === orderID);
      const found = Number((item?.number as { N: string } | undefined)?.N);
      expect(found).toBeGreaterThanOrEqual(number);
      expect(found).toBeLessThanOrEqual(client.tried.get(orderID) ?? 0);
    }
    await dynamodb.stop();
    data.close();
  }
  expect(client.sent.size).toBeGreaterThan(KILLS);
  expect(client.deleted.size).toBeGreaterThan(KILLS);
});
