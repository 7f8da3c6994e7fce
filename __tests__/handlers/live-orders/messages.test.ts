import * as fc from "fast-check";
import { Batch, entryOf, ordersMessage } from "../../../handlers/live-orders/messages";

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
  expect(Buffer.byteLength(ordersMessage("new", "0".repeat(116), [entry]))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
});

test("an order that is not known is told of by its ID", () => {
  expect(JSON.parse(entryOf("1"))).toEqual({ orderID: "1", isTooLarge: true });
});

test("batches hold every entry once, in order, each batch as large as a message may be, with the cursor of its last", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 40_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, (given) => {
      const batch = new Batch();
      const taken: { cursor: string; message: string }[] = [];
      const take = () => taken.push(...[batch.take()].filter((one) => one !== undefined));
      for (const [at, text] of given.entries()) {
        const entry = entryOf(String(at), { text });
        if (!batch.hasRoomFor(entry)) take();
        batch.add(String(at), entry);
      }
      take();
      const messages = taken.map(({ message }) => JSON.parse(message));
      const ids = messages.flatMap(({ orders }) => orders.map(({ orderID }: { orderID: string }) => orderID));
      expect(ids).toEqual(given.map((_, at) => String(at)));
      for (const [at, { cursor, message }] of taken.entries()) {
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        expect(messages[at].orders.at(-1).orderID).toBe(cursor);
        expect(messages[at]).toMatchObject({ type: "missed", cursor });
      }
    }),
    { numRuns: 25 },
  );
});
