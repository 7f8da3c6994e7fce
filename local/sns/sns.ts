import { randomUUID } from "node:crypto";
import {
  type Access,
  AwsError,
  type Caller,
  type Clock,
  type Log,
  type Place,
  type WireRequest,
  type WireResponse,
} from "../aws";
import { forgetting, type Journals } from "../journal";
import { requireModelled } from "../protocol/batch";
import { readForm, type XmlStyle, xmlError, xmlResult } from "../protocol/query-protocol";
import { argumentError } from "../resource-arguments";
import { type Mail, Outbox } from "./outbox";
import { type Deliveries, messageParameters, type Publication, Publishing } from "./publishing";
import { inputOf, requireArn } from "./sns-input";
import { readSubscription, type Subscription } from "./subscription";
import { readTopic, type Topic } from "./topic";

export type { Mail } from "./outbox";
export type { Deliveries, Publication } from "./publishing";

type Parameters = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

interface TopicCall {
  readonly topic: Topic;
  readonly input: Parameters;
}

interface Operation {
  readonly action: string;
  /** Modelled, beside `TopicArn`. */
  readonly parameters: readonly string[];
  readonly run: (call: TopicCall) => Result | Promise<Result>;
}

const xmlStyle: XmlStyle = { namespace: "http://sns.amazonaws.com/doc/2010-03-31/", flat: {}, entry: ["key", "value"] };

/** Arguments that no update changes, by type: with another value Terraform makes another resource. */
export const replacingOfSns: Readonly<Record<string, readonly string[]>> = {
  aws_sns_topic: ["name", "fifo_topic"],
  aws_sns_topic_subscription: ["topic_arn", "protocol", "endpoint"],
};

