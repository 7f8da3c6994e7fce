import * as fs from "node:fs";
import * as path from "node:path";
import { DataFolder } from "../../local/data-folder";
import { type Changeable, Running, until, variables } from "../support/running-orders";
import { scratchFolder } from "../support/scratch-folder";
import { systemFolder } from "../support/synth";

type Change = (resources: Changeable) => void;

const tableOf = ({ aws_dynamodb_table: tables = {} }: Changeable): Record<string, unknown> => tables.Orders ?? {};

const stopWriting: Change = ({ aws_lambda_event_source_mapping: mappings = {} }) => {
  Object.assign(mappings.InboxToWriteOrder ?? {}, { enabled: false });
};

/** An order that is stored and mailed, and one that waits in the queue. */
async function withOrders(run: Running): Promise<void> {
  expect(await run.send("stored")).toBe(202);
  await until(() => run.cloud.sns.outbox.length === 1, "the mail");
  run.reload(stopWriting);
  expect(await run.send("waiting")).toBe(202);
}

/** Another stack than that of orders. */
function storageFolder(): string {
  const folder = path.join(scratchFolder(), "storage-dev");
  fs.cpSync(systemFolder("storage", "dev"), folder, { recursive: true });
  return folder;
}

const waiting = (run: Running): number | undefined =>
  run.cloud.sqs.queues().find(({ queueName }) => queueName === "dev-POC-Queue")?.visible;

/** Refused by API Gateway, once everything that no API is part of has been changed. */
const breakApi: Change = ({ aws_api_gateway_integration: integrations = {} }) => {
  Object.assign(Object.values(integrations)[0] ?? {}, { type: "HTTP_PROXY" });
};
const breakAlarm: Change = (resources) => Object.assign(resources, { aws_zoo: { Zebra: {} } });

const renames: Change = ({ aws_dynamodb_table: tables = {}, aws_sqs_queue: queues = {} }) => {
  Object.assign(tables.Orders ?? {}, { name: "dev-others" });
  Object.assign(queues.Inbox ?? {}, { name: "dev-other-Queue" });
};

test.each([
  ["an API", breakApi],
  ["a resource", breakAlarm],
])("a table and a queue that would be replaced keep what they hold where %s is refused", async (_, fault) => {
  const folder = scratchFolder();
  let data = DataFolder.open(folder);
  const run = await Running.start({ journals: data });
  await withOrders(run);
  for (const change of [renames, stopWriting])
    expect(() =>
      run.reload((resources) => {
        stopWriting(resources);
        change(resources);
        fault(resources);
      }),
    ).toThrow("local run");
  expect(await run.stored()).toEqual(["stored"]);
  expect(waiting(run)).toBe(1);
  await run.cloud.stop();
  data.close();

  data = DataFolder.open(folder);
  const next = await Running.start({ journals: data });
  await until(() => next.cloud.sns.outbox.some(({ subject }) => subject?.includes("waiting")), "the mail");
  expect([...(await next.stored())].sort()).toEqual(["stored", "waiting"]);
  // The stream was not read from its beginning again.
  expect(next.cloud.sns.outbox.filter(({ subject }) => subject?.includes("stored"))).toHaveLength(1);
  await next.cloud.stop();
  data.close();
});

test("a stack that would go keeps what it holds where another is refused, and is deleted with the next that is not", async () => {
  const run = await Running.start();
  await withOrders(run);
  const storage = storageFolder();
  run.cloud.reload([storage, run.folder], variables);
  const config = path.join(storage, "cdk.tf.json");
  const good = fs.readFileSync(config, "utf8");
  fs.writeFileSync(config, good.replace(/"type": ?"AWS(_PROXY)?"/g, '"type":"HTTP"'));
  expect(() => run.cloud.reload([storage], variables)).toThrow("HTTP");
  expect(await run.stored()).toContain("stored");
  fs.writeFileSync(config, good);
  expect(run.cloud.reload([storage], variables).every(({ action }) => action === "deleted")).toBe(true);
  await expect(run.stored()).rejects.toThrow("not found");
});

test("a table that is protected from deletion is neither deleted nor replaced; what else was to change has not", async () => {
  const run = await Running.start();
  const protect: Change = (resources) => Object.assign(tableOf(resources), { deletion_protection_enabled: true });
  await withOrders(run);
  run.reload((resources) => {
    stopWriting(resources);
    protect(resources);
  });
  const refusal =
    "aws_dynamodb_table.Orders: ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Undo the change that deletes it, or take its protection off and reload first";
  const rename: Change = (resources) => Object.assign(tableOf(resources), { name: "dev-others" });
  // What protects is what stands: to rename it and take the protection off at once is refused as well.
  const renameProtected: Change = (resources) => {
    protect(resources);
    rename(resources);
  };
  for (const change of [rename, renameProtected])
    expect(() =>
      run.reload((resources) => {
        change(resources);
        Object.assign(resources.aws_sqs_queue?.Inbox ?? {}, { visibility_timeout_seconds: 77 });
      }),
    ).toThrow(refusal);
  expect(() => run.cloud.reload([storageFolder()], variables)).toThrow(refusal);
  expect(await run.stored()).toEqual(["stored"]);
  expect(waiting(run)).toBe(1);

  run.reload(stopWriting);
  run.reload((resources) => {
    stopWriting(resources);
    rename(resources);
  });
  expect(await run.cloud.dynamodb.items("dev-others")).toEqual([]);
});

test("a protected table that a refused reload had made is gone again", async () => {
  const run = await Running.start();
  const table = { name: "dev-more", hash_key: "id", attribute: [{ name: "id", type: "S" }] };
  expect(() =>
    run.reload((resources) => {
      Object.assign(resources.aws_dynamodb_table ?? {}, { More: { ...table, deletion_protection_enabled: true } });
      breakApi(resources);
    }),
  ).toThrow("HTTP_PROXY");
  await expect(run.cloud.dynamodb.items("dev-more")).rejects.toThrow("not found");
});

test("a run that cannot read what an earlier one left does not begin, and keeps no port", async () => {
  const folder = scratchFolder();
  fs.writeFileSync(path.join(folder, "sqs.jsonl"), '{"journal":"sqs","version":2}\n');
  const { cloud } = await Running.start();
  const port = Number(new URL(cloud.endpoint).port);
  await cloud.stop();
  const data = DataFolder.open(folder);
  await expect(Running.start({ port, journals: data })).rejects.toThrow("it is of format 2");
  data.close();
  const next = await Running.start({ port });
  expect(await next.send("a")).toBe(202);
});
