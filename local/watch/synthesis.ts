import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A synthesis that failed. The message is all that it said. */
export class SynthesisError extends Error {
  override readonly name = "SynthesisError";
}

/** Runs main.ts in a process of its own, as `npx cdktf synth` does. */
export class Synthesis {
  private child?: ChildProcess;
  private stopped = false;

  /** @param project the project's folder */
  constructor(private readonly project: string) {}

  /** Whether it was told to stop: what fails then is no fault. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /**
   * Synthesizes every stack.
   * @throws SynthesisError
   */
  async run(): Promise<void> {
    if (this.stopped) throw new SynthesisError("the synthesis was ended");
    const child = spawn(process.execPath, ["bundling/run.js", "main.ts"], { cwd: this.project });
    this.child = child;
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
    const [exitCode, signal] = (await once(child, "close")) as [number | null, string | null];
    this.child = undefined;
    if (exitCode === 0) return;
    if (this.stopped) throw new SynthesisError("the synthesis was ended");
    const text = Buffer.concat(said).toString().trim();
    throw new SynthesisError(text || `the synthesis ended with ${signal ?? `exit code ${exitCode}`}, and said nothing`);
  }

  /** Ends a synthesis that is under way, and lets none begin. */
  async stop(): Promise<void> {
    this.stopped = true;
    const { child } = this;
    if (!child) return;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
