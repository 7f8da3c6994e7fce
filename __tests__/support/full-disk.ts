import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { DataFolder } from "../../local/data-folder";
import { childProgram } from "./child";

/** What happened where files could not grow beyond some kilobytes. */
export interface FullDisk {
  /** Message of the error for an entry that does not fit. */
  readonly refused: string;
  /** What a later run found. */
  readonly found: readonly string[];
  /** How often the journal was to be written anew. */
  readonly snapshots: number;
  readonly files: readonly string[];
}

/** Writes a journal in a process whose files have a limit, which is as if the disk was full. */
export function tryFullDisk(folder: string): FullDisk {
  const { file, env } = childProgram("full-disk.ts", folder);
  const limited = `ulimit -f 64; exec "${process.execPath}" "${file}" "${folder}/data"`;
  const { stdout, stderr } = spawnSync("sh", ["-c", limited], { env, encoding: "utf8" });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function writeTooMuch(folder: string): Promise<FullDisk> {
  const tooLarge = "x".repeat(200_000);
  const found: string[] = [];
  let snapshots = 0;
  const open = (isTooLarge: boolean) => {
    const data = DataFolder.open(folder, { smallest: 1 });
    const journal = data.open<string>("values", {
      replay: (entry) => found.push(entry),
      snapshot: () => {
        snapshots += 1;
        return isTooLarge && snapshots > 1 ? [tooLarge] : [...found];
      },
    });
    return { data, journal };
  };

  const { data, journal } = open(true);
  for (let at = 0; at < 20; at += 1) journal.append(`small ${at}`);
  let refused = "";
  try {
    journal.append(tooLarge);
  } catch (error) {
    refused = (error as Error).message;
  }
  await new Promise((resolve) => setImmediate(resolve)); // behind the journal, which is written anew between two turns
  journal.append("later");
  data.close();
  const tries = snapshots;
  open(false).data.close();
  return { refused, found, snapshots: tries, files: fs.readdirSync(folder) };
}

if (require.main === module) {
  void writeTooMuch(process.argv[2] ?? "").then((tried) => console.log(JSON.stringify(tried)));
}
