import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import type { Answer, ExecutionEnvironment } from "./lambda-environment";

type PooledEnvironment = Pick<ExecutionEnvironment, "initialize" | "isAlive" | "kill" | "stop">;

/** A process that is busy with one event from now on. */
export interface Taken<Environment> {
  readonly environment: Environment;
  /** How its initialization ended. */
  readonly init: Answer;
  /** Of a process that was started for this event or one beside it, and had none yet. */
  readonly initDurationMs?: number;
}

/** An event that no process has taken yet. */
interface Waiting<Environment> {
  readonly start: () => Environment;
  readonly take: (taken: Taken<Environment>) => void;
  readonly fail: (error: unknown) => void;
}

/** What there is of one version of the function. */
interface Version<Environment> {
  readonly idle: Environment[];
  readonly waiting: Waiting<Environment>[];
  /** Processes that are not ready yet, and those of them that keep a processor busy. */
  unready: number;
  starting: number;
}

/** Processes that start at a time: more of them than the machine has processors hold each other up. */
const STARTING_AT_ONCE = availableParallelism();
/** What takes longer to be ready waits for something else than a processor. */
const STARTING_MS = 1_000;

const READY: Answer = { kind: "ready" };

/**
 * The processes of a function as it is now. An event goes to one that is idle, or else to the first that is ready for it: one that is done with another
 * event, or one that is started. Once the function has changed, those that work on an event finish, and none takes one that comes later.
 */
export class EnvironmentPool<Environment extends PooledEnvironment> {
  private readonly versions = new Map<string, Version<Environment>>();
  private readonly busy = new Set<Environment>();
  private readonly ending = new Set<Environment>();
  private isRetired = false;

  constructor(
    private readonly options: {
      readonly timeoutMs: number;
      /** Is called once the pool is retired and its last process has ended. */
      readonly whenUnused: () => void;
    },
  ) {}

  /**
   * A process of a version, for one event; it is to be given back.
   * @param prepare is asked, if none is idle, how one is started: with what the function's role is now, whatever becomes of it while the event waits
   * @throws Error what `prepare`, or the start, throws
   */
  async take(version: string, prepare: () => () => Environment): Promise<Taken<Environment>> {
    const { idle, waiting } = this.versionOf(version);
    for (let environment = idle.pop(); environment; environment = idle.pop()) {
      if (environment.isAlive) {
        this.busy.add(environment);
        return { environment, init: READY };
      }
      this.end(environment);
    }
    const start = prepare();
    const taken = new Promise<Taken<Environment>>((take, fail) => waiting.push({ start, take, fail }));
    this.startForWaiting(version);
    return taken;
  }

  /** Takes a process back that has done its work: it goes on with an event that waits, or waits for one, if it can take another, and ends if not. */
  giveBack(version: string, environment: Environment, isReusable: boolean): void {
    const { idle, waiting } = this.versionOf(version);
    this.busy.delete(environment);
    if (!isReusable || !environment.isAlive) {
      environment.kill();
      this.end(environment);
      return;
    }
    const next = waiting.shift();
    if (next) {
      this.busy.add(environment);
      next.take({ environment, init: READY });
    } else if (this.isRetired) {
      this.end(environment);
    } else {
      idle.push(environment);
    }
  }

  /** Ends every process that is idle; those that are busy end when they are done. */
  retire(): void {
    this.isRetired = true;
    for (const { idle } of this.versions.values()) for (const environment of idle.splice(0)) this.end(environment);
    this.tellIfUnused();
  }

  private versionOf(name: string): Version<Environment> {
    const version = this.versions.get(name) ?? { idle: [], waiting: [], unready: 0, starting: 0 };
    this.versions.set(name, version);
    return version;
  }

  private startForWaiting(name: string): void {
    const version = this.versionOf(name);
    for (;;) {
      const next = version.waiting[version.unready];
      if (!next || version.starting >= STARTING_AT_ONCE) return;
      version.unready += 1;
      const leaveProcessor = this.occupyProcessor(name);
      void this.startOne(name, next.start).finally(() => {
        version.unready -= 1;
        leaveProcessor();
      });
    }
  }

  /** Counts a start that may keep a processor busy, for a second at most. */
  private occupyProcessor(name: string): () => void {
    const version = this.versionOf(name);
    version.starting += 1;
    let isOver = false;
    const leave = (): void => {
      clearTimeout(timer);
      if (!isOver) version.starting -= 1;
      isOver = true;
      this.startForWaiting(name);
    };
    // Not the run's clock: processors know none but the machine's.
    const timer = setTimeout(leave, STARTING_MS).unref();
    return leave;
  }

  private async startOne(name: string, start: () => Environment): Promise<void> {
    const { waiting } = this.versionOf(name);
    const began = performance.now();
    try {
      const environment = start();
      this.busy.add(environment);
      const init = await environment.initialize(this.options.timeoutMs);
      const next = waiting.shift();
      if (next) next.take({ environment, init, initDurationMs: performance.now() - began });
      else this.giveBack(name, environment, init.kind === "ready");
    } catch (error) {
      waiting.shift()?.fail(error);
    }
  }

  private end(environment: Environment): void {
    this.ending.add(environment);
    void environment.stop().then(() => {
      this.ending.delete(environment);
      this.tellIfUnused();
    });
  }

  private tellIfUnused(): void {
    if (this.isRetired && this.busy.size === 0 && this.ending.size === 0) this.options.whenUnused();
  }
}
