import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { Token } from "cdktf";
import { Construct } from "constructs";
import type { ManagedPolicy } from "../../iam/managed-policy";
import type { Queue } from "../../sqs/queue";
import { PropError, requireInteger } from "../../terraform/props";
import type { NodeFunction } from "../function";

export interface SqsEventSourceProps {
  readonly queue: Queue;
  readonly handler: NodeFunction;
  /** Invocations at a time, 2–1,000. Without a bound, a flood of messages takes the concurrency of the whole account. */
  readonly maximumConcurrency: number;
  /**
   * Messages an invocation, 1–10,000; above 10 only with a batch window, and so at most 10 of a FIFO queue.
   * @default 10
   */
  readonly batchSize?: number;
  /**
   * How long to wait for a batch to fill, 0–300 seconds; of a FIFO queue 0.
   * @default 0
   */
  readonly maximumBatchingWindowSeconds?: number;
  /**
   * Policies that the handler needs before the first message comes: to receive from the queue, and for its own work.
   * @default - an inline policy with `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`
   */
  readonly policies?: readonly ManagedPolicy[];
}

/**
 * Messages of a queue invoke a function. Messages that the function reports as failed become visible again; the others are deleted. Of a FIFO
 * queue's it must report the first that fails and all behind it, else their order is lost.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
 */
export class SqsEventSource extends Construct {
  constructor(scope: Construct, id: string, props: SqsEventSourceProps) {
    super(scope, id);
    const { queue, handler, batchSize = 10, maximumBatchingWindowSeconds: window = 0 } = props;
    requireInteger(this, "maximumConcurrency", props.maximumConcurrency, 2, 1_000);
    requireInteger(this, "batchSize", batchSize, 1, 10_000);
    requireInteger(this, "maximumBatchingWindowSeconds", window, 0, 300);
    if (queue.fifo && window > 0) {
      throw new PropError(this, "maximumBatchingWindowSeconds", "0 for a FIFO queue", window);
    }
    if (batchSize > 10 && window === 0) {
      throw new PropError(
        this,
        "batchSize",
        "at most 10 without a batch window",
        batchSize,
        queue.fifo ? "A FIFO queue takes no batch window" : "Set maximumBatchingWindowSeconds to 1 or more",
      );
    }
    this.requireVisibility(queue, 6 * handler.timeoutSeconds + window);

    const receive = {
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queue.queueArn],
    };
    const grants = props.policies?.map((policy) => policy.attachment) ?? [handler.role.grant(id, [receive])];
    new LambdaEventSourceMapping(this, "Resource", {
      eventSourceArn: queue.queueArn,
      functionName: handler.functionArn,
      batchSize,
      maximumBatchingWindowInSeconds: queue.fifo ? undefined : window,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: props.maximumConcurrency },
      dependsOn: grants,
    });
  }

  /** A message that becomes visible while it is still being worked on is worked on twice. */
  private requireVisibility(queue: Queue, least: number): void {
    const given = queue.visibilityTimeoutSeconds;
    if (Token.isUnresolved(given) || given >= least) return;
    throw new PropError(
      queue,
      "visibilityTimeoutSeconds",
      `at least ${least}: six times the timeout of the function behind it, plus the batch window`,
      given,
    );
  }
}
