import type { Happening } from "../traffic";
import { isPolling, nodeIdOf } from "./picture-of-grants";

/** How often something went through, and how often it was refused or failed. */
export interface Count {
  passed: number;
  refused: number;
}

/** What one happening adds to a meter. */
interface Addition {
  readonly meter: string;
  readonly passed: number;
  readonly refused: number;
}

const passed = (meter: string, count = 1): Addition => ({ meter, passed: count, refused: 0 });
const refused = (meter: string): Addition => ({ meter, passed: 0, refused: 1 });

/** What a function is invoked with, as far as it says where it comes from. */
interface SentEvent {
  readonly Records?: readonly {
    readonly eventSourceARN?: string;
    readonly EventSubscriptionArn?: string;
    readonly messageId?: string;
    readonly eventID?: string;
    readonly Sns?: { readonly TopicArn: string; readonly MessageId: string };
  }[];
  readonly type?: string;
  /** Of what an authorizer of a REST or WebSocket API is asked. */
  readonly methodArn?: string;
  /** Of what an authorizer of an HTTP API is asked. */
  readonly routeArn?: string;
  readonly requestContext?: { readonly requestId?: string };
}

export const sentEvent = (event: unknown): SentEvent => Object(event) as SentEvent;

/** What an edge or a node of the picture counts of a happening. Meters are named in `picture.ts` and beside it. */
export function additionsOf(happening: Happening): readonly Addition[] {
  switch (happening.kind) {
    case "request": {
      const { apiId, route = "", status } = happening;
      const count = status < 400 ? passed : refused;
      // Where a path has no route for the method, it may have one for any.
      const anyMethod = route.replace(/^[A-Z]+ /, "ANY ");
      return [...new Set([`route ${apiId} ${route}`, `route ${apiId} ${anyMethod}`, `api ${apiId}`])].map((one) =>
        count(one),
      );
    }
    case "call": {
      const { caller, action, resource, isAllowed } = happening;
      const to = nodeIdOf(resource);
      if (to === undefined) return [];
      const meter = `call ${caller.principalArn} ${to}`;
      if (!isAllowed) return [refused(meter)];
      return isPolling(action) ? [] : [passed(meter)];
    }
    case "invocation":
      return deliveriesOf(happening.functionArn, sentEvent(happening.event));
    case "invocation ended": {
      const { functionArn, result } = happening;
      return ["functionError" in result ? refused(`function ${functionArn}`) : passed(`function ${functionArn}`)];
    }
    case "message given up":
      return [passed(`redrive ${happening.queueArn}`)];
    default:
      return [];
  }
}

/** Records by where they come from; an authorizer's questions by the API that asks. */
function deliveriesOf(functionArn: string, { Records = [], methodArn, routeArn }: SentEvent): readonly Addition[] {
  const asking = methodArn ?? routeArn;
  if (asking !== undefined) {
    const apiId = asking.split(":").slice(5).join(":").split("/")[0];
    return [passed(`authorizer ${apiId} ${functionArn}`)];
  }
  return Records.flatMap(({ eventSourceARN, Sns }) => {
    const source = eventSourceARN ?? Sns?.TopicArn;
    return source === undefined ? [] : [passed(`delivery ${source} ${functionArn}`)];
  });
}

/** Counts what passes, of the meters that a picture has and no others: however long the run lasts, there are not more. */
export class Meters {
  private readonly counts = new Map<string, Count>();

  /** Has these meters from now on; those that were there before go on. */
  keep(meters: Iterable<string>): void {
    const kept = new Set(meters);
    for (const meter of this.counts.keys()) if (!kept.has(meter)) this.counts.delete(meter);
    for (const meter of kept) if (!this.counts.has(meter)) this.counts.set(meter, { passed: 0, refused: 0 });
  }

  add({ meter, passed: through, refused: not }: Addition): void {
    const count = this.counts.get(meter);
    if (!count) return;
    count.passed += through;
    count.refused += not;
  }

  /** The sum of some meters. */
  of(meters: readonly string[]): Count {
    const sum: Count = { passed: 0, refused: 0 };
    for (const meter of meters) {
      const count = this.counts.get(meter);
      sum.passed += count?.passed ?? 0;
      sum.refused += count?.refused ?? 0;
    }
    return sum;
  }
}
