import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { unzipSync } from "fflate";
import { isAlive } from "../process-life";

/** Named after machine and process: a container that shares the folder for temporary files numbers its own processes. */
const PREFIX = `gatehouse-lambda-${os.hostname()}-`;

/** Unpacked zips of functions, each in a folder of its own, under one that is removed at the end of the process at the latest. */
export class TaskRoots {
  private root?: string;
  private count = 0;

  /** @param temporary folder for temporary files @default - the system's */
  constructor(private readonly temporary = os.tmpdir()) {}

  /**
   * Unpacks the zip of a function.
   * @returns the folder
   * @throws Error for a file that would land outside of it
   */
  unpack(functionName: string, zip: Uint8Array): string {
    if (!this.root) {
      removeLeft(this.temporary);
      this.root = fs.realpathSync(fs.mkdtempSync(path.join(this.temporary, `${PREFIX}${process.pid}-`)));
      // For a process that ends without having the time to stop.
      process.once("exit", this.removeAll);
    }
    this.count += 1;
    const taskRoot = path.join(this.root, `${functionName}-${this.count}`);
    for (const [entry, content] of Object.entries(unzipSync(zip))) {
      const file = path.join(taskRoot, entry);
      if (!file.startsWith(taskRoot + path.sep))
        throw new Error(`The zip of ${functionName} has a file outside of it: ${entry}`);
      if (entry.endsWith("/")) continue;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
    return taskRoot;
  }

  /** Removes a folder that no process uses any more. What cannot be removed now is removed at the end. */
  remove(taskRoot: string): void {
    fs.rm(taskRoot, { recursive: true, force: true }, () => undefined);
  }

  /** Removes every folder. */
  readonly removeAll = (): void => {
    process.off("exit", this.removeAll);
    if (this.root) fs.rmSync(this.root, { recursive: true, force: true });
  };
}

/** Removes what processes have left that were killed before they could. */
function removeLeft(temporary: string): void {
  for (const name of fs.readdirSync(temporary)) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split("-")[0]);
    if (pid > 0 && !isAlive(pid)) fs.rm(path.join(temporary, name), { recursive: true, force: true }, () => undefined);
  }
}

/**
 * The zip of a function, as it was synthesized.
 *
 * @param folder where `filename` starts from
 * @throws Error for a zip that is not the one that the hash is of
 */
export function readZip(
  folder: string,
  { function_name: name, filename, source_code_hash: expected }: ZipArguments,
): Uint8Array {
  const file = path.resolve(folder, filename);
  if (!fs.existsSync(file))
    throw new Error(`aws_lambda_function of ${name}: filename must be a file, got: ${filename}. Synthesize again.`);
  const zip = fs.readFileSync(file);
  const hash = createHash("sha256").update(zip).digest("base64");
  if (expected === undefined || expected === hash) return zip;
  throw new Error(
    `aws_lambda_function of ${name}: source_code_hash must be that of ${filename}, ${hash}, got: ${expected}. Synthesize again.`,
  );
}

interface ZipArguments {
  readonly function_name: string;
  readonly filename: string;
  readonly source_code_hash?: string;
}
