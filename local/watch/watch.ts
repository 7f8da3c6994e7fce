import * as fs from "node:fs";
import * as path from "node:path";
import type { StackChange } from "../cloud";
import { describeChanges } from "./changes";
import { Sources } from "./sources";
import type { Synthesis } from "./synthesis";

/** Editors write a file in several steps, and a checkout writes many files: all that comes within so short a time counts as one save. */
const SETTLE_MS = 20;

interface WatchOptions {
  /** The project's folder. */
  readonly project: string;
  readonly synthesis: Pick<Synthesis, "isStopped" | "run" | "stop">;
  /**
   * Goes on with what was synthesized.
   * @throws Error that says why that cannot be
   */
  reload(): readonly StackChange[];
  /** Tells of a reload, or of what went wrong. */
  tell(message: string): void;
}

/**
 * Synthesizes and reloads whenever a source of the stacks is saved. What cannot be synthesized or reloaded is told, once, and what ran before
 * runs on; the next save is tried again.
 */
export class Watch {
  private readonly watchers = new Map<string, fs.FSWatcher>();
  private sources: Sources;
  private settling?: NodeJS.Timeout;
  /** When the first event came that was not looked into yet, by `performance.now()`. */
  private noticedAt?: number;
  private running = Promise.resolve();
  private isRunning = false;
  private isStopped = false;
  private complaint?: string;

  /** @throws Error for a folder that cannot be watched */
  constructor(private readonly options: WatchOptions) {
    this.sources = Sources.of(options.project);
    this.watchFolders();
    // What was saved between that look and now.
    this.notice();
  }

  /** Ends the watching, and a synthesis under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.settling);
    this.closeAll();
    await this.options.synthesis.stop();
    await this.running;
  }

  private notice(): void {
    if (this.isStopped) return;
    this.noticedAt ??= performance.now();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.look(), SETTLE_MS);
  }

  /** Looks whether something was saved; while a synthesis is under way, the look after it does. */
  private look(): void {
    if (this.isRunning || this.isStopped) return;
    const savedAt = this.noticedAt ?? performance.now();
    this.noticedAt = undefined;
    const sources = Sources.of(this.options.project);
    if (sources.differenceTo(this.sources).length === 0) return;
    this.sources = sources;
    this.isRunning = true;
    this.running = this.run(savedAt).finally(() => {
      this.isRunning = false;
      this.notice();
    });
  }

  private async run(savedAt: number): Promise<void> {
    const { synthesis, reload, tell } = this.options;
    try {
      this.watchFolders();
      await synthesis.run();
      if (this.isStopped || synthesis.isStopped) return;
      const changes = reload();
      this.complaint = undefined;
      const seconds = ((performance.now() - savedAt) / 1_000).toFixed(2);
      tell(`reloaded in ${seconds} s: ${describeChanges(changes)}`);
    } catch (error) {
      if (!this.isStopped && !synthesis.isStopped) this.complain((error as Error).message);
    }
  }

  private complain(message: string): void {
    this.options.tell(
      message === this.complaint
        ? "not reloaded: still the same error. What ran before runs on"
        : `not reloaded, what ran before runs on:\n${message}`,
    );
    this.complaint = message;
  }

  /** Watches every folder of the sources anew: one that was removed and made again would stay silent. */
  private watchFolders(): void {
    this.closeAll();
    for (const folder of this.sources.folders) {
      const at = path.join(this.options.project, folder);
      try {
        const watcher = fs.watch(at, () => this.notice());
        // A folder that goes is noticed by the one that it stands in.
        watcher.on("error", () => watcher.close());
        this.watchers.set(folder, watcher);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== "ENOENT") throw new Error(`--watch: ${at} can not be watched: ${message}`, { cause: error });
      }
    }
  }

  private closeAll(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }
}
