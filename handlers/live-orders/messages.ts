/**
 * Bytes of one message to a client: API Gateway's 128 KB, however those are counted.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
const MAX_MESSAGE_BYTES = 128_000;

/** Room for what stands around the orders of a message. */
const ENVELOPE_BYTES = 500;

/** Most bytes of JSON that the orders of one message have. */
const MAX_ORDERS_BYTES = MAX_MESSAGE_BYTES - ENVELOPE_BYTES;

/** An order as clients get it, in JSON: itself, or only its ID where it is too large for a message. */
export function entryOf(orderID: string, order?: unknown): string {
  const whole = order === undefined ? undefined : JSON.stringify({ orderID, order });
  if (whole !== undefined && Buffer.byteLength(whole) <= MAX_ORDERS_BYTES) return whole;
  return JSON.stringify({ orderID, isTooLarge: true });
}

/** A message with an order as it comes. */
export const newOrder = (entry: string): string => `{"type":"new","orders":[${entry}]}`;

/**
 * A message with orders in the log's order, without a gap since the cursor that the client gave.
 * @param cursor what the client may give the next time
 */
export const missedOrders = (cursor: string, entries: readonly string[]): string =>
  `{"type":"missed","cursor":${JSON.stringify(cursor)},"orders":[${entries.join(",")}]}`;

/** What a batch has gathered. */
export interface Gathered {
  readonly entries: readonly string[];
  /** Where the last of them stands in the log. */
  readonly cursor: string;
}

/** Gathers entries of the log until a message is full. */
export class Batch {
  private entries: string[] = [];
  private bytes = 0;
  private cursor = "";

  /** What is gathered so far, which the batch then no longer has. */
  take(): Gathered {
    const { cursor, entries } = this;
    this.entries = [];
    this.bytes = 0;
    return { cursor, entries };
  }

  /** Whether an entry still fits. */
  hasRoomFor(entry: string): boolean {
    return this.entries.length === 0 || this.bytes + 1 + Buffer.byteLength(entry) <= MAX_ORDERS_BYTES;
  }

  add(cursor: string, entry: string): void {
    this.entries.push(entry);
    this.bytes += 1 + Buffer.byteLength(entry);
    this.cursor = cursor;
  }
}
