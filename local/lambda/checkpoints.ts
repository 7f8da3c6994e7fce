import { forgetting, type Journal, type Journals } from "../journal";

/** How far a function has come in a stream. */
interface Checkpoint {
  /** Sequence number of the last record that is done with; none where the oldest is still to come. */
  readonly after?: string;
}

interface Entry extends Checkpoint {
  readonly functionArn: string;
  readonly streamArn: string;
}

/**
 * How far each function has come in each stream: what a mapping that is changed, or made again, or made in a later run goes on from. A record is
 * done with when its batch is, so that a batch under way at the end comes again.
 */
export class Checkpoints {
  private readonly byPair = new Map<string, Entry>();
  private readonly journal: Journal<Entry>;

  constructor(journals: Journals = forgetting) {
    this.journal = journals.open<Entry>("lambda-checkpoints", {
      replay: (entry) => this.apply(entry),
      snapshot: () => this.byPair.values(),
    });
  }

  /** Nothing for a function that never read the stream. */
  get(functionArn: string, streamArn: string): Checkpoint | undefined {
    return this.byPair.get(keyOf(functionArn, streamArn));
  }

  set(functionArn: string, streamArn: string, { after }: Checkpoint): void {
    const entry = { functionArn, streamArn, ...(after !== undefined && { after }) };
    this.journal.append(entry);
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    this.byPair.set(keyOf(entry.functionArn, entry.streamArn), entry);
  }
}

const keyOf = (functionArn: string, streamArn: string): string => `${functionArn} ${streamArn}`;
