import { Cloud, type RunningStack } from "./cloud";
import { stackFolders, variablesOf } from "./stacks";
import { walkOrders } from "./walks/orders";
import { walkPresignedUrl } from "./walks/presigned-url";
import { walkStorage } from "./walks/storage";

/** Walks through systems, each known by the output that says where it is. */
const walks: Readonly<Record<string, (cloud: Cloud, stack: RunningStack) => Promise<readonly string[]>>> = {
  orders_url: walkOrders,
  presigned_url_url: walkPresignedUrl,
  storage_url: walkStorage,
};

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
      const [, walk] = Object.entries(walks).find(([output]) => stack.outputs[output]) ?? [];
      if (walk) lines.push(`${stack.name}, run on this machine`, ...(await walk(cloud, stack)));
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
