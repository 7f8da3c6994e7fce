import type { Access, AccessRequest, Caller, Clock, Place } from "../../local/aws";

export const place: Place = { partition: "aws", region: "eu-west-1", accountId: "123456789012" };

export const someone: Caller = { principalArn: "arn:aws:iam::123456789012:role/someone", accountId: place.accountId };

/** Lets everybody do everything, and keeps what was asked; `refuse` may throw in its place. */
export function openAccess(refuse?: (request: AccessRequest) => void): Access & { readonly asked: AccessRequest[] } {
  const asked: AccessRequest[] = [];
  return {
    asked,
    authorize: (request) => {
      asked.push(request);
      refuse?.(request);
    },
  };
}

/** The machine's clock, which can be put forward: what waits for a time that has passed then runs at once. */
export class LeapingClock implements Clock {
  private ahead = 0;
  private readonly waiting = new Set<{ readonly at: number; readonly run: () => void }>();

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

  leap(milliseconds: number): void {
    this.ahead += milliseconds;
    for (const entry of [...this.waiting]) if (entry.at <= this.now()) entry.run();
  }
}

/** The machine's own clock. */
export const clock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

export const silent = (): void => undefined;
