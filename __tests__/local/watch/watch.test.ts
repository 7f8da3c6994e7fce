import * as fs from "node:fs";
import * as path from "node:path";
import type { StackChange } from "../../../local/cloud";
import { SynthesisError } from "../../../local/watch/synthesis";
import { Watch } from "../../../local/watch/watch";
import { scratchFolder } from "../../support/scratch-folder";
import { until } from "../../support/until";

const watching = new Set<Watch>();
afterEach(async () => {
  await Promise.all([...watching].map((watch) => watch.stop()));
  watching.clear();
});

/** A project whose last synthesis was made of a stack, its construct in a folder of its own, and a handler; and what watches it. */
function start() {
  const project = scratchFolder();
  const write = (file: string, content: string): void => {
    fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    fs.writeFileSync(path.join(project, file), content);
  };
  const inputs = ["main.ts", "stacks/orders.ts", "constructs/sqs/queue.ts", "../elsewhere/node_modules/a/index.js"];
  const stamps = Object.fromEntries([...inputs, "node_modules/b/index.js"].map((file) => [file, "1:1:1"]));
  write(".cache/run/main.ts.js.json", JSON.stringify({ stamps }));
  write(".cache/bundles/index.json", JSON.stringify({ files: ["handlers/write-order.ts", "node_modules/c/index.js"] }));
  const sources = ["main.ts", "stacks/orders.ts", "constructs/sqs/queue.ts", "handlers/write-order.ts"];
  for (const file of [...sources, "settings/dev.json", "backend.tf.json", "README.md", "node_modules/b/index.js"])
    write(file, "1");
  write("benchmarks/synth.ts", "1");

  const said: string[] = [];
  const runs: (() => void)[] = [];
  const state: { isSlow: boolean; failure?: string; refusal?: string; changes: readonly StackChange[] } = {
    isSlow: false,
    changes: [],
  };
  const watch = new Watch({
    project,
    synthesis: {
      isStopped: false,
      run: () =>
        new Promise((resolve, reject) => {
          const { failure } = state;
          const end = () => (failure === undefined ? resolve() : reject(new SynthesisError(failure)));
          runs.push(end);
          if (!state.isSlow) end();
        }),
      stop: async () => {
        for (const end of runs) end();
      },
    },
    reload: () => {
      if (state.refusal !== undefined) throw new Error(state.refusal);
      return state.changes;
    },
    tell: (message) => said.push(message.replace(/in \d+\.\d\d s/, "in … s")),
  });
  watching.add(watch);
  const untilRuns = (count: number) => until(() => runs.length >= count, `${count} syntheses, got ${runs.length}`);
  /** Gives what should not come the time to come. */
  const settled = () => new Promise((resolve) => setTimeout(resolve, 150));
  return { project, write, said, runs, state, watch, untilRuns, settled };
}

test.each<[string, (project: string, write: (file: string, content: string) => void) => void]>([
  ["a stack", (_, write) => write("stacks/orders.ts", "22")],
  ["main.ts", (_, write) => write("main.ts", "22")],
  ["a construct in a folder below", (_, write) => write("constructs/sqs/queue.ts", "22")],
  ["a handler", (_, write) => write("handlers/write-order.ts", "22")],
  ["settings", (_, write) => write("settings/dev.json", "22")],
  ["settings of another environment, which are new", (_, write) => write("settings/qa.json", "1")],
  ["the backend", (_, write) => write("backend.tf.json", "22")],
  ["a file that is new", (_, write) => write("handlers/other.ts", "1")],
  ["a file in a folder that is new", (_, write) => write("constructs/sns/topic.ts", "1")],
  ["a file that is deleted", (project) => fs.rmSync(path.join(project, "handlers/write-order.ts"))],
  [
    "a file over which another is moved, as editors save",
    (project, write) => {
      write("stacks/orders.ts.tmp", "2");
      fs.renameSync(path.join(project, "stacks/orders.ts.tmp"), path.join(project, "stacks/orders.ts"));
    },
  ],
])("%s makes it synthesize and reload", async (_, save) => {
  const { project, write, said, untilRuns } = start();
  save(project, write);
  await untilRuns(1);
  await until(() => said.length > 0, "a line");
  expect(said[0]).toBe("reloaded in … s: nothing that runs has changed");
});

test.each<[string, (project: string, write: (file: string, content: string) => void) => void]>([
  ["a file that nothing is made of", (_, write) => write("README.md", "22")],
  ["a folder that nothing is made of", (_, write) => write("benchmarks/synth.ts", "22")],
  ["a package", (_, write) => write("node_modules/b/index.js", "22")],
  ["a file that an editor keeps beside it", (_, write) => write("stacks/.orders.ts.swp", "1")],
  ["a file that an editor tries out", (_, write) => write("stacks/4913", "1")],
])("%s does not", async (_, save) => {
  const { project, write, runs, settled } = start();
  save(project, write);
  await settled();
  expect(runs).toEqual([]);
});

test("many files at once, as a checkout writes them, are one save; folders that went and came back are watched on", async () => {
  const { project, write, runs, untilRuns, settled } = start();
  fs.rmSync(path.join(project, "constructs"), { recursive: true });
  for (let file = 0; file < 50; file += 1) write(`constructs/sqs/queue-${file}.ts`, "1");
  await untilRuns(1);
  await settled();
  const before = runs.length;
  expect(before).toBeLessThanOrEqual(2);
  write("constructs/sqs/queue-7.ts", "22");
  await untilRuns(before + 1);
});

test("what is saved while it synthesizes is synthesized after that, once", async () => {
  const { write, runs, state, untilRuns, settled } = start();
  state.isSlow = true;
  write("stacks/orders.ts", "22");
  await untilRuns(1);
  for (const content of ["333", "4444", "55555"]) write("stacks/orders.ts", content);
  await settled();
  expect(runs).toHaveLength(1);
  state.isSlow = false;
  runs[0]?.();
  await untilRuns(2);
  await settled();
  expect(runs).toHaveLength(2);
});

test("what cannot be synthesized or reloaded is told in full, once, and the next save is tried again", async () => {
  const { write, said, state } = start();
  const saved = async (content: string) => {
    const count = said.length;
    write("stacks/orders.ts", content);
    await until(() => said.length > count, "a line");
    return said.at(-1);
  };
  state.failure = "stacks/orders.ts:1:2: Expected identifier\nand more";
  expect(await saved("22")).toBe(`not reloaded, what ran before runs on:\n${state.failure}`);
  expect(await saved("333")).toBe("not reloaded: still the same error. What ran before runs on");
  state.failure = undefined;
  state.refusal = "aws_zoo.Zebra is of a type that the local run does not know";
  expect(await saved("4444")).toBe(`not reloaded, what ran before runs on:\n${state.refusal}`);
  state.refusal = undefined;
  const change = { stack: "orders-dev", address: "aws_sqs_queue.Inbox", action: "updated", changed: ["delay_seconds"] };
  state.changes = [change as StackChange];
  expect(await saved("55555")).toBe("reloaded in … s: aws_sqs_queue.Inbox (delay_seconds) in orders-dev");
  state.failure = "stacks/orders.ts:1:2: Expected identifier\nand more";
  expect(await saved("666666")).toContain("Expected identifier");
});

test("a stop ends a synthesis that is under way, and tells nothing of it", async () => {
  const { write, said, state, watch, untilRuns } = start();
  state.isSlow = true;
  write("stacks/orders.ts", "22");
  await untilRuns(1);
  await watch.stop();
  expect(said).toEqual([]);
});