/**
 * Amazon SNS: standard topics, mails into an outbox instead of the world, and functions. An e-mail subscription counts as confirmed.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export class Sns {
  private readonly topics = new Map<string, Topic>();
  /** Subscriptions to topics of stacks that are still to come, by the topic's ARN. */
  private readonly awaiting = new Map<string, Subscription[]>();
  private readonly sent: Outbox;
  private readonly publishing: Publishing;

  private readonly onTopic: Readonly<Record<string, Operation>> = {
    Publish: {
      action: "Publish",
      parameters: ["TargetArn", ...messageParameters],
      run: ({ topic, input }) => this.publishing.publish(topic, input),
    },
    PublishBatch: {
      action: "Publish",
      parameters: ["PublishBatchRequestEntries"],
      run: ({ topic, input }) => this.publishing.publishBatch(topic, input),
    },
    GetTopicAttributes: { action: "GetTopicAttributes", parameters: [], run: (call) => this.topicAttributes(call) },
    ListSubscriptionsByTopic: {
      action: "ListSubscriptionsByTopic",
      parameters: [],
      run: ({ topic }) => ({ Subscriptions: this.subscriptionsTo(topic) }),
    },
  };

  constructor(
    private readonly options: {
      readonly place: Place;
      readonly access: Access;
      readonly clock: Clock;
      readonly log: Log;
      /** The policy of a customer-managed key, by its ARN; none for a key of AWS's own. */
      keyPolicyOf?(keyArn: string): string | undefined;
      /** @default - none: functions get nothing */
      readonly deliveries?: Deliveries;
      /** @default - nothing is written down */
      readonly journals?: Journals;
    },
  ) {
    const { journals = forgetting, ...given } = options;
    this.sent = new Outbox(journals);
    this.publishing = new Publishing({ ...given, outbox: this.sent });
  }

  /** The last 10,000 mails that would have gone out, oldest first. */
  get outbox(): readonly Mail[] {
    return this.sent.mails;
  }

  /** How many mails went out before those. */
  get droppedMails(): number {
    return this.sent.dropped;
  }

  /** How many messages each topic took, by its ARN. */
  get published(): ReadonlyMap<string, number> {
    return this.sent.published;
  }

  /**
   * Makes a topic of the evaluated arguments of `aws_sns_topic`. Nothing is encrypted, but who publishes needs the key.
   * @throws Error for a topic that AWS would not make, or that is not modelled: FIFO, a policy
   */
  createTopic(arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const topic = readTopic(arguments_, this.options.place);
    const { topicArn } = topic;
    if (this.topics.has(topicArn))
      throw argumentError("aws_sns_topic", arguments_, "a topic of this name exists already");
    this.topics.set(topicArn, { ...topic, subscriptions: this.awaiting.get(topicArn) ?? [] });
    this.awaiting.delete(topicArn);
    return { arn: topicArn, id: topicArn };
  }

  /**
   * Goes on with other arguments of a topic, and its subscriptions; `replacingOfSns` names those that cannot change.
   * @returns what `createTopic` does
   * @throws Error as `createTopic` does, and for a name that no topic has: the topic is as it was then
   */
  updateTopic(arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const topic = readTopic(arguments_, this.options.place);
    const existing = this.topics.get(topic.topicArn);
    if (!existing) throw argumentError("aws_sns_topic", arguments_, "there is no topic of this name to update");
    this.topics.set(topic.topicArn, { ...topic, subscriptions: existing.subscriptions });
    return { arn: topic.topicArn, id: topic.topicArn };
  }

  /** Deletes a topic with its subscriptions, if it is there. Its mails stay in the outbox. */
  deleteTopic(topicArn: string): void {
    this.sent.deleteTopic(topicArn);
    this.topics.delete(topicArn);
  }

  /**
   * Subscribes an e-mail address or a function: the evaluated arguments of `aws_sns_topic_subscription`. The same subscription again gives the
   * first. The topic may be one of a stack that is still to come.
   * @throws Error for another protocol, and for a filter policy that is wrong or not modelled
   */
  subscribe(arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const { topicArn, subscription } = readSubscription(arguments_);
    const subscriptions = this.topics.get(topicArn)?.subscriptions ?? this.awaitedAt(topicArn);
    if (!subscriptions)
      throw argumentError(
        "aws_sns_topic_subscription",
        arguments_,
        `topic_arn names a topic that does not exist: ${topicArn}`,
      );
    const { endpoint, filterPolicy, scope } = subscription;
    const existing = subscriptions.find((one) => one.endpoint === endpoint);
    if (existing && (existing.filterPolicy !== filterPolicy || existing.scope !== scope)) {
      throw argumentError(
        "aws_sns_topic_subscription",
        arguments_,
        "the address has a subscription already, with another filter policy",
      );
    }
    const subscriptionArn = existing?.subscriptionArn ?? `${topicArn}:${randomUUID()}`;
    if (!existing) subscriptions.push({ subscriptionArn, ...subscription });
    return { arn: subscriptionArn, id: subscriptionArn };
  }

  /**
   * Goes on with other arguments of a subscription, under the same ARN; `replacingOfSns` names those that cannot change.
   * @returns what `subscribe` does
   * @throws Error as `subscribe` does, and for what cannot change: the subscription is as it was then
   */
  updateSubscription(subscriptionArn: string, arguments_: Parameters): { readonly arn: string; readonly id: string } {
    const { topicArn, subscription } = readSubscription(arguments_);
    const subscriptions = this.topics.get(topicArn)?.subscriptions ?? this.awaiting.get(topicArn) ?? [];
    const at = subscriptions.findIndex((one) => one.subscriptionArn === subscriptionArn);
    const existing = subscriptions[at];
    if (existing?.protocol !== subscription.protocol || existing.endpoint !== subscription.endpoint) {
      throw argumentError(
        "aws_sns_topic_subscription",
        arguments_,
        `${subscriptionArn} is no subscription of this topic, protocol and endpoint`,
      );
    }
    subscriptions[at] = { subscriptionArn, ...subscription };
    return { arn: subscriptionArn, id: subscriptionArn };
  }

  /** Ends a subscription, if it is there. */
  unsubscribe(subscriptionArn: string): void {
    const topicArn = subscriptionArn.slice(0, subscriptionArn.lastIndexOf(":"));
    const subscriptions = this.topics.get(topicArn)?.subscriptions ?? this.awaiting.get(topicArn) ?? [];
    const at = subscriptions.findIndex((one) => one.subscriptionArn === subscriptionArn);
    if (at >= 0) subscriptions.splice(at, 1);
    if (this.awaiting.get(topicArn)?.length === 0) this.awaiting.delete(topicArn);
  }

  /** @throws Error for a topic that something subscribed to, and that no stack made */
  requireTopics(): void {
    for (const [topicArn, [first]] of this.awaiting)
      throw new Error(
        `aws_sns_topic_subscription of ${first?.endpoint}: topic_arn names a topic that does not exist: ${topicArn}. Run the stack that makes it, too`,
      );
  }

  /** Subscriptions to a topic that another stack may make; nothing for what can be no topic here. */
  private awaitedAt(topicArn: string): Subscription[] | undefined {
    const { partition, region, accountId } = this.options.place;
    const here = `arn:${partition}:sns:${region}:${accountId}:`;
    if (!topicArn.startsWith(here) || !/^[\w-]{1,256}$/.test(topicArn.slice(here.length))) return undefined;
    const subscriptions = this.awaiting.get(topicArn) ?? [];
    this.awaiting.set(topicArn, subscriptions);
    return subscriptions;
  }

  /**
   * One operation, in the shape of the SDK's input and output.
   * @throws AwsError with AWS's error code, such as `NotFound`
   */
  async call(caller: Caller, operation: string, input: Parameters): Promise<Result> {
    if (operation === "ListTopics") {
      requireModelled(operation, input, []);
      this.options.access.authorize({ caller, action: "sns:ListTopics", resource: "*" });
      return { Topics: [...this.topics.keys()].map((TopicArn) => ({ TopicArn })) };
    }
    if (operation === "ListSubscriptions") {
      requireModelled(operation, input, []);
      this.options.access.authorize({ caller, action: "sns:ListSubscriptions", resource: "*" });
      return { Subscriptions: [...this.topics.values()].flatMap((topic) => this.subscriptionsTo(topic)) };
    }
    if (operation === "GetSubscriptionAttributes") return this.subscriptionAttributes(caller, input);
    const found = Object.hasOwn(this.onTopic, operation) ? this.onTopic[operation] : undefined;
    if (!found) {
      const others = ["ListTopics", "ListSubscriptions", "GetSubscriptionAttributes"];
      const modelled = [...Object.keys(this.onTopic), ...others].join(", ");
      throw new AwsError("InvalidAction", `${operation} is not modelled by the local run. It knows ${modelled}.`);
    }
    requireModelled(operation, input, ["TopicArn", ...found.parameters]);
    const topicArn = requireArn(input.TopicArn ?? (operation === "Publish" ? input.TargetArn : undefined));
    this.options.access.authorize({ caller, action: `sns:${found.action}`, resource: topicArn });
    const topic = this.topics.get(topicArn);
    if (found.action === "Publish") this.publishing.requireKey(caller, topic);
    if (!topic) throw new AwsError("NotFound", "Topic does not exist", 404);
    return found.run({ topic, input });
  }

  /** Answers the query protocol in XML, as the SDKs speak it. */
  async handle(caller: Caller, request: WireRequest): Promise<WireResponse> {
    try {
      const { Action: operation, Version: _version, ...form } = readForm(request.body);
      if (typeof operation !== "string")
        throw new AwsError("MissingAction", "The request must contain the parameter Action.");
      return xmlResult(operation, await this.call(caller, operation, inputOf(form)), xmlStyle);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return xmlError(error, error.code === "AccessDeniedException" ? "AuthorizationError" : error.code, xmlStyle);
    }
  }

  /** Tells of each mail, until what it gives is called. */
  onMail(listener: (mail: Mail) => void): () => void {
    return this.publishing.onMail(listener);
  }

  /** Tells of each message that a topic takes, until what it gives is called. */
  onPublish(listener: (publication: Publication) => void): () => void {
    return this.publishing.onPublish(listener);
  }

  private topicAttributes({ topic }: TopicCall): Result {
    return {
      Attributes: {
        TopicArn: topic.topicArn,
        Owner: this.options.place.accountId,
        DisplayName: topic.displayName,
        SubscriptionsConfirmed: String(topic.subscriptions.length),
        SubscriptionsPending: "0",
        SubscriptionsDeleted: "0",
        ...(topic.encryptionKey ? { KmsMasterKeyId: topic.encryptionKey } : {}),
      },
    };
  }

  private subscriptionsTo({ topicArn, subscriptions }: Topic): readonly Result[] {
    const Owner = this.options.place.accountId;
    return subscriptions.map(({ subscriptionArn, endpoint, protocol }) => ({
      SubscriptionArn: subscriptionArn,
      Owner,
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: topicArn,
    }));
  }

  private subscriptionAttributes(caller: Caller, input: Parameters): Result {
    requireModelled("GetSubscriptionAttributes", input, ["SubscriptionArn"]);
    this.options.access.authorize({ caller, action: "sns:GetSubscriptionAttributes", resource: "*" });
    for (const topic of this.topics.values()) {
      const subscription = topic.subscriptions.find(({ subscriptionArn }) => subscriptionArn === input.SubscriptionArn);
      if (!subscription) continue;
      const { filterPolicy, scope, deadLetterQueueArn } = subscription;
      const [common] = this.subscriptionsTo({ ...topic, subscriptions: [subscription] });
      const redrive = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterQueueArn }) };
      return {
        Attributes: {
          ...common,
          ...{ PendingConfirmation: "false", ConfirmationWasAuthenticated: "true", RawMessageDelivery: "false" },
          ...(filterPolicy && { FilterPolicy: filterPolicy, FilterPolicyScope: scope }),
          ...(deadLetterQueueArn && redrive),
        },
      };
    }
    throw new AwsError("NotFound", "Subscription does not exist", 404);
  }
}
