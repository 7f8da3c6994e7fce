import type { Clock } from "../aws";

/** How many requests a key may make in each period. */
export interface QuotaSettings {
  readonly limit: number;
  readonly period: "DAY" | "WEEK" | "MONTH";
  /** Days from the beginning of a week or month to the beginning of its period. */
  readonly offset: number;
}

const DAY = 86_400_000;

/** The first of January 1970 was a Thursday. */
const weekdayOf = (day: number): number => (day + 4) % 7;

/**
 * When the period began that a time is in, in milliseconds since 1970. Periods are those of the calendar in UTC; weeks begin on Sunday.
 *
 * API Gateway's reference calls the offset a number of requests. The provider, which allows 0 for a day, 0–6 for a week and 0–27 for a month,
 * takes it for days, as is done here. That weeks begin on Sunday, and that days are those of UTC, is our reading: AWS does not say.
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html
 */
export function periodStart(now: number, { period, offset }: Pick<QuotaSettings, "period" | "offset">): number {
  const today = Math.floor(now / DAY);
  switch (period) {
    case "DAY":
      return today * DAY;
    case "WEEK":
      return (today - ((weekdayOf(today) - offset + 7) % 7)) * DAY;
    case "MONTH": {
      const date = new Date(now);
      const month = date.getUTCDate() > offset ? date.getUTCMonth() : date.getUTCMonth() - 1;
      return Date.UTC(date.getUTCFullYear(), month, offset + 1);
    }
  }
}

/** Counts the requests of one key under one plan. */
export class Quota {
  private start = Number.NEGATIVE_INFINITY;
  private used = 0;

  constructor(
    private readonly settings: QuotaSettings,
    private readonly clock: Clock,
  ) {}

  /** Takes one request of the period, if there is one left. */
  allows(): boolean {
    const start = periodStart(this.clock.now(), this.settings);
    if (start > this.start) {
      this.start = start;
      this.used = 0;
    }
    if (this.used >= this.settings.limit) return false;
    this.used += 1;
    return true;
  }
}
