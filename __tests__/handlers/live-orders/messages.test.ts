import * as fc from "fast-check";
import { Batch, entryOf, type Gathered, missedOrders, newOrder } from "../../../handlers/live-orders/messages";

const MAX_MESSAGE_BYTES = 128_000;

/** An order whose entry has that many bytes. */
const orderOf = (bytes: number) => {
  const around = Buffer.byteLength(JSON.stringify({ orderID: "1", order: { orderID: "1", text: "" } }));
  return { orderID: "1", text: "x".repeat(bytes - around) };
};

test.each([
  [127_500, false],
  [127_501, true],
])("an entry of %i bytes is too large: %s", (bytes, isTooLarge) => {
  const entry = entryOf("1", orderOf(bytes));
  expect("isTooLarge" in JSON.parse(entry)).toBe(isTooLarge);
  for (const message of [newOrder(entry), missedOrders("0".repeat(116), [entry])]) {
    expect(JSON.parse(message)).toMatchObject({ orders: [JSON.parse(entry)] });
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  }
});

test("an order that is not known is told of by its ID", () => {
  expect(JSON.parse(entryOf("1"))).toEqual({ orderID: "1", isTooLarge: true });
});

test("batches hold every entry once, in order, each batch as large as a message may be, with the cursor of its last", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 40_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, (given) => {
      const batch = new Batch();
      const taken: Gathered[] = [];
      for (const [at, text] of given.entries()) {
        const entry = entryOf(String(at), { text });
        if (!batch.hasRoomFor(entry)) taken.push(batch.take());
        batch.add(String(at), entry);
      }
      taken.push(batch.take());
      const idsOf = ({ entries }: Gathered): string[] => entries.map((entry) => JSON.parse(entry).orderID);
      expect(taken.flatMap(idsOf)).toEqual(given.map((_, at) => String(at)));
      for (const gathered of taken) {
        const { cursor, entries } = gathered;
        expect(Buffer.byteLength(missedOrders("0".repeat(116), entries))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        if (entries.length > 0) expect(idsOf(gathered).at(-1)).toBe(cursor);
      }
      expect(batch.take().entries).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
