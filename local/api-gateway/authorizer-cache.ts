import type { Clock } from "../aws";

/** What authorizers answered, until their time is over. Whoever reads it sees by the clock, not by a timer, that it is. */
export class AuthorizerCache<Answer> {
  private readonly kept = new Map<string, { readonly answer: Answer; readonly until: number }>();

  constructor(private readonly clock: Clock) {}

  /** An answer, if there is one and it is not over. */
  find(key: string): Answer | undefined {
    const entry = this.kept.get(key);
    if (entry && entry.until > this.clock.now()) return entry.answer;
    this.kept.delete(key);
    return undefined;
  }

  keep(key: string, answer: Answer, seconds: number): void {
    if (seconds > 0) this.kept.set(key, { answer, until: this.clock.now() + seconds * 1_000 });
  }
}
