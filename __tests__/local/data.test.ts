import * as fs from "node:fs";
import * as path from "node:path";
import { DataFolder } from "../../local/data-folder";
import { DynamoDb } from "../../local/dynamodb/dynamodb";
import { Sqs } from "../../local/sqs/sqs";
import { clock, openAccess, place, silent } from "../support/local";
import { LocalRun } from "../support/local-run";
import { Project } from "../support/project";
import { scratchFolder } from "../support/scratch-folder";

/** `KILLS=100 npx jest local/data` kills them oftener. */
const KILLS = Number(process.env.KILLS ?? 4);
const RELOADING_KILLS = Math.ceil(KILLS / 2);
const SENDERS = 4;
const PATIENCE_MS = 60_000;

const project = new Project();
project.run("main.ts");
const runs: LocalRun[] = [];
afterAll(() => Promise.all(runs.map((run) => run.kill())));

async function start(data: string, { folder } = project, ...args: readonly string[]): Promise<LocalRun> {
  const run = new LocalRun(folder, "--data", data, ...args);
  runs.push(run);
  return run.ready();
}

const mailedIn = (output: string): readonly string[] =>
  [...output.matchAll(/outbox {2}← \S+: New order (\S+)/g)].map(([, id = ""]) => id);

/** Sends orders until the run is killed; adds those that it accepted. */
async function send(run: LocalRun, accepted: Set<string>, prefix: string): Promise<void> {
  const url = run.urlOf("/orders");
  for (let count = 0; ; count += 1) {
    const orderID = `${prefix}-${count}`;
    try {
      const { status } = await run.post(url, { orderID, item: "tea", quantity: 1 });
      if (status >= 200 && status < 300) accepted.add(orderID);
      else await new Promise((resolve) => setTimeout(resolve, 50));
    } catch {
      return;
    }
  }
}

/** What was seen from outside of runs that were killed. */
interface Seen {
  readonly accepted: ReadonlySet<string>;
  readonly mailed: Set<string>;
  readonly paths: ReadonlySet<string>;
}

/** Starts and kills runs while orders are sent; after each kill every accepted order has to be somewhere. */
async function killRuns(data: string): Promise<Seen> {
  const accepted = new Set<string>();
  const mailed = new Set<string>();
  const paths = new Set<string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = await start(data);
    paths.add(new URL(run.urlOf("/orders")).pathname);
    const sending = Array.from({ length: SENDERS }, (_, sender) => send(run, accepted, `${kill}-${sender}`));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
    await run.kill();
    await Promise.all(sending);
    for (const orderID of mailedIn(run.output)) mailed.add(orderID);
    requireAll(accepted, await heldIn(data));
  }
  return { accepted, mailed, paths };
}

/** Where a data folder that nobody uses holds orders; each once for every time that it is there. */
interface Held {
  readonly table: readonly string[];
  readonly queue: readonly string[];
  readonly deadLetters: readonly string[];
}

/** Looks into a copy, which leaves the folder as the kill did. */
async function heldIn(data: string): Promise<Held> {
  const copy = path.join(scratchFolder(), "data");
  fs.cpSync(data, copy, { recursive: true });
  const journals = DataFolder.open(copy);
  const options = { place, access: openAccess(), clock, log: silent, journals };
  const sqs = new Sqs({ ...options, endpoint: "http://127.0.0.1:4566" });
  const dynamodb = new DynamoDb(options);
  try {
    for (const name of ["dev-POC-Queue", "dev-POC-Queue-DLQ"]) sqs.createQueue({ name });
    dynamodb.createTable({
      name: "dev-orders",
      hash_key: "orderID",
      attribute: [{ name: "orderID", type: "S" }],
      stream_enabled: true,
      stream_view_type: "NEW_AND_OLD_IMAGES",
    });
    const [queue, deadLetters] = sqs.queues().map(({ messages }) => messages.map(({ body }) => orderIn(body)));
    const table = (await dynamodb.items("dev-orders")).map(({ orderID }) => (orderID as { S: string }).S);
    return { table, queue: queue ?? [], deadLetters: deadLetters ?? [] };
  } finally {
    sqs.stop();
    await dynamodb.stop();
    journals.close();
    fs.rmSync(copy, { recursive: true });
  }
}

const orderIn = (body: string): string => JSON.parse(body).orderID;

/** Every accepted order is somewhere, and nothing is twice in one place; an order whose last answer was lost is in the table as well. */
function requireAll(accepted: ReadonlySet<string>, { table, queue, deadLetters }: Held): void {
  const held = new Set([...table, ...queue, ...deadLetters]);
  expect([...accepted].filter((orderID) => !held.has(orderID))).toEqual([]);
  expect(new Set([...queue, ...deadLetters]).size).toBe(queue.length + deadLetters.length);
  expect(new Set(table).size).toBe(table.length);
}

/** Whether it was done at some time: a run that works off a queue stores orders that are mailed only then. */
async function until(isDone: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!(await isDone())) {
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return true;
}

