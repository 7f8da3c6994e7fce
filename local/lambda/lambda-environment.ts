import { type ChildProcess, fork } from "node:child_process";
import * as path from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "../aws";

/** What a function's caller gets instead of a result. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** How an initialization or an invocation ended. */
export type Answer =
  | { readonly kind: "ready" }
  /** JSON text. */
  | { readonly kind: "payload"; readonly payload: string }
  | { readonly kind: "error"; readonly error: FunctionError }
  | { readonly kind: "exit"; readonly reason: string }
  | { readonly kind: "timeout" };

const KILL_AFTER_MS = 1_000;
/** What Lambda gives an initialization before it begins to count it as invocation. */
const INIT_MS = 10_000;
const signals: Readonly<Record<string, string>> = {
  SIGABRT: "aborted",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
};

/**
 * A process with one loaded handler that takes one event at a time.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class ExecutionEnvironment {
  private readonly child: ChildProcess;
  private readonly clock: Clock;
  /** Why it ended. */
  private readonly exited: Promise<string>;
  private settle: (answer: Answer) => void = () => undefined;
  private memoryUsed = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly taskRoot: string;
    readonly memoryMb: number;
    readonly environment: Readonly<Record<string, string>>;
    /** A line that the function wrote. */
    readonly onLine: (line: string) => void;
    readonly onExit: () => void;
  }) {
    this.clock = options.clock;
    this.child = fork(path.resolve("local/lambda/execution-environment.js"), [], {
      cwd: options.taskRoot,
      env: options.environment,
      // The share of the memory that Lambda leaves to the heap.
      execArgv: [`--max-old-space-size=${Math.floor(options.memoryMb * 0.9)}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) if (stream) eachLine(stream, options.onLine);
    this.child.on("message", (answer: Answer & { memoryUsed: number }) => {
      this.memoryUsed = Math.max(this.memoryUsed, answer.memoryUsed);
      // Whatever the function wrote before it answered has arrived by then.
      setImmediate(() => this.settle(answer));
    });
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => resolve(exitReason(code, signal)));
      this.child.once("error", (error) => resolve(`Runtime could not be started: ${error.message}`));
    });
    // Later than the exit: when all that was written has arrived.
    this.child.on("close", () => this.settleAsExited());
    this.child.once("error", () => this.settleAsExited());
    this.exited.then(options.onExit);
  }

  get isAlive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The most that the process was seen to use after an initialization or an invocation. */
  get maxMemoryUsedMb(): number {
    return Math.ceil(this.memoryUsed / 2 ** 20);
  }

  /** Waits for the handler to be loaded; to be called once, right after construction. */
  initialize(timeoutMs: number): Promise<Answer> {
    return this.answer(INIT_MS + timeoutMs);
  }

  invoke(request: { requestId: string; functionArn: string; event: string; timeoutMs: number }): Promise<Answer> {
    const { timeoutMs, ...rest } = request;
    const answer = this.answer(timeoutMs);
    // A failure to send means that the process ends, which gives the answer.
    this.child.send({ ...rest, remainingTimeInMillis: timeoutMs }, () => undefined);
    return answer;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Lets the process end by itself; kills it after a second. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    // Not the run's clock: a clock that stands still must not keep a process alive.
    const timer = setTimeout(() => this.kill(), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    // After a disconnect from this side there is no close event.
    await this.settleAsExited();
  }

  private async settleAsExited(): Promise<void> {
    const reason = await this.exited;
    // In turn: an answer that arrived before goes first.
    setImmediate(() => this.settle({ kind: "exit", reason }));
  }

  private answer(limitMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(limitMs, () => this.settle({ kind: "timeout" }));
      this.settle = (answer) => {
        cancel();
        resolve(answer);
      };
    });
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
  stream.on("end", () => {
    if (rest) onLine(rest);
  });
}

function exitReason(code: number | null, signal: string | null): string {
  if (code === 0) return "Runtime exited without providing a reason";
  const status = code === null ? `signal: ${signals[signal ?? ""] ?? signal}` : `exit status ${code}`;
  return `Runtime exited with error: ${status}`;
}
