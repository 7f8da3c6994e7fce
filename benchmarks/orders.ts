// node bundling/run.js benchmarks/orders.ts: what main.ts does, with one orders stack instead of every stack.
import { App } from "../constructs/terraform/app";
import { readBackend } from "../constructs/terraform/backend";
import { withoutTokenTraces } from "../constructs/terraform/without-token-traces";
import { rules } from "../rules";
import { readEnvironments } from "../settings/schema";
import { OrdersStack } from "../stacks/orders";

const backend = readBackend("backend.tf.json");
const environment = readEnvironments("settings").find(({ name }) => name === "dev");
if (!environment) throw new Error("settings must have a dev.json for this benchmark");

withoutTokenTraces(() => {
  const app = new App({ rules });
  new OrdersStack(app, "orders-dev", { environment, backend });
  app.synth();
});
