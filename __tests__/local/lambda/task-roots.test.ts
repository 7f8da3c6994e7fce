import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { strToU8, zipSync } from "fflate";
import { TaskRoots } from "../../../local/lambda/task-roots";
import { scratchFolder } from "../../support/scratch-folder";
import { until } from "../../support/until";

const zip = zipSync({ "index.js": strToU8("exports.handler = () => 1;") });
/** A folder for temporary files with what is in it. */
function temporaryWith(...names: readonly string[]): string {
  const folder = scratchFolder();
  for (const name of names) fs.mkdirSync(path.join(folder, name, "handler-1"), { recursive: true });
  return folder;
}

test("what a killed process of this machine has left is removed, and nothing else", async () => {
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const host = os.hostname();
  const kept = [`gatehouse-lambda-elsewhere-${dead}-a`, `gatehouse-lambda-${host}-${process.pid}-b`, `other-${dead}-c`];
  const stale = `gatehouse-lambda-${host}-${dead}-d`;
  const folder = temporaryWith(...kept, stale);
  const roots = new TaskRoots(folder);
  const taskRoot = roots.unpack("handler", zip);
  await until(() => !fs.existsSync(path.join(folder, stale)), "its removal");
  expect(fs.existsSync(path.join(taskRoot, "index.js"))).toBe(true);
  roots.removeAll();
  expect(fs.readdirSync(folder).sort()).toEqual([...kept].sort());
});
