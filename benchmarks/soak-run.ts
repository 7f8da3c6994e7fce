import type { Cloud } from "../local/cloud";
import { callerFor } from "../local/walks/caller";
import { type Memory, memoryNow } from "./memory";
import { percentile, violationsOf } from "./soak-check";
import type { SkippingClock } from "./soak-clock";
import type { Faults } from "./soak-faults";
import { bodyOf, SentOrders } from "./soak-orders";

export interface SoakReport {
  readonly accepted: number;
  /** Answers that were no 202, by their status. */
  readonly refused: Readonly<Record<number, number>>;
  readonly stored: number;
  /** Orders in the dead-letter queue. */
  readonly deadLetters: number;
  /** Of those, the ones that the table has, too: stored, and every answer that said so was lost. */
  readonly storedDeadLetters: number;
  readonly notified: number;
  readonly mails: number;
  /** Positions of the stream whose notification was given up. */
  readonly undelivered: number;
  /** Receives of messages that had been received before. */
  readonly receivedAgain: number;
  /** From POST to the first mail, of orders that came through at their first receive; milliseconds. */
  readonly untroubled: { readonly count: number; readonly p50: number; readonly p99: number };
  /** From POST to the first mail, of all; milliseconds of the run's clock, which has the waits that were skipped. */
  readonly all: { readonly p50: number; readonly p99: number };
  /** Seconds from the first POST until all was done. */
  readonly seconds: number;
  /** Seconds that the clock was put forward. */
  readonly skippedSeconds: number;
  /** At the start, after each quarter of the orders, when all was done, and after orders that were sent once more. */
  readonly memory: readonly { readonly when: string; readonly memory: Memory }[];
  /** Orders that were sent once more. */
  readonly repeats: number;
  readonly isInTime: boolean;
  readonly violations: readonly string[];
}

export interface SoakOptions {
  readonly orders: number;
  /** After so long it ends, whatever is missing. */
  readonly deadlineMs: number;
  readonly progress?: (line: string) => void;
}

/** POSTs under way at once. */
const AT_ONCE = 16;
/** Orders that may be on their way, but for those that wait for a retry: more would only wait in the queue and in the stream. */
const MOST_UNDER_WAY = 300;
const REST_MS = 20;
/** Where nothing was at work for so long, nothing will be: a stream is read again within a second. */
const QUIET_MS = 3_000;
/** What memory may grow by while orders come again that are stored already: buffers, and lines of logs that have not reached their limit. */
const growthAllowed = (repeats: number): number => 8 * 2 ** 20 + 1_024 * repeats;

/** Sends orders through the pipeline of a running orders stack while things go wrong, and says what became of each. */
export class Soak {
  private readonly stack: Cloud["stacks"][number];
  private readonly sent: SentOrders;
  private readonly refused: Record<number, number> = {};
  private readonly memory: { when: string; memory: Memory }[] = [];

  constructor(
    private readonly cloud: Cloud,
    private readonly clock: SkippingClock,
    private readonly faults: Faults,
    private readonly options: SoakOptions,
  ) {
    const stack = cloud.stacks.find(({ outputs }) => outputs.orders_url);
    if (!stack) throw new Error("there is no orders stack");
    this.stack = stack;
    this.sent = new SentOrders(cloud, stack, clock, options.orders);
  }

