import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { NodeFunction } from "../lambda/function";
import type { Queue } from "../sqs/queue";
import { requireInteger } from "../terraform/props";
import type { TopicReference } from "./topic";

export interface LambdaSubscriptionProps {
  /** `new Topic(…)`, or `Topic.fromName(…)` for one of another stack, which must be there by then. */
  readonly topic: TopicReference;
  readonly handler: NodeFunction;
  /** Queue for the messages that were given up, whole, with why. */
  readonly onFailure: Queue;
  /**
   * Retries of an invocation that fails, 0–2: after one minute, then after two.
   * @default 2
   */
  readonly maximumRetryAttempts?: number;
  /**
   * Grants that the handler needs for its work, before the first message comes.
   * @default - none
   */
  readonly grants?: readonly ITerraformDependable[];
}

/**
 * Messages of a topic invoke a function, each by itself, in any order, and more than once now and then. The topic may invoke the function, and
 * no other topic may.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class LambdaSubscription extends Construct {
  constructor(scope: Construct, id: string, props: LambdaSubscriptionProps) {
    super(scope, id);
    const { topic, handler, onFailure, maximumRetryAttempts = 2, grants = [] } = props;
    requireInteger(this, "maximumRetryAttempts", maximumRetryAttempts, 0, 2);
    onFailure.requireStandard(this, "onFailure", "Lambda reports failures to no other");
    // Lambda reports failures under the function's role, and refuses a destination that the role may not send to.
    const canReport = onFailure.grantSend(handler.role, `${id}OnFailure`);
    const onAsync = new LambdaFunctionEventInvokeConfig(this, "Retries", {
      functionName: handler.functionName,
      maximumRetryAttempts,
      destinationConfig: { onFailure: { destination: onFailure.queueArn } },
      dependsOn: [canReport],
    });
    const permission = new LambdaPermission(this, "Permission", {
      functionName: handler.functionName,
      action: "lambda:InvokeFunction",
      principal: "sns.amazonaws.com",
      sourceArn: topic.topicArn,
    });
    new SnsTopicSubscription(this, "Resource", {
      topicArn: topic.topicArn,
      protocol: "lambda",
      endpoint: handler.functionArn,
      // A message that comes before any of these would be lost.
      dependsOn: [permission, onAsync, ...grants],
    });
  }
}
