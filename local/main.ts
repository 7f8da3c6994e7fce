// npm run local [-- <environment>] [--port 4566] [--data <folder>] [--watch] [--grants] [--walk]
//
// Runs the synthesized stacks of an environment on this laptop until it is told to stop.
import { isHelpWanted } from "../bundling/command-line";
import { Cloud } from "./cloud";
import { DataFolder } from "./data-folder";
import { describeRun, grantsTable } from "./description";
import { type Options, readOptions, usage } from "./options";
import { LocalPage } from "./page/page";
import { exitOnSignals } from "./signals";
import { firstEnvironment, outputFolder, stackFolders, variablesOf } from "./stacks";
import { walkStacks } from "./walk";
import { Synthesis, synthesisLeftBehind } from "./watch/synthesis";
import { Watch } from "./watch/watch";

const log = (source: string, message: string): void =>
  console.log(`${new Date().toISOString().slice(11, 23)}  ${source}  ${message}`);

/** What a run consists of, to be stopped in this order. */
interface Run {
  readonly watch?: Watch;
  readonly page: LocalPage;
  readonly cloud: Cloud;
}

/** What is watched, and what to run of it. */
interface Watched {
  readonly synthesis: Synthesis;
  readonly find: () => { readonly folders: readonly string[]; readonly variables: Readonly<Record<string, string>> };
}

async function start(options: Options, synthesis: Synthesis | undefined, data: DataFolder | undefined): Promise<Run> {
  const begin = performance.now();
  await synthesisLeftBehind(process.cwd());
  await synthesis?.run();
  const outdir = outputFolder();
  const environment = options.environment ?? firstEnvironment(outdir);
  const find = () => {
    const folders = stackFolders(outdir, environment);
    return { folders, variables: variablesOf(folders, process.env) };
  };
  const { folders, variables } = find();
  const cloud = await Cloud.start(folders, { port: options.port, variables, log, journals: data });
  let page: LocalPage | undefined;
  try {
    page = await LocalPage.start(cloud, options.port === 0 ? 0 : options.port + 1);
    const watch = synthesis && startWatch({ synthesis, cloud, page, find });
    console.log(await describeRun(cloud, page.url, (performance.now() - begin) / 1_000));
    return { cloud, page, watch };
  } catch (error) {
    await page?.stop();
    await cloud.stop();
    throw error;
  }
}

function startWatch({ synthesis, cloud, page, find }: Omit<Run, "watch"> & Watched): Watch {
  const reload = () => {
    const { folders, variables } = find();
    const changes = cloud.reload(folders, variables);
    page.changed();
    return changes;
  };
  return new Watch({ project: process.cwd(), synthesis, reload, tell: (message) => log("watch", message) });
}

async function main(options: Options): Promise<void> {
  if (options.walk) {
    exitOnSignals();
    const outdir = outputFolder();
    console.log((await walkStacks(outdir, options.environment ?? firstEnvironment(outdir))).join("\n"));
    return;
  }
  const data = options.data === undefined ? undefined : DataFolder.open(options.data);
  const synthesis = options.watch ? new Synthesis(process.cwd()) : undefined;
  const starting = start(options, synthesis, data);
  exitOnSignals(async () => {
    await synthesis?.stop();
    const { cloud, page, watch } = await starting;
    await watch?.stop();
    await page.stop();
    await cloud.stop();
    data?.close();
    if (options.grants) console.log(`\n${grantsTable(cloud)}`);
  });
  try {
    await starting;
  } catch (error) {
    data?.close();
    throw error;
  }
}

const args = process.argv.slice(2);
const options = readOptions(args, process.env);
if (isHelpWanted(args)) {
  console.log(usage);
} else if (typeof options === "string") {
  console.error(`${options}\n${usage}`);
  process.exitCode = 2;
} else {
  main(options).catch((error: Error) => {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
  });
}