/** Says how many there are of each, for who asked for other kills than usual. */
function tell(what: Readonly<Record<string, ReadonlySet<string> | readonly string[]>>): void {
  if (!process.env.KILLS) return;
  console.log(Object.entries(what).map(([name, all]) => `${"size" in all ? all.size : all.length} ${name}`));
}

/** Whether all orders in the table have been mailed, now or by the runs before. */
async function areMailed(run: LocalRun, mailed: Set<string>): Promise<boolean> {
  for (const orderID of mailedIn(run.output)) mailed.add(orderID);
  return (await run.scan("dev-orders")).every(({ orderID }) => mailed.has(orderID?.S ?? ""));
}

/** Saves the writer's code and settings in turns, as soon as what was saved before runs, until the run is killed. */
async function saveAgainAndAgain({ project: watched, run }: { project: Project; run: LocalRun }): Promise<number> {
  const writer = "handlers/write-order.ts";
  const [code = ""] = watched.read(writer).split("\nexport const saved");
  const settings = JSON.parse(watched.read("settings/dev.json"));
  for (let count = 0; ; count += 1) {
    const from = run.output.length;
    settings.orders.writerMaximumConcurrency = 10 + (count % 5);
    settings.api.throttle.rateLimit = 50 + (count % 5);
    if (count % 3 !== 1) watched.write("settings/dev.json", settings);
    if (count % 3 !== 0) watched.write(writer, `${code}\nexport const saved = ${Date.now()};\n`);
    const isKilled = await run
      .until("reloaded", from)
      .then(() => false)
      .catch(() => true);
    if (isKilled) return count;
  }
}

test(`with --watch no order is lost by ${RELOADING_KILLS} kills while what is saved is reloaded, and each next run begins`, async () => {
  const watched = new Project();
  const data = path.join(scratchFolder(), "data");
  const accepted = new Set<string>();
  let reloads = 0;
  for (let kill = 0; kill < RELOADING_KILLS; kill += 1) {
    const run = await start(data, watched, "--watch");
    const saving = saveAgainAndAgain({ project: watched, run });
    const sending = Array.from({ length: SENDERS }, (_, sender) => send(run, accepted, `${kill}-${sender}`));
    await run.until("watch  reloaded");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_000));
    await run.kill();
    await Promise.all(sending);
    reloads += await saving;
    requireAll(accepted, await heldIn(data));
    // What the kill left of a synthesis is run as well as what another makes of it.
    if (kill % 2 === 1) await (await start(data, watched)).kill();
  }
  expect(accepted.size).toBeGreaterThan(0);
  tell({ accepted, reloads: Array.from({ length: reloads }, String) });
  const last = await start(data, watched, "--watch");
  expect(await last.stop()).toBe(0);
  requireAll(accepted, await heldIn(data));
}, 3_600_000);

// As it is synthesized: a message that was being worked on at a kill is back after a minute, and after five times in the dead-letter queue.
test(`after each of ${KILLS} kills at any moment every accepted order is in the table, the queue or its dead-letter queue`, async () => {
  const data = path.join(scratchFolder(), "data");
  const { accepted, mailed, paths } = await killRuns(data);
  expect(paths.size).toBe(1);

  const last = await start(data);
  expect(await until(() => areMailed(last, mailed), PATIENCE_MS)).toBe(true);
  expect(await last.stop()).toBe(0);
  const held = await heldIn(data);
  tell({ accepted, mailed, ...held });
  requireAll(accepted, held);
}, 3_600_000);

test(`where a message is tried as often as it takes, every order that ${KILLS} killed runs accepted is stored and mailed`, async () => {
  const stack = "cdktf.out/stacks/orders-dev/cdk.tf.json";
  const config = JSON.parse(project.read(stack));
  const { Inbox } = config.resource.aws_sqs_queue;
  const { WriteOrder } = config.resource.aws_lambda_function;
  // Nobody waits for a minute here. A message may not come back before its function's time is over.
  WriteOrder.timeout = 4;
  Inbox.visibility_timeout_seconds = 4;
  Inbox.redrive_policy = Inbox.redrive_policy.replace(/"maxReceiveCount": ?5/, '"maxReceiveCount":1000');
  project.write(stack, config);
  const data = path.join(scratchFolder(), "data");
  const { accepted, mailed } = await killRuns(data);

  const last = await start(data);
  const stored = async () => new Set((await last.scan("dev-orders")).map(({ orderID }) => orderID?.S));
  const missing = async (): Promise<readonly string[]> => {
    const found = await stored();
    return [...accepted].filter((orderID) => !found.has(orderID));
  };
  await until(async () => (await missing()).length === 0, PATIENCE_MS + 1_000 * KILLS);
  expect(await missing()).toEqual([]);
  expect(await until(() => areMailed(last, mailed), PATIENCE_MS)).toBe(true);
  expect(await last.stop()).toBe(0);
}, 3_600_000);
