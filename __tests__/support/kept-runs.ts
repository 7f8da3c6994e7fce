import * as fs from "node:fs";
import * as path from "node:path";
import { DataFolder } from "../../local/data-folder";
import type { Journals } from "../../local/journal";
import { scratchFolder } from "./scratch-folder";

const open: DataFolder[] = [];

afterEach(() => {
  for (const data of open.splice(0)) data.close();
});

/** Runs, one after the other, that share a data folder. */
export class KeptRuns {
  readonly folder = scratchFolder();
  private data?: DataFolder;

  /** Ends the run that there is, as a kill does, and starts the next. */
  next(): Journals {
    this.data?.close();
    this.data = DataFolder.open(this.folder);
    open.push(this.data);
    return this.data;
  }

  /** What a run would find that starts now, while this one goes on. */
  copy(): KeptRuns {
    const copy = new KeptRuns();
    for (const name of fs.readdirSync(this.folder).filter((file) => file.endsWith(".jsonl"))) {
      fs.copyFileSync(path.join(this.folder, name), path.join(copy.folder, name));
    }
    return copy;
  }
}
