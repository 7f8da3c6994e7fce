import { spawnSync } from "node:child_process";
import { DataFolder } from "../../local/data-folder";
import { childProgram } from "./child";

/**
 * Runs a process that kills itself while it writes the journal of a folder anew, behind so many entries of it.
 * @param programs folder for the program
 */
export function killInSnapshot(folder: string, programs: string, entries: number): void {
  const { file, env } = childProgram("killed-snapshot.ts", programs);
  const { signal, stderr } = spawnSync(process.execPath, [file, folder, String(entries)], { env, encoding: "utf8" });
  if (signal !== "SIGKILL") throw new Error(stderr);
}

if (require.main === module) {
  const [folder = "", entries = "0"] = process.argv.slice(2);
  DataFolder.open(folder).open<object>("values", {
    replay: () => undefined,
    *snapshot() {
      // More than is written at once, so that some of it is in the file.
      for (let at = 0; at < Number(entries); at += 1) yield { name: String(at), value: "x".repeat(1_500_000) };
      process.kill(process.pid, "SIGKILL");
    },
  });
}
