import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { scratchFolder } from "./scratch-folder";

const left = /^(node_modules|\.git|\.cache|\.state|coverage|cdktf\.out.*)$/;

/** A fresh copy of this project, as a clone would be, with this one's packages. */
export class Project {
  readonly folder: string;

  constructor(name = "clone") {
    this.folder = path.join(scratchFolder(), name);
    fs.cpSync(process.cwd(), this.folder, { recursive: true, filter: (file) => !left.test(path.basename(file)) });
    fs.symlinkSync(path.resolve("node_modules"), path.join(this.folder, "node_modules"));
  }

  write(file: string, content: unknown): void {
    fs.writeFileSync(path.join(this.folder, file), typeof content === "string" ? content : JSON.stringify(content));
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.folder, file), "utf8");
  }

  remove(file: string): void {
    fs.rmSync(path.join(this.folder, file), { recursive: true });
  }

  /** Runs an entry of the project in a process of its own. */
  run(entry: string, { env = {}, shell = "" }: { env?: Record<string, string>; shell?: string } = {}) {
    const command = `${shell}"${process.execPath}" bundling/run.js ${entry}`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
      cwd: this.folder,
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  /** Starts an entry; gives its exit code when it is over. */
  start(entry: string): Promise<number | null> {
    const child = spawn(process.execPath, ["bundling/run.js", entry], { cwd: this.folder, stdio: "inherit" });
    return new Promise((resolve) => child.on("close", resolve));
  }

  /** Every file below a folder, by its path, with its content. */
  tree(folder = "cdktf.out"): ReadonlyMap<string, string> {
    const root = path.join(this.folder, folder);
    if (!fs.existsSync(root)) return new Map();
    const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
      files
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
        .map((file) => [path.relative(root, file), fs.readFileSync(file).toString("latin1")]),
    );
  }
}
