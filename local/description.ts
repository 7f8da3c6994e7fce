import type { RouteDescription } from "./api-gateway/api-gateway";
import { authorizationArguments } from "./authorization-headers";
import type { Cloud, RunningStack } from "./cloud";
import type { UserPool } from "./cognito/user-pool";
import { exampleRequestOf } from "./walks/example-requests";
import { liveOrdersPage } from "./walks/live-orders-page";

/** What writes comes before what reads and deletes: its example request makes what theirs find. */
const METHODS = ["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE"];

/** Text as a shell takes it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What the AWS CLI, the SDKs and the curl commands below read from the environment to call this run as the operator. */
export function operatorEnvironment(cloud: Cloud): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.iam.operator().credentials;
  return {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.place.region,
    // What boto3 and version 1 of the AWS CLI read in its place.
    AWS_DEFAULT_REGION: cloud.place.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

const exported = (variables: Readonly<Record<string, string>>): string =>
  `export ${Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;

/** That an address takes WebSockets, and how to get a token of the stack's own pool, where it has one. */
function webSocketsAt(url: string, pools: readonly UserPool[], outputs: RunningStack["outputs"]): readonly string[] {
  const clientId = String(outputs.user_pool_client_id?.value);
  const pool = pools.find(({ clients }) => clients.has(clientId));
  const query = new URLSearchParams({
    client_id: clientId,
    username: "you@example.com",
    scope: "aws.cognito.signin.user.admin",
  });
  return [
    `${url} takes WebSockets${pool ? `, with a token for an hour: curl -s '${pool.issuer}/token?${query}'` : ""}`,
  ];
}

/** A curl command for each route but preflights, signed where it must be. */
function commandsFor(
  { place: { region }, cognito }: Cloud,
  { apis, apisV2, outputs }: RunningStack,
): readonly string[] {
  const own = cognito.userPools.filter(({ userPoolId }) => userPoolId === outputs.user_pool_id?.value);
  const pools = own.length > 0 ? own : cognito.userPools;
  const signed = [
    `--aws-sigv4 aws:amz:${region}:execute-api`,
    `--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
    `-H "x-amz-security-token: $AWS_SESSION_TOKEN"`,
  ];
  const commandFor = (url: string, route: RouteDescription): string => {
    const { authorization, apiKey, origin } = route;
    const { method, path, body } = exampleRequestOf(route);
    return [
      `curl -X ${method}`,
      ...(authorization === "AWS_IAM" ? signed : []),
      ...authorizationArguments(pools, route),
      ...Object.entries(origin).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
      ...(apiKey ? [`-H ${quoted(`x-api-key: ${apiKey}`)}`] : []),
      ...(body === undefined ? [] : ["-H 'content-type: application/json'", `-d ${quoted(body)}`]),
      quoted(`${url}${path}`),
    ].join(" ");
  };
  const commandsAt = (url: string, routes: readonly RouteDescription[]): readonly string[] =>
    routes
      .filter(({ httpMethod }) => httpMethod !== "OPTIONS")
      .sort((one, other) => METHODS.indexOf(one.httpMethod) - METHODS.indexOf(other.httpMethod))
      .map((route) => commandFor(url, route));
  return [
    ...apis.flatMap(({ url, stages }) =>
      stages.flatMap(({ stageName, routes }) => commandsAt(`${url}/${stageName}`, routes)),
    ),
    ...apisV2.flatMap(({ stages }) =>
      stages.flatMap(({ url, routes }) =>
        url.startsWith("ws:") ? webSocketsAt(url, own, outputs) : commandsAt(url, routes),
      ),
    ),
  ];
}

/**
 * What a person is told when everything is ready.
 * @param pageUrl where the run is watched
 * @param seconds that it took
 */
export async function describeRun(cloud: Cloud, pageUrl: string, seconds: number): Promise<string> {
  const { region, accountId } = cloud.place;
  return [
    `${cloud.stacks.map(({ name }) => name).join(", ")} on ${cloud.endpoint}, as account ${accountId} in ${region}; ready in ${(seconds * 1_000).toFixed(0)} ms`,
    "",
    `Watch it, and send requests, in a browser: ${pageUrl}`,
    ...(await liveOrdersPage(cloud)),
    "",
    "For a shell that calls it, by curl, the AWS CLI or an SDK:",
    exported(operatorEnvironment(cloud)),
    "",
    ...cloud.stacks.flatMap((stack) => commandsFor(cloud, stack)),
    "",
    "Accepted, but not enforced here (docs/local-run.md):",
    ...[...new Set(cloud.stacks.flatMap(({ unenforced }) => unenforced))].sort().map((line) => `  ${line}`),
    "",
    ...kept(cloud),
    "Ctrl-C stops it and leaves nothing behind.",
    "",
  ].join("\n");
}

/** What is in the data folder and of no stack that runs. */
function kept(cloud: Cloud): readonly string[] {
  const unclaimed = cloud.unclaimed();
  if (unclaimed.length === 0) return [];
  return ["Kept from earlier runs, of what no stack makes now:", ...unclaimed.map((line) => `  ${line}`), ""];
}

/** Each granted action and how often it was used; then each denial with what would allow it. */
export function grantsTable(cloud: Cloud): string {
  const grants = cloud.iam
    .grants()
    .map(({ role, policy, action, resource, uses }) => [
      uses === 0 ? "never" : String(uses),
      action,
      role,
      policy,
      resource,
    ]);
  const rows = [["used", "action", "role", "policy", "resource"], ...grants];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const denials = cloud.iam
    .denials()
    .map(
      ({ caller, action, resource, count, remedy }) => `${count} × ${caller}: ${action} on ${resource}\n  ${remedy}`,
    );
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
    "",
    denials.length === 0 ? "No call was denied." : `Denied:\n${denials.join("\n")}`,
  ].join("\n");
}
