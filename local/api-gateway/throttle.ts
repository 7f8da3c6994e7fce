import type { Clock } from "../aws";

export interface ThrottleLimits {
  /** Requests a second, in the long run. */
  readonly rateLimit: number;
  /** Requests at once. */
  readonly burstLimit: number;
}

/**
 * A token bucket: it holds `burstLimit` tokens, full at first, and `rateLimit` tokens a second come back.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export class Throttle {
  private readonly limits: ThrottleLimits;
  private readonly clock: Clock;
  private tokens: number;
  private filledAt: number;

  constructor({ limits, clock }: { readonly limits: ThrottleLimits; readonly clock: Clock }) {
    this.limits = limits;
    this.clock = clock;
    this.tokens = limits.burstLimit;
    this.filledAt = clock.now();
  }

  /** Takes a token, if there is one. */
  allows(): boolean {
    const now = this.clock.now();
    const { rateLimit, burstLimit } = this.limits;
    this.tokens = Math.min(burstLimit, this.tokens + ((now - this.filledAt) / 1_000) * rateLimit);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