  async run(): Promise<SoakReport> {
    const { orders, deadlineMs, progress = () => undefined } = this.options;
    const begin = performance.now();
    const end = begin + deadlineMs;
    const repeats = Math.floor(orders / 4);
    try {
      await this.send(0, Math.min(AT_ONCE, orders), end);
      this.remember("start");
      for (const quarter of [1, 2, 3, 4]) {
        await this.send(Math.max(AT_ONCE, ((quarter - 1) * orders) / 4), (quarter * orders) / 4, end);
        if (performance.now() >= end) break;
        this.remember(`${quarter * 25} % sent`);
        progress(`${quarter * 25} % sent after ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
      }
      const isDone = await this.settle(end);
      const seconds = (performance.now() - begin) / 1_000;
      this.remember(isDone ? "all done" : "time up");
      progress(`${isDone ? "all done" : "time up"} after ${seconds.toFixed(0)} s`);
      // What comes again would heal what was lost.
      const report = await this.report(seconds);
      if (!isDone) return this.stopped(report);
      await this.send(0, repeats, end);
      const isInTime = await this.settle(end);
      if (!isInTime) return this.stopped(report);
      this.remember(`${repeats} sent again`);
      const violations = [
        ...report.violations,
        ...(await this.sent.fates()).flatMap(violationsOf),
        ...this.growth(repeats),
      ];
      const skippedSeconds = this.clock.skipped / 1_000;
      return { ...report, repeats, isInTime, skippedSeconds, violations: [...new Set(violations)] };
    } finally {
      this.sent.stop();
    }
  }

  private async send(from: number, to: number, end: number): Promise<void> {
    const call = await callerFor(this.cloud, this.stack);
    if (typeof call === "string") throw new Error(`orders cannot be sent: ${call}`);
    const url = String(this.stack.outputs.orders_url?.value);
    let next = Math.floor(from);
    const sender = async (): Promise<void> => {
      while (next < Math.floor(to) && performance.now() < end) {
        if (this.sent.underWay > MOST_UNDER_WAY) {
          await rest();
          continue;
        }
        const index = next;
        next += 1;
        this.sent.sentAt[index] = this.clock.now();
        const { status } = await call({ method: "POST", url, body: bodyOf(index) });
        if (status === 202) this.sent.isAccepted[index] = 1;
        else this.refused[status] = (this.refused[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  }

  /**
   * Waits until the queue is empty and every stored order is notified of, or nothing happens any more. Where all that is left is to wait for a visibility timeout, the clock
   * is put forward to its end: no function is at work then, whose time would be up.
   * @returns whether that came in time
   */
  private async settle(end: number): Promise<boolean> {
    let quietSince = performance.now();
    while (performance.now() < end) {
      await rest();
      const [queue] = this.sent.queues();
      if (this.faults.underWay > 0 || !queue || queue.visible > 0) {
        quietSince = performance.now();
      } else if (queue.messages.length > 0) {
        const last = queue.messages.reduce((latest, { visibleAt }) => Math.max(latest, visibleAt), 0);
        this.clock.skip(Math.max(0, last - this.clock.now()) + 1);
      } else if (performance.now() - quietSince > QUIET_MS || !this.sent.isAnyoneMissing()) {
        return true;
      }
    }
    return false;
  }

  private get undelivered(): number {
    return this.sent.queues()[2]?.messages.length ?? 0;
  }

  private remember(when: string): void {
    this.memory.push({ when, memory: memoryNow() });
  }

  private async report(seconds: number): Promise<Omit<SoakReport, "repeats" | "isInTime" | "skippedSeconds">> {
    const fates = await this.sent.fates();
    const stored = fates.filter((fate) => fate.stored !== "not");
    const indexes = fates.flatMap(({ mails }, index) => (mails > 0 ? [index] : []));
    const tookMs = (index: number): number => (this.sent.mailedAt[index] ?? 0) - (this.sent.sentAt[index] ?? 0);
    const untroubled = indexes.filter((index) => this.sent.receives[index] === 1).map(tookMs);
    const all = indexes.map(tookMs);
    return {
      accepted: fates.filter((fate) => fate.isAccepted).length,
      refused: this.refused,
      stored: stored.length,
      deadLetters: fates.filter(({ deadLetters }) => deadLetters > 0).length,
      storedDeadLetters: stored.filter(({ deadLetters }) => deadLetters > 0).length,
      notified: indexes.length,
      mails: this.sent.mailCount,
      undelivered: this.undelivered,
      receivedAgain: this.sent.receivedAgain,
      untroubled: { count: untroubled.length, p50: percentile(untroubled, 50), p99: percentile(untroubled, 99) },
      all: { p50: percentile(all, 50), p99: percentile(all, 99) },
      seconds,
      memory: this.memory,
      violations: fates.flatMap(violationsOf),
    };
  }

  /** Orders that come again are stored already: no item, no record and no mail is new, so memory must stay. */
  private growth(repeats: number): readonly string[] {
    const [before, after] = this.memory.slice(-2).map(({ memory }) => memory.heapBytes);
    const grown = (after ?? 0) - (before ?? 0);
    if (grown <= growthAllowed(repeats)) return [];
    return [
      `memory grew by ${(grown / 2 ** 20).toFixed(1)} MB over ${repeats} orders that were stored already, where ${(growthAllowed(repeats) / 2 ** 20).toFixed(1)} MB is allowed`,
    ];
  }

  /** The report of a soak whose time was up. */
  private stopped(report: Omit<SoakReport, "repeats" | "isInTime" | "skippedSeconds">): SoakReport {
    const [queue] = this.sent.queues();
    const sent = this.sent.sentAt.reduce((count, at) => count + (at > 0 ? 1 : 0), 0);
    const missing = `the time was up: ${this.options.orders - sent} orders were not sent, ${queue?.messages.length ?? 0} messages are still in the queue`;
    const violations = [missing, ...report.violations];
    return { ...report, repeats: 0, isInTime: false, skippedSeconds: this.clock.skipped / 1_000, violations };
  }
}

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, REST_MS));
