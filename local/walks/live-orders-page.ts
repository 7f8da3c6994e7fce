import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { Cloud, RunningStack } from "../cloud";

/** Where it is in the project, which is the folder that the run is started from. */
const PAGE = "examples/live-orders/index.html";

/**
 * The address by which a client of live orders connects, with a token of the stack's own user pool.
 * @returns a sentence where nobody here has what its callers need
 */
export async function liveOrdersAddress(
  { cognito }: Cloud,
  { outputs }: RunningStack,
  username: string,
): Promise<URL | string> {
  const pool = cognito.userPools.find(({ userPoolId }) => userPoolId === outputs.user_pool_id?.value);
  const client = pool?.clients.get(String(outputs.user_pool_client_id?.value));
  if (!pool || !client) return "its callers sign, or have tokens of an issuer that is not here";
  const own = client.allowedScopes.filter((scope) => scope.includes("/"));
  const token = await cognito.tokenFor({
    ...{ userPoolId: pool.userPoolId, clientId: client.clientId, username },
    scopes: ["aws.cognito.signin.user.admin", ...own],
  });
  return new URL(`?token=${token}`, String(outputs.live_orders_url?.value));
}

/**
 * What to print of the page that shows orders as they come: an address that opens it, connected. Its token is good for an hour.
 * @returns nothing where there is no such stack or page, or where its callers need what nobody here has
 */
export async function liveOrdersPage(cloud: Cloud): Promise<readonly string[]> {
  const stack = cloud.stacks.find(({ outputs }) => outputs.live_orders_url);
  const file = path.resolve(PAGE);
  const address = stack && fs.existsSync(file) ? await liveOrdersAddress(cloud, stack, "you@example.com") : "";
  if (typeof address === "string") return [];
  return [
    "To see orders as they come, open in a browser, within the hour that its token is good for:",
    // In the fragment, which no browser sends to anybody.
    `${pathToFileURL(file)}#${address}`,
  ];
}
