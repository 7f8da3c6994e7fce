import type { Credentials } from "../local/aws";
import { sign } from "../local/iam/sigv4";
import { percentile } from "./soak-check";

/** An orders pipeline that runs here, of one make or another. */
export interface Pipeline {
  readonly name: string;
  /** What POST /orders is sent to. */
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Is given the id of each order that somebody was notified of. */
  onMail: (orderID: string) => void;
  stop(): Promise<void>;
}

/** What came of orders that were sent at a rate. */
export interface Offered {
  readonly sent: number;
  /** Those that were notified of before patience was over. */
  readonly mailed: number;
  /** Orders a second, from the first POST to the last mail. */
  readonly throughput: number;
  /** From the time that a POST was due to its mail, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const PATIENCE_MS = 20_000;
const TICK_MS = 5;

let orders = 0;

/** Sends an order. @throws Error where it is not accepted */
async function post({ name, url, region, credentials }: Pipeline, orderID: string): Promise<void> {
  const { host, pathname } = new URL(url);
  const body = JSON.stringify({ orderID, item: "tea", quantity: 2 });
  const given = { host, "content-type": "application/json" };
  const request = { method: "POST", path: pathname, headers: given, body: Buffer.from(body) };
  const signed = sign(request, credentials, { region, service: "execute-api", now: Date.now() });
  const response = await fetch(url, { method: "POST", body, headers: { ...given, ...signed } });
  const answer = await response.text();
  if (response.status !== 202)
    throw new Error(`${name}: POST /orders should give 202, got: ${response.status} ${answer}`);
}

/**
 * Sends orders at a rate, whether or not earlier ones are through, and waits until all are notified of.
 * @throws Error where one is not accepted
 */
export async function offer(pipeline: Pipeline, rate: number, seconds: number): Promise<Offered> {
  const due = new Map<string, number>();
  const took: number[] = [];
  const begin = performance.now();
  let last = begin;
  pipeline.onMail = (orderID) => {
    const at = due.get(orderID);
    // A second mail of the same order counts for nothing.
    if (at === undefined || !due.delete(orderID)) return;
    last = performance.now();
    took.push(last - at);
  };
  const count = Math.round(rate * seconds);
  const posts: Promise<void>[] = [];
  let failure: Error | undefined;
  while (posts.length < count && !failure) {
    const now = performance.now();
    for (let at = begin + (posts.length * 1_000) / rate; at <= now && posts.length < count; ) {
      orders += 1;
      const orderID = `bench-${orders}`;
      due.set(orderID, at);
      posts.push(
        post(pipeline, orderID).catch((error: Error) => {
          failure ??= error;
        }),
      );
      at = begin + (posts.length * 1_000) / rate;
    }
    await pause();
  }
  await Promise.all(posts);
  const end = performance.now() + PATIENCE_MS;
  while (!failure && due.size > 0 && performance.now() < end) await pause();
  if (failure) throw failure;
  const mailed = took.length;
  const throughput = mailed / ((last - begin) / 1_000);
  return { sent: count, mailed, throughput, p50: percentile(took, 50), p99: percentile(took, 99) };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK_MS));

/** The order that a mail is about, by its subject. */
export const orderIn = (subject: string): string => /bench-\d+/.exec(subject)?.[0] ?? "";
