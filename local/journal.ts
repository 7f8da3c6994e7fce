/** What one service writes down of what has happened, so that a later run can go on from there. */
export interface Journal<Entry> {
  /** Writes an entry, and returns once a kill of this process cannot take it back: call it before whoever asked is told that it is done. */
  append(entry: Entry): void;
}

/** How a service goes on from what was written, and writes it shorter. Entries are JSON. */
export interface Remembering<Entry> {
  /** Is given each entry of earlier runs, oldest first, before `open` returns. */
  replay(entry: Entry): void;
  /** Entries that, replayed into a new service, make it what this one is now. */
  snapshot(): Iterable<Entry>;
}

/** The journals of a run, one for each service. */
export interface Journals {
  /** @param name of the service, such as `sqs`; each is opened once */
  open<Entry>(name: string, remembering: Remembering<Entry>): Journal<Entry>;
}

/** Of a run that remembers nothing: everything is gone at its end. */
export const forgetting: Journals = { open: () => ({ append: () => undefined }) };
