/** Does one thing after the other. */
export class Turns {
  /** The end of all that was asked for so far. */
  private last: Promise<unknown> = Promise.resolve();

  /** Does this when all that was asked for before is done. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that was asked for so far is done. */
  async end(): Promise<void> {
    await this.last;
  }
}
