import { App } from "./constructs/terraform/app";
import { readBackend } from "./constructs/terraform/backend";
import { withoutTokenTraces } from "./constructs/terraform/without-token-traces";
import { rules } from "./rules";
import { readEnvironments } from "./settings/schema";
import { ApiGatewayAccountStack, accountsOf } from "./stacks/api-gateway-account";
import { LiveOrdersStack } from "./stacks/live-orders";
import { OrdersStack } from "./stacks/orders";
import { PresignedUrlStack } from "./stacks/presigned-url";
import { StorageStack } from "./stacks/storage";

const backend = readBackend("backend.tf.json");
const environments = readEnvironments("settings");

withoutTokenTraces(() => {
  const app = new App({ rules });
  for (const [name, account] of accountsOf(environments))
    new ApiGatewayAccountStack(app, name, { ...account, backend });
  for (const environment of environments) {
    new OrdersStack(app, `orders-${environment.name}`, { environment, backend });
    new LiveOrdersStack(app, `live-orders-${environment.name}`, { environment, backend });
    new PresignedUrlStack(app, `presigned-url-${environment.name}`, { environment, backend });
    new StorageStack(app, `storage-${environment.name}`, { environment, backend });
  }
  app.synth();
});
