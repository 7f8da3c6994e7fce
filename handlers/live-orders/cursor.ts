/**
 * Seconds that one broadcast may take. It puts an order into the log at its beginning, under the time that it has then, and ends with the last
 * client.
 */
export const BROADCAST_SECONDS = 30;

/**
 * How far before its cursor a client that comes back is given orders again. Broadcasts run side by side, so an order with an earlier cursor can
 * be sent after one with a later: later by what a broadcast takes, and by what the clocks of two functions differ.
 */
const OVERLAP_MILLISECONDS = 2 * BROADCAST_SECONDS * 1_000;

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

/** Where a client reads on from that has seen everything up to a time: some of what it has seen is in it, and nothing that it missed is not. */
export const overlapping = (milliseconds: number): string => cursorAt(Math.max(0, milliseconds - OVERLAP_MILLISECONDS));
