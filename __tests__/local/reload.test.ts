import * as fs from "node:fs";
import * as path from "node:path";
import { signedRequest } from "../../local/walks/signed-request";
import { type Changeable, Running, variables } from "../support/running-orders";
import { type Config, systemFolder } from "../support/synth";
import { until } from "../support/until";

const payloadOf = async (run: Running) => {
  const result = await run.cloud.lambda.invoke(run.arn, {});
  return "payload" in result ? result.payload : result.functionError;
};

test("what is the same is left alone, and is where it was", async () => {
  const run = await Running.start();
  const before = run.cloud.stacks;
  expect(run.reload(() => undefined)).toEqual([]);
  expect(run.cloud.stacks).toEqual(before);
});

test("ids, URLs and keys are the same in every run", async () => {
  const [one, other] = [await Running.start(), await Running.start()];
  const pathOf = ({ cloud }: Running) => new URL(String(cloud.stacks[0]?.outputs.orders_url?.value)).pathname;
  expect(pathOf(one)).toMatch(/^\/_aws\/execute-api\/[a-z0-9]{10}\/dev\/orders$/);
  expect(pathOf(other)).toBe(pathOf(one));
});

test("another setting of a queue leaves its messages, and the rest of the stack, as they are", async () => {
  const run = await Running.start();
  const stop = ({ aws_lambda_event_source_mapping: mappings = {} }: Changeable) => {
    for (const mapping of Object.values(mappings)) Object.assign(mapping, { enabled: false });
  };
  expect(run.reload(stop)).toHaveLength(2);
  expect(await run.send("kept")).toBe(202);
  const changes = run.reload((resources) => {
    stop(resources);
    Object.assign(resources.aws_sqs_queue?.Inbox ?? {}, { visibility_timeout_seconds: 77 });
  });
  expect(changes).toEqual([["aws_sqs_queue.Inbox", "updated", ["visibility_timeout_seconds"]]]);
  expect(run.cloud.sqs.queues().find(({ queueName }) => queueName === "dev-POC-Queue")).toMatchObject({ visible: 1 });
  expect(run.reload(() => undefined)).toHaveLength(3);
  await until(async () => (await run.stored()).includes("kept"), "the order");
  await until(() => run.cloud.sns.outbox.length === 1, "the mail");
});

test("other code of a function is run by the next event; what is under way finishes with the code that it began with", async () => {
  const run = await Running.start();
  run.recode("WriteOrder", "exports.handler = () => new Promise((resolve) => setTimeout(resolve, 300, 'old'));");
  const first = payloadOf(run);
  await until(
    () => run.cloud.lambda.logsOf("dev-write-order").some((line) => line.includes("platform.start")),
    "a start",
  );
  expect(run.recode("WriteOrder", "exports.handler = async () => `new ${process.pid}`;")).toEqual([
    ["aws_lambda_function.WriteOrder", "updated", ["filename", "source_code_hash"]],
  ]);
  const second = await payloadOf(run);
  expect([await first, second]).toEqual(["old", expect.stringMatching(/^new \d+$/)]);
  expect(await payloadOf(run)).toBe(second);
});

test("another function's change leaves a function's process alone, and a role's ends nothing", async () => {
  const run = await Running.start();
  const code = "exports.handler = async () => process.pid;";
  run.recode("WriteOrder", code);
  const pid = await payloadOf(run);
  run.reload(({ aws_lambda_function: functions = {} }) => {
    Object.assign(functions.WriteOrder ?? {}, { filename: "1.zip", source_code_hash: undefined });
  });
  expect(await payloadOf(run)).not.toBe(pid);
  const again = await payloadOf(run);
  run.reload(({ aws_lambda_function: functions = {}, aws_iam_role: roles = {} }) => {
    Object.assign(functions.WriteOrder ?? {}, { filename: "1.zip", source_code_hash: undefined });
    Object.assign(functions.NotifyOrder ?? {}, { description: "other" });
    Object.assign(Object.values(roles)[0] ?? {}, { description: "other" });
  });
  expect(await payloadOf(run)).toBe(again);
});

