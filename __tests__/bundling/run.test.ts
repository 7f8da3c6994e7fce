import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { scratchFolder } from "../support/scratch-folder";

/** A folder with one entry and what starts it. */
function entry(source: string) {
  const folder = scratchFolder();
  fs.cpSync("bundling", path.join(folder, "bundling"), { recursive: true });
  fs.copyFileSync("tsconfig.json", path.join(folder, "tsconfig.json"));
  fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
  const write = (text: string): void => fs.writeFileSync(path.join(folder, "entry.ts"), text);
  write(source);
  const start = (...options: readonly string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, ["bundling/run.js", ...options, "entry.ts"], {
      cwd: folder,
      encoding: "utf8",
      input: "",
      env: { PATH: process.env.PATH },
    });
    return { stdout, stderr };
  };
  return { folder, write, start };
}

test("an entry imports at run time, started for the first time and from the code that V8 kept", () => {
  const { folder, start } = entry(
    `const of = async (name: string) => (await import(name)).EOL;
     Promise.all([import("node:os"), of("node:os")]).then(([{ EOL }, other]) => console.log(EOL === other));`,
  );
  const compiled = path.join(folder, ".cache", "run", "entry.ts.v8");
  expect(start()).toEqual({ stdout: "true\n", stderr: "" });
  const first = fs.statSync(compiled).mtimeMs;
  expect(start()).toEqual({ stdout: "true\n", stderr: "" });
  expect(fs.statSync(compiled).mtimeMs).toBe(first);
});

test("an entry that was changed is bundled anew", () => {
  const { write, start } = entry(`console.log("one");`);
  expect(start().stdout).toBe("one\n");
  write(`console.log("another");`);
  expect(start().stdout).toBe("another\n");
});

test("an entry is not run by a Node.js that is too old for it", () => {
  const { folder } = entry(`console.log("ran");`);
  const startAs = (version: string) => {
    fs.writeFileSync(
      path.join(folder, "as.cjs"),
      `Object.defineProperty(process, "version", { value: "${version}" });`,
    );
    const args = ["--require", "./as.cjs", "bundling/run.js", "entry.ts"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  expect(startAs("v19.9.0")).toEqual({
    status: 1,
    stdout: "",
    stderr: "Node.js must be 20 or later, got: v19.9.0. See https://nodejs.org/\n",
  });
  expect(startAs("v20.0.0")).toEqual({ status: 0, stdout: "ran\n", stderr: "" });
});

test("an entry that waits does not run where nobody tells it to", () => {
  const { start } = entry(`console.log("ran");`);
  expect(start("--wait")).toEqual({ stdout: "", stderr: "" });
  expect(start()).toEqual({ stdout: "ran\n", stderr: "" });
});

test("an entry that waited is told what is wrong with it by then", async () => {
  const { folder, write } = entry(`const = 1;`);
  const child = spawn(process.execPath, ["bundling/run.js", "--wait", "entry.ts"], { cwd: folder });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(String(chunk)));
  write(`console.log(process.argv.slice(2).length, "repaired");`);
  child.stdin.end("now");
  await once(child, "close");
  expect(said.join("")).toBe("0 repaired\n");
});
