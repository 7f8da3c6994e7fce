import * as fs from "node:fs";
import * as path from "node:path";
import { DataFolder } from "../../local/data-folder";
import { DynamoDb } from "../../local/dynamodb/dynamodb";
import { KeptRuns } from "../support/kept-runs";
import { clock, openAccess, place, silent } from "../support/local";
import { type Changeable, Running, variables } from "../support/running-orders";
import { scratchFolder } from "../support/scratch-folder";
import { systemFolder } from "../support/synth";
import { until } from "../support/until";

type Change = (resources: Changeable) => void;

const tableOf = ({ aws_dynamodb_table: tables = {} }: Changeable): Record<string, unknown> => tables.Orders ?? {};

const stopWriting: Change = ({ aws_lambda_event_source_mapping: mappings = {} }) => {
  Object.assign(mappings.InboxToWriteOrder ?? {}, { enabled: false });
};

/** An order that is stored and mailed, and one that waits in the queue. */
async function withOrders(run: Running): Promise<void> {
  expect(await run.send("stored")).toBe(202);
  // With its end the record is done with; before, the next run would be right to mail it again.
  const notifier = () => run.cloud.lambda.logsOf("dev-notify-order");
  await until(() => notifier().some((line) => line.includes("platform.report")), "the notifier's end");
  expect(run.cloud.sns.outbox).toHaveLength(1);
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

const keyedBy =
  (name: string): Change =>
  (resources) =>
    Object.assign(tableOf(resources), { hash_key: name, attribute: [{ name, type: "S" }] });
const keyThatIsNoAttribute: Change = (resources) => Object.assign(tableOf(resources), { hash_key: "number" });
const fifo: Change = ({ aws_sqs_queue: queues = {} }) => Object.assign(queues.Inbox ?? {}, { fifo_queue: true });

test.each<[string, readonly Change[], string]>([
  ["a table whose key would be another", [keyedBy("number"), breakApi], "HTTP_PROXY"],
  ["a table whose key would be no attribute", [keyThatIsNoAttribute], "key attributes are not defined"],
  ["a queue that would become a FIFO queue", [fifo], "fifo_queue"],
])("%s keeps what it holds where the reload is refused", async (_, changes, refusal) => {
  const kept = new KeptRuns();
  const run = await Running.start({ journals: kept.next() });
  await withOrders(run);
  const reload = () =>
    run.reload((resources) => {
      stopWriting(resources);
      for (const change of changes) change(resources);
    });
  for (let time = 0; time < 2; time += 1) expect(reload).toThrow(refusal);
  expect(await run.stored()).toEqual(["stored"]);
  expect(waiting(run)).toBe(1);

  run.reload(() => undefined);
  await until(() => run.cloud.sns.outbox.length === 2, "the mail");
  expect([...(await run.stored())].sort()).toEqual(["stored", "waiting"]);
  const next = await Running.start({ journals: kept.copy().next() });
  expect([...(await next.stored())].sort()).toEqual(["stored", "waiting"]);
});

test("a table with another key begins empty once a reload is not refused, and is so in later runs", async () => {
  const kept = new KeptRuns();
  const run = await Running.start({ journals: kept.next() });
  await withOrders(run);
  const key = keyedBy("status");
  expect(run.reload((resources) => key(resources))).toContainEqual([
    "aws_dynamodb_table.Orders",
    "replaced",
    ["attribute", "hash_key"],
  ]);
  expect(await run.cloud.dynamodb.items("dev-orders")).toEqual([]);
  const [stack] = run.cloud.stacks;
  const table = () => stack?.resources.find(({ address }) => address === "aws_dynamodb_table.Orders")?.attributes;
  expect(table()).toMatchObject({ hash_key: "status" });
  const found = new DynamoDb({ place, access: openAccess(), clock, log: silent, journals: kept.copy().next() });
  expect(found.unclaimed()).toEqual([]);
  await found.stop();
});

test("what another stack was to take over stays with its own where the reload is refused", async () => {
  const run = await Running.start();
  const stackOf = (name: string) => path.join(path.dirname(run.folder), name);
  const reload = (stacks: Readonly<Record<string, object>>) => {
    for (const [name, tables] of Object.entries(stacks)) {
      fs.mkdirSync(stackOf(name), { recursive: true });
      fs.writeFileSync(path.join(stackOf(name), "cdk.tf.json"), JSON.stringify({ resource: tables }));
    }
    run.cloud.reload([run.folder, ...Object.keys(stacks).map(stackOf)], variables);
  };
  const table = (key: string) => ({ name: "dev-moved", hash_key: key, attribute: [{ name: key, type: "S" }] });
  reload({ one: { aws_dynamodb_table: { Moved: table("id") } }, other: {} });
  const { caller } = run.cloud.iam.operator();
  const body = JSON.stringify({ TableName: "dev-moved", Item: { id: { S: "1" } } });
  await run.cloud.dynamodb.handle(caller, { headers: { "x-amz-target": "DynamoDB_20120810.PutItem" }, body });
  for (const key of ["id", "number"]) {
    const refused = { one: {}, other: { aws_dynamodb_table: { Taken: table(key) }, aws_zoo: { Zebra: {} } } };
    expect(() => reload(refused)).toThrow(/^aws_zoo\.Zebra is of a type that the local run does not know[^\n]*$/);
    expect(await run.cloud.dynamodb.items("dev-moved")).toEqual([{ id: { S: "1" } }]);
  }
  reload({ one: {}, other: { aws_dynamodb_table: { Taken: table("id") } } });
  expect(await run.cloud.dynamodb.items("dev-moved")).toEqual([{ id: { S: "1" } }]);
});

test("keys of user pools, secrets of their clients and counts of topics stay where a reload is refused that would replace them", async () => {
  const kept = new KeptRuns();
  const run = await Running.start({ journals: kept.next() });
  const withPool =
    (poolName: string): Change =>
    (resources) =>
      Object.assign(resources, {
        aws_cognito_user_pool: { Users: { name: poolName } },
        aws_cognito_user_pool_client: {
          App: {
            name: "app",
            user_pool_id: "${aws_cognito_user_pool.Users.id}",
            generate_secret: true,
          },
        },
      });
  const client = () => {
    const resources = run.cloud.stacks.flatMap((stack) => stack.resources);
    return resources.find(({ type }) => type === "aws_cognito_user_pool_client")?.attributes ?? {};
  };
  run.reload(withPool("users"));
  expect(await run.send("counted")).toBe(202);
  await until(() => run.cloud.sns.published.size === 1, "the message");
  const [before, [pool]] = [client(), run.cloud.cognito.userPools];
  const token = await pool?.tokenFor({ clientId: String(before.id), username: "ada" });
  expect(() =>
    run.reload((resources) => {
      withPool("others")(resources);
      for (const [name, topic] of Object.entries(resources.aws_sns_topic ?? {})) topic.name = `dev-other-${name}`;
      breakApi(resources);
    }),
  ).toThrow("HTTP_PROXY");
  expect(client()).toEqual(before);
  expect([...run.cloud.sns.published.values()]).toEqual([1]);
  const [again, ...others] = run.cloud.cognito.userPools;
  expect(others).toEqual([]);
  expect(await again?.claimsOf(String(token))).toMatchObject({ "cognito:username": "ada" });

  const next = await Running.start({ journals: kept.copy().next() });
  next.reload(withPool("users"));
  const [there] = next.cloud.cognito.userPools;
  expect(there?.clientOf(String(before.id)).clientSecret).toBe(before.client_secret);
  expect((await there?.jwks())?.keys).toEqual((await pool?.jwks())?.keys);
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
