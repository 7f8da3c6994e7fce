import { Cloud } from "../../../local/cloud";
import { walkLiveOrders } from "../../../local/walks/live-orders";
import { environmentOf, systemFolder } from "../../support/synth";

const { liveOrders } = environmentOf("dev").settings;

async function walked(chosen: Partial<typeof liveOrders> = {}): Promise<readonly string[] | string> {
  const changes = { liveOrders: { ...liveOrders, ...chosen } };
  const cloud = await Cloud.start([systemFolder("orders", "dev"), systemFolder("live-orders", "dev", changes)]);
  try {
    const stack = cloud.stacks.find(({ outputs }) => outputs.live_orders_url);
    if (!stack) throw new Error("there must be a stack of live orders");
    return await walkLiveOrders(cloud, stack);
  } finally {
    await cloud.stop();
  }
}

test("tells when a client saw an order, and that it got one that was posted while it was away", async () => {
  const [seen, missed, ...more] = await walked();
  expect(seen).toMatch(/^ {2}a client that follows all orders saw walk-live \d+ ms after it was posted$/);
  expect(missed).toBe("  it went away, and when it came back got walk-away, which it had missed");
  expect(more).toEqual([]);
});

test("says why it does not go through orders whose clients sign", async () => {
  expect(await walked({ authorization: { type: "AWS_IAM" } })).toBe(
    "its callers sign, or have tokens of an issuer that is not here",
  );
});
