import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Synthesis, synthesisLeftBehind } from "../../../local/watch/synthesis";
import { scratchFolder } from "../../support/scratch-folder";
import { until } from "../../support/until";

const open: Synthesis[] = [];
afterEach(() => Promise.all(open.splice(0).map((synthesis) => synthesis.stop())));

/** A project whose main.ts is given. */
function project(main: string) {
  const folder = scratchFolder();
  fs.cpSync("bundling", path.join(folder, "bundling"), { recursive: true });
  fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
  const write = (text: string): void => fs.writeFileSync(path.join(folder, "main.ts"), text);
  write(main);
  const synthesis = new Synthesis(folder);
  open.push(synthesis);
  return { folder, synthesis, write, output: () => fs.readFileSync(path.join(folder, "output"), "utf8") };
}

const writing = (text: string): string =>
  `import * as fs from "node:fs"; fs.writeFileSync("output", ${JSON.stringify(text)});`;

/** Processes of this one that synthesize or stand by. */
function processes(): number {
  const { stdout } = spawnSync("ps", ["-A", "-o", "ppid=,args="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes("--wait main.ts")).length;
}

/** Whether there is a process, or its end was not noticed yet. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("runs what stands in the project at the time, whatever the process that stood by had loaded", async () => {
  const { synthesis, write, output } = project(writing("one"));
  for (const text of ["one", "two", "three"]) {
    write(writing(text));
    await synthesis.run();
    expect([output(), processes()]).toEqual([text, 1]);
  }
});

test("fails with all that main.ts said, and goes on from there", async () => {
  const { synthesis, write, output } = project(`console.log("first"); throw new Error("and last");`);
  await expect(synthesis.run()).rejects.toThrow(/^first\nError: and last$/);
  write("const = 1;");
  await expect(synthesis.run()).rejects.toThrow(/main\.ts:1:6: ERROR: Expected identifier/);
  write(writing("repaired"));
  await synthesis.run();
  expect(output()).toBe("repaired");
});

test("a process that stood by and is gone is replaced", async () => {
  const { synthesis, output } = project(writing("one"));
  await synthesis.run();
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  const [, pid] = new RegExp(`^ *(\\d+) +${process.pid} .*--wait main\\.ts`, "m").exec(stdout) ?? [];
  process.kill(Number(pid), "SIGKILL");
  await until(() => !isThere(Number(pid)), "its end");
  await synthesis.run();
  expect(output()).toBe("one");
});

test("what a killed run has left of a synthesis is waited for, once", async () => {
  const { synthesis, output, folder } = project(`
    import * as fs from "node:fs";
    setTimeout(() => fs.writeFileSync("output", "late"), 300);
  `);
  const running = synthesis.run();
  await synthesisLeftBehind(folder);
  expect(output()).toBe("late");
  await running;

  const file = path.join(folder, ".cache", "run", "synthesis.pid");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  for (const left of [String(pid), ""]) {
    fs.writeFileSync(file, left);
    await synthesisLeftBehind(folder);
    expect(fs.existsSync(file)).toBe(false);
  }
});

test("a stop ends the process that stands by, and one that synthesizes", async () => {
  const idle = project(writing("one"));
  await idle.synthesis.run();
  await idle.synthesis.stop();
  expect(processes()).toBe(0);
  const busy = project("setInterval(() => undefined, 1_000);");
  const running = busy.synthesis.run().catch((error: Error) => error.message);
  await busy.synthesis.stop();
  expect([await running, processes()]).toEqual(["the synthesis was ended", 0]);
  await expect(busy.synthesis.run()).rejects.toThrow("the synthesis was ended");
});
