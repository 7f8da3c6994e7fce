import * as fs from "node:fs";
import * as path from "node:path";
import { makeFolder } from "../bundling/make-folder";
import type { Journal, Journals, Remembering } from "./journal";
import { JOURNAL, JournalFile, UNFINISHED } from "./journal-file";
import { isAlive } from "./process-life";

/** Bytes below which no journal is written anew while the run lasts. */
const SMALLEST_BYTES = 8 * 1_048_576;
/** For so long a run that was killed may still be ending when the next one starts. */
const ENDING_MS = 1_000;
const OWN_FILES = /^([a-z][a-z0-9-]*\.jsonl(\.new)?|run\.\d+\.lock)$/;

/**
 * The folder of `--data`: a journal for each service, `<service>.jsonl`, and `run.<process id>.lock` while a run uses it.
 *
 * What a service has appended is there after a kill at any moment. After a loss of power the last entries may be missing: see `JournalFile`.
 */
export class DataFolder implements Journals {
  private readonly journals = new Map<string, { close(): void }>();

  private constructor(
    /** The folder, as an absolute path. */
    readonly folder: string,
    private readonly lock: string,
    private readonly smallest: number,
  ) {}

  /**
   * Opens a folder for this run alone; makes it where there is none.
   *
   * @param options `smallest`: bytes below which no journal is written anew while the run lasts; 8 MB by default
   * @throws Error for a folder that another run uses, or that holds what is none of a data folder's; nothing of it is touched
   */
  static open(folder: string, { smallest = SMALLEST_BYTES }: { readonly smallest?: number } = {}): DataFolder {
    const at = path.resolve(folder);
    if (fs.existsSync(at) && !fs.statSync(at).isDirectory())
      throw new Error(`--data ${folder} is a file. Name a folder`);
    try {
      makeFolder(at, 0o700);
      fs.accessSync(at, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
      requireOwn(folder, at);
      const lock = takeLock(folder, at);
      for (const name of fs.readdirSync(at)) if (name.endsWith(UNFINISHED)) fs.rmSync(path.join(at, name));
      return new DataFolder(at, lock, smallest);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new Error(`--data ${folder} can not be used: ${message}. Name a folder that you may make and write to`);
    }
  }

  open<Entry>(name: string, remembering: Remembering<Entry>): Journal<Entry> {
    if (!OWN_FILES.test(`${name}${JOURNAL}`)) throw new Error(`a journal's name must be small letters, got: ${name}`);
    if (this.journals.has(name)) throw new Error(`the journal of ${name} is open already`);
    const journal = new JournalFile(this.folder, name, remembering, this.smallest);
    this.journals.set(name, journal);
    return journal;
  }

  /** Ends the use of the folder, which another run may take then. What is appended later is refused: stop the services first. */
  close(): void {
    for (const journal of this.journals.values()) journal.close();
    fs.rmSync(this.lock, { force: true });
  }
}

/** Hidden files, such as a file manager's or Git's, are no concern of this. */
function requireOwn(folder: string, at: string): void {
  const foreign = fs.readdirSync(at).find((name) => !name.startsWith(".") && !OWN_FILES.test(name));
  if (foreign === undefined) return;
  throw new Error(
    `--data ${folder} holds ${foreign}, which no local run put there. Name a folder that is empty, or of an earlier run`,
  );
}

/**
 * Writes a file of this process's own, then looks for those of others. Of two runs that start at once both may find the other, but never neither.
 * Runs on other machines, or in containers that do not see each other's processes, are not found out.
 * @returns the file
 */
function takeLock(folder: string, at: string): string {
  const own = `run.${process.pid}.lock`;
  const lock = path.join(at, own);
  // The same id with another start is a process of before: ids come again, at once where each container counts its own.
  const started = String(performance.timeOrigin);
  if (fs.existsSync(lock) && fs.readFileSync(lock, "utf8") === started) throw inUse(folder, lock);
  fs.writeFileSync(lock, started, { mode: 0o600 });
  const others = fs.readdirSync(at).filter((name) => name.endsWith(".lock") && name !== own);
  for (const other of others.map((name) => path.join(at, name))) {
    if (ends(other)) {
      fs.rmSync(other, { force: true });
      continue;
    }
    fs.rmSync(lock, { force: true });
    throw inUse(folder, other);
  }
  return lock;
}

/** Whether the run of a lock is over, or gives the folder up in time. */
function ends(lock: string): boolean {
  const [, pid] = path.basename(lock).split(".");
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  const latest = performance.now() + ENDING_MS;
  while (fs.existsSync(lock) && isAlive(Number(pid))) {
    if (performance.now() > latest) return false;
    Atomics.wait(sleep, 0, 0, 20);
  }
  return true;
}

function inUse(folder: string, lock: string): Error {
  const [, pid] = path.basename(lock).split(".");
  return new Error(
    `--data ${folder} is in use by process ${pid}. Stop that run, or name another folder; if that process is none of yours, delete ${lock}`,
  );
}
