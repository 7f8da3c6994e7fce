/** How `notify-order` ends a notification that it had to cut. No order can: in JSON its line breaks are escaped. */
const CUT = /\n\n\(cut here: the whole order is in the table, under its orderID, ("[^\n]*")\)\n$/;

/** An order out of its notification; without itself where the notification is cut. */
export interface NotifiedOrder {
  readonly orderID: string;
  readonly order?: unknown;
}

/**
 * Reads what `notify-order` writes: a line for people, an empty line, and the order as JSON.
 * @throws Error where a notification is of another kind
 */
export function notifiedOrder(text: string): NotifiedOrder {
  const [, cut] = CUT.exec(text) ?? [];
  const [, whole = ""] = /^[^\n]*\n\n([\s\S]*)$/.exec(text) ?? [];
  const order: unknown = cut === undefined ? jsonOf(whole) : { orderID: jsonOf(cut) };
  const { orderID } = (order ?? {}) as { orderID?: unknown };
  if (typeof orderID !== "string") throw new Error("the notification must be of an order with an orderID");
  return cut === undefined ? { orderID, order } : { orderID };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the notification must have the order as JSON behind an empty line");
  }
}
