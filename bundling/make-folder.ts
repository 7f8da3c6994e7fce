import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Makes a folder and those that it stands in, where they are not there. Node.js 20's own `recursive` never comes back where a folder takes no
 * other, as in /proc.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    fs.mkdirSync(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || fs.existsSync(folder)) return;
    const parent = path.dirname(folder);
    if (code !== "ENOENT" || fs.existsSync(parent)) throw error;
    makeFolder(parent, mode);
    fs.mkdirSync(folder, { mode });
  }
}