test("a grant that is taken away is missed at once, and given back works at once", async () => {
  const run = await Running.start();
  const without = run.reload(({ aws_iam_policy: policies = {} }) => {
    for (const policy of Object.values(policies) as { policy: string }[])
      policy.policy = policy.policy.replace('"dynamodb:PutItem",', "");
  });
  expect(without).toEqual([[expect.stringContaining("aws_iam_policy."), "updated", ["policy"]]]);
  expect(await run.send("a")).toBe(202);
  await until(() => run.cloud.iam.denials().some(({ action }) => action === "dynamodb:PutItem"), "a denial");
  run.reload(() => undefined);
  expect(await run.send("b")).toBe(202);
  await until(async () => (await run.stored()).includes("b"), "the order");
});

test("a route that is taken out of an API is gone, and the API has the id that it had", async () => {
  const run = await Running.start();
  const url = run.cloud.stacks[0]?.outputs.orders_url?.value;
  run.reload((resources) => {
    for (const type of ["integration_response", "method_response", "integration", "method"]) {
      const byName = resources[`aws_api_gateway_${type}`] ?? {};
      for (const [name, { http_method: method }] of Object.entries(byName as Record<string, { http_method?: string }>))
        if (method?.includes("POST") || name.includes("POST")) delete byName[name];
    }
    const [deployment] = Object.values(resources.aws_api_gateway_deployment ?? {}) as { depends_on?: unknown }[];
    if (deployment) deployment.depends_on = [];
    delete resources.aws_api_gateway_method_settings;
  });
  expect(await run.send("a")).toBe(403);
  run.reload(() => undefined);
  expect(run.cloud.stacks[0]?.outputs.orders_url?.value).toBe(url);
  expect(await run.send("a")).toBe(202);
});

test.each<[string, (resources: Changeable, config: Config) => void, string]>([
  [
    "a type that is not known here",
    (resources) => Object.assign(resources, { aws_zoo: { Zebra: {} } }),
    "aws_zoo.Zebra is of a type that the local run does not know",
  ],
  [
    "an argument that breaks a rule",
    (resources) => Object.assign(resources.aws_sqs_queue?.Inbox ?? {}, { delay_seconds: 901 }),
    "aws_sqs_queue.Inbox: ",
  ],
  [
    "a policy that cannot be read",
    (resources) => Object.assign(Object.values(resources.aws_sqs_queue_policy ?? {})[0] ?? {}, { policy: "{" }),
    "aws_sqs_queue_policy.",
  ],
  [
    "a method that is not modelled",
    (resources) =>
      Object.assign(Object.values(resources.aws_api_gateway_integration ?? {})[0] ?? {}, { type: "HTTP_PROXY" }),
    "type",
  ],
  [
    "another Region",
    (_, config) =>
      Object.assign((config as unknown as { provider?: { aws: object[] } }).provider?.aws[0] ?? {}, {
        region: "us-east-1",
      }),
    "the stacks are of 123456789012 in us-east-1 now, and run as 123456789012 in eu-west-1. Stop the run, and start it again",
  ],
])("with %s nothing is changed, and all runs on", async (_, change, message) => {
  const run = await Running.start();
  run.recode("WriteOrder", "exports.handler = async () => 1;");
  expect(() =>
    run.reload((resources, config) => {
      change(resources, config);
      Object.assign(resources.aws_sqs_queue?.Undelivered ?? {}, { delay_seconds: 7 });
    }),
  ).toThrow(message);
  expect(await payloadOf(run)).toBe(1);
  expect(await run.send("a")).toBe(202);
  expect(run.reload(() => undefined)).toEqual([
    ["aws_lambda_function.WriteOrder", "updated", ["filename", "source_code_hash"]],
  ]);
});

