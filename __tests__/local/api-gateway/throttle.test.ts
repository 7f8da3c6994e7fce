import { Throttle } from "../../../local/api-gateway/throttle";
import { ManualClock } from "../../support/rest-api";

const taken = (throttle: Throttle, attempts: number): number =>
  Array.from({ length: attempts }, () => throttle.allows()).filter(Boolean).length;

test("lets the burst through at once, and nothing above it", () => {
  const throttle = new Throttle({ limits: { rateLimit: 2, burstLimit: 5 }, clock: new ManualClock() });
  expect(taken(throttle, 10)).toBe(5);
});

test("lets as many more through as the rate gives back", () => {
  const clock = new ManualClock();
  const throttle = new Throttle({ limits: { rateLimit: 2, burstLimit: 5 }, clock });
  taken(throttle, 5);
  clock.advance(499);
  expect(throttle.allows()).toBe(false);
  clock.advance(1);
  expect(taken(throttle, 2)).toBe(1);
  clock.advance(60_000);
  expect(taken(throttle, 10)).toBe(5);
});

test.each([
  { rateLimit: 0, burstLimit: 0 },
  { rateLimit: 50, burstLimit: 0 },
])("lets nothing through at %j", (limits) => {
  const clock = new ManualClock();
  const throttle = new Throttle({ limits, clock });
  clock.advance(60_000);
  expect(throttle.allows()).toBe(false);
});
