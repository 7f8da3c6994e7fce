import type { ExecutionEnvironment } from "./lambda-environment";

type PooledEnvironment = Pick<ExecutionEnvironment, "isAlive" | "kill" | "stop">;

/** The processes of a function as it is now. Once the function has changed, those that work on an event finish, and none takes another. */
export class EnvironmentPool<Environment extends PooledEnvironment> {
  /** By version. */
  private readonly idle = new Map<string, Environment[]>();
  private readonly busy = new Set<Environment>();
  private readonly ending = new Set<Environment>();
  private isRetired = false;

  /** @param whenUnused is called once the pool is retired and its last process has ended */
  constructor(private readonly whenUnused: () => void) {}

  /** A process of a version that waits for an event, if there is one. It is busy from now on. */
  take(version: string): Environment | undefined {
    const waiting = this.idle.get(version) ?? [];
    for (let environment = waiting.pop(); environment; environment = waiting.pop()) {
      if (!environment.isAlive) continue;
      this.busy.add(environment);
      return environment;
    }
    return undefined;
  }

  /** Takes in a new process, which is busy. */
  add(environment: Environment): void {
    this.busy.add(environment);
  }

  /** Takes a process back that has done its work: it waits for the next event if it can take one, and ends if not. */
  giveBack(version: string, environment: Environment, isReusable: boolean): void {
    this.busy.delete(environment);
    if (!isReusable || !environment.isAlive) {
      environment.kill();
      this.end(environment);
    } else if (this.isRetired) {
      this.end(environment);
    } else {
      const waiting = this.idle.get(version) ?? [];
      this.idle.set(version, waiting);
      waiting.push(environment);
    }
  }

  /** Ends every process that waits; those that are busy end when they are done. */
  retire(): void {
    this.isRetired = true;
    const waiting = [...this.idle.values()].flat();
    this.idle.clear();
    for (const environment of waiting) this.end(environment);
    this.tellIfUnused();
  }

  private end(environment: Environment): void {
    this.ending.add(environment);
    void environment.stop().then(() => {
      this.ending.delete(environment);
      this.tellIfUnused();
    });
  }

  private tellIfUnused(): void {
    if (this.isRetired && this.busy.size === 0 && this.ending.size === 0) this.whenUnused();
  }
}
