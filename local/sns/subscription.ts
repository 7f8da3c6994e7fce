import { isObject, parsed } from "../protocol/matching";
import { ResourceArguments } from "../protocol/resource-arguments";
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

/** Arguments that are modelled. Nothing here confirms or unsubscribes by a timeout. */
const modelled = [
  ...["topic_arn", "protocol", "endpoint", "filter_policy", "filter_policy_scope", "redrive_policy"],
  ...["raw_message_delivery", "endpoint_auto_confirms", "confirmation_timeout_in_minutes"],
];

/**
 * Reads a subscription from the evaluated arguments of `aws_sns_topic_subscription`.
 * @throws Error for what is not modelled, or what SNS refuses
 */
export function readSubscription(arguments_: Readonly<Record<string, unknown>>): {
  readonly given: ResourceArguments;
  readonly topicArn: string;
  readonly subscription: Omit<Subscription, "subscriptionArn">;
} {
  const given = new ResourceArguments("aws_sns_topic_subscription", arguments_, modelled);
  const protocol = given.requiredText("protocol");
  if (protocol !== "email" && protocol !== "lambda")
    throw given.error(`protocol ${protocol} is not modelled by the local run, which has email and lambda`);
  const endpoint = given.requiredText("endpoint");
  const [form, rule] = endpointRules[protocol];
  if (!form.test(endpoint)) throw given.error(`endpoint must be ${rule}`);
  if (given.isTrue("raw_message_delivery"))
    throw given.error("raw_message_delivery is for queues and URLs: a function always gets the whole notification");
  const topicArn = given.requiredText("topic_arn");
  const deadLetterQueueArn = readRedrivePolicy(given);
  return { given, topicArn, subscription: { protocol, endpoint, deadLetterQueueArn, ...readFilter(given) } };
}

const endpointRules = {
  email: [/^[^@\s]+@[^@\s]+$/, "an e-mail address"],
  lambda: [/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w-]+)?$/, "a function's ARN"],
} as const;

function readFilter(given: ResourceArguments): Pick<Subscription, "filterPolicy" | "scope" | "passes"> {
  const scope = given.text("filter_policy_scope") || "MessageAttributes";
  if (scope !== "MessageAttributes" && scope !== "MessageBody") {
    throw given.error(`filter_policy_scope must be MessageAttributes or MessageBody, got: ${scope}`);
  }
  const filterPolicy = given.text("filter_policy") ?? "";
  if (!filterPolicy) return { filterPolicy, scope, passes: () => true };
  try {
    return { filterPolicy, scope, passes: readFilterPolicy(filterPolicy, scope) };
  } catch (error) {
    throw given.error(error instanceof Error ? error.message : String(error));
  }
}

function readRedrivePolicy(given: ResourceArguments): string | undefined {
  const text = given.text("redrive_policy");
  if (!text) return undefined;
  const policy = parsed(text);
  const arn = isObject(policy) && Object.keys(policy).length === 1 ? policy.deadLetterTargetArn : undefined;
  if (typeof arn === "string" && /^arn:[\w-]+:sqs:/.test(arn)) return arn;
  throw given.error(`redrive_policy must be {"deadLetterTargetArn": "<a queue's ARN>"}, got: ${text}`);
}
