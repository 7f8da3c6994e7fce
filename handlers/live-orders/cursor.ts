/**
 * Seconds that one broadcast may take. It puts an order into the log at its beginning, under the time that it has then, and ends with the last
 * client.
 */
export const BROADCAST_SECONDS = 30;

/**
 * How long before now the log is settled. Broadcasts run side by side, so an order can come into the log before one that is there already: by
 * what a broadcast takes, and by what the clocks of two functions differ.
 */
export const SETTLING_MILLISECONDS = 2 * BROADCAST_SECONDS * 1_000;

const CURSOR = /^(\d{15})(-[\w-]{1,100})?$/;

/**
 * A place in the log of orders. Cursors sort as texts, by time first.
 * @param milliseconds since 1970
 * @param tieBreaker what tells orders of one millisecond apart
 */
export const cursorAt = (milliseconds: number, tieBreaker = ""): string =>
  `${String(milliseconds).padStart(15, "0")}${tieBreaker && `-${tieBreaker}`}`;

/** Milliseconds since 1970 of a cursor; none for what is no cursor. */
export function timeOf(cursor: unknown): number | undefined {
  const [, milliseconds] = (typeof cursor === "string" && CURSOR.exec(cursor)) || [];
  return milliseconds === undefined ? undefined : Number(milliseconds);
}

/** The place before which nothing comes into the log any more: whoever was sent all that stands there has missed nothing. */
export const settledAt = (milliseconds: number): string => cursorAt(Math.max(0, milliseconds - SETTLING_MILLISECONDS));

/** The one of two cursors that stands before the other. */
export const earlierOf = (one: string, other: string): string => (one < other ? one : other);
