import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Cloud, RunningStack } from "../cloud";
import type { Call } from "./caller";
import { expectStatus } from "./signed-request";

/** How long the walk waits for what should come within milliseconds. */
const PATIENCE_MS = 4_000;

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
export async function walkOrders(cloud: Cloud, { outputs }: RunningStack, call: Call): Promise<readonly string[]> {
  const tableName = String(outputs.table_name?.value);
  const order = { orderID: "walk-1", item: "tea", quantity: 2 };
  const start = performance.now();
  const since = (): string => `${(performance.now() - start).toFixed(0)} ms`;

  const url = String(outputs.orders_url?.value);
  const sent = await call({ method: "POST", url, body: JSON.stringify(order) });
  const answer = expectStatus(sent, 202, "POST /orders");
  const lines = [`  POST /orders ${JSON.stringify(order)}  ${answer.status} ${answer.body}`];
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
