import * as fs from "node:fs";
import type { Journal, Remembering } from "./journal";

/** The format of the files: entries as JSON, one a line, below a first line that says whose they are. */
const VERSION = 1;
const READ_BYTES = 1_048_576;
const NEW_LINE = 10;

/** What a journal's files end in: the journal itself, and one that is being written shorter. */
export const JOURNAL = ".jsonl";
export const UNFINISHED = ".jsonl.new";

/**
 * One service's journal in a file. An entry is one write to the operating system, which keeps it through the end of this process, however that
 * comes; a machine that loses power may lose the last ones, for nothing waits for the disk.
 *
 * Once the file is both larger than `smallest` bytes and twice what it was when it was last written anew, it is written anew from a snapshot.
 */
export class JournalFile<Entry> implements Journal<Entry> {
  private readonly path: string;
  private file = -1;
  /** Bytes of whole lines. */
  private size = 0;
  /** Bytes when it was last written anew. */
  private snapshotSize = 0;
  private rewriting?: NodeJS.Immediate;

  /** @throws Error that names the file, and the line of what is no journal of this format and service */
  constructor(
    folder: string,
    private readonly name: string,
    private readonly remembering: Remembering<Entry>,
    private readonly smallest: number,
  ) {
    this.path = `${folder}/${name}${JOURNAL}`;
    try {
      if (fs.existsSync(this.path)) this.replay();
      this.rewrite();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new Error(
        `${this.path} can not be used: ${message}. Let it be read and written, or start with another --data folder`,
      );
    }
  }

  append(entry: Entry): void {
    if (this.file < 0) throw new Error(`${this.path} is closed: nothing can be written down after the end of the run`);
    // The operating system goes on writing to a file that was deleted; no later run would find it.
    if (fs.fstatSync(this.file).nlink === 0)
      throw new Error(`${this.path} was deleted while the run uses it. Stop the run, and start it again`);
    const line = `${JSON.stringify(entry)}\n`;
    try {
      this.size += writeAll(this.file, line, this.size);
    } catch (error) {
      // Half a line would swallow the next one.
      fs.ftruncateSync(this.file, this.size);
      throw new Error(`${this.path} could not be written: ${(error as Error).message}. Make room, and try again`);
    }
    if (this.size > this.smallest && this.size > 2 * this.snapshotSize) {
      this.rewriting ??= setImmediate(() => this.shorten());
    }
  }

  close(): void {
    clearImmediate(this.rewriting);
    if (this.file >= 0) fs.closeSync(this.file);
    this.file = -1;
  }

  private replay(): void {
    let line = 0;
    for (const text of wholeLines(this.path)) {
      line += 1;
      const entry = this.parse(text, line);
      if (line === 1) this.requireHeader(entry);
      else this.replayEntry(entry, line);
    }
    if (line === 0) throw this.unreadable(1, "it has no first line, which says whose entries these are");
  }

  private replayEntry(entry: unknown, line: number): void {
    try {
      this.remembering.replay(entry as Entry);
    } catch (error) {
      throw this.unreadable(line, `it is no entry of ${this.name} (${(error as Error).message})`);
    }
  }

  private parse(text: string, line: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.unreadable(line, `it is not JSON: ${text.slice(0, 60)}`);
    }
  }

  private requireHeader(header: unknown): void {
    const { journal, version } = (header ?? {}) as { readonly journal?: unknown; readonly version?: unknown };
    if (journal !== this.name) throw this.unreadable(1, `it must begin the journal of ${this.name}`);
    if (version === VERSION) return;
    throw this.unreadable(1, `it is of format ${version}, and this run reads format ${VERSION}`);
  }

  private unreadable(line: number, why: string): Error {
    const remedy = "Bring back a copy of it, or start with another --data folder: this one is left as it is";
    return new Error(`${this.path}, line ${line} can not be read: ${why}. ${remedy}`);
  }

  /** The file is as good as a shorter one: where the disk has no room for that beside it, it is tried again at twice the size. */
  private shorten(): void {
    this.rewriting = undefined;
    try {
      this.rewrite();
    } catch (error) {
      if (!("code" in (error as NodeJS.ErrnoException))) throw error;
      this.snapshotSize = this.size;
    }
  }

  /** Writes a snapshot beside the file and puts it in the file's place: a kill leaves the one or the other, whole. */
  private rewrite(): void {
    const unfinished = this.path.replace(JOURNAL, UNFINISHED);
    const file = fs.openSync(unfinished, "w", 0o600);
    try {
      const size = writeLines(file, { journal: this.name, version: VERSION }, this.remembering.snapshot());
      // The one wait for the disk: a loss of power may take the last entries, and not all that went before.
      fs.fsyncSync(file);
      fs.renameSync(unfinished, this.path);
      this.size = size;
    } catch (error) {
      fs.closeSync(file);
      fs.rmSync(unfinished, { force: true });
      throw error;
    }
    if (this.file >= 0) fs.closeSync(this.file);
    this.file = file;
    this.snapshotSize = this.size;
  }
}

/** The lines of a file but for a last one without its end: the entry that a kill cut off, which nobody was told of. */
function* wholeLines(path: string): Generator<string> {
  const file = fs.openSync(path, "r");
  try {
    const chunk = Buffer.alloc(READ_BYTES);
    let begun: Buffer[] = [];
    for (let read = fs.readSync(file, chunk); read > 0; read = fs.readSync(file, chunk)) {
      let from = 0;
      for (let end = chunk.indexOf(NEW_LINE); end >= 0 && end < read; end = chunk.indexOf(NEW_LINE, from)) {
        yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString();
        begun = [];
        from = end + 1;
      }
      begun.push(Buffer.from(chunk.subarray(from, read)));
    }
  } finally {
    fs.closeSync(file);
  }
}

/** @returns the bytes written: a snapshot goes out in pieces, not line by line */
function writeLines(file: number, header: object, entries: Iterable<unknown>): number {
  let bytes = 0;
  let pending = `${JSON.stringify(header)}\n`;
  for (const entry of entries) {
    pending += `${JSON.stringify(entry)}\n`;
    if (pending.length < READ_BYTES) continue;
    bytes += writeAll(file, pending, bytes);
    pending = "";
  }
  return bytes + writeAll(file, pending, bytes);
}

/** The position is given, for a write that fails leaves the file's own behind what it wrote. */
function writeAll(file: number, text: string, at: number): number {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(file, bytes, written, bytes.length - written, at + written);
  }
  return bytes.length;
}
