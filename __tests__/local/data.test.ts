import * as path from "node:path";
import { LocalRun } from "../support/local-run";
import { Project } from "../support/project";
import { scratchFolder } from "../support/scratch-folder";

/** `KILLS=100 npx jest local/data` kills it oftener. */
const KILLS = Number(process.env.KILLS ?? 10);
const SENDERS = 4;
const PATIENCE_MS = 60_000;

const project = new Project();
project.run("main.ts");
// A message that was being worked on at a kill comes back sooner, and as often as it takes: nobody waits for a minute here, and none ends in the
// dead-letter queue for having been killed five times.
const stack = "cdktf.out/stacks/orders-dev/cdk.tf.json";
const config = JSON.parse(project.read(stack));
const { Inbox } = config.resource.aws_sqs_queue;
Inbox.visibility_timeout_seconds = 12;
Inbox.redrive_policy = Inbox.redrive_policy.replace(/"maxReceiveCount": ?5/, '"maxReceiveCount":1000');
project.write(stack, config);
const data = path.join(scratchFolder(), "data");
const runs: LocalRun[] = [];
const start = (): Promise<LocalRun> => {
  const run = new LocalRun(project.folder, "--data", data);
  runs.push(run);
  return run.ready();
};
afterAll(() => Promise.all(runs.map((run) => run.kill())));

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

test(`of ${KILLS} runs killed at any moment none loses an order that it accepted, nor its mail`, async () => {
  const accepted = new Set<string>();
  const mailed = new Set<string>();
  const urls = new Set<string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = await start();
    urls.add(new URL(run.urlOf("/orders")).pathname);
    const sending = Array.from({ length: SENDERS }, (_, sender) => send(run, accepted, `${kill}-${sender}`));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
    await run.kill();
    await Promise.all(sending);
    for (const orderID of mailedIn(run.output)) mailed.add(orderID);
  }
  expect(urls.size).toBe(1);

  const last = await start();
  const stored = async (): Promise<readonly (string | undefined)[]> =>
    (await last.scan("dev-orders")).map(({ orderID }) => orderID?.S);
  let found = await stored();
  const isDone = (): boolean => {
    for (const orderID of mailedIn(last.output)) mailed.add(orderID);
    const all = new Set(found);
    return [...accepted].every((orderID) => all.has(orderID)) && found.every((orderID) => mailed.has(orderID ?? ""));
  };
  for (const end = Date.now() + PATIENCE_MS + 1_000 * KILLS; !isDone() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    found = await stored();
  }
  if (process.env.KILLS)
    console.log(`${KILLS} kills: ${accepted.size} accepted, ${found.length} stored, ${mailed.size} mailed`);
  expect([...accepted].filter((orderID) => !found.includes(orderID))).toEqual([]);
  expect(new Set(found).size).toBe(found.length);
  expect(found.filter((orderID) => !mailed.has(orderID ?? ""))).toEqual([]);
  expect(await last.stop()).toBe(0);
}, 3_600_000);
