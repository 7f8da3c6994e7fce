import { periodStart, Quota } from "../../../local/api-gateway/quota";
import { ManualClock } from "../../support/rest-api";

const DAY = 86_400_000;
const iso = (time: number): string => new Date(time).toISOString();

describe("a period begins", () => {
  // 2026-08-09 was a Sunday.
  test.each([
    ["DAY", 0, "2026-08-09T00:00:00.000Z", "2026-08-09"],
    ["DAY", 0, "2026-08-09T23:59:59.999Z", "2026-08-09"],
    ["DAY", 0, "2026-08-10T00:00:00.000Z", "2026-08-10"],
    ["WEEK", 0, "2026-08-08T23:59:59.999Z", "2026-08-02"],
    ["WEEK", 0, "2026-08-09T00:00:00.000Z", "2026-08-09"],
    ["WEEK", 0, "2026-08-15T23:59:59.999Z", "2026-08-09"],
    ["WEEK", 1, "2026-08-09T23:59:59.999Z", "2026-08-03"],
    ["WEEK", 1, "2026-08-10T00:00:00.000Z", "2026-08-10"],
    ["WEEK", 6, "2026-08-14T23:59:59.999Z", "2026-08-08"],
    ["WEEK", 6, "2026-08-15T00:00:00.000Z", "2026-08-15"],
    ["MONTH", 0, "2026-07-31T23:59:59.999Z", "2026-07-01"],
    ["MONTH", 0, "2026-08-01T00:00:00.000Z", "2026-08-01"],
    ["MONTH", 9, "2026-08-09T23:59:59.999Z", "2026-07-10"],
    ["MONTH", 9, "2026-08-10T00:00:00.000Z", "2026-08-10"],
    ["MONTH", 27, "2026-01-27T12:00:00.000Z", "2025-12-28"],
    ["MONTH", 27, "2026-02-28T00:00:00.000Z", "2026-02-28"],
  ] as const)("%s + %i days: of %s on %s", (period, offset, now, start) => {
    expect(iso(periodStart(Date.parse(now), { period, offset }))).toBe(`${start}T00:00:00.000Z`);
  });
});

const taken = (quota: Quota, attempts: number): number =>
  Array.from({ length: attempts }, () => quota.allows()).filter(Boolean).length;

test("lets as many requests through as the limit says, and as many again in the next period", () => {
  const clock = new ManualClock();
  const quota = new Quota({ limit: 3, period: "DAY", offset: 0 }, clock);
  expect(taken(quota, 5)).toBe(3);
  const untilMidnight = DAY - (clock.now() % DAY);
  clock.advance(untilMidnight - 1);
  expect(quota.allows()).toBe(false);
  clock.advance(1);
  expect(taken(quota, 5)).toBe(3);
});

test("leaves out the periods that nobody asked in", () => {
  const clock = new ManualClock();
  const quota = new Quota({ limit: 2, period: "WEEK", offset: 0 }, clock);
  expect(taken(quota, 1)).toBe(1);
  clock.advance(30 * DAY);
  expect(taken(quota, 5)).toBe(2);
});
