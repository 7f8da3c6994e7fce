import { unmarshall } from "@aws-sdk/util-dynamodb";
import { Cloud, type RunningStack } from "./cloud";
import { sign } from "./iam/sigv4";
import { stackFolders, variablesOf } from "./stacks";

/** How long the walk waits for what should come within milliseconds. */
const PATIENCE_MS = 4_000;

/** Sends a JSON body to an API, signed with the operator's credentials. */
export async function post(
  cloud: Cloud,
  url: string,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const { host, pathname, search } = new URL(url);
  const given = { host, "content-type": "application/json" };
  const signed = sign(
    { method: "POST", path: `${pathname}${search}`, headers: given, body: Buffer.from(body) },
    cloud.iam.operator().credentials,
    { region: cloud.place.region, service: "execute-api", now: Date.now() },
  );
  const response = await fetch(url, { method: "POST", headers: { ...given, ...signed }, body });
  return { status: response.status, body: await response.text() };
}

/** Waits until something is there. */
async function until<Found>(look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`nothing came within ${PATIENCE_MS} ms`);
}

/** Sends an order through the pipeline and gives a line for each place that it came to. */
async function walkOrders(cloud: Cloud, { outputs }: RunningStack): Promise<readonly string[]> {
  const tableName = String(outputs.table_name?.value);
  const order = { orderID: "walk-1", item: "tea", quantity: 2 };
  const start = performance.now();
  const since = (): string => `${(performance.now() - start).toFixed(0)} ms`;

  const answer = await post(cloud, String(outputs.orders_url?.value), JSON.stringify(order));
  const lines = [`  POST /orders ${JSON.stringify(order)}  ${answer.status} ${answer.body}`];
  if (answer.status !== 202) throw new Error(lines.join("\n"));
  const item = await until(async () =>
    (await cloud.dynamodb.items(tableName)).find(({ orderID }) => (orderID as { S: string }).S === order.orderID),
  );
  lines.push(
    `  in ${tableName} after ${since()}  ${JSON.stringify(unmarshall(item as Parameters<typeof unmarshall>[0]))}`,
  );
  const mail = await until(() => cloud.sns.outbox.find(({ subject }) => subject.includes(order.orderID)));
  lines.push(`  mailed to ${mail.to} after ${since()}  ${mail.subject}`);
  return lines;
}

/**
 * Runs the stacks of an environment, walks through each that there is a walk for, and stops them.
 * @returns a few lines a stack
 */
export async function walkStacks(outdir: string, environment: string): Promise<readonly string[]> {
  const start = performance.now();
  const folders = stackFolders(outdir, environment);
  const cloud = await Cloud.start(folders, { variables: variablesOf(folders, process.env) });
  try {
    const lines: string[] = [];
    for (const stack of cloud.stacks) {
      if (stack.outputs.orders_url)
        lines.push(`${stack.name}, run on this machine`, ...(await walkOrders(cloud, stack)));
    }
    const seconds = ((performance.now() - start) / 1_000).toFixed(2);
    return [
      ...lines,
      `  ${cloud.iam.denials().length} calls denied; started, walked and stopped in ${seconds} s. npm run local stays up`,
    ];
  } finally {
    await cloud.stop();
  }
}
