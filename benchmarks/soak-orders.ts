import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { Clock } from "../local/aws";
import type { Cloud } from "../local/cloud";
import type { Fate } from "./soak-check";

const idOf = (index: number): string => `soak-${String(index).padStart(6, "0")}`;
const indexIn = (text: string): number => Number(/soak-(\d{6})/.exec(text)?.[1] ?? Number.NaN);
/** The order of an index. */
export const bodyOf = (index: number): string => JSON.stringify({ orderID: idOf(index), item: "tea", quantity: index });

/** What is known of the orders that were sent, by their index; all the room that it takes is taken at the start. */
export class SentOrders {
  /** When each was sent last and mailed of first, in milliseconds of the run's clock. */
  readonly sentAt: Float64Array;
  readonly mailedAt: Float64Array;
  readonly isAccepted: Uint8Array;
  /** How often the queue gave each to the writer. */
  readonly receives: Uint16Array;
  /** Orders between queue and mail, but for those that wait for a retry. */
  underWay = 0;
  /** Receives of messages that had been received before. */
  receivedAgain = 0;
  mailCount = 0;
  private readonly inserts: Uint8Array;
  private readonly mails: Uint16Array;
  private readonly endings: readonly (() => void)[];

  constructor(
    private readonly cloud: Cloud,
    private readonly stack: Cloud["stacks"][number],
    private readonly clock: Clock,
    count: number,
  ) {
    this.sentAt = new Float64Array(count);
    this.mailedAt = new Float64Array(count);
    this.isAccepted = new Uint8Array(count);
    this.receives = new Uint16Array(count);
    this.inserts = new Uint8Array(count);
    this.mails = new Uint16Array(count);
    this.endings = [this.watchTraffic(), this.watchMails()];
  }

  stop(): void {
    for (const end of this.endings) end();
  }

  /** Whether a stored order is not notified of. */
  isAnyoneMissing(): boolean {
    return this.inserts.some((inserts, index) => inserts > 0 && this.mails[index] === 0);
  }

  /** The queue, its dead-letter queue and that of undelivered notifications. */
  queues() {
    const { queue_url, dead_letter_queue_url, undelivered_queue_url } = this.stack.outputs;
    const queues = this.cloud.sqs.queues();
    return [queue_url, dead_letter_queue_url, undelivered_queue_url].map((url) =>
      queues.find(({ queueName }) => String(url?.value).endsWith(`/${queueName}`)),
    );
  }

  /** What became of each so far. */
  async fates(): Promise<readonly Fate[]> {
    const items = await this.cloud.dynamodb.items(String(this.stack.outputs.table_name?.value));
    const stored = new Map<number, string>();
    for (const item of items) {
      const order = unmarshall(item as Parameters<typeof unmarshall>[0]);
      stored.set(indexIn(String(order.orderID)), JSON.stringify([order.orderID, order.item, order.quantity]));
    }
    const [waiting, deadLetters] = this.queues().map((queue) => {
      const counts = new Map<number, number>();
      for (const { body } of queue?.messages ?? []) counts.set(indexIn(body), (counts.get(indexIn(body)) ?? 0) + 1);
      return counts;
    });
    return Array.from({ length: this.isAccepted.length }, (_, index) => {
      const found = stored.get(index);
      const sent = JSON.stringify([idOf(index), "tea", index]);
      return {
        orderID: idOf(index),
        isAccepted: this.isAccepted[index] === 1,
        stored: found === undefined ? "not" : found === sent ? "as sent" : "otherwise",
        inserts: this.inserts[index] ?? 0,
        isWaiting: waiting?.has(index) ?? false,
        deadLetters: deadLetters?.get(index) ?? 0,
        mails: this.mails[index] ?? 0,
      };
    });
  }

  private watchTraffic(): () => void {
    const queueArn = String(this.stack.outputs.queue_arn?.value);
    const tableName = String(this.stack.outputs.table_name?.value);
    return this.cloud.traffic.listen((happening) => {
      if (happening.kind === "message sent" && happening.queueArn === queueArn) this.underWay += 1;
      if (happening.kind === "message received" && happening.queueArn === queueArn) {
        const index = indexIn(happening.body);
        if (happening.receiveCount === 1) this.underWay -= 1;
        else this.receivedAgain += 1;
        this.receives[index] = (this.receives[index] ?? 0) + 1;
      }
      if (happening.kind === "item changed" && happening.tableName === tableName && happening.eventName === "INSERT") {
        const index = indexIn(JSON.stringify(happening.keys));
        this.underWay += 1;
        this.inserts[index] = (this.inserts[index] ?? 0) + 1;
      }
    });
  }

  private watchMails(): () => void {
    return this.cloud.sns.onMail(({ subject }) => {
      const index = indexIn(subject);
      this.mailCount += 1;
      this.mails[index] = (this.mails[index] ?? 0) + 1;
      if (this.mails[index] !== 1) return;
      this.underWay -= 1;
      this.mailedAt[index] = this.clock.now();
    });
  }
}
