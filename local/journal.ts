/** What one service writes down of what happens in it, so that a later run can go on from there. */
export interface Journal<Entry> {
  /**
   * Writes an entry, and returns once a kill of this process cannot take it back. Whoever asked is told after that, and the change itself is
   * made with it, in one go: nothing is awaited between them. What a kill must not split is one entry.
   *
   * @throws Error that says what to do, where it cannot be written. None of it is written then, and the change must not be made
   */
  append(entry: Entry): void;
}

/** How a service goes on from what was written, and writes it shorter. Entries are JSON. */
export interface Remembering<Entry> {
  /** Is given each entry of earlier runs, oldest first, before `open` returns. */
  replay(entry: Entry): void;
  /**
   * Entries that, replayed into a new service, make it what this one is now: those of what nobody has asked for in this run, too. It is asked
   * for before `open` returns, and later between one thing that the process does and the next: never within `append`.
   */
  snapshot(): Iterable<Entry>;
}

/** The journals of a run, one for each service. */
export interface Journals {
  /**
   * @param name of the service, in small letters, such as `sqs`; each is opened once
   * @throws Error that says what to do, for what cannot be read
   */
  open<Entry>(name: string, remembering: Remembering<Entry>): Journal<Entry>;
}

/** Of a run that remembers nothing: everything is gone at its end. */
export const forgetting: Journals = { open: () => ({ append: () => undefined }) };
