import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/** A synthesis that failed. The message is all that it said. */
export class SynthesisError extends Error {
  override readonly name = "SynthesisError";
}

/** A process that synthesizes once it is told to. */
interface Synthesizer {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: readonly Buffer[];
}

/**
 * Runs main.ts in processes of their own, as `npx cdktf synth` does. The next one stands by with what it will need already loaded; it looks whether
 * that is still so when it is told to begin, and ends by itself once nobody can tell it.
 */
export class Synthesis {
  private working?: Synthesizer;
  private next?: Synthesizer;
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
    const { child, said } = this.take();
    this.working = { child, said };
    const closed = once(child, "close") as Promise<[number | null, string | null]>;
    child.stdin.end("now");
    const [exitCode, signal] = await closed;
    this.working = undefined;
    if (!this.stopped) this.next = this.standBy();
    if (exitCode === 0) return;
    if (this.stopped) throw new SynthesisError("the synthesis was ended");
    const text = Buffer.concat(said).toString().trim();
    throw new SynthesisError(text || `the synthesis ended with ${signal ?? `exit code ${exitCode}`}, and said nothing`);
  }

  /** Ends a synthesis that is under way, and lets none begin. */
  async stop(): Promise<void> {
    this.stopped = true;
    const children = [this.working, this.next].flatMap((one) => (one ? [one.child] : []));
    await Promise.all(children.map(end));
  }

  private take(): Synthesizer {
    const { next } = this;
    this.next = undefined;
    if (!next || hasEnded(next.child)) return this.start();
    for (const one of partsOf(next.child)) one.ref();
    return next;
  }

  private standBy(): Synthesizer {
    const next = this.start();
    // It keeps nothing running: where this process ends, it does, too.
    for (const one of partsOf(next.child)) one.unref();
    return next;
  }

  private start(): Synthesizer {
    const child = spawn(process.execPath, ["bundling/run.js", "--wait", "main.ts"], { cwd: this.project });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
    // One that is gone cannot be told anything: its exit says so.
    child.stdin.on("error", () => undefined);
    return { child, said };
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** What keeps this process running while a child does. */
function partsOf(child: ChildProcessWithoutNullStreams): readonly { ref(): unknown; unref(): unknown }[] {
  // Standard streams of a child are sockets here.
  return [child, ...([child.stdin, child.stdout, child.stderr] as unknown as Socket[])];
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
