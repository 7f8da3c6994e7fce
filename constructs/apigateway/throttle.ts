import { Token } from "cdktf";
import type { Construct } from "constructs";
import { PropError } from "../terraform/props";

/** Bound on requests; what is above it gets 429. */
export interface Throttle {
  /** Requests a second, in the long run; above 0. */
  readonly rateLimit: number;
  /** Requests at once; 1 or more. */
  readonly burstLimit: number;
}

/** The bound on requests where nothing else is said. */
export const DEFAULT_THROTTLE: Throttle = { rateLimit: 50, burstLimit: 100 };

/**
 * @param of what is bound, behind the prop's name: ` of GET /orders`
 * @throws PropError
 */
export function requireThrottle(construct: Construct, { rateLimit, burstLimit }: Throttle, of = ""): void {
  const rate = `throttle.rateLimit${of}`;
  // JSON has no such number, and would have null in its place.
  if (!Number.isFinite(rateLimit)) throw new PropError(construct, rate, "a finite number", rateLimit);
  if (!Token.isUnresolved(rateLimit) && rateLimit <= 0)
    throw new PropError(construct, rate, "above 0", rateLimit, "0 refuses every request");
  if (!Token.isUnresolved(burstLimit) && (!Number.isInteger(burstLimit) || burstLimit < 1)) {
    throw new PropError(
      construct,
      `throttle.burstLimit${of}`,
      "an integer of 1 or more",
      burstLimit,
      "0 refuses every request",
    );
  }
}
