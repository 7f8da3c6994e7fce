// npm run local [-- <environment>] [--port 4566] [--grants] [--walk]
//
// Runs the synthesized stacks of an environment on this laptop until it is told to stop.
import { parseArgs } from "node:util";
import type { RouteDescription } from "./api-gateway/api-gateway";
import { authorizationArguments } from "./authorization-headers";
import { Cloud, type RunningStack } from "./cloud";
import { exitOnSignals } from "./signals";
import { firstEnvironment, outputFolder, stackFolders, variablesOf } from "./stacks";
import { walkStacks } from "./walk";

const usage = "usage: npm run local -- [environment] [--port <number>] [--grants] [--walk]";

interface Options {
  readonly environment?: string;
  readonly port: number;
  readonly grants: boolean;
  readonly walk: boolean;
}

function readOptions(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: "string", default: "4566" },
        grants: { type: "boolean", default: false },
        walk: { type: "boolean", default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--port must be an integer from 0 to 65535, got: ${values.port}`);
    if (positionals.length > 1) throw new Error(`environment must be one, got: ${positionals.join(", ")}`);
    return { environment: positionals[0], port, grants: values.grants, walk: values.walk };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

const withBody = new Set(["POST", "PUT", "PATCH"]);

/** Text as a shell takes it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What the AWS CLI, the SDKs and the curl commands below read from the environment to call this run as the operator. */
function environmentOf(cloud: Cloud): string {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.iam.operator().credentials;
  const variables = {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.place.region,
    // What boto3 and version 1 of the AWS CLI read in its place.
    AWS_DEFAULT_REGION: cloud.place.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  return `export ${Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;
}

/** A curl command for each route but preflights, signed where it must be; a path's parameter has its name for a value. */
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
    const { httpMethod, path, authorization, apiKey, origin, exampleBody = "{}" } = route;
    return [
      `curl -X ${httpMethod === "ANY" ? "GET" : httpMethod}`,
      ...(authorization === "AWS_IAM" ? signed : []),
      ...authorizationArguments(pools, route),
      ...Object.entries(origin).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
      ...(apiKey ? [`-H ${quoted(`x-api-key: ${apiKey}`)}`] : []),
      ...(withBody.has(httpMethod) ? ["-H 'content-type: application/json'", `-d ${quoted(exampleBody)}`] : []),
      quoted(`${url}${path.replace(/\{(.+?)\+?\}/g, "$1")}`),
    ].join(" ");
  };
  const commandsAt = (url: string, routes: readonly RouteDescription[]): readonly string[] =>
    routes.filter(({ httpMethod }) => httpMethod !== "OPTIONS").map((route) => commandFor(url, route));
  return [
    ...apis.flatMap(({ url, stages }) =>
      stages.flatMap(({ stageName, routes }) => commandsAt(`${url}/${stageName}`, routes)),
    ),
    ...apisV2.flatMap(({ stages }) =>
      stages.flatMap(({ url, routes }) =>
        url.startsWith("ws:") ? `${url} takes WebSockets` : commandsAt(url, routes),
      ),
    ),
  ];
}

function describe(cloud: Cloud, seconds: number): string {
  const { region, accountId } = cloud.place;
  return [
    `${cloud.stacks.map(({ name }) => name).join(", ")} on ${cloud.endpoint}, as account ${accountId} in ${region}; ready in ${(seconds * 1_000).toFixed(0)} ms`,
    "",
    "For a shell that calls it, by curl, the AWS CLI or an SDK:",
    environmentOf(cloud),
    "",
    ...cloud.stacks.flatMap((stack) => commandsFor(cloud, stack)),
    "",
    "Accepted, but not enforced here (docs/local-run.md):",
    ...new Set(cloud.stacks.flatMap(({ unenforced }) => unenforced.map((line) => `  ${line}`))),
    "",
    "Ctrl-C stops it and leaves nothing behind.",
    "",
  ].join("\n");
}

/** Each granted action and how often it was used; then each denial with what would allow it. */
function grantsTable(cloud: Cloud): string {
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

async function main({ environment: given, port, grants, walk }: Options): Promise<void> {
  const outdir = outputFolder();
  const environment = given ?? firstEnvironment(outdir);
  if (walk) {
    exitOnSignals();
    console.log((await walkStacks(outdir, environment)).join("\n"));
    return;
  }
  const start = performance.now();
  const folders = stackFolders(outdir, environment);
  const log = (source: string, message: string): void =>
    console.log(`${new Date().toISOString().slice(11, 23)}  ${source}  ${message}`);
  const starting = Cloud.start(folders, { port, variables: variablesOf(folders, process.env), log });
  exitOnSignals(async () => {
    const cloud = await starting;
    await cloud.stop();
    if (grants) console.log(`\n${grantsTable(cloud)}`);
  });
  console.log(describe(await starting, (performance.now() - start) / 1_000));
}

main(readOptions(process.argv.slice(2))).catch((error: Error) => {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
});
