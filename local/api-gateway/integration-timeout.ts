import type { Clock } from "../aws";
import { GatewayError } from "./gateway-response";

/** Waits for an integration as long as it may take. @throws GatewayError where it takes longer */
export function within<Result>(milliseconds: number, call: Promise<Result>, clock: Clock): Promise<Result> {
  return new Promise((resolve, reject) => {
    const reason = `no answer of the integration in ${milliseconds} ms`;
    const cancel = clock.after(milliseconds, () =>
      reject(new GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out", { reason })),
    );
    call.then(resolve, reject).finally(cancel);
  });
}
