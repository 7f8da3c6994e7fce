import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import type { Socket } from "node:net";
import * as path from "node:path";
import { isAlive } from "../process-life";

/** Holds the process id of a synthesis while it is under way. A run that is killed leaves both. */
const UNDER_WAY = path.join(".cache", "run", "synthesis.pid");
/** For so long a synthesis that a killed run has left may go on. It takes a second or two: after that its process id is another's by now. */
const LEFT_BEHIND_MS = 10_000;

/**
 * Waits for the end of a synthesis that a run has left which was killed: until then it writes what this one is about to read, or to write.
 * @param project the project's folder
 */
export async function synthesisLeftBehind(project: string): Promise<void> {
  const file = path.join(project, UNDER_WAY);
  const end = performance.now() + LEFT_BEHIND_MS;
  while (isAlive(pidIn(file)) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  note(file, undefined);
}

/** Writes down that a synthesis is under way, or over. Where that cannot be done, one that a killed run leaves goes unnoticed. */
function note(file: string, pid: number | undefined): void {
  try {
    fs.rmSync(file, { force: true });
    if (pid === undefined) return;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, String(pid));
  } catch {
    // as it is said above
  }
}

/** Of no process where there is no file, or a kill has left it empty. */
function pidIn(file: string): number {
  try {
    return Number(fs.readFileSync(file, "utf8") || Number.NaN);
  } catch {
    return Number.NaN;
  }
}

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
    const file = path.join(this.project, UNDER_WAY);
    note(file, child.pid);
    child.stdin.end("now");
    const [exitCode, signal] = await closed;
    note(file, undefined);
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
