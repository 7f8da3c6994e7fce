import type { Clock } from "../local/aws";

/** The machine's clock, which can be put forward: what waits for a time that has passed by then runs at once. */
export class SkippingClock implements Clock {
  private ahead = 0;
  private readonly waiting = new Set<{ readonly at: number; readonly run: () => void }>();

  /** Milliseconds that it was put forward by. */
  get skipped(): number {
    return this.ahead;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  after(milliseconds: number, then: () => void): () => void {
    const cancel = (): void => {
      clearTimeout(timer);
      this.waiting.delete(entry);
    };
    const run = (): void => {
      cancel();
      then();
    };
    const entry = { at: this.now() + milliseconds, run };
    const timer = setTimeout(run, milliseconds);
    this.waiting.add(entry);
    return cancel;
  }

  skip(milliseconds: number): void {
    this.ahead += milliseconds;
    for (const entry of [...this.waiting]) if (entry.at <= this.now()) entry.run();
  }
}
