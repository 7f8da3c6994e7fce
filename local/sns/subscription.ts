import * as z from "zod/mini";
import { accepting, argumentError, choice, flag, json, readArguments, text } from "../resource-arguments";
import { type Filter, readFilterPolicy } from "./filter-policy";

/** What gets a topic's messages. */
export interface Subscription {
  readonly subscriptionArn: string;
  readonly protocol: "email" | "lambda";
  /** An address, or a function's ARN. */
  readonly endpoint: string;
  readonly filterPolicy: string;
  readonly scope: "MessageAttributes" | "MessageBody";
  readonly passes: Filter;
  /** ARN of the queue for messages that cannot be delivered. */
  readonly deadLetterQueueArn?: string;
}

const TYPE = "aws_sns_topic_subscription";

/** What the local run takes of `aws_sns_topic_subscription`. Nothing here confirms or unsubscribes by a timeout. */
const SubscriptionArguments = z.strictObject({
  topic_arn: text,
  protocol: z.enum(["email", "lambda"]),
  endpoint: text,
  filter_policy: z._default(z.string(), ""),
  filter_policy_scope: choice("MessageAttributes", "MessageBody"),
  redrive_policy: json(
    z.strictObject({ deadLetterTargetArn: z.string().check(z.regex(/^arn:[\w-]+:sqs:/, "must be a queue's ARN")) }),
  ),
  // For queues and URLs: a function always gets the whole notification.
  raw_message_delivery: flag.check(z.refine((isRaw) => !isRaw, "must be false: it is for queues and URLs")),
  ...accepting("endpoint_auto_confirms", "confirmation_timeout_in_minutes"),
});

const endpointRules = {
  email: [/^[^@\s]+@[^@\s]+$/, "an e-mail address"],
  lambda: [/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w-]+)?$/, "a function's ARN"],
} as const;

/**
 * Reads a subscription from the evaluated arguments of `aws_sns_topic_subscription`.
 * @throws Error for what is not modelled, or what SNS refuses
 */
export function readSubscription(given: Readonly<Record<string, unknown>>): {
  readonly topicArn: string;
  readonly subscription: Omit<Subscription, "subscriptionArn">;
} {
  const read = readArguments(TYPE, SubscriptionArguments, given);
  const { protocol, endpoint, filter_policy: filterPolicy, filter_policy_scope: scope = "MessageAttributes" } = read;
  const [form, rule] = endpointRules[protocol];
  if (!form.test(endpoint)) throw argumentError(TYPE, given, `endpoint must be ${rule}`);
  const deadLetterQueueArn = read.redrive_policy?.deadLetterTargetArn;
  try {
    const passes = filterPolicy ? readFilterPolicy(filterPolicy, scope) : () => true;
    return {
      topicArn: read.topic_arn,
      subscription: { protocol, endpoint, filterPolicy, scope, passes, deadLetterQueueArn },
    };
  } catch (error) {
    throw argumentError(TYPE, given, (error as Error).message);
  }
}
