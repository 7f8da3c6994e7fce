import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Cloud, RunningStack } from "../cloud";
import type { Call } from "./caller";
import { expectStatus } from "./signed-request";
import { until } from "./until";

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
