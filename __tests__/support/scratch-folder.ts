import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const folders: string[] = [];

/** A new folder, removed when the tests of the file are over. Links in its path are resolved, as child processes see it. */
export function scratchFolder(name = "gatehouse-test-"): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), name)));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});