test("a stack that comes is made, and one that goes is deleted, with its API", async () => {
  const run = await Running.start();
  const storage = path.join(path.dirname(run.folder), "storage-dev");
  fs.cpSync(systemFolder("storage", "dev"), storage, { recursive: true });
  const made = run.cloud.reload([run.folder, storage], variables);
  expect(new Set(made.map(({ stack, action }) => `${action} in ${stack}`))).toEqual(
    new Set(["created in storage-dev"]),
  );
  expect(run.cloud.stacks.map(({ name }) => name)).toEqual(["orders-dev", "storage-dev"]);
  const url = String(run.cloud.stacks[1]?.apis[0]?.url);
  const deleted = run.cloud.reload([run.folder], variables);
  expect(deleted.map(({ address }) => address).sort()).toEqual(made.map(({ address }) => address).sort());
  expect(run.cloud.stacks.map(({ name }) => name)).toEqual(["orders-dev"]);
  const gone = await signedRequest(run.cloud, { method: "GET", url: `${url}/dev/buckets` });
  expect([gone.status, gone.body]).toEqual([403, expect.stringContaining("no API has the id")]);
  expect(await run.send("a")).toBe(202);
});

test("events that came before a reload are worked on, be the function's role another then, or the function deleted", async () => {
  const run = await Running.start();
  // So many that some still wait for a process.
  const invokeAll = () => Promise.all(Array.from({ length: 12 }, () => payloadOf(run)));
  const slow = "exports.handler = () => new Promise((resolve) => setTimeout(resolve, 300, 'done'));";
  run.recode("WriteOrder", slow);
  const before = invokeAll();
  const rename = ({ aws_iam_role: roles = {} }: Changeable) =>
    Object.assign(roles.WriteOrder_Role ?? {}, { name: "another-role" });
  expect(run.reload(rename)).toContainEqual(["aws_iam_role.WriteOrder_Role", "replaced", ["name"]]);
  expect(new Set(await before)).toEqual(new Set(["done"]));

  run.recode("WriteOrder", slow);
  const last = invokeAll();
  run.reload((resources, config) => {
    const isAbout = (value: object) => JSON.stringify(value).includes("aws_lambda_function.WriteOrder.");
    for (const all of [...Object.values(resources), config.output ?? {}] as Record<string, object>[])
      for (const [name, one] of Object.entries(all)) if (isAbout(one)) delete all[name];
    delete resources.aws_lambda_function?.WriteOrder;
  });
  expect(run.cloud.lambda.has(run.arn)).toBe(false);
  expect(new Set(await last)).toEqual(new Set(["done"]));
});

test("of orders that are sent all the while, 20 reloads lose none and refuse none", async () => {
  const run = await Running.start();
  const statuses: number[] = [];
  let isSending = true;
  const sending = Array.from({ length: 3 }, async (_, sender) => {
    for (let count = 0; isSending; count += 1) statuses.push(await run.send(`${sender}-${count}`));
  });
  for (let reload = 0; reload < 20; reload += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    run.reload(({ aws_lambda_function: functions = {}, aws_sqs_queue: queues = {}, ...resources }) => {
      for (const handler of Object.values(functions)) Object.assign(handler, { description: `number ${reload}` });
      Object.assign(queues.Inbox ?? {}, { visibility_timeout_seconds: 60 + reload });
      for (const mapping of Object.values(resources.aws_lambda_event_source_mapping ?? {}))
        Object.assign(mapping, { batch_size: 1 + (reload % 10) });
      for (const stage of Object.values(resources.aws_api_gateway_stage ?? {}))
        Object.assign(stage, { variables: { reload: String(reload) } });
    });
  }
  isSending = false;
  await Promise.all(sending);
  expect(statuses.length).toBeGreaterThan(20);
  // The stage's own throttle is all that may refuse.
  expect(statuses.filter((status) => status !== 202 && status !== 429)).toEqual([]);
  const accepted = statuses.filter((status) => status === 202).length;
  await until(async () => (await run.stored()).length >= accepted, `${accepted} orders`);
  await until(() => new Set(run.cloud.sns.outbox.map(({ subject }) => subject)).size >= accepted, `${accepted} mails`);
  expect(new Set(await run.stored()).size).toBe(accepted);
}, 120_000);
