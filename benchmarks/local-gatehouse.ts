import { fork } from "node:child_process";
import { once } from "node:events";
import type { Told } from "./local-cloud";
import type { Pipeline } from "./local-load";

/** Runs the orders stack in a folder with the local run, in a process of its own. */
export async function startGatehouse(folder: string): Promise<Pipeline> {
  const child = fork("bundling/run.js", ["benchmarks/local-cloud.ts", folder]);
  const exited = once(child, "exit");
  const ready = await new Promise<Told & { kind: "ready" }>((resolve, reject) => {
    child.on("message", (told: Told) => {
      if (told.kind === "ready") resolve(told);
    });
    child.once("exit", () => reject(new Error("the local run did not start")));
  });
  const pipeline: Pipeline = {
    name: "local run",
    ...ready,
    onMail: () => undefined,
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
  child.on("message", (told: Told) => {
    if (told.kind === "mail") pipeline.onMail(told.orderID);
  });
  return pipeline;
}
