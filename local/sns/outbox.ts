import type { Journal, Journals } from "../journal";

/** A mail that AWS would have sent. */
export interface Mail {
  readonly to: string;
  /** AWS's own subject where the message has none. */
  readonly subject: string;
  readonly text: string;
  readonly topicArn: string;
  readonly messageId: string;
  /** When it was published, in milliseconds since 1970. */
  readonly at: number;
  /** Values of the message attributes, by name; binary ones in base64. */
  readonly attributes: Readonly<Record<string, string>>;
}

type Change =
  /** A topic took so many messages, which became these mails. */
  | { readonly topicArn: string; readonly messages: number; readonly mails: readonly Mail[] }
  | { readonly deletedTopicArn: string }
  | { readonly dropped: number };

const MAX_MAILS = 10_000;

/** What came of the messages that topics took: the last 10,000 mails, and how many messages each topic had. */
export class Outbox {
  private readonly kept: Mail[] = [];
  private readonly messages = new Map<string, number>();
  private older = 0;
  private readonly journal: Journal<Change>;

  /** @throws Error for a journal that cannot be read */
  constructor(journals: Journals) {
    this.journal = journals.open<Change>("sns", {
      replay: (change) => this.apply(change),
      snapshot: () => this.snapshot(),
    });
  }

  /** Oldest first. */
  get mails(): readonly Mail[] {
    return this.kept;
  }

  /** How many mails came before those that are kept. */
  get dropped(): number {
    return this.older;
  }

  /** How many messages each topic took, by its ARN. */
  get published(): ReadonlyMap<string, number> {
    return this.messages;
  }

  /** @throws Error where it cannot be written down: nothing has happened then */
  publish(topicArn: string, mails: readonly Mail[]): void {
    this.commit({ topicArn, messages: 1, mails });
  }

  /** Forgets how many messages a topic took. What it sent stays sent. */
  deleteTopic(topicArn: string): void {
    if (this.messages.has(topicArn)) this.commit({ deletedTopicArn: topicArn });
  }

  private commit(change: Change): void {
    this.journal.append(change);
    this.apply(change);
  }

  private apply(change: Change): void {
    if ("deletedTopicArn" in change) {
      this.messages.delete(change.deletedTopicArn);
    } else if ("dropped" in change) {
      this.older += change.dropped;
    } else {
      const { topicArn, messages, mails } = change;
      if (messages > 0) this.messages.set(topicArn, (this.messages.get(topicArn) ?? 0) + messages);
      this.kept.push(...mails);
      this.older += this.kept.splice(0, Math.max(0, this.kept.length - MAX_MAILS)).length;
    }
  }

  private *snapshot(): Iterable<Change> {
    if (this.older > 0) yield { dropped: this.older };
    for (const [topicArn, messages] of this.messages) yield { topicArn, messages, mails: [] };
    for (const mail of this.kept) yield { topicArn: mail.topicArn, messages: 0, mails: [mail] };
  }
}
