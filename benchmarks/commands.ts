import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildSync } from "esbuild";
import { resourcesOf, type TerraformConfig } from "../terraform/config";
import type { Command } from "./measure";

const project = process.cwd();
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gatehouse-bench-"));
process.once("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
// Ctrl-C reaches the process that is being measured, too: its failure ends the benchmark, and the folder goes.
process.once("SIGINT", () => process.exit(130));

/** Copies a folder; what was read-only can be written in the copy. */
function copy(from: string, to: string, leaveOut: RegExp): void {
  fs.cpSync(from, to, { recursive: true, filter: (file) => !leaveOut.test(path.relative(from, file)) });
  const files = fs.readdirSync(to, { recursive: true }) as string[];
  for (const file of ["", ...files]) fs.chmodSync(path.join(to, file), 0o755);
}

const linkPackages = (folder: string): void =>
  fs.symlinkSync(path.join(project, "node_modules"), path.join(folder, "node_modules"), "junction");

/** Makes handlers that differ in one constant. */
function generateHandlers(from: string, to: (index: number) => string, count: number): void {
  const source = fs.readFileSync(from, "utf8");
  fs.mkdirSync(path.dirname(to(0)), { recursive: true });
  for (let at = 0; at < count; at += 1) fs.writeFileSync(to(at), `${source}\nexport const copy = ${at};\n`);
}

/** A copy of this project with an empty cache of its own, so that measuring touches no other. */
export class Ours {
  private readonly folder: string;

  constructor(name: string) {
    this.folder = path.join(scratch, name);
    copy(project, this.folder, /^(node_modules|\.git|\.cache|\.state|coverage|cdktf\.out.*)$/);
    linkPackages(this.folder);
  }

  entry(name: string, entry: string, env: Record<string, string> = {}): Command {
    return {
      name,
      argv: [process.execPath, "bundling/run.js", entry],
      cwd: this.folder,
      // An output of its own, which it replaces in the next round.
      env: { CDKTF_OUTDIR: `cdktf.out/${[entry, ...Object.values(env)].join("-")}`, ...env },
    };
  }

  emptyCache(): void {
    fs.rmSync(path.join(this.folder, ".cache"), { recursive: true, force: true });
  }

  generateHandlers(count: number): void {
    for (const handler of ["write-order", "notify-order"]) {
      const file = path.join(this.folder, "handlers", handler);
      generateHandlers(`${file}.ts`, (at) => `${file}-${at}.ts`, count);
    }
  }

  /** Resources of the stacks that a command wrote. */
  countResources({ env }: Command): number {
    const stacks = path.join(this.folder, env?.CDKTF_OUTDIR ?? "", "stacks");
    const configs = fs
      .readdirSync(stacks)
      .map((stack) => fs.readFileSync(path.join(stacks, stack, "cdk.tf.json"), "utf8"));
    return configs.flatMap((config) => resourcesOf(JSON.parse(config) as TerraformConfig)).length;
  }
}

/** A peer's own run.sh, with the Node.js that runs this. */
const peer = (name: string, cwd: string, mode: string, env: Record<string, string> = {}): Command => ({
  name,
  argv: ["sh", "run.sh", mode],
  cwd,
  env: { PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`, ...env },
});

/** Bundles a peer's app as the floor proof has it: ahead of time. */
function prebundle(absWorkingDir: string, entry: string, outfile: string): void {
  buildSync({
    absWorkingDir,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    mainFields: ["module", "main"],
    external: ["esbuild"],
    logLevel: "error",
  });
}

/**
 * The floor proof: resources by hand, an app that is bundled before it is measured, handlers bundled by one esbuild call in every run.
 * @param pipelines how many can have handlers of their own
 * @returns makes a command
 */
export function floorProof(peers: string, pipelines: number): (name: string, env: Record<string, string>) => Command {
  const folder = path.join(scratch, "floor", "raw");
  copy(path.join(peers, "raw"), folder, /^node_modules$/);
  linkPackages(path.dirname(folder));
  for (const handler of ["writer", "publisher"]) {
    const generated = path.join(scratch, "floor", "cdk", "gen", handler);
    generateHandlers(path.join(folder, "handlers", `${handler}.ts`), (at) => `${generated}-${at}.ts`, pipelines);
  }
  prebundle(folder, "floor.ts", "build/floor.js");
  return (name, env) => peer(name, folder, "floor", { NOSTACK: "1", OUTDIR: "out", ...env });
}

/** The other peers, installed from npm; the commands are those of their compare.py. */
export function otherPeers(peers: string): readonly Command[] {
  const folder = path.join(scratch, "peers");
  copy(peers, folder, /(^|[\\/])node_modules$/);
  for (const name of ["raw", "tc21", "cdk", "osls"]) {
    console.error(`npm install in ${name}`);
    const { status, stderr } = spawnSync("npm", ["install", ...(name === "tc21" ? ["--legacy-peer-deps"] : [])], {
      cwd: path.join(folder, name),
      env: { ...process.env, CHECKPOINT_DISABLE: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (status !== 0) throw new Error(`npm install in ${name} failed: ${String(stderr).slice(-2000)}`);
  }
  prebundle(path.join(folder, "raw"), "main.ts", "build/main.full.js");
  return ["raw direct", "raw fast", "raw cli", "tc21 direct", "tc21 cli", "cdk direct", "cdk cli", "osls"].map(
    (name) => {
      const [which = "", mode = ""] = name.split(" ");
      return peer(name, path.join(folder, which), mode, { CHECKPOINT_DISABLE: "1" });
    },
  );
}
