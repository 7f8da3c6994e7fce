import { Cloud, type RunningStack } from "./cloud";
import { stackFolders, variablesOf } from "./stacks";
import { type Call, callerFor } from "./walks/caller";
import { walkLiveOrders } from "./walks/live-orders";
import { walkOrders } from "./walks/orders";
import { walkPresignedUrl } from "./walks/presigned-url";
import { walkStorage } from "./walks/storage";

/** Walks through a stack: a few lines, or a sentence where that cannot be done. */
type Walk = (cloud: Cloud, stack: RunningStack) => Promise<readonly string[] | string>;

/** Walks through a stack by calls of its API. */
const byCalls =
  (walk: (cloud: Cloud, stack: RunningStack, call: Call) => Promise<readonly string[]>): Walk =>
  async (cloud, stack) => {
    const call = await callerFor(cloud, stack);
    return typeof call === "string" ? call : walk(cloud, stack, call);
  };

/** Systems, each known by the output that says where it is. */
const walks: Readonly<Record<string, Walk>> = {
  live_orders_url: walkLiveOrders,
  orders_url: byCalls(walkOrders),
  presigned_url_url: byCalls(walkPresignedUrl),
  storage_url: byCalls(walkStorage),
};

/** How much of the run's log is told of a walk that failed: a function says there why, which the walk, waiting for what comes of it, cannot know. */
const TOLD = { lines: 12, characters: 300 };

/**
 * Runs the stacks of an environment, walks through each that there is a walk for, and stops them.
 * @returns a few lines a stack
 * @throws Error that names the stack whose walk failed, with the end of the run's log
 */
export async function walkStacks(outdir: string, environment: string): Promise<readonly string[]> {
  const start = performance.now();
  const folders = stackFolders(outdir, environment);
  const said: string[] = [];
  const log = (source: string, message: string): void => {
    said.push(`  ${source}  ${message}`.slice(0, TOLD.characters));
  };
  const cloud = await Cloud.start(folders, { variables: variablesOf(folders, process.env), log });
  try {
    const lines: string[] = [];
    for (const stack of cloud.stacks) {
      const [, walk] = Object.entries(walks).find(([output]) => stack.outputs[output]) ?? [];
      if (!walk) continue;
      const walked = await walk(cloud, stack).catch((error: Error) => {
        throw new Error(
          [`${stack.name}: ${error.message}. What was said last:`, ...said.slice(-TOLD.lines)].join("\n"),
        );
      });
      lines.push(
        ...(typeof walked === "string"
          ? [`${stack.name}, not walked through: ${walked}`]
          : [`${stack.name}, run on this machine`, ...walked]),
      );
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
