import * as fc from "fast-check";
import { notifiedOrder } from "../../../handlers/live-orders/notified-order";
import { notificationOf } from "../../support/live-orders";

const text = fc.string({ unit: "binary", maxLength: 60 });
const order = fc.record({
  orderID: fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
  note: text,
  list: fc.array(text),
});

test("reads back whatever notify-order writes", () => {
  fc.assert(
    fc.property(order, (given) => {
      expect(notifiedOrder(notificationOf(given))).toEqual({ orderID: given.orderID, order: given });
    }),
  );
});

test.each([["plain"], ["\n\n{"], ['"quoted"\\'], ["数\u0000"]])(
  "finds the ID of an order that was cut: %j",
  (orderID) => {
    const note = '\n\n(cut here: the whole order is in the table, under its orderID, "another")\n';
    expect(notifiedOrder(notificationOf({ orderID, note, text: "é".repeat(130_000) }))).toEqual({ orderID });
  },
);

test.each([
  ["nothing", ""],
  ["a line", "New order 1"],
  ["no JSON", "New order 1\n\nhello"],
])("refuses %s", (_, message) => {
  expect(() => notifiedOrder(message)).toThrow("the notification must have the order as JSON behind an empty line");
});

test.each([["null"], ["{}"], ['{"orderID":1}']])("refuses what is no order: %s", (json) => {
  expect(() => notifiedOrder(`New order\n\n${json}\n`)).toThrow("the notification must be of an order with an orderID");
});
