import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { scratchFolder } from "../support/scratch-folder";
import { planBytes } from "./plans";

const { build } = require("../../plan-review/build.js") as { readonly build: () => string };

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly error: string;
}

/** The built command, copied to a folder that has nothing else. */
export class ReviewCommand {
  readonly folder = scratchFolder();

  constructor() {
    fs.copyFileSync(build(), path.join(this.folder, "plan-review.js"));
  }

  write(file: string, content: string | Buffer | object): void {
    const target = path.join(this.folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const isText = typeof content === "string" || Buffer.isBuffer(content);
    fs.writeFileSync(target, isText ? content : JSON.stringify(content));
  }

  /** Runs it in its folder. */
  run(args: readonly string[], input?: string | Buffer): Ended {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["plan-review.js", ...args], {
      cwd: this.folder,
      env: { PATH: process.env.PATH },
      input: input ?? "",
      maxBuffer: 100_000_000,
      encoding: "utf8",
    });
    return { code: status, output: stdout, error: stderr };
  }

  /** Reviews one of the plans that are kept for tests. */
  review(plan: string, ...args: readonly string[]): Ended {
    this.write(plan, planBytes(plan));
    return this.run([plan, ...args]);
  }
}
