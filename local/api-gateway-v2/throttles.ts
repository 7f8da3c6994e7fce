import { GatewayError } from "../api-gateway/gateway-response";
import { Throttle } from "../api-gateway/throttle";
import type { Clock } from "../aws";
import type { Stage } from "./stage";

/** How much comes to each route of each stage. */
export class Throttles {
  private readonly byRoute = new Map<string, Throttle>();

  constructor(private readonly clock: Clock) {}

  /** @throws GatewayError where too much comes to a route at once */
  requireTurn({ stageName, throttleOf }: Stage, routeKey: string): void {
    const key = JSON.stringify([stageName, routeKey]);
    const throttle = this.byRoute.get(key) ?? new Throttle({ limits: throttleOf(routeKey), clock: this.clock });
    this.byRoute.set(key, throttle);
    if (!throttle.allows()) throw new GatewayError("THROTTLED", "Too Many Requests");
  }
}
