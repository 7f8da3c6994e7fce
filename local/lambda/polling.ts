import type { Clock } from "../aws";

/** What a wait ends with when the polling is called off. */
class Stopped extends Error {}

/** Loops that wait for events, and can be called off while they wait. */
export class Polling {
  private readonly waits = new Set<() => void>();
  private readonly loops = new Set<Promise<void>>();
  private isStopped = false;

  constructor(private readonly clock: Clock) {}

  /** Runs something that may be called off at each of its waits; not at all once the polling is called off. */
  run(loop: () => Promise<void>): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    const ended: Promise<void> = loop()
      .catch((error: unknown) => {
        if (!(error instanceof Stopped)) throw error;
      })
      .finally(() => this.loops.delete(ended));
    this.loops.add(ended);
    return ended;
  }

  /** What a promise gives, unless the polling is called off before. */
  wait<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const callOff = () => reject(new Stopped());
      this.waits.add(callOff);
      if (this.isStopped) callOff();
      promise.then(resolve, reject).finally(() => this.waits.delete(callOff));
    });
  }

  /** Waits for a while, or until a signal, if one is given. */
  async pause(milliseconds: number, signal?: Promise<void>): Promise<void> {
    let cancel: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.clock.after(milliseconds, resolve);
    });
    try {
      await this.wait(signal ? Promise.race([over, signal]) : over);
    } finally {
      cancel();
    }
  }

  /** Ends every wait and with it every loop. What was waited for goes on and is no longer looked at. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const callOff of this.waits) callOff();
    await Promise.all(this.loops);
  }
}
